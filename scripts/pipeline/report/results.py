"""What a section is written from: data sets, result tables and figures, and the settings."""

from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.report.blocks import Figure
from pipeline.report.captions import caption


class Products:
    """Tables and figures by name.

    Parameters
    ----------
    tables : dict
        Name of a table, with `.perspective` where each perspective has its own -> path.
    figures : dict
        Name of a figure, likewise -> `path` below the folder of the report, `alt`, `caption` (path of its text).
    config : dict
        The settings of the run.
    about : dict
        Wildcards that the captions name.
    """

    def __init__(
        self,
        tables: dict[str, str],
        figures: dict[str, dict[str, str]],
        config: dict[str, Any],
        about: dict[str, str],
    ) -> None:
        self.config = config
        self.paths = {name: Path(path) for name, path in tables.items()}
        self._figures = figures
        self._about = about
        self.table = cache(self._table)

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

    def figure(self, name: str, perspective: str = "") -> list[Figure]:
        """The block of a figure; none where the data set does not get it."""
        entry = self._figures.get(f"{name}.{perspective}" if perspective else name)
        if entry is None:
            return []
        text = caption(Path(entry["caption"]), self.config, self._about | {"perspective": perspective})
        return [Figure(entry["path"], entry["alt"], text)]


class Results(Products):
    """The results of one data set.

    Parameters
    ----------
    responses : Path
        What the rule `ingest_dataset` made.
    tables, figures, config : dict
        As :class:`Products` takes them.
    """

    def __init__(
        self, responses: Path, tables: dict[str, str], figures: dict[str, dict[str, str]], config: dict[str, Any]
    ) -> None:
        self.dataset = Dataset(responses)
        super().__init__(tables, figures, config, {"dataset": self.dataset.name})

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

    def at_occasion(self, name: str) -> pd.DataFrame:
        """The rows of a table that belong to the chosen occasion."""
        return self.dataset.results_at_occasion(self.table(name))


class CommonResults(Products):
    """What belongs to all data sets or to none.

    Parameters
    ----------
    responses : list of Path
        What the rule `ingest_dataset` made of each data set.
    tables, figures, config : dict
        As :class:`Products` takes them.
    """

    def __init__(
        self, responses: list[Path], tables: dict[str, str], figures: dict[str, dict[str, str]], config: dict[str, Any]
    ) -> None:
        self.datasets = [Dataset(folder) for folder in responses]
        super().__init__(tables, figures, config, {})
