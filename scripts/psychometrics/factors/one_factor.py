"""Does one factor fit as well as several? And what intervals of indices do where it does."""

import numpy as np
import pandas as pd

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.minres import minres
from psychometrics.factors.simple_structure import LARGEST, as_if_from
from psychometrics.resampling.bootstrap_intervals import TOO_WIDE, is_too_wide

OF_GROUP_FACTOR = ("omega_hierarchical_subscale", "construct_h_subscale")
# what one factor alone makes of the indices that lie on the edge of their range then
UNDER_ONE_FACTOR = dict.fromkeys(("relative_omega", "ecv", "ecv_subscale"), 1.0) | dict.fromkeys(OF_GROUP_FACTOR, 0.0)
NOT_REJECTED = 0.05


def p_one_factor(matrix: np.ndarray, moments: np.ndarray) -> float:
    """Test whether the items measure one factor.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlations of the sample.
    moments : numpy.ndarray of shape (m, p, p)
        Moments of resamples in units of the sample's standard deviations, or correlations of resamples.

    Returns
    -------
    float
        How often resamples of a population with the one factor of the sample fit one factor no better than the sample;
        0 where there is no such population.

    Notes
    -----
    Bollen & Stine (1992), Sociol. Methods Res. 21, with the sum of squared residuals of minres.
    """
    found = extract_factors(matrix, 1)
    loadings = np.clip(found.loadings[:, 0], -LARGEST, LARGEST)
    implied = np.outer(loadings, loadings)
    np.fill_diagonal(implied, 1.0)
    turned = as_if_from(moments, matrix, implied) if found.converged else None
    if turned is None:
        return 0.0
    start = 1 - loadings**2
    drawn = np.clip(to_correlations(turned)[0], -1, 1)
    worse = minres(drawn, 1, start).objective >= minres(matrix[None], 1, start).objective
    return float((1 + worse.sum()) / (1 + len(turned)))


def reaching_to_one_factor(rows: pd.DataFrame, p: float) -> pd.DataFrame:
    """Let intervals reach to what one factor alone makes of an index, where the data do not reject it.

    Parameters
    ----------
    rows : pandas.DataFrame
        Tidy rows of indices with lower, upper and note.
    p : float
        Probability of `p_one_factor`.

    Returns
    -------
    pandas.DataFrame
        The rows; where p exceeds .05, intervals of the indices in UNDER_ONE_FACTOR reach to that edge of their range,
        and the note says so.

    Examples
    --------
    >>> rows = pd.DataFrame({"statistic": ["ecv"], "lower": [0.7], "upper": [0.9], "note": [""]})
    >>> reaching_to_one_factor(rows, 0.4)["upper"].tolist()
    [1.0]
    """
    if p <= NOT_REJECTED:
        return rows
    edge = rows["statistic"].map(UNDER_ONE_FACTOR).where(rows["lower"].notna())
    rows = rows.assign(lower=rows["lower"].mask(edge == 0, 0.0), upper=rows["upper"].mask(edge == 1, 1.0))
    for i in rows.index[edge.notna()]:
        said = [rows.loc[i, "note"], f"one factor fits as well (p = {p:.2f}): the interval reaches to {edge[i]:.0f}"]
        if is_too_wide(rows.loc[i, "lower"], rows.loc[i, "upper"], (0.0, 1.0)) and TOO_WIDE not in said[0]:
            said.append(TOO_WIDE)
        rows.loc[i, "note"] = "; ".join(filter(None, said))
    return rows
