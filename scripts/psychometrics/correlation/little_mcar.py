"""Are answers missing completely at random? Little's test."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from psychometrics.correlation.em_moments import EmMoments, em_moments
from psychometrics.items.variation import left_out_note, varying_items

COLUMNS = ["statistic", "estimate", "n", "method", "note"]
STATISTICS = ("mcar_chi2", "mcar_df", "mcar_p", "mcar_patterns")
METHOD = "Little's test with EM moments"


def little_mcar(answers: pd.DataFrame) -> pd.DataFrame:
    r"""Test whether answers are missing completely at random.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing; one row per person, since the test takes rows as independent.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, estimate, n, method, note. `mcar_chi2`, `mcar_df`, `mcar_p` and `mcar_patterns` (number of
        different patterns of missing answers, that without any included). People without an answer and items that do
        not vary are left out. What cannot be computed has no estimate and a reason.

    Notes
    -----
    Little (1988), J. Am. Stat. Assoc. 83, 1198-1202, with the maximum likelihood moments
    :math:`\hat\mu, \hat\Sigma` (divisor n) of :func:`psychometrics.correlation.em_moments.em_moments`. For the pattern
    j with :math:`p_j` answered items and :math:`n_j` people:

    .. math:: \chi^2 = \sum_j n_j (\bar x_j - \hat\mu_j)' \hat\Sigma_{jj}^{-1} (\bar x_j - \hat\mu_j), \quad
              df = \sum_j p_j - p

    Agrees with naniar::mcar_test. A small p says that those who leave something out answer the rest differently; a
    large one does not show that answers are missing at random, least of all in small samples.

    Examples
    --------
    >>> from psychometrics import example_answers
    >>> rows = little_mcar(example_answers().filter(like="haq_"))
    >>> rows[["statistic", "estimate", "n"]].round(3)
           statistic  estimate    n
    0      mcar_chi2    79.161  200
    1        mcar_df    92.000  200
    2         mcar_p     0.828  200
    3  mcar_patterns    15.000  200
    """
    kept, left_out = varying_items(answers)
    values = kept.to_numpy(dtype=float, na_value=np.nan)
    values = values[~np.isnan(values).all(axis=1)]
    missing = np.isnan(values)
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    note, moments = left_out_note(left_out), None
    if not missing.any():
        reason = "no answer is missing" if len(values) else "no answers"
    elif len(patterns) == 1:
        reason = "everybody left out the same items"
    else:
        moments, reason = _moments(values)
    if moments is None:
        rows = [{"statistic": name, "n": len(values), "method": METHOD, "note": reason} for name in STATISTICS]
        return pd.DataFrame(rows, columns=COLUMNS)
    chi2, df = 0.0, -values.shape[1]
    for number, pattern in enumerate(patterns):
        here = ~pattern
        people = values[which.ravel() == number][:, here]
        deviation = people.mean(axis=0) - moments.mean[here]
        chi2 += len(people) * deviation @ np.linalg.solve(moments.covariance[np.ix_(here, here)], deviation)
        df += int(here.sum())
    estimates = (chi2, float(df), float(chdtrc(df, chi2)), float(len(patterns)))
    rows = [
        {"statistic": name, "estimate": estimate, "n": len(values), "method": METHOD, "note": note}
        for name, estimate in zip(STATISTICS, estimates, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _moments(values: np.ndarray) -> tuple[EmMoments | None, str]:
    """Moments of incomplete answers, or why there are none."""
    if not all(len(np.unique(column[~np.isnan(column)])) > 1 for column in values.T):
        return None, "an item does not vary"
    try:
        moments = em_moments(values)
    except (ValueError, np.linalg.LinAlgError) as error:
        return None, str(error)
    return (moments, "") if moments.converged else (None, "EM did not converge")
