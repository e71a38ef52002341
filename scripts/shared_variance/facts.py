"""What two measures share: the facts behind the sentences, read from the table of shared variance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.report.wording import listed

PAIR = ["perspective", "perspective_2", "form", "form_2"]
PAIR_OF_SCALES = [*PAIR, "scale", "scale_2"]
Row = Mapping[Any, Any]  # of a result table: column -> value


class Share(NamedTuple):
    """A share of variance with its interval, each missing where it is not known."""

    estimate: float
    lower: float = np.nan
    upper: float = np.nan
    level: float = np.nan

    @classmethod
    def of(cls, row: Row | pd.Series) -> "Share":
        """Read a row of a result table.

        Parameters
        ----------
        row : mapping or pandas.Series
            With `estimate`, and `lower`, `upper`, `level` where there is an interval.

        Returns
        -------
        Share
            What the row says.
        """
        return cls(*(float(row.get(name, np.nan)) for name in cls._fields))

    @property
    def is_known(self) -> bool:
        """Say whether it was estimated.

        Returns
        -------
        bool
            False where it is missing.
        """
        return bool(np.isfinite(self.estimate))

    @property
    def has_interval(self) -> bool:
        """Say whether it has an interval to be judged by.

        Returns
        -------
        bool
            True where estimate and both limits are known.
        """
        return bool(np.isfinite(self[:3]).all())


class Claim(NamedTuple):
    """The published shares: all `below` this one, the `typical` one."""

    below: float
    typical: float


@dataclass(frozen=True)
class Pair:
    """What two totals share, or two scales of forms without a total.

    Attributes
    ----------
    labels : tuple of str
        What the measures are called; one label where they are one instrument from two perspectives.
    views : tuple of str
        Who answered the first and the second.
    shared : Share
        As observed.
    corrected : Share
        Corrected for unreliability.
    r : float
        Their correlation.
    n : float
        Clients with both scores; missing where that is not known.
    reason : str
        Why nothing is known.
    why_not_corrected : str
        Why there is no correction.
    """

    labels: tuple[str, ...]
    views: tuple[str, str]
    shared: Share
    corrected: Share
    r: float
    n: float
    reason: str
    why_not_corrected: str

    @property
    def name(self) -> str:
        """Name the measures.

        Returns
        -------
        str
            `WAI-S and HAq-II`.
        """
        return listed(self.labels)

    @property
    def full_name(self) -> str:
        """Name the measures with who answered.

        Returns
        -------
        str
            `WAI-S and HAq-II (client)`.
        """
        return f"{self.name} ({listed(dict.fromkeys(self.views))})"

    @property
    def within(self) -> bool:
        """Say whether one perspective answered both.

        Returns
        -------
        bool
            False for one instrument from two perspectives.
        """
        return self.views[0] == self.views[1]


def read_pairs(shared: pd.DataFrame, correlations: pd.DataFrame | None, labels: Mapping[str, str]) -> list[Pair]:
    """Read the pairs of totals.

    Parameters
    ----------
    shared : pandas.DataFrame
        The table of shared variance.
    correlations : pandas.DataFrame or None
        The table of correlations, which knows their signs.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    list of Pair
        In the order of the table.
    """
    if not {*PAIR_OF_SCALES} <= set(shared):
        return []
    observed = _correlations(correlations)
    found = []
    for key, rows in shared.dropna(subset=PAIR_OF_SCALES).groupby(PAIR_OF_SCALES, sort=False):
        by = {row["statistic"]: row for row in rows.to_dict("records")}
        if "r2" not in by:
            continue
        who, other, form, form_2, scale, scale_2 = map(str, key)
        row, corrected = by["r2"], by.get("r2_disattenuated", {"estimate": np.nan, "note": "no reliabilities"})
        found.append(
            Pair(
                labels=tuple(
                    dict.fromkeys([name_of_score(labels[form], scale), name_of_score(labels[form_2], scale_2)])
                ),
                views=(who, other),
                shared=Share.of(row),
                corrected=Share.of(corrected),
                r=observed.get(key, np.sqrt(row["estimate"])),
                n=row.get("n", np.nan),
                reason=reason_of(row["note"]),
                why_not_corrected=reason_of(corrected["note"]),
            )
        )
    return found


def _correlations(correlations: pd.DataFrame | None) -> dict[tuple, float]:
    if correlations is None or not {*PAIR_OF_SCALES} <= set(correlations):
        return {}
    chosen = correlations[correlations["statistic"] == "r_pearson"]
    return {tuple(row[key] for key in PAIR_OF_SCALES): row["estimate"] for row in chosen.to_dict("records")}


def name_of_score(label: str, scale: str) -> str:
    """Name a score.

    Parameters
    ----------
    label : str
        Of its form.
    scale : str
        Its scale, which the name of a total leaves out.

    Returns
    -------
    str
        `WAI-S`, or `WAI-S task`.
    """
    return label if scale == "total" else f"{label} {scale}"


def of_totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep what is about two totals.

    Parameters
    ----------
    rows : pandas.DataFrame
        With the columns scale and scale_2.

    Returns
    -------
    pandas.DataFrame
        Some of the rows.
    """
    return rows[(rows["scale"] == "total") & (rows["scale_2"] == "total")]


def reason_of(note: str) -> str:
    """Take the reason from a note: without the remark on a provisional key and without its full stop.

    Parameters
    ----------
    note : str
        The note of a row.

    Returns
    -------
    str
        The reason, to be put into a sentence; empty where there is none.
    """
    return str(note).split("; provisional")[0].removesuffix(".")
