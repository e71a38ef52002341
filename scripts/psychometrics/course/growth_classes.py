"""Classes of growth curves, beside one class whose dyads have lines of their own."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from psychometrics.course.courses import Courses
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block
from psychometrics.not_computable import NotComputable

STEPS = 500  # of the EM algorithm
TOLERANCE = 1e-7  # of the log-likelihood per dyad
SAME = 0.01  # of the log-likelihood: two starts have reached the same maximum
FEWEST_IN_CLASS = 0.05  # of the dyads: a smaller class is hardly one
STARTS_OF_RESAMPLES = 4
COLUMNS = ["statistic", "model", "classes", "estimate", "p", "n", "method", "note"]
BY_CLASSES, BY_SLOPES = "classes of straight lines", "one class, each dyad with its own line"


class Sums(NamedTuple):
    """What the likelihood needs of each dyad.

    Attributes
    ----------
    rated : numpy.ndarray of shape (n,)
        Rated sessions.
    inner : numpy.ndarray of shape (n, 2, 2)
        Products of intercept and time.
    cross : numpy.ndarray of shape (..., n, 2)
        Their products with the ratings.
    squares : numpy.ndarray of shape (..., n)
        Squared ratings.
    """

    rated: np.ndarray
    inner: np.ndarray
    cross: np.ndarray
    squares: np.ndarray


class Mixture(NamedTuple):
    """Fits of one number of classes from many starts.

    Attributes
    ----------
    log_likelihood : numpy.ndarray of shape (m,)
        Of each start.
    lines : numpy.ndarray of shape (m, k, 2)
        Intercept and slope of each class.
    shares : numpy.ndarray of shape (m, k)
        Shares of the dyads.
    variance : numpy.ndarray of shape (m,)
        Variance around the lines, the same in all classes.
    membership : numpy.ndarray of shape (m, n, k)
        Probability that a dyad belongs to a class.
    """

    log_likelihood: np.ndarray
    lines: np.ndarray
    shares: np.ndarray
    variance: np.ndarray
    membership: np.ndarray


def growth_classes(courses: Courses, most: int, *, starts: int = 20, draws: int = 99, seed: int = 0) -> pd.DataFrame:
    r"""Fit one to several classes of straight lines, and beside them one class whose dyads have lines of their own.

    .. math:: f(y_i) = \sum_k \pi_k \prod_t N(y_{it};\, \alpha_k + \beta_k t,\, \sigma^2)

    Parameters
    ----------
    courses : Courses
        Ratings.
    most : int
        Largest number of classes, 2 or more.
    starts : int, default 20
        Random starts of each number of classes.
    draws : int, default 99
        Data sets of the bootstrap likelihood ratio test.
    seed : int, default 0
        Seed of starts and draws, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, model, classes, estimate, p, n (dyads), method, note. For one class with random slopes and
        for every number of classes class_bic and class_log_likelihood; for two classes and more class_likelihood_ratio
        against one class less, with p by parametric bootstrap; class_smallest, the share of the smallest class;
        class_same_maximum, the share of the starts that reach the highest likelihood, and class_rand, the mean adjusted
        Rand index of all starts with it.

    Notes
    -----
    Latent class growth analysis (Nagin 1999, Psychol. Methods 4, 139-157) by the EM algorithm. The number of dyads is n
    of every BIC. Dyads of one class share one line: where dyads differ by degree, as in one class with random slopes,
    the mixture needs classes to imitate a continuum, and more of them the more dyads there are. The bootstrap test asks
    for one class less of the same kind, never for that continuum; only the BIC compares the two. Bootstrap:
    McLachlan (1987), J. R. Stat. Soc. C 36, 318-324. Rand: Hubert & Arabie (1985), J. Classif. 2, 193-218.
    These name the methods and were not opened; the likelihood agrees with that written out in R, by stats::optim.
    """
    n = len(courses.dyads)
    if n < 20 or not (courses.lengths >= 3).any():
        reason = f"classes of growth curves need twenty dyads with several sessions: there are {n} dyads"
        return _tidy([{"statistic": "class_bic", "model": BY_CLASSES, "n": n, "note": reason}])
    origin = float(courses.sessions[courses.rated].mean())
    rows = [_one_class(courses, origin, n)]
    sums = sums_of(courses, courses.ratings, origin)
    rng = np.random.default_rng(seed)
    previous: Mixture | None = None
    for k in range(1, most + 1):
        found = fit_classes(sums, k, starts if k > 1 else 1, rng)
        best = int(np.argmax(found.log_likelihood))
        value = float(found.log_likelihood[best])
        free = 3 * k  # lines, and k - 1 shares and the variance
        common = {"model": BY_CLASSES, "classes": k, "n": n, "method": f"EM, {len(found.shares)} starts"}
        rows.append(common | {"statistic": "class_bic", "estimate": free * np.log(n) - 2 * value})
        rows.append(common | {"statistic": "class_log_likelihood", "estimate": value})
        if previous is not None:
            rows += _compared(courses, sums, previous, found, common, origin, draws, rng)
        previous = found
    return _tidy(rows)


def sums_of(courses: Courses, values: np.ndarray, origin: float) -> Sums:
    """Add up what the likelihood needs of each dyad.

    Parameters
    ----------
    courses : Courses
        Which sessions were rated.
    values : numpy.ndarray of shape (t, ..., n)
        Ratings, 0 where there is none.
    origin : float
        Session at which time is 0.

    Returns
    -------
    Sums
        Sums over the sessions.
    """
    time = np.where(courses.rated, courses.sessions - origin, 0.0)
    design = np.stack([courses.rated.astype(float), time], axis=-1)
    inner = np.einsum("tni,tnj->nij", design, design)
    cross = np.einsum("tni,t...n->...ni", design, values)
    return Sums(courses.lengths.astype(float), inner, cross, (values**2).sum(axis=0))


def fit_classes(sums: Sums, k: int, starts: int, rng: np.random.Generator) -> Mixture:
    """Fit one number of classes from random starts, which take random dyads as the first members of each class.

    Parameters
    ----------
    sums : Sums
        Sums of each dyad; of many data sets at once, where they have a first axis.
    k : int
        Number of classes.
    starts : int
        Number of starts of each data set.
    rng : numpy.random.Generator
        Source of the starts.

    Returns
    -------
    Mixture
        Data sets times starts, the starts of one data set beside each other.
    """
    cross, squares = (np.atleast_2d(part) if part.ndim == 1 else part for part in (sums.cross, sums.squares))
    cross = cross if cross.ndim == 3 else cross[None]
    cross, squares = np.repeat(cross, starts, axis=0), np.repeat(squares, starts, axis=0)
    m, n = squares.shape
    membership = rng.dirichlet(np.full(k, 0.3), size=(m, n)) if k > 1 else np.ones((m, n, 1))
    value, active = np.full(m, -np.inf), np.arange(m)
    kept = [np.zeros((m, k, 2)), np.zeros((m, k)), np.zeros(m)]
    for _ in range(STEPS):
        shares, lines, variance, log_parts = _step(sums, cross[active], squares[active], membership[active])
        top = log_parts.max(axis=-1, keepdims=True)
        parts = np.exp(log_parts - top)
        total = parts.sum(axis=-1, keepdims=True)
        membership[active] = parts / total
        now = (np.log(total) + top).sum(axis=(1, 2))
        for store, part in zip(kept, (lines, shares, variance), strict=True):
            store[active] = part
        moved = now - value[active] > TOLERANCE * n
        value[active] = now
        active = active[moved]
        if not len(active):
            break
    return Mixture(value, kept[0], kept[1], kept[2], membership)


def _step(
    sums: Sums, cross: np.ndarray, squares: np.ndarray, membership: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lines, shares and variance from memberships, and the logarithms of the likelihood parts that follow."""
    shares = np.maximum(membership.mean(axis=1), 1e-12)
    inner = np.einsum("mnk,nij->mkij", membership, sums.inner) + 1e-9 * np.eye(2)
    lines = np.linalg.solve(inner, np.einsum("mnk,mni->mki", membership, cross)[..., None])[..., 0]
    fitted = np.einsum("mki,nij,mkj->mnk", lines, sums.inner, lines, optimize=True)
    distance = squares[..., None] - 2 * np.einsum("mki,mni->mnk", lines, cross) + fitted
    total = (membership * distance).sum(axis=(1, 2))
    variance = np.maximum(total / sums.rated.sum(), 1e-10)
    each = -0.5 * (
        sums.rated[:, None] * np.log(2 * np.pi * variance)[:, None, None] + distance / variance[:, None, None]
    )
    return shares, lines, variance, np.log(shares)[:, None, :] + each


