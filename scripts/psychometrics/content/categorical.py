"""Association and similarity of distributions over unordered categories."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtr, chndtrinc

from psychometrics.resampling.formula_intervals import check_level

SMALL_EXPECTED = 5  # below it the chi-square approximation is doubtful (Cochran 1954)
STATISTICS = ("chi2", "p_permutation", "cramers_v", "cramers_v_corrected")
COLUMNS = ["statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]


def chi_square(table: np.ndarray) -> np.ndarray:
    """Compute Pearson's chi-square of one table or of a stack of tables with the same margins.

    Parameters
    ----------
    table : numpy.ndarray of shape (..., r rows, c columns)
        Counts; no row and no column is empty.

    Returns
    -------
    numpy.ndarray
        One value per table.

    Notes
    -----
    Agrees with stats::chisq.test(correct = FALSE).
    """
    expected = expected_counts(table)
    return ((table - expected) ** 2 / expected).sum(axis=(-2, -1))


def expected_counts(table: np.ndarray) -> np.ndarray:
    """Compute the counts that independence of rows and columns would give.

    Parameters
    ----------
    table : numpy.ndarray of shape (..., r, c)
        Counts.

    Returns
    -------
    numpy.ndarray of shape (..., r, c)
        Expected counts.
    """
    total = table.sum(axis=(-2, -1), keepdims=True)
    return table.sum(axis=-1, keepdims=True) * table.sum(axis=-2, keepdims=True) / total


def cramers_v(chi2: float, n: int, rows: int, columns: int) -> float:
    """Compute Cramér's V, from 0 (independent) to 1.

    Parameters
    ----------
    chi2 : float
        Pearson's chi-square.
    n : int
        Sum of the counts.
    rows : int
        Number of rows of the table.
    columns : int
        Number of columns of the table.

    Returns
    -------
    float
        Cramér's V.

    Notes
    -----
    Cramér (1946), Mathematical Methods of Statistics.
    """
    return float(np.sqrt(chi2 / (n * (min(rows, columns) - 1))))


def cramers_v_corrected(chi2: float, n: int, rows: int, columns: int) -> float:
    r"""Compute Cramér's V corrected for bias: near 0 on average when rows and columns are independent.

    .. math:: \tilde V = \sqrt{\tilde\varphi^2_+ / \min(\tilde r - 1, \tilde c - 1)}, \quad
        \tilde\varphi^2_+ = \max\{0, \chi^2/n - (r-1)(c-1)/(n-1)\}, \quad \tilde r = r - (r-1)^2/(n-1)

    Parameters
    ----------
    chi2 : float
        Pearson's chi-square.
    n : int
        Sum of the counts.
    rows : int
        Number of rows of the table.
    columns : int
        Number of columns of the table.

    Returns
    -------
    float
        The corrected V.

    Notes
    -----
    Bergsma (2013), J. Korean Stat. Soc. 42, 323-328.
    """
    phi2 = max(0.0, chi2 / n - (rows - 1) * (columns - 1) / (n - 1))
    reduced = [k - (k - 1) ** 2 / (n - 1) for k in (rows, columns)]
    return float(np.sqrt(phi2 / (min(reduced) - 1)))


def cramers_v_interval(chi2: float, n: int, rows: int, columns: int, *, level: float = 0.95) -> tuple[float, float]:
    """Compute the interval of the population's V from the noncentral chi-square distribution of the statistic.

    Parameters
    ----------
    chi2 : float
        Pearson's chi-square.
    n : int
        Sum of the counts.
    rows : int
        Number of rows of the table.
    columns : int
        Number of columns of the table.
    level : float, default 0.95
        Coverage of the interval, in (0, 1).

    Returns
    -------
    lower : float
        Lower limit.
    upper : float
        Upper limit.

    Notes
    -----
    The limits of the noncentrality parameter, divided by n and by min(r, c) - 1, are limits of V squared
    (Steiger 2004, Psychol. Methods 9, 164-182). Agrees with the roots of stats::pchisq(ncp = ).
    """
    df = (rows - 1) * (columns - 1)
    limits = []
    for probability in ((1 + level) / 2, (1 - level) / 2):
        # chi2 is that low even under the central distribution: no noncentrality is small enough
        ncp = 0.0 if chdtr(df, chi2) <= probability else chndtrinc(chi2, df, probability)
        limits.append(min(1.0, float(np.sqrt(ncp / (n * (min(rows, columns) - 1))))))
    return limits[0], limits[1]


def tables_with_these_margins(table: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Draw the tables that arise when the units keep their row and are dealt the columns at random.

    Parameters
    ----------
    table : numpy.ndarray of shape (r, c)
        Counts.
    draws : int
        Number of tables.
    seed : int
        Seed of the random numbers, at least 0.

    Returns
    -------
    numpy.ndarray of shape (draws, r, c)
        Counts, all with the margins of `table`.
    """
    rows, columns = table.shape
    row_of = np.repeat(np.arange(rows), table.sum(axis=1))
    column_of = np.repeat(np.arange(columns), table.sum(axis=0))
    dealt = np.random.default_rng(seed).permuted(np.tile(column_of, (draws, 1)), axis=1)
    cell = np.arange(draws)[:, None] * (rows * columns) + row_of * columns + dealt
    return np.bincount(cell.ravel(), minlength=draws * rows * columns).reshape(draws, rows, columns)


