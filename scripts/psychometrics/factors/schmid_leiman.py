"""The general factor behind correlated factors: Schmid-Leiman solution and its indices."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.solution import FactorSolution


@dataclass(frozen=True)
class SchmidLeiman:
    """general : loading of each item on the general factor; group : items x group factors; uniqueness : per item;
    second_order_loadings : loading of each first-order factor on the general factor."""

    general: pd.Series
    group: pd.DataFrame
    uniqueness: pd.Series
    second_order_loadings: pd.Series
    n: int
    method: str
    notes: tuple[str, ...] = ()


def schmid_leiman(solution: FactorSolution) -> SchmidLeiman:
    r"""Orthogonalise a second-order model: one general factor and group factors freed from it.

    .. math:: g = P\gamma, \qquad s_{ij} = p_{ij}\sqrt{1 - \gamma_j^2}

    where gamma are the minres loadings of the first-order factors on one second-order factor. With two factors they are
    not identified; both are set to the square root of the correlation.

    Raises
    ------
    ValueError : there is one factor, or the factors were rotated orthogonally.

    Notes
    -----
    Schmid and Leiman (1957), Psychometrika 22. Agrees with psych::schmid and psych::omega(fm = "minres", rotate =
    "oblimin"), option = "equal".
    """
    phi = solution.phi.to_numpy()
    k = len(phi)
    if k == 1:
        raise ValueError("one factor has no factor of a higher order")
    if np.allclose(phi, np.eye(k), atol=1e-12):
        raise ValueError(f"factors rotated by {solution.rotation} are uncorrelated: no factor of a higher order")
    notes = []
    if k == 2:
        size = np.sqrt(abs(phi[0, 1]))
        gamma = np.array([size, np.sign(phi[0, 1]) * size])
        notes.append("two factors do not identify the general factor: their loadings on it are set equal")
    else:
        second = extract_factors(phi, 1, method="minres", labels=solution.labels)
        gamma = second.loadings[:, 0]
        notes.extend(f"second order: {note}" for note in second.notes)
    if gamma.min() < 0:
        notes.append("a factor loads negatively on the general factor")
    residual = np.sqrt(np.maximum(1 - gamma**2, 0.0))
    return SchmidLeiman(
        general=(solution.pattern @ gamma).rename("general"),
        group=solution.pattern * residual,
        uniqueness=1 - solution.communality.rename("uniqueness"),
        second_order_loadings=pd.Series(gamma, index=solution.labels, name="second_order_loading"),
        n=solution.n,
        method=f"{solution.method}, Schmid-Leiman",
        notes=tuple(notes),
    )


def general_factor_of(solution: FactorSolution) -> SchmidLeiman | None:
    """The general factor of a solution, if it has one.

    Of correlated factors the Schmid-Leiman solution; after a bifactor rotation its first factor, the others being the
    group factors (Jennrich & Bentler 2011, Psychometrika 76), with no loadings of the second order. None for a single
    factor and for uncorrelated factors, above which there is nothing.
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


def general_factor_indices(
    sl: SchmidLeiman, forms: pd.Series, *, correlations: pd.DataFrame | None = None
) -> pd.DataFrame:
    r"""How much of the items' variance is general.

    Parameters
    ----------
    sl : Schmid-Leiman solution; the items must be keyed in one direction for the omegas.
    forms : item -> form or instrument, for the shares.
    correlations : (p, p) observed matrix. With it the variance of the sum score is the observed one, as in
        psych::omega; without it that of the model.

    Returns
    -------
    Rows: `omega_hierarchical`, `omega_total`, `ecv` (explained common variance), `puc` (share of the correlations that
    only the general factor explains, each item belonging to the group factor of its largest loading); and per group
    `share_of_general_variance`, which sums to 1, and `ecv` among its items.

    Notes
    -----
    .. math:: \omega_h = \frac{(\sum g_i)^2}{V}, \quad \omega_t = 1 - \frac{\sum u_i^2}{V}, \quad
              ECV = \frac{\sum g_i^2}{\sum g_i^2 + \sum s_{ij}^2}

    McDonald (1999); Reise, Scheines, Widaman & Haviland (2013), Educ. Psychol. Meas. 73. Agrees with psych::omega
    (omega_h, omega.tot, ECV) when `correlations` is given.
    """
    missing = sl.general.index.difference(forms.index)
    if len(missing):
        raise ValueError(f"no form is given for item {missing[0]}")
    forms = forms.loc[sl.general.index]
    general, group = sl.general.to_numpy(), sl.group.to_numpy()
    if correlations is None:
        model = np.outer(general, general) + group @ group.T
        total, basis = model.sum() - np.trace(model) + len(general), "variance of the sum from the model"
    else:
        total = correlations.loc[sl.general.index, sl.general.index].to_numpy().sum()
        basis = "observed variance of the sum"
    belongs = np.abs(group).argmax(axis=1)
    upper = np.triu_indices(len(general), 1)
    apart = belongs[upper[0]] != belongs[upper[1]]
    rows = [
        {"statistic": "omega_hierarchical", "estimate": general.sum() ** 2 / total, "basis": basis},
        {"statistic": "omega_total", "estimate": 1 - sl.uniqueness.sum() / total, "basis": basis},
        {"statistic": "ecv", "estimate": _ecv(general, group)},
        {"statistic": "puc", "estimate": apart.mean()},
    ]
    for form in forms.unique():
        own = (forms == form).to_numpy()
        share = np.sum(general[own] ** 2) / np.sum(general**2)
        rows.append({"group": form, "statistic": "share_of_general_variance", "estimate": share})
        rows.append({"group": form, "statistic": "ecv", "estimate": _ecv(general[own], group[own])})
    frame = pd.DataFrame(rows).reindex(columns=["group", "statistic", "estimate", "basis"])
    basis = frame.pop("basis")
    method = [sl.method if pd.isna(b) else f"{sl.method}, {b}" for b in basis]
    return frame.assign(n=sl.n, method=method, note="; ".join(sl.notes))


def _ecv(general: np.ndarray, group: np.ndarray) -> float:
    return np.sum(general**2) / (np.sum(general**2) + np.sum(group**2))
