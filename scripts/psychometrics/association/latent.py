"""Correlations between scores as they would be if the items were answered on continuous scales."""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from psychometrics.association.pairs import COLUMNS, PART_WHOLE, all_pairs, only_score, pair_names, shares_items
from psychometrics.correlation.correlator import Correlator
from psychometrics.resampling.formula_intervals import check_level

STATISTICS = ("r_latent", "r_latent_disattenuated")
METHODS = (
    "sums of the items' latent answers, from polychoric correlations",
    "mean polychoric r between the items / root of the mean r within each score",
)


def latent_correlations(
    answers: Mapping[str, pd.DataFrame],
    scales: Mapping[str, tuple[str, list[str]]],
    columns: pd.DataFrame,
    *,
    level: float = 0.95,
    missing: str = "pairwise",
    units: ArrayLike | None = None,
) -> pd.DataFrame:
    r"""Correlate composites of latent answers, and correct the correlations for unreliability.

    An ordinal answer is taken as a normal one that was cut at thresholds, so that the polychoric matrix R holds the
    correlations of the uncut answers. For the sums of the standardized uncut answers of two scores, with a and b
    flagging their items, the correlation is

    .. math:: r_{latent} = \frac{a' R b}{\sqrt{a' R a \; b' R b}}

    It is free of the coarseness of the answers, not of unreliability. Divided by the root of both ordinal alphas it is
    `r_latent_disattenuated`, the mean polychoric correlation between the items of the two scores over the geometric
    mean of the mean correlations within them.

    Parameters
    ----------
    answers : mapping of str to pandas.DataFrame
        Name of a form and perspective -> its keyed items, clients x items; the same clients in each.
    scales : mapping of str to tuple
        Name of a score -> (name in `answers`, its items).
    columns : pandas.DataFrame
        One row per score (its index), with columns perspective, form, scale.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    missing : {'pairwise', 'listwise'}, default 'pairwise'
        Rule for missing answers, for each pair of forms.
    units : array_like of shape (n clients,), optional
        Units that are independent, such as therapists; by default each client is one.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_latent and r_latent_disattenuated per unique pair, with the columns of
        :func:`psychometrics.association.scores.correlate_scores`. n is the smallest number of clients behind a
        correlation of an item of one score with an item of the other.

    Notes
    -----
    The standard error follows from the influence of each client on each polychoric correlation (Joreskog 1994,
    Psychometrika 59), summed within units (Liang & Zeger 1986, Biometrika 73) and enlarged by units / (units - 1);
    limits take t with units - 1 degrees of freedom, on the scale of Fisher's z of r_latent: those of the corrected
    correlation are divided by the root of the alphas, so that it may pass 1. In simulations
    (docs/recovery_association.md) they hold their level; on its own scale they lie too high.
    Composites of items: Thurstone & Thurstone (1941), as in psych::cluster.cor; ordinal alpha: Zumbo, Gadermann &
    Zeisser (2007), J. Mod. Appl. Stat. Methods 6. Agrees with psych::cluster.cor of the matrix of psych::polychoric or
    lavaan::lavCor: its correlations are r_latent, its corrected ones r_latent_disattenuated.
    """
    check_level(level)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, statistic) for statistic in STATISTICS], columns=COLUMNS)
    pairs = all_pairs(columns)
    names = list(columns.index)
    blocks = [scales[name][0] for name in names]
    part = shares_items(columns, pairs)
    rows = [
        [
            {"statistic": statistic, "method": method, "level": level} | name
            for statistic, method in zip(STATISTICS, METHODS, strict=True)
        ]
        for name in pair_names(columns, pairs)
    ]
    for one, two in combinations_with_replacement(dict.fromkeys(blocks), 2):
        here = [k for k, (i, j) in enumerate(pairs) if {blocks[i], blocks[j]} == {one, two}]
        if not here:
            continue
        frames = {block: answers[block].add_prefix(f"{block} ") for block in dict.fromkeys((one, two))}
        items = {names[i]: [f"{blocks[i]} {item}" for item in scales[names[i]][1]] for i in np.unique(pairs[here])}
        found = _of_forms(
            pd.concat(frames.values(), axis=1),
            items,
            [(names[i], names[j]) for i, j in pairs[here]],
            level,
            missing,
            units,
        )
        for k, results in zip(here, found, strict=True):
            for row, result in zip(rows[k], results, strict=True):
                row |= result
    for plain, corrected in (rows[k] for k in np.flatnonzero(part)):
        plain["note"] = "; ".join(filter(None, [PART_WHOLE, str(plain["note"])]))
        corrected |= {
            "estimate": np.nan,
            "se": np.nan,
            "lower": np.nan,
            "upper": np.nan,
            "note": f"{PART_WHOLE}: shared items make the corrected correlation meaningless",
        }
    return pd.DataFrame([row for both in rows for row in both], columns=COLUMNS)


