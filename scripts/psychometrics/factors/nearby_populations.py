"""Populations that a sample may come from, and the bias that rotation adds in samples of theirs."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from psychometrics.factors.batched_schmid_leiman import batched_factors
from psychometrics.factors.bootstrap import general_arrays, resampled_matrices, rotated_again
from psychometrics.factors.common_factor import instrument_members
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.rotation import OBLIQUE
from psychometrics.factors.simple_structure import simple_structure
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.bias_correction import freed_from_error, population_like
from psychometrics.resampling.bootstrap_intervals import (
    bias_on,
    mean_of_known,
    of_few,
    on_scale,
    spread_on,
    with_intervals,
)

PASSES = 2
SINGLY = 100  # matrices that are solved one by one, for extractions and rotations that are not made for batches
SMALLEST_EIGENVALUE, LARGEST_COMMUNALITY = 0.02, 0.97  # of a proper population
SMALLEST_RATIO = 0.3  # of correlations of factors in samples to those in the population
ALLOWED = 0.7  # of the bias, as a standard error of its correction

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class NearbyPopulation:
    """A population, and the solutions of its resamples.

    Attributes
    ----------
    own : dict[str, numpy.ndarray]
        The arrays of `resample_solution` from `pattern` to `indices`, of the population: the first axis is 1.
    drawn : dict[str, numpy.ndarray]
        The same of the resamples.
    """

    own: Arrays
    drawn: Arrays

    def bias(self, of: Callable[[Arrays], np.ndarray], kind: str) -> np.ndarray:
        """Compute how far estimates in resamples are from the population, on a scale.

        Parameters
        ----------
        of : callable
            From arrays to estimates (m, q).
        kind : str
            Scale, a key of `psychometrics.resampling.bootstrap_intervals.SCALES`.

        Returns
        -------
        numpy.ndarray of shape (q,)
            Mean of the resamples minus the population's value; missing where that is not on the scale.
        """
        return bias_on(of(self.drawn), of(self.own)[0], kind)


def largest_spread(
    nearby: list[NearbyPopulation], drawn: np.ndarray, of: Callable[[Arrays], np.ndarray], kind: str
) -> np.ndarray:
    """Find the largest standard deviation that the sample's resamples or those of a nearby population have.

    Parameters
    ----------
    nearby : list of NearbyPopulation
        Populations; may be empty.
    drawn : numpy.ndarray of shape (m, q)
        Estimates of the sample's resamples.
    of : callable
        From arrays to estimates (m, q).
    kind : str
        Scale, a key of `psychometrics.resampling.bootstrap_intervals.SCALES`.

    Returns
    -------
    numpy.ndarray of shape (q,)
        Standard deviations on the scale; missing where all are.

    Notes
    -----
    Resamples of a sample whose solution lies on the edge, with a loading of 1, hardly move away from there, which other
    samples of its population do.
    """
    return np.fmax.reduce([spread_on(drawn, kind), *(spread_on(of(place.drawn), kind) for place in nearby)])


def nearby_populations(
    solution: FactorSolution, matrix: np.ndarray, drawn: Arrays, instruments: pd.Series
) -> list[NearbyPopulation]:
    r"""Find the likely population of a solution and one of simple structure, and resample both.

    Parameters
    ----------
    solution : FactorSolution
        Solution of the sample, with two or more factors.
    matrix : numpy.ndarray of shape (p, p)
        Correlations of the sample.
    drawn : dict[str, numpy.ndarray]
        The arrays of `psychometrics.factors.bootstrap.resample_solution`.
    instruments : pandas.Series
        Item -> instrument, for the indices.

    Returns
    -------
    list of NearbyPopulation
        First the likely one; empty for one factor, without rotation, and where fewer than two resamples have
        correlations.

    Notes
    -----
    The bias of rotated solutions depends on how simple the structure of the population is, and a sample cannot tell:
    chance loadings make every sample look less simple than its population. Two answers are therefore kept. The likely
    population has the loadings of the sample minus their bias, the small ones freed from sampling error as far as
    their mean square does not exceed it (:func:`psychometrics.factors.standard_errors.bias_correction.freed_from_error`
    with the standard deviations of the resamples); bias and population depend on each other, so this is done twice
    over. In the other population each item measures the factor of its largest loading alone
    (:func:`psychometrics.factors.simple_structure.simple_structure`).

    A resample of a population has the correlations :math:`R^*_b - R + \Sigma`, with those of a resample and of the
    sample, and of the population's model. So the sampling error is that of the answers at hand: of skewed answers, in
    few categories, of clients within therapists.

    Minres with oblimin is solved for all resamples at once; of other solutions the first hundred are. Resamples of dwls
    are extracted by minres, because they have no weights.
    """
    if solution.pattern.shape[1] == 1 or solution.rotation == "none":
        return []
    change = resampled_matrices(drawn["correlations"]) - matrix
    if len(change) < 2:
        return []
    _, members = instrument_members(instruments.loc[solution.pattern.index])
    pattern, phi = solution.pattern.to_numpy(), solution.phi.to_numpy()
    spread = np.nanquantile(drawn["pattern"], [0.1587, 0.8413], axis=0)
    variances = ((spread[1] - spread[0]) / 2) ** 2
    of_pattern, of_phi = mean_of_known(drawn["pattern"]) - pattern, mean_of_known(drawn["phi"]) - phi
    found: list[NearbyPopulation] = []
    for _ in range(PASSES):
        likely = population_like(solution, *_proper(freed_from_error(pattern - of_pattern, variances), phi - of_phi))
        found = [_resampled(likely, change, members)]
        of_pattern, of_phi = (
            mean_of_known(found[0].drawn[name]) - found[0].own[name][0] for name in ("pattern", "phi")
        )
        if not (np.isfinite(of_pattern).all() and np.isfinite(of_phi).all()):  # no resample of it had a solution
            break
    simple = None
    if solution.rotation in OBLIQUE and not solution.rotation.startswith("bifactor"):
        simple = simple_structure(matrix, np.abs(pattern).argmax(axis=1), len(phi))
    if simple is not None:
        between = np.outer(simple.second_order, simple.second_order)
        np.fill_diagonal(between, 1.0)
        place = population_like(solution, *_proper(simple.pattern, between))
        found.append(_resampled(place, change, members))
    return found


def largest_bias(
    nearby: list[NearbyPopulation],
    own: np.ndarray,
    drawn: np.ndarray,
    of: Callable[[Arrays], np.ndarray],
    kind: str,
) -> np.ndarray:
    """Find the largest bias that the sample's resamples or those of a nearby population show.

    Parameters
    ----------
    nearby : list of NearbyPopulation
        Populations; may be empty.
    own : numpy.ndarray of shape (q,)
        Estimates of the sample.
    drawn : numpy.ndarray of shape (m, q)
        Estimates of its resamples.
    of : callable
        From arrays to estimates (m, q).
    kind : str
        Scale, a key of `psychometrics.resampling.bootstrap_intervals.SCALES`.

    Returns
    -------
    numpy.ndarray of shape (q,)
        Absolute biases on the scale; missing where all are.
    """
    biases = [bias_on(drawn, own, kind)]
    biases += [place.bias(of, kind) for place in nearby]
    return np.fmax.reduce(np.abs(biases))


def phi_intervals(
    rows: pd.DataFrame,
    drawn: np.ndarray,
    nearby: list[NearbyPopulation],
    level: float,
    *,
    units: str = "clients",
    n_units: int | None = None,
) -> pd.DataFrame:
    r"""Correct the correlations of factors for the pull of the rotation, with intervals.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the correlations above the diagonal, row by row.
    drawn : numpy.ndarray of shape (m, k, k)
        Correlations of the factors in the sample's resamples.
    nearby : list of NearbyPopulation
        Populations; without any, the bias is that of the resamples and widens the interval in full.
    level : float
        Coverage of the intervals, in (0, 1).
    units : str, default "clients"
        What was resampled.
    n_units : int, optional
        How many units there are.

    Returns
    -------
    pandas.DataFrame
        The rows with `estimate` corrected, `uncorrected`, se, lower, upper, level, method and note.

    Notes
    -----
    On the scale of Fisher's z the estimate is the sample's value minus its bias in the likely population. Rotation
    multiplies correlations rather than subtracting from them, so that the corrected value varies more than the sample's
    own: the standard deviation of the resamples is divided by the ratio of correlations in resamples to those in the
    population, in the population where it is smaller. Seven tenths of the larger bias are added as a standard error of
    the correction. Coverage: docs/recovery_factor_intervals.md.
    """
    first, second = np.triu_indices(drawn.shape[1], 1)

    def _above_diagonal(arrays: Arrays) -> np.ndarray:
        return arrays["phi"][:, first, second]

    values = _above_diagonal({"phi": drawn})
    if not nearby:
        return with_intervals(rows, values, level, kind="bias-corrected z", units=units, n_units=n_units, widened=True)
    ratios, biases = [], [place.bias(_above_diagonal, "z") for place in nearby]
    for place, bias in zip(nearby, biases, strict=True):
        known = on_scale(_above_diagonal(place.own)[0], "z")
        size = np.nansum(known**2)  # 0 where no factors correlate, which rotation cannot pull towards 0
        ratios.append(np.clip(1 + np.nansum(bias * known) / size, SMALLEST_RATIO, 1) if size > 0 else 1.0)
    spread = of_few(n_units) * spread_on(values, "z") / min(ratios)
    return with_intervals(
        rows,
        values,
        level,
        kind="bias-corrected z",
        units=f"{units}, bias in the likely population",
        n_units=n_units,
        bias=biases[0],
        errors=np.hypot(spread, ALLOWED * np.fmax.reduce(np.abs(biases))),
    )


def _proper(pattern: np.ndarray, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The population with positive definite correlations of the factors and proper communalities that is closest."""
    values, vectors = np.linalg.eigh((phi + phi.T) / 2)
    phi = vectors * np.maximum(values, SMALLEST_EIGENVALUE) @ vectors.T
    root = np.sqrt(np.diag(phi))
    phi = phi / np.outer(root, root)
    communality = np.sum(pattern @ phi * pattern, axis=1)
    return pattern * np.sqrt(np.minimum(1, LARGEST_COMMUNALITY / np.maximum(communality, 1e-12)))[:, None], phi


