"""Variance components of a score by restricted maximum likelihood (REML): one random factor, or two."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import coo_array, csr_array, diags_array


class Components(NamedTuple):
    """Variance components of a score.

    Attributes
    ----------
    first : float
        Variance of the first factor.
    second : float
        Variance of the second factor, 0 where there is none.
    residual : float
        Residual variance.
    mean : float
        Grand mean.
    """

    first: float
    second: float
    residual: float
    mean: float


def one_factor(values: np.ndarray, codes: np.ndarray) -> Components:
    r"""Estimate REML components of ``score = mean + factor + residual`` for groups of any sizes.

    With the ratio :math:`\gamma = \sigma^2_a / \sigma^2_e`, the only parameter left in the profiled likelihood is
    :math:`\gamma`, so that the search has one dimension:

    .. math:: (N-1)\log\Big(SS_w + \sum_i w_i(\bar y_i-\hat\mu)^2\Big) + \sum_i\log(1+\gamma n_i) + \log\sum_i w_i,
              \qquad w_i = \frac{n_i}{1+\gamma n_i}

    Parameters
    ----------
    values : numpy.ndarray of shape (N,)
        Scores, none missing.
    codes : numpy.ndarray of int, shape (N,)
        The group of each score, 0, 1, ..., every group at least once.

    Returns
    -------
    Components
        Variances, with `second` 0.

    Raises
    ------
    ValueError
        If there are fewer than two groups, no group with two scores, or scores that do not vary within groups.

    Notes
    -----
    Patterson & Thompson (1971), Biometrika 58; Searle, Casella & McCulloch (1992), Variance components, section 6.6.
    Agrees with lme4::lmer(y ~ 1 + (1 | group)) and, in balanced designs with a positive estimate, with the analysis of
    variance.

    Examples
    --------
    Mean squares 16 between and 2 within two groups of two scores: the variance of the groups is (16 - 2) / 2.

    >>> found = one_factor(np.array([1, 3, 5, 7]), np.array([0, 0, 1, 1]))
    >>> round(found.first, 4), round(found.residual, 4), round(found.mean, 4)
    (7.0, 2.0, 4.0)
    """
    values, size = _checked(values, codes)
    shift = values.mean()
    values = values - shift
    mean = np.bincount(codes, values) / size
    within = float(np.sum((values - mean[codes]) ** 2))
    if not within > 1e-12 * float(values @ values):
        raise ValueError("The scores do not vary within groups.")
    # groups of the same size have the same weight: sums over them serve every step of the search
    sizes, kind = np.unique(size, return_inverse=True)
    groups = sizes, np.array([np.bincount(kind, mean**power) for power in range(3)])

    def _deviance(share: float) -> float:
        return float(_profile(np.array([share]), *groups, within)[0][0])

    # the likelihood of unequal groups can have two maxima: a grid finds the higher one
    grid = np.linspace(0, 1, 101)[:-1]
    best = int(np.argmin(_profile(grid, *groups, within)[0]))
    bounds = grid[max(best - 1, 0)], grid[best + 1] if best + 1 < len(grid) else 1 - 1e-12
    inside = minimize_scalar(_deviance, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    share = min((float(inside), 0.0), key=_deviance)
    _, ratio, residual, middle = (float(value[0]) for value in _profile(np.array([share]), *groups, within))
    return Components(ratio * residual, 0.0, residual, middle + float(shift))


def _profile(
    share: np.ndarray, sizes: np.ndarray, sums: np.ndarray, within: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Deviance, ratio, residual variance and grand mean for each share (m,) of the groups in the variance.

    sums : number of groups of each size, sum of their means, and of the squares of these.
    """
    ratio = share / (1 - share)
    weight = sizes / (1 + ratio[:, None] * sizes)
    number, means, squares = sums
    total = weight @ number
    middle = weight @ means / total
    scatter = within + (weight * (squares - 2 * middle[:, None] * means + number * middle[:, None] ** 2)).sum(axis=1)
    df = sizes @ number - 1
    deviance = df * np.log(scatter) + np.log1p(ratio[:, None] * sizes) @ number + np.log(total)
    return deviance, ratio, scatter / df, middle


