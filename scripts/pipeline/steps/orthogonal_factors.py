"""The uncorrelated factors behind a solution of the factor analysis and its resamples."""

import numpy as np
import pandas as pd

from pipeline.steps.correlation_files import NotRun
from pipeline.steps.factor_resamples import FactorResamples
from psychometrics.factors.schmid_leiman import general_factor_of, uncorrelated_factors
from psychometrics.factors.solution import FactorSolution


def orthogonal_factors(
    found: FactorSolution, resamples: FactorResamples
) -> tuple[pd.DataFrame, pd.Series, tuple[np.ndarray, np.ndarray] | None, str, str]:
    """General and group factors where there are any, else the factors as rotated.

    Returns
    -------
    Loadings (p, f), uniquenesses (p,), both in every resample (None without resamples), the method, and notes on it.

    Raises
    ------
    NotRun
        The group factors correlate.
    """
    try:
        loadings, uniqueness = uncorrelated_factors(found)
    except ValueError as reason:
        raise NotRun(str(reason)) from None
    sl = general_factor_of(found)
    communality, drawn = resamples["communality"], None
    if sl is None:
        if communality is not None:
            drawn = (resamples.arrays["pattern"], 1 - communality)
        return loadings, uniqueness, drawn, found.method, ""
    if communality is not None:
        general, group = resamples.arrays["general"], resamples.arrays["group"]
        drawn = (np.concatenate([general[:, :, None], group], axis=2), 1 - communality)
    return loadings, uniqueness, drawn, sl.method, "; ".join(sl.notes)
