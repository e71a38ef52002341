"""Content and structure: which kinds of items carry the variance that is shared, and which what is their own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.content.coding import FACETS, consensus
from psychometrics.resampling.bootstrap_intervals import with_intervals

SHARES = ("general", "specific", "unique")
COLUMNS = ["facet", "category", "item", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]


def variance_shares(general: np.ndarray, group: np.ndarray, uniqueness: np.ndarray) -> dict[str, np.ndarray]:
    """Split each item's variance into shares: general, specific (of the group factors) and unique.

    Parameters
    ----------
    general : numpy.ndarray of shape (..., p)
        Loadings on the general factor of a Schmid-Leiman or bifactor solution, or of its resamples with
        the draws first.
    group : numpy.ndarray of shape (..., p, k)
        Loadings on the group factors.
    uniqueness : numpy.ndarray of shape (..., p)
        Unique variances.

    Returns
    -------
    dict of str to numpy.ndarray
        The keys `general`, `specific` and `unique`, each of shape (..., p).
    """
    return {"general": np.square(general), "specific": np.sum(np.square(group), axis=-1), "unique": uniqueness}


def content_structure(
    codes: pd.DataFrame,
    items: list[str],
    measures: Mapping[str, np.ndarray],
    *,
    draws: Mapping[str, np.ndarray] | None = None,
    n_draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    units: str = "clients",
    n_units: int | None = None,
) -> pd.DataFrame:
    r"""Average measures of the items per category of content, and test how far the categories differ.

    Parameters
    ----------
    codes : pandas.DataFrame
        Item codes of one or several coders, see :func:`psychometrics.content.coding.consensus`; items without a measure
        are ignored.
    items : list of str
        The p items, in the order of the measures.
    measures : mapping of str to numpy.ndarray
        Name -> values of shape (p,): those of :func:`variance_shares`, or others, such as differences of loadings
        between perspectives.
    draws : mapping of str to numpy.ndarray, optional
        Name -> the measures in resamples of the people, shape (draws, p), missing where a resample failed. Without them
        the items alone are resampled, `n_draws` times.
    n_draws : int, default 1000
        Number of resamples of the items where the people are not resampled.
    seed : int, default 0
        Seed of the resampling of items, at least 0.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : str, default 'clients'
        What was resampled, for the method.
    n_units : int, optional
        How many of them there are, where that may be few, see
        :func:`psychometrics.resampling.bootstrap_intervals.with_intervals`.

    Returns
    -------
    pandas.DataFrame
        Columns facet, category, item, statistic, estimate, se, lower, upper, level, n, method, note. Per facet (voice,
        dimension, domain, theme), category and measure: `mean_<measure>`; `difference_<measure>`, the mean of the
        category minus that of all other items with a code; `adjusted_<measure>`, the category's deviation from the mean
        of the items in a regression of the measure on the codes of all facets. n is the number of items of the
        category. Per facet: `coder_agreement`, the mean share of pairs of coders that agree on an item; `items_coded`;
        and a row `left_out` with the reason for each item without a category.

    Raises
    ------
    ValueError
        If no item has a category, or values or draws have another shape.

    Notes
    -----
    The question is that of Krause, Altimir & Horvath (2011): whether cognitive and collaboration items carry more of
    the variance that questionnaires share, and affective items more of what is their own.

    The intervals answer for other people and for other items of the same kinds. To every resample of the people a wild
    bootstrap of the items is added: the residual of each item given its codes, divided by the square root of 1 - its
    leverage, with a random sign (Wu 1986, Ann. Stat. 14, 1261-1295; Liu 1988, Ann. Stat. 16, 1696-1708). So no category
    ever runs out of items, and small ones do not look too certain. Items also differ because each is estimated with
    error, which the resamples of the people already contain: the residuals are first shrunk by that part of their
    variance, or the error would count twice. The intervals are bias-corrected normal ones
    (:func:`psychometrics.resampling.bootstrap_intervals.with_intervals`), because squared loadings are larger in
    resamples than in the sample; those of mean shares are cut at 0 and 1.

    The regression has an indicator per category; its coefficients are centred within the facet, :math:`b_c - \sum_c n_c
    b_c / n`, so that they do not depend on a category of reference. It takes the items with a category in every facet,
    and has no solution where these are too few or cannot tell the facets apart.
    """
    agreed = {facet: consensus(codes, facet).reindex(items) for facet in FACETS if facet in codes.columns}
    categories = pd.DataFrame({facet: table["category"] for facet, table in agreed.items()}, index=items, dtype=object)
    if categories.isna().all(axis=None):
        raise ValueError("none of the items has a code on which its coders agree")
    values, drawn = _stacked(measures, draws, len(items))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_draws if draws is None else len(drawn), len(items)))
    comparisons = [comparison for facet in agreed for comparison in _within_facet(facet, categories[facet])]
    comparisons += _across_facets(categories)
    rows = pd.concat([comparison.rows(measures, values) for comparison in comparisons], ignore_index=True)
    resampled = np.hstack([comparison.resampled(values, drawn, signs) for comparison in comparisons])
    table = with_intervals(
        rows, resampled, level, kind="normal", units="items" if draws is None else f"{units} and items", n_units=n_units
    )
    shares = table["statistic"].isin([f"mean_{name}" for name in SHARES])
    table.loc[shares, ["lower", "upper"]] = table.loc[shares, ["lower", "upper"]].clip(0, 1)
    table = pd.concat([table, *(_coding_rows(facet, coded) for facet, coded in agreed.items())], ignore_index=True)
    place = table["facet"].map({facet: number for number, facet in enumerate(agreed)}).to_numpy()
    table = table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True).reindex(columns=COLUMNS)
    return table.assign(**table[["method", "note"]].fillna(""))


@dataclass(frozen=True)
class _Comparison:
    """Linear combinations of the items that compare categories.

    `combine` (categories, p) holds the combinations; `fit` (p, p) takes the items to what their codes say of them; `n`
    and `note` have one entry per category.
    """

    facet: str
    categories: list[str]
    statistic: str
    combine: np.ndarray
    fit: np.ndarray
    n: np.ndarray
    method: str
    note: np.ndarray

    def rows(self, measures: Mapping[str, np.ndarray], values: np.ndarray) -> pd.DataFrame:
        """One row per measure and category."""
        times = len(measures)
        return pd.DataFrame(
            {
                "facet": self.facet,
                "category": np.tile(self.categories, times),
                "statistic": np.repeat([f"{self.statistic}_{name}" for name in measures], len(self.categories)),
                "estimate": (values @ self.combine.T).ravel(),
                "n": np.tile(self.n, times),
                "method": self.method,
                "note": np.tile(self.note, times),
            }
        )

    def resampled(self, values: np.ndarray, drawn: np.ndarray, signs: np.ndarray) -> np.ndarray:
        """The estimates with other people, (draws, measures, p), and other items, in the order of the rows."""
        if np.isnan(self.fit).any():
            return np.full((len(signs), len(values) * len(self.combine)), np.nan)
        free = 1 - np.diag(self.fit)
        coded = (np.diag(self.fit) > 0) & (free > 1e-9)  # an item alone with its code has no residual
        scale = np.where(coded, 1 / np.sqrt(np.where(coded, free, 1)), 0)
        own = (values - values @ self.fit.T) * scale
        error = np.nan_to_num(np.nanvar(drawn - drawn @ self.fit.T, axis=0)) * scale**2
        total = np.sum(own**2, axis=1, keepdims=True)
        between = 1 - np.sum(error, axis=1, keepdims=True) / np.where(total > 0, total, 1)
        resampled = drawn + np.sqrt(np.maximum(between, 0)) * own * signs[:, None, :]
        return (resampled @ self.combine.T).reshape(len(signs), -1)


def _stacked(
    measures: Mapping[str, np.ndarray], draws: Mapping[str, np.ndarray] | None, p: int
) -> tuple[np.ndarray, np.ndarray]:
    """The measures (measures, p), and in draws (draws or 1, measures, p)."""
    for name, given in measures.items():
        if np.shape(given) != (p,):
            raise ValueError(f"the measure {name} has shape {np.shape(given)}, and there are {p} items")
        if draws is not None and (np.ndim(draws[name]) != 2 or np.shape(draws[name])[1] != p):
            raise ValueError(f"the draws of {name} have shape {np.shape(draws[name])}, and there are {p} items")
    values = np.stack([np.asarray(given, dtype=float) for given in measures.values()])
    return values, values[None] if draws is None else np.stack([draws[name] for name in measures], axis=1).astype(float)


def _indicators(categories: pd.Series) -> tuple[list[str], np.ndarray]:
    """The categories in use, and (p, categories) 1 where an item is of one; rows of 0 for items without."""
    kinds = sorted(categories.dropna().unique())
    return kinds, (categories.to_numpy()[:, None] == np.array(kinds, dtype=object)).astype(float)


def _within_facet(facet: str, categories: pd.Series) -> list[_Comparison]:
    """Means of the categories, and their differences from the mean of all other items."""
    kinds, marks = _indicators(categories)
    if not kinds:
        return []
    counts = marks.sum(axis=0)
    means, fit = marks.T / counts[:, None], marks @ (marks.T / counts[:, None])
    rest = marks.sum(axis=1) - marks.T
    others = rest.sum(axis=1, keepdims=True)
    rest_means = np.divide(rest, others, out=np.full(rest.shape, np.nan), where=others > 0)
    single = np.where(counts == 1, "one item: the interval tells nothing of other items", "")
    alone = np.where(others[:, 0] > 0, single, "no other items")
    n = counts.astype(int)
    less = "mean of the items minus that of all others"
    return [
        _Comparison(facet, kinds, "mean", means, fit, n, "mean of the items", single),
        _Comparison(facet, kinds, "difference", means - rest_means, fit, n, less, alone),
    ]


def _across_facets(categories: pd.DataFrame) -> list[_Comparison]:
    """Centred coefficients of the regression on the codes of all facets."""
    complete = categories.notna().all(axis=1).to_numpy(dtype=float)
    marked = {str(facet): _indicators(own.where(complete > 0)) for facet, own in categories.items()}
    # the first category of each facet is the reference
    design = np.hstack([complete[:, None], *(marks[:, 1:] for _, marks in marked.values())])
    items, coefficients = int(complete.sum()), design.shape[1]
    solvable = items > coefficients and np.linalg.matrix_rank(design) == coefficients
    inverse = np.linalg.pinv(design) if solvable else np.full(design.T.shape, np.nan)
    method = f"regression on the codes of all facets, {items} items and {coefficients} coefficients"
    unsolved = "" if solvable else "the items with codes in every facet are too few or cannot tell the facets apart"
    comparisons, start = [], 1
    for facet, (kinds, marks) in marked.items():
        own = np.vstack([np.zeros((1, len(design))), inverse[start : start + len(kinds) - 1]])
        start += max(len(kinds) - 1, 0)
        n, note = marks.sum(axis=0), unsolved or ("no other items" if len(kinds) == 1 else "")
        if kinds:
            centred = np.full(own.shape, np.nan) if note else own - n / n.sum() @ own
            comparisons.append(
                _Comparison(
                    facet,
                    kinds,
                    "adjusted",
                    centred,
                    design @ inverse,
                    n.astype(int),
                    method,
                    np.full(len(kinds), note),
                )
            )
    return comparisons


def _coding_rows(facet: str, coded: pd.DataFrame) -> pd.DataFrame:
    """How well the coders agree, how many items have a category, and why the others have none."""
    rated = coded["agreement"].notna()
    without = coded[coded["category"].isna()]
    rows = [
        {
            "statistic": "coder_agreement",
            "estimate": coded["agreement"].mean(),
            "n": int(rated.sum()),
            "method": "mean share of pairs of coders that agree on an item",
            "note": "" if rated.any() else "no item has two coders",
        },
        {
            "statistic": "items_coded",
            "estimate": float(len(coded) - len(without)),
            "n": len(coded),
            "method": "category that most coders give",
        },
        *(
            {"item": item, "statistic": "left_out", "note": note if isinstance(note, str) else "no code"}
            for item, note in without["note"].items()
        ),
    ]
    return pd.DataFrame(rows).assign(facet=facet)
