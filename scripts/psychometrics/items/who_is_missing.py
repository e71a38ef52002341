"""Who is missing: the difference between people with and without a missing form or value."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import nctdtrinc, stdtrit

from psychometrics.items.missingness import FEWEST
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = ["statistic", "estimate", "lower", "upper", "level", "n", "n_missing", "method", "note"]


def missing_difference(
    value: ArrayLike, missing: ArrayLike, *, level: float = 0.95, fewest: int = FEWEST
) -> pd.DataFrame:
    r"""Compare people with and without something missing: standardized mean difference of a variable.

    Parameters
    ----------
    value : array_like of shape (n,)
        The variable, such as a baseline; people without a value are left out.
    missing : array_like of bool, of shape (n,)
        Who has the other thing missing, such as a form.
    level : float, default 0.95
        Coverage of the interval, in (0, 1).
    fewest : int, default 5
        Smallest number of people that a group is described with.

    Returns
    -------
    pandas.DataFrame
        One row: statistic (missing_difference), estimate, lower, upper, level, n, n_missing, method, note. Positive
        where those with something missing have the higher values.

    Notes
    -----
    Cohen's d with the pooled standard deviation, :math:`d = (\bar x_1 - \bar x_0) / s_p`. Its interval is the exact one
    for normal values, from the noncentral t distribution (Steiger & Fouladi 1997): the noncentralities for which
    :math:`t = d \sqrt{n_1 n_0 / (n_1 + n_0)}` is a limit, over the same root. The estimate agrees with stats::t.test
    (t over that root) and with psych::cohen.d up to its divisor n; the limits with stats::pt(ncp =), solved for ncp.

    Examples
    --------
    >>> value = [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    >>> row = missing_difference(value, [False, False, False, True, False, True, False, True, True, True])
    >>> row[["estimate", "lower", "upper", "n", "n_missing"]].round(2)
       estimate  lower  upper   n  n_missing
    0      1.58   0.09    3.0  10          5
    """
    check_level(level)
    value, missing = np.asarray(value, dtype=float), np.asarray(missing, dtype=bool)
    known = np.isfinite(value)
    one, two = value[known & missing], value[known & ~missing]
    row: dict[str, object] = {"statistic": "missing_difference", "estimate": np.nan, "level": level}
    row |= {"n": len(one) + len(two), "n_missing": len(one), "note": ""}
    row["method"] = "standardized mean difference, missing minus others; noncentral t"
    spread = np.nan
    if min(len(one), len(two)) >= max(fewest, 2):
        squares = ((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum()
        spread = np.sqrt(squares / (len(one) + len(two) - 2))
    if not len(one):
        row["note"] = "nobody is missing"
    elif min(len(one), len(two)) < max(fewest, 2):
        row["note"] = f"fewer than {fewest} people in one of the groups"
    elif spread == 0:
        row["note"] = "the values do not vary"
    else:
        d = (one.mean() - two.mean()) / spread
        row["estimate"] = d
        row["lower"], row["upper"] = _noncentral_limits(d, len(one), len(two), level)
    return pd.DataFrame([row]).reindex(columns=COLUMNS)


def _noncentral_limits(d: float, first: int, second: int, level: float) -> tuple[float, float]:
    """Limits of Cohen's d of two groups."""
    root, df = np.sqrt(first * second / (first + second)), first + second - 2
    tail = (1 - level) / 2
    lower, upper = (float(nctdtrinc(df, p, d * root)) / root for p in (1 - tail, tail))
    if not lower <= d <= upper:  # beyond what the distribution's routine can solve: the large-sample normal limits
        half = stdtrit(df, 1 - tail) * np.sqrt(1 / root**2 + d**2 / (2 * df))
        return d - half, d + half
    return lower, upper
