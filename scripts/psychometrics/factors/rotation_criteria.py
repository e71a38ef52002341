"""Criteria of simple structure, which a rotation minimises."""

from collections.abc import Callable

import numpy as np

Criterion = Callable[[np.ndarray], tuple[float, np.ndarray]]


def criterion(
    method: str, p: int, k: int, *, gamma: float = 0.0, delta: float = 0.01, target: np.ndarray | None = None
) -> Criterion:
    r"""Return the criterion Q of a rotation method, a function from loadings (p, k) to its value and gradient (p, k).

    Parameters
    ----------
    method : str
        One of `varimax`, `quartimax`, `oblimin`, `geomin_t`, `geomin_q`, `target_t`, `target_q`, `bifactor_t`,
        `bifactor_q`.
    p : int
        Number of items.
    k : int
        Number of factors.
    gamma : float, default 0.0
        Of oblimin.
    delta : float, default 0.01
        Of geomin, above 0.
    target : numpy.ndarray, optional
        Of target rotation: wanted loadings (p, k), NaN where the loading is free.

    Returns
    -------
    callable
        Q, a function of the loadings that returns its value and its gradient.

    Notes
    -----
    With :math:`S` the squared loadings (Bernaards & Jennrich 2005, Educ. Psychol. Meas. 65, whose scale this keeps):

    .. math::
        \text{oblimin} &= \tfrac14 \sum_{j \ne m} \Bigl(\sum_i S_{ij} S_{im}
                          - \tfrac{\gamma}{p} \sum_i S_{ij} \sum_i S_{im}\Bigr) \\
        \text{varimax} &= -\tfrac14 \sum_{ij} (S_{ij} - \bar S_{.j})^2, \qquad
        \text{quartimax} = -\tfrac14 \sum_{ij} S_{ij}^2 \\
        \text{geomin} &= \sum_i \Bigl(\prod_j (S_{ij} + \delta)\Bigr)^{1/k}, \qquad
        \text{target} = \sum_{ij\ \text{fixed}} (\lambda_{ij} - b_{ij})^2

    Bifactor is :math:`\sum_{j \ne m} \sum_i S_{ij} S_{im}` over the group factors, all columns but the first.

    The gradients hold for complex loadings and for a stack (..., p, k) as well, so that they can be differentiated once
    more without a step size (see `psychometrics.factors.standard_errors.estimating_equations`).
    """

    def _oblimin(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        squares = loadings * loadings
        others = squares.sum(axis=-1, keepdims=True) - squares
        if gamma:
            others -= gamma / p * others.sum(axis=-2, keepdims=True)
        return 0.25 * np.sum(squares * others), loadings * others

    def _varimax(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        squares = loadings * loadings
        centred = squares - squares.mean(axis=-2, keepdims=True)
        return -0.25 * np.sum(centred * centred), -loadings * centred

    def _quartimax(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        squares = loadings * loadings
        return -0.25 * np.sum(squares * squares), -loadings * squares

    def _geomin(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        squares = loadings * loadings + delta
        product = np.exp(np.log(squares).sum(axis=-1, keepdims=True) / k)
        return product.sum(), (2 / k) * product * loadings / squares

    def _bifactor(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        group = loadings.copy()
        group[..., 0] = 0.0
        squares = group * group
        others = squares.sum(axis=-1, keepdims=True) - squares
        return np.sum(squares * others), 4 * group * others

    if method.startswith("target"):
        wanted = np.asarray(target, dtype=float)
        fixed = np.isfinite(wanted)
        wanted = np.where(fixed, wanted, 0.0)

    def _partial_target(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        difference = fixed * (loadings - wanted)
        return np.sum(difference * difference), 2 * difference

    return {
        "oblimin": _oblimin,
        "varimax": _varimax,
        "quartimax": _quartimax,
        "geomin_q": _geomin,
        "geomin_t": _geomin,
        "bifactor_q": _bifactor,
        "bifactor_t": _bifactor,
        "target_q": _partial_target,
        "target_t": _partial_target,
    }[method]
