"""How uncertain are rotated loadings? Analytic standard errors, and the bias that rotation adds in small samples."""
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.estimating_equations import Layout, before_promax, jacobian, rotation_equations, score, weighted
from psychometrics.rotation import OBLIQUE
from psychometrics.solution import FactorSolution

MOST_DIRECTIONS = 2_000  # beyond it the bias is averaged over a random sample of directions
SAMPLED_DIRECTIONS = 500
AT_ONCE = 100
STEP = 1e-3  # of second differences along a direction, in units of standard deviations times sqrt(n)
SINGULAR = 1e10
FULFILLED = 1e-4


@dataclass(frozen=True)
class LoadingErrors:
    """Standard errors and biases of a solution, in its own order of items and factors.

    pattern, phi, uniqueness : standard errors; the diagonal of phi is 0.
    pattern_bias, phi_bias, uniqueness_bias : expected value less population value, to the order 1/n.
    method : how they came about.
    """

    solution: FactorSolution
    pattern: pd.DataFrame
    phi: pd.DataFrame
    uniqueness: pd.Series
    pattern_bias: pd.DataFrame
    phi_bias: pd.DataFrame
    uniqueness_bias: pd.Series
    n: int
    method: str
    note: str = ""

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Rows loading, phi (factor, factor_2), communality and uniqueness with the estimate as it is, se, and the
        normal interval around the estimate less its bias."""
        solution = self.solution
        first, second = np.triu_indices(len(solution.labels), 1)
        items, labels = solution.pattern.index.to_numpy(), np.array(solution.labels)

        def block(statistic, values, errors, bias, **columns):
            return pd.DataFrame({**columns, "statistic": statistic, "estimate": values, "se": errors, "bias": bias})

        p, k = solution.pattern.shape
        places = {"item": np.repeat(items, k), "factor": np.tile(labels, p)}
        blocks = [block("loading", *(frame.to_numpy().ravel() for frame in
                                     (solution.pattern, self.pattern, self.pattern_bias)), **places)]
        if k > 1:
            blocks.append(block("phi", *(frame.to_numpy()[first, second] for frame in
                                         (solution.phi, self.phi, self.phi_bias)),
                                factor=labels[first], factor_2=labels[second]))
        errors, bias = self.uniqueness.to_numpy(), self.uniqueness_bias.to_numpy()
        blocks.append(block("communality", solution.communality.to_numpy(), errors, -bias, item=items))
        blocks.append(block("uniqueness", solution.uniqueness.to_numpy(), errors, bias, item=items))
        frame = pd.concat(blocks, ignore_index=True)
        middle, half = frame["estimate"] - frame["bias"], ndtri((1 + level) / 2) * frame["se"]
        frame = frame.assign(lower=middle - half, upper=middle + half, level=level, n=self.n,
                             method=f"{solution.method}; {self.method}", note=self.note)
        return frame.reindex(columns=["item", "factor", "factor_2", "statistic", "estimate", "se", "lower", "upper",
                                      "level", "n", "method", "note"])


def standard_errors(
    solution: FactorSolution, gamma: np.ndarray | None = None, n: int | None = None, *, seed: int = 0
) -> LoadingErrors:
    r"""Standard errors of rotated loadings, factor correlations and uniquenesses by the delta method.

    Parameters
    ----------
    solution : extracted by ml, minres, pa or dwls and rotated by any method.
    gamma : asymptotic covariance matrix of sqrt(n) times the p (p - 1) / 2 correlations, in the order of
        `np.triu_indices(p, 1)`, for correlations other than Pearson's of normal answers; `dwls` needs it, because its
        inverse diagonal is the weights. None: normal theory.
    n : sample size; by default that of the solution.
    seed : of the sample of directions for the bias of large problems.

    Returns
    -------
    LoadingErrors. All missing, with a note, where the theory does not hold: a Heywood case, a search that did not
    converge, a rotation without a firm position.

    Raises
    ------
    ValueError : gamma of another shape, none for dwls, or a solution that does not fulfil its rotation's equations.

    Notes
    -----
    The parameters :math:`\theta` (loadings, factor correlations, uniquenesses) solve the equations of the estimator
    under those of the rotation, :math:`c(\theta) = 0`. With H the Hessian and C the derivatives of c, a change
    of the correlations moves them by

    .. math:: \begin{pmatrix} H & C' \\ C & 0 \end{pmatrix} \begin{pmatrix} d\theta \\ \mu \end{pmatrix} =
              \begin{pmatrix} \Delta' W\, dr \\ 0 \end{pmatrix}

    the augmented information matrix of Jennrich (1974, Br. J. Math. Stat. Psychol. 27); so :math:`d\theta = J\,dr` and
    the covariance matrix is :math:`J \Gamma J' / n`. For ML and normal answers this is the inverse information in the
    correlation metric; it agrees with lavaan::efa's standardized solution. All is evaluated at the model, as in lavaan.
    Promax is a function of varimax and follows by the chain rule.

    Bias: the curvature of :math:`\theta(r)` makes it :math:`\tfrac{1}{2n} \sum_m \theta''[d_m, d_m]` over directions
    :math:`\sum d_m d_m' = \Gamma`. It follows from the second derivative of the same equations along the path
    :math:`\theta + t\,J d_m` without any refit (Cox & Snell 1968, J. R. Stat. Soc. B 30). Under normal theory the
    directions are those of the covariances, which takes in the bias of r; a given gamma leaves that out.
    """
    n = solution.n if n is None else n
    p, k = solution.pattern.shape
    gamma = _checked(gamma, p, solution.extraction)
    layout = Layout(p, k, solution.rotation in OBLIQUE and k > 1)
    method = "normal theory" if gamma is None else "sandwich"
    reason, numbers = _undefined(solution), np.full((2, layout.size), np.nan)
    if not reason:
        system = _System(solution, gamma, layout)
        if system.firm:
            numbers = np.array([np.sqrt(np.maximum(system.variances(), 0.0) / n),
                                system.bias(np.random.default_rng(seed)) / n])
        else:
            reason = "no standard errors: the equations of the rotation are singular"
    pattern, phi, uniqueness = layout.unpack(numbers)
    items, labels = solution.pattern.index, solution.labels
    phi = phi * ~np.eye(k, dtype=bool)
    return LoadingErrors(
        solution,
        *(wrap for errors, correlations, rest in zip(pattern, phi, uniqueness, strict=True) for wrap in (
            pd.DataFrame(errors, items, labels), pd.DataFrame(correlations, labels, labels), pd.Series(rest, items))),
        n=n, method=method, note=reason,
    )


def _checked(gamma, p, extraction):
    pairs = p * (p - 1) // 2
    if gamma is None:
        if extraction == "dwls":
            raise ValueError("standard errors of dwls need the asymptotic covariance matrix of the correlations")
        return None
    gamma = np.asarray(gamma, dtype=float)
    if gamma.shape != (pairs, pairs) or not np.isfinite(gamma).all():
        raise ValueError(f"the asymptotic covariance matrix of the correlations of {p} items must have {pairs} rows "
                         f"and columns and no missing value")
    return gamma


def _undefined(solution: FactorSolution) -> str:
    if solution.heywood:
        return f"no standard errors with a Heywood case ({', '.join(solution.heywood)})"
    if not solution.converged:
        return "no standard errors: the solution did not converge"
    return ""


class _System:
    """The equations of one solution, solved once: how its parameters move with the correlations."""

    def __init__(self, solution: FactorSolution, gamma: np.ndarray | None, final: Layout):
        p, k = solution.pattern.shape
        pattern, phi = solution.pattern.to_numpy(dtype=float), solution.phi.to_numpy(dtype=float)
        rotation, options = solution.rotation, dict(solution.rotation_options)
        self.outcome = None  # from the parameters to the rotated ones, where they are not the same
        if rotation == "promax" and k > 1:
            pattern, self.outcome = before_promax(pattern, phi, options, final)
            rotation, phi, options = "varimax", np.eye(k), {"normalize": True}
        self.layout = Layout(p, k, rotation in OBLIQUE and k > 1)
        self.estimator, self.gamma, self.weights = solution.extraction, gamma, None
        if self.estimator == "dwls":
            self.weights = np.eye(p)
            row, column = np.triu_indices(p, 1)
            self.weights[row, column] = self.weights[column, row] = 1 / np.diag(gamma)
        # the model reproduces the diagonal, so that uniqueness is what communality leaves
        self.theta = self.layout.pack(pattern, phi, 1 - np.sum(pattern @ phi * pattern, axis=1))
        self.model = self.layout.reproduced(self.theta)
        slopes = self.layout.slopes(self.theta)
        moved = weighted(self.estimator, self.model, slopes, self.weights)
        size = len(slopes)
        bordered = slopes.reshape(size, -1) @ moved.reshape(size, -1).T
        self.equations = None
        if k > 1:
            self.equations = _scaled_equations(self.layout, rotation, options, self.estimator, self.theta)
            constraints = jacobian(self.equations, self.theta)
            # the rotation does not touch the discrepancy: the size of its equations is free
            self.size = np.sqrt(np.diag(bordered).mean()) / np.linalg.norm(constraints)
            constraints *= self.size
            bordered = np.block([[bordered, constraints.T], [constraints, np.zeros((len(constraints),) * 2)]])
        try:
            self.inverse = np.linalg.inv(bordered)
            self.firm = np.linalg.norm(bordered, 1) * np.linalg.norm(self.inverse, 1) < SINGULAR
        except np.linalg.LinAlgError:
            self.firm = False
        if self.firm:
            # a change dR of the matrix moves parameter a by the sum of kernel[a] * dR
            self.kernel = np.tensordot(self.inverse[:size, :size], moved, axes=1)

    def variances(self) -> np.ndarray:
        """Variances of sqrt(n) times the rotated parameters."""
        kernel = self.kernel
        if self.outcome is not None:
            kernel = np.tensordot(jacobian(self.outcome, self.theta), kernel, axes=1)
        if self.gamma is None:
            # the variances of the items are estimated, too: dR = dS - (dS_ii + dS_jj) R / 2
            product = kernel @ self.model
            product -= np.diagonal(product, axis1=1, axis2=2)[:, :, None] * self.model
            return 2 * np.sum(product * np.swapaxes(product, 1, 2), axis=(1, 2))
        kernel = 2 * kernel[:, *np.triu_indices(self.layout.p, 1)]
        return np.sum((kernel @ self.gamma) * kernel, axis=1)

    def bias(self, generator: np.random.Generator) -> np.ndarray:
        """n times the bias of the rotated parameters."""
        size, total, bent = len(self.theta), np.zeros(len(self.inverse)), 0.0
        for share, directions in self._directions(generator):
            change = directions
            if self.gamma is None:
                variances = np.diagonal(directions, axis1=1, axis2=2)
                change = directions - (variances[:, :, None] + variances[:, None, :]) / 2 * self.model
            tangent = np.tensordot(change, self.kernel, axes=([1, 2], [1, 2]))
            for sign in (STEP, -STEP):
                matrix, theta = self.model + sign * directions, self.theta + sign * tangent
                if self.gamma is None:
                    deviation = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2))
                    matrix = matrix / (deviation[:, :, None] * deviation[:, None, :])
                total[:size] += share * score(self.layout, theta, matrix, self.estimator, self.weights).sum(axis=0)
                if self.equations is not None:
                    gaps = self.equations(theta) - self.equations(self.theta)
                    total[size:] += share * self.size * gaps.sum(axis=0)
                if self.outcome is not None:
                    bent = bent + share * (self.outcome(theta) - self.outcome(self.theta)).sum(axis=0)
        bias = -(self.inverse @ (total / STEP**2))[:size] / 2
        if self.outcome is None:
            return bias
        return jacobian(self.outcome, self.theta) @ bias + bent / STEP**2 / 2

    def _directions(self, generator):
        """Stacks of symmetric changes (m, p, p) whose outer products, times their share, sum to the covariance matrix:
        of covariances for normal theory, of correlations for a given gamma."""
        p = self.layout.p
        if self.gamma is None:
            root = np.linalg.cholesky(self.model)
            row, column = np.tril_indices(p)
            size = np.where(row == column, np.sqrt(0.5), 1.0)
        else:
            values, vectors = np.linalg.eigh(self.gamma)
            row, column = np.triu_indices(p, 1)
            kept = values > 1e-12 * values[-1]
            columns = vectors[:, kept] * np.sqrt(values[kept])
        count = len(row) if self.gamma is None else columns.shape[1]
        sampled = count > MOST_DIRECTIONS
        drawn = SAMPLED_DIRECTIONS if sampled else count
        for first in range(0, drawn, AT_ONCE):
            mix = np.arange(first, min(first + AT_ONCE, drawn))
            weights = generator.normal(size=(len(mix), count)) if sampled else np.eye(count)[mix]
            if self.gamma is None:
                inner = np.zeros((len(mix), p, p))
                inner[:, row, column] = weights * size
                changes = root @ (inner + np.swapaxes(inner, 1, 2)) @ root.T
            else:
                changes = np.zeros((len(mix), p, p))
                changes[:, row, column] = weights @ columns.T
                changes += np.swapaxes(changes, 1, 2)
            yield (1 / drawn if sampled else 1.0), changes


def _scaled_equations(layout, rotation, options, estimator, theta):
    equations = rotation_equations(layout, rotation, options, estimator)
    gap = np.abs(equations(theta)).max()
    if gap > FULFILLED:
        raise ValueError(f"the solution does not fulfil the equations of its rotation by {rotation}: were its factors "
                         "put in another order, or options of the rotation left out?")
    return equations
