"""Omega total from a one-factor model, for one correlation matrix or for thousands of resamples at once."""

import numpy as np

TOLERANCE = 1e-10
SWEEPS = 1000


def one_factor_minres(correlation, *, start=None, tolerance=TOLERANCE, sweeps=SWEEPS):
    r"""Loadings of one factor by unweighted least squares on the off-diagonal correlations.

    Each loading in turn is set to its least-squares value given the others,

    .. math:: l_i = \sum_{j \ne i} r_{ij} l_j \Big/ \sum_{j \ne i} l_j^2 ,

    until none moves. All matrices of a stack move together, so that a bootstrap costs about as much as one solution.

    Parameters
    ----------
    correlation : (..., k, k) correlation matrices, k >= 3.
    start : (k,) loadings to begin at; by default the first principal axis of each matrix.
    tolerance : largest change of a loading in the last sweep.
    sweeps : after this many the solution counts as not converged.

    Returns
    -------
    (..., k) loadings whose sum is not negative; missing where a correlation is missing or the sweeps do not settle.

    Notes
    -----
    Minres: Harman & Jones (1966), Psychometrika 31, 351-368. Agrees with psych::fa(nfactors = 1, fm = "minres"), except
    that psych keeps uniquenesses at .005 or above: loadings here may exceed 1 (Heywood cases), which callers must say.
    """
    matrices = np.asarray(correlation, dtype=float)
    k = matrices.shape[-1]
    stack = matrices.reshape(-1, k, k)
    loadings = np.full((len(stack), k), np.nan)
    active = np.flatnonzero(np.isfinite(stack).all(axis=(1, 2)))
    # the last axis runs over the matrices, so that every step below is one contiguous operation
    off = np.ascontiguousarray(stack[active].transpose(1, 2, 0))
    off[np.arange(k), np.arange(k)] = 0.0
    current = _start(stack[active], start).T.copy()
    for _ in range(sweeps):
        if not active.size:
            break
        before = current.copy()
        squares = (current**2).sum(axis=0)
        for i in range(k):
            rest = squares - current[i] ** 2
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                current[i] = (off[i] * current).sum(axis=0) / rest
                squares = rest + current[i] ** 2
        change = np.abs(current - before).max(axis=0)
        settled = change < tolerance
        lost = ~(np.abs(current).max(axis=0) < 100)  # a loading runs away where no finite optimum exists
        if (settled | lost).any():
            loadings[active[settled]] = current[:, settled].T
            going = ~(settled | lost)
            active, current, off = active[going], current[:, going], np.ascontiguousarray(off[:, :, going])
    loadings *= np.where(loadings.sum(axis=1, keepdims=True) < 0, -1, 1)
    return loadings.reshape(matrices.shape[:-1])


def _start(stack, start):
    if start is not None:
        return np.broadcast_to(np.asarray(start, dtype=float), stack.shape[:2])
    values, vectors = np.linalg.eigh(stack)
    return vectors[..., -1] * np.sqrt(np.maximum(values[..., -1:], 0))


def omega_total(loadings, sd):
    r"""Omega total of the raw sum: the share of the model's variance that the factor makes.

    .. math:: \omega_t = \frac{(\sum_i s_i l_i)^2}{(\sum_i s_i l_i)^2 + \sum_i s_i^2 (1 - l_i^2)}

    Parameters
    ----------
    loadings : (..., k) standardized loadings of one factor.
    sd : (..., k) standard deviations of the items.

    Notes
    -----
    McDonald (1999), Test theory, eq. 6.20b: the variance in the denominator is the model's, not the observed one.
    The formula of semTools::compRelSEM(obs.var = FALSE), which takes its loadings from a fit to the covariances.
    """
    common = (sd * loadings).sum(axis=-1) ** 2
    return common / (common + (sd**2 * (1 - loadings**2)).sum(axis=-1))


def omega_total_standardized(loadings, correlation):
    r"""Omega total of the sum of standardized items, over the observed variance of that sum.

    .. math:: \omega_t = 1 - \sum_i (1 - l_i^2) \Big/ \sum_{ij} r_{ij}

    Parameters
    ----------
    loadings : (..., k) standardized loadings of one factor.
    correlation : (..., k, k)

    Notes
    -----
    Revelle & Zinbarg (2009), Psychometrika 74, 145-154. Agrees with psych::omega(nfactors = 1)$omega.tot, which divides
    by the observed variance; :func:`omega_total` divides by the model's. They differ where one factor does not fit.
    """
    return 1 - (1 - loadings**2).sum(axis=-1) / correlation.sum(axis=(-2, -1))
