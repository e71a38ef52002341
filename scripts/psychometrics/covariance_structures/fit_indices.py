"""Indices of fit from the chi-squares of a model and of its baseline, and from residuals."""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc

from psychometrics.factors.rmsea import rmsea

RMSEA_LEVEL = 0.90  # by custom


def chi_square_rows(
    statistic: float, df: int, null: float, df_null: int, n: int, groups: int
) -> list[dict[str, object]]:
    r"""Compute p, CFI, TLI and RMSEA.

    Parameters
    ----------
    statistic : float
        Chi-square of the model.
    df : int
        Its degrees of freedom.
    null : float
        Chi-square of the baseline model.
    df_null : int
        Its degrees of freedom.
    n : int
        Divisor of the noncentrality: the number of people, with adjusted chi-squares minus the number of groups.
    groups : int
        Number of groups.

    Returns
    -------
    list of dict
        Records with statistic, estimate, note, and of RMSEA lower, upper and level.

    Notes
    -----
    .. math:: CFI = 1 - \frac{\max(T - df, 0)}{\max(T - df, T_0 - df_0, 0)}, \quad
              TLI = 1 - \frac{(T - df) / df}{(T_0 - df_0) / df_0}, \quad
              RMSEA = \sqrt{G} \sqrt{\max\Bigl(\frac{T - df}{df\, n}, 0\Bigr)}

    Bentler (1990), Tucker and Lewis (1973), Steiger (1998) for G groups. Agrees with lavaan::fitMeasures.
    """
    names = ("p_value", "cfi", "tli", "rmsea")
    if df == 0:
        note = "no degrees of freedom: the model fits any data"
        return [{"statistic": name, "estimate": np.nan, "note": note} for name in names]
    misfit, null_misfit = statistic - df, null - df_null
    largest = max(misfit, null_misfit, 0.0)
    cfi = 1 - max(misfit, 0.0) / largest if largest > 0 else 1.0
    tli = 1 - (misfit / df) / (null_misfit / df_null) if df_null > 0 and null_misfit != 0 else np.nan
    root = np.sqrt(groups)
    estimate, lower, upper = (root * value for value in rmsea(statistic, df, n + 1, RMSEA_LEVEL))
    return [
        {"statistic": "p_value", "estimate": float(chdtrc(df, max(statistic, 0.0)))},
        {"statistic": "cfi", "estimate": cfi},
        {"statistic": "tli", "estimate": tli},
        {"statistic": "rmsea", "estimate": estimate, "lower": lower, "upper": upper, "level": RMSEA_LEVEL},
    ]


def srmr(
    sample: Sequence[np.ndarray],
    implied: Sequence[np.ndarray],
    people: Sequence[int],
    *,
    means: Sequence[tuple[np.ndarray, np.ndarray]] | None = None,
    diagonal: bool = True,
) -> float:
    r"""Compute the standardized root mean square residual.

    Parameters
    ----------
    sample : sequence of numpy.ndarray
        Covariances or polychoric correlations of the sample, by group.
    implied : sequence of numpy.ndarray
        Those of the model.
    people : sequence of int
        Number of people, by group.
    means : sequence of tuple of numpy.ndarray, optional
        Means of the sample and of the model, by group, where they are part of it.
    diagonal : bool, default True
        Whether variances are residuals too; those of polychoric correlations are counted as reproduced.

    Returns
    -------
    float
        Mean of the groups, weighted by the number of people.

    Notes
    -----
    Residuals are divided by the sample's standard deviations (Bentler 1995, EQS manual). Agrees with `srmr` of
    lavaan::fitMeasures.
    """
    total = 0.0
    for group, (observed, model) in enumerate(zip(sample, implied, strict=True)):
        spread = np.sqrt(np.diag(observed))
        residual = (observed - model) / np.outer(spread, spread)
        squares = list(residual[np.tril_indices(len(spread), 0 if diagonal else -1)] ** 2)
        count = len(spread) * (len(spread) + 1) / 2
        if means is not None:
            squares += list(((means[group][0] - means[group][1]) / spread) ** 2)
            count += len(spread)
        total += people[group] * np.sqrt(np.sum(squares) / count)
    return float(total / sum(people))
