"""Compare two nested structural equation models by the difference of their chi-squares."""

import numpy as np
import pandas as pd
from scipy.linalg import null_space
from scipy.special import chdtrc

from psychometrics.covariance_structures.adjusted_chi_square import adjusted
from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.not_computable import NotComputable


def compare_covariance_structures(restricted: CovarianceStructureFit, general: CovarianceStructureFit) -> pd.DataFrame:
    r"""Test whether a model with more restrictions fits worse than the one it is nested in.

    Parameters
    ----------
    restricted : CovarianceStructureFit
        The model with more degrees of freedom.
    general : CovarianceStructureFit
        The model with fewer, fitted to the same answers by the same estimator.

    Returns
    -------
    pandas.DataFrame
        Rows chi_square_difference, degrees_of_freedom, p_value, cfi_difference, rmsea_difference, srmr_difference
        (restricted minus general); columns statistic, estimate, n, method, note.

    Raises
    ------
    ValueError
        Models of other variables, people or estimators, or in the wrong order.
    NotComputable
        A scaling factor of the difference that is not positive.

    Notes
    -----
    ML: the difference. MLR: divided by :math:`(df_0 c_0 - df_1 c_1) / (df_0 - df_1)`, with c the scaling factors
    (Satorra & Bentler 2001, Psychometrika 66). DWLS: Satorra (2000; not opened, the formula is that of the function
    lav_test_diff_Satorra2000 of lavaan), adjusted in mean and variance. With A the restrictions, as far as they are
    linear at the estimates, and P the general model's :math:`\Delta' V \Delta`, in the test of
    `psychometrics.covariance_structures.adjusted_chi_square` U becomes

    .. math:: V \Delta P^{-1} A' (A P^{-1} A')^{-1} A P^{-1} \Delta' V

    Agrees with lavaan::lavTestLRT. Differences of CFI, RMSEA and SRMR: Cheung and Rensvold (2002); Chen (2007).

    Examples
    --------
    >>> from psychometrics import compare_covariance_structures, example_answers, fit_covariance_structure
    >>> answers = example_answers()
    >>> two = "task =~ wai_01 + wai_02 + wai_08 + wai_12; bond =~ wai_03 + wai_05 + wai_07 + wai_09"
    >>> one = "alliance =~ wai_01 + wai_02 + wai_08 + wai_12 + wai_03 + wai_05 + wai_07 + wai_09"
    >>> fits = [fit_covariance_structure(model, answers, ordered=True) for model in (one, two)]
    >>> compare_covariance_structures(*fits)[["statistic", "estimate"]].round(3).head(3)
                   statistic  estimate
    0  chi_square_difference    34.192
    1     degrees_of_freedom     1.000
    2                p_value     0.000
    """
    if general.estimator != restricted.estimator:
        raise ValueError(f"the models were estimated by {restricted.estimator} and {general.estimator}")
    if general.n != restricted.n or set(general.table.observed) != set(restricted.table.observed):
        raise ValueError("the models are not about the same variables of the same people")
    zero, one = restricted.test, general.test
    df = zero.df - one.df
    if df <= 0:
        raise ValueError("the restricted model has to have more degrees of freedom than the general one")
    statistic = zero.unadjusted - one.unadjusted
    method = "difference of chi-squares"
    if general.estimator == "MLR":
        scale = (zero.df * zero.scaling_factor - (one.df * one.scaling_factor if one.df else 0.0)) / df
        if scale <= 0:
            raise NotComputable("the scaling factor of the difference of the two chi-squares is not positive")
        statistic, method = statistic / scale, "scaled difference of chi-squares"
    elif zero.sandwich is not None and one.sandwich is not None:
        assert zero.slopes is not None and one.slopes is not None
        if general.table.observed != restricted.table.observed:
            raise ValueError("the models have to name the variables in the same order")
        products = _restrictions(one.sandwich.bread, one.sandwich.collected, one.slopes, zero.slopes)
        statistic = adjusted(products, statistic, df).statistic
        method = "mean- and variance-adjusted difference of chi-squares"
    rows: list[dict[str, object]] = [
        {"statistic": "chi_square_difference", "estimate": statistic},
        {"statistic": "degrees_of_freedom", "estimate": float(df)},
        {"statistic": "p_value", "estimate": float(chdtrc(df, max(statistic, 0.0)))},
    ]
    for name in ("cfi", "rmsea", "srmr"):
        (before, _), (after, note) = (_index(fitted, name) for fitted in (restricted, general))
        rows.append({"statistic": f"{name}_difference", "estimate": before - after, "note": note})
    frame = pd.DataFrame(rows).reindex(columns=["statistic", "estimate", "note"])
    notes = frame["note"].astype(object).where(frame["note"].notna(), "")
    frame = frame.assign(note=notes, n=sum(general.n), method=method)
    return frame[["statistic", "estimate", "n", "method", "note"]]


def _index(fitted: CovarianceStructureFit, name: str) -> tuple[float, str]:
    row = fitted.fit[fitted.fit["statistic"] == name]
    return float(row["estimate"].to_numpy()[0]), str(row["note"].to_numpy()[0])


def _restrictions(bread: np.ndarray, collected: np.ndarray, general: np.ndarray, restricted: np.ndarray) -> np.ndarray:
    """R U R' of the difference."""
    within = np.linalg.solve(general.T @ general, general.T @ restricted)
    restrictions = null_space(within.T).T
    moved = collected @ bread @ restrictions.T
    return moved @ np.linalg.solve(restrictions @ bread @ restrictions.T, moved.T)
