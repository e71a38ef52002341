"""From item answers to scale scores."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.resampling.formula_intervals import check_level


def reverse_key(answers, reverse, low, high):
    """Turn the reverse-keyed items: x' = low + high - x.

    Parameters
    ----------
    answers : frame, administrations x items, raw answers in [low, high]; missing stays missing.
    reverse : names of the items to turn.
    low, high : ends of the response range.

    Returns
    -------
    Frame like `answers`.

    Raises
    ------
    ValueError : a reversed item is not a column, or low is not below high.
    """
    _check_range(low, high)
    unknown = [item for item in reverse if item not in answers.columns]
    if unknown:
        raise ValueError(f"The key reverses {', '.join(unknown)}, which the answers do not have.")
    return answers.assign(**{item: low + high - answers[item] for item in reverse})


def score_scales(keyed, scales, *, low, high, minimum_share=0.8, total_rule="prorated"):
    """Scale scores of every administration.

    Parameters
    ----------
    keyed : frame, administrations x items; its index (client, therapist, session, ...) is kept as columns.
    scales : name of a scale -> names of its items.
    low, high : ends of the response range.
    minimum_share : in (0, 1]; a score is missing where a smaller share of the scale's items was answered.
    total_rule : "prorated" (mean times number of items) or "complete" (sum, only where every item was answered).

    Returns
    -------
    Long frame: index columns, scale, n_items, n_answered, mean, total, pomp. `mean` is the mean of the answered items;
    `pomp` the percent of the maximum possible, 100 (mean - low) / (high - low).

    Notes
    -----
    Percent of maximum possible: Cohen, Cohen, Aiken & West (1999), Multivariate Behav. Res. 34, 315-346.
    The mean agrees with psych::scoreItems(impute = "none") where enough items were answered.
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


def describe_scores(scores, by, *, score="mean", level=0.95):
    """Distribution of a score in groups.

    Parameters
    ----------
    scores : long frame of :func:`score_scales`.
    by : list of columns that name the groups, for example ["scale"].
    score : the column to describe: mean, total or pomp.

    Returns
    -------
    Tidy rows: `by`, statistic (mean, sd, minimum, maximum, skewness), estimate, se, lower, upper, level, n, note.
    The mean has its t interval.

    Notes
    -----
    Skewness is G1 = sqrt(n (n - 1)) / (n - 2) m3 / m2^1.5, as in SPSS and psych::skew(type = 2).
    """
    check_level(level)
    rows = []
    for key, group in scores.groupby(list(by), sort=False):
        values = group[score].dropna().to_numpy(dtype=float)
        n = len(values)
        varies = n > 1 and np.ptp(values) > 0
        sd = values.std(ddof=1) if n > 1 else np.nan
        se = sd / np.sqrt(n) if n > 1 else np.nan
        half = stdtrit(n - 1, (1 + level) / 2) * se if n > 1 else np.nan
        mean = values.mean() if n else np.nan
        centred = values - mean
        skewness = (
            np.sqrt(n * (n - 1)) / (n - 2) * np.mean(centred**3) / np.mean(centred**2) ** 1.5
            if varies and n > 2
            else np.nan
        )
        reason = "" if n else "no score"
        few = reason or ("" if n > 1 else "one score")
        named = dict(zip(by, key, strict=True))
        rows += [
            named | {"statistic": statistic, "estimate": estimate, "n": n, "note": note} | more
            for statistic, estimate, note, more in [
                ("mean", mean, reason, {"se": se, "lower": mean - half, "upper": mean + half, "level": level}),
                ("sd", sd, few, {}),
                ("minimum", values.min() if n else np.nan, reason, {}),
                ("maximum", values.max() if n else np.nan, reason, {}),
                ("skewness", skewness, few or ("" if np.isfinite(skewness) else "too few or equal scores"), {}),
            ]
        ]
    return pd.DataFrame(rows, columns=[*by, "statistic", "estimate", "se", "lower", "upper", "level", "n", "note"])


class CompositeMoments(NamedTuple):
    """Moments of scale scores: two Series by scale and a correlation frame, scale x scale."""

    mean: pd.Series
    sd: pd.Series
    correlation: pd.DataFrame


def composite_moments(correlation, mean, sd, scales):
    """Moments of unit-weighted mean scores from the moments of keyed items, for data that are a published matrix.

    Parameters
    ----------
    correlation : frame, item x item.
    mean, sd : Series by item.
    scales : name of a scale -> names of its items. Scales may share items.

    Returns
    -------
    CompositeMoments

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


def _check_range(low, high):
    if not low < high:
        raise ValueError(f"The response range must rise, but {low} is not below {high}.")


def _check_items(scale, items, available):
    unknown = [item for item in items if item not in available]
    if not len(items) or unknown:
        what = f"lists {', '.join(unknown)}, which the answers do not have" if unknown else "lists no item"
        raise ValueError(f"Scale '{scale}' {what}.")
