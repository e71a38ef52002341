"""Generalizability of repeated sessions: variance components of client, session and item and of their products."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from psychometrics.resampling.weights import ClusterWeights

COMPONENTS = ("client", "session", "item", "client_session", "client_item", "session_item", "residual")
TOLERANCE = 1e-8
STEPS = 100
VANISHED = 1e-9  # share of the total variance below which the residual counts as none


class SessionMoments(NamedTuple):
    """Sums that the likelihood needs, for m sets of weights, S numbers of sessions per client, T sessions, k items.

    Pairs of arrays are about the answers of a client summed over sessions: the first for the items' common part (mean
    over items times sqrt k; last axis 1), the second for the items' deviations from it (last axis k).

    Attributes
    ----------
    sizes : numpy.ndarray of int, shape (S,)
        Numbers of sessions per client that occur.
    clients : numpy.ndarray of shape (m, S)
        How many clients have each.
    together : numpy.ndarray of shape (m, S, T, T)
        How many clients with n sessions were there at both.
    sessions : tuple of numpy.ndarray
        Sums (m, T, .) of each session.
    crossed : tuple of numpy.ndarray
        Sums (m, S, T, .) over the clients who were there.
    squares : tuple of numpy.ndarray
        Sums of squares (m, S) of the clients' sums.
    total : tuple of numpy.ndarray
        Sums of squares (m,) of all answers.
    items : int
        Number of items k.
    """

    sizes: np.ndarray
    clients: np.ndarray
    together: np.ndarray
    sessions: tuple[np.ndarray, np.ndarray]
    crossed: tuple[np.ndarray, np.ndarray]
    squares: tuple[np.ndarray, np.ndarray]
    total: tuple[np.ndarray, np.ndarray]
    items: int


def session_moments(
    values: np.ndarray,
    clients: np.ndarray,
    sessions: np.ndarray,
    weights: np.ndarray | ClusterWeights | None = None,
) -> SessionMoments:
    """Compute the sums behind the variance components.

    Parameters
    ----------
    values : numpy.ndarray of shape (rows, k)
        Answers without missing ones, one row per client and session.
    clients : numpy.ndarray of shape (rows,)
        The client of each row.
    sessions : numpy.ndarray of shape (rows,)
        The session of each row.
    weights : numpy.ndarray or ClusterWeights, (m, clients), optional
        How often each client, in sorted order, enters each resample; by default once.

    Returns
    -------
    SessionMoments
        Sums for each set of weights.

    Raises
    ------
    ValueError
        If an answer is missing, or a client has two rows of the same session.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("variance components need complete answers, one row per client and session")
    names, who = np.unique(np.asarray(clients), return_inverse=True)
    times, when = np.unique(np.asarray(sessions), return_inverse=True)
    present = np.zeros((len(names), len(times)))
    np.add.at(present, (who, when), 1)
    if present.max() > 1:
        raise ValueError("a client has more than one row of the same session")
    weights = np.ones((1, len(names))) if weights is None else weights
    k = values.shape[1]
    values = values - values.mean()
    common = values.mean(axis=1, keepdims=True) * np.sqrt(k)
    count = present.sum(axis=1).astype(int)
    sizes = np.unique(count)
    groups = [count == size for size in sizes]
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("sessions", "crossed", "squares", "total")}
    for part in (common, values - values.mean(axis=1, keepdims=True)):
        table = np.zeros((len(names), len(times), part.shape[1]))
        table[who, when] = part
        sums = table.sum(axis=1)
        parts["sessions"].append(_summed(weights, table))
        parts["crossed"].append(
            np.stack(
                [_summed(weights[:, own], present[own][:, :, None] * sums[own][:, None, :]) for own in groups],
                1,
            )
        )
        parts["squares"].append(np.stack([weights[:, own] @ (sums[own] ** 2).sum(axis=1) for own in groups], 1))
        parts["total"].append(weights @ (table**2).sum(axis=(1, 2)))
    return SessionMoments(
        sizes=sizes,
        clients=np.stack([weights[:, own].sum(axis=1) for own in groups], 1),
        together=np.stack(
            [_summed(weights[:, own], present[own][:, :, None] * present[own][:, None, :]) for own in groups], 1
        ),
        items=k,
        **{name: (one, two) for name, (one, two) in parts.items()},
    )


def _summed(weights: np.ndarray | ClusterWeights, table: np.ndarray) -> np.ndarray:
    """Weighted sums over the clients, (m, ...), of a table clients x ...."""
    return (weights @ table.reshape(len(table), -1)).reshape(-1, *table.shape[1:])


