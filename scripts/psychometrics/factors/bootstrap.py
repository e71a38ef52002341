"""How stable is a factor solution? Everything from the correlations to the common factor again in every resample."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.common_factor import (
    CommonFactor,
    batched_common_factor,
    common_factor,
    instrument_members,
    marker_positions,
)
from psychometrics.factors.extraction import Extraction, extract_factors
from psychometrics.factors.general_factor_indices import batched_general_indices
from psychometrics.factors.rotation import ORTHOGONAL, rotate
from psychometrics.factors.schmid_leiman import batched_second_order, general_factor_of, orthogonalised
from psychometrics.factors.solution import FactorSolution
from psychometrics.resampling.weights import cluster_resamples

DRAWS_WITH_CORRELATIONS = 200  # enough for a bias: its error is then .07 standard errors of the estimate


@dataclass(frozen=True)
class CommonFactorRule:
    """How the common factor is found; see `psychometrics.factors.common_factor.common_factor`.

    Attributes
    ----------
    instruments : pandas.Series
        Item -> instrument.
    salient : float
        Smallest absolute loading that counts, in (0, 1).
    minimum_share : float
        Smallest share of the common variance of a candidate, in [0, 1).
    markers : list[str] or None
        Items that name the factor instead.
    """

    instruments: pd.Series
    salient: float
    minimum_share: float
    markers: list[str] | None

    def find(self, solution: FactorSolution, general: pd.Series | None) -> CommonFactor:
        """Find the common factor of a solution.

        Parameters
        ----------
        solution : FactorSolution
            After a bifactor rotation its first factor is the general one, and only the others can be the common factor.
        general : pandas.Series or None
            Item -> loading on the general factor, where there is one: it gets rows of its own.

        Returns
        -------
        CommonFactor
            By this rule.
        """
        names = solution.labels[1 if solution.rotation.startswith("bifactor") else 0 :]
        return common_factor(
            solution.pattern[names],
            self.instruments,
            salient=self.salient,
            minimum_share=self.minimum_share,
            markers=self.markers,
            phi=solution.phi.loc[names, names],
            general=general,
        )


def resample_solution(
    correlator: Correlator,
    units: np.ndarray,
    solution: FactorSolution,
    rule: CommonFactorRule,
    *,
    first_draw: int,
    n_draws: int,
    seed: int,
    among: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Refit a solution in resamples of whole units, each aligned to it.

    Parameters
    ----------
    correlator : Correlator
        Of the answers of n people to p items.
    units : numpy.ndarray of shape (n,)
        The unit to resample: the therapist, or the client where none is known.
    solution : FactorSolution
        The solution of the whole sample with k factors; its extraction and rotation are repeated, every rotation from
        the position closest to it.
    rule : CommonFactorRule
        How the common factor is found.
    first_draw : int
        The first draw wanted, from 0; any division into pieces gives the same draws.
    n_draws : int
        How many draws are wanted.
    seed : int
        Seed of the draws, see `cluster_resamples`.
    among : numpy.ndarray, optional
        The units to draw from, see `cluster_resamples`.

    Returns
    -------
    dict[str, numpy.ndarray]
        Arrays whose first axis is the draw: `pattern` (p, k), `phi` (k, k), `communality` (p), `general` (p), `group`
        (p, group factors), `second_order` (group factors), `indices` (rows of `general_factor_indices`), `breadth`
        (rows of `CommonFactor.table`), `chosen` (position of the common factor, -1 for none), `congruence` (k) with the
        solution, `correlations` of the items (p (p - 1) / 2, of the first 200 draws only), and `failed`: a resample
        that gave no solution (an item without variation, a search that did not converge), all missing otherwise.
    """
    p, k = solution.pattern.shape
    weights = cluster_resamples(units, first_draw, n_draws, seed, among=among)
    drawn = {
        "pattern": np.full((n_draws, p, k), np.nan),
        "phi": np.full((n_draws, k, k), np.nan),
        "congruence": np.full((n_draws, k), np.nan),
        "correlations": np.full((n_draws, p * (p - 1) // 2), np.nan),
        "failed": np.ones(n_draws, dtype=bool),
    }
    total = np.full(n_draws, np.nan)
    for draw, weight in enumerate(weights):
        refitted = refit(correlator, weight, solution)
        if refitted is not None:
            drawn["pattern"][draw], drawn["phi"][draw], _, drawn["congruence"][draw], matrix = refitted
            drawn["failed"][draw] = False
            total[draw] = matrix.to_numpy().sum()
            if first_draw + draw < DRAWS_WITH_CORRELATIONS:
                drawn["correlations"][draw] = matrix.to_numpy()[np.triu_indices(p, 1)]
    return drawn | _described(drawn["pattern"], drawn["phi"], total, solution, rule)


def _described(
    pattern: np.ndarray, phi: np.ndarray, total: np.ndarray, solution: FactorSolution, rule: CommonFactorRule
) -> dict[str, np.ndarray]:
    """What follows from the aligned solutions of all resamples: communalities, general factor and common factor.

    pattern : (m, p, k), phi : (m, k, k), total : (m,) variances of the sum of the items; missing where there is no
    solution. Of solutions with a general factor, a resample with uncorrelated factors has none.
    """
    items = solution.pattern.index
    _, members = instrument_members(rule.instruments.loc[items])
    sl, used = general_factor_of(solution), np.isfinite(total)
    found = general_arrays(pattern, phi, total, solution, members)
    first = 1 if solution.rotation.startswith("bifactor") else 0  # the factors that can be the common one
    breadth, chosen = batched_common_factor(
        pattern[used, :, first:],
        phi[used, first:, first:],
        members,
        salient=rule.salient,
        minimum_share=rule.minimum_share,
        markers=None if rule.markers is None else marker_positions(items, rule.markers),
        general=None if sl is None else found["general"][used],
    )
    return found | {
        "breadth": _at(used, breadth, np.nan),
        "chosen": _at(used, np.where(chosen < 0, -1, chosen + first), -1),
    }


def general_arrays(
    pattern: np.ndarray, phi: np.ndarray, total: np.ndarray, solution: FactorSolution, members: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute communalities and general factor of many solutions.

    Parameters
    ----------
    pattern : numpy.ndarray of shape (m, p, k)
        Loadings, missing where there is no solution.
    phi : numpy.ndarray of shape (m, k, k)
        Correlations of the factors.
    total : numpy.ndarray of shape (m,)
        Variance of the sum of the standardized items.
    solution : FactorSolution
        What kind of solutions these are.
    members : numpy.ndarray of bool, shape (M, p)
        Which items are of which instrument.

    Returns
    -------
    dict[str, numpy.ndarray]
        `communality`, `general`, `group`, `second_order` and `indices` of `resample_solution`.
    """
    n, communality = len(pattern), ((pattern @ phi) * pattern).sum(axis=2)
    sl = general_factor_of(solution)
    n_groups, n_orders = (0, 0) if sl is None else (sl.group.shape[1], len(sl.second_order_loadings))
    general, group = np.full(pattern.shape[:2], np.nan), np.full((*pattern.shape[:2], n_groups), np.nan)
    second_order = np.full((n, n_orders), np.nan)
    if sl is not None and n_orders:
        has = np.isfinite(total) & (np.abs(phi - np.eye(len(solution.labels))) > 1e-12).any(axis=(1, 2))
        second_order[has] = batched_second_order(phi[has])
        general[has], group[has] = orthogonalised(pattern[has], second_order[has])
    elif sl is not None:
        general, group = pattern[:, :, 0], pattern[:, :, 1:]
    return {
        "communality": communality,
        "general": general,
        "group": group,
        "second_order": second_order,
        "indices": np.empty((n, 0))
        if sl is None
        else batched_general_indices(general, group, 1 - communality, total, members),
    }


def _at(used: np.ndarray, values: np.ndarray, otherwise: float) -> np.ndarray:
    """The values of the draws that were used among all draws."""
    found = np.full((len(used), *values.shape[1:]), otherwise, dtype=values.dtype)
    found[used] = values
    return found


def resampled_matrices(correlations: np.ndarray) -> np.ndarray:
    """Make matrices of the correlations that resamples keep.

    Parameters
    ----------
    correlations : numpy.ndarray of shape (m, p (p - 1) / 2)
        `correlations` of `resample_solution`.

    Returns
    -------
    numpy.ndarray of shape (usable, p, p)
        Of the resamples that have them.

    Examples
    --------
    >>> resampled_matrices(np.array([[0.5], [np.nan]])).tolist()
    [[[1.0, 0.5], [0.5, 1.0]]]
    """
    usable = correlations[np.isfinite(correlations).all(axis=1)]
    p = (1 + math.isqrt(1 + 8 * correlations.shape[1])) // 2
    upper = np.triu_indices(p, 1)
    matrices = np.zeros((len(usable), p, p))
    matrices[:, upper[0], upper[1]] = usable
    return matrices + matrices.mT + np.eye(p)


def refit(
    correlator: Correlator, weights: np.ndarray, solution: FactorSolution
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, pd.DataFrame] | None:
    """Find a solution again from other weights of the people, in the order and direction of its factors.

    Parameters
    ----------
    correlator : Correlator
        Of the answers of n people to p items.
    weights : numpy.ndarray of shape (n,)
        How often each person counts.
    solution : FactorSolution
        Its extraction, rotation and their options are repeated; the searches start from it.

    Returns
    -------
    tuple or None
        Pattern (p, k), phi (k, k), uniqueness (p,), congruence (k,) with the solution, and the correlations; None where
        there is no solution: an item does not vary, or a search did not converge.

    Raises
    ------
    ValueError
        A solution by dwls, and a Correlator without variances.
    """
    weighted = solution.extraction == "dwls"
    if weighted and not correlator.variances:
        raise ValueError("a solution by dwls is found again only with the variances of the correlations")
    try:
        correlations = correlator(weights)
        variance = correlations.variance if weighted else None
        extracted = extract_factors(
            correlations.matrix.to_numpy(),
            solution.pattern.shape[1],
            method=solution.extraction,
            weights=None if variance is None else diagonal_weights(variance.to_numpy(), correlator.items)[0],
            start=solution.uniqueness.to_numpy(),
        )
    except ValueError:
        return None
    found = rotated_again(extracted, solution)
    return None if found is None else (*found[:2], extracted.uniqueness, found[2], correlations.matrix)


def rotated_again(extracted: Extraction, solution: FactorSolution) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Rotate extracted factors as those of a solution, from the position closest to it.

    Parameters
    ----------
    extracted : Extraction
        The factors.
    solution : FactorSolution
        Its rotation and the options are repeated.

    Returns
    -------
    tuple or None
        Pattern (p, k), phi (k, k) and congruence (k,), in its order and direction; None where a search did not
        converge.
    """
    options: dict[str, Any] = dict(solution.rotation_options) | {
        "start": _closest_transformation(extracted.loadings, solution)
    }
    rotated = rotate(extracted.loadings, method=solution.rotation, **options)
    if not (extracted.converged and rotated.converged):
        return None
    return align_arrays(rotated.pattern, rotated.phi, solution.pattern.to_numpy())


def _closest_transformation(loadings: np.ndarray, solution: FactorSolution) -> np.ndarray:
    """The transformation T with loadings inv(T)' closest to the pattern, by least squares.

    Orthogonal where the rotation is (Procrustes), else with columns of length one.
    """
    pattern = solution.pattern.to_numpy()
    if solution.rotation in ORTHOGONAL:
        left, _, right = np.linalg.svd(loadings.T @ pattern)
        return left @ right
    transformation = np.linalg.inv(np.linalg.lstsq(loadings, pattern, rcond=None)[0]).T
    return transformation / np.linalg.norm(transformation, axis=0)
