"""Correlations between true scores: observed ones corrected for the unreliability of both scores."""

import numpy as np
import pandas as pd

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals, resample_units
from psychometrics.association.pairs import (
    COLUMNS,
    PART_WHOLE,
    all_pairs,
    only_score,
    pair_names,
    score_values,
    shares_items,
    why_undefined,
)
from psychometrics.association.weighted import used_by, weighted_pair_correlations
from psychometrics.reliability.coefficients import BOOTSTRAP_TOLERANCE, coefficient_alpha, to_correlations
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.reliability.omega_total import omega_total, one_factor_minres
from psychometrics.resampling.formula_intervals import check_level, fisher_interval

STATISTICS = {"alpha": "r_disattenuated", "omega": "r_disattenuated_omega"}
NUMBERS_AT_ONCE = 10_000_000


def disattenuate(scores, answers, columns, *, level=0.95, missing="pairwise", resamples: UnitResamples | None = None):
    r"""Correlations corrected for the alphas, and for the omegas, of both scores.

    .. math:: r_{xy} \big/ \sqrt{\rho_{xx'} \rho_{yy'}}

    Parameters
    ----------
    scores : frame, clients x score columns, one row per client.
    answers : name of a score column -> frame of its keyed items, with the index of `scores`.
    columns : frame, one row per score column (its index), with columns perspective, form, scale.
    missing : rule for missing answers in alpha and omega: "pairwise", "listwise" or "em".
    resamples : as for :func:`psychometrics.association.scores.correlate_scores`.

    Returns
    -------
    Tidy rows r_disattenuated (alpha) and r_disattenuated_omega (omega total of one factor, in the metric of the raw
    sum). Every resample computes r and both reliabilities anew; r is that of the clients who have both scores.

    Notes
    -----
    Spearman (1904), Am. J. Psychol. 15; intervals by resampling: Charles (2005), Psychol. Methods 10, 206-226. A value
    above 1 is reported as it is, with a note. Agrees with the upper triangle of psych::correct.cor.
    """
    check_level(level)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, statistic) for statistic in STATISTICS.values()], columns=COLUMNS)
    values = score_values(scores, columns)
    for name in columns.index:
        if not answers[name].index.equals(scores.index):
            raise ValueError(f"The items of '{name}' must have the clients of the scores, in the same order.")
    items, pairs = [answers[name] for name in columns.index], all_pairs(columns)
    resamples = resample_units(np.arange(len(values)), 0, 0) if resamples is None else resamples
    reasons = why_undefined(values, pairs)
    r = weighted_pair_correlations(values, np.ones((1, len(values))), pairs)[0]
    found = _by_coefficient(items, None, missing, 1e-10)
    draws = dict.fromkeys(STATISTICS)
    if resamples.weights is not None:
        sampled = weighted_pair_correlations(values, resamples.weights, pairs)
        each = _by_coefficient(items, resamples.weights, missing, BOOTSTRAP_TOLERANCE)
        draws = {name: disattenuated_correlations(sampled, each[name], pairs) for name in STATISTICS}
    used = used_by(values, pairs)
    return pd.concat(
        [
            corrected_rows(name, r, found[name][0], draws[name], used, reasons, columns, pairs, level, resamples)
            for name in STATISTICS
        ],
        ignore_index=True,
    )


def disattenuated_correlations(r, reliability, pairs):
    """(m, pairs) corrected correlations of (m, pairs); missing where a reliability (m, scores) is not positive."""
    usable = np.where(reliability > 0, reliability, np.nan)
    return r / np.sqrt(usable[:, pairs[:, 0]] * usable[:, pairs[:, 1]])


