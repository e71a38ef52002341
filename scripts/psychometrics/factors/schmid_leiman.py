"""The general factor above correlated factors: the Schmid-Leiman solution."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.factors.discrepancy import GRADIENT
from psychometrics.factors.extraction import extract_factors, initial_uniqueness
from psychometrics.factors.minres import minres
from psychometrics.factors.solution import FactorSolution

NOT_IDENTIFIED = "two factors do not identify the general factor: their loadings on it are set equal"


@dataclass(frozen=True)
class SchmidLeiman:
    """A general factor and group factors, all uncorrelated.

    Attributes
    ----------
    general : pandas.Series
        Item -> loading on the general factor.
    group : pandas.DataFrame
        Loadings on the group factors, items x group factors.
    uniqueness : pandas.Series
        Item -> one minus the communality of the correlated factors.
    second_order_loadings : pandas.Series
        First-order factor -> loading on the general factor; empty after a bifactor rotation.
    n : int
        Sample size.
    method : str
        Extraction, rotation and what was done to them.
    notes : tuple[str, ...]
        Sentences on identification and Heywood cases.
    """

    general: pd.Series
    group: pd.DataFrame
    uniqueness: pd.Series
    second_order_loadings: pd.Series
    n: int
    method: str
    notes: tuple[str, ...] = ()


def orthogonalised(pattern: np.ndarray, second_order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Free the group factors of second-order models from the general factor.

    Parameters
    ----------
    pattern : numpy.ndarray of shape (..., p, k)
        Loadings of the items on the correlated factors.
    second_order : numpy.ndarray of shape (..., k)
        Loadings of the factors on the general factor.

    Returns
    -------
    general : numpy.ndarray of shape (..., p)
        Loadings of the items on the general factor.
    group : numpy.ndarray of shape (..., p, k)
        Loadings on the group factors.

    Notes
    -----
    .. math:: g = P\gamma, \qquad s_{ij} = p_{ij}\sqrt{1 - \gamma_j^2}

    Schmid and Leiman (1957), Psychometrika 22, 53-61. A factor whose loading is 1 or more has no group factor left.

    Examples
    --------
    An item that loads .8 on a factor that loads .6 on the general one:

    >>> import numpy as np
    >>> general, group = orthogonalised(np.array([[0.8]]), np.array([0.6]))
    >>> general.round(2).tolist(), group.round(2).tolist()
    ([0.48], [[0.64]])
    """
    residual = np.sqrt(np.maximum(1 - second_order**2, 0.0))
    return np.matvec(pattern, second_order), pattern * residual[..., None, :]


def equal_loadings(phi: np.ndarray) -> np.ndarray:
    """Give two factors equal loadings on the general factor, which two do not identify.

    Parameters
    ----------
    phi : numpy.ndarray of shape (..., 2, 2)
        Correlations of two factors.

    Returns
    -------
    numpy.ndarray
        The square root of the correlation, twice, the second with its sign, shape (..., 2). As psych::schmid with
        option = "equal".
    """
    size = np.sqrt(np.abs(phi[..., 0, 1]))
    return np.stack([size, np.sign(phi[..., 0, 1]) * size], axis=-1)


def batched_second_order(phi: np.ndarray) -> np.ndarray:
    """Find the loadings on the general factor of m sets of correlated factors, as `schmid_leiman` does.

    Parameters
    ----------
    phi : numpy.ndarray of shape (m, k, k)
        Correlations of two or more factors.

    Returns
    -------
    numpy.ndarray of shape (m, k)
        Loadings on the general factor.
    """
    if phi.shape[1] == 2:
        return equal_loadings(phi)
    start = np.array([initial_uniqueness(matrix) for matrix in phi]).reshape(phi.shape[:2])
    gamma = minres(phi, 1, start, gradient=GRADIENT).loadings[:, :, 0]
    return gamma * np.where(gamma.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)


