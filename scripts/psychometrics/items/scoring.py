"""From item answers to scale scores."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.items.missingness import FEWEST
from psychometrics.items.value_distribution import fifth_from_the_ends
from psychometrics.resampling.formula_intervals import check_level


def reverse_key(answers: pd.DataFrame, reverse: Sequence[str], low: float, high: float) -> pd.DataFrame:
    """Reverse the reverse-keyed items: x' = low + high - x.

    Parameters
    ----------
    answers : pandas.DataFrame
        Administrations x items, raw answers in [low, high]; missing stays missing.
    reverse : sequence of str
        Names of the items to reverse.
    low : float
        Lower end of the response range.
    high : float
        Upper end of the response range.

    Returns
    -------
    pandas.DataFrame
        Keyed answers, labelled as the raw ones.

    Raises
    ------
    ValueError
        If a reversed item is not a column, or low is not below high.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics import reverse_key
    >>> reverse_key(pd.DataFrame({"trust": [7, 6], "doubt": [1, 3]}), ["doubt"], 1, 7)
       trust  doubt
    0      7      7
    1      6      5
    """
    _check_range(low, high)
    unknown = [item for item in reverse if item not in answers.columns]
    if unknown:
        raise ValueError(f"The key reverses {', '.join(unknown)}, which the answers do not have.")
    return answers.assign(**{item: low + high - answers[item] for item in reverse})


def score_scales(
    keyed: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    low: float,
    high: float,
    minimum_share: float = 0.8,
    total_rule: str = "prorated",
) -> pd.DataFrame:
    """Compute the scale scores of every administration.

    Parameters
    ----------
    keyed : pandas.DataFrame
        Administrations x items, keyed; its index (client, therapist, session, ...) is kept as columns.
    scales : mapping of str to sequence of str
        Name of a scale -> names of its items.
    low : float
        Lower end of the response range.
    high : float
        Upper end of the response range.
    minimum_share : float, default 0.8
        Share of the scale's items in (0, 1]; a score is missing where a smaller share was answered.
    total_rule : {'prorated', 'complete'}, default 'prorated'
        Total as the mean times the number of items, or as the sum, only where every item was answered.

    Returns
    -------
    pandas.DataFrame
        Long frame: index columns, scale, n_items, n_answered, mean, total, pomp. `mean` is the mean of the answered
        items; `pomp` the percent of the maximum possible, 100 (mean - low) / (high - low).

    Raises
    ------
    ValueError
        If low is not below high, the share or the rule is not one of those above, or a scale has no items or an item
        that is not a column.

    Notes
    -----
    Percent of maximum possible: Cohen, Cohen, Aiken & West (1999), Multivariate Behav. Res. 34, 315-346.
    The mean agrees with psych::scoreItems(impute = "none") where enough items were answered.

    Examples
    --------
    >>> from psychometrics import example_answers, score_scales
    >>> keyed = example_answers().set_index("client")
    >>> bond = ["wai_03", "wai_05", "wai_07", "wai_09"]
    >>> score_scales(keyed, {"bond": bond}, low=1, high=7).head(3).round(1)
       client scale  n_items  n_answered  mean  total   pomp
    0       1  bond        4           4   3.8   15.0   45.8
    1       2  bond        4           4   6.0   24.0   83.3
    2       3  bond        4           4   7.0   28.0  100.0
    """
    _check_range(low, high)
    if not 0 < minimum_share <= 1:
        raise ValueError(f"minimum_share must lie above 0 and not above 1, not {minimum_share}.")
    if total_rule not in ("prorated", "complete"):
        raise ValueError(f"total_rule must be 'prorated' or 'complete', not '{total_rule}'.")
    index = keyed.index.to_frame(index=False)
    parts = []
    for scale, items in scales.items():
        items = list(items)
        _check_items(scale, items, keyed.columns)
        values = keyed[items].to_numpy(dtype=float, na_value=np.nan)
        answered = np.isfinite(values).sum(axis=1)
        sums = np.nansum(values, axis=1)
        enough = answered >= minimum_share * len(items) - 1e-9
        mean = np.where(enough, sums / np.maximum(answered, 1), np.nan)
        total = mean * len(items) if total_rule == "prorated" else np.where(answered == len(items), sums, np.nan)
        parts.append(
            index.assign(
                scale=scale,
                n_items=len(items),
                n_answered=answered,
                mean=mean,
                total=total,
                pomp=100 * (mean - low) / (high - low),
            )
        )
    return pd.concat(parts, ignore_index=True)


def describe_scores(
    scores: pd.DataFrame, by: Sequence[str], *, score: str = "mean", level: float = 0.95
) -> pd.DataFrame:
    """Describe the distribution of a score in groups.

    Parameters
    ----------
    scores : pandas.DataFrame
        Long frame of :func:`score_scales`.
    by : sequence of str
        Columns that name the groups, for example ["scale"].
    score : {'mean', 'total', 'pomp'}, default 'mean'
        The column to describe.
    level : float, default 0.95
        Coverage of the interval of the mean, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: `by`, statistic (mean, sd, fifth_lowest, fifth_highest, skewness), estimate, se, lower, upper, level,
        n, note. The mean has its t interval. The fifth lowest and highest score stand in place of the minimum and
        maximum; of fewer than five people nothing is said, not even how many they are, so that no single person shows.

    Notes
    -----
    Skewness is G1 = sqrt(n (n - 1)) / (n - 2) m3 / m2^1.5, as in SPSS and psych::skew(type = 2).

    Examples
    --------
    >>> scores = pd.DataFrame({"scale": ["bond"] * 10, "mean": [1.0, 2, 2, 3, 3, 4, 4, 5, 5, 6]})
    >>> describe_scores(scores, ["scale"])[["statistic", "estimate", "lower", "upper"]].round(2)
           statistic  estimate  lower  upper
    0           mean      3.50   2.37   4.63
    1             sd      1.58    NaN    NaN
    2   fifth_lowest      3.00    NaN    NaN
    3  fifth_highest      4.00    NaN    NaN
    4       skewness      0.00    NaN    NaN
    """
    check_level(level)
    rows = []
    for key, group in scores.groupby(list(by), sort=False):
        values = group[score].dropna().to_numpy(dtype=float)
        n = len(values)
        enough = n >= FEWEST
        varies = enough and np.ptp(values) > 0
        sd = values.std(ddof=1) if enough else np.nan
        se = sd / np.sqrt(n) if enough else np.nan
        half = stdtrit(n - 1, (1 + level) / 2) * se if enough else np.nan
        mean = values.mean() if enough else np.nan
        centred = values - mean
        skewness = (
            np.sqrt(n * (n - 1)) / (n - 2) * np.mean(centred**3) / np.mean(centred**2) ** 1.5 if varies else np.nan
        )
        few = "" if enough else f"fewer than {FEWEST} people" if n else "no score"
        lowest, highest = fifth_from_the_ends(values)
        too_few = f"fewer than {2 * FEWEST} people" if FEWEST <= n < 2 * FEWEST else few
        named = dict(zip(by, key, strict=True))
        number = n if enough or n == 0 else pd.NA
        rows += [
            named | {"statistic": statistic, "estimate": estimate, "n": number, "note": note} | more
            for statistic, estimate, note, more in [
                ("mean", mean, few, {"se": se, "lower": mean - half, "upper": mean + half, "level": level}),
                ("sd", sd, few, {}),
                ("fifth_lowest", lowest, too_few, {}),
                ("fifth_highest", highest, too_few, {}),
                ("skewness", skewness, few or ("" if np.isfinite(skewness) else "equal scores"), {}),
            ]
        ]
    columns = [*by, "statistic", "estimate", "se", "lower", "upper", "level", "n", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"n": "Int64"})


class CompositeMoments(NamedTuple):
    """Moments of scale scores.

    Attributes
    ----------
    mean : pandas.Series
        Means by scale.
    sd : pandas.Series
        Standard deviations by scale.
    correlation : pandas.DataFrame
        Correlations, scale x scale.
    """

    mean: pd.Series
    sd: pd.Series
    correlation: pd.DataFrame


def composite_moments(
    correlation: pd.DataFrame, mean: pd.Series, sd: pd.Series, scales: Mapping[str, Sequence[str]]
) -> CompositeMoments:
    """Compute moments of unit-weighted mean scores from those of keyed items, for data that are a published matrix.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Correlations, item x item.
    mean : pandas.Series
        Means by item.
    sd : pandas.Series
        Standard deviations by item.
    scales : mapping of str to sequence of str
        Name of a scale -> names of its items. Scales may share items.

    Returns
    -------
    CompositeMoments
        Means, standard deviations and correlations of the scores.

    Notes
    -----
    Cov = A' D R D A, with D the standard deviations and A holding 1 / k for the k items of a scale.
    Agrees with the scores that the same items would give, and with psych::cluster.cor's uncorrected correlations when
    all standard deviations are 1.
    """
    items = list(correlation.columns)
    weights = np.zeros((len(items), len(scales)))
    for j, (scale, members) in enumerate(scales.items()):
        _check_items(scale, members, correlation.columns)
        weights[[items.index(item) for item in members], j] = 1 / len(members)
    spread = sd.reindex(items).to_numpy(dtype=float)
    covariance = weights.T @ (correlation.to_numpy(dtype=float) * np.outer(spread, spread)) @ weights
    composite_sd = np.sqrt(np.diag(covariance))
    names = list(scales)
    return CompositeMoments(
        mean=pd.Series(mean.reindex(items).to_numpy(dtype=float) @ weights, index=names),
        sd=pd.Series(composite_sd, index=names),
        correlation=pd.DataFrame(covariance / np.outer(composite_sd, composite_sd), index=names, columns=names),
    )


def _check_range(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"The response range must rise, but {low} is not below {high}.")


def _check_items(scale: str, items: Sequence[str], available: pd.Index) -> None:
    unknown = [item for item in items if item not in available]
    if not len(items) or unknown:
        what = f"lists {', '.join(unknown)}, which the answers do not have" if unknown else "lists no item"
        raise ValueError(f"Scale '{scale}' {what}.")
