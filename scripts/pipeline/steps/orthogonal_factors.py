"""The uncorrelated factors behind a solution of the factor analysis and its resamples."""

import numpy as np
import pandas as pd

from pipeline.steps.correlation_files import NotRun
from pipeline.steps.factor_resamples import FactorResamples
from psychometrics.factors.schmid_leiman import general_factor_of
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
    sl = general_factor_of(found)
    communality = resamples["communality"]
    if sl is None:
        drawn = None if communality is None else (resamples.arrays["pattern"], 1 - communality)
        return found.pattern, found.uniqueness, drawn, found.method, ""
    if found.rotation.startswith("bifactor") and not np.allclose(found.phi, np.eye(len(found.phi)), atol=1e-8):
        raise NotRun(
            f"the group factors of {found.rotation} correlate, so that no part of a total belongs to one of "
            "them; bifactor_t and oblique rotations such as oblimin have such parts"
        )
    drawn = None
    if communality is not None:
        general, group = resamples.arrays["general"], resamples.arrays["group"]
        drawn = (np.concatenate([general[:, :, None], group], axis=2), 1 - communality)
    return pd.concat([sl.general, sl.group], axis=1), sl.uniqueness, drawn, sl.method, "; ".join(sl.notes)
