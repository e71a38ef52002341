"""Whether both members of a dyad answer the same items alike: elevation, scatter and shape of two profiles."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units
from psychometrics.resampling.formula_intervals import check_level

FEWEST_ITEMS = 3
FEWEST_DYADS = 3
LARGEST_POOL = 300  # dyads that are re-paired with each other; more are put into several pools at random
FLAT = 1e-9  # variance below which a profile is flat but for rounding
COLUMNS = ["statistic", "role", "estimate", "se", "lower", "upper", "level", "p", "n", "method", "note"]
COMPARED = {"profile_d2": "less", "shape_r": "greater", "distinctive_shape_r": "greater"}
BY_CHANCE = "with another client's rating"
CORRELATION, CORRELATIONS_APART = (-1.0, 1.0), (-2.0, 2.0)


class Comparison(NamedTuple):
    """Two profiles over the items that both have, for any number of pairs.

    Attributes
    ----------
    items : numpy.ndarray
        Number of items that both answered.
    elevation, scatter, shape : numpy.ndarray
        Parts of the squared distance, divided by the number of items.
    r : numpy.ndarray
        Correlation over the items, missing where a profile is flat.
    flat_first, flat_second : numpy.ndarray of bool
        Whether a profile is flat over the common items.
    """

    items: np.ndarray
    elevation: np.ndarray
    scatter: np.ndarray
    shape: np.ndarray
    r: np.ndarray
    flat_first: np.ndarray
    flat_second: np.ndarray

    @property
    def d2(self) -> np.ndarray:
        """Add the parts up.

        Returns
        -------
        numpy.ndarray
            Squared distance, divided by the number of items.
        """
        return self.elevation + self.scatter + self.shape


def profile_agreement(
    first: ArrayLike,
    second: ArrayLike,
    *,
    units: ArrayLike | None = None,
    level: float = 0.95,
    repairings: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Compare the profiles of two ratings over the same items, with each other and with what chance makes of them.

    .. math:: \frac{D^2}{k} = (\bar x_1 - \bar x_2)^2 + (s_1 - s_2)^2 + 2 s_1 s_2 (1 - r)

    Parameters
    ----------
    first : array_like of shape (n, k)
        Answers of one member of each dyad to k items, missing as NaN.
    second : array_like of shape (n, k)
        Answers of the other to the same items. A dyad is compared over the items that both answered, if these are at
        least half and at least three.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    repairings : int, default 1000
        How often the dyads of a unit are paired anew, for p.
    seed : int, default 0
        Seed of the generator, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, role (first or second for what is about one rating), estimate, se, lower, upper, level, p,
        n (dyads), method, note. Means over dyads: profile_d2 and its shares profile_elevation_share,
        profile_scatter_share and profile_shape_share; shape_r, the correlation of both profiles, and
        distinctive_shape_r, that of what distinguishes each profile from the mean profile of its form;
        mean_profile_r, the correlation of these two mean profiles. `_by_chance`: the same with pseudo-dyads;
        `_beyond_chance`: dyads minus their pseudo-dyads, with the one-sided p. flat_profiles counts the profiles
        without any shape.

    Notes
    -----
    Standard deviations have the divisor k. The three parts are named after Cronbach & Gleser (1953), Psychol. Bull. 50,
    456-473, which was not opened: the equation above is algebra. Distinctive similarity: Furr (2008), J. Pers. 76,
    1267-1316, of which abstract and notation were read, and the computation in an R function that follows it. A
    pseudo-dyad joins a rating to the other member of another dyad of the same unit, so that what all clients of a
    therapist share counts as chance; dyads whose unit has no other are paired among each other. p compares the mean
    with those after `repairings` permutations within these pools. Intervals leave out one unit at a time:
    :func:`psychometrics.association.jackknife.jackknife_intervals`. Agrees with stats::cor over the items of each dyad.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> shape = rng.normal(size=(60, 12))
    >>> client, therapist = (5 + shape + rng.normal(size=(60, 12)) for _ in range(2))
    >>> rows = profile_agreement(client, therapist, units=np.arange(60) // 6, repairings=200)
    >>> rows.loc[rows["statistic"].str.startswith("shape_r"), ["statistic", "estimate", "lower", "upper"]].round(2)
                   statistic  estimate  lower  upper
    6                shape_r      0.47   0.39   0.54
    7      shape_r_by_chance      0.02  -0.05   0.10
    8  shape_r_beyond_chance      0.44   0.33   0.56
    """
    check_level(level)
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    k = one.shape[1]
    common = (np.isfinite(one) & np.isfinite(two)).sum(axis=1)
    used = common >= max(FEWEST_ITEMS, k / 2)
    n = int(used.sum())
    if k < FEWEST_ITEMS or n < FEWEST_DYADS:
        reason = (
            f"a profile needs {FEWEST_ITEMS} items that both rated: there are {k}"
            if k < FEWEST_ITEMS
            else f"fewer than three dyads have both profiles ({n})"
        )
        return pd.DataFrame([{"statistic": "profile_d2", "n": n, "note": reason}]).reindex(columns=COLUMNS)
    one, two = one[used], two[used]
    own = Units.of(None if units is None else np.asarray(units)[used], n)
    return _rows(one, two, own, level, repairings, seed)