def reliabilities(answers, weights, *, missing="pairwise", tolerance=1e-10):
    """Alpha and omega total of one scale under many weightings of the clients.

    Parameters
    ----------
    answers : frame, clients x keyed items.
    weights : (m, n) how often each client counts; None for once.
    missing : rule of :class:`psychometrics.reliability.item_covariances.ItemCovariances`.
    tolerance : of the loadings of the one factor.

    Returns
    -------
    {"alpha": (m,), "omega": (m,)}, missing where undefined.
    """
    k = answers.shape[1]
    data = ItemCovariances(answers, missing=missing)
    weights = np.ones((1, data.people.sum())) if weights is None else weights[:, data.people]
    found = {name: np.full(len(weights), np.nan) for name in STATISTICS}
    if k < 2 or data.reason:
        return found
    step = max(1, NUMBERS_AT_ONCE // k**2)
    for start in range(0, len(weights), step):
        part = slice(start, start + step)
        covariance = data.resampled(weights[part])
        found["alpha"][part] = coefficient_alpha(covariance)
        if k > 2:
            correlation, sd = to_correlations(covariance)
            found["omega"][part] = omega_total(one_factor_minres(correlation, tolerance=tolerance), sd)
    return found


def _by_coefficient(items, weights, missing, tolerance):
    """{"alpha": (m, scores), "omega": (m, scores)}."""
    each = [reliabilities(block, weights, missing=missing, tolerance=tolerance) for block in items]
    return {name: np.column_stack([one[name] for one in each]) for name in STATISTICS}


def corrected_rows(name, r, reliability, draws, used, reasons, columns, pairs, level, resamples):
    """Tidy rows from correlations (pairs,), reliabilities (scores,) and resampled corrected values (m, pairs)."""
    estimate = disattenuated_correlations(r[None], reliability[None], pairs)[0]
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
        statistic=STATISTICS[name],
        estimate=estimate,
        n=used.sum(axis=0),
        method=f"r / sqrt({name} {name}_2)",
        note=notes,
    )
    return cluster_bootstrap_intervals(rows, draws, used, resamples, level, kind="bias-corrected").reindex(
        columns=COLUMNS
    )


def known_reliability_rows(r, reliability, coefficient, columns, pairs, n, level, reasons):
    """Correlations corrected for reliabilities that were published and are not estimated from the same data.

    Parameters
    ----------
    r, n : (pairs,) correlations and people behind each.
    reliability, coefficient : (scores,) published values, missing where there is none, and which coefficients they are.
    reasons : (pairs,) why there is no correlation; "" where there is one.

    Returns
    -------
    Tidy rows r_disattenuated. The limits are Fisher's of r divided by the same root: they tell of the sampling of r
    only, and the note says so.
    """
    root, estimate = np.sqrt(reliability[pairs[:, 0]] * reliability[pairs[:, 1]]), np.full(len(pairs), np.nan)
    part, notes, methods = shares_items(columns, pairs), [], []
    for position, (i, j) in enumerate(pairs):
        methods.append("")
        if part[position]:
            notes.append(f"{PART_WHOLE}: shared items make the corrected correlation meaningless")
        elif reasons[position]:
            notes.append(reasons[position])
        elif np.isnan(root[position]):
            notes.append("no reliability was published for one of the scores")
        else:
            estimate[position] = r[position] / root[position]
            methods[-1] = f"r / sqrt({coefficient[i]} {coefficient[j]}_2); Fisher interval of r divided by the same"
            above = "; above 1: more than the two reliabilities allow" if abs(estimate[position]) > 1 else ""
            which = "" if {coefficient[i], coefficient[j]} == {"alpha"} else f" ({coefficient[i]}, {coefficient[j]})"
            notes.append(f"published reliabilities{which} count as known{above}")
    lower, upper = (limit / root for limit in fisher_interval(np.where(np.isnan(estimate), np.nan, r), n, level))
    return (
        pd.DataFrame(pair_names(columns, pairs))
        .assign(
            statistic=STATISTICS["alpha"],
            estimate=estimate,
            lower=lower,
            upper=upper,
            level=level,
            n=n,
            method=methods,
            note=notes,
        )
        .reindex(columns=COLUMNS)
    )