def variance_components(
    moments: SessionMoments, *, start: ArrayLike | None = None, tolerance: float = TOLERANCE
) -> np.ndarray:
    r"""Estimate variances of client, session, item, their products and the residual by REML.

    .. math:: y_{csi} = \mu + \nu_c + \nu_s + \nu_i + \nu_{cs} + \nu_{ci} + \nu_{si} + \epsilon_{csi}

    Parameters
    ----------
    moments : SessionMoments
        Sums of :func:`session_moments`.
    start : array_like of shape (7,), optional
        Components to begin at; by default equal shares.
    tolerance : float, default 1e-8
        Largest change in the last step, as a share of the total variance.

    Returns
    -------
    numpy.ndarray of shape (m, 7)
        Variances in the order of `COMPONENTS`, none negative; missing where the search did not converge, where no
        residual is left (every session repeats the first), or where those to begin at are missing.

    Notes
    -----
    Every row answers all items, so that the mean over items and the items' deviations from it are independent, each
    with a model of clients and sessions only: the likelihood costs a few matrices of sessions x sessions. Newton steps
    hold a component at 0 as long as the likelihood falls beyond that bound; first derivatives by the complex step.
    With the same sessions for all clients and no component at 0 the result is that of the expected mean squares.
    Brennan (2001), Generalizability theory; Cranford et al. (2006). Agrees with lme4::lmer (REML) and, for balanced
    data, with psych::multilevel.reliability(aov = TRUE), which leaves components negative.
    """
    m = len(moments.clients)
    total = sum(part.sum() for part in moments.total) / (moments.clients @ moments.sizes).sum() / moments.items
    if not total > 0 or (start is not None and not np.isfinite(start).all()):
        return np.full((m, 7), np.nan)
    first = np.full(7, 1 / 7) if start is None else np.maximum(np.asarray(start, float) / total, 0)
    first[6] = max(first[6], 1e-3)
    moments = moments._replace(
        sessions=_divided(moments.sessions, total**0.5),
        crossed=_divided(moments.crossed, total**0.5),
        squares=_divided(moments.squares, total),
        total=_divided(moments.total, total),
    )
    theta, found = np.tile(first, (m, 1)), np.full((m, 7), np.nan)
    active = np.arange(m)
    for _ in range(STEPS):
        data = _take(moments, active)
        current = theta[active]
        value, gradient, curvature = _derivatives(current, data)
        sound = np.isfinite(curvature).all(axis=(1, 2)) & (current[:, 6] > VANISHED)
        if not sound.all():  # the residual vanishes, and the likelihood rises without end
            active, current, data = active[sound], current[sound], _take(data, sound)
            value, gradient, curvature = value[sound], gradient[sound], curvature[sound]
            if not active.size:
                break
        held = (current <= 1e-10) & (gradient > 0)
        step = _newton_step(gradient, curvature, held)
        shrink, better = np.ones(len(active)), np.zeros(len(active), dtype=bool)
        new = current.copy()
        for _ in range(20):
            rest = np.flatnonzero(~better)
            trial = np.maximum(current[rest] + shrink[rest, None] * step[rest], 0)
            trial[:, 6] = np.maximum(trial[:, 6], current[rest, 6] / 10)
            reached = deviance(trial[:, None], _take(data, rest))[:, 0]
            good = reached <= value[rest] + 1e-11 * np.abs(value[rest])
            new[rest[good]], better[rest[good]] = trial[good], True
            shrink[rest[~good]] /= 4
            if better.all():
                break
        theta[active] = new
        # a small step that brings no improvement is at the optimum: rounding error hides the improvement
        change = np.abs(np.where(better[:, None], new - current, step)).max(axis=1)
        done = change < np.where(better, tolerance, np.sqrt(tolerance))
        found[active[done]] = new[done]
        active = active[better & ~done]
        if not active.size:
            break
    return found * total


def deviance(theta: np.ndarray, moments: SessionMoments) -> np.ndarray:
    """Compute minus twice the restricted log-likelihood but for a constant.

    Parameters
    ----------
    theta : numpy.ndarray of shape (m, q, 7)
        Components in the order of `COMPONENTS`, real or complex, q sets for each set of weights.
    moments : SessionMoments
        Sums of :func:`session_moments`.

    Returns
    -------
    numpy.ndarray of shape (m, q)
        Deviances.
    """
    client, session, item, client_session, client_item, session_item, residual = np.moveaxis(theta, -1, 0)
    k = moments.items
    ones = np.ones((moments.together.shape[-1],) * 2)
    value = _part(
        moments,
        0,
        k * client + client_item,
        k * client_session + residual,
        (k * session + session_item)[..., None, None] * np.eye(len(ones)),
        restricted=True,
    )
    between = session_item[..., None, None] * np.eye(len(ones)) + item[..., None, None] * ones
    return value + _part(moments, 1, client_item, residual, between, restricted=False)