def _one_class(courses: Courses, origin: float, n: int) -> dict[str, object]:
    """BIC of the growth model with random intercepts and slopes."""
    rows = np.nonzero(courses.rated)
    time = courses.sessions[rows] - origin
    frame = pd.DataFrame({"dyad": rows[1], "time": time, "rating": courses.ratings[rows]})
    row = {"statistic": "class_bic", "model": BY_SLOPES, "classes": 1, "n": n, "method": "ML"}
    try:
        fit = mixed_model(frame, "rating", ["1", "time"], [Block("dyad", ["1", "time"])], restricted=False)
    except NotComputable as error:
        return row | {"note": str(error)}
    return row | {"estimate": 6 * np.log(n) - 2 * fit.log_likelihood}  # two means, three (co)variances, one variance


def _compared(
    courses: Courses,
    sums: Sums,
    smaller: Mixture,
    larger: Mixture,
    common: dict[str, object],
    origin: float,
    draws: int,
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    """The likelihood ratio against one class less, and what speaks for or against the classes."""
    k = larger.shares.shape[1]
    best = int(np.argmax(larger.log_likelihood))
    ratio = 2 * float(larger.log_likelihood[best] - smaller.log_likelihood.max())
    drawn = _drawn_ratios(courses, smaller, k, origin, draws, rng)
    p = (1 + int((drawn >= ratio).sum())) / (len(drawn) + 1)
    share = float(larger.shares[best].min())
    classes = larger.membership.argmax(axis=-1)
    same = float((larger.log_likelihood > larger.log_likelihood[best] - SAME).mean())
    others = [adjusted_rand(classes[best], other) for place, other in enumerate(classes) if place != best]
    small = f"a class with less than {FEWEST_IN_CLASS:.0%} of the dyads" if share < FEWEST_IN_CLASS else ""
    bootstrap = f"parametric bootstrap, {draws} data sets"
    return [
        common | {"statistic": "class_likelihood_ratio", "estimate": ratio, "p": p, "method": bootstrap},
        common | {"statistic": "class_smallest", "estimate": share, "note": small},
        common | {"statistic": "class_same_maximum", "estimate": same},
        common | {"statistic": "class_rand", "estimate": float(np.mean(others)) if others else np.nan},
    ]


def _drawn_ratios(
    courses: Courses, smaller: Mixture, k: int, origin: float, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Likelihood ratios of data sets drawn from one class less."""
    best = int(np.argmax(smaller.log_likelihood))
    n = len(courses.dyads)
    own = rng.choice(k - 1, size=(draws, n), p=smaller.shares[best] / smaller.shares[best].sum())
    line = smaller.lines[best][own]
    time = (courses.sessions - origin)[:, None]
    noise = np.sqrt(smaller.variance[best]) * rng.standard_normal((len(courses.ratings), draws, n))
    values = np.where(courses.rated[:, None], line[..., 0] + line[..., 1] * time + noise, 0.0)
    sums = sums_of(courses, values, origin)
    one, two = (
        fit_classes(sums, number, STARTS_OF_RESAMPLES if number > 1 else 1, rng).log_likelihood for number in (k - 1, k)
    )
    return np.maximum(2 * (two.reshape(draws, -1).max(axis=1) - one.reshape(draws, -1).max(axis=1)), 0.0)


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    r"""Compute the adjusted Rand index of two classifications.

    .. math:: \frac{\sum_{ij} \binom{n_{ij}}{2} - E}{\frac12 (\sum_i \binom{a_i}{2} + \sum_j \binom{b_j}{2}) - E}

    Parameters
    ----------
    first : numpy.ndarray of int, shape (n,)
        Classes 0, 1, ...
    second : numpy.ndarray of int, shape (n,)
        Classes of the same.

    Returns
    -------
    float
        1 where both are the same but for names, about 0 by chance; 1 where both put all in one class.

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), 1)
    pairs, rows, columns = ((part * (part - 1) / 2).sum() for part in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = rows * columns / (len(first) * (len(first) - 1) / 2)
    largest = (rows + columns) / 2
    return 1.0 if largest == expected else float((pairs - expected) / (largest - expected))


def _tidy(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS)
    return frame.assign(**frame[["method", "note"]].astype(object).fillna(""))
