"""Normality of the answers: skewness and kurtosis of each item, and of all items together."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

SINGULAR = 1e-9
NUMBERS_AT_ONCE = 4_000_000
COLUMNS = ["item", "statistic", "estimate", "se", "n", "method", "note"]


def normality(answers: pd.DataFrame) -> pd.DataFrame:
    r"""Compute univariate and Mardia's multivariate skewness and kurtosis, with tests of normality.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x p items, numbers; missing answers missing.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: item, statistic, estimate, se, n, method, note. Per item, from all its answers: `skewness` and
        `kurtosis` with their standard errors for normal answers, `skewness_p`, `kurtosis_p`. Of all items, with item
        "", from the people who answered every item: `mardia_skewness`, `mardia_skewness_chi2`, `mardia_skewness_df`,
        `mardia_skewness_p`, `mardia_kurtosis`, `mardia_kurtosis_z`, `mardia_kurtosis_p`. What cannot be computed has no
        estimate and a reason.

    Notes
    -----
    Per item the unbiased G1 and G2 of Joanes and Gill (1998), The Statistician 47, with z = estimate / se; as
    psych::describe(type = 2), SAS and SPSS. Of all items, with :math:`d_{rs} = (x_r - \bar x)' S^{-1} (x_s - \bar x)`:

    .. math:: b_{1p} = \frac{1}{n^2} \sum_{rs} d_{rs}^3, \quad b_{2p} = \frac{1}{n} \sum_r d_{rr}^2, \quad
              \chi^2 = \frac{n k\, b_{1p}}{6}, \quad
              z = \frac{b_{2p} - p(p+2)}{\sqrt{8p(p+2)/n}}

    with k = (p + 1)(n + 1)(n + 3) / (n ((n + 1)(p + 1) - 6)) for small samples. Mardia (1970), Biometrika 57; (1974),
    Sankhya B 36. S has the divisor n - 1, as in psych::mardia (b1p, b2p, small.skew, p.small, kurtosis, p.kurt), with
    which this agrees; Mardia's own is n.

    Examples
    --------
    >>> from psychometrics import example_answers
    >>> rows = normality(example_answers()[["wai_01", "wai_02", "wai_03"]])
    >>> rows[["item", "statistic", "estimate", "se", "n"]].round(3).head(4)
         item   statistic  estimate     se    n
    0  wai_01    skewness    -1.282  0.177  188
    1  wai_01  skewness_p     0.000    NaN  188
    2  wai_01    kurtosis     1.552  0.353  188
    3  wai_01  kurtosis_p     0.000    NaN  188
    >>> rows[["statistic", "estimate", "n"]].round(3).tail(3)
                statistic  estimate    n
    16    mardia_kurtosis    20.301  181
    17  mardia_kurtosis_z     6.510  181
    18  mardia_kurtosis_p     0.000  181
    """
    values = answers.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    rows = []
    for item, column in zip(answers.columns, values.T, strict=True):
        rows += _univariate(item, column[~np.isnan(column)])
    complete = values[~np.isnan(values).any(axis=1)]
    return pd.DataFrame(rows + _mardia(complete), columns=COLUMNS)


def _univariate(item: str, x: np.ndarray) -> list[tuple]:
    n = len(x)
    names = ("skewness", "skewness_p", "kurtosis", "kurtosis_p")
    method = "G1 and G2, normal theory"
    deviation = x - x.mean() if n else x
    reason = "fewer than 4 answers" if n < 4 else "" if np.ptp(x) > 0 else "all answers are the same"
    if reason:
        return [(item, name, np.nan, np.nan, n, method, reason) for name in names]
    m2, m3, m4 = (np.mean(deviation**power) for power in (2, 3, 4))
    skewness = np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    se_skewness = np.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    se_kurtosis = 2 * se_skewness * np.sqrt((n**2 - 1) / ((n - 3) * (n + 5)))
    rows = []
    for name, estimate, se in (("skewness", skewness, se_skewness), ("kurtosis", kurtosis, se_kurtosis)):
        rows += [
            (item, name, estimate, se, n, method, ""),
            (item, f"{name}_p", 2 * ndtr(-np.abs(estimate / se)), np.nan, n, method, ""),
        ]
    return rows


def _mardia(x: np.ndarray) -> list[tuple]:
    n, p = x.shape
    names = (
        "mardia_skewness",
        "mardia_skewness_chi2",
        "mardia_skewness_df",
        "mardia_skewness_p",
        "mardia_kurtosis",
        "mardia_kurtosis_z",
        "mardia_kurtosis_p",
    )
    method = "Mardia, complete answers"

    def undefined(reason: str) -> list[tuple]:
        return [("", name, np.nan, np.nan, n, method, reason) for name in names]

    if n <= p:
        return undefined(f"{n} people answered every one of the {p} items: too few")
    spread = x.std(axis=0)
    if (spread == 0).any() or np.linalg.eigvalsh(np.corrcoef(x, rowvar=False).reshape(p, p))[0] < SINGULAR:
        return undefined("the covariance matrix of the complete answers is singular")
    # x = QR, so that the distances under S are the products of Q with itself, times n - 1
    orthogonal = np.linalg.qr((x - x.mean(axis=0)) / spread)[0] * np.sqrt(n - 1)
    skewness = _cubes(orthogonal) / n**2
    kurtosis = np.mean(np.vecdot(orthogonal, orthogonal) ** 2)
    df = p * (p + 1) * (p + 2) // 6
    chi2 = n * skewness / 6 * (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    z = (kurtosis - p * (p + 2)) * np.sqrt(n / (8 * p * (p + 2)))
    estimates = (skewness, chi2, float(df), chdtrc(df, chi2), kurtosis, z, 2 * ndtr(-np.abs(z)))
    return [("", name, value, np.nan, n, method, "") for name, value in zip(names, estimates, strict=True)]


def _cubes(x: np.ndarray) -> float:
    r"""Sum of the cubed products of all pairs of rows, :math:`\sum_{rs} (x_r' x_s)^3`, whichever way is shorter.

    It is also :math:`\sum_{ijk} (\sum_r x_{ri} x_{rj} x_{rk})^2`: for many people with few items the sums over the
    people of products of three items, each set of items once.
    """
    n, p = x.shape
    if n <= p * p:
        at_once = max(1, NUMBERS_AT_ONCE // n)
        return sum(float(np.sum((x[start : start + at_once] @ x.T) ** 3)) for start in range(0, n, at_once))
    i, j = np.triu_indices(p)
    sums = np.zeros((p, len(i)))
    at_once = max(1, NUMBERS_AT_ONCE // len(i))
    for start in range(0, n, at_once):
        part = x[start : start + at_once]
        sums += part.T @ (part[:, i] * part[:, j])
    return float(np.sum(sums**2 @ np.where(i == j, 1, 2)))
