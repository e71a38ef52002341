"""The factor that the instruments share: salience and breadth of factors over instruments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

OF_FACTOR = ("salient_items", "share_of_common_variance", "breadth")


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
    names, members = instrument_members(instruments.loc[loadings.index])
    phi_values = np.eye(loadings.shape[1]) if phi is None else phi.to_numpy()
    columns = loadings.to_numpy().T
    variance = np.sum((phi_values @ columns) * columns, axis=1)
    labels, shares = list(loadings.columns), variance / variance.sum()
    if general is not None:
        column = general.loc[loadings.index].to_numpy()
        labels.append("general")
        columns, shares = np.vstack([columns, column]), np.append(shares, np.sum(column**2) / variance.sum())
    estimates = _describe(columns, shares, members, salient)
    rows: list[dict[str, object]] = []
    for label, column, found in zip(labels, columns, estimates, strict=True):
        note = _remark(column, members, salient)
        values: list[dict[str, object]] = [{"statistic": statistic} for statistic in OF_FACTOR]
        values[OF_FACTOR.index("breadth")]["note"] = note
        values += [{"group": name, "statistic": "salient_share"} for name in names]
        rows += [{"factor": label, **row, "estimate": value} for row, value in zip(values, found, strict=True)]
    table = pd.DataFrame(rows).reindex(columns=["group", "factor", "statistic", "estimate", "note"])
    table = table.assign(note=table["note"].fillna(""))
    if markers is None:
        breadths = estimates[: loadings.shape[1], OF_FACTOR.index("breadth")]
        chosen, how = _by_breadth(list(loadings.columns), breadths, shares, len(names), minimum_share)
    else:
        means = np.abs(columns[: loadings.shape[1], marker_positions(loadings.index, markers)]).mean(axis=1)
        chosen, how = str(loadings.columns[means.argmax()]), f"named by {len(markers)} marker items"
    return CommonFactor(chosen, how, table)


def batched_common_factor(
    patterns: np.ndarray,
    phi: np.ndarray,
    members: np.ndarray,
    *,
    salient: float,
    minimum_share: float,
    markers: np.ndarray | None = None,
    general: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the common factor of m solutions, see `common_factor`.

    Parameters
    ----------
    patterns : numpy.ndarray of shape (m, p, k)
        Pattern loadings.
    phi : numpy.ndarray of shape (m, k, k)
        Correlations of the factors.
    members : numpy.ndarray of bool, shape (M, p)
        Which items are of which instrument.
    salient : float
        Smallest absolute loading that counts.
    minimum_share : float
        Smallest share of the common variance that a candidate must explain.
    markers : numpy.ndarray of int, optional
        Positions of the items that decide instead of breadth.
    general : numpy.ndarray of shape (m, p), optional
        Loadings on the general factor.

    Returns
    -------
    estimates : numpy.ndarray of shape (m, rows)
        The estimates of `CommonFactor.table`, in its order.
    chosen : numpy.ndarray of int, shape (m,)
        Position of the common factor, -1 for none.
    """
    m, _, k = patterns.shape
    columns = patterns.mT
    variance = np.sum((phi @ columns) * columns, axis=2)
    whole = variance.sum(axis=1, keepdims=True)
    shares = variance / whole
    estimates = _describe(columns, shares, members, salient)
    parts = [_flat(estimates)]
    if general is not None:
        share = np.sum(general**2, axis=1, keepdims=True) / whole
        parts.append(_flat(_describe(general[:, None], share, members, salient)))
    if markers is not None:
        chosen = np.abs(patterns[:, markers]).mean(axis=1).argmax(axis=1)
    else:
        breadths = estimates[:, :, OF_FACTOR.index("breadth")]
        chosen = np.full(m, -1)
        for i in range(m):
            found, _ = _by_breadth(range(k), breadths[i], shares[i], len(members), minimum_share)
            chosen[i] = -1 if found is None else found
    return np.concatenate(parts, axis=1), chosen


def _flat(values: np.ndarray) -> np.ndarray:
    """One row for each of the first axis, even where there is none."""
    return values.reshape(len(values), math.prod(values.shape[1:]))


def instrument_members(instruments: pd.Series) -> tuple[list[str], np.ndarray]:
    """List the instruments in the order of their first item, and which items are of each.

    Parameters
    ----------
    instruments : pandas.Series
        The instrument of each of p items.

    Returns
    -------
    names : list[str]
        The M instruments.
    members : numpy.ndarray of bool, shape (M, p)
        True where the item is of the instrument.
    """
    names = list(instruments.unique())
    return names, np.array([(instruments == name).to_numpy() for name in names])


def marker_positions(items: pd.Index, markers: Sequence[str]) -> np.ndarray:
    """Find the positions of the marker items.

    Parameters
    ----------
    items : pandas.Index
        The items of the analysis.
    markers : sequence of str
        Names of the markers.

    Returns
    -------
    numpy.ndarray of int
        One position for each marker.

    Raises
    ------
    ValueError
        No marker, or a marker that is not an item.
    """
    unknown = [marker for marker in markers if marker not in items]
    if unknown or not len(markers):
        raise ValueError(f"marker {unknown[0]} is not an item of the analysis" if unknown else "no marker is named")
    return items.get_indexer(pd.Index(list(markers)))


def _describe(columns: np.ndarray, shares: np.ndarray, members: np.ndarray, salient: float) -> np.ndarray:
    """`OF_FACTOR` and the salient share of each instrument (..., 3 + M) of factors with loadings (..., p)."""
    is_salient = np.abs(columns) >= salient
    sizes = members.sum(axis=1)
    contribution = np.where(is_salient, columns**2, 0.0) @ members.T / sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        part = contribution / contribution.sum(axis=-1, keepdims=True)
        entropy = -np.where(part == 0, 0.0, part * np.log(part)).sum(axis=-1)
        breadth = np.maximum(entropy / np.log(len(members)), 0.0)
    breadth = np.where(is_salient.any(axis=-1) & (len(members) > 1), breadth, np.nan)
    of_factor = np.stack([is_salient.sum(axis=-1), shares, breadth], axis=-1)
    return np.concatenate([of_factor, is_salient.astype(float) @ members.T / sizes], axis=-1)


def _remark(column: np.ndarray, members: np.ndarray, salient: float) -> str:
    """What the breadth of one factor needs to be said."""
    is_salient = np.abs(column) >= salient
    if len(members) == 1:
        return "one instrument only: breadth is not defined"
    if not is_salient.any():
        return f"no loading reaches {salient:g}"
    return "salient items come from one instrument only" if (members & is_salient).any(axis=1).sum() == 1 else ""


def _by_breadth(
    names: Sequence[Any], breadths: np.ndarray, shares: np.ndarray, n_instruments: int, minimum_share: float
) -> tuple[Any, str]:
    """Name the broadest factor, or say why there is none."""
    if n_instruments == 1:
        return None, "one instrument only: there is no factor to share"
    broad = [factor for factor in zip(names, breadths.tolist(), shares.tolist(), strict=False) if factor[1] > 1e-12]
    if not broad:
        return None, "no factor has salient items from two instruments"
    candidates = [candidate for candidate in broad if candidate[2] >= minimum_share]
    if not candidates:
        return None, f"no factor with salient items from two instruments has {minimum_share:g} of the common variance"
    best = max(breadth for _, breadth, _ in candidates)
    equal = sorted((c for c in candidates if best - c[1] < 1e-9), key=lambda candidate: -candidate[2])
    note = "largest breadth"
    if len(equal) > 1:
        note += f", shared by {', '.join(str(c[0]) for c in equal)}: the one with the larger share is taken"
    return equal[0][0], note
