"""What each item does for its scale."""
import numpy as np
import pandas as pd

from psychometrics.intervals import feldt_interval, fisher_interval


def item_statistics(covariance, n, items, *, level=0.95):
    r"""Corrected item-total correlation, and alpha of the scale without the item.

    .. math:: r_{i(X-i)} = \frac{\sigma_{iX} - \sigma_i^2}{\sigma_i \sqrt{\sigma_X^2 - 2\sigma_{iX} + \sigma_i^2}}

    Parameters
    ----------
    covariance : (k, k) covariance matrix of keyed items.
    n : number of people behind it.
    items : names of the items.
    level : coverage of the intervals, in (0, 1).

    Returns
    -------
    Tidy rows item_rest_r and alpha_if_dropped: item, statistic, estimate, lower, upper, level, n, method, note.

    Notes
    -----
    Nunnally & Bernstein (1994), Psychometric theory, chapter 8. Agrees with r.drop and raw_alpha in psych::alpha.
    Intervals: Fisher's z; Feldt.
    """
    covariance = np.asarray(covariance, dtype=float)
    k = len(covariance)
    variance, with_total = np.diag(covariance), covariance.sum(axis=1)
    total = covariance.sum()
    rest = total - 2 * with_total + variance
    # rounding alone may leave a rest of equal scores a variance just above zero
    rest_varies = rest > 1e-12 * max(total, variance.max(initial=0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.clip((with_total - variance) / np.sqrt(variance * np.abs(rest)), -1, 1)
        r[~((variance > 0) & rest_varies)] = np.nan
        alpha = np.full(k, np.nan) if k < 3 else (k - 1) / (k - 2) * (1 - (variance.sum() - variance) / rest)
        alpha[~rest_varies] = np.nan
    blocks = [
        ("item_rest_r", r, fisher_interval(r, n, level), "Fisher interval",
         np.where(variance <= 0, "the item does not vary", "the other items' sum does not vary")),
        ("alpha_if_dropped", alpha, feldt_interval(alpha, n, k - 1, level), "Feldt interval",
         np.full(k, "fewer than two items are left" if k < 3 else "the other items' sum does not vary")),
    ]
    rows = []
    for j, item in enumerate(items):
        for statistic, estimate, (lower, upper), method, reason in blocks:
            known = np.isfinite(estimate[j])
            note = "" if known else str(reason[j])
            if known and statistic == "item_rest_r" and estimate[j] < 0:
                note = "negative: check the keying of the item"
            rows.append({"item": item, "statistic": statistic, "estimate": estimate[j], "lower": lower[j],
                         "upper": upper[j], "level": level, "n": n, "method": method, "note": note})
    return pd.DataFrame(rows)
