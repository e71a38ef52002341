"""What a section is written from: the data set, its result tables and figures, and the settings."""

from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.configuration import read_yaml
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.report.blocks import Figure
from pipeline.report.captions import caption


class Results:
    """The results of one data set.

    Parameters
    ----------
    responses : Path
        What the rule `ingest_dataset` made.
    tables : dict
        Name of a table, with `.perspective` where each perspective has its own -> path.
    figures : dict
        Name of a figure, likewise -> `path` below the results of the data set, `alt`, `caption` (path of its text).
    config : dict
        The settings of the run.
    """

    def __init__(
        self, responses: Path, tables: dict[str, str], figures: dict[str, dict[str, str]], config: dict[str, Any]
    ) -> None:
        self.dataset = Dataset(responses)
        self.config = config
        self.paths = {name: Path(path) for name, path in tables.items()}
        self._figures = figures
        self.table = cache(self._table)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Name of a form -> its label."""
        return {form.name: form.label for form in self.dataset.forms}

    @cached_property
    def variables(self) -> dict[str, str]:
        """Name of a variable of the clients -> its label."""
        return {name: part["label"] for name, part in self.dataset.variables.items()}

    @property
    def occasion(self) -> str:
        """`session 3`, or `the first session of each client`."""
        chosen = self.dataset.occasion
        return f"session {chosen}" if isinstance(chosen, int) else f"the {chosen} session of each client"

    def has(self, name: str) -> bool:
        """Whether the data set gets a table: some need item codes, or several sessions."""
        return name in self.paths or any(key.startswith(f"{name}.") for key in self.paths)

    def path(self, name: str, perspective: str = "") -> Path:
        """Where a table or another file of the results lies."""
        return self.paths[f"{name}.{perspective}" if perspective else name]

    def file(self, name: str) -> Any:
        """The content of a YAML file of the project that an analysis names."""
        return read_yaml(self.path(name), name)

    def _table(self, name: str, perspective: str = "") -> pd.DataFrame:
        """A result table; sections do not change it."""
        return read_table(self.path(name, perspective))

    def at_occasion(self, name: str) -> pd.DataFrame:
        """The rows of a table that belong to the chosen occasion."""
        return self.dataset.results_at_occasion(self.table(name))

    def figure(self, name: str, perspective: str = "") -> list[Figure]:
        """The block of a figure; none where the data set does not get it."""
        entry = self._figures.get(f"{name}.{perspective}" if perspective else name)
        if entry is None:
            return []
        text = caption(Path(entry["caption"]), self.config, {"dataset": self.dataset.name, "perspective": perspective})
        return [Figure(entry["path"], entry["alt"], text)]
