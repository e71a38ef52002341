"""What a general factor and its group factors make of a scale's score: omegas, explained variance, H."""

import numpy as np


def schmid_leiman_indices(general, group, matrices, belongs) -> dict[str, np.ndarray]:
    r"""Indices of m Schmid-Leiman solutions of p standardized items with k group factors.

    Parameters
    ----------
    general : (m, p) loadings on the general factor; group : (m, p, k) on the group factors.
    matrices : (m, p, p) observed correlations of the keyed items.
    belongs : (p, k) True where the item is of the subscale that goes with the group factor.

    Returns
    -------
    Arrays (m,): `omega_hierarchical`, `omega_total_schmid_leiman`, `relative_omega` (the first over the second), `ecv`,
    `puc`, `construct_h_general`; arrays (m, k), one number per subscale: `omega_subscale`, `omega_subscale_general`,
    `omega_hierarchical_subscale`, `ecv_subscale`, `construct_h_subscale`. Missing where a denominator is not positive
    or a loading leaves no unique variance.

    Notes
    -----
    With V the observed variance of the sum of the standardized items, :math:`V_s` of those of subscale s, and
    :math:`h^2_i = g_i^2 + \sum_j s_{ij}^2`:

    .. math::
        \omega_h = \frac{(\sum_i g_i)^2}{V}, \quad \omega_t = 1 - \frac{\sum_i (1 - h_i^2)}{V}, \quad
        \omega_{hs} = \frac{(\sum_{i \in s} s_{is})^2}{V_s}, \quad
        \omega_s = \frac{(\sum_{i \in s} g_i)^2 + (\sum_{i \in s} s_{is})^2}{V_s}

    .. math::
        ECV = \frac{\sum_i g_i^2}{\sum_i h_i^2}, \quad
        H = \Bigl(1 + \Bigl(\sum_i \frac{l_i^2}{1 - l_i^2}\Bigr)^{-1}\Bigr)^{-1}, \quad
        PUC = \text{share of the pairs of items that have no subscale in common}

    McDonald (1999), Test theory; Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70; Rodriguez, Reise & Haviland
    (2016), Psychol. Methods 21, 137-150; H: Hancock & Mueller (2001). The omegas and ECV agree with psych::omega
    (omega_h, omega.tot, omega.lim, ECV and omega.group: general, group, total) where every item loads highest on the
    group factor of its own subscale: psych gives an item to the factor of its largest loading.
    """
    own = belongs.astype(float)
    squares, group_squares = general**2, (group**2).sum(axis=2)
    total = matrices.sum(axis=(1, 2))
    part = np.einsum("ik,mij,jk->mk", own, matrices, own, optimize=True)
    general_sums, group_sums = general @ own, (group * own).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        total, part = np.where(total > 1e-12, total, np.nan), np.where(part > 1e-12, part, np.nan)
        hierarchical = general.sum(axis=1) ** 2 / total
        omega = 1 - (1 - squares - group_squares).sum(axis=1) / total
        return {
            "omega_hierarchical": hierarchical,
            "omega_total_schmid_leiman": omega,
            "relative_omega": hierarchical / omega,
            "ecv": squares.sum(axis=1) / (squares + group_squares).sum(axis=1),
            "puc": np.full(len(general), share_of_uncontaminated_pairs(belongs)),
            "construct_h_general": _construct_h(squares, np.ones(len(own), dtype=bool)),
            "omega_subscale": (general_sums**2 + group_sums**2) / part,
            "omega_subscale_general": general_sums**2 / part,
            "omega_hierarchical_subscale": group_sums**2 / part,
            "ecv_subscale": (squares @ own) / ((squares + group_squares) @ own),
            "construct_h_subscale": np.column_stack(
                [_construct_h(group[:, :, j] ** 2, belongs[:, j]) for j in range(own.shape[1])]
            ),
        }


def share_of_uncontaminated_pairs(belongs) -> float:
    """PUC: the share of the pairs of items that no subscale has in common; belongs (p, k)."""
    first, second = np.triu_indices(len(belongs), 1)
    return float(1 - (belongs[first] & belongs[second]).any(axis=1).mean())


def _construct_h(squares, own):
    """H of squared loadings (m, p) of the marked items (p,); missing where one leaves no unique variance."""
    squares = squares[:, own]
    odds = np.where(squares < 1, squares / (1 - squares), np.nan).sum(axis=1)
    return odds / (1 + odds)
