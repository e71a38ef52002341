"""The Hull method: the number of factors after which further ones add little fit for what they cost."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.factors.suitability import sampling_adequacy

FEWEST_FACTORS = 3  # tried at least, for an elbow needs neighbours on both sides

Point = tuple[int, float, float]  # number of factors, fit, degrees of freedom


@dataclass(frozen=True)
class Hull:
    """Number of factors by the Hull method.

    Attributes
    ----------
    k : int or None
        The number of factors; None where there is none.
    note : str
        Why there is none, or what to mind.
    st : pandas.Series
        Scree test value of each number of factors; missing for the first and the last solution of the hull and for
        those below it.
    """

    k: int | None
    note: str
    st: pd.Series


def common_part(matrix: np.ndarray, loadings: np.ndarray) -> float:
    r"""Compute the common part accounted for (CAF) by orthogonal loadings.

    Parameters
    ----------
    matrix : numpy.ndarray
        Correlation matrix R, (p, p).
    loadings : numpy.ndarray
        Loadings (p, k) of orthogonal factors; k may be 0.

    Returns
    -------
    float
        The common part accounted for, in [0, 1]; NaN where the matrix of residuals is not positive definite.

    Notes
    -----
    .. math:: CAF = 1 - KMO(R - \Lambda\Lambda'), \quad \text{ones on the diagonal of the residuals}

    Lorenzo-Seva, Timmerman & Kiers (2011), eq. 3; without factors it is 1 - KMO(R). As the residuals vanish it tends to
    one half, not to one. Agrees with EFAtools and, for the KMO, with psych::KMO.
    """
    residual = matrix - loadings @ loadings.T
    np.fill_diagonal(residual, 1.0)
    if np.linalg.eigvalsh(residual)[0] <= 1e-10:
        return float("nan")
    if np.abs(residual - np.eye(len(matrix))).max() < 1e-9:  # rounding is all that is left
        return 0.5
    return float(1 - sampling_adequacy(residual)[0])


def hull(fit: pd.Series, df: pd.Series) -> Hull:
    r"""Find the number of factors at the elbow of the convex hull of fit against degrees of freedom.

    Parameters
    ----------
    fit : pandas.Series
        A goodness of fit, the larger the better: the common part accounted for, or CFI. The index is the number of
        factors, 0, 1, ...; solutions without a value are left out. Lorenzo-Seva et al. try one factor more than
        parallel analysis finds.
    df : pandas.Series
        Degrees of freedom, with the same index.

    Returns
    -------
    Hull
        The number of factors. Neither the first nor the last solution on the hull can be chosen; but where only two lie
        on it, the last is taken if solutions with more factors were tried and fit worse. Where the next solution fits
        equally well, as with a CFI of 1, the scree test value is infinite.

    Notes
    -----
    .. math:: st_i = \frac{(f_i - f_{i-1})/(df_{i-1} - df_i)}{(f_{i+1} - f_i)/(df_i - df_{i+1})}

    over the solutions on the hull. Lorenzo-Seva, Timmerman & Kiers (2011), Multivariate Behav. Res. 46, 340-364, eq. 5
    and the steps of p. 351. As EFAtools::HULL and EFA.MRFA::hullEFA, except that their loop over triplets of neighbours
    leaves out the last triplet, and so can keep a solution below the hull.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics.factors.retention.hull import hull
    >>> fit = pd.Series([0.50, 0.90, 0.92, 0.93])
    >>> found = hull(fit, df=pd.Series([36, 27, 19, 12]))
    >>> found.k, found.st.round(1).tolist()
    (1, [nan, 17.8, 1.8, nan])
    """
    known = fit.dropna().sort_index()
    costs = df.loc[known.index].to_numpy(dtype=float).tolist()
    points: list[Point] = list(zip(known.index.tolist(), known.to_numpy(), costs, strict=True))
    rising = [point for i, point in enumerate(points) if all(point[1] >= earlier[1] for earlier in points[:i])]
    edge: list[Point] = []
    for point in rising:
        # a neighbour on or below the line from the one before it to the new point is inside the hull
        while len(edge) > 1 and _slope(edge[-2], edge[-1]) <= _slope(edge[-1], point):
            edge.pop()
        edge.append(point)
    st = pd.Series(np.nan, index=fit.index, name="st")
    for before, here, after in zip(edge, edge[1:], edge[2:], strict=False):
        gain = _slope(here, after)
        st[here[0]] = _slope(before, here) / gain if gain > 0 else np.inf
    if st.isna().all() and len(edge) > 1 and edge[-1] != points[-1]:
        return Hull(edge[-1][0], "only two solutions lie on the hull; those with more factors fit worse", st)
    if st.isna().all():
        return Hull(None, "fewer than three solutions lie on the hull: it has no elbow", st)
    return Hull(int(st.index[int(st.argmax())]), "", st)


def _slope(one: Point, other: Point) -> float:
    """Fit gained for each degree of freedom given up."""
    return (other[1] - one[1]) / (one[2] - other[2])
