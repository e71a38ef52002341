"""Intervals of shares of variance at three levels, such as sessions of clients of therapists."""

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.special import expit, logit

from psychometrics.resampling.formula_intervals import check_level
from psychometrics.variance.intervals import NUMBERS_AT_ONCE, alike, contrasts_of, solve_between, solve_component

STEP = 1e-4
MOST_WEIGHTS = 4_000  # of contrasts of different variances: more are put together with their neighbours


class NestedPivots:
    """Variances of an outer factor, of an inner one nested in it, and of the residual, from three chi-squares.

    The residual's sum of squares over its variance is a chi-square. Given the residual's variance, contrasts between
    the inner levels of one outer level give the inner variance. Given both, the means of the outer levels, each
    weighted by the precision of its inner means, have known variances beside the outer one, and the weighted sum of
    their squares is a chi-square.

    Inner levels of one outer level with equally many scores are alike, and so are outer levels with equally many of
    each such inner levels. Only sums over those who are alike are kept, so that a pivot takes no longer for more people
    of the same design.

    Parameters
    ----------
    values : numpy.ndarray of shape (N,)
        Scores.
    inner : numpy.ndarray of int, shape (N,)
        The inner level of each score, 0, 1, ...
    outer : numpy.ndarray of int, shape (N,)
        The outer level of each score, 0, 1, ...; each inner level in one outer level.

    Attributes
    ----------
    df : numpy.ndarray of int, shape (3,)
        Degrees of freedom of the three chi-squares: outer, inner, residual.
    groups : int
        Number of outer levels.

    Notes
    -----
    Weerahandi (1993), J. Am. Stat. Assoc. 88, 899-905; Burdick, Borror & Montgomery (2005), Design and analysis of
    gauge R&R studies. Chi-squares set equal to their degrees of freedom give estimates close to REML.
    """

    def __init__(self, values: np.ndarray, inner: np.ndarray, outer: np.ndarray) -> None:
        centred = values - values.mean()
        self.inner = contrasts_of(centred, inner, outer)
        self.square, self.weight = _put_together(self.inner.square, self.inner.weight)
        size = np.bincount(inner)
        mean = np.bincount(inner, centred) / size
        belongs = np.zeros(len(size), dtype=int)
        belongs[inner] = outer
        self.groups = int(outer.max()) + 1
        self.within = np.bincount(outer, (centred - mean[inner]) ** 2, minlength=self.groups)
        self.within_df = np.bincount(belongs, size - 1, minlength=self.groups)
        self.df = np.array([self.groups - 1, self.inner.q, self.inner.df])
        # of every outer level, by the size of its inner ones: their number, and the sum of their means
        self.size, column = np.unique(size, return_inverse=True)
        shape = self.groups, len(self.size)
        self.number = csr_array(coo_array((np.ones(len(size)), (belongs, column)), shape=shape))
        self.sums = csr_array(coo_array((mean, (belongs, column)), shape=shape))
        kind = alike(self.number)
        self.count = np.bincount(kind)
        to_kind = csr_array((np.ones(self.groups), (kind, np.arange(self.groups))))
        self.number_of_kind = self.number[np.unique(kind, return_index=True)[1]]
        self.sums_of_kind = to_kind @ self.sums
        self.pairs, self.products = _products(self.sums, to_kind)

    def solve(self, outer: np.ndarray, inner: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """Solve for the variances at which the three sums of squares are given chi-squares.

        Parameters
        ----------
        outer : numpy.ndarray of shape (m,)
            Chi-squares of the outer factor.
        inner : numpy.ndarray of shape (m,)
            Chi-squares of the inner factor.
        residual : numpy.ndarray of shape (m,)
            Chi-squares of the residual.

        Returns
        -------
        numpy.ndarray of shape (3, m)
            Variances: outer, inner, residual.
        """
        of_residual = self.inner.residual / residual
        of_inner = solve_component(self.square, self.weight, of_residual[:, None], inner)
        of_outer = np.empty(len(outer))
        at_once = max(1, NUMBERS_AT_ONCE // max(len(self.count), len(self.pairs[0])))
        for start in range(0, len(outer), at_once):
            part = slice(start, start + at_once)
            precision = self._precision(of_inner[part], of_residual[part])
            variance = 1 / (precision @ self.number_of_kind.T)
            first, second = self.pairs
            squares = (precision[:, first] * precision[:, second]) @ self.products.T
            moments = np.stack([precision @ self.sums_of_kind.T * variance, squares * variance**2])
            of_outer[part] = solve_between(self.count, moments, variance, outer[part])
        return np.array([of_outer, of_inner, of_residual])

    def _precision(self, of_inner: np.ndarray, of_residual: np.ndarray) -> np.ndarray:
        """Precision of the mean of an inner level of each size."""
        return 1 / (of_inner[:, None] + of_residual[:, None] / self.size)

    def influence(self, variances: np.ndarray) -> np.ndarray:
        """Compute each outer level's shares in the three sums of squares, minus those it is expected to have.

        Parameters
        ----------
        variances : numpy.ndarray of shape (3,)
            Variances: outer, inner, residual.

        Returns
        -------
        numpy.ndarray of shape (groups, 3)
            Differences of the shares.
        """
        of_outer, of_inner, of_residual = variances[:, None]
        precision = self._precision(of_inner, of_residual)[0]
        variance = 1 / (self.number @ precision)
        mean = self.sums @ precision * variance
        weight = 1 / (of_outer + variance)
        square = weight * (mean - weight @ mean / weight.sum()) ** 2
        contrast = self.inner.square / (of_residual + self.inner.weight * of_inner)
        parts = [
            (square, 1 - weight / weight.sum()),
            (
                np.bincount(self.inner.other, contrast, minlength=self.groups),
                np.bincount(self.inner.other, self.inner.number, minlength=self.groups),
            ),
            (self.within, self.within_df),
        ]
        return np.column_stack(
            [found / max(found.sum(), 1e-300) - expected / expected.sum() for found, expected in parts]
        )


def _put_together(square: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of squares of the contrasts of one weight; where there are too many weights, of neighbours at their mean.

    With 4,000 steps on the scale of the logarithm between weights of 1 and 100, neighbours differ by a thousandth, and
    the sum over them by less than a millionth.
    """
    found, number = np.unique(weight, return_inverse=True)
    if len(found) <= MOST_WEIGHTS:
        return np.bincount(number, square, minlength=len(found)), found
    scale = np.log(found / found[0])
    number = np.unique((scale / scale[-1] * MOST_WEIGHTS).astype(int), return_inverse=True)[1][number]
    together = np.bincount(number, square)
    return together, np.bincount(number, square * weight) / together


def _products(sums: csr_array, to_kind: csr_array) -> tuple[tuple[np.ndarray, np.ndarray], csr_array]:
    """Products of the sums of an outer level, of all pairs of sizes that occur in it, summed over the levels of a kind.

    Returns the two sizes of each pair, and kinds x pairs.
    """
    size = np.diff(sums.indptr)
    first = np.repeat(np.arange(sums.nnz), np.repeat(size, size))
    start = np.repeat(sums.indptr[:-1], size)
    second = np.repeat(start, np.repeat(size, size)) + _counting(np.repeat(size, size))
    keep = second >= first
    first, second = first[keep], second[keep]
    value = sums.data[first] * sums.data[second] * np.where(first == second, 1, 2)
    level = np.repeat(np.arange(sums.shape[0]), size)[first]
    pair, number = np.unique(
        sums.indices[first].astype(np.int64) * sums.shape[1] + sums.indices[second], return_inverse=True
    )
    products = csr_array(coo_array((value, (level, number)), shape=(sums.shape[0], len(pair))))
    return (pair // sums.shape[1], pair % sums.shape[1]), to_kind @ products


def _counting(size: np.ndarray) -> np.ndarray:
    """0, 1, ..., size - 1 for each size, one after the other."""
    return np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)


def shares(variances: np.ndarray) -> np.ndarray:
    """Compute shares of the total variance.

    Parameters
    ----------
    variances : numpy.ndarray of shape (3, m)
        Variances: outer, inner, residual.

    Returns
    -------
    numpy.ndarray of shape (3, m)
        Shares of the outer factor, of the inner one, of both together.
    """
    outer, inner, residual = variances
    return np.array([outer, inner, outer + inner]) / (outer + inner + residual)


def share_intervals(
    values: np.ndarray, inner: np.ndarray, outer: np.ndarray, *, level: float = 0.95, draws: int = 5000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Compute intervals of the shares of variance of an outer factor, of an inner one nested in it, and of both.

    Parameters
    ----------
    values : numpy.ndarray of shape (N,)
        Scores that vary within inner levels.
    inner : numpy.ndarray of int, shape (N,)
        The inner level of each score, 0, 1, ...
    outer : numpy.ndarray of int, shape (N,)
        The outer level of each score, 0, 1, ...; each inner level in one outer level, some outer levels with two of
        them.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 5000
        Number of generalized pivots, each of which solves one equation per component.
    seed : int, default 0
        Seed of the generator, 0 or more.

    Returns
    -------
    lower : numpy.ndarray of shape (3,)
        Lower limits in the order of :func:`shares`.
    upper : numpy.ndarray of shape (3,)
        Upper limits.

    Notes
    -----
    Quantiles of the pivots (:class:`NestedPivots`) presume normal scores. Scores with a ceiling have longer tails, so
    that the limits are moved away from the estimate, on the scale of the logit, by the ratio of two standard errors:
    one from the outer levels themselves, one for normal scores. The ratio is never below 1.
    """
    check_level(level)
    design = NestedPivots(values, inner, outer)
    rng = np.random.default_rng(seed)
    drawn = shares(design.solve(*(rng.chisquare(df, draws) for df in design.df)))
    limits = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
    moved = design.df[:, None] * np.exp(STEP * np.hstack([np.zeros((3, 1)), np.eye(3), -np.eye(3)]))
    solved = design.solve(*moved)
    near = shares(solved)
    gradient = (near[:, 1:4] - near[:, 4:]) / (2 * STEP)
    # a sum of squares above its expectation acts as a chi-square below it: only the size of the gradient matters
    own = design.groups / (design.groups - 1) * np.sum((design.influence(solved[:, 0]) @ gradient.T) ** 2, axis=0)
    normal = gradient**2 @ (2 / design.df)
    ratio = np.sqrt(np.maximum(1, np.divide(own, normal, out=np.ones(3), where=normal > 0)))
    middle = logit(near[:, 0])
    with np.errstate(invalid="ignore"):
        lower, upper = (expit(middle + ratio * (logit(limit) - middle)) for limit in limits)
    return np.where(np.isfinite(lower), lower, limits[0]), np.where(np.isfinite(upper), upper, limits[1])