def _resampled(place: FactorSolution, change: np.ndarray, members: np.ndarray) -> NearbyPopulation:
    """Add the sampling error of the resamples to a population's correlations and solve them."""
    pattern, phi = place.pattern.to_numpy(), place.phi.to_numpy()
    model = pattern @ phi @ pattern.T
    uniqueness = 1 - np.diag(model)
    np.fill_diagonal(model, 1.0)
    place = replace(place, uniqueness=pd.Series(uniqueness, place.pattern.index))
    matrices = np.clip(model + change, -1, 1)
    patterns, phis = _solved(matrices, place)
    total = np.where(np.isfinite(patterns[:, 0, 0]), matrices[: len(patterns)].sum(axis=(1, 2)), np.nan)
    own = {"pattern": pattern[None], "phi": phi[None]}
    drawn = {"pattern": patterns, "phi": phis}
    return NearbyPopulation(
        own | general_arrays(pattern[None], phi[None], model.sum()[None], place, members),
        drawn | general_arrays(patterns, phis, total, place, members),
    )


def _solved(matrices: np.ndarray, place: FactorSolution) -> tuple[np.ndarray, np.ndarray]:
    """Patterns (m, p, k) and correlations of the factors, missing where a search fails."""
    extraction = "minres" if place.extraction == "dwls" else place.extraction
    options = place.rotation_options
    if (
        (extraction, place.rotation) == ("minres", "oblimin")
        and not options.get("gamma")
        and not options.get("normalize")
    ):
        return batched_factors(matrices, place.uniqueness.to_numpy(), place.pattern.to_numpy())[:2]
    matrices = matrices[:SINGLY]
    p, k = place.pattern.shape
    patterns, phi = np.full((len(matrices), p, k), np.nan), np.full((len(matrices), k, k), np.nan)
    for number, matrix in enumerate(matrices):
        try:
            extracted = extract_factors(matrix, k, method=extraction, start=place.uniqueness.to_numpy())
        except ValueError:
            continue
        found = rotated_again(extracted, place)
        if found is not None:
            patterns[number], phi[number] = found[:2]
    return patterns, phi
