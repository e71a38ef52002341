"""The next eigenvalue sufficiency test (NEST): factors are added until the next eigenvalue is one of random data."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.extraction import degrees_of_freedom, extract_factors
from psychometrics.factors.retention.comparison_data import correlations_of_answers, numbers, sample_correlations

SIGNIFICANCE = 0.05
LATENT = ("polychoric", "mixed")  # correlations of what lies behind the answers


def nest_record(
    correlations: CorrelationMatrix, answers: pd.DataFrame | None = None, *, draws: int = 100, seed: int = 0
) -> dict[str, object]:
    r"""Find the number of factors by the next eigenvalue sufficiency test.

    Parameters
    ----------
    correlations : CorrelationMatrix
        Correlations of p items.
    answers : pandas.DataFrame, optional
        The answers behind polychoric correlations, people x items; without them, and for other correlations, random
        data are normal.
    draws : int, default 100
        Random samples for each number of factors, at least 19. A number is given up as soon as its test can no longer
        reject, so that only the numbers that are rejected take all draws.
    seed : int, default 0
        Seed of the random samples, at least 0.

    Returns
    -------
    dict of str to object
        Record with estimate (the number of factors), note and method; the estimate is missing, and the note says why,
        where answers cannot be correlated or there are fewer draws than the level of .05 needs.

    Notes
    -----
    For k = 0, 1, ... the k factors of the sample are taken as true: samples of n people are drawn from

    .. math:: x = \Lambda_k f + \Psi_k^{1/2} e,

    and where the (k + 1)th eigenvalue of the observed correlations is larger than those of the samples (one-sided
    p = (1 + number of samples with one as large) / (draws + 1) at most .05), k factors are not enough. Without factors
    this is the first step of parallel analysis of components; later ones, unlike parallel analysis, know the factors
    that are there. Achim (2017), Quant. Methods Psychol. 13, 64-74; Brandenburg & Papenberg (2024), Psychol. Methods
    29, 21-47. As EFAtools::NEST, and Rnest::nest with other loadings: Achim takes principal axes, here they are least
    squares, to which principal axes converge.

    Samples behind polychoric correlations are cut at the thresholds of the observed answers and have their gaps.
    Observed and random eigenvalues are then those of Pearson correlations of the answers, as in comparison data: both
    are attenuated alike. Achim's samples are normal.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics.correlation.matrix import given_matrix
    >>> from psychometrics.factors.retention.nest import nest_record
    >>> two_blocks = pd.DataFrame(np.kron(np.eye(2), np.full((4, 4), 0.6)) + 0.4 * np.eye(8))
    >>> nest_record(given_matrix(two_blocks, 200), seed=1)["estimate"]
    2.0
    """
    allowed = int(SIGNIFICANCE * (draws + 1) + 1e-9) - 1
    matrix = correlations.matrix.to_numpy(dtype=float)
    p, method = len(matrix), f"up to {draws} samples from the solution with each number of factors"
    if allowed < 0:
        needed = round(1 / SIGNIFICANCE) - 1
        return {"estimate": np.nan, "note": f"a test at {SIGNIFICANCE:g} needs {needed} samples", "method": method}
    cut = None
    observed = matrix
    if answers is not None and correlations.method in LATENT:
        values, answered = numbers(answers)
        try:
            observed = correlations_of_answers(values, answered, list(answers.columns))
        except ValueError as error:
            return {"estimate": np.nan, "note": str(error), "method": method}
        cut = _Cut(values, answered)
        method += ", cut as the answers are; Pearson correlations"
    eigenvalues = np.linalg.eigvalsh(observed)[::-1]
    most = max(k for k in range(p) if degrees_of_freedom(p, k) >= 0)
    for k in range(most + 1):
        loadings, unique = _model(matrix, k)
        larger = 0
        for draw in range(draws):
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k, draw)))
            n = correlations.n_total if cut is None else len(cut.answered)
            sample = rng.standard_normal((n, k)) @ loadings.T + rng.standard_normal((n, p)) * unique
            found = np.corrcoef(sample, rowvar=False) if cut is None else cut.correlations(sample)
            larger += np.linalg.eigvalsh(found)[p - 1 - k] >= eigenvalues[k]
            if larger > allowed:
                return {"estimate": float(k), "note": "", "method": method}
    note = f"more than {most} factors, which leave no degree of freedom" if most else "too few items"
    return {"estimate": float(most) if most else np.nan, "note": note, "method": method}


def _model(matrix: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Loadings of k factors and the weights of the unique parts."""
    if k == 0:
        return np.empty((len(matrix), 0)), np.ones(len(matrix))
    loadings = extract_factors(matrix, k, method="minres").loadings
    size = np.sqrt(np.maximum(np.sum(loadings**2, axis=1), 1.0))  # an improper item is all common
    loadings = loadings / size[:, None]
    return loadings, np.sqrt(np.maximum(1 - np.sum(loadings**2, axis=1), 0.0))


class _Cut:
    """Normal samples made into answers with the thresholds and gaps of the observed ones."""

    def __init__(self, values: np.ndarray, answered: np.ndarray) -> None:
        self.answered = answered
        self.counts = answered.T.astype(float) @ answered
        self.scales = []
        for column in values.T:
            kinds, counts = np.unique(column[~np.isnan(column)], return_counts=True)
            self.scales.append((kinds, ndtri(np.cumsum(counts)[:-1] / counts.sum())))

    def correlations(self, sample: np.ndarray) -> np.ndarray:
        """Pearson correlations of the answers made of a sample (n, p)."""
        made = np.empty_like(sample)
        for j, (kinds, thresholds) in enumerate(self.scales):
            made[:, j] = kinds[np.searchsorted(thresholds, sample[:, j])]
        return sample_correlations(made, self.answered, self.counts)
