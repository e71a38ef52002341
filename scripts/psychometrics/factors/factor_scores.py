"""Factor scores of people, the weights behind them, and how well the items determine the factors."""

import numpy as np
import pandas as pd

from psychometrics.correlation.smoothing import SINGULAR
from psychometrics.factors.solution import FactorSolution

METHODS = ("regression", "bartlett", "tenberge")
FROM_REPRODUCED = "the correlation matrix is singular: weights rest on the correlations that the factors reproduce"


def weighing_matrix(correlations: pd.DataFrame, solution: FactorSolution) -> tuple[pd.DataFrame, str]:
    """Choose the correlations that weights of factor scores rest on.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlation matrix (p, p) of the items of the solution, or of more.
    solution : FactorSolution
        The factors to be scored.

    Returns
    -------
    matrix : pandas.DataFrame
        The observed correlations, or the reproduced ones where the observed matrix is singular.
    note : str
        Empty for the observed correlations; otherwise says that they were replaced.

    Raises
    ------
    ValueError
        The reproduced matrix is not positive definite either, as with a communality of one or more.

    Notes
    -----
    Many items answered by few people, with answers missing pairwise, can have a correlation matrix without an inverse.
    The matrix that the solution reproduces, P Phi P' + Psi, has one and takes its place, as in lavaan::lavPredict,
    which always rests on it.
    """
    items = solution.pattern.index
    observed = correlations.loc[items, items]
    if _positive_definite(observed):
        return observed, ""
    if _positive_definite(solution.reproduced):
        return solution.reproduced, FROM_REPRODUCED
    raise ValueError("factor scores need a positive definite correlation matrix, observed or reproduced")


def score_weights(correlations: pd.DataFrame, solution: FactorSolution, *, method: str = "tenberge") -> pd.DataFrame:
    r"""Compute the weights of the standardized items in the factor scores.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlation matrix R (p, p) of the items; a singular one is replaced, see `weighing_matrix`.
    solution : FactorSolution
        The factors to be scored.
    method : {"tenberge", "regression", "bartlett"}, default "tenberge"
        `regression` (Thurstone 1935): largest correlation with the factor; `bartlett` (1937): unbiased; `tenberge` (ten
        Berge, Krijnen, Wansbeek & Shapiro 1999): the scores correlate as the factors do.

    Returns
    -------
    pandas.DataFrame
        Items x factors.

    Raises
    ------
    ValueError
        Unknown method, no positive definite matrix, or `bartlett` with a communality of one or more.

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
    r"""Compute how well the items determine each factor.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlation matrix R (p, p) of the items.
    solution : FactorSolution
        The factors.
    method : {"tenberge", "regression", "bartlett"}, default "tenberge"
        Kind of factor scores whose validity is wanted, see `score_weights`.

    Returns
    -------
    pandas.DataFrame
        Columns factor, statistic, estimate, n, method, note. Per factor: `determinacy`, the multiple correlation rho of
        the factor with the items, the best that any score can reach; `minimum_correlation`, 2 rho^2 - 1, the lowest
        correlation of two equally proper sets of scores (Guttman 1955; below 0 such scores may contradict each other);
        `validity`, the correlation of the scores of `method` with the factor. With a singular matrix they rest on the
        reproduced correlations, as the note says; where those do not help either they are missing, with the reason.

    Notes
    -----
    .. math:: \rho^2 = \mathrm{diag}(\Phi P' R^{-1} P \Phi)

    Grice (2001), Psychol. Methods 6. Agrees with psych::fa (rho^2 is its R2 for regression scores).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import fit_solution
    >>> from psychometrics.factors.factor_scores import determinacy
    >>> parallel = pd.DataFrame(np.full((4, 4), 0.64) + 0.36 * np.eye(4), index=list("abcd"), columns=list("abcd"))
    >>> determinacy(parallel, fit_solution(parallel, n=50, k=1))[["statistic", "estimate"]].round(3)
                 statistic  estimate
    0          determinacy     0.936
    1  minimum_correlation     0.753
    2             validity     0.936
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
    """Compute factor scores of people: standardized answers times weights.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items (at least those of `weights`); missing answers allowed.
    weights : pandas.DataFrame
        Items x factors, from `score_weights`.
    minimum_share : float, default 0.8
        Share of the items that a person must have answered, in (0, 1].

    Returns
    -------
    pandas.DataFrame
        People x factors with the index of `answers`; missing for people who answered less than the minimum share.

    Raises
    ------
    ValueError
        An item is absent or does not vary, or the minimum share lies outside (0, 1].

    Notes
    -----
    Items are standardized by the mean and the standard deviation (n - 1) of the answers given, as in
    psych::factor.scores, with which the scores agree on complete answers. A missing answer counts as the item's mean (0
    after standardizing), which draws that person's score towards 0.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, factor_scores, fit_solution
    >>> from psychometrics.factors.factor_scores import score_weights
    >>> items = example_answers().filter(regex="_[0-9]+$")
    >>> matrix = correlate(items).matrix
    >>> weights = score_weights(matrix, fit_solution(matrix, n=200, k=4))
    >>> factor_scores(items, weights).head(3).round(2)
         F1    F2    F3    F4
    0 -1.78  0.32 -2.15 -0.47
    1  0.39  1.15 -0.04  0.80
    2 -1.10 -1.76  1.07 -1.44
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
        raise ValueError(f"item {weights.index[int(np.argmin(spread))]} does not vary")
    scores = (centred / spread) @ weights.to_numpy()
    scores[given.mean(axis=1) < minimum_share - 1e-12] = np.nan
    return pd.DataFrame(scores, index=answers.index, columns=weights.columns)


def _positive_definite(matrix: pd.DataFrame) -> bool:
    """Whether the smallest eigenvalue is above rounding."""
    return bool(np.linalg.eigvalsh(matrix.to_numpy(dtype=float))[0] > SINGULAR)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Symmetric power of a positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, np.finfo(float).eps) ** exponent) @ vectors.T