def schmid_leiman(solution: FactorSolution) -> SchmidLeiman:
    """Orthogonalise a second-order model: one general factor and group factors freed from it.

    Parameters
    ----------
    solution : FactorSolution
        Two or more correlated factors.

    Returns
    -------
    SchmidLeiman
        By the formula of `orthogonalised`, where the second-order loadings are the minres loadings of the first-order
        factors on one factor. With two factors they are not identified; both are set to the square root of the
        correlation.

    Raises
    ------
    ValueError
        There is one factor, or the factors were rotated orthogonally.

    Notes
    -----
    Schmid and Leiman (1957), Psychometrika 22. Agrees with psych::schmid and psych::omega(fm = "minres", rotate =
    "oblimin"), option = "equal".

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, fit_solution, schmid_leiman
    >>> found = correlate(example_answers().filter(regex=r"^(wai|haq)_[0-9]"), method="pearson")
    >>> schmid_leiman(fit_solution(found.matrix, found.n_total, 3)).second_order_loadings.round(1).tolist()
    [0.8, 0.7, 0.6]
    """
    phi = solution.phi.to_numpy()
    k = len(phi)
    if k == 1:
        raise ValueError("one factor has no factor of a higher order")
    if np.allclose(phi, np.eye(k), atol=1e-12):
        raise ValueError(f"factors rotated by {solution.rotation} are uncorrelated: no factor of a higher order")
    notes = []
    if k == 2:
        gamma = equal_loadings(phi)
        notes.append(NOT_IDENTIFIED)
    else:
        second = extract_factors(phi, 1, method="minres", labels=solution.labels)
        gamma = second.loadings[:, 0]
        notes.extend(f"second order: {note}" for note in second.notes)
    if gamma.min() < 0:
        notes.append("a factor loads negatively on the general factor")
    general, group = orthogonalised(solution.pattern.to_numpy(), gamma)
    items, labels = solution.pattern.index, solution.labels
    return SchmidLeiman(
        general=pd.Series(general, index=items, name="general"),
        group=pd.DataFrame(group, index=items, columns=labels),
        uniqueness=1 - solution.communality.rename("uniqueness"),
        second_order_loadings=pd.Series(gamma, index=labels, name="second_order_loading"),
        n=solution.n,
        method=f"{solution.method}, Schmid-Leiman",
        notes=tuple(notes),
    )


def general_factor_of(solution: FactorSolution) -> SchmidLeiman | None:
    """Find the general factor of a solution, if it has one.

    Parameters
    ----------
    solution : FactorSolution
        Of any rotation.

    Returns
    -------
    SchmidLeiman or None
        Of correlated factors the Schmid-Leiman solution; after a bifactor rotation its first factor, the others being
        the group factors (Jennrich & Bentler 2011, Psychometrika 76), with no loadings of the second order. None for a
        single factor and for uncorrelated factors, above which there is nothing.
    """
    if solution.rotation.startswith("bifactor"):
        return SchmidLeiman(
            general=solution.pattern.iloc[:, 0].rename("general"),
            group=solution.pattern.iloc[:, 1:],
            uniqueness=1 - solution.communality.rename("uniqueness"),
            second_order_loadings=pd.Series(dtype=float, name="second_order_loading"),
            n=solution.n,
            method=f"{solution.extraction}, {solution.rotation}",
        )
    if len(solution.labels) == 1 or np.allclose(solution.phi, np.eye(len(solution.labels)), atol=1e-12):
        return None
    return schmid_leiman(solution)


def uncorrelated_factors(solution: FactorSolution) -> tuple[pd.DataFrame, pd.Series]:
    """Find the uncorrelated factors behind a solution.

    Parameters
    ----------
    solution : FactorSolution
        Of any rotation.

    Returns
    -------
    loadings : pandas.DataFrame
        Items x factors: general and group factors where there are any (`general_factor_of`), else the factors as they
        are.
    uniqueness : pandas.Series
        Unique variances of the items.

    Raises
    ------
    ValueError
        The group factors of a bifactor rotation correlate.
    """
    sl = general_factor_of(solution)
    if sl is None:
        return solution.pattern, solution.uniqueness
    if solution.rotation.startswith("bifactor") and not np.allclose(solution.phi, np.eye(len(solution.phi)), atol=1e-8):
        raise ValueError(
            f"the group factors of {solution.rotation} correlate, so that no part of a total belongs to one of them; "
            "bifactor_t and oblique rotations such as oblimin have such parts"
        )
    return pd.concat([sl.general, sl.group], axis=1), sl.uniqueness