def _part(
    moments: SessionMoments,
    which: int,
    by_client: np.ndarray,
    by_row: np.ndarray,
    among_sessions: np.ndarray,
    *,
    restricted: bool,
) -> np.ndarray:
    """Deviance of one of the two models of clients and sessions; the second counts k - 1 times."""
    copies = 1 if which == 0 else moments.items - 1
    sizes = moments.sizes.astype(float)
    pooled = by_row[..., None] + sizes * by_client[..., None]  # (m, q, S)
    shrink = by_client[..., None] / pooled
    m, q, s = pooled.shape
    t = moments.together.shape[-1]
    rows = moments.clients @ sizes
    logs = (rows - moments.clients.sum(axis=1))[:, None] * np.log(by_row)
    logs = logs + (np.log(pooled) * moments.clients[:, None]).sum(axis=-1)
    attended = np.diagonal(moments.together, axis1=2, axis2=3).sum(axis=1)
    together = np.eye(t) * attended[:, None, None, :]
    together = together - (shrink @ moments.together.reshape(m, s, -1)).reshape(m, q, t, t)
    crossed = moments.crossed[which]
    sums = moments.sessions[which][:, None] - (shrink @ crossed.reshape(m, s, -1)).reshape(m, q, t, -1)
    square = moments.total[which][:, None] - (shrink @ moments.squares[which][..., None])[..., 0]
    precision, sums, square = (together / by_row[..., None, None], sums / by_row[..., None, None], square / by_row)
    system = np.eye(t) + precision @ among_sessions
    solved = np.linalg.solve(system, np.concatenate([sums, precision.sum(axis=-1, keepdims=True)], axis=-1))
    explained = (sums * (among_sessions @ solved[..., :-1])).sum(axis=(-1, -2))
    value = copies * (logs + _log_determinant(system)) + square - explained
    if restricted:
        information = solved[..., -1].sum(axis=-1)
        value = value + np.log(information) - solved[..., 0].sum(axis=-1) ** 2 / information
    return value


def _log_determinant(system: np.ndarray) -> np.ndarray:
    """Logarithm of determinants, real or complex, that are too large for a number with as many sessions as sixty."""
    sign, size = np.linalg.slogdet(system)
    return size + np.log(sign)


def _derivatives(theta: np.ndarray, moments: SessionMoments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deviance (m,), its gradient (m, 7) by the complex step and its second derivatives from differences of that."""
    nudge = 1e-5 * np.maximum(theta, 1e-2)
    points = np.concatenate([theta[:, None], theta[:, None] + nudge[:, None] * np.eye(7)], axis=1)  # (m, 8, 7)
    tiny = 1e-30
    steps = (points[:, :, None] + 1j * tiny * np.eye(7)).reshape(len(theta), 56, 7)
    slopes = deviance(steps, moments).reshape(len(theta), 8, 7)
    gradient = slopes.imag / tiny
    curvature = (gradient[:, 1:] - gradient[:, :1]) / nudge[:, :, None]
    return slopes[:, 0, 0].real, gradient[:, 0], (curvature + np.swapaxes(curvature, 1, 2)) / 2


def _newton_step(gradient: np.ndarray, curvature: np.ndarray, held: np.ndarray) -> np.ndarray:
    free = ~held
    matrix = curvature * (free[:, :, None] & free[:, None, :])
    values, vectors = np.linalg.eigh(matrix)
    largest = np.abs(values).max(axis=1, keepdims=True)
    # go downhill along directions of negative curvature as well
    values = np.maximum(np.abs(values), 1e-9 * largest)
    step = -(vectors @ ((np.swapaxes(vectors, 1, 2) @ (gradient * free)[..., None]) / values[..., None]))[..., 0]
    return np.where(free, step, 0.0)


def _divided(pair: tuple[np.ndarray, np.ndarray], unit: float) -> tuple[np.ndarray, np.ndarray]:
    return pair[0] / unit, pair[1] / unit


def _take(moments: SessionMoments, rows: np.ndarray) -> SessionMoments:
    fields = {"clients": moments.clients[rows], "together": moments.together[rows]}
    fields |= {
        name: tuple(part[rows] for part in getattr(moments, name))
        for name in ("sessions", "crossed", "squares", "total")
    }
    return moments._replace(**fields)
