"""Where two perspectives differ: item by item, by what the items ask, and early against late."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtri

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units
from psychometrics.association.weighted import weighted_pair_correlations
from psychometrics.content.structure import content_structure
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import ClusterWeights, cluster_resamples
from psychometrics.variance.two_ratings import TwoRatings

FEWEST_DYADS = 3
FEWEST_ITEMS = 4  # for their content
MEASURES = ("item_gap", "item_r", "item_rest_gap")
ITEM_COLUMNS = ["facet", "category", "item", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method"]
ITEM_COLUMNS += ["note"]
PHASE_COLUMNS = ["phase", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
EARLY, LATE, CHANGE = "early", "late", "late against early"
FEW = "fewer than three dyads have both ratings"


class ItemMeasures(NamedTuple):
    """What tells the answers of two perspectives apart, item by item, under m weightings of the dyads.

    Attributes
    ----------
    gap : numpy.ndarray of shape (m, k)
        Mean of the first minus mean of the second, of the dyads with both answers.
    sd_ratio : numpy.ndarray of shape (m, k)
        Standard deviation of the first over that of the second.
    r : numpy.ndarray of shape (m, k)
        Correlation of both answers.
    rest_gap : numpy.ndarray of shape (m, k)
        Correlation of an item with the mean of the other items, of the first minus of the second.
    """

    gap: np.ndarray
    sd_ratio: np.ndarray
    r: np.ndarray
    rest_gap: np.ndarray


def item_asymmetry(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    units: np.ndarray | pd.Series | None = None,
    reverse: Sequence[str] = (),
    level: float = 0.95,
    possible: tuple[float, float] = (-np.inf, np.inf),
) -> pd.DataFrame:
    """Compare the answers of two perspectives item by item.

    Parameters
    ----------
    first : pandas.DataFrame of shape (n, k)
        Keyed answers of one member of each dyad, missing as NaN.
    second : pandas.DataFrame of shape (n, k)
        Those of the other, with the same rows and columns.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    reverse : sequence of str, optional
        Items that were turned: those about what speaks against an alliance.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    possible : tuple of float, optional
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        Tidy rows per item: item_gap, first minus second; item_sd_ratio; item_r; item_rest_gap, how much more the item
        goes with the rest of the first's answers than with the rest of the second's. Without an item, of all:
        mean_item_gap; item_gap_spread, the standard deviation of the items' gaps without what chance adds to it; and
        reverse_rest_gap, the mean item_rest_gap of the reverse items minus that of the others.

    Notes
    -----
    Intervals leave out one unit at a time: :func:`psychometrics.association.jackknife.jackknife_intervals`. The
    squared spread is the variance of the gaps between items less the mean of their squared jackknife errors about the
    mean gap; where chance explains more than there is, the spread is 0. Its limits are those with which the observed
    variance is at either tail of chi-square with k - 1 degrees of freedom (Viechtbauer 2007, Stat. Med. 26, 37-52, with
    equal errors): they speak of other items of the kind.
    Agrees with base::mean, stats::sd and
    stats::cor.

    Examples
    --------
    >>> client = pd.DataFrame({"i1": [5, 6, 7, 6, 4], "i2": [4, 6, 6, 5, 3], "i3": [6, 5, 7, 6, 4]})
    >>> therapist = pd.DataFrame({"i1": [4, 5, 6, 6, 4], "i2": [5, 6, 6, 5, 4], "i3": [5, 4, 7, 5, 4]})
    >>> rows = item_asymmetry(client, therapist)
    >>> rows[rows["statistic"] == "item_gap"].set_index("item")["estimate"].round(2).to_dict()
    {'i1': 0.6, 'i2': -0.4, 'i3': 0.6}
    """
    check_level(level)
    one, two = first.to_numpy(float), second.to_numpy(float)
    n = int((np.isfinite(one) & np.isfinite(two)).any(axis=1).sum())
    if n < FEWEST_DYADS:
        return pd.DataFrame([{"statistic": "item_gap", "n": n, "note": FEW}]).reindex(columns=ITEM_COLUMNS)
    own = Units.of(units, len(one))
    sample, left_out = item_measures(one, two, np.ones((1, len(one)))), item_measures(one, two, own.parts)
    both = np.isfinite(one) & np.isfinite(two)
    most = possible[1] - possible[0]
    kinds = {
        "item_gap": (sample.gap, left_out.gap, "", (-most, most), "nobody has both answers"),
        "item_sd_ratio": (sample.sd_ratio, left_out.sd_ratio, "log", (0.0, np.inf), "an answer does not vary"),
        "item_r": (sample.r, left_out.r, "z", (-1.0, 1.0), "an answer does not vary"),
        "item_rest_gap": (sample.rest_gap, left_out.rest_gap, "", (-2.0, 2.0), "an answer does not vary"),
    }
    how = {
        "item_gap": "first minus second, dyads with both answers",
        "item_sd_ratio": "SD of the first / SD of the second",
        "item_r": "dyads with both answers",
        "item_rest_gap": "item-rest correlation, first minus second",
    }
    parts = []
    for statistic, (value, without, scale, bounds, why_not) in kinds.items():
        rows = pd.DataFrame({"item": first.columns, "statistic": statistic, "estimate": value[0]})
        rows = rows.assign(n=both.sum(axis=0), method=how[statistic])
        rows["note"] = np.where(rows["estimate"].notna(), "", why_not)
        behind, count = own.parts_behind(both), own.units_behind(both)
        parts.append(jackknife_intervals(rows, without, behind, count, level, scale=scale, bounds=bounds))
    parts += _over_items(sample.gap, left_out.gap, own, level, n)
    turned = np.isin(first.columns, list(reverse))
    if turned.any() and not turned.all():
        parts.append(_of_reverse(sample.rest_gap, left_out.rest_gap, turned, own, level, n))
    table = pd.concat(parts, ignore_index=True).assign(facet="", category="")
    return table.reindex(columns=ITEM_COLUMNS).fillna({"item": ""})


def item_measures(one: np.ndarray, two: np.ndarray, weights: np.ndarray | ClusterWeights) -> ItemMeasures:
    """Compute what tells two perspectives apart under many weightings of the dyads at once.

    Parameters
    ----------
    one : numpy.ndarray of shape (n, k)
        Answers of the first, missing as NaN.
    two : numpy.ndarray of shape (n, k)
        Answers of the second.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each dyad counts.

    Returns
    -------
    ItemMeasures
        Arrays of shape (m, k).
    """
    k = one.shape[1]
    both = np.isfinite(one) & np.isfinite(two)
    counted = both.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = weights @ counted
        about = [np.nanmean(own) if np.isfinite(own).any() else 0.0 for own in (one, two)]
        centred = [np.where(both, own - middle, 0.0) for own, middle in zip((one, two), about, strict=True)]
        means = [weights @ own / n for own in centred]
        squares = [weights @ own**2 / n - mean**2 for own, mean in zip(centred, means, strict=True)]
        spread = [np.where(square > 1e-12, square, np.nan) for square in squares]
        gap = means[0] - means[1] + about[0] - about[1]
        ratio = np.sqrt(spread[0] / spread[1])
    pairs = np.column_stack([np.arange(k), k + np.arange(k)])
    r = weighted_pair_correlations(np.hstack([one, two]), weights, pairs)
    rest = [weighted_pair_correlations(np.hstack([own, _rest(own)]), weights, pairs) for own in (one, two)]
    return ItemMeasures(gap, ratio, r, rest[0] - rest[1])


def asymmetry_by_content(
    codes: pd.DataFrame,
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    units: np.ndarray | pd.Series | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    resampled: str = "clients",
) -> pd.DataFrame:
    """Relate what tells two perspectives apart to what the items ask.

    Parameters
    ----------
    codes : pandas.DataFrame
        Item codes of one or several coders, see :func:`psychometrics.content.coding.consensus`.
    first : pandas.DataFrame of shape (n, k)
        Keyed answers of one member of each dyad; columns are items as the codes name them (`wai_s_04`).
    second : pandas.DataFrame of shape (n, k)
        Those of the other.
    units : array_like of shape (n,), optional
        Units that are resampled; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of resamples of units and items.
    seed : int, default 0
        Seed of the resamples, 0 or more.
    resampled : str, default "clients"
        What the units are, for the method.

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`psychometrics.content.structure.content_structure` for item_gap, item_r and item_rest_gap: per
        facet and category the mean of the items, its difference from that of all other items, and the category's
        coefficient in a regression on the codes of all facets.

    Raises
    ------
    ValueError
        If fewer than four items are common, or none has a code.

    Notes
    -----
    The question is whether perspectives differ more where an item asks for an inference about the other (Krause,
    Altimir & Horvath, 2011). Resamples of whole units and of items, so that intervals speak of other items of the kind
    as well; Student's t has the degrees of freedom of the fewer of both, because intervals of four items beside eight
    held 92% of the true values by that of the units.
    """
    check_level(level)
    if first.shape[1] < FEWEST_ITEMS:
        raise ValueError(f"{first.shape[1]} items were rated from both perspectives, and a comparison takes four")
    one, two = first.to_numpy(float), second.to_numpy(float)
    own = np.arange(len(one)) if units is None else np.asarray(units)
    sample = item_measures(one, two, np.ones((1, len(one))))
    drawn = item_measures(one, two, cluster_resamples(own, 0, draws, seed))
    values = {"item_gap": sample.gap[0], "item_r": sample.r[0], "item_rest_gap": sample.rest_gap[0]}
    resamples = {"item_gap": drawn.gap, "item_r": drawn.r, "item_rest_gap": drawn.rest_gap}
    kept = np.asarray(np.isfinite(list(values.values())).all(axis=0))
    if kept.sum() < FEWEST_ITEMS:
        raise ValueError("the answers to fewer than four items vary")
    return content_structure(
        codes,
        first.columns[kept].tolist(),
        {name: value[kept] for name, value in values.items()},
        draws={name: value[:, kept] for name, value in resamples.items()},
        seed=seed,
        level=level,
        units=resampled,
        n_units=min(len(np.unique(own)), int(kept.sum())),
    )


def phase_asymmetry(
    early: pd.DataFrame,
    late: pd.DataFrame,
    *,
    units: np.ndarray | pd.Series | None = None,
    level: float = 0.95,
    possible: tuple[float, float] = (-np.inf, np.inf),
) -> pd.DataFrame:
    """Ask whether two perspectives come closer: gap, distance, spread and agreement, early against late.

    Parameters
    ----------
    early : pandas.DataFrame of shape (n, 2)
        Ratings of both members of each dyad, columns first and second, early in therapy.
    late : pandas.DataFrame of shape (n, 2)
        The same late in therapy. Only dyads with all four ratings count, so that nothing changes by who is left.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    possible : tuple of float, optional
        Lowest and highest rating.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: phase (early, late, or late against early), statistic, estimate, se, lower, upper, level, n (dyads),
        method, note. phase_gap, the mean first minus second; phase_gap_size, its size; phase_distance, the mean size of
        the differences in the dyads; phase_variance_ratio, of the first to the second; phase_r. Late against early is
        the difference, of the ratio the ratio.

    Notes
    -----
    The size of a mean gap is not smooth at 0, and the interval of its change is then too wide or too short: the mean
    distance of the dyads does not have this fault. Intervals leave out one unit at a time:
    :func:`psychometrics.association.jackknife.jackknife_intervals`. Agrees with base::mean, stats::var and stats::cor.

    Examples
    --------
    >>> early = pd.DataFrame({"first": [6.0, 5, 7, 6, 6], "second": [4.0, 4, 5, 5, 3]})
    >>> late = pd.DataFrame({"first": [6.0, 5, 7, 6, 6], "second": [5.0, 5, 6, 6, 5]})
    >>> rows = phase_asymmetry(early, late)
    >>> rows[rows["statistic"] == "phase_gap"].set_index("phase")["estimate"].round(2).to_dict()
    {'early': 1.8, 'late': 0.6, 'late against early': -1.2}
    """
    check_level(level)
    values = np.hstack([early[["first", "second"]].to_numpy(float), late[["first", "second"]].to_numpy(float)])
    known = np.isfinite(values).all(axis=1)
    values, n = values[known], int(known.sum())
    if n < FEWEST_DYADS:
        note = f"fewer than three dyads have both ratings early and late ({n})"
        return pd.DataFrame([{"statistic": "phase_gap", "phase": CHANGE, "n": n, "note": note}]).reindex(
            columns=PHASE_COLUMNS
        )
    own = Units.of(None if units is None else np.asarray(units)[known], n)
    whole, left_out = _phases(values, np.ones((1, n))), _phases(values, own.parts)
    most = possible[1] - possible[0]
    looks = {
        "phase_gap": ("", (-most, most), (-2 * most, 2 * most), "first minus second"),
        "phase_gap_size": ("", (0.0, most), (-most, most), "size of the mean difference"),
        "phase_distance": ("", (0.0, most), (-most, most), "mean size of the dyads' differences"),
        "phase_variance_ratio": ("log", (0.0, np.inf), (0.0, np.inf), "variance of the first / of the second"),
        "phase_r": ("z", (-1.0, 1.0), (-2.0, 2.0), "both ratings"),
    }
    behind = np.ones((n, 1), dtype=bool)
    parts = []
    for statistic, (scale, bounds, wider, how) in looks.items():
        for phase, compare in _contrasts(statistic).items():
            value, without = (compare(*found[statistic]) for found in (whole, left_out))
            contrast = phase == CHANGE
            row = {"phase": phase, "statistic": statistic, "estimate": value[0], "n": n}
            note = "" if np.isfinite(value[0]) else "a rating does not vary"
            against = ", ratio" if scale == "log" else ", difference"
            row |= {"method": how + (against if contrast else ""), "note": note}
            parts.append(
                jackknife_intervals(
                    pd.DataFrame([row]),
                    without[:, None],
                    own.parts_behind(behind),
                    own.units_behind(behind),
                    level,
                    scale="" if contrast and scale == "z" else scale,
                    bounds=wider if contrast else bounds,
                )
            )
    return pd.concat(parts, ignore_index=True).reindex(columns=PHASE_COLUMNS)


def _contrasts(statistic: str) -> dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    def ratio(early: np.ndarray, late: np.ndarray) -> np.ndarray:
        return late / early

    def difference(early: np.ndarray, late: np.ndarray) -> np.ndarray:
        return late - early

    return {
        EARLY: lambda early, late: early,
        LATE: lambda early, late: late,
        CHANGE: ratio if statistic == "phase_variance_ratio" else difference,
    }


def _phases(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each measure early and late under many weightings."""
    centre = values.mean()
    found: dict[str, list[np.ndarray]] = {}
    for columns in (slice(0, 2), slice(2, 4)):
        own = values[:, columns]
        two = TwoRatings.of(own - centre, weights)
        total = weights.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            varies = (two.variance > 1e-12).all(axis=1)
            measures = {
                "phase_gap": two.difference,
                "phase_gap_size": np.abs(two.difference),
                "phase_distance": weights @ np.abs(own[:, 0] - own[:, 1]) / total,
                "phase_variance_ratio": np.where(varies, two.variance[:, 0] / two.variance[:, 1], np.nan),
                "phase_r": np.where(varies, two.correlation(), np.nan),
            }
        for name, value in measures.items():
            found.setdefault(name, []).append(value)
    return {name: (early, late) for name, (early, late) in found.items()}


