"""Intervals of shares of variance at three levels, such as sessions of clients of therapists."""

import numpy as np
from scipy.special import expit, logit

from psychometrics.resampling.formula_intervals import check_level
from psychometrics.variance.intervals import contrasts_of, solve_between, solve_component

STEP = 1e-4


class NestedPivots:
    """Variances of an outer factor, of an inner one nested in it, and of the residual, from three chi-squares.

    The residual's sum of squares over its variance is a chi-square. Given the residual's variance, contrasts between
    the inner levels of one outer level give the inner variance. Given both, the means of the outer levels, each
    weighted by the precision of its inner means, have known variances beside the outer one, and the weighted sum of
    their squares is a chi-square.

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
        self.inner = contrasts_of(values, inner, outer)
        self.size = np.bincount(inner)
        self.mean = np.bincount(inner, values) / self.size
        belongs = np.zeros(len(self.size), dtype=int)
        belongs[inner] = outer
        self.groups = outer.max() + 1
        self.member = np.zeros((len(self.size), self.groups))
        self.member[np.arange(len(self.size)), belongs] = 1
        self.within = np.bincount(outer, (values - self.mean[inner]) ** 2, minlength=self.groups)
        self.within_df = (self.size - 1) @ self.member
        self.df = np.array([self.groups - 1, len(self.inner.z), self.inner.df])

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
        of_inner = solve_component(self.inner.z**2, self.inner.weight, of_residual[:, None], inner)
        mean, variance = self._means(of_inner, of_residual)
        return np.array([solve_between(mean, variance, outer), of_inner, of_residual])

    def _means(self, of_inner: np.ndarray, of_residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        precision = 1 / (of_inner[:, None] + of_residual[:, None] / self.size)
        total = precision @ self.member
        return (precision * self.mean) @ self.member / total, 1 / total

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
        mean, variance = self._means(of_inner, of_residual)
        weight = 1 / (of_outer + variance[0])
        square = weight * (mean[0] - weight @ mean[0] / weight.sum()) ** 2
        contrast = self.inner.z**2 / (of_residual + self.inner.weight * of_inner)
        parts = [
            (square, 1 - weight / weight.sum()),
            (
                np.bincount(self.inner.other, contrast, minlength=self.groups),
                np.bincount(self.inner.other, minlength=self.groups),
            ),
            (self.within, self.within_df),
        ]
        return np.column_stack(
            [found / max(found.sum(), 1e-300) - expected / expected.sum() for found, expected in parts]
        )


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
