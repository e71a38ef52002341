"""Rows of a table of which some are ratios of sums over dyads, with intervals that leave out one unit at a time."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units

TEXT = ("statistic", "criterion", "criterion_2", "descriptor", "length", "method", "note")  # columns of a table


class Ratio(NamedTuple):
    """One row, and the sums of which its estimate is the ratio.

    Attributes
    ----------
    row : dict
        Statistic, method and whatever the table has.
    above : numpy.ndarray of shape (n,) or None
        What each dyad adds to the numerator; None where the row has no interval.
    below : numpy.ndarray of shape (n,) or None
        What each dyad adds to the denominator.
    scale : {'', 'log'}
        Scale of the interval.
    bounds : tuple of float
        Possible values.
    """

    row: dict
    above: np.ndarray | None = None
    below: np.ndarray | None = None
    scale: str = ""
    bounds: tuple[float, float] = (0.0, np.inf)


def ratio_rows(ratios: list[Ratio], units: Units, level: float, columns: list[str]) -> pd.DataFrame:
    """Put the rows into a table, with estimates and intervals.

    Parameters
    ----------
    ratios : list of Ratio
        Rows in their order; one without sums keeps the estimate that it brings.
    units : Units
        Units of the n dyads.
    level : float
        Coverage of the intervals, in (0, 1).
    columns : list of str
        Columns of the table.

    Returns
    -------
    pandas.DataFrame
        One row each. Dyads with nothing in the denominator do not count as behind an estimate.

    Examples
    --------
    >>> units = Units.of(None, 4)
    >>> mean = Ratio({"statistic": "mean"}, np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4))
    >>> found = ratio_rows([mean], units, 0.95, ["statistic", "estimate", "lower", "upper"])
    >>> found[["estimate", "lower", "upper"]].round(2).to_numpy().tolist()
    [[2.5, 0.45, 4.55]]
    """
    given = [
        row if above is None or below is None else row | {"estimate": _divided(above, below)}
        for row, above, below, *_ in ratios
    ]
    frame = pd.DataFrame(given).reindex(columns=list(dict.fromkeys([*columns, "estimate", "method", "note"])))
    text = [name for name in TEXT if name in frame]
    frame[text] = frame[text].astype(object).fillna("")
    kinds: dict[tuple, list[int]] = {}
    for place, ratio in enumerate(ratios):
        if ratio.above is not None:
            kinds.setdefault((ratio.scale, ratio.bounds), []).append(place)
    parts = [frame.drop(index=[place for places in kinds.values() for place in places])]
    for (scale, bounds), places in kinds.items():
        above, below = (
            np.stack([getattr(ratios[place], side) for place in places], axis=1).astype(float)
            for side in ("above", "below")
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            without = (units.parts @ above) / (units.parts @ below)
        behind = units.parts_behind(below > 0), units.units_behind(below > 0)
        parts.append(jackknife_intervals(frame.loc[places], without, *behind, level, scale=scale, bounds=bounds))
    return pd.concat([part for part in parts if len(part)]).sort_index().reindex(columns=columns)


def _divided(above: np.ndarray, below: np.ndarray) -> float:
    return float(above.sum() / below.sum()) if below.sum() else np.nan