def _rest(values: np.ndarray) -> np.ndarray:
    """Mean of the other items that were answered; missing where these are fewer than half."""
    known = np.isfinite(values)
    total, count = np.nansum(values, axis=1, keepdims=True), known.sum(axis=1, keepdims=True)
    others = count - known
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (total - np.nan_to_num(values)) / others
    return np.where(others >= max(1, (values.shape[1] - 1) / 2), mean, np.nan)


def _over_items(gap: np.ndarray, left_out: np.ndarray, units: Units, level: float, n: int) -> list[pd.DataFrame]:
    """Mean gap of all items, and how far the gaps of items differ beyond chance."""
    kept = np.isfinite(gap[0])
    if kept.sum() < 2:
        reason = f"needs two items with a gap: there {'is' if kept.sum() == 1 else 'are'} {kept.sum()}"
        return [_missing(["mean_item_gap", "item_gap_spread"], reason, n)]
    gap, left_out = gap[:, kept], left_out[:, kept]
    behind = np.ones((len(units.codes), 1), dtype=bool)
    common = {"n": n, "note": ""}
    mean = pd.DataFrame([{"statistic": "mean_item_gap", "estimate": gap.mean()} | common])
    mean["method"] = "mean of all items, first minus second"
    parts = len(left_out)
    # a linear statistic: its jackknife error squared is the variance of a gap about the mean gap
    about = left_out - left_out.mean(axis=1, keepdims=True)
    noise = (parts - 1) / parts * ((about - about.mean(axis=0)) ** 2).sum(axis=0)
    items = int(kept.sum())
    chance, between = noise.sum() / (items - 1), float(gap.var(ddof=1))
    spread = {"statistic": "item_gap_spread", "estimate": between - chance, "level": level} | common
    quantiles = chdtri(items - 1, np.array([(1 - level) / 2, (1 + level) / 2]))
    # where the gaps differ less than by chance, the limits are those of gaps that differ as by chance
    spread["lower"], spread["upper"] = (items - 1) * np.array([between, max(between, chance)]) / quantiles - chance
    for end in ("estimate", "lower", "upper"):
        spread[end] = np.sqrt(max(spread[end], 0.0))
    spread["method"] = f"SD of {items} items' gaps, less what chance adds; chi-square interval over items"
    interval = jackknife_intervals(
        mean,
        left_out.mean(axis=1)[:, None],
        units.parts_behind(behind),
        units.units_behind(behind),
        level,
        scale="",
        bounds=(-np.inf, np.inf),
    )
    return [
        interval,
        pd.DataFrame([spread]) if parts > 2 else _missing(["item_gap_spread"], "fewer than three units", n),
    ]


def _missing(statistics: list[str], reason: str, n: int) -> pd.DataFrame:
    return pd.DataFrame({"statistic": statistics, "estimate": np.nan, "n": n, "note": reason})


def _of_reverse(
    gap: np.ndarray, left_out: np.ndarray, turned: np.ndarray, units: Units, level: float, n: int
) -> pd.DataFrame:
    """Whether reverse items go more with the rest of the first's answers, compared with the other items."""
    value, without = (own[:, turned].mean(axis=1) - own[:, ~turned].mean(axis=1) for own in (gap, left_out))
    row = {"statistic": "reverse_rest_gap", "estimate": value[0], "n": n}
    row["method"] = f"{turned.sum()} reverse items minus the {(~turned).sum()} others"
    row["note"] = "" if np.isfinite(value[0]) else "an answer does not vary"
    behind = np.ones((len(units.codes), 1), dtype=bool)
    return jackknife_intervals(
        pd.DataFrame([row]),
        without[:, None],
        units.parts_behind(behind),
        units.units_behind(behind),
        level,
        scale="",
        bounds=(-4.0, 4.0),
    )
