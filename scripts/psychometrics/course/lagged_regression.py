"""Lagged regression on deviations from clients' own means: a variable on itself and another one session before."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from psychometrics.not_computable import NotComputable


class LaggedRegression(NamedTuple):
    """Slopes of an outcome on itself and on a predictor one session before.

    Attributes
    ----------
    slopes : numpy.ndarray of shape (2,)
        On the outcome itself and on the predictor.
    covariance : numpy.ndarray of shape (2, 2)
        Cluster-robust covariances of these.
    transitions : int
        Pairs of sessions in a row with all three values, of clients with enough of them.
    clients : int
        Clients with such pairs.
    clusters : int
        Independent units.
    """

    slopes: np.ndarray
    covariance: np.ndarray
    transitions: int
    clients: int
    clusters: int


def lagged_regression(
    outcome: np.ndarray,
    predictor: np.ndarray,
    units: np.ndarray,
    *,
    trend: bool = False,
    error: tuple[float, float] = (0.0, 0.0),
) -> LaggedRegression:
    r"""Regress an outcome on itself and a predictor one session before, within clients.

    .. math:: y_{it} = \mu_t + \phi\, y_{i,t-1} + \beta\, x_{i,t-1} + \alpha_i\ (+\, t\,\gamma_i) + u_{it}

    with :math:`\alpha_i` and :math:`\gamma_i` taken out by least squares for each client.

    Parameters
    ----------
    outcome : numpy.ndarray of shape (n, T)
        Clients x sessions, missing as NaN.
    predictor : numpy.ndarray of shape (n, T)
        The same.
    units : numpy.ndarray of shape (n,)
        Independent unit of each client, such as the therapist.
    trend : bool, default False
        Whether clients' linear trends are taken out as well as their means.
    error : tuple of float, default (0, 0)
        Known error variances of outcome and predictor.

    Returns
    -------
    LaggedRegression
        Slopes and their covariances.

    Raises
    ------
    NotComputable
        Too few transitions, nothing that varies, or an error variance as large as what varies within clients.

    Notes
    -----
    Agrees with ``lm(y ~ y_lag + x_lag + factor(session) + factor(client))`` and ``clubSandwich::vcovCR(fit, cluster,
    "CR1")``, with `trend` plus ``factor(client):session`` (detrending: Curran & Bauer 2011, Annu. Rev. Psychol. 62,
    583-619, as known). Few sessions bias it: the error of the outcome is part of the mean that is taken from its own
    predecessor (Nickell 1981, Econometrica 49, 1417-1426, as known), so that :math:`\phi` comes out lower by about
    :math:`(1 + \phi) / (T - 1)`.

    With known errors, the products of the predictors lose those of the errors that the centring M leaves,
    :math:`\sigma^2 \mathrm{tr} M`; since the outcome of one session is the predictor of the next, so do its products
    with the outcome.
    """
    y, x = np.asarray(outcome, float), np.asarray(predictor, float)
    sessions = y.shape[1]
    known = ~np.isnan(y[:, 1:] + y[:, :-1] + x[:, :-1])
    fewest = 3 if trend else 2
    known &= known.sum(axis=1, keepdims=True) >= fewest
    times = np.flatnonzero(known.any(axis=0))
    if known.sum() == 0:
        raise NotComputable(f"no client has {fewest + 1} sessions in a row of both variables, as centring needs")
    # one dummy for each session but the first; means of clients, and their trends, take up what these would
    dummies = np.eye(sessions - 1)[:, times[1 + trend :]]
    width = 2 + dummies.shape[1]
    products, right = np.zeros((len(y), width, width)), np.zeros((len(y), width))
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        at, clients = np.flatnonzero(pattern), np.flatnonzero(which.ravel() == number)
        if not len(at):
            continue
        basis = np.linalg.qr(np.column_stack([np.ones(len(at)), *([at] if trend else [])]))[0]
        centre = np.eye(len(at)) - basis @ basis.T
        own = np.stack([y[np.ix_(clients, at)], x[np.ix_(clients, at)]], axis=-1)
        design = np.concatenate([own, np.broadcast_to(dummies[at], (len(clients), *dummies[at].shape))], axis=-1)
        pulled = np.swapaxes(design, 1, 2) @ centre
        products[clients] = pulled @ design
        right[clients] = (pulled @ y[np.ix_(clients, at + 1)][:, :, None])[:, :, 0]
        for variable in (0, 1):
            products[clients, variable, variable] -= np.trace(centre) * error[variable]
        # the outcome of one row is the lag of the row after it
        right[clients, 0] -= error[0] * centre[at[:, None] + 1 == at[None, :]].sum()
    used = known.any(axis=1)
    per_client, products, right = (products[used], right[used]), products.sum(axis=0), right.sum(axis=0)
    size = np.sqrt(np.maximum(np.diag(products), 1e-300))
    try:
        factor = cho_factor(products / np.outer(size, size))
    except (LinAlgError, ValueError):
        factor = None
    if factor is None or np.diag(factor[0]).min() < 1e-6:
        reason = "the error variance is as large as what varies" if any(error) else "too little varies"
        raise NotComputable(f"{reason} within clients from session to session")
    inverse = cho_solve(factor, np.eye(width)) / np.outer(size, size)
    slopes = inverse @ right
    names, place = np.unique(np.asarray(units)[used], return_inverse=True)
    scores = np.zeros((len(names), width))
    np.add.at(scores, place, per_client[1] - per_client[0] @ slopes)
    clusters = len(names)
    if clusters < 2:
        raise NotComputable("standard errors by clusters need at least two clusters")
    half = inverse @ scores.T
    covariance = half @ half.T * clusters / (clusters - 1)
    return LaggedRegression(slopes[:2], covariance[:2, :2], int(known.sum()), int(used.sum()), clusters)
