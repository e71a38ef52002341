"""The standard bivariate normal distribution: density, distribution function, and the probabilities of rectangles.

Two ways to the same probabilities. The tetrachoric series splits into one factor per variable, so that the rectangles
of one variable with many others are one matrix product; it needs few terms while the correlation is moderate.
Integration over the angle of the correlation holds for every correlation and costs an exponential per node.
"""

import numpy as np
from scipy.special import ndtr

FAR = 38.0  # stands for infinity: the density underflows to zero here, and zero times FAR is zero


def density(h, k, rho):
    """Density of two standard normal variables with correlation rho; equals the derivative of `distribution` by rho."""
    rest = (1 - rho) * (1 + rho)
    return np.exp((rho * h * k - (h * h + k * k) / 2) / rest) / (2 * np.pi * np.sqrt(rest))


def density_slope(h, k, rho):
    """Derivative of the logarithm of `density` by rho."""
    rest = (1 - rho) * (1 + rho)
    return (rho + h * k - rho * (h * h + k * k - 2 * rho * h * k) / rest) / rest


def tail_slope(x, y, rho):
    """Derivative by rho of the logarithm of a far rectangle's probability, from its likeliest point (x, y).

    The density falls off from a corner like an exponential in both directions, from an edge in one: the probability is
    about the density over the rates g of that fall.
    """
    rest = (1 - rho) * (1 + rho)
    slope = density_slope(x, y, rho)
    for own, other in ((x, y), (y, x)):
        rate = (own - rho * other) / rest
        steep = np.abs(rate) > 1
        slope = slope - np.where(steep, (2 * rho - other / np.where(steep, rate, 1.0)) / rest, 0.0)
    return slope


def distribution(h, k, rho):
    r"""Probability that the first variable is below h and the second below k.

    .. math:: \Phi_2(h, k; \rho) = \Phi(h)\Phi(k) + \frac{1}{2\pi}
              \int_0^{\arcsin\rho} \exp\left(-\frac{h^2 + k^2 - 2hk\sin\theta}{2\cos^2\theta}\right) d\theta

    Parameters
    ----------
    h, k, rho : arrays that broadcast; finite h and k (use +-FAR for infinity), rho in (-1, 1).

    Notes
    -----
    Sheppard (1900); Drezner & Wesolowsky (1990), J. Stat. Comput. Simul. 35; Gauss-Legendre, with the number of nodes
    taken from the largest |rho|. Error below 1e-12 to |rho| = .9999. Agrees with mvtnorm::pmvnorm.
    """
    h, k, rho = np.broadcast_arrays(np.asarray(h, float), k, rho)
    largest = np.abs(rho).max(initial=0)
    nodes, weights = np.polynomial.legendre.leggauss(16 if largest < 0.8 else 32 if largest < 0.95 else 96)
    product, squares, angle = h * k, (h * h + k * k) / 2, np.arcsin(rho) / 2
    total = np.zeros(h.shape)
    for node, weight in zip(nodes, weights, strict=True):
        sine = np.sin(angle * (1 + node))
        total += weight * np.exp((product * sine - squares) / ((1 - sine) * (1 + sine)))
    return ndtr(h) * ndtr(k) + angle * total / (2 * np.pi)


def series_terms(rho_max, precision=1e-12):
    """Number of terms after which the tetrachoric series changes by less than precision, at |rho| <= rho_max < 1."""
    return max(4, int(np.ceil(np.log(precision) / np.log(max(rho_max, 1e-3)))) + 1)


def tetrachoric_coefficients(thresholds, terms):
    r"""Factors of the tetrachoric series for the categories that thresholds cut.

    A rectangle has the probability :math:`\sum_m \rho^m a_m b_m`, with a and b the coefficients of its two sides.

    Parameters
    ----------
    thresholds : (p, c - 1) ascending, finite (+-FAR for infinity).
    terms : number of terms, power 0 included.

    Returns
    -------
    (p, c, terms) array; term 0 is the probability of the category.

    Notes
    -----
    Pearson (1900); Kendall & Stuart, Advanced Theory of Statistics 2, 26.27. With the probabilists' Hermite
    polynomials, :math:`\Phi_2 = \sum_{m \ge 0} \rho^m g_m(h) g_m(k)`, :math:`g_0 = \Phi` and
    :math:`g_m = He_{m-1}\,\phi / \sqrt{m!}`.
    """
    p, cuts = thresholds.shape
    g = np.zeros((terms, p, cuts + 2))
    g[0, :, -1] = 1
    g[0, :, 1:-1] = ndtr(thresholds)
    g[1, :, 1:-1] = np.exp(-thresholds * thresholds / 2) / np.sqrt(2 * np.pi)
    for m in range(1, terms - 1):
        before = (m - 1) / np.sqrt(m * (m + 1)) * g[m - 1, :, 1:-1] if m > 1 else 0
        g[m + 1, :, 1:-1] = thresholds / np.sqrt(m + 1) * g[m, :, 1:-1] - before
    return np.ascontiguousarray(np.moveaxis(np.diff(g, axis=2), 0, 2))


def rectangles(row_thresholds, column_thresholds, rho):
    """Probabilities of all rectangles of B pairs of variables, with their first and second derivatives by rho.

    Parameters
    ----------
    row_thresholds, column_thresholds : (B, r - 1) and (B, c - 1), finite.
    rho : (B,) in (-1, 1).

    Returns
    -------
    Three (B, r, c) arrays.
    """
    b, r, c = len(rho), row_thresholds.shape[1] + 1, column_thresholds.shape[1] + 1
    h, k, rho = row_thresholds[:, :, None], column_thresholds[:, None, :], rho[:, None, None]
    corners = np.zeros((3, b, r + 1, c + 1))
    corners[0, :, 1:-1, 1:-1] = distribution(h, k, rho)
    corners[0, :, 1:-1, -1], corners[0, :, -1, 1:-1] = ndtr(row_thresholds), ndtr(column_thresholds)
    corners[0, :, -1, -1] = 1
    corners[1, :, 1:-1, 1:-1] = density(h, k, rho)
    corners[2, :, 1:-1, 1:-1] = corners[1, :, 1:-1, 1:-1] * density_slope(h, k, rho)
    return np.diff(np.diff(corners, axis=2), axis=3)