def contingency_association(
    table: ArrayLike, *, draws: int = 10_000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Measure and test how strongly rows and columns of a table of counts are associated.

    Parameters
    ----------
    table : array_like of shape (r, c)
        Counts; rows and columns without any count are left out.
    draws : int, default 10_000
        Number of random tables with the same margins, for the permutation p.
    seed : int, default 0
        Seed of the random tables, at least 0.
    level : float, default 0.95
        Coverage of the interval of V, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows chi2, p_permutation, cramers_v, cramers_v_corrected; columns statistic, estimate, se, lower, upper, level,
        n, method, note. p is (1 + tables at least as far from independence) / (1 + draws), its se the Monte Carlo
        error. Without two rows and two columns nothing is estimated and the note says so.

    Raises
    ------
    ValueError
        For negative or fractional counts, fewer than one draw, or a level outside (0, 1).

    Notes
    -----
    The interval is that of V in the population. V of a sample is larger by chance alone, and with many categories can
    lie above it, so that the limits stand beside the corrected value.

    Permutation p: Phipson & Smyth (2010); it agrees with stats::chisq.test(simulate.p.value = TRUE) within its Monte
    Carlo error.

    Examples
    --------
    >>> rows = contingency_association([[10, 2], [4, 9]], draws=1000)
    >>> rows[["statistic", "estimate", "lower", "upper"]].round(2)
                 statistic  estimate  lower  upper
    0                 chi2      7.00    NaN    NaN
    1        p_permutation      0.01    NaN    NaN
    2            cramers_v      0.53    NaN    NaN
    3  cramers_v_corrected      0.50   0.14   0.92
    """
    counts = _as_counts(table)
    check_level(level)
    if draws < 1:
        raise ValueError("A permutation test needs at least one draw.")
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    (rows, columns), n = counts.shape, int(counts.sum())
    if min(rows, columns) < 2:
        reason = f"only one {'row' if rows < 2 else 'column'} has counts" if n else "no counts"
        missing = [{"statistic": name, "n": n, "method": "", "note": reason} for name in STATISTICS]
        return pd.DataFrame(missing, columns=COLUMNS)

    chi2 = float(chi_square(counts))
    random = chi_square(tables_with_these_margins(counts, draws=draws, seed=seed))
    # equal tables can differ in the last bits
    p = (1 + np.count_nonzero(random >= chi2 * (1 - 1e-10))) / (1 + draws)
    lower, upper = cramers_v_interval(chi2, n, rows, columns, level=level)
    small = int((expected_counts(counts) < SMALL_EXPECTED).sum())
    doubt = f"{small} of {counts.size} expected counts below {SMALL_EXPECTED}: approximate interval" if small else ""
    estimates = (
        {"method": f"Pearson, df {(rows - 1) * (columns - 1)}", "estimate": chi2},
        {"method": f"{draws} tables with the same margins", "estimate": p, "se": np.sqrt(p * (1 - p) / draws)},
        {"method": "root of chi-square over its largest value", "estimate": cramers_v(chi2, n, rows, columns)},
        {
            "method": "Bergsma (2013); noncentral chi-square interval",
            "estimate": cramers_v_corrected(chi2, n, rows, columns),
            "lower": lower,
            "upper": upper,
            "level": level,
            "note": doubt,
        },
    )
    named = zip(STATISTICS, estimates, strict=True)
    return pd.DataFrame([{"statistic": name, "n": n, "note": ""} | row for name, row in named], columns=COLUMNS)


def hellinger_similarity(first: ArrayLike, second: ArrayLike) -> np.ndarray:
    r"""Subtract the Hellinger distance of two distributions from 1.

    .. math:: 1 - \sqrt{\tfrac12 \sum_k (\sqrt{p_k} - \sqrt{q_k})^2}

    Parameters
    ----------
    first : array_like of shape (..., c)
        Counts or shares; they are divided by their sum.
    second : array_like of shape (..., c)
        The same over the same categories.

    Returns
    -------
    numpy.ndarray of shape (...)
        1 when the two are the same, 0 when they share no category.

    Examples
    --------
    >>> round(float(hellinger_similarity([9, 7, 8], [10, 6, 14])), 3)
    0.897
    """
    p, q = (counts / counts.sum(axis=-1, keepdims=True) for counts in (np.asarray(first), np.asarray(second)))
    return 1 - np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=-1) / 2)


def similarity_if_alike(first: ArrayLike, second: ArrayLike, *, draws: int, seed: int) -> np.ndarray:
    """Draw the similarity of two sets of that size when they differ by chance only.

    The units are shuffled between the sets. Short questionnaires are less than perfectly similar by chance alone; this
    is the yardstick for a similarity.

    Parameters
    ----------
    first : array_like of shape (c,)
        Counts.
    second : array_like of shape (c,)
        Counts over the same categories.
    draws : int
        Number of shuffles.
    seed : int
        Seed of the shuffles, at least 0.

    Returns
    -------
    numpy.ndarray of shape (draws,)
        Similarities.
    """
    counts = _as_counts(np.stack([np.asarray(first), np.asarray(second)]))
    random = tables_with_these_margins(counts, draws=draws, seed=seed)
    return hellinger_similarity(random[:, 0], random[:, 1])


def _as_counts(table: ArrayLike) -> np.ndarray:
    counts = np.asarray(table)
    if (counts < 0).any() or (counts != np.round(counts)).any():
        raise ValueError("A table of counts holds whole numbers of 0 or more.")
    return counts.astype(int)
