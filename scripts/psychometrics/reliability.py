"""Internal consistency of a scale at one occasion: alpha, omega total, and what goes with them."""
from typing import NamedTuple

import numpy as np
import pandas as pd

from psychometrics.intervals import check_level, feldt_interval, percentile_interval
from psychometrics.item_statistics import item_statistics
from psychometrics.omega import omega_total, omega_total_standardized, one_factor_minres
from psychometrics.resampling import resample_weights

COLUMNS = ["item", "statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]
METHODS = {
    "alpha": "covariances",
    "alpha_standardized": "correlations",
    "mean_inter_item_r": "correlations",
    "spearman_brown": "two items, 2 r / (1 + r)",
    "omega_total": "one-factor minres on Pearson r, raw-score metric, over the model's variance",
    "omega_total_standardized": "one-factor minres on Pearson r, standardized items, over the observed variance",
    "sem": "of the mean score, sd sqrt(1 - alpha)",
}


class Alpha(NamedTuple):
    """Coefficient alpha, Feldt's limits, and the reason where it is undefined or a remark where it is odd."""

    estimate: float
    lower: float
    upper: float
    note: str


def alpha_from_covariance(covariance, n, level=0.95):
    r"""Coefficient alpha with Feldt's interval.

    .. math:: \alpha = \frac{k}{k-1}\left(1 - \frac{\sum_j \sigma_j^2}{\sigma_X^2}\right)

    Parameters
    ----------
    covariance : (k, k) covariance matrix of keyed items; a correlation matrix gives standardized alpha.
    n : number of people behind it.
    level : coverage of the interval, in (0, 1).

    Returns
    -------
    Alpha

    Notes
    -----
    Cronbach (1951), Psychometrika 16, eq. 2; interval: Feldt, Woodruff & Salih (1987), Appl. Psychol. Meas. 11.
    Agrees with psych::alpha and psych::alpha.ci.
    """
    covariance = np.asarray(covariance, dtype=float)
    k = len(covariance)
    reason = ""
    if k < 2:
        reason = "one item: internal consistency is not defined"
    elif n < 3:
        reason = "fewer than three people answered every item"
    elif not covariance.sum() > 1e-12 * np.trace(covariance):
        reason = "the total score does not vary"
    if reason:
        return Alpha(np.nan, np.nan, np.nan, reason)
    alpha = float(_alpha(covariance))
    lower, upper = feldt_interval(alpha, n, k, level)
    return Alpha(alpha, float(lower), float(upper), "negative: check the keying of the items" if alpha < 0 else "")


def reliability(answers, *, level=0.95, draws=1000, seed=0, units=None):
    """Internal consistency of one scale from keyed answers.

    Parameters
    ----------
    answers : frame, administrations x items, keyed; rows with a missing answer are left out (one row per client).
    level : coverage of the intervals, in (0, 1).
    draws : bootstrap resamples; 0 leaves bootstrap intervals out.
    seed : integer >= 0.
    units : (n administrations,) the unit to resample, for example the therapist; by default each row is one.

    Returns
    -------
    Tidy rows: item ("" for the scale), statistic, estimate, lower, upper, level, n, method, note. Statistics: alpha,
    alpha_standardized, mean_inter_item_r, spearman_brown (two items only), omega_total, omega_total_standardized, sem,
    and per item item_rest_r and alpha_if_dropped. What is undefined has no estimate and a note.

    Notes
    -----
    Omega is omega *total* of a one-factor model; see :mod:`psychometrics.omega` for the two denominators.
    Percentile bootstrap of omega: Kelley & Pornprasertmanit (2016), Psychol. Methods 21, 69-92. The standard error of
    measurement is in the metric of the mean score; times the number of items it is that of the total.
    Agrees with psych::alpha, psych::omega(nfactors = 1) and psych::fa(nfactors = 1).
    """
    check_level(level)
    values = answers.to_numpy(dtype=float, na_value=np.nan)
    keep = np.isfinite(values).all(axis=1)
    values = values[keep]
    n = len(values)
    units = np.arange(n) if units is None else np.asarray(units)[keep]
    n_units = len(pd.unique(units))
    values = values - values.mean(axis=0) if n else values
    covariance = _weighted_covariance(values, np.ones((1, n)))[0]
    sampled, why_not = None, "no resamples were drawn"
    if n_units < 3:
        why_not = "fewer than three units to resample"
    elif draws:
        sampled = _weighted_covariance(values, resample_weights(units, 0, draws, seed))
    rows = _table(covariance, n, list(answers.columns), level, sampled, why_not)
    if n_units < n:
        by_formula = rows["method"].str.endswith(("Feldt interval", "Fisher interval")) & rows["estimate"].notna()
        nested = f"the interval treats the {n} rows as independent although they belong to {n_units} units"
        rows.loc[by_formula, "note"] = [f"{note}; {nested}".removeprefix("; ") for note in rows.loc[by_formula, "note"]]
    return rows


def reliability_from_matrix(correlation, sd, n, *, level=0.95):
    """:func:`reliability` for data that are a matrix.

    Parameters
    ----------
    correlation : frame, item x item, of keyed items.
    sd : Series by item.
    n : number of people behind the matrix.

    Returns
    -------
    The same rows; intervals that need resampling are missing and the note says so.
    """
    check_level(level)
    items = list(correlation.columns)
    spread = sd.reindex(items).to_numpy(dtype=float)
    covariance = correlation.to_numpy(dtype=float) * np.outer(spread, spread)
    return _table(covariance, n, items, level, None, "the interval needs raw answers")


def _table(covariance, n, items, level, sampled, why_not):
    alpha = alpha_from_covariance(covariance, n, level)
    rows = [{"item": "", "statistic": "alpha", "estimate": alpha.estimate, "lower": alpha.lower, "upper": alpha.upper,
             "level": level, "n": n, "method": f"{METHODS['alpha']}; Feldt interval", "note": alpha.note}]
    k = len(items)
    defined = np.isfinite(alpha.estimate)
    constant = [item for item, variance in zip(items, np.diag(covariance), strict=True) if not variance > 0]
    estimates = _coefficients(covariance[None]) if defined else {}
    resampled = _coefficients(sampled, start=estimates["loadings"][0]) if defined and sampled is not None else None
    for statistic in ("alpha_standardized", "mean_inter_item_r", "spearman_brown", "omega_total",
                      "omega_total_standardized", "sem"):
        if statistic == "spearman_brown" and k != 2:
            continue
        reason = "" if defined else alpha.note
        if not reason and constant and statistic != "sem":
            reason = f"without variance: {', '.join(constant)}"
        if not reason and statistic.startswith("omega"):
            reason = _why_no_omega(k, estimates["loadings"][0])
        row = {"item": "", "statistic": statistic, "n": n, "level": level, "method": METHODS[statistic], "note": reason}
        if not reason:
            notes = []
            row["estimate"] = estimates[statistic][0]
            if resampled is None:
                notes.append(why_not)
            else:
                found = resampled[statistic]
                row["lower"], row["upper"] = percentile_interval(found, level)
                row["method"] += f"; percentile bootstrap, {len(found)} draws"
                lost = int((~np.isfinite(found)).sum())
                notes += [f"undefined in {lost} of {len(found)} resamples"] if lost else []
            if statistic.startswith("omega"):
                heywood = [items[j] for j in np.flatnonzero(np.abs(estimates["loadings"][0]) >= 1)]
                notes += [f"Heywood case, no unique variance: {', '.join(heywood)}"] if heywood else []
            row["note"] = "; ".join(notes)
        rows.append(row)
    table = pd.DataFrame(rows, columns=COLUMNS)
    if k < 2 or n < 3:
        return table
    return pd.concat([table, item_statistics(covariance, n, items, level=level)], ignore_index=True)


def _why_no_omega(k, loadings):
    if k < 3:
        return "two items: a one-factor model is not identified"
    return "" if np.isfinite(loadings).all() else "the one-factor model has no finite solution"


def _coefficients(covariance, start=None):
    """Every coefficient of a stack of covariance matrices (m, k, k), by name, each (m,); missing where undefined."""
    k = covariance.shape[-1]
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(np.where(variance > 1e-12 * variance.max(axis=1, keepdims=True), variance, np.nan))
        correlation = covariance / (sd[:, :, None] * sd[:, None, :])
        alpha = np.where(covariance.sum(axis=(1, 2)) > 1e-12 * variance.sum(axis=1), _alpha(covariance), np.nan)
        mean_r = (correlation.sum(axis=(1, 2)) - k) / (k * (k - 1))
        standardized = np.where(1 + (k - 1) * mean_r > 1e-12, _alpha(correlation), np.nan)
        start = start if start is not None and np.isfinite(start).all() else None
        loadings = one_factor_minres(correlation, start=start) if k > 2 else np.full_like(sd, np.nan)
        return {
            "loadings": loadings,
            "alpha": alpha,
            "alpha_standardized": standardized,
            "mean_inter_item_r": mean_r,
            "spearman_brown": 2 * mean_r / (1 + mean_r),
            "omega_total": omega_total(loadings, sd),
            "omega_total_standardized": omega_total_standardized(loadings, correlation),
            "sem": np.sqrt(covariance.sum(axis=(1, 2)) * (1 - alpha)) / k,
        }


def _alpha(covariance):
    """Coefficient alpha of (..., k, k) matrices, unchecked."""
    k = covariance.shape[-1]
    total = covariance.sum(axis=(-2, -1))
    return k / (k - 1) * (1 - np.trace(covariance, axis1=-2, axis2=-1) / total)


def _weighted_covariance(values, weights):
    """(m, k, k) covariance matrices of centred values (n, k) under m rows of integer weights (m, n)."""
    k = values.shape[1]
    first, second = np.triu_indices(k)
    count = weights.sum(axis=1, keepdims=True)
    sums = weights @ values
    with np.errstate(divide="ignore", invalid="ignore"):
        moments = weights @ (values[:, first] * values[:, second]) - sums[:, first] * sums[:, second] / count
        moments /= count - 1
    covariance = np.empty((len(weights), k, k))
    covariance[:, first, second] = covariance[:, second, first] = moments
    return covariance
