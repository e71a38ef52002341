"""What the manuscript is made from: the results of one data set at its chosen occasion, by what they are about."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from manuscript.measures import Key, keys_of
from pipeline.data.dataset import Dataset
from pipeline.report.numbers import ABSENT
from pipeline.report.results import Results
from pipeline.steps.shown_alpha import with_alpha_to_report

MISSING: dict[str, Any] = ABSENT | {
    "lower": float("nan"),
    "upper": float("nan"),
    "n": float("nan"),
    "level": float("nan"),
}
METRIC = "mean of the items"


class Material:
    """The results of a data set, as tables and text of the manuscript need them.

    Parameters
    ----------
    results : Results
        Tables, settings and data set.
    instruments : sequence of Path
        The scoring keys: `data/instruments/*.yaml` and those of the data set itself.
    version : str
        Of this project.
    """

    def __init__(self, results: Results, instruments: Sequence[Path], version: str = "") -> None:
        self.results = results
        self.version = version
        self.instruments = list(instruments)
        self.dataset: Dataset = results.dataset
        self.config = results.config

    @cached_property
    def level(self) -> str:
        """How often intervals hold the true value, as `95%`."""
        return f"{100 * self.config['level']:g}%"

    @property
    def occasion(self) -> str:
        """`session 3`, `the first session of each client`; empty where there is only one, or none is known."""
        return self.results.occasion if len(self.dataset.sessions) > 1 else ""

    @cached_property
    def descriptives(self) -> pd.DataFrame:
        """Means and the like at the chosen occasion, of all clients, as means of the items or as published."""
        rows = self.results.at_occasion("descriptives")
        rows = rows[rows["group"].isna()] if "group" in rows else rows
        known = rows[rows["method"] == METRIC]
        return known if len(known) else rows

    @property
    def metric(self) -> str:
        """How a score is made: empty where it is as published."""
        if self.dataset.of_persons:
            return "values in the file"
        return METRIC if (self.descriptives["method"] == METRIC).any() else ""

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """Coefficients of whole scales at the chosen occasion, alpha with the interval that people see."""
        rows = self.results.at_occasion("reliability")
        return with_alpha_to_report(rows[rows["item"].isna()] if "item" in rows else rows)

    @cached_property
    def _scores(self) -> dict[tuple[str, str, str], dict[str, dict]]:
        found: dict[tuple[str, str, str], dict[str, dict]] = {}
        for table in (self.descriptives, self.reliability):
            rows = table[table["factor"].isna()] if "factor" in table else table
            for row in rows.to_dict("records"):
                found.setdefault((row["perspective"], row["form"], row["scale"]), {}).setdefault(row["statistic"], row)
        return found

    def score(self, perspective: str, form: str, scale: str) -> Mapping[str, Mapping[str, Any]]:
        """Return what is known of a score, by statistic; a missing row for what is not."""
        return _Known(self._scores.get((perspective, form, scale), {}))

    def reliability_of(self, key: Key) -> Mapping[str, Any]:
        """Return the reliability that people see of a score: alpha, or what was published."""
        known = self._scores.get(key, {})
        if "alpha" in known and pd.notna(known["alpha"]["estimate"]):
            return known["alpha"]
        published = [
            row
            for row in known.values()
            if row.get("method") == "as published" and row["statistic"] not in ("mean", "sd")
        ]
        return published[0] if published else MISSING

    @cached_property
    def correlations(self) -> dict[frozenset[Key], dict[str, dict]]:
        """Rows about each pair of scores, by statistic."""
        found: dict[frozenset[Key], dict[str, dict]] = {}
        table = self.results.table("correlations")
        if "form_2" in table:
            for row in table.to_dict("records"):
                found.setdefault(frozenset(keys_of(row)), {})[row["statistic"]] = row
        return found

    def pair(self, one: Key, two: Key) -> Mapping[str, Mapping[str, Any]]:
        """Return what is known of a pair of scores, by statistic."""
        return _Known(self.correlations.get(frozenset((one, two)), {}))

    def moments(self, key: Key) -> tuple[float, float]:
        """Return mean and standard deviation of a score, or of a variable of the clients."""
        perspective, form, scale = key
        if perspective:
            about = self.score(perspective, form, scale)
            return about["mean"]["estimate"], about["sd"]["estimate"]
        for name, part in self.dataset.variables.items():
            if part["label"] == scale and name in self.dataset.clients:
                values = self.dataset.clients[name]
                return values.mean(), values.std()
        if not self.dataset.has_items and self.dataset.is_matrix:
            published = self.dataset.published_scores
            if scale in published.index:
                return published.loc[scale, "mean"], published.loc[scale, "sd"]
        return float("nan"), float("nan")

    @property
    def reliability_name(self) -> str:
        """What stands on diagonals."""
        return "coefficient alpha" if self.dataset.has_items else "as published"

    @property
    def ranks(self) -> bool:
        """Whether the tables of correlations hold Spearman's rank correlations."""
        return bool(self.config["manuscript"]["coefficient"] == "spearman")

    def left_out(self, statistic: str = "r_pearson") -> str:
        """Say who is left out for intervals of correlations, `therapists` or `clients`; nothing for formulas."""
        methods = (rows.get(statistic, MISSING).get("method") for rows in self.correlations.values())
        return self.dataset.resampled if any("jackknife" in str(method) for method in methods) else ""


class _Known(dict):
    def __missing__(self, key: str) -> dict[str, Any]:
        return MISSING