def compare_profiles(first: np.ndarray, second: np.ndarray) -> Comparison:
    """Compare two profiles of each dyad.

    Parameters
    ----------
    first : numpy.ndarray of shape (n, k)
        Answers, missing as NaN.
    second : numpy.ndarray of shape (n, k)
        Answers to the same items.

    Returns
    -------
    Comparison
        Arrays of shape (n,).
    """
    both = np.isfinite(first) & np.isfinite(second)
    x, y = np.where(both, first, 0.0), np.where(both, second, 0.0)
    sums = ((x).sum(axis=1), y.sum(axis=1), (x * x).sum(axis=1), (y * y).sum(axis=1), (x * y).sum(axis=1))
    return _compared(both.sum(axis=1), *sums)


def compare_all_profiles(first: np.ndarray, second: np.ndarray) -> Comparison:
    """Compare the first profile of each dyad with the second profile of every dyad.

    Parameters
    ----------
    first : numpy.ndarray of shape (n, k)
        Answers, missing as NaN.
    second : numpy.ndarray of shape (n, k)
        Answers to the same items.

    Returns
    -------
    Comparison
        Arrays of shape (n, n): first profiles in rows.
    """
    known, known_2 = np.isfinite(first).astype(float), np.isfinite(second).astype(float)
    x, y = np.nan_to_num(first), np.nan_to_num(second)
    return _compared(known @ known_2.T, x @ known_2.T, known @ y.T, (x * x) @ known_2.T, known @ (y * y).T, x @ y.T)


def _compared(
    items: np.ndarray, x: np.ndarray, y: np.ndarray, xx: np.ndarray, yy: np.ndarray, xy: np.ndarray
) -> Comparison:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x, mean_y = x / items, y / items
        variance_x, variance_y = (np.maximum(own, 0.0) for own in (xx / items - mean_x**2, yy / items - mean_y**2))
        flat_x, flat_y = variance_x < FLAT, variance_y < FLAT
        variance_x, variance_y = np.where(flat_x, 0.0, variance_x), np.where(flat_y, 0.0, variance_y)
        covariance = np.where(flat_x | flat_y, 0.0, xy / items - mean_x * mean_y)
        product = np.sqrt(variance_x * variance_y)
        r = np.where(product > 0, np.clip(covariance / product, -1, 1), np.nan)
    elevation, scatter = (mean_x - mean_y) ** 2, (np.sqrt(variance_x) - np.sqrt(variance_y)) ** 2
    return Comparison(items, elevation, scatter, 2 * (product - covariance), r, flat_x, flat_y)