def two_factors(values: np.ndarray, first: np.ndarray, second: np.ndarray) -> Components:
    """Estimate REML components of ``score = mean + first + second + residual``, the factors nested or crossed.

    Parameters
    ----------
    values : numpy.ndarray of shape (N,)
        Scores, none missing.
    first : numpy.ndarray of int, shape (N,)
        The level of each score, 0, 1, ..., every level at least once. The first factor is the one with more levels,
        such as clients.
    second : numpy.ndarray of int, shape (N,)
        The same of the second factor, such as therapists or raters. Where the first factor is not nested in it, a
        matrix levels x levels of it is factored.

    Returns
    -------
    Components
        Variances of both factors and of the residual.

    Raises
    ------
    ValueError
        If a factor has fewer than two levels, or no residual can be told from the factors.

    Notes
    -----
    The profiled deviance and its gradient in the two ratios to the residual variance (Bates et al., 2015, J. Stat.
    Softw. 67(1), eq. 42; Searle, Casella & McCulloch, 1992, section 6.6), the first factor absorbed. The search is over
    log(1 + ratio), whose end at 0 is the ratio 0, from several starts. With nested factors every level of the second is
    a block of its own with a closed form, in which levels of the first with equally many scores are summed up.
    Agrees with lme4::lmer(y ~ 1 + (1 | client) + (1 | rater)) and, where every client has one therapist, with
    lmer(y ~ 1 + (1 | therapist / client)).
    """
    values, size = _checked(values, first)
    _, size_2 = _checked(values, second)
    shift = values.mean()
    values = values - shift
    cells = csr_array(coo_array((np.ones(len(values)), (first, second)), shape=(len(size), len(size_2))))
    problem: _Nested | _Crossed
    if cells.nnz == len(size):
        problem = _Nested(values, first, cells.indices, size)
    else:
        problem = _Crossed(values, first, second, cells, size, size_2)
    found = [
        minimize(
            problem.deviance,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, 16), (0, 16)],
            options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 500},
        )
        for start in np.log1p([(0.5, 0.5), (2.0, 0.05), (0.05, 0.05), (5.0, 1.0)])
    ]
    ratio, ratio_2 = np.expm1(min(found, key=lambda result: result.fun).x)
    if max(ratio, ratio_2) > 1e6:
        raise ValueError("There is no residual variance beside the factors.")
    residual, mean = problem.scale(ratio, ratio_2)
    return Components(float(ratio * residual), float(ratio_2 * residual), residual, mean + float(shift))


