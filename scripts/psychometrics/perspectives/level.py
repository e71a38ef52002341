"""Whether both members of a dyad rate the alliance alike, and who rates it higher."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import ClusterWeights
from psychometrics.variance.nesting import clients_in_therapists, sessions_in_clients
from psychometrics.variance.two_ratings import TwoRatings

COLUMNS = ["statistic", "role", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
WITHIN = 0.95  # share of the dyads between the limits of agreement, as Bland and Altman draw them
APART = 0.5  # standard errors between equal dyads and equal therapists from which both are reported
FEW = "fewer than three dyads have both ratings"
ANYTHING = (-np.inf, np.inf)
OF_MEANS = ("paired_mean", "mean_difference", "mean_difference_of_therapists")


class Quantity(NamedTuple):
    """What is computed of two ratings.

    Attributes
    ----------
    statistic : str
        Its name.
    of : callable
        Values (m,) from the moments.
    method : str
        How it is made.
    scale : str
        Of the jackknife interval.
    bounds : tuple of float
        Possible values.
    why_not : str
        Reason where it is undefined.
    role : {"", "first", "second"}
        Whose ratings alone it is about.
    """

    statistic: str
    of: Callable[[TwoRatings], np.ndarray]
    method: str
    scale: str = ""
    bounds: tuple[float, float] = ANYTHING
    why_not: str = ""
    role: str = ""


def level_and_agreement(
    first: ArrayLike,
    second: ArrayLike,
    *,
    units: ArrayLike | None = None,
    level: float = 0.95,
    possible: tuple[float, float] = ANYTHING,
) -> pd.DataFrame:
    r"""Compare two ratings of the same dyads, such as the client's minus the therapist's.

    .. math:: d_{pooled} = \frac{\bar x_1 - \bar x_2}{\sqrt{(s_1^2 + s_2^2) / 2}}, \qquad
              d_{difference} = \frac{\bar x_1 - \bar x_2}{s_{x_1 - x_2}}, \qquad
              LoA = \bar x_1 - \bar x_2 \pm 1.96\, s_{x_1 - x_2}

    Parameters
    ----------
    first : array_like of shape (n,)
        One rating of each dyad, missing as NaN.
    second : array_like of shape (n,)
        The other; dyads without both are left out.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    possible : tuple of float, optional
        Lowest and highest possible rating, at which intervals of means are cut.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, role (first or second for what is about one rating), estimate, se, lower, upper, level, n
        (dyads), method, note. Statistics: paired_mean and paired_sd of either rating, mean_difference,
        mean_difference_of_therapists (where equal weights for the units change it by more than half a standard error),
        d_pooled, d_difference, sd_ratio, r_pearson, icc_a1, icc_c1, concordance, agreement_limit_lower,
        agreement_limit_upper.

    Notes
    -----
    Intervals leave out one unit at a time: :func:`psychometrics.association.jackknife.jackknife_intervals`.
    d_pooled is d_av and d_difference d_z of Lakens (2013), Front. Psychol. 4:863; without the correlation of both
    ratings, d_pooled can be set beside the d of other studies. Limits of agreement: Bland & Altman (1999), Stat.
    Methods Med. Res. 8, 135-160. The coefficients are those of :class:`psychometrics.variance.two_ratings.TwoRatings`.
    Agrees with stats::cor and psych::ICC.

    Examples
    --------
    >>> from psychometrics import example_answers, level_and_agreement
    >>> answers = example_answers()
    >>> client = answers.filter(regex="wai_[0-9]").mean(axis=1)
    >>> rows = level_and_agreement(client, answers["wai_therapist"], units=answers["therapist"])
    >>> shown = rows[rows["statistic"].isin(["mean_difference", "d_pooled", "icc_a1"])]
    >>> shown[["statistic", "estimate", "lower", "upper"]].round(2)
              statistic  estimate  lower  upper
    4   mean_difference      0.37   0.19   0.55
    6          d_pooled      0.41   0.22   0.61
    10           icc_a1      0.34   0.19   0.48
    """
    check_level(level)
    values = np.column_stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    both = np.isfinite(values).all(axis=1)
    values, n = values[both], int(both.sum())
    centre = float(values.mean()) if n else 0.0
    quantities = _quantities(centre, possible)
    rows = pd.DataFrame([{"statistic": q.statistic, "role": q.role, "method": q.method} for q in quantities])
    if n < 3:
        return rows.assign(n=n, note=FEW, level=level).reindex(columns=COLUMNS)
    own = Units.of(None if units is None else np.asarray(units)[both], n)
    nothing = 1e-12 * np.square(values - centre).mean()
    sample, left_out = (_moments(values - centre, weights, nothing) for weights in (np.ones((1, n)), own.parts))
    estimate = np.array([quantity.of(sample)[0] for quantity in quantities])
    notes = ["" if np.isfinite(value) else q.why_not for value, q in zip(estimate, quantities, strict=True)]
    rows = rows.assign(estimate=estimate, n=n, note=notes)
    without = np.column_stack([quantity.of(left_out) for quantity in quantities])
    kinds = [(quantity.scale, quantity.bounds) for quantity in quantities]
    parts = []
    for kind in dict.fromkeys(kinds):
        own_rows = np.flatnonzero([kind == this for this in kinds])
        parts.append(_with_intervals(rows.iloc[own_rows], without[:, own_rows], own, level, *kind))
    rows = pd.concat(parts).sort_index()
    if own.nested:
        equal = _equal_units(values[:, 0] - values[:, 1], own, level, possible)
        place = int(np.flatnonzero(rows["statistic"] == "mean_difference")[0])
        shift = equal["estimate"].to_numpy()[0] - rows["estimate"].to_numpy()[place]
        if abs(shift) > APART * rows["se"].to_numpy()[place]:
            rows = pd.concat([rows[: place + 1], equal, rows[place + 1 :]])
    return rows.reindex(columns=COLUMNS).reset_index(drop=True)


def _with_intervals(
    rows: pd.DataFrame, left_out: np.ndarray, units: Units, level: float, scale: str, bounds: tuple[float, float]
) -> pd.DataFrame:
    behind = np.ones(left_out.shape, dtype=bool)  # every dyad counts for every row
    return jackknife_intervals(rows, left_out, behind, units.codes.max() + 1, level, scale=scale, bounds=bounds)


def levels_of_difference(
    difference: ArrayLike,
    client: ArrayLike,
    therapist: ArrayLike,
    *,
    sessions: bool,
    level: float = 0.95,
    draws: int = 5000,
    seed: int = 0,
) -> pd.DataFrame:
    """Say where dyads differ in how far their two ratings are apart: between therapists, dyads or sessions.

    Parameters
    ----------
    difference : array_like of shape (n,)
        First minus second rating of each dyad, or of each session of it; missing ones are left out.
    client : array_like of shape (n,)
        The client of each.
    therapist : array_like of shape (n,)
        The therapist of each, missing where none is known.
    sessions : bool
        Whether there are several sessions.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 5000
        Number of generalized pivots.
    seed : int, default 0
        Seed of the generator, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows of :func:`psychometrics.variance.nesting.sessions_in_clients`, or of one session those of
        :func:`psychometrics.variance.nesting.clients_in_therapists`, with `difference_` in front of the names.

    Notes
    -----
    Agrees with lme4::lmer(difference ~ 1 + (1 | therapist / client)).
    """
    if sessions:
        rows = sessions_in_clients(difference, client, therapist, level=level, draws=draws, seed=seed)
    else:
        rows = clients_in_therapists(difference, therapist, level=level)
        rows = rows[rows["statistic"].str.startswith(("icc_", "variance_"))]
    return rows.assign(statistic="difference_" + rows["statistic"])


def _quantities(centre: float, possible: tuple[float, float]) -> list[Quantity]:
    """All that is computed, of ratings from which `centre` was taken away."""
    most = possible[1] - possible[0]
    apart = (-most, most)
    flat, same = "a rating does not vary", "both ratings of every dyad differ alike"
    quantile = float(ndtri((1 + WITHIN) / 2))
    of_one = []
    for place, role in enumerate(("first", "second")):
        of_one += [
            Quantity(
                "paired_mean",
                _mean_of(place, centre),
                "dyads with both ratings",
                bounds=possible,
                role=role,
            ),
            Quantity(
                "paired_sd",
                _sd_of(place),
                "dyads with both ratings",
                "log",
                (0.0, np.inf),
                flat,
                role,
            ),
        ]
    return [
        *of_one,
        Quantity("mean_difference", lambda two: two.difference, "first minus second, equal dyads", bounds=apart),
        Quantity(
            "d_pooled",
            lambda two: _ratio(two.difference, np.sqrt(two.variance.mean(axis=1))),
            "difference / root of the mean of both variances",
            why_not="neither rating varies",
        ),
        Quantity(
            "d_difference",
            lambda two: _ratio(two.difference, two.sd_of_differences),
            "difference / SD of the differences",
            why_not=same,
        ),
        Quantity(
            "sd_ratio",
            _where_both_vary(lambda two: _ratio(*np.sqrt(two.variance).T)),
            "SD of the first / SD of the second",
            "log",
            (0.0, np.inf),
            flat,
        ),
        Quantity("r_pearson", _where_both_vary(TwoRatings.correlation), "", "z", (-1.0, 1.0), flat),
        Quantity("icc_a1", _where_both_vary(TwoRatings.icc_a1), "two raters", "z", (-1.0, 1.0), flat),
        Quantity("icc_c1", _where_both_vary(TwoRatings.icc_c1), "two raters", "z", (-1.0, 1.0), flat),
        Quantity(
            "concordance",
            _where_both_vary(TwoRatings.concordance),
            "Lin, variances of divisor n",
            "z",
            (-1.0, 1.0),
            flat,
        ),
        Quantity(
            "agreement_limit_lower",
            lambda two: two.difference - quantile * two.sd_of_differences,
            "difference minus 1.96 SD of the differences",
        ),
        Quantity(
            "agreement_limit_upper",
            lambda two: two.difference + quantile * two.sd_of_differences,
            "difference plus 1.96 SD of the differences",
        ),
    ]


def _where_both_vary(of: Callable[[TwoRatings], np.ndarray]) -> Callable[[TwoRatings], np.ndarray]:
    return lambda two: np.where((two.variance > 0).all(axis=1), of(two), np.nan)


def _mean_of(place: int, centre: float) -> Callable[[TwoRatings], np.ndarray]:
    return lambda two: centre + two.mean[:, place]


def _sd_of(place: int) -> Callable[[TwoRatings], np.ndarray]:
    return lambda two: np.sqrt(two.variance[:, place])


def _moments(values: np.ndarray, weights: np.ndarray | ClusterWeights, nothing: float) -> TwoRatings:
    """Moments in which a variance, or that of the differences, is 0 where it is so but for rounding."""
    two = TwoRatings.of(values, weights)
    variance = np.where(two.variance > nothing, two.variance, 0.0)
    # with equal differences the covariance is the mean of both variances
    apart = variance.sum(axis=1) - 2 * two.covariance
    covariance = np.where(apart > nothing, two.covariance, variance.sum(axis=1) / 2)
    return two._replace(variance=variance, covariance=np.where((variance > 0).all(axis=1), covariance, 0.0))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _equal_units(difference: np.ndarray, units: Units, level: float, possible: tuple[float, float]) -> pd.DataFrame:
    """The mean of the units' mean differences."""
    share = 1 / np.bincount(units.codes)[units.codes]
    columns = np.column_stack([share * difference, share])
    total, counted = columns.sum(axis=0)
    left_out = units.parts @ columns
    row = {
        "statistic": "mean_difference_of_therapists",
        "role": "",
        "estimate": total / counted,
        "n": len(difference),
        "method": "first minus second, equal therapists",
        "note": "",
    }
    most = possible[1] - possible[0]
    return _with_intervals(
        pd.DataFrame([row]), _ratio(left_out[:, :1], left_out[:, 1:]), units, level, "", (-most, most)
    )
