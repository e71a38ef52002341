"""The bias that rotation adds in small samples, evaluated at the likely population instead of at the sample."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from psychometrics.factors.alignment import align
from psychometrics.factors.rotation import OBLIQUE, rotate
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.loading_errors import LoadingErrors, standard_errors

PASSES = 3


def small_sample_errors(
    solution: FactorSolution,
    influence: np.ndarray | None = None,
    n: int | None = None,
    *,
    units: str = "people",
    seed: int = 0,
) -> LoadingErrors:
    r"""Compute standard errors of a rotated solution, with its bias at the likely population instead of at the sample.

    Parameters
    ----------
    solution : FactorSolution
        Extracted by ml, minres, pa or dwls and rotated by any method.
    influence : numpy.ndarray, optional
        Influence of people or clusters on the correlations, see `standard_errors`; None for normal theory.
    n : int, optional
        Sample size; by default that of the solution.
    units : str, default "people"
        What the rows of the influence are, for the method.
    seed : int, default 0
        Seed of the sample of directions for the bias of large problems.

    Returns
    -------
    LoadingErrors
        The standard errors are those of `standard_errors`; the biases are those of the likely population, and the
        widening also allows for the different standard errors of the factor correlations there.

    Raises
    ------
    ValueError
        See `standard_errors`.

    Notes
    -----
    Most of the bias of factor correlations comes from the sampling error of small loadings, which a rotation takes for
    a lack of simple structure. A sample has this error already: at its own solution the rotation looks less biased than
    it is, by a third and more with 100 people. So the loadings, less their bias, are first freed from sampling error.
    The loadings of each item other than its largest are shrunk towards zero as in empirical Bayes estimation (Efron &
    Morris 1973, J. Am. Stat. Assoc. 68), :math:`\tilde\lambda = \lambda\,\tau^2 / (\tau^2 + s^2)`, with their mean
    square minus their sampling variances for :math:`\tau^2`. Two standard errors of that mean square are subtracted as
    well, because otherwise half of all populations of simple structure would seem to have none. Factor correlations are
    taken minus their bias. Bias and population depend on each other, so this is done three times over.

    Where the likely population is improper, and for unrotated loadings, which nothing draws towards zero, everything is
    evaluated at the solution itself.
    """
    if solution.rotation == "none" or solution.pattern.shape[1] == 1:
        return standard_errors(solution, influence, n, units=units, seed=seed)

    def _errors_at(place: FactorSolution, widening: bool) -> LoadingErrors:
        return standard_errors(place, influence, n, units=units, seed=seed, widening=widening)

    errors = _errors_at(solution, False)
    likely, nearby = solution, errors
    for _ in range(0 if errors.note else PASSES):
        place = likely_population(solution, nearby, seed)
        if place is None:
            break
        found = _errors_at(place, False)
        if found.note:
            break
        likely, nearby = place, found
    nearby = _errors_at(likely, True)
    return replace(
        errors,
        pattern_bias=nearby.pattern_bias,
        phi_bias=nearby.phi_bias,
        uniqueness_bias=nearby.uniqueness_bias,
        phi_widening=(nearby.phi_widening * nearby.phi / errors.phi).fillna(nearby.phi_widening),
    )


def likely_population(solution: FactorSolution, errors: LoadingErrors, seed: int = 0) -> FactorSolution | None:
    """Estimate the population: the solution minus its bias, freed from the sampling error of its small loadings.

    Parameters
    ----------
    solution : FactorSolution
        Rotated solution of the sample.
    errors : LoadingErrors
        Standard errors and biases, with the items and factors of the solution.
    seed : int, default 0
        Seed of the rotation.

    Returns
    -------
    FactorSolution or None
        The likely population, aligned to the solution; None where it is improper.
    """
    pattern = (solution.pattern - errors.pattern_bias).to_numpy()
    phi = (solution.phi - errors.phi_bias).to_numpy()
    pattern = freed_from_error(pattern, errors.pattern.to_numpy() ** 2)
    if np.linalg.eigvalsh(phi)[0] <= 0 or np.max(np.sum(pattern @ phi * pattern, axis=1)) >= 1:
        return None
    return population_like(solution, pattern, phi, seed)


def freed_from_error(pattern: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Free small loadings from sampling error by empirical Bayes, see `small_sample_errors`.

    Parameters
    ----------
    pattern : numpy.ndarray of shape (p, k)
        Loadings; the largest of each item stays.
    variances : numpy.ndarray of shape (p, k)
        Their sampling variances.

    Returns
    -------
    numpy.ndarray of shape (p, k)
        Shrunken loadings, zero where they are no larger than their errors let expect.

    Examples
    --------
    >>> freed_from_error(np.array([[0.7, 0.1], [0.1, 0.6]]), np.full((2, 2), 0.01)).tolist()
    [[0.7, 0.0], [0.0, 0.6]]
    """
    small = np.abs(pattern) < np.abs(pattern).max(axis=1, keepdims=True)
    spare = np.mean(pattern[small] ** 2) - np.mean(variances[small]) * (1 + 2 * np.sqrt(2 / small.sum()))
    kept = max(spare, 0.0) / (max(spare, 0.0) + variances)
    return np.where(small, pattern * kept, pattern)


def population_like(solution: FactorSolution, pattern: np.ndarray, phi: np.ndarray, seed: int = 0) -> FactorSolution:
    """Rotate a population as a solution of a sample was rotated.

    Parameters
    ----------
    solution : FactorSolution
        Solution of the sample.
    pattern : numpy.ndarray of shape (p, k)
        Loadings close to those of the solution.
    phi : numpy.ndarray of shape (k, k)
        Correlations of the factors, positive definite.
    seed : int, default 0
        Seed of the rotation.

    Returns
    -------
    FactorSolution
        The population, aligned to the solution.
    """
    root = np.linalg.cholesky(phi)
    options: dict[str, Any] = dict(solution.rotation_options)
    if solution.rotation in OBLIQUE and solution.rotation != "promax":
        options["start"] = (
            root.T
        )  # other loadings turn the best axes a little: rotation finds them from where they were
    rotated = rotate(pattern @ root, method=solution.rotation, seed=seed, **options)
    likely = replace(
        solution,
        pattern=pd.DataFrame(rotated.pattern, solution.pattern.index, solution.labels),
        phi=pd.DataFrame(rotated.phi, solution.labels, solution.labels),
    )
    return align(likely, solution.pattern)