def _rows(one: np.ndarray, two: np.ndarray, units: Units, level: float, repairings: int, seed: int) -> pd.DataFrame:
    centre = np.nanmean(np.concatenate([one, two]))
    one, two = one - centre, two - centre
    whole, apart = compare_profiles(one, two), compare_profiles(_distinct(one), _distinct(two))
    columns = {"profile_d2": whole.d2, "shape_r": whole.r, "distinctive_shape_r": apart.r}
    chance = _by_chance(one, two, units, columns, repairings, seed)
    plain = "mean over dyads"
    rows = [_Row("profile_d2", plain, ratio_of(whole.d2), (0.0, np.inf))]
    for name in ("elevation", "scatter", "shape"):
        part = ratio_of(getattr(whole, name), whole.d2)
        rows.append(_Row(f"profile_{name}_share", "sum over dyads / sum of the squared distances", part, (0.0, 1.0)))
    found = [_Row(name, plain, ratio_of(columns[name]), CORRELATION) for name in ("shape_r", "distinctive_shape_r")]
    for row in (rows[0], *found):
        name, bounds = row.statistic, row.bounds
        pseudo = ratio_of(chance[name].pseudo)
        beyond = ratio_of(columns[name] - chance[name].pseudo)
        wider = CORRELATIONS_APART if bounds == CORRELATION else (-np.inf, np.inf)
        others = [
            _Row(f"{name}_by_chance", f"{plain}, {BY_CHANCE}", pseudo, bounds),
            _Row(f"{name}_beyond_chance", f"{plain}, less the same {BY_CHANCE}", beyond, wider, chance[name].p),
        ]
        rows += others if row is rows[0] else [row, *others]
    tidy = pd.concat([row.tidy(units, level) for row in rows], ignore_index=True)
    extra = [_mean_profiles(one, two, units, level)]
    flat = [int(whole.flat_first.sum()), int(whole.flat_second.sum())]
    extra.append(
        pd.DataFrame({"statistic": "flat_profiles", "role": ["first", "second"], "estimate": flat, "n": len(one)})
    )
    tidy = pd.concat([tidy, *extra], ignore_index=True).assign(level=level)
    tidy["role"] = tidy["role"].fillna("")
    return tidy.fillna({"method": "", "note": ""}).reindex(columns=COLUMNS)


