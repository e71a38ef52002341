"""Criteria of simple structure: what a rotation makes as small as it can."""

from collections.abc import Callable

import numpy as np

Criterion = Callable[[np.ndarray], tuple[float, np.ndarray]]


def criterion(
    method: str, p: int, k: int, *, gamma: float = 0.0, delta: float = 0.01, target: np.ndarray | None = None
) -> Criterion:
    r"""The criterion Q of a rotation method: loadings (p, k) -> (value, gradient (p, k)).

    Parameters
    ----------
    method : varimax, quartimax, oblimin, geomin_t, geomin_q, target_t, target_q, bifactor_t, bifactor_q.
    p, k : number of items and of factors.
    gamma : of oblimin; delta : of geomin; target : (p, k) of target rotation, missing where the loading is free.

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
    The gradients hold for complex loadings and for a stack (..., p, k) as well, which is how they are differentiated
    once more without a step size (see `psychometrics.factors.standard_errors.loading_errors`).
    """

    def oblimin(loadings):
        squares = loadings * loadings
        others = squares.sum(axis=-1, keepdims=True) - squares
        if gamma:
            others -= gamma / p * others.sum(axis=-2, keepdims=True)
        return 0.25 * np.sum(squares * others), loadings * others

    def varimax(loadings):
        squares = loadings * loadings
        centred = squares - squares.mean(axis=-2, keepdims=True)
        return -0.25 * np.sum(centred * centred), -loadings * centred

    def quartimax(loadings):
        squares = loadings * loadings
        return -0.25 * np.sum(squares * squares), -loadings * squares

    def geomin(loadings):
        squares = loadings * loadings + delta
        product = np.exp(np.log(squares).sum(axis=-1, keepdims=True) / k)
        return product.sum(), (2 / k) * product * loadings / squares

    def bifactor(loadings):
        group = loadings.copy()
        group[..., 0] = 0.0
        squares = group * group
        others = squares.sum(axis=-1, keepdims=True) - squares
        return np.sum(squares * others), 4 * group * others

    if method.startswith("target"):
        wanted = np.asarray(target, dtype=float)
        fixed = np.isfinite(wanted)
        wanted = np.where(fixed, wanted, 0.0)

    def partial_target(loadings):
        difference = fixed * (loadings - wanted)
        return np.sum(difference * difference), 2 * difference

    return {
        "oblimin": oblimin,
        "varimax": varimax,
        "quartimax": quartimax,
        "geomin_q": geomin,
        "geomin_t": geomin,
        "bifactor_q": bifactor,
        "bifactor_t": bifactor,
        "target_q": partial_target,
        "target_t": partial_target,
    }[method]
