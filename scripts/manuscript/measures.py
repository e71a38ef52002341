"""The scores of a data set in the order of its tables, and how they are named there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.dataset import Dataset, Form
from pipeline.data.yaml_files import read_yaml
from pipeline.manuscript.rich import literal

Key = tuple[str, str, str]  # perspective (of a client's variable none), form or role, scale or label


@dataclass(frozen=True)
class Score:
    """A score, or a variable of the clients.

    Attributes
    ----------
    key : tuple of str
        Perspective, form and scale, as the rows of the result tables have them.
    name : str
        `WAI-S task (client)`, as a table shows it.
    total : bool
        Whether it is a total, or a variable of the clients.
    """

    key: Key
    name: str
    total: bool

    @property
    def named(self) -> str:
        """How the settings name it: `client.wai_s`, `client.wai_s.task`, or the label of a variable of the clients."""
        return ".".join(part for part in self.key if part != "total") if self.key[0] else self.key[2]


def scores_of(dataset: Dataset) -> list[Score]:
    """List the scores of a data set, and behind them outcomes and baselines.

    Parameters
    ----------
    dataset : Dataset
        The data set.

    Returns
    -------
    list of Score
        By perspective, form and scale in the order of the data set.
    """
    found = []
    for perspective in dataset.perspectives:
        for form in dataset.forms_of(perspective):
            for scale in form.scales:
                what = "" if scale == "total" else f" {scale_name(scale)}"
                name = f"{literal(form.label)}{literal(what)} ({perspective})"
                found.append(Score((perspective, form.name, scale), name, scale == "total"))
    for part in dataset.variables.values():
        if part["role"] != "group":
            label = part["label"]
            found.append(Score(("", part["role"], label), literal(label[:1].upper() + label[1:]), True))
    return found


def scale_name(scale: str) -> str:
    """`task`; abbreviations stay as they are."""
    return scale.replace("_", " ")


def keys_of(row: Mapping[Any, Any]) -> tuple[Key, Key]:
    """Return the two scores of a row about a pair."""

    def key(end: str) -> Key:
        return tuple(
            "" if pd.isna(row.get(f"{part}{end}")) else str(row[f"{part}{end}"])
            for part in ("perspective", "form", "scale")
        )

    return key(""), key("_2")


def abbreviations(forms: Iterable[Form], instruments: Iterable[Path], *, forms_too: bool = True) -> dict[str, str]:
    """Find what the abbreviations in a table mean.

    Parameters
    ----------
    forms : iterable of Form
        The forms in the table.
    instruments : iterable of Path
        `data/instruments/*.yaml`, and the files of the data set.
    forms_too : bool
        Whether the names of the questionnaires are wanted as well as those of the scales.

    Returns
    -------
    dict
        Abbreviation -> name.
    """
    known = {content["instrument"]: content for content in (read_yaml(path, path.name) for path in instruments)}
    found: dict[str, str] = {}
    for form in forms:
        about = known.get(form.instrument, {})
        if forms_too and about.get("name"):
            found[literal(form.label)] = literal(_edition(form.label, form.instrument, about["name"]))
    for form in forms:
        names = known.get(form.instrument, {}).get("scale_names", {})
        found |= {scale: names[scale] for scale in form.scales if scale.isupper() and scale in names}
    return found


EDITIONS = {"-S": "Short Form", "-SR": "Short Revised", "-SRT": "Short Revised, Therapist", "-II": "Revised"}


def _edition(label: str, instrument: str, name: str) -> str:
    """`WAI-S` is the Working Alliance Inventory, Short Form."""
    edition = EDITIONS.get(label.removeprefix(instrument))
    return f"{name}–{edition}" if edition else name


def provisional(forms: Iterable[Form]) -> list[str]:
    """Return the labels of the forms whose key is provisional, each once."""
    return list(dict.fromkeys(literal(form.label) for form in forms if form.key_status == "provisional"))


def range_of_n(sizes: pd.Series, sign: str = "n") -> str:
    """`*n* = 203`, `*n* = 203 to 254`; empty without a number."""
    known = sizes.dropna()
    if known.empty:
        return ""
    low, high = int(known.min()), int(known.max())
    return f"*{sign}* = {low}" + (f" to {high}" if high > low else "")
