"""Categorical omega: reliability of the observed sum of ordinal items from a factor model of what lies behind them."""
import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.categorical_scores import score_covariances
from psychometrics.correlation import Correlator
from psychometrics.extraction import SMALLEST_UNIQUENESS, extract
from psychometrics.polychoric import encode, item_thresholds
from psychometrics.polychoric_variance import diagonal_weights

METHOD = "Green & Yang (2009): one-factor DWLS on polychoric r, sum of the ordinal answers, over the observed variance"


def categorical_omega(answers, *, missing="pairwise", level=0.95, units=None):
    r"""Categorical omega of one scale, with an interval from the influence of every unit.

    .. math:: \omega_c = \frac{\sum_{ij} \operatorname{cov}(X_i, X_j \mid \lambda_i\lambda_j)}
                              {\sum_{ij} \operatorname{cov}(X_i, X_j \mid \rho_{ij})}

    with the covariance that two ordinal scores have when their underlying normal variables correlate as given; the
    numerator takes for an item with itself a parallel item, the denominator its variance.

    Parameters
    ----------
    answers : frame, people x items, keyed, at most 20 categories; the values are the scores that are summed.
    missing : "pairwise" or "listwise"; normal-theory EM is not for ordinal answers, and "em" is taken as pairwise.
    level : coverage of the interval, in (0, 1).
    units : (n people,) the independent unit of each row; by default each row is one.

    Returns
    -------
    One tidy row omega_categorical: item, statistic, estimate, se, lower, upper, level, n, method, note.

    Notes
    -----
    Green & Yang (2009), Psychometrika 74, 155-167, eq. 21; Flora (2020), Adv. Methods Pract. Psychol. Sci. 3, 484-501.
    Agrees with semTools::compRelSEM (ord.scale = TRUE, obs.var = TRUE) of a one-factor lavaan model (estimator "WLSMV",
    or "DWLS"), where the answers rise in steps of one. Two differences: lavaan numbers the categories in use, here a
    category nobody chose still is a step of the score; and uniquenesses are .005 or larger here, unbounded there.

    The standard error is that of the estimating equations (as a sandwich): influences of the people on thresholds and
    polychoric correlations, and through these on the loadings with the weights of DWLS as they are, summed within
    units. The interval is on the scale of log(1 - omega), with Student's t of (units - 1) degrees of freedom.
    """
    k = answers.shape[1]
    row = {"item": "", "statistic": "omega_categorical", "level": level, "method": METHOD, "note": "",
           "n": int(answers.notna().all(axis=1).sum())}
    if k < 3:
        reason = {1: "one item: internal consistency is not defined",
                  2: "two items: a one-factor model is not identified"}
        return row | {"note": reason[k]}
    try:
        rule = "listwise" if missing == "listwise" else "pairwise"
        correlator = Correlator(answers, method="polychoric", missing=rule, variances=True)
        found = correlator()
        weights, remarks = diagonal_weights(found.variance.to_numpy(), correlator.items)
        fit = extract(found.matrix.to_numpy(), 1, method="dwls", weights=weights, labels=correlator.items)
    except ValueError as failure:
        return row | {"note": str(failure)}
    counts = found.n.to_numpy()[np.triu_indices(k, 1)]
    row["n"] = int(len(counts) / np.sum(1 / counts) + 1e-9)  # equal counts may round to just below
    if counts.min() < counts.max():
        row["method"] += f", pairwise: n the harmonic mean of {counts.min()} to {counts.max()}"
    notes = [*found.notes, *remarks, *fit.notes]
    if not fit.converged:
        return row | {"note": "; ".join(notes)}
    rho, loadings = found.matrix.to_numpy(), fit.loadings[:, 0]
    codes, values = encode(answers[correlator.people])
    thresholds, steps = _cuts(codes, values)
    implied = np.outer(loadings, loadings)
    true, observed = score_covariances(implied, thresholds, steps), score_covariances(rho, thresholds, steps)
    if observed.total <= 1e-12:
        return row | {"note": "the total score does not vary"}
    omega = true.total / observed.total
    row["estimate"] = omega
    free = fit.uniqueness > SMALLEST_UNIQUENESS * (1 + 1e-6)
    by_rho = (_by_correlation(true.by_correlation, loadings, rho, weights, free)
              - omega * observed.by_correlation) / observed.total
    by_threshold = (true.by_threshold - omega * observed.by_threshold) / observed.total
    pairs = correlator.influence()
    unknown = ~np.isfinite(pairs).all(axis=0)
    if unknown.any():
        notes.append(f"the variance of {unknown.sum()} of {len(unknown)} correlations is undefined and left out of the "
                     "interval")
    first, second = np.triu_indices(k, 1)
    influence = np.where(unknown, 0.0, pairs) @ (by_rho[first, second] + by_rho[second, first])
    influence += _threshold_influence(codes, thresholds, by_threshold)
    units = np.arange(len(answers)) if units is None else np.asarray(units)
    summed = pd.Series(influence).groupby(units[correlator.people]).sum().to_numpy()
    several = len(summed)
    row["method"] += f"; sandwich interval, {several} units"
    if several < 3:
        notes.append("no interval: fewer than three units")
    elif omega < 1:
        row["se"] = np.sqrt(np.sum((summed - summed.mean()) ** 2) * several / (several - 1)) / len(influence)
        half = stdtrit(several - 1, (1 + level) / 2) * row["se"] / (1 - omega)
        row |= {"lower": 1 - (1 - omega) * np.exp(half), "upper": 1 - (1 - omega) * np.exp(-half)}
    return row | {"note": "; ".join(notes)}


def _cuts(codes, values):
    """Thresholds (p, c - 1) and the steps of the scores at them, 0 where an item has no more categories."""
    categories = max(len(value) for value in values)
    margins = np.array([np.bincount(code[code >= 0], minlength=categories) for code in codes.T])
    steps = np.zeros((len(values), categories - 1))
    for j, value in enumerate(values):
        steps[j, :len(value) - 1] = np.diff(value.astype(float))
    return item_thresholds(margins), steps


def _by_correlation(by_implied, loadings, rho, weights, free):
    """Derivative (p, p) by the polychoric correlations, of a function of the implied ones, through the DWLS loadings.

    At the minimum the slope g of the discrepancy by the free loadings stays zero, which says how they move with it.
    """
    weights = weights * (1 - np.eye(len(weights)))
    own = np.diag(weights @ loadings**2)
    slopes = own - weights * (rho - 2 * np.outer(loadings, loadings))
    by_loading = 2 * by_implied @ loadings
    adjoint = np.zeros(len(loadings))
    adjoint[free] = np.linalg.lstsq(slopes[np.ix_(free, free)], by_loading[free], rcond=None)[0]
    return weights * np.outer(adjoint, loadings)


def _threshold_influence(codes, thresholds, by_threshold):
    """Influence (people,) through the thresholds, each of which moves with the share of answers below it."""
    total = np.zeros(len(codes))
    for code, cuts, slopes in zip(codes.T, thresholds, by_threshold, strict=True):
        used = np.isfinite(cuts)
        answered = code >= 0
        below = (code[:, None] <= np.arange(len(cuts))[used]).astype(float)
        below -= below[answered].mean(axis=0)
        moved = below * np.sqrt(2 * np.pi) * np.exp(cuts[used] ** 2 / 2)
        total += np.where(answered, moved @ slopes[used], 0.0) * len(codes) / answered.sum()
    return total
