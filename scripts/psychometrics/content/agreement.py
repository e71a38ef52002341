"""Agreement of coders who sort the same items into categories without an order, and which categories they confuse."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.content.coding import FACETS, check_codes
from psychometrics.resampling.formula_intervals import check_level

ALL_FORMS = "all forms"
COLUMNS = "coder coder_2 statistic estimate se lower upper level n coders method note".split()
CONFUSION_COLUMNS = "category category_2 statistic estimate n method note".split()
NAMES = {
    "agreement_share": "share of pairs of coders that agree, mean over items",
    "krippendorff_alpha": "Krippendorff's alpha, nominal",
    "gwet_ac1": "Gwet's AC1",
    "fleiss_kappa": "Fleiss' kappa, which generalises Scott's pi",
    "conger_kappa": "Conger's kappa, which generalises Cohen's kappa",
    "cohen_kappa": "Cohen's kappa",
}
NO_DISAGREEMENT = 1e-12  # far below one disagreement among any number of items, far above the error of a sum


def nominal_agreement(
    table: pd.DataFrame, *, categories: Sequence[str] | None = None, level: float = 0.95
) -> pd.DataFrame:
    r"""Agreement of two or more coders beyond chance, with intervals for other items of the same kind.

    Parameters
    ----------
    table : DataFrame
        Items x coders, the category each coder gave; missing where a coder did not code an item.
    categories : sequence of str, optional
        All categories the coders could choose from; those that occur in `table` when not given. Only AC1 depends on
        categories that nobody used.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        Rows agreement_share, krippendorff_alpha and gwet_ac1; with two coders cohen_kappa; with more of them
        fleiss_kappa, conger_kappa and a cohen_kappa of each pair. Columns coder and coder_2 (who a Cohen's kappa is
        of), statistic, estimate, se, lower, upper, level, n (items coded by two coders or more), coders (how many),
        method, note. What is undefined has no estimate and a note that says why.

    Raises
    ------
    ValueError
        A code in `table` is none of `categories`, or the level lies outside (0, 1).

    See Also
    --------
    agreement_by_facet : The same for each facet and form of a table of item codes.
    category_confusion : Which categories are taken for each other.

    Notes
    -----
    Let :math:`r_i` coders give item i a code, :math:`r_{ik}` of them category k of q. Every coefficient is one minus a
    ratio of disagreement to what chance would give of it, :math:`1 - D_o / D_e`, with :math:`D_o` the mean over the n'
    items of two or more coders of :math:`D_i = 1 - \sum_k r_{ik} (r_{ik} - 1) / (r_i (r_i - 1))`. The share of
    agreement is :math:`1 - D_o`. Items of one coder tell about chance only. With :math:`\pi_k` the mean of
    :math:`r_{ik} / r_i` over items and :math:`p_{gk}` the shares of coder g,

    .. math::

        D_e = 1 - \sum_k \pi_k^2 \;\text{(Fleiss)}, \quad
        1 - \binom{r}{2}^{-1} \sum_{g < h} \sum_k p_{gk} p_{hk} \;\text{(Conger; Cohen with r = 2)}, \quad
        1 - \frac{1}{q - 1} \sum_k \pi_k (1 - \pi_k) \;\text{(AC1)}.

    Krippendorff's alpha leaves out items of one coder and weights items by :math:`r_i`: with :math:`n_k = \sum_i
    r_{ik}` and :math:`N = \sum_k n_k`, :math:`D_o = \sum_i r_i D_i / N` and :math:`D_e = 1 - \sum_k n_k (n_k - 1) / (N
    (N - 1))`. Cohen's kappa takes the items that both coders coded.

    Standard errors are those of linearization over items, which are what is sampled; the coders are these. For Cohen's
    kappa this is the variance of Fleiss, Cohen and Everitt [1]_, otherwise with n (n - 1) for n squared as in Gwet [2]_
    [3]_. He takes n' for fixed; here it varies as a ratio's denominator does, because otherwise the errors are far too
    large where many items have one coder. Without such items the two are the same.

    Intervals are Wilson's [4]_ of the share :math:`D_o`, for as many items as a simple share would need for the same
    variance [5]_, :math:`D_o (1 - D_o) / (D_e^2 v)` with v the variance of the coefficient with n squared, and with the
    quantile of t with n' - 1 degrees of freedom. The limits of the coefficient follow with :math:`D_e` held, since its
    error is in v. They stay in the possible range, and there is an interval also where all coders agree: the formula's
    standard error is 0 there and is left out. In simulations (docs/recovery_agreement.md) intervals of 95% hold the
    truth in 93 to 99% of samples, and in 90% for kappa and alpha of four coders of 12 items nearly all of which are
    of one category; Wald's limits in 50 to 96%.

    Sources of the coefficients: Cohen [6]_, Fleiss [7]_, Conger [8]_, Krippendorff [9]_, Gwet [2]_; with missing codes
    Gwet [3]_. Estimates agree with irr::agree, irr::kappa2, irr::kappam.fleiss (exact = TRUE for Conger's) and
    irr::kripp.alpha, and with irrCAC::gwet.ac1.raw, fleiss.kappa.raw, conger.kappa.raw and krippen.alpha.raw; the
    standard error of Cohen's kappa with psych::cohen.kappa and vcd::Kappa.

    References
    ----------
    .. [1] Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Large sample standard errors of kappa and weighted kappa.
       Psychological Bulletin, 72, 323-327, equation 13.
    .. [2] Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement.
       British Journal of Mathematical and Statistical Psychology, 61, 29-48.
    .. [3] Gwet, K. L. (2014). Handbook of inter-rater reliability (4th ed.). Advanced Analytics.
    .. [4] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
       American Statistical Association, 22, 209-212.
    .. [5] Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of
       positive counts estimated from survey data. Survey Methodology, 24, 193-201.
    .. [6] Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement,
       20, 37-46.
    .. [7] Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin, 76,
       378-382.
    .. [8] Conger, A. J. (1980). Integration and generalization of kappas for multiple raters. Psychological Bulletin,
       88, 322-328.
    .. [9] Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania.

    Examples
    --------
    The binary example of Krippendorff (2011), whose alpha is .095:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"Meg": list("0100000010"), "Owen": list("1110010000")})
    >>> nominal_agreement(table)[["statistic", "estimate", "lower", "upper"]].round(3)
                statistic  estimate  lower  upper
    0     agreement_share     0.600  0.279  0.853
    1  krippendorff_alpha     0.095 -0.631  0.668
    2            gwet_ac1     0.310 -0.327  0.798
    3         cohen_kappa     0.091 -0.638  0.666
    """
    check_level(level)
    given, coders, _ = _one_hot(table, categories)
    several = {"agreement_share": _share, "krippendorff_alpha": _krippendorff, "gwet_ac1": _gwet}
    if len(coders) > 2:
        several |= {"fleiss_kappa": _fleiss, "conger_kappa": _conger}
    rows = [_row(statistic, formula, given, level) for statistic, formula in several.items()]
    for pair in combinations(range(len(coders)), 2):
        rows.append(_row("cohen_kappa", _cohen, given[:, pair], level))
        rows[-1] |= {"coder": coders[pair[0]], "coder_2": coders[pair[1]]}
    if len(coders) < 2:
        rows.append(_row("cohen_kappa", _cohen, given, level))
    return pd.DataFrame([{"coder": "", "coder_2": ""} | row for row in rows], columns=COLUMNS)


def category_confusion(table: pd.DataFrame, *, categories: Sequence[str] | None = None) -> pd.DataFrame:
    """How often two coders of an item gave it one category and another.

    Parameters
    ----------
    table : DataFrame
        Items x coders, the category each coder gave; missing where a coder did not code an item.
    categories : sequence of str, optional
        The categories and their order; those that occur in `table`, sorted, when not given.

    Returns
    -------
    DataFrame
        Per pair of categories, also of a category with itself, the rows coder_pairs (how many pairs of coders of the
        same item gave it these two) and coder_pairs_share (of all pairs). Columns category, category_2, statistic,
        estimate, n (all pairs of coders), method, note. Without two coders of an item one row with a note.

    Raises
    ------
    ValueError
        A code in `table` is none of `categories`.

    Notes
    -----
    The table of coincidences of Krippendorff (2011) with every pair of coders counted once, irrespective of who gave
    which category. Where all items have the same number of coders, the shares of categories with themselves add up to
    the share of agreement.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"A": ["bond", "bond", "task"], "B": ["bond", "task", "task"]})
    >>> rows = category_confusion(table)
    >>> rows.loc[rows["statistic"] == "coder_pairs", ["category", "category_2", "estimate"]]
      category category_2  estimate
    0     bond       bond       1.0
    2     bond       task       1.0
    4     task       task       1.0
    """
    given, _, known = _one_hot(table, categories)
    counts = given.sum(axis=1)
    together = counts.T @ counts
    np.fill_diagonal(together, (counts * (counts - 1)).sum(axis=0) / 2)
    total = float(np.triu(together).sum())
    method = "pairs of coders of the same item, all items"
    if not total:
        reason = _why_not(given) or "no item has two coders"
        row = {"category": "", "category_2": "", "statistic": "coder_pairs", "n": 0, "method": method, "note": reason}
        return pd.DataFrame([row], columns=CONFUSION_COLUMNS)
    rows = [
        {"category": known[one], "category_2": known[two], "statistic": statistic, "estimate": together[one, two] / of}
        for one, two in combinations_with_replacement(range(len(known)), 2)
        for statistic, of in (("coder_pairs", 1.0), ("coder_pairs_share", total))
    ]
    return pd.DataFrame(rows).assign(n=int(total), method=method, note="")[CONFUSION_COLUMNS]


def agreement_by_facet(codes: pd.DataFrame, *, facets: Sequence[str] = FACETS, level: float = 0.95) -> pd.DataFrame:
    """Agreement of the coders of items, per facet of content, over all forms and per form.

    Parameters
    ----------
    codes : DataFrame
        A row per form, item (its number) and coder, with a column per facet; a missing code is none.
    facets : sequence of str
        The columns of categories; those of Krause, Altimir and Horvath (2011) when not given.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        Columns form (`all forms`, then each), group (the facet), then those of `nominal_agreement`. The categories of a
        facet are those that any coder gave in any form, so that AC1 means the same in each of them.

    Raises
    ------
    ValueError
        A column is absent, a coder has two rows for an item, or the level lies outside (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> codes = pd.DataFrame({"form": "wai_s", "item": [1, 1, 2, 2], "coder": list("ABAB")})
    >>> codes["theme"] = ["bond", "bond", "task", "goal"]
    >>> rows = agreement_by_facet(codes, facets=["theme"])
    >>> rows.loc[rows["statistic"] == "agreement_share", ["form", "group", "estimate", "n"]]
            form  group  estimate  n
    0  all forms  theme       0.5  2
    4      wai_s  theme       0.5  2
    """
    return _by_facet(codes, facets, lambda table, known: nominal_agreement(table, categories=known, level=level))


def confusion_by_facet(codes: pd.DataFrame, *, facets: Sequence[str] = FACETS) -> pd.DataFrame:
    """Which categories coders of items confuse, per facet of content, over all forms and per form.

    Parameters
    ----------
    codes : DataFrame
        A row per form, item (its number) and coder, with a column per facet; a missing code is none.
    facets : sequence of str
        The columns of categories; those of Krause, Altimir and Horvath (2011) when not given.

    Returns
    -------
    DataFrame
        Columns form (`all forms`, then each), group (the facet), then those of `category_confusion`, with the
        categories that any coder gave in any form.

    Raises
    ------
    ValueError
        A column is absent, or a coder has two rows for an item.

    Examples
    --------
    >>> import pandas as pd
    >>> codes = pd.DataFrame({"form": "wai_s", "item": [1, 1, 2, 2], "coder": list("ABAB")})
    >>> codes["theme"] = ["bond", "bond", "task", "goal"]
    >>> rows = confusion_by_facet(codes, facets=["theme"]).query("form == 'wai_s' and estimate > 0")
    >>> rows.loc[rows["statistic"] == "coder_pairs_share", ["category", "category_2", "estimate"]]
       category category_2  estimate
    13     bond       bond       0.5
    21     goal       task       0.5
    """
    return _by_facet(codes, facets, lambda table, known: category_confusion(table, categories=known))


class _Coefficient(NamedTuple):
    """1 - disagreement / by_chance; the influence (items,) of each item on it; the least possible value."""

    disagreement: float
    by_chance: float
    influence: np.ndarray
    least: float


def _share(given: np.ndarray) -> _Coefficient:
    apart, of_item = _disagreement(given)
    return _Coefficient(apart, 1.0, -of_item, 0.0)


def _fleiss(given: np.ndarray) -> _Coefficient:
    shares, mean = _shares(given)
    squares = mean @ mean
    return _corrected(given, 1 - squares, -2 * (shares @ mean - squares), _least(given))


def _gwet(given: np.ndarray) -> _Coefficient:
    shares, mean = _shares(given)
    squares, others = mean @ mean, given.shape[2] - 1
    if not others:
        return _Coefficient(0.0, 0.0, np.zeros(len(given)), np.nan)
    by_chance = 1 - (1 - squares) / others
    return _corrected(given, by_chance, 2 * (shares @ mean - squares) / others, -1 / others)


def _conger(given: np.ndarray) -> _Coefficient:
    coded = given.sum(axis=(0, 2))
    shares = given.sum(axis=0) / coded[:, None]
    others = (shares.sum(axis=0) - shares) / (len(coded) * (len(coded) - 1))
    # what one more item adds to the shares of each coder who coded it
    added = (given - given.sum(axis=2, keepdims=True) * shares) * (len(given) / coded)[:, None]
    return _corrected(given, 1 - (shares * others).sum(), -2 * (added * others).sum(axis=(1, 2)), _least(given))


def _cohen(given: np.ndarray) -> _Coefficient:
    return _conger(given[given.sum(axis=(1, 2)) > 1])


def _krippendorff(given: np.ndarray) -> _Coefficient:
    counts = given.sum(axis=1)
    counts = counts[counts.sum(axis=1) > 1]
    coders = counts.sum(axis=1)
    weight = coders / coders.mean()
    apart = weight - (counts * (counts - 1)).sum(axis=1) / (coders - 1) / coders.mean()
    disagreement = apart.mean()
    total, shares = coders.sum(), counts.sum(axis=0) / coders.sum()
    squares = shares @ shares
    influence = _linearized(
        disagreement,
        1 - squares,
        apart - weight * disagreement,
        -2 * (counts @ shares / coders.mean() - weight * squares),
    )
    return _Coefficient(disagreement, (1 - squares) * total / (total - 1), influence, _least(given))


def _corrected(given: np.ndarray, by_chance: float, of_chance: np.ndarray, least: float) -> _Coefficient:
    apart, of_item = _disagreement(given)
    return _Coefficient(apart, by_chance, _linearized(apart, by_chance, of_item, of_chance), least)


def _linearized(apart: float, by_chance: float, of_item: np.ndarray, of_chance: np.ndarray) -> np.ndarray:
    """Influence of each item on 1 - apart / by_chance, from those on the two."""
    if not by_chance > NO_DISAGREEMENT:
        return np.zeros(len(of_item))
    return (apart / by_chance * of_chance - of_item) / by_chance


def _disagreement(given: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean share of pairs of coders that disagree, and the influence of each item on it."""
    counts = given.sum(axis=1)
    coders = counts.sum(axis=1)
    paired = coders > 1
    apart = 1 - (counts * (counts - 1)).sum(axis=1) / np.where(paired, coders * (coders - 1), 1)
    mean = apart[paired].mean()
    return float(mean), np.where(paired, apart - mean, 0) / paired.mean()


def _shares(given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the categories among the codes of each item, and their mean."""
    shares = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    return shares, shares.mean(axis=0)


def _least(given: np.ndarray) -> float:
    """Least value of kappa and alpha: that of an intraclass correlation of as many coders as an item has at least."""
    coders = given.sum(axis=(1, 2))
    return -1 / (coders[coders > 1].min() - 1)


def _row(statistic: str, formula: Callable[[np.ndarray], _Coefficient], given: np.ndarray, level: float) -> dict:
    coders = given.sum(axis=(1, 2))
    n, single = int((coders > 1).sum()), int((coders == 1).sum())
    name = NAMES[statistic] + (f", q = {given.shape[2]}" if statistic == "gwet_ac1" else "")
    row = {
        "statistic": statistic, "estimate": np.nan, "se": np.nan, "lower": np.nan, "upper": np.nan, "level": level,
        "n": n, "coders": given.shape[1], "method": name, "note": _why_not(given),
    }  # fmt: skip
    if row["note"]:
        return row
    found = formula(given)
    if not found.by_chance > NO_DISAGREEMENT:
        return row | {"note": "only one category was used"}
    cohen = statistic == "cohen_kappa"
    size = len(found.influence)
    variance = float(np.mean(found.influence**2)) / size  # as of a share, with n and not n - 1
    se = np.sqrt(variance if cohen else variance * size / (size - 1))
    pairs = float((coders * (coders - 1))[coders > 1].mean() / 2)
    lower, upper = _interval(found, variance, n, pairs, level)
    notes = []
    if single:
        dropped = statistic in ("agreement_share", "krippendorff_alpha", "cohen_kappa")
        notes.append(f"items of one coder {'left out' if dropped else 'count for chance only'}: {single}")
    if found.disagreement < NO_DISAGREEMENT:
        se = np.nan
        notes.append("no disagreement: the standard error is unknown")
    error = "Fleiss, Cohen and Everitt's" if cohen else "linearized"
    return row | {
        "estimate": 1 - found.disagreement / found.by_chance, "se": se, "lower": lower, "upper": upper,
        "method": f"{name}; {error} standard error, Wilson interval", "note": "; ".join(notes),
    }  # fmt: skip


def _interval(found: _Coefficient, variance: float, n: int, pairs: float, level: float) -> tuple[float, float]:
    """Wilson's interval for as many items as a simple share would need for this variance of the coefficient."""
    share = min(max(found.disagreement, 0.0), 1.0)
    spread, of_share = share * (1 - share), found.by_chance**2 * variance
    if not NO_DISAGREEMENT < share < 1 - NO_DISAGREEMENT:
        items = float(n)  # the formula knows no error here
    else:  # more than all pairs of coders as independent ones there cannot be
        items = min(spread / of_share if of_share > 0 else np.inf, n * pairs)
    quantile = stdtrit(n - 1, (1 + level) / 2) ** 2 / items
    middle = (share + quantile / 2) / (1 + quantile)
    half = np.sqrt(quantile * (spread + quantile / 4)) / (1 + quantile)
    estimate = 1 - found.disagreement / found.by_chance
    lower, upper = (1 - (middle + side * half) / found.by_chance for side in (1, -1))
    return float(min(max(lower, found.least), estimate)), float(max(min(upper, 1.0), estimate))


def _why_not(given: np.ndarray) -> str:
    """Why nothing can be computed; empty where something can."""
    if not given.any():
        return "no codes"
    if given.shape[1] < 2:
        return "only one coder"
    if (given.sum(axis=(1, 2)) > 1).sum() < 2:
        return "fewer than two items were coded by two coders"
    return ""


def _one_hot(table: pd.DataFrame, categories: Sequence[str] | None) -> tuple[np.ndarray, list, list]:
    """Zeros and ones (items, coders, categories) of the items and coders with codes, the coders, the categories."""
    used = table.dropna(how="all").dropna(how="all", axis=1)
    values = used.to_numpy(dtype=object)
    known = sorted(pd.unique(values[~pd.isna(values)])) if categories is None else list(categories)
    code = pd.Index(known, dtype=object).get_indexer(pd.Index(values.ravel(), dtype=object)).reshape(values.shape)
    strange = values[(code < 0) & ~pd.isna(values)]
    if strange.size:
        raise ValueError(f"{strange[0]!r} is none of the categories {', '.join(map(str, known))}")
    return (code[:, :, None] == np.arange(len(known))).astype(float), list(used.columns), known


def _by_facet(
    codes: pd.DataFrame, facets: Sequence[str], analysis: Callable[[pd.DataFrame, list], pd.DataFrame]
) -> pd.DataFrame:
    frames = []
    for form, facet, table, known in _tables(codes, facets):
        found = analysis(table, known)
        found.insert(0, "form", form)
        found.insert(1, "group", facet)
        frames.append(found)
    return pd.concat(frames, ignore_index=True)


def _tables(codes: pd.DataFrame, facets: Sequence[str]) -> Iterator[tuple[str, str, pd.DataFrame, list]]:
    """Form, facet, items x coders and the categories of the facet: all forms first, then each."""
    check_codes(codes, facets)
    for form in (ALL_FORMS, *pd.unique(codes["form"])):
        part = codes if form == ALL_FORMS else codes[codes["form"] == form]
        for facet in facets:
            known = sorted(codes[facet].dropna().unique())
            yield form, facet, part.pivot(index=["form", "item"], columns="coder", values=facet), known
