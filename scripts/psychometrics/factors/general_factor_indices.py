"""What a general factor and its group factors make of a scale's score: omegas, explained variance, PUC, H."""

import numpy as np
import pandas as pd

from psychometrics.factors.common_factor import instrument_members
from psychometrics.factors.schmid_leiman import SchmidLeiman


def general_factor_indices(
    sl: SchmidLeiman, forms: pd.Series, *, correlations: pd.DataFrame | None = None
) -> pd.DataFrame:
    r"""Compute how much of the variance of the items of several forms is general.

    Parameters
    ----------
    sl : SchmidLeiman
        Solution with a general factor; the items must be keyed in one direction for the omegas.
    forms : pandas.Series
        Item -> form or instrument, for the shares.
    correlations : pandas.DataFrame, optional
        Observed correlations of the items, item x item. With them the variance of the sum score is the observed one,
        as in psych::omega; without them that of the model.

    Returns
    -------
    pandas.DataFrame
        Rows `omega_hierarchical`, `omega_total`, `ecv` (explained common variance), `puc` (each item being of the group
        factor of its largest loading); and per form (column `group`) `share_of_general_variance`, which sums to 1, and
        `ecv` among its items.

    Raises
    ------
    ValueError
        An item has no form.

    Notes
    -----
    The formulas of `schmid_leiman_indices`. Reise, Scheines, Widaman & Haviland (2013), Educ. Psychol. Meas. 73.
    Agrees with psych::omega (omega_h, omega.tot, ECV) when `correlations` is given.
    """
    missing = sl.general.index.difference(forms.index)
    if len(missing):
        raise ValueError(f"no form is given for item {missing[0]}")
    names, members = instrument_members(forms.loc[sl.general.index])
    general, group, uniqueness = sl.general.to_numpy(), sl.group.to_numpy(), sl.uniqueness.to_numpy()
    if correlations is None:
        matrix = np.outer(general, general) + group @ group.T
        np.fill_diagonal(matrix, 1.0)
        basis = "variance of the sum from the model"
    else:
        matrix = correlations.loc[sl.general.index, sl.general.index].to_numpy()
        basis = "observed variance of the sum"
    found = batched_general_indices(general[None], group[None], uniqueness[None], matrix.sum()[None], members)[0]
    rows: list[dict[str, object]] = [
        {"statistic": "omega_hierarchical", "basis": basis},
        {"statistic": "omega_total", "basis": basis},
        {"statistic": "ecv"},
        {"statistic": "puc"},
    ]
    for name in names:
        rows += [{"group": name, "statistic": statistic} for statistic in ("share_of_general_variance", "ecv")]
    rows = [row | {"estimate": value} for row, value in zip(rows, found, strict=True)]
    frame = pd.DataFrame(rows).reindex(columns=["group", "statistic", "estimate", "basis"])
    bases = frame.pop("basis")
    method = [sl.method if pd.isna(of) else f"{sl.method}, {of}" for of in bases]
    return frame.assign(n=sl.n, method=method, note="; ".join(sl.notes))


def batched_general_indices(
    general: np.ndarray, group: np.ndarray, uniqueness: np.ndarray, total: np.ndarray, members: np.ndarray
) -> np.ndarray:
    """Compute the estimates of `general_factor_indices` of m solutions.

    Parameters
    ----------
    general : numpy.ndarray of shape (m, p)
        Loadings on the general factor.
    group : numpy.ndarray of shape (m, p, k)
        Loadings on the group factors.
    uniqueness : numpy.ndarray of shape (m, p)
        One minus the communalities of the correlated factors.
    total : numpy.ndarray of shape (m,)
        Variance of the sum of the standardized items.
    members : numpy.ndarray of bool, shape (M, p)
        Which items are of which form.

    Returns
    -------
    numpy.ndarray of shape (m, 4 + 2 M)
        In the order of the rows.
    """
    belongs = np.abs(group).argmax(axis=2)[:, :, None] == np.arange(group.shape[2])
    columns = [*_of_scale(general, group, uniqueness, total), share_of_uncontaminated_pairs(belongs)]
    whole = np.sum(general**2, axis=1)
    for own in members:
        columns += [np.sum(general[:, own] ** 2, axis=1) / whole, _ecv(general[:, own], group[:, own])]
    return np.column_stack(columns)


