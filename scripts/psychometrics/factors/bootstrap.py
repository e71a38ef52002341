"""How stable is a factor solution? Everything from the correlations to the common factor again in every resample."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.common_factor import CommonFactor, common_factor
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.rotation import ORTHOGONAL, rotate
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import FactorSolution
from psychometrics.resampling.weights import resample_weights


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
        Seed of the draws, see `resample_weights`.
    among : numpy.ndarray, optional
        The units to draw from, see `resample_weights`.

    Returns
    -------
    dict[str, numpy.ndarray]
        Arrays whose first axis is the draw: `pattern` (p, k), `phi` (k, k), `communality` (p), `general` (p), `group`
        (p, group factors), `second_order` (group factors), `indices` (rows of `general_factor_indices`), `breadth`
        (rows of `CommonFactor.table`), `chosen` (position of the common factor, -1 for none), `congruence` (k) with the
        solution, and `failed`: a resample that gave no solution (an item without variation, a search that did not
        converge), all missing otherwise.
    """
    p, k = solution.pattern.shape
    weights = resample_weights(units, first_draw, n_draws, seed, among=among)
    sl = general_factor_of(solution)
    n_indices = 0 if sl is None else len(general_factor_indices(sl, rule.instruments))
    n_groups, n_orders = (0, 0) if sl is None else (sl.group.shape[1], len(sl.second_order_loadings))
    n_rows = len(rule.find(solution, None if sl is None else sl.general).table)
    shapes = {
        "pattern": (p, k),
        "phi": (k, k),
        "communality": (p,),
        "general": (p,),
        "group": (p, n_groups),
        "second_order": (n_orders,),
        "indices": (n_indices,),
        "breadth": (n_rows,),
        "congruence": (k,),
    }
    drawn = {name: np.full((n_draws, *shape), np.nan) for name, shape in shapes.items()}
    drawn["chosen"] = np.full(n_draws, -1)
    drawn["failed"] = np.ones(n_draws, dtype=bool)
    for draw in range(n_draws):
        refitted = _refit(correlator, weights[draw], solution)
        if refitted is not None:
            aligned, congruence, matrix = refitted
            _record(drawn, draw, aligned, congruence, matrix, rule)
    return drawn


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
    options: dict[str, Any] = dict(solution.rotation_options) | {
        "start": _closest_transformation(extracted.loadings, solution)
    }
    rotated = rotate(extracted.loadings, method=solution.rotation, **options)
    if not (extracted.converged and rotated.converged):
        return None
    pattern, phi, congruence = align_arrays(rotated.pattern, rotated.phi, solution.pattern.to_numpy())
    return pattern, phi, extracted.uniqueness, congruence, correlations.matrix


def _refit(
    correlator: Correlator, weights: np.ndarray, solution: FactorSolution
) -> tuple[FactorSolution, np.ndarray, pd.DataFrame] | None:
    """The aligned solution of one resample, its congruences and its correlations; None where there is none."""
    found = refit(correlator, weights, solution)
    if found is None:
        return None
    pattern, phi, uniqueness, congruence, matrix = found
    aligned = replace(
        solution,
        pattern=pd.DataFrame(pattern, index=solution.pattern.index, columns=solution.pattern.columns),
        phi=pd.DataFrame(phi, index=solution.phi.index, columns=solution.phi.columns),
        uniqueness=pd.Series(uniqueness, index=solution.uniqueness.index),
    )
    return aligned, congruence, matrix


def _record(
    drawn: dict[str, np.ndarray],
    draw: int,
    aligned: FactorSolution,
    congruence: np.ndarray,
    matrix: pd.DataFrame,
    rule: CommonFactorRule,
) -> None:
    """Write the numbers of one resample into the arrays of all."""
    sl = general_factor_of(aligned)
    found = rule.find(aligned, None if sl is None else sl.general)
    drawn["pattern"][draw] = aligned.pattern
    drawn["phi"][draw] = aligned.phi
    drawn["communality"][draw] = aligned.communality
    drawn["congruence"][draw] = congruence
    drawn["breadth"][draw] = found.table["estimate"]
    if sl is not None:
        drawn["general"][draw] = sl.general
        drawn["group"][draw] = sl.group
        drawn["second_order"][draw] = sl.second_order_loadings
        drawn["indices"][draw] = general_factor_indices(sl, rule.instruments, correlations=matrix)["estimate"]
    drawn["chosen"][draw] = -1 if found.name is None else aligned.labels.index(found.name)
    drawn["failed"][draw] = False


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