class _Nested:
    """The deviance of two nested factors; V = I + a Z1 Z1' + b Z2 Z2' in units of the residual.

    For each level of the second factor and each size of the levels of the first in it: their number, and the sums of
    their totals and of the squares of these.
    """

    def __init__(self, values: np.ndarray, first: np.ndarray, belongs: np.ndarray, size: np.ndarray) -> None:
        self.n = len(values)
        totals = np.bincount(first, values)
        self.within = float(np.sum((values - (totals / size)[first]) ** 2))
        key, kind = np.unique(belongs * (int(size.max()) + 1) + size.astype(np.int64), return_inverse=True)
        self.outer, self.size = key // (int(size.max()) + 1), (key % (int(size.max()) + 1)).astype(float)
        self.number, self.sums, self.squares = (np.bincount(kind, totals**power) for power in range(3))

    def _parts(self, ratio: float, ratio_2: float) -> tuple[np.ndarray, ...]:
        """What is left of the levels of the second factor after the first, their pivots, and W'V^-1W of W = (1, y)."""
        shrunk = 1 / (1 + ratio * self.size)
        ones = np.bincount(self.outer, self.number * self.size * shrunk)
        scores = np.bincount(self.outer, self.sums * shrunk)
        pivot = 1 + ratio_2 * ones
        one = np.sum(ones / pivot)
        score = np.sum(scores / pivot)
        square = self.within + np.sum(self.squares * shrunk / self.size) - ratio_2 * np.sum(scores**2 / pivot)
        return shrunk, ones, scores, pivot, np.array([[one, score], [score, square]])

    def scale(self, ratio: float, ratio_2: float) -> tuple[float, float]:
        """Residual variance and grand mean."""
        return _scale(self._parts(ratio, ratio_2)[-1], self.n)

    def deviance(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Deviance, and its gradient, at log(1 + ratio) of both factors."""
        ratio, ratio_2 = np.expm1(parameters)
        shrunk, ones, scores, pivot, square = self._parts(ratio, ratio_2)
        mean, scatter = square[0, 1] / square[0, 0], square[1, 1] - square[0, 1] ** 2 / square[0, 0]
        log_det = self.number @ np.log1p(ratio * self.size) + np.log(pivot).sum()
        deviance = log_det + np.log(square[0, 0]) + (self.n - 1) * np.log(scatter)
        # traces of Z'PZ; squares of Z'V^-1 1 and of Z'V^-1 (y - mean)
        kept, alone = self.size * shrunk, pivot[self.outer]
        residual = (scores - mean * ones) / pivot
        taken = mean + ratio_2 * residual[self.outer]
        terms = [
            (
                self.number @ (kept - ratio_2 * kept**2 / alone),
                self.number @ (kept / alone) ** 2,
                shrunk**2 @ (self.squares - 2 * self.size * taken * self.sums + self.number * (self.size * taken) ** 2),
            ),
            (np.sum(ones / pivot), np.sum((ones / pivot) ** 2), residual @ residual),
        ]
        return deviance, _gradient(terms, square[0, 0], scatter, self.n) * (1 + np.array([ratio, ratio_2]))


class _Crossed:
    """The deviance of two crossed factors, the first of which is absorbed; V as of nested ones."""

    def __init__(
        self,
        values: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
        cells: csr_array,
        size: np.ndarray,
        size_2: np.ndarray,
    ) -> None:
        self.n = len(values)
        self.size, self.size_2, self.cells = size, size_2, cells
        both = np.column_stack([np.ones(self.n), values])
        self.square = both.T @ both
        self.sums = np.column_stack([np.bincount(first, column) for column in both.T])
        self.sums_2 = np.column_stack([np.bincount(second, column) for column in both.T])

    def _parts(
        self, ratio: float, ratio_2: float
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, bool], np.ndarray, np.ndarray]:
        """What is left after the first factor, and W'V^-1W of W = (1, y)."""
        shrunk = 1 / (1 + ratio * self.size)
        inside = np.diag(self.size_2) - (self.cells.T @ diags_array(ratio * shrunk) @ self.cells).toarray()
        right = self.sums_2 - self.cells.T @ (ratio * shrunk[:, None] * self.sums)
        factor = cho_factor(np.eye(len(self.size_2)) + ratio_2 * inside, lower=True)
        solved = cho_solve(factor, right)
        square = self.square - self.sums.T @ (ratio * shrunk[:, None] * self.sums) - ratio_2 * right.T @ solved
        return shrunk, inside, factor, solved, square

    def scale(self, ratio: float, ratio_2: float) -> tuple[float, float]:
        """Residual variance and grand mean."""
        return _scale(self._parts(ratio, ratio_2)[-1], self.n)

    def deviance(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Deviance, and its gradient, at log(1 + ratio) of both factors."""
        ratio, ratio_2 = np.expm1(parameters)
        shrunk, inside, factor, solved, square = self._parts(ratio, ratio_2)
        mean, scatter = square[0, 1] / square[0, 0], square[1, 1] - square[0, 1] ** 2 / square[0, 0]
        log_det = np.log1p(ratio * self.size).sum() + 2 * np.log(np.diag(factor[0])).sum()
        deviance = log_det + np.log(square[0, 0]) + (self.n - 1) * np.log(scatter)
        # Z'V^-1 (1, y) of each factor; traces of Z'PZ
        crossed = diags_array(shrunk) @ self.cells
        one = shrunk[:, None] * self.sums - ratio_2 * crossed @ solved
        trace = shrunk @ self.size - ratio_2 * np.sum(cho_solve(factor, (crossed.T @ crossed).toarray()).diagonal())
        trace_2 = np.trace(cho_solve(factor, inside))
        terms = [
            (trace_k, part[:, 0] @ part[:, 0], np.sum((part[:, 1] - mean * part[:, 0]) ** 2))
            for part, trace_k in ((one, trace), (solved, trace_2))
        ]
        return deviance, _gradient(terms, square[0, 0], scatter, self.n) * (1 + np.array([ratio, ratio_2]))


def _scale(square: np.ndarray, n: int) -> tuple[float, float]:
    """Residual variance and grand mean from W'V^-1W of W = (1, y)."""
    mean = float(square[0, 1] / square[0, 0])
    return float(square[1, 1] - mean * square[0, 1]) / (n - 1), mean


def _gradient(terms: list[tuple[float, float, float]], precision: float, scatter: float, n: int) -> np.ndarray:
    """Slope of the deviance along each ratio: what the grand mean takes away, and what the scores say."""
    return np.array([trace - ones / precision - (n - 1) / scatter * squares for trace, ones, squares in terms])


def _checked(values: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values, dtype=float)
    size = np.bincount(codes)
    if not np.isfinite(values).all() or len(values) != len(codes):
        raise ValueError("Variance components need one level for every score, and no score missing.")
    if len(size) < 2 or size.min() < 1:
        raise ValueError("Variance components need at least two levels, each with a score.")
    if size.max() < 2:
        raise ValueError("Every level has one score: its variance cannot be told from the residual.")
    return values, size.astype(float)
