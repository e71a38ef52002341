"""Cluster-robust standard errors of fixed effects (CR2) and their degrees of freedom."""

from typing import NamedTuple

import numpy as np

from psychometrics.mixed_models.component_values import Covariances
from psychometrics.mixed_models.layout import Layout

LARGE = 60  # rows of a cluster from which it is worth to work in the space of its random and fixed effects


class ClusterRobust(NamedTuple):
    """Covariances of weighted sums of fixed effects.

    Attributes
    ----------
    covariance : numpy.ndarray of shape (k, k)
        CR2 covariance matrix.
    df : numpy.ndarray of shape (k,)
        Satterthwaite degrees of freedom of each sum.
    clusters : int
        Number of clusters.
    """

    covariance: np.ndarray
    df: np.ndarray
    clusters: int


def cluster_robust(layout: Layout, covariances: Covariances, effects: np.ndarray, weights: np.ndarray) -> ClusterRobust:
    r"""Compute the CR2 covariance matrix with the fitted model as the working model.

    .. math:: V = M\Big(\sum_i X_i' W_i A_i e_i e_i' A_i W_i X_i\Big)M, \qquad
              A_i = D_i'(D_i(\Phi_i - X_i M X_i')D_i')^{+1/2}D_i, \qquad D_i'D_i = \Phi_i = W_i^{-1}

    Parameters
    ----------
    layout : Layout
        Rows and columns, the blocks nested.
    covariances : Covariances
        Covariance matrices of one fit.
    effects : numpy.ndarray of shape (p,)
        Fixed effects.
    weights : numpy.ndarray of shape (k, p)
        Weights of the effects in each sum; the unit matrix for the effects themselves.

    Returns
    -------
    ClusterRobust
        Covariance matrix and degrees of freedom.

    Notes
    -----
    Pustejovsky & Tipton (2018), J. Bus. Econ. Stat. 36, 672-683. The weight is the inverse of the model's covariance:
    the adjustment of a cluster then needs its own rows alone. Agrees with
    ``clubSandwich::coef_test(fit, vcov = "CR2", test = "Satterthwaite")`` and ``linear_contrast``.
    """
    design, error = layout.design, layout.outcome - layout.design @ effects
    groups = _clusters(layout, covariances, design, error)
    bread = np.linalg.inv(sum((np.swapaxes(x, 1, 2) @ np.linalg.solve(phi, x)).sum(axis=0) for phi, x, _ in groups))
    meat, own, shared = np.zeros((len(weights), len(weights))), [], []
    root = np.linalg.cholesky(bread)
    for phi, x, e in groups:
        values, vectors = np.linalg.eigh(phi)
        half = vectors * np.sqrt(values)[:, None, :] @ np.swapaxes(vectors, 1, 2)
        inner = half @ (phi - x @ bread @ np.swapaxes(x, 1, 2)) @ half
        values, vectors = np.linalg.eigh((inner + np.swapaxes(inner, 1, 2)) / 2)
        kept = values > 1e-10 * values[:, -1:]
        power = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
        adjust = half @ (vectors * power[:, None, :] @ np.swapaxes(vectors, 1, 2)) @ half
        # A W X M: what each sum of effects takes from the residuals of a cluster
        taken = adjust @ np.linalg.solve(phi, x) @ bread @ weights.T
        scores = (np.swapaxes(taken, 1, 2) @ e[..., None])[..., 0]
        meat += scores.T @ scores
        own.append(np.einsum("gip,gij,gjp->gp", taken, phi, taken))
        shared.append(np.swapaxes(x @ root, 1, 2) @ taken)
    each, across = np.concatenate(own), np.concatenate(shared)
    # expected squares: those of a cluster, and of pairs of clusters through the estimated effects
    diagonal = each - (across**2).sum(axis=1)
    total = diagonal.sum(axis=0)
    products = np.einsum("gap,gbp->pab", across, across)
    pairs = (products**2).sum(axis=(1, 2)) - ((across**2).sum(axis=1) ** 2).sum(axis=0)
    squares = (diagonal**2).sum(axis=0) + pairs
    return ClusterRobust(meat, total**2 / squares, len(each))


def _clusters(
    layout: Layout, covariances: Covariances, design: np.ndarray, error: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Covariance matrix, design and residuals of the clusters, those of one size together."""
    size = np.bincount(layout.clusters)
    start = np.cumsum(size) - size
    found = []
    for count in np.unique(size):
        first = start[size == count]
        at_once = max(1, 2_000_000 // count**2)
        for begin in range(0, len(first), at_once):
            rows = first[begin : begin + at_once, None] + np.arange(count)
            if count > LARGE and layout.residual is None:
                found += [_small(layout, covariances, own, design, error) for own in rows]
            else:
                found.append((_covariance(layout, covariances, rows), design[rows], error[rows]))
    return found


def _covariance(layout: Layout, covariances: Covariances, rows: np.ndarray) -> np.ndarray:
    """Covariance matrices of the rows of clusters, (clusters, size, size)."""
    if layout.residual is None:
        matrix = np.eye(rows.shape[1]) * covariances.residual[0, 0, 0]
        found = np.broadcast_to(matrix, (len(rows), *matrix.shape)).copy()
    else:
        place = np.full((layout.n, 2), -1)
        place[rows, 0] = np.arange(len(rows))[:, None]
        place[rows, 1] = np.arange(rows.shape[1])
        found = np.zeros((len(rows), rows.shape[1], rows.shape[1]))
        for batch in layout.residual.batches:
            matrix = covariances.residual[0][batch.stratum[:, :, None], batch.stratum[:, None, :]] * batch.same
            if layout.residual.serial:
                matrix = matrix * covariances.serial[0] ** batch.distance
            kept = place[batch.rows[:, 0], 0] >= 0
            own = place[batch.rows[kept]]
            found[own[:, :, None, 0], own[:, :, None, 1], own[:, None, :, 1]] = matrix[batch.kind[kept]]
    for block in layout.blocks:
        values = block.scaled[rows] * block.scale
        same = block.codes[rows][:, :, None] == block.codes[rows][:, None, :]
        found += same * (values @ covariances.blocks[block.block.name][0] @ np.swapaxes(values, 1, 2))
    return found


def _small(
    layout: Layout, covariances: Covariances, rows: np.ndarray, design: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same in the space of the random and fixed effects of one cluster: beyond it the model is its own inverse."""
    parts, scaled = [], []
    for block in layout.blocks:
        codes = np.unique(block.codes[rows], return_inverse=True)[1]
        q = len(block.effects)
        spread = np.zeros((len(rows), (codes.max() + 1) * q))
        for term in range(q):
            spread[np.arange(len(rows)), codes * q + term] = block.scaled[rows, term] * block.scale[term]
        matrix = covariances.blocks[block.block.name][0]
        parts.append(spread)
        scaled.append(np.einsum("ngq,qr->ngr", spread.reshape(len(rows), -1, q), matrix).reshape(len(rows), -1))
    effects = np.column_stack([*parts, design[rows]])
    if effects.shape[1] >= len(rows):
        return _covariance(layout, covariances, rows[None]), design[rows][None], error[rows][None]
    basis = np.linalg.qr(effects)[0]
    matrix = np.eye(basis.shape[1]) * covariances.residual[0, 0, 0]
    matrix += sum((basis.T @ left) @ (basis.T @ right).T for left, right in zip(parts, scaled, strict=True))
    return matrix[None], (basis.T @ design[rows])[None], (basis.T @ error[rows])[None]