def composite_correlations(
    matrix: pd.DataFrame, items: Mapping[str, list[str]], pairs: Sequence[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Correlate sums of items, plain and divided by the root of both alphas, with the derivatives of both.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Item x item correlations.
    items : mapping of str to list of str
        Name of a score -> its items.
    pairs : sequence of tuple of str
        Pairs of names of scores.

    Returns
    -------
    plain : numpy.ndarray of shape (pairs,)
        Correlations of the sums.
    corrected : numpy.ndarray of shape (pairs,)
        The same divided by the root of both alphas; missing where an alpha is not positive.
    slopes : numpy.ndarray of shape (2, pairs, item pairs)
        Derivatives of the two by every correlation above the diagonal.
    """
    first, second = np.triu_indices(len(matrix), 1)
    flags = {name: matrix.columns.isin(members).astype(float) for name, members in items.items()}
    values = matrix.to_numpy()
    found, slopes = np.full((2, len(pairs)), np.nan), np.zeros((2, len(pairs), len(first)))
    for k, (x, y) in enumerate(pairs):
        a, b = flags[x], flags[y]
        between = a @ values @ b
        of_between = a[first] * b[second] + a[second] * b[first]
        size, of_size = [c @ values @ c for c in (a, b)], [2 * c[first] * c[second] for c in (a, b)]
        for corrected in (0, 1):
            # alpha times the variance is k / (k - 1) times (variance - k)
            variance = [value - c.sum() * corrected for value, c in zip(size, (a, b), strict=True)]
            scale = [c.sum() / (c.sum() - 1) if corrected and c.sum() > 1 else 1.0 for c in (a, b)]
            if min(variance) <= 1e-12:
                continue
            root = np.sqrt(np.prod(variance) * np.prod(scale))
            change = sum(part / (2 * total) for part, total in zip(of_size, variance, strict=True))
            found[corrected, k] = between / root
            slopes[corrected, k] = (of_between - between * change) / root
    return found[0], found[1], slopes


def _of_forms(
    answers: pd.DataFrame,
    items: Mapping[str, list[str]],
    pairs: Sequence[tuple[str, str]],
    level: float,
    missing: str,
    units: ArrayLike | None,
) -> list[list[dict[str, object]]]:
    """For each pair of scores two dicts: what the rows r_latent and r_latent_disattenuated hold."""
    try:
        correlator = Correlator(answers, method="polychoric", missing=missing)
        fit = correlator()
        influence = correlator.influence(expected=True)
    except ValueError as reason:
        return [[{"note": str(reason)}] * 2] * len(pairs)
    plain, corrected, slopes = composite_correlations(fit.matrix, items, pairs)
    units = np.arange(len(answers)) if units is None else np.asarray(units)
    codes, unique = pd.factorize(units[correlator.people])
    results = []
    for k, (x, y) in enumerate(pairs):
        n = int(fit.n.loc[items[x], items[y]].to_numpy().min())
        both = []
        for which, value in enumerate((plain[k], corrected[k])):
            relevant = np.abs(slopes[which, k]) > 0
            moved = np.bincount(codes, influence[:, relevant] @ slopes[which, k, relevant])
            spread = _spread(moved, len(codes))
            both.append(
                _row(
                    value,
                    spread,
                    n,
                    len(unique),
                    level,
                    fit.notes,
                    root=plain[k] / value if value else 1.0,
                    corrected=bool(which),
                )
            )
        results.append(both)
    return results


def _spread(moved: np.ndarray, n: int) -> float:
    units = len(moved)
    return np.sqrt(units / (units - 1) * np.sum(moved**2)) / n if units > 2 else np.nan


def _row(
    value: float, se: float, n: int, units: int, level: float, notes: Sequence[str], *, root: float, corrected: bool
) -> dict[str, object]:
    """What a row holds; root : of the alphas, r_latent over the value."""
    notes = list(notes)
    if not np.isfinite(value):
        return {"n": n, "note": "ordinal alpha is zero, negative or undefined for one of the scores"}
    if not np.isfinite(se):
        notes.append(
            "fewer than three units: no interval"
            if units < 3
            else "a polychoric correlation has no standard error: no interval"
        )
    if corrected and abs(value) > 1:
        notes.append("above 1: more than the two ordinal alphas allow")
    half, plain = root * stdtrit(max(units - 1, 1), (1 + level) / 2) * se, root * value
    limits = (np.nan, np.nan)
    if abs(plain) < 1:
        limits = np.tanh(np.arctanh(plain) + np.array([-half, half]) / (1 - plain**2)) / root
    method = METHODS[corrected] + f"; delta method, {units} units"
    return {
        "estimate": value,
        "se": se,
        "lower": limits[0],
        "upper": limits[1],
        "n": n,
        "method": method,
        "note": "; ".join(notes),
    }
