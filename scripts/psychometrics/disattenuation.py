"""Correlations between true scores: observed ones corrected for the unreliability of both scores."""
import numpy as np
import pandas as pd

from psychometrics.intervals import check_level
from psychometrics.omega import omega_total, one_factor_minres
from psychometrics.score_pairs import (
    COLUMNS,
    PART_WHOLE,
    all_pairs,
    only_score,
    pair_names,
    score_values,
    shares_items,
    why_undefined,
)
from psychometrics.unit_resamples import UnitResamples, bootstrap_intervals, resample_units
from psychometrics.weighted_pairs import used_by, weighted_correlations

STATISTICS = {"alpha": "r_disattenuated", "omega": "r_disattenuated_omega"}
RESAMPLE_TOLERANCE = 1e-6  # of loadings; far below their sampling error
NUMBERS_AT_ONCE = 10_000_000


def disattenuate(scores, answers, columns, *, level=0.95, resamples: UnitResamples | None = None):
    r"""Correlations corrected for the alphas, and for the omegas, of both scores.

    .. math:: r_{xy} \big/ \sqrt{\rho_{xx'} \rho_{yy'}}

    Parameters
    ----------
    scores : frame, clients x score columns, one row per client.
    answers : name of a score column -> frame of its keyed items, with the index of `scores`. Columns without items,
        such as an outcome, are left out.
    columns : frame, one row per score column (its index), with columns perspective, form, scale.
    resamples : as for :func:`psychometrics.association.correlate_scores`.

    Returns
    -------
    Tidy rows r_disattenuated (alpha) and r_disattenuated_omega (omega total of one factor, in the metric of the raw
    sum). Every resample computes r and both reliabilities anew; those use the clients who answered every item of the
    scale, r those who have both scores.

    Notes
    -----
    Spearman (1904), Am. J. Psychol. 15; intervals by resampling: Charles (2005), Psychol. Methods 10, 206-226. A value
    above 1 is reported as it is, with a note. Agrees with the upper triangle of psych::correct.cor.
    """
    check_level(level)
    columns = columns[[name in answers for name in columns.index]]
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, statistic) for statistic in STATISTICS.values()], columns=COLUMNS)
    values = score_values(scores, columns)
    for name in columns.index:
        if not answers[name].index.equals(scores.index):
            raise ValueError(f"The items of '{name}' must have the clients of the scores, in the same order.")
    items = [answers[name].to_numpy(dtype=float, na_value=np.nan) for name in columns.index]
    pairs, one = all_pairs(columns), np.ones((1, len(values)))
    resamples = resample_units(np.arange(len(values)), 0, 0) if resamples is None else resamples
    reasons = why_undefined(values, pairs)
    r = weighted_correlations(values, one, pairs)[0]
    found = _by_coefficient(items, one, 1e-10)
    draws = dict.fromkeys(STATISTICS)
    if resamples.weights is not None:
        sampled = weighted_correlations(values, resamples.weights, pairs)
        draws = {name: correct(sampled, coefficient, pairs)
                 for name, coefficient in _by_coefficient(items, resamples.weights, RESAMPLE_TOLERANCE).items()}
    used = used_by(values, pairs)
    return pd.concat([
        corrected_rows(name, r, found[name][0], draws[name], used, reasons, columns, pairs, level, resamples)
        for name in STATISTICS
    ], ignore_index=True)


def correct(r, reliability, pairs):
    """(m, pairs) corrected correlations of (m, pairs); missing where a reliability (m, scores) is not positive."""
    usable = np.where(reliability > 0, reliability, np.nan)
    return r / np.sqrt(usable[:, pairs[:, 0]] * usable[:, pairs[:, 1]])


def reliabilities(items, weights, *, tolerance=1e-10):
    """Alpha and omega total of one scale under many weightings of the clients.

    Parameters
    ----------
    items : (n, k) keyed answers; clients with a missing one are left out.
    weights : (m, n) how often each client counts.
    tolerance : of the loadings of the one factor.

    Returns
    -------
    {"alpha": (m,), "omega": (m,)}, missing where undefined.
    """
    complete = np.isfinite(items).all(axis=1)
    k = items.shape[1]
    found = {name: np.full(len(weights), np.nan) for name in STATISTICS}
    if k < 2 or complete.sum() < 3:
        return found
    kept, weights = items[complete] - items[complete].mean(axis=0), weights[:, complete]
    first, second = np.triu_indices(k)
    products = kept[:, first] * kept[:, second]
    step = max(1, NUMBERS_AT_ONCE // k**2)
    for start in range(0, len(weights), step):
        part = slice(start, start + step)
        count, sums = weights[part].sum(axis=1, keepdims=True), weights[part] @ kept
        with np.errstate(divide="ignore", invalid="ignore"):
            moments = (weights[part] @ products - sums[:, first] * sums[:, second] / count) / (count - 1)
            covariance = np.empty((len(sums), k, k))
            covariance[:, first, second] = covariance[:, second, first] = moments
            variance = np.diagonal(covariance, axis1=1, axis2=2)
            total = covariance.sum(axis=(1, 2))
            varies = total > 1e-12 * variance.sum(axis=1)
            found["alpha"][part] = np.where(varies, k / (k - 1) * (1 - variance.sum(axis=1) / total), np.nan)
            if k > 2:
                sd = np.sqrt(np.where(variance > 1e-12 * variance.max(axis=1, keepdims=True), variance, np.nan))
                correlation = covariance / (sd[:, :, None] * sd[:, None, :])
                found["omega"][part] = omega_total(one_factor_minres(correlation, tolerance=tolerance), sd)
    return found


def _by_coefficient(items, weights, tolerance):
    """{"alpha": (m, scores), "omega": (m, scores)}."""
    each = [reliabilities(block, weights, tolerance=tolerance) for block in items]
    return {name: np.column_stack([one[name] for one in each]) for name in STATISTICS}


def corrected_rows(name, r, reliability, draws, used, reasons, columns, pairs, level, resamples):
    """Tidy rows from correlations (pairs,), reliabilities (scores,) and resampled corrected values (m, pairs)."""
    estimate = correct(r[None], reliability[None], pairs)[0]
    part = shares_items(columns, pairs)
    notes = []
    for position, (i, j) in enumerate(pairs):
        both = reliability[[i, j]]
        if part[position]:
            notes.append(f"{PART_WHOLE}: shared items make the corrected correlation meaningless")
        elif reasons[position]:
            notes.append(reasons[position])
        elif np.isnan(both).any():
            notes.append(f"{name} is undefined for one of the scores")
        elif (both <= 0).any():
            notes.append(f"{name} is zero or negative for one of the scores")
        else:
            notes.append(f"above 1: more than the two {name}s allow" if abs(estimate[position]) > 1 else "")
            continue
        estimate[position] = np.nan
    rows = pd.DataFrame(pair_names(columns, pairs)).assign(
        statistic=STATISTICS[name], estimate=estimate, n=used.sum(axis=0), method=f"r / sqrt({name} {name}_2)",
        note=notes)
    return bootstrap_intervals(rows, draws, used, resamples, level, kind="bias-corrected").reindex(columns=COLUMNS)
