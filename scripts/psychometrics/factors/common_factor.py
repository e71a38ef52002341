"""The factor that the instruments share: salience and breadth of factors over instruments."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class CommonFactor:
    """The factor to which all instruments contribute alike, and what each factor looks like.

    Attributes
    ----------
    name : str or None
        Label of the common factor; None if there is none.
    note : str
        How it was chosen, or why there is none.
    table : pandas.DataFrame
        One tidy row per factor and statistic.
    """

    name: str | None
    note: str
    table: pd.DataFrame


def common_factor(
    loadings: pd.DataFrame,
    instruments: pd.Series,
    *,
    salient: float = 0.40,
    minimum_share: float = 0.05,
    markers: Sequence[str] | None = None,
    phi: pd.DataFrame | None = None,
    general: pd.Series | None = None,
) -> CommonFactor:
    r"""Find the factor to which all instruments contribute alike.

    Parameters
    ----------
    loadings : pandas.DataFrame
        Items x factors, pattern loadings.
    instruments : pandas.Series
        The instrument of each item; the index holds the items.
    salient : float, default 0.40
        Smallest absolute loading that counts, in (0, 1).
    minimum_share : float, default 0.05
        Smallest share of the common variance that a candidate must explain, in [0, 1).
    markers : sequence of str, optional
        Items that decide instead of breadth: the common factor is the one with their largest mean absolute loading.
    phi : pandas.DataFrame, optional
        Factors x factors, correlations of the factors; the identity by default.
    general : pandas.Series, optional
        Loading of each item on the general factor of a Schmid-Leiman solution of these factors. It gets the same rows
        under the name `general` and is never a candidate: it is broad by construction.

    Returns
    -------
    CommonFactor
        The factor and a table with, per factor, `salient_items` (their number); `share_of_common_variance`, diag(Phi
        P'P) over its sum; `breadth`; and per instrument (column `group`) `salient_share`, the share of its items that
        are salient.

    Raises
    ------
    ValueError
        An item without an instrument, a threshold outside its range, no marker, or a marker that is not an item.

    Notes
    -----
    Breadth is the entropy of the contributions of the M instruments, each weighted equally whatever its length:

    .. math:: q_m = \frac{1}{n_m}\sum_{i \in m} \lambda_i^2 [|\lambda_i| \ge c], \quad p_m = q_m / \sum q, \quad
              b = -\frac{1}{\ln M}\sum_m p_m \ln p_m

    It is 1 where all instruments contribute alike and 0 where only one does. The common factor is the one with the
    largest breadth among the factors that have salient items from at least two instruments and at least the minimum
    share; of equally broad ones, the factor with the larger share. After Hatcher and Barends (1996), J. Consult. Clin.
    Psychol. 64, who judged it by eye.

    Examples
    --------
    >>> from psychometrics import common_factor, correlate, example_answers, fit_solution
    >>> items = example_answers().filter(regex="_[0-9]+$")
    >>> solution = fit_solution(correlate(items).matrix, n=200, k=4)
    >>> instruments = solution.pattern.index.to_series().str.split("_").str[0]
    >>> found = common_factor(solution.pattern, instruments, phi=solution.phi)
    >>> found.name, found.note
    ('F1', 'largest breadth')
    >>> found.table.query("statistic == 'breadth'")[["factor", "estimate"]].round(2)
       factor  estimate
    2      F1      0.96
    7      F2      0.00
    12     F3      0.75
    17     F4      0.00
    """
    missing = loadings.index.difference(instruments.index)
    if len(missing):
        raise ValueError(f"no instrument is given for item {missing[0]}")
    if not 0 < salient < 1 or not 0 <= minimum_share < 1:
        raise ValueError("salient must lie in (0, 1) and minimum_share in [0, 1)")
    groups = instruments.loc[loadings.index]
    phi_values = np.eye(loadings.shape[1]) if phi is None else phi.to_numpy()
    pattern = loadings.to_numpy()
    variance = np.sum((pattern @ phi_values) * pattern, axis=0)
    shares = variance / variance.sum()
    rows: list[dict[str, object]] = []
    candidates: list[tuple[str, float, float]] = []
    for j, name in enumerate(loadings.columns):
        described, breadth = _describe(pattern[:, j], groups, salient, shares[j])
        rows += [{"factor": name, **row} for row in described]
        candidates.append((name, breadth, shares[j]))
    if general is not None:
        column = general.loc[loadings.index].to_numpy()
        described, _ = _describe(column, groups, salient, np.sum(column**2) / variance.sum())
        rows += [{"factor": "general", **row} for row in described]
    table = pd.DataFrame(rows).reindex(columns=["group", "factor", "statistic", "estimate", "note"])
    table = table.assign(note=table["note"].fillna(""))
    chosen, how = _by_breadth(candidates, groups, minimum_share) if markers is None else _by_markers(loadings, markers)
    return CommonFactor(chosen, how, table)


def _describe(
    loading: np.ndarray, groups: pd.Series, salient: float, share: float
) -> tuple[list[dict[str, object]], float]:
    """The rows of one factor, and its breadth."""
    is_salient = np.abs(loading) >= salient
    names = list(groups.unique())
    members = [(groups == name).to_numpy() for name in names]
    contribution = np.array([np.mean(np.where(is_salient, loading**2, 0.0)[own]) for own in members])
    breadth, note = np.nan, ""
    if len(names) == 1:
        note = "one instrument only: breadth is not defined"
    elif not is_salient.any():
        note = f"no loading reaches {salient:g}"
    else:
        part = contribution[contribution > 0] / contribution.sum()
        breadth = max(0.0, float(-np.sum(part * np.log(part)) / np.log(len(names))))
        if len(part) == 1:
            note = "salient items come from one instrument only"
    rows: list[dict[str, object]] = [
        {"statistic": "salient_items", "estimate": float(is_salient.sum())},
        {"statistic": "share_of_common_variance", "estimate": share},
        {"statistic": "breadth", "estimate": breadth, "note": note},
    ]
    rows += [
        {"group": name, "statistic": "salient_share", "estimate": is_salient[own].mean()}
        for name, own in zip(names, members, strict=True)
    ]
    return rows, breadth


def _by_markers(loadings: pd.DataFrame, markers: Sequence[str]) -> tuple[str, str]:
    """Name the factor with the largest mean absolute loading of the markers, and say so."""
    unknown = [marker for marker in markers if marker not in loadings.index]
    if unknown or not len(markers):
        raise ValueError(f"marker {unknown[0]} is not an item of the analysis" if unknown else "no marker is named")
    means = loadings.loc[list(markers)].abs().mean(axis=0)
    return str(means.idxmax()), f"named by {len(markers)} marker items"


def _by_breadth(
    described: list[tuple[str, float, float]], groups: pd.Series, minimum_share: float
) -> tuple[str | None, str]:
    """Name the broadest factor of (name, breadth, share), or say why there is none."""
    if len(groups.unique()) == 1:
        return None, "one instrument only: there is no factor to share"
    broad = [(name, breadth, share) for name, breadth, share in described if breadth > 1e-12]
    if not broad:
        return None, "no factor has salient items from two instruments"
    candidates = [candidate for candidate in broad if candidate[2] >= minimum_share]
    if not candidates:
        return None, f"no factor with salient items from two instruments has {minimum_share:g} of the common variance"
    best = max(breadth for _, breadth, _ in candidates)
    equal = sorted((c for c in candidates if best - c[1] < 1e-9), key=lambda candidate: -candidate[2])
    note = "largest breadth"
    if len(equal) > 1:
        note += f", shared by {', '.join(c[0] for c in equal)}: the one with the larger share is taken"
    return equal[0][0], note
