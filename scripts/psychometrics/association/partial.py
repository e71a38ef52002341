"""Correlations between scores with clients' variables, such as symptoms before therapy, held constant."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.pairs import COLUMNS, all_pairs, only_score, score_values, smallest_n
from psychometrics.association.rows import correlation_rows
from psychometrics.association.units import Units
from psychometrics.association.weighted import weighted_matrices
from psychometrics.resampling.formula_intervals import check_level, fisher_interval

NOTHING_HELD = "no variable of the clients has the role baseline: there is nothing to hold constant"


def partial_correlations(
    scores: pd.DataFrame,
    columns: pd.DataFrame,
    held: Mapping[str, str],
    *,
    level: float = 0.95,
    units: ArrayLike | None = None,
) -> pd.DataFrame:
    r"""Correlate every pair of scores with variables held constant, on the clients who have all of them.

    .. math:: r_{xy \cdot z} = \frac{r_{xy} - r_{xz} r_{yz}}{\sqrt{(1 - r_{xz}^2)(1 - r_{yz}^2)}}

    and the same again for every further variable.

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x columns, one row per client.
    columns : pandas.DataFrame
        One row per score (its index), with columns perspective, form, scale.
    held : mapping of str to str
        Name of a column of `scores` that is held constant -> what it is called in the method.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : array_like of shape (n clients,), optional
        Units that are independent, such as therapists; by default each client is one.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_partial, r_partial_fisher, p_partial and p_partial_holm per unique pair, with the columns and the
        intervals of :func:`psychometrics.association.scores.correlate_scores`; one row with the reason where nothing is
        held constant.

    Notes
    -----
    Fisher's interval and the test are those of a correlation of as many clients minus the number of variables held
    constant (Fisher 1924, Metron 3). Agrees with psych::partial.r, and with stats::cor.test of the residuals but for
    those degrees of freedom.
    """
    check_level(level)
    if not held:
        return pd.DataFrame([{"statistic": "r_partial", "note": NOTHING_HELD}], columns=COLUMNS)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, "r_partial")], columns=COLUMNS)
    values, constant = score_values(scores, columns), scores[list(held)].to_numpy(dtype=float, na_value=np.nan)
    own = Units.of(units, len(values))
    pairs, fixed = all_pairs(columns), constant.shape[1]
    estimates, reasons, used = [], [], np.zeros((len(values), len(pairs)), dtype=bool)
    left_out = np.full((len(own.parts), len(pairs)), np.nan)
    for k, pair in enumerate(pairs):
        table = np.column_stack([values[:, pair], constant])
        used[:, k] = rows = np.isfinite(table).all(axis=1)
        reason = _why_not(table[rows], fixed)
        estimates.append(
            np.nan if reason else partial_correlation(weighted_matrices(table[rows], np.ones((1, rows.sum()))))[0]
        )
        reasons.append(reason if reason or np.isfinite(estimates[-1]) else "a score follows from what is held constant")
        if not reason:
            left_out[:, k] = partial_correlation(weighted_matrices(table[rows], own.parts[:, rows]))
    r, n = np.array(estimates), used.sum(axis=0)
    return correlation_rows(
        "partial",
        r,
        columns,
        pairs,
        left_out=left_out,
        used=used,
        reasons=reasons,
        limits=fisher_interval(r, n - fixed, level),
        formula="Fisher",
        freedom=n - 2 - fixed,
        level=level,
        units=own,
        method=f"Pearson, {' and '.join(held.values())} held constant",
    )


def partial_correlations_of_matrix(
    correlation: pd.DataFrame,
    n: int | pd.DataFrame,
    columns: pd.DataFrame,
    held: Mapping[str, str],
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compute the partial correlations of :func:`partial_correlations` for data that are a matrix.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Score x score, with the variables held constant.
    n : int or pandas.DataFrame
        Number of people behind the matrix, or a frame like it. n of a row is the smallest of any two of its scores and
        what is held constant.
    columns : pandas.DataFrame
        One row per score (its index), with columns perspective, form, scale.
    held : mapping of str to str
        Name of a variable that is held constant -> what it is called in the method.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`partial_correlations`, with Fisher's interval: nobody can be left out.
    """
    check_level(level)
    if not held:
        return pd.DataFrame([{"statistic": "r_partial", "note": NOTHING_HELD}], columns=COLUMNS)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, "r_partial")], columns=COLUMNS)
    pairs, estimates, reasons, counts = all_pairs(columns), [], [], []
    for pair in pairs:
        names = [*columns.index[pair], *held]
        matrix = correlation.loc[names, names].to_numpy(dtype=float)
        few, follows = smallest_n(n, names) < 4 + len(held), np.linalg.eigvalsh(matrix)[0] < 1e-9
        counts.append(smallest_n(n, names))
        reasons.append(
            "too few clients have both scores and what is held constant"
            if few
            else "a score follows from the others and what is held constant"
            if follows
            else ""
        )
        estimates.append(np.nan if reasons[-1] else partial_correlation(matrix[None])[0])
    r, sizes = np.array(estimates), np.array(counts)
    people = np.arange(sizes.max())
    return correlation_rows(
        "partial",
        r,
        columns,
        pairs,
        left_out=None,
        used=people[:, None] < sizes,
        reasons=reasons,
        limits=fisher_interval(r, sizes - len(held), level),
        formula="Fisher",
        freedom=sizes - 2 - len(held),
        level=level,
        units=Units(people, nested=False),
        method=f"Pearson, {' and '.join(held.values())} held constant",
    )


def partial_correlation(matrices: np.ndarray) -> np.ndarray:
    """Correlate the first two variables with all others held constant.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, p, p)
        Correlation matrices.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Partial correlations; missing where a variable follows from what is held constant.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        while matrices.shape[-1] > 2:
            with_last, rest = matrices[:, :-1, -1], matrices[:, :-1, :-1]
            left = 1 - with_last**2
            left = np.sqrt(np.where(left > 1e-10, left, np.nan))
            matrices = (rest - with_last[:, :, None] * with_last[:, None, :]) / (left[:, :, None] * left[:, None, :])
    return np.clip(matrices[:, 0, 1], -1, 1)


def _why_not(table: np.ndarray, fixed: int) -> str:
    if len(table) < 4 + fixed:
        return "too few clients have both scores and what is held constant"
    return "" if (np.ptp(table, axis=0) > 0).all() else "a score or what is held constant does not vary"