def schmid_leiman_indices(
    general: np.ndarray, group: np.ndarray, uniqueness: np.ndarray, matrices: np.ndarray, belongs: np.ndarray
) -> dict[str, np.ndarray]:
    r"""Compute the indices of m Schmid-Leiman solutions of p standardized items with k group factors.

    Parameters
    ----------
    general : numpy.ndarray of shape (m, p)
        Loadings on the general factor.
    group : numpy.ndarray of shape (m, p, k)
        Loadings on the group factors.
    uniqueness : numpy.ndarray of shape (m, p)
        One minus the communalities of the correlated factors.
    matrices : numpy.ndarray of shape (m, p, p)
        Observed correlations of the keyed items.
    belongs : numpy.ndarray of shape (p, k)
        True where the item is of the subscale that goes with the group factor.

    Returns
    -------
    dict[str, numpy.ndarray]
        Shape (m,): `omega_hierarchical`, `omega_total_schmid_leiman`, `relative_omega` (the first over the second),
        `ecv`, `puc`, `construct_h_general`; shape (m, k), one number per subscale: `omega_subscale`,
        `omega_subscale_general`, `omega_hierarchical_subscale`, `ecv_subscale`, `construct_h_subscale`. Missing where a
        denominator is not positive or a loading leaves no unique variance.

    Notes
    -----
    With V the observed variance of the sum of the standardized items, :math:`V_s` of those of subscale s,
    :math:`h^2_i = g_i^2 + \sum_j s_{ij}^2` and the uniquenesses :math:`u^2_i`:

    .. math::
        \omega_h = \frac{(\sum_i g_i)^2}{V}, \quad \omega_t = 1 - \frac{\sum_i u_i^2}{V}, \quad
        \omega_{hs} = \frac{(\sum_{i \in s} s_{is})^2}{V_s}, \quad
        \omega_s = \frac{(\sum_{i \in s} g_i)^2 + (\sum_{i \in s} s_{is})^2}{V_s}

    .. math::
        ECV = \frac{\sum_i g_i^2}{\sum_i h_i^2}, \quad
        H = \Bigl(1 + \Bigl(\sum_i \frac{l_i^2}{1 - l_i^2}\Bigr)^{-1}\Bigr)^{-1}, \quad
        PUC = \text{share of the pairs of items that have no subscale in common}

    With three or fewer group factors :math:`u^2_i = 1 - h^2_i`; with more, one second-order factor does not reproduce
    the correlations of the factors exactly, and psych::omega takes the uniquenesses of the correlated factors.

    McDonald (1999), Test theory; Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70; Rodriguez, Reise & Haviland
    (2016), Psychol. Methods 21, 137-150; H: Hancock & Mueller (2001). The omegas and ECV agree with psych::omega
    (omega_h, omega.tot, omega.lim, ECV and omega.group: general, group, total) where every item loads highest on the
    group factor of its own subscale: psych gives an item to the factor of its largest loading.
    """
    own = belongs.astype(float)
    squares, group_squares = general**2, (group**2).sum(axis=2)
    part = np.einsum("ik,mij,jk->mk", own, matrices, own, optimize=True)
    general_sums, group_sums = general @ own, (group * own).sum(axis=1)
    hierarchical, omega, ecv = _of_scale(general, group, uniqueness, matrices.sum(axis=(1, 2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(part > 1e-12, part, np.nan)
        return {
            "omega_hierarchical": hierarchical,
            "omega_total_schmid_leiman": omega,
            "relative_omega": hierarchical / omega,
            "ecv": ecv,
            "puc": np.full(len(general), share_of_uncontaminated_pairs(belongs)),
            "construct_h_general": construct_h(general),
            "omega_subscale": (general_sums**2 + group_sums**2) / part,
            "omega_subscale_general": general_sums**2 / part,
            "omega_hierarchical_subscale": group_sums**2 / part,
            "ecv_subscale": (squares @ own) / ((squares + group_squares) @ own),
            "construct_h_subscale": np.column_stack(
                [construct_h(group[:, belongs[:, j], j]) for j in range(own.shape[1])]
            ),
        }


def _of_scale(
    general: np.ndarray, group: np.ndarray, uniqueness: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Omega hierarchical, omega total and ECV of the sum of all items, whose variance is total, (m,) each."""
    total = np.where(total > 1e-12, total, np.nan)
    return general.sum(axis=1) ** 2 / total, 1 - uniqueness.sum(axis=1) / total, _ecv(general, group)


def _ecv(general: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Explained common variance from loadings (..., p) on the general and (..., p, k) on the group factors."""
    of_general, of_groups = (general**2).sum(axis=-1), (group**2).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return of_general / (of_general + of_groups)


def share_of_uncontaminated_pairs(belongs: np.ndarray) -> np.ndarray:
    """Compute PUC, the percentage of uncontaminated correlations, as a share.

    Parameters
    ----------
    belongs : numpy.ndarray of bool, shape (..., p, k)
        True where the item is of the group factor. In a confirmatory model, or with a key, these are the
        item's own subscales; in an exploratory solution the factor of its largest loading.

    Returns
    -------
    numpy.ndarray of shape (...)
        Share of the pairs of items that have no group factor in common, so that the general factor alone explains their
        correlation.

    Notes
    -----
    Reise, Bonifay & Haviland (2013), J. Pers. Assess. 95, 129-140; Rodriguez, Reise & Haviland (2016), Psychol. Methods
    21, 137-150: the correlations between items of different group factors over all correlations. An item of no group
    factor is uncontaminated with every other.

    Examples
    --------
    Two subscales of two items each: four of the six pairs.

    >>> import numpy as np
    >>> belongs = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=bool)
    >>> round(float(share_of_uncontaminated_pairs(belongs)), 3)
    0.667
    """
    own, p = belongs.astype(float), belongs.shape[-2]
    together = (own @ own.mT > 0).sum(axis=(-2, -1)) - belongs.any(axis=-1).sum(axis=-1)
    return 1 - together / (p * (p - 1))


def construct_h(loadings: np.ndarray) -> np.ndarray:
    r"""Compute coefficient H: the reliability of the best weighted sum of the items.

    Parameters
    ----------
    loadings : numpy.ndarray of shape (..., p)
        Standardized loadings on one factor.

    Returns
    -------
    numpy.ndarray of shape (...)
        Missing where a loading is 1 or more in absolute value, which leaves no unique variance.

    Notes
    -----
    .. math:: H = \left(1 + \left(\sum_i \frac{l_i^2}{1 - l_i^2}\right)^{-1}\right)^{-1}

    Hancock & Mueller (2001), in Structural equation modeling: present and future. Agrees with semTools::maximalRelia
    for standardized items where the loadings are the same.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(construct_h(np.array([0.8, 0.6]))), 3)
    0.701
    """
    squares = np.where(np.abs(loadings) < 1, loadings**2, np.nan)
    information = (squares / (1 - squares)).sum(axis=-1)
    return information / (1 + information)
