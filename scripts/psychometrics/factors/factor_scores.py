"""Factor scores: weights, how well they determine the factors, and scores of people."""

import numpy as np
import pandas as pd

from psychometrics.correlation.smoothing import SINGULAR
from psychometrics.factors.solution import FactorSolution

METHODS = ("regression", "bartlett", "tenberge")
FROM_REPRODUCED = "the correlation matrix is singular: weights rest on the correlations that the factors reproduce"


def weighing_matrix(correlations: pd.DataFrame, solution: FactorSolution) -> tuple[pd.DataFrame, str]:
    """The correlations that weights of scores rest on, and a note where these are not the observed ones.

    Many items of few people with pairwise missing answers have a matrix without an inverse. The one that the solution
    reproduces, P Phi P' + Psi, has one, and so takes its place; as in lavaan::lavPredict, which always rests on it.

    Raises
    ------
    ValueError : the reproduced matrix is not positive definite either, as with a communality of one or more.
    """
    items = solution.pattern.index
    observed = correlations.loc[items, items]
    if _positive_definite(observed):
        return observed, ""
    if _positive_definite(solution.reproduced):
        return solution.reproduced, FROM_REPRODUCED
    raise ValueError("factor scores need a positive definite correlation matrix, observed or reproduced")


def score_weights(correlations: pd.DataFrame, solution: FactorSolution, *, method: str = "tenberge") -> pd.DataFrame:
    r"""Weights of the standardized items in the factor scores.

    Parameters
    ----------
    correlations : (p, p) matrix R of the items; a singular one is replaced, see `weighing_matrix`.
    method : `regression` (Thurstone 1935; largest correlation with the factor), `bartlett` (1937; unbiased) or
        `tenberge` (ten Berge, Krijnen, Wansbeek & Shapiro 1999; the scores correlate as the factors do).

    Returns
    -------
    Items x factors.

    Raises
    ------
    ValueError : unknown method; no positive definite matrix; bartlett with a communality of one or more.

    Notes
    -----
    .. math:: W_{reg} = R^{-1}P\Phi, \quad W_{B} = \Psi^{-1}P(P'\Psi^{-1}P)^{-1}, \quad
              W_{tB} = R^{-1/2} C \Phi^{1/2},\; C = R^{-1/2}L(L'R^{-1}L)^{-1/2},\; L = P\Phi^{1/2}

    Agrees with psych::factor.scores(method = "Thurstone", "Bartlett", "tenBerge")$weights.
    """
    if method not in METHODS:
        raise ValueError(f"unknown factor scores {method!r}: choose one of {', '.join(METHODS)}")
    matrix = weighing_matrix(correlations, solution)[0].to_numpy(dtype=float)
    pattern, phi = solution.pattern.to_numpy(), solution.phi.to_numpy()
    if method == "regression":
        weights = np.linalg.solve(matrix, pattern @ phi)
    elif method == "bartlett":
        uniqueness = 1 - solution.communality.to_numpy()
        if uniqueness.min() <= 0:
            raise ValueError("Bartlett scores need communalities below one")
        weighted = pattern / uniqueness[:, None]
        weights = weighted @ np.linalg.inv(pattern.T @ weighted)
    else:
        loadings = pattern @ _power(phi, 0.5)
        middle = loadings.T @ np.linalg.solve(matrix, loadings)
        weights = np.linalg.solve(matrix, loadings) @ _power(middle, -0.5) @ _power(phi, 0.5)
    return pd.DataFrame(weights, index=solution.pattern.index, columns=solution.labels)


def determinacy(correlations: pd.DataFrame, solution: FactorSolution, *, method: str = "tenberge") -> pd.DataFrame:
    r"""How well the items determine each factor.

    Returns
    -------
    Rows per factor: `determinacy`, the multiple correlation rho of the factor with the items, the best any score can
    reach; `minimum_correlation`, 2 rho^2 - 1, the lowest correlation of two equally proper sets of scores (Guttman
    1955; below 0 such scores may contradict each other); `validity`, the correlation of the scores of `method` with the
    factor. Of a singular matrix they are those of the reproduced correlations, which the note tells; missing with the
    reason where there are none.

    Notes
    -----
    .. math:: \rho^2 = \mathrm{diag}(\Phi P' R^{-1} P \Phi)

    Grice (2001), Psychol. Methods 6. Agrees with psych::fa (rho^2 is its R2 for regression scores).
    """
    structure = solution.structure.to_numpy()
    names = ["determinacy", "minimum_correlation", "validity"]
    values, note = np.full((len(solution.labels), 3), np.nan), ""
    try:
        basis, note = weighing_matrix(correlations, solution)
        matrix = basis.to_numpy(dtype=float)
        squared = np.sum(structure * np.linalg.solve(matrix, structure), axis=0)
        values[:, 0], values[:, 1] = np.sqrt(squared), 2 * squared - 1
        if squared.max() > 1:
            note = "multiple correlation above one: the model does not fit these correlations"
        weights = score_weights(correlations, solution, method=method).to_numpy()
        spread = np.sqrt(np.sum(weights * (matrix @ weights), axis=0))
        values[:, 2] = np.sum(weights * structure, axis=0) / spread
    except ValueError as error:
        note = str(error)
    frame = pd.DataFrame(
        {
            "factor": np.repeat(solution.labels, 3),
            "statistic": names * len(solution.labels),
            "estimate": values.ravel(),
            "n": solution.n,
        }
    )
    base = solution.method
    return frame.assign(
        method=[f"{base}, {method} scores" if name == "validity" else base for name in frame["statistic"]], note=note
    )


def factor_scores(answers: pd.DataFrame, weights: pd.DataFrame, *, minimum_share: float = 0.8) -> pd.DataFrame:
    """Scores of people: standardized answers times weights.

    Parameters
    ----------
    answers : people x items (at least those of `weights`); missing answers allowed.
    weights : items x factors, from `score_weights`.
    minimum_share : share of the items a person must have answered, in (0, 1].

    Returns
    -------
    People x factors with the index of `answers`. A missing answer counts as the item's mean (0 after standardizing),
    which draws the score of that person towards 0; who answered less than the minimum share gets missing scores.
    Standardized by the mean and standard deviation (n - 1) of the answers given, as psych::factor.scores, with which
    it agrees on complete answers.

    Raises
    ------
    ValueError : an item is absent or does not vary.
    """
    absent = weights.index.difference(answers.columns)
    if len(absent):
        raise ValueError(f"the answers to item {absent[0]} are absent")
    if not 0 < minimum_share <= 1:
        raise ValueError(f"minimum_share must lie in (0, 1], not {minimum_share}")
    values = answers[weights.index].to_numpy(dtype=float, na_value=np.nan)
    given = ~np.isnan(values)
    centred = values - np.where(given, values, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)
    centred[~given] = 0.0
    spread = np.sqrt((centred**2).sum(axis=0) / np.maximum(given.sum(axis=0) - 1, 1))
    if not (spread > 0).all():
        raise ValueError(f"item {weights.index[np.argmin(spread)]} does not vary")
    scores = (centred / spread) @ weights.to_numpy()
    scores[given.mean(axis=1) < minimum_share - 1e-12] = np.nan
    return pd.DataFrame(scores, index=answers.index, columns=weights.columns)


def _positive_definite(matrix: pd.DataFrame) -> bool:
    return bool(np.linalg.eigvalsh(matrix.to_numpy(dtype=float))[0] > SINGULAR)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Symmetric power of a positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, np.finfo(float).eps) ** exponent) @ vectors.T
