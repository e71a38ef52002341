"""Resamples of a Schmid-Leiman solution: of the answers, and as if they were from populations that are known."""

from dataclasses import dataclass

import numpy as np

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.batched_schmid_leiman import SecondOrderSolutions, batched_schmid_leiman
from psychometrics.factors.general_factor_indices import schmid_leiman_indices
from psychometrics.factors.one_factor import p_one_factor
from psychometrics.factors.schmid_leiman import SchmidLeiman
from psychometrics.factors.simple_structure import (
    LARGEST,
    SecondOrderModel,
    as_if_from,
    likely_structure,
    simple_structure,
)
from psychometrics.factors.solution import FactorSolution

Indices = dict[str, np.ndarray]
LEAST, SHARE = 50, 6  # resamples of each population: a sixth of all, but 50 where there are as many
PASSES = 2  # the bias of the correlations of the factors is that in the population which it leads to


@dataclass(frozen=True)
class SolutionResamples:
    """Indices of resamples, see `psychometrics.factors.general_factor_indices.schmid_leiman_indices`.

    Attributes
    ----------
    indices : dict of str to numpy.ndarray
        Of the answers.
    populations : list of tuple
        Indices of resamples from a population, and of the population itself: the likely one, then a simple structure;
        without those that do not exist.
    p_one_factor : float
        Of `psychometrics.factors.one_factor.p_one_factor`.
    """

    indices: Indices
    populations: list[tuple[Indices, Indices]]
    p_one_factor: float


def resample_solution(
    solution: FactorSolution, sl: SchmidLeiman, matrix: np.ndarray, moments: np.ndarray, belongs: np.ndarray
) -> SolutionResamples:
    """Resample the indices of a solution.

    Parameters
    ----------
    solution : FactorSolution
        Of the sample, by minres and oblimin.
    sl : SchmidLeiman
        Its Schmid-Leiman solution.
    matrix : numpy.ndarray of shape (p, p)
        Correlations of the sample.
    moments : numpy.ndarray of shape (m, p, p)
        Covariances of the resamples in units of the sample's standard deviations.
    belongs : numpy.ndarray of shape (p, k)
        True where the item is of the subscale that goes with the group factor.

    Returns
    -------
    SolutionResamples
        Every resample starts from the solution of the sample or the population.
    """

    def _indices(found: SecondOrderSolutions, matrices: np.ndarray) -> Indices:
        return schmid_leiman_indices(found.general, found.group, found.uniqueness, matrices, belongs)

    pattern, phi = solution.pattern.to_numpy(), solution.phi.to_numpy()
    matrices = _correlations(moments)
    gamma = sl.second_order_loadings.to_numpy()
    own = batched_schmid_leiman(matrices, solution.uniqueness.to_numpy(), pattern, gamma)
    few = moments[: max(LEAST, -(-len(moments) // SHARE))]

    def _drawn_from(model: SecondOrderModel) -> tuple[SecondOrderSolutions, np.ndarray] | None:
        turned = as_if_from(few, matrix, model.matrix)
        if turned is None:
            return None
        turned = _correlations(turned)
        return batched_schmid_leiman(turned, model.uniqueness, model.pattern, model.second_order), turned

    def _known(model: SecondOrderModel) -> Indices:
        itself = model.general[None], model.group[None], model.uniqueness[None], model.matrix[None]
        return schmid_leiman_indices(*itself, belongs)

    populations = []
    bias = _bias_of_phi(own.phi, phi)
    with np.errstate(invalid="ignore"):
        variances = np.nanvar(own.pattern, axis=0, ddof=1)
    for _ in range(PASSES):
        likely = likely_structure(pattern, phi, variances, bias)
        drawn = None if likely is None else _drawn_from(likely)
        if likely is None or drawn is None:
            break
        populations = [(_indices(*drawn), _known(likely))]
        bias = _bias_of_phi(drawn[0].phi, np.outer(likely.second_order, likely.second_order))
    simple = simple_structure(matrix, (np.abs(pattern) + 10 * belongs).argmax(axis=1), len(phi))
    drawn = None if simple is None else _drawn_from(simple)
    if simple is not None and drawn is not None:
        populations.append((_indices(*drawn), _known(simple)))
    return SolutionResamples(_indices(own, matrices), populations, p_one_factor(matrix, few))


def _correlations(moments: np.ndarray) -> np.ndarray:
    return np.clip(to_correlations(moments)[0], -1, 1)


def _bias_of_phi(drawn: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Bias (k, k) of the correlations of the factors on the scale of Fisher's z, 0 in the diagonal."""
    with np.errstate(invalid="ignore"):
        found = np.nanmean(np.arctanh(np.clip(drawn, -LARGEST, LARGEST)), axis=0)
    return np.nan_to_num(found - np.arctanh(np.clip(phi, -LARGEST, LARGEST))) * (1 - np.eye(len(phi)))
