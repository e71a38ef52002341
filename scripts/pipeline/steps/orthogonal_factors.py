"""The uncorrelated factors behind a solution of the factor analysis and its resamples."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.steps.correlation_files import NotRun
from psychometrics.factors.schmid_leiman import general_factor_of, uncorrelated_factors
from psychometrics.factors.solution import FactorSolution

FromArrays = Callable[[dict[str, np.ndarray]], tuple[np.ndarray, np.ndarray]]


def orthogonal_factors(found: FactorSolution) -> tuple[pd.DataFrame, pd.Series, FromArrays, str, str]:
    """General and group factors where there are any, else the factors as rotated.

    Returns
    -------
    Loadings (p, f), uniquenesses (p,), a function that takes both from the arrays of resamples, the method, and notes
    on it.

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
    if sl is None:
        return loadings, uniqueness, lambda drawn: (drawn["pattern"], 1 - drawn["communality"]), found.method, ""

    def _both(drawn: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([drawn["general"][:, :, None], drawn["group"]], axis=2), 1 - drawn["communality"]

    return loadings, uniqueness, _both, sl.method, "; ".join(sl.notes)
