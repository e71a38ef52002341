"""Suitability of a correlation matrix for factor analysis."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.correlation.smoothing import SINGULAR


def suitability(correlations: CorrelationMatrix) -> pd.DataFrame:
    r"""Assess sampling adequacy, sphericity and conditioning of a correlation matrix.

    Parameters
    ----------
    correlations : CorrelationMatrix
        Correlations of p items; its `n_total` is the n of Bartlett's test.

    Returns
    -------
    pandas.DataFrame
        Columns item, statistic, estimate, n, method, note. Statistics: `kmo` (overall and per item, in [0, 1]),
        `bartlett_chi2`, `bartlett_df`, `bartlett_p`, `determinant`, `log_determinant`, `smallest_eigenvalue`,
        `n_per_item`. For a singular matrix the rows that need its inverse have no estimate and a reason.

    Notes
    -----
    .. math:: KMO = \frac{\sum_{i \ne j} r_{ij}^2}{\sum_{i \ne j} r_{ij}^2 + \sum_{i \ne j} q_{ij}^2}, \qquad
              \chi^2 = -\left(n - 1 - \frac{2p + 5}{6}\right) \ln |R|

    with the anti-image correlations q. Kaiser and Rice (1974), Educ. Psychol. Meas. 34; Bartlett (1951), Biometrika 38.
    Agrees with psych::KMO and psych::cortest.bartlett. Bartlett's test assumes normal data and Pearson correlations.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, suitability
    >>> found = correlate(example_answers().filter(like="haq_"))
    >>> suitability(found).query("item == ''")[["statistic", "estimate"]].round(3)
                 statistic  estimate
    0                  kmo     0.828
    1        bartlett_chi2   546.918
    2          bartlett_df    28.000
    3           bartlett_p     0.000
    4          determinant     0.061
    5      log_determinant    -2.798
    6  smallest_eigenvalue     0.285
    7           n_per_item    25.000
    """
    matrix = correlations.matrix.to_numpy(dtype=float)
    p, n = len(matrix), correlations.n_total
    eigenvalues = np.linalg.eigvalsh(matrix)
    log_determinant = np.log(np.maximum(eigenvalues, np.finfo(float).tiny)).sum()
    singular = "" if eigenvalues[0] > SINGULAR else "the correlation matrix is singular"
    kmo, per_item = (np.nan, np.full(p, np.nan)) if singular else sampling_adequacy(matrix)
    df = p * (p - 1) // 2
    chi2 = -(n - 1 - (2 * p + 5) / 6) * log_determinant
    few = singular or ("" if chi2 > 0 else f"n = {n} is too small for {p} items")
    rows = [
        ("", "kmo", kmo, singular),
        ("", "bartlett_chi2", np.nan if few else chi2, few),
        ("", "bartlett_df", df, ""),
        ("", "bartlett_p", np.nan if few else chdtrc(df, chi2), few),
        ("", "determinant", np.exp(log_determinant), ""),
        ("", "log_determinant", log_determinant, singular),
        ("", "smallest_eigenvalue", eigenvalues[0], "; ".join(correlations.notes)),
        ("", "n_per_item", n / p, ""),
        *((item, "kmo", value, singular) for item, value in zip(correlations.matrix.index, per_item, strict=True)),
    ]
    frame = pd.DataFrame(rows, columns=["item", "statistic", "estimate", "note"])
    return frame.assign(n=n, method=f"{correlations.method}, {correlations.missing}")


def sampling_adequacy(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the Kaiser-Meyer-Olkin measure of sampling adequacy.

    Parameters
    ----------
    matrix : numpy.ndarray
        Positive definite correlation matrix (p, p).

    Returns
    -------
    overall : float
        KMO of the matrix, in [0, 1].
    per_item : numpy.ndarray
        KMO of each item, (p,).
    """
    inverse = np.linalg.inv(matrix)
    scale = 1 / np.sqrt(np.diag(inverse))
    partial = inverse * np.outer(scale, scale)
    off = ~np.eye(len(matrix), dtype=bool)
    r2, q2 = np.where(off, matrix**2, 0), np.where(off, partial**2, 0)
    return r2.sum() / (r2.sum() + q2.sum()), r2.sum(axis=0) / (r2.sum(axis=0) + q2.sum(axis=0))