def ratio_of(above: np.ndarray, below: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give numerators and denominators of a ratio of sums over dyads.

    Parameters
    ----------
    above : numpy.ndarray of shape (n,)
        A value of each dyad, missing where it has none.
    below : numpy.ndarray of shape (n,), optional
        What its sum is divided by; by default the number of dyads with a value.

    Returns
    -------
    tuple of numpy.ndarray
        Both without missing values.
    """
    known = np.isfinite(above)
    counted = np.ones(len(above)) if below is None else below
    return np.where(known, above, 0.0), np.where(known, counted, 0.0)


class _Row(NamedTuple):
    """A ratio of sums over dyads."""

    statistic: str
    method: str
    parts: tuple[np.ndarray, np.ndarray]
    bounds: tuple[float, float]
    p: float = np.nan

    def tidy(self, units: Units, level: float) -> pd.DataFrame:
        columns = np.column_stack(self.parts)
        total, left_out = columns.sum(axis=0), units.parts @ columns
        with np.errstate(divide="ignore", invalid="ignore"):
            estimate, without = total[0] / total[1], left_out[:, :1] / left_out[:, 1:]
        n = int((self.parts[1] != 0).sum())
        row = {"statistic": self.statistic, "role": "", "estimate": estimate, "p": self.p, "n": n}
        note = "" if np.isfinite(estimate) else "no dyad has two profiles with a shape and someone to be paired with"
        used = self.parts[1][:, None] != 0
        return jackknife_intervals(
            pd.DataFrame([row | {"method": self.method, "note": note}]),
            without,
            units.parts_behind(used),
            units.units_behind(used),
            level,
            scale="z" if self.bounds == CORRELATION else "",
            bounds=self.bounds,
        )


def _distinct(values: np.ndarray) -> np.ndarray:
    """What distinguishes each profile from the mean profile."""
    return values - np.nanmean(values, axis=0)


def _mean_profiles(one: np.ndarray, two: np.ndarray, units: Units, level: float) -> pd.DataFrame:
    """The correlation of the two mean profiles over the items."""

    def correlation(sums: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # without the only unit there is nobody
            means = [sums(np.nan_to_num(own)) / sums(np.isfinite(own).astype(float)) for own in (one, two)]
        return np.concatenate([compare_profiles(*(mean[None] for mean in pair)).r for pair in zip(*means, strict=True)])

    estimate = correlation(lambda columns: columns.sum(axis=0, keepdims=True))
    row = {"statistic": "mean_profile_r", "role": "", "estimate": estimate[0], "n": len(one)}
    row |= {"method": "mean profiles of both forms over the items"}
    row |= {"note": "" if np.isfinite(estimate[0]) else "a mean profile is flat"}
    behind = np.ones((len(one), 1), dtype=bool)
    return jackknife_intervals(
        pd.DataFrame([row]),
        correlation(lambda columns: units.parts @ columns)[:, None],
        units.parts_behind(behind),
        units.units_behind(behind),
        level,
        scale="z",
        bounds=CORRELATION,
    )


class _Chance(NamedTuple):
    """What pseudo-dyads give."""

    pseudo: np.ndarray
    p: float


def _by_chance(
    one: np.ndarray, two: np.ndarray, units: Units, real: dict[str, np.ndarray], repairings: int, seed: int
) -> dict[str, _Chance]:
    """Each dyad's mean over its pseudo-dyads, and p of the mean over dyads from permutations within pools."""
    rng = np.random.default_rng(seed)
    pseudo = {name: np.full(len(one), np.nan) for name in real}
    sums = {name: np.zeros((2, repairings + 1)) for name in real}  # the last one of the dyads as they are
    distinct = _distinct(one), _distinct(two)
    for pool in _pools(units, rng):
        members = np.arange(len(pool))
        drawn = rng.permuted(np.tile(members, (repairings, 1)), axis=1)
        drawn = np.vstack([drawn, members])
        plain = compare_all_profiles(one[pool], two[pool])
        apart = compare_all_profiles(*(part[pool] for part in distinct))
        pairs = {"profile_d2": plain.d2, "shape_r": plain.r, "distinctive_shape_r": apart.r}
        for name, values in pairs.items():
            known = np.isfinite(values)
            filled = np.where(known, values, 0.0)
            sums[name] += [filled[members, drawn].sum(axis=1), known[members, drawn].sum(axis=1)]
            others = known & ~np.eye(len(pool), dtype=bool)
            with np.errstate(divide="ignore", invalid="ignore"):
                means = np.where(others, values, 0.0).sum(axis=1) / others.sum(axis=1)
            pseudo[name][pool] = means
    found = {}
    for name, (total, counted) in sums.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            means = total / counted
        known = np.isfinite(means[:-1])
        sign = -1 if COMPARED[name] == "less" else 1
        # rounding must not tell a permutation that changes nothing from the dyads as they are
        as_good = (sign * means[:-1][known] >= sign * means[-1] - 1e-12).sum()
        p = (1 + as_good) / (1 + known.sum()) if known.any() and np.isfinite(means[-1]) else np.nan
        found[name] = _Chance(pseudo[name], p)
    return found


def _pools(units: Units, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Dyads that are re-paired with each other: those of a unit; those whose unit has no other, together."""
    sizes = np.bincount(units.codes)
    alone = np.flatnonzero(sizes[units.codes] == 1)
    order = np.argsort(units.codes, kind="stable")
    groups = [group for group in np.split(order, np.cumsum(sizes)[:-1]) if len(group) > 1]
    for group in [*groups, alone]:
        if len(group) > LARGEST_POOL:
            yield from np.array_split(rng.permutation(group), -(-len(group) // LARGEST_POOL))
        elif len(group) > 1:
            yield group
