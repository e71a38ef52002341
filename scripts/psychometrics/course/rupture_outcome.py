"""Whether dyads with more ruptures end better or worse, given that longer courses have more of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.jackknife import jackknife_intervals, p_of_interval
from psychometrics.association.partial import partial_correlation
from psychometrics.association.units import Units
from psychometrics.association.weighted import weighted_matrices
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = ["statistic", "criterion", "estimate", "se", "lower", "upper", "level", "p", "n", "method", "note"]
FEWEST = 10  # dyads with an outcome beyond the variables that are held constant


def ruptures_and_outcome(
    numbers: Mapping[str, np.ndarray],
    sessions: np.ndarray,
    mean: np.ndarray,
    outcome: np.ndarray,
    held: Mapping[str, np.ndarray],
    *,
    units: ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Correlate the number of ruptures with the outcome, and again with the length of the courses held constant.

    .. math:: r_{xy \cdot s} = \frac{r_{xy} - r_{xs} r_{ys}}{\sqrt{(1 - r_{xs}^2)(1 - r_{ys}^2)}}

    Parameters
    ----------
    numbers : mapping of str to numpy.ndarray of shape (n,)
        Ruptures of each dyad by criterion.
    sessions : numpy.ndarray of shape (n,)
        Rated sessions of each dyad.
    mean : numpy.ndarray of shape (n,)
        Mean rating of each dyad.
    outcome : numpy.ndarray of shape (n,)
        Outcome of each dyad, missing as NaN.
    held : mapping of str to numpy.ndarray of shape (n,)
        What is held constant besides the number of sessions, such as the baseline.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows rupture_outcome_r, rupture_outcome_r_partial (number of sessions and what is `held` constant) and
        rupture_outcome_r_given_mean (the mean rating as well) for each criterion: statistic, criterion, estimate, se,
        lower, upper, level, p (of the interval), n (dyads with all values), method, note.

    Notes
    -----
    A longer course has more sessions in which a criterion can raise an alarm, true or false, and its length may itself
    depend on the outcome. Near the top of the scale ratings fluctuate less, so that criteria in points of the scale see
    more ruptures where the alliance is low all the time: the mean rating tells this apart. Intervals leave out one unit
    at a time, on the scale of Fisher's z. Agrees with psych::partial.r.
    """
    check_level(level)
    constant = {"number of rated sessions": np.asarray(sessions, dtype=float), **held}
    together = np.column_stack([outcome, *constant.values(), mean]).astype(float)
    known = np.isfinite(together).all(axis=1)
    own = Units.of(units, len(together))
    names = list(constant)
    rows, left_out = [], []
    for criterion, count in numbers.items():
        table = np.column_stack([count, together]).astype(float)[known]
        for statistic, used, method in (
            ("rupture_outcome_r", table[:, :2], "Pearson"),
            ("rupture_outcome_r_partial", table[:, :-1], f"holding constant: {', '.join(names)}"),
            ("rupture_outcome_r_given_mean", table, f"holding constant: {', '.join([*names, 'mean rating'])}"),
        ):
            note, estimate = _why_not(used), np.nan
            parts = np.full(len(own.parts), np.nan)
            if not note:
                estimate = float(partial_correlation(weighted_matrices(used, np.ones((1, len(used)))))[0])
                if np.isfinite(estimate):
                    parts = partial_correlation(weighted_matrices(used, own.parts[:, known]))
                else:
                    note = "the number of ruptures follows from what is held constant"
            row = {"statistic": statistic, "criterion": criterion, "estimate": estimate, "n": len(table)}
            rows.append(row | {"method": method, "note": note})
            left_out.append(parts)
    behind = np.repeat(known[:, None], len(rows), axis=1)
    n_units = own.units_behind(behind)
    tidy = pd.DataFrame(rows).reindex(columns=COLUMNS)
    found = jackknife_intervals(
        tidy,
        np.stack(left_out, axis=1),
        own.parts_behind(behind),
        n_units,
        level,
        scale="z",
        bounds=(-1.0, 1.0),
    )
    found["p"] = p_of_interval(found["lower"], found["upper"], level, own.parts_behind(behind).sum(axis=0))
    return found.reindex(columns=COLUMNS)


def _why_not(table: np.ndarray) -> str:
    fixed = table.shape[1] - 2
    if len(table) < FEWEST + fixed:
        return f"{len(table)} dyads have an outcome and all that is held constant: {FEWEST + fixed} are needed"
    if not np.ptp(table[:, 0]) > 0:
        return "all dyads have the same number of ruptures"
    return "" if (np.ptp(table, axis=0) > 0).all() else "the outcome, or what is held constant, does not vary"
