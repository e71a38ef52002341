"""Correlations between the scores of several forms and perspectives, as they are and corrected for unreliability."""
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import stdtr

from psychometrics.intervals import check_level, fisher_interval, percentile_interval, spearman_interval
from psychometrics.resampling import resample_weights

PAIR = ["perspective", "perspective_2", "form", "form_2", "scale", "scale_2"]
COLUMNS = [*PAIR, "statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]
NEEDS_ANSWERS = "needs raw answers"
PART_WHOLE = "part-whole"


def correlate_scores(scores, columns, *, level=0.95, method="pearson"):
    """Correlation of every pair of scores, on the clients who have both.

    Parameters
    ----------
    scores : frame, clients x score columns, one row per client.
    columns : frame, one row per score column (its index), with columns perspective, form, scale.
    level : coverage of the intervals, in (0, 1).
    method : "pearson" (Fisher's interval) or "spearman" (Bonett and Wright's).

    Returns
    -------
    Tidy rows r_{method}, p_{method} and p_{method}_holm per unique pair: perspective, perspective_2, form, form_2,
    scale, scale_2, statistic, estimate, lower, upper, level, n, method, note. A total and a scale of the same form and
    perspective share items: their row has the note "part-whole", no test, and no place in Holm's family. A single score
    gives one row that says so.

    Notes
    -----
    p: t with n - 2 degrees of freedom, two-sided, also for ranks. Holm (1979), Scand. J. Stat. 6, 65-70.
    Agrees with stats::cor.test(exact = FALSE), psych::corr.test and stats::p.adjust.
    """
    check_level(level)
    if method not in ("pearson", "spearman"):
        raise ValueError(f"method must be 'pearson' or 'spearman', not '{method}'.")
    values = _values(scores, columns)
    found = []
    for i, j in combinations(range(values.shape[1]), 2):
        both = values[np.isfinite(values[:, [i, j]]).all(axis=1)][:, [i, j]]
        if method == "spearman":
            both = pd.DataFrame(both).rank().to_numpy()
        n = len(both)
        reason = _why_no_correlation(both)
        r = np.nan if reason else float(np.clip(np.corrcoef(both, rowvar=False)[0, 1], -1, 1))
        found.append((r, n, reason))
    r, n, reasons = zip(*found, strict=True) if found else ((), (), ())
    return _correlation_rows(np.array(r), np.array(n), list(reasons), columns, level, method)


def disattenuate(scores, answers, columns, *, level=0.95, draws=1000, seed=0, units=None):
    r"""Correlations between true scores: r corrected for the alphas of both scores.

    .. math:: r_{xy} \big/ \sqrt{\alpha_x \alpha_y}

    Parameters
    ----------
    scores : frame, clients x score columns, one row per client.
    answers : name of a score column -> frame of its keyed items, with the index of `scores`.
    columns : as for :func:`correlate_scores`.
    draws : bootstrap resamples; 0 leaves the intervals out.
    seed : integer >= 0.
    units : (n clients,) the unit to resample, for example the therapist; by default each client is one.

    Returns
    -------
    Tidy rows r_disattenuated. Every resample computes r and both alphas anew; alpha uses the clients who answered every
    item of the scale, r those who have both scores.

    Notes
    -----
    Spearman (1904), Am. J. Psychol. 15; intervals: Charles (2005), Psychol. Methods 10, 206-226. A value above 1 is
    reported as it is, with a note. Agrees with the upper triangle of psych::correct.cor.
    """
    check_level(level)
    values = _values(scores, columns)
    names = list(columns.index)
    for name in names:
        if not answers[name].index.equals(scores.index):
            raise ValueError(f"The items of '{name}' must have the clients of the scores, in the same order.")
    items = [answers[name].to_numpy(dtype=float, na_value=np.nan) for name in names]
    one = np.ones((1, len(values)))
    pairs = np.array(list(combinations(range(len(names)), 2)), dtype=int).reshape(-1, 2)
    r, n = _weighted_correlations(values, one, pairs)
    alpha = np.column_stack([_weighted_alpha(block, one) for block in items])
    units = np.arange(len(values)) if units is None else np.asarray(units)
    sampled, why_not = None, "no resamples were drawn"
    if len(pd.unique(units)) < 3:
        why_not = "fewer than three units to resample"
    elif draws:
        weights = resample_weights(units, 0, draws, seed).astype(float)
        alphas = np.column_stack([_weighted_alpha(block, weights) for block in items])
        sampled = _corrected(_weighted_correlations(values, weights, pairs)[0], alphas, pairs)
    reasons = [_why_no_correlation(values[np.isfinite(values[:, pair]).all(axis=1)][:, pair]) for pair in pairs]
    return _corrected_rows(r[0], alpha[0], n[0], pairs, reasons, columns, level, sampled, why_not)


def correlate_composites(correlation, columns, alphas, n, *, level=0.95):
    """:func:`correlate_scores` and :func:`disattenuate` for data that are a matrix.

    Parameters
    ----------
    correlation : frame, score x score, for example of :func:`psychometrics.scoring.composite_moments`.
    columns : as for :func:`correlate_scores`; its index names the scores.
    alphas : Series by score.
    n : number of people behind the matrix.

    Returns
    -------
    The rows of both functions. Spearman's correlations and the intervals of the corrected ones are missing.
    """
    check_level(level)
    names = list(columns.index)
    matrix = correlation.loc[names, names].to_numpy(dtype=float)
    pairs = np.array(list(combinations(range(len(names)), 2)), dtype=int).reshape(-1, 2)
    r = np.clip(matrix[pairs[:, 0], pairs[:, 1]], -1, 1)
    size = np.full(len(pairs), n)
    reasons = [("fewer than four clients have both scores" if n < 4 else "") if np.isfinite(value)
               else "the matrix has no value" for value in r]
    absent = np.full(len(pairs), np.nan)
    alpha = alphas.reindex(names).to_numpy(dtype=float)
    return pd.concat([
        _correlation_rows(np.where(np.array(reasons) == "", r, np.nan), size, reasons, columns, level, "pearson"),
        _correlation_rows(absent, size, [NEEDS_ANSWERS] * len(pairs), columns, level, "spearman"),
        _corrected_rows(r, alpha, size, pairs, reasons, columns, level, None, f"the interval {NEEDS_ANSWERS}"),
    ], ignore_index=True)


def adjust_holm(p):
    """Holm's adjusted p values; missing ones stay missing and do not count. Agrees with stats::p.adjust."""
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _values(scores, columns):
    missing = [name for name in columns.index if name not in scores.columns]
    if missing:
        raise ValueError(f"The scores have no column {', '.join(map(str, missing))}.")
    return scores[list(columns.index)].to_numpy(dtype=float, na_value=np.nan)


def _why_no_correlation(both):
    if len(both) < 4:
        return "fewer than four clients have both scores"
    return "" if (np.ptp(both, axis=0) > 0).all() else "a score does not vary"


def _named_pairs(columns):
    """One dict per unique pair, in the order of the columns, and whether it is a total with its own scale."""
    described = columns[["perspective", "form", "scale"]].to_dict("records")
    for one, two in combinations(described, 2):
        names = one | {f"{key}_2": value for key, value in two.items()}
        same = one["perspective"] == two["perspective"] and one["form"] == two["form"]
        yield names, same and "total" in (one["scale"], two["scale"])


def _alone(columns, statistic):
    if len(columns) != 1:
        return []
    only = columns[["perspective", "form", "scale"]].to_dict("records")[0]
    return [only | {"statistic": statistic, "note": "only one score: nothing to correlate"}]


def _correlation_rows(r, n, reasons, columns, level, method):
    named = list(_named_pairs(columns))
    part = np.array([flag for _, flag in named], dtype=bool)
    lower, upper = (fisher_interval if method == "pearson" else spearman_interval)(r, n, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt((n - 2) / (1 - r**2))
    p = np.where(part | np.isnan(r), np.nan, 2 * stdtr(np.maximum(n - 2, 1), -np.nan_to_num(t)))
    interval = "Fisher interval" if method == "pearson" else "Bonett-Wright interval"
    blocks = [(f"r_{method}", r, lower, upper, level, interval)]
    if np.isfinite(r).any():
        empty = np.full(len(r), np.nan)
        blocks += [(f"p_{method}", p, empty, empty, np.nan, "two-sided t"),
                   (f"p_{method}_holm", adjust_holm(p), empty, empty, np.nan, f"Holm, {np.isfinite(p).sum()} pairs")]
    rows = _alone(columns, f"r_{method}")
    for position, (names, is_part) in enumerate(named):
        for statistic, estimate, low, high, coverage, how in blocks:
            if is_part and statistic.startswith("p_"):
                continue
            note = "; ".join(filter(None, [PART_WHOLE if is_part else "", reasons[position]]))
            rows.append(names | {"statistic": statistic, "estimate": estimate[position], "lower": low[position],
                                 "upper": high[position], "level": coverage, "n": n[position], "method": how,
                                 "note": note})
    return pd.DataFrame(rows, columns=COLUMNS)


def _corrected_rows(r, alpha, n, pairs, reasons, columns, level, sampled, why_not):
    estimate = _corrected(r[None], alpha[None], pairs)[0]
    rows = _alone(columns, "r_disattenuated")
    for position, (names, is_part) in enumerate(_named_pairs(columns)):
        alphas = alpha[pairs[position]]
        row = names | {"statistic": "r_disattenuated", "level": level, "n": n[position],
                       "method": "r / sqrt(alpha alpha_2)"}
        if is_part:
            row["note"] = f"{PART_WHOLE}: shared items make the corrected correlation meaningless"
        elif reasons[position]:
            row["note"] = reasons[position]
        elif np.isnan(alphas).any():
            row["note"] = "alpha is undefined for one of the scores"
        elif (alphas <= 0).any():
            row["note"] = "alpha is zero or negative for one of the scores"
        else:
            row["estimate"] = estimate[position]
            notes = ["above 1: more than the two alphas allow"] if abs(estimate[position]) > 1 else []
            if sampled is None:
                notes.append(why_not)
            else:
                found = sampled[:, position]
                row["lower"], row["upper"] = percentile_interval(found, level)
                row["method"] += f"; percentile bootstrap, {len(found)} draws"
                lost = int((~np.isfinite(found)).sum())
                notes += [f"undefined in {lost} of {len(found)} resamples"] if lost else []
            row["note"] = "; ".join(notes)
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _corrected(r, alpha, pairs):
    """(m, pairs) corrected correlations; missing where an alpha is not positive."""
    usable = np.where(alpha > 0, alpha, np.nan)
    return r / np.sqrt(usable[:, pairs[:, 0]] * usable[:, pairs[:, 1]])


def _weighted_correlations(values, weights, pairs):
    """(m, pairs) correlations on complete pairs under m rows of weights, and the number of rows behind each."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        centred = np.where(known, values - np.nansum(values, axis=0) / np.maximum(known.sum(axis=0), 1), 0.0)
    both = (known[:, pairs[:, 0]] & known[:, pairs[:, 1]]).astype(float)
    x, y = centred[:, pairs[:, 0]] * both, centred[:, pairs[:, 1]] * both
    count = weights @ both
    sum_x, sum_y = weights @ x, weights @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        xx, yy = weights @ x**2 - sum_x**2 / count, weights @ y**2 - sum_y**2 / count
        r = (weights @ (x * y) - sum_x * sum_y / count) / np.sqrt(xx * yy)
        varies = (xx > 1e-12 * (x**2).sum(axis=0)) & (yy > 1e-12 * (y**2).sum(axis=0))
    return np.where(varies, np.clip(r, -1, 1), np.nan), count.astype(int)


def _weighted_alpha(items, weights):
    """(m,) alphas of the complete rows of one scale under m rows of weights, from item and total sums of squares."""
    complete = np.isfinite(items).all(axis=1)
    k = items.shape[1]
    if k < 2 or complete.sum() < 3:
        return np.full(len(weights), np.nan)
    kept, weights = items[complete] - items[complete].mean(axis=0), weights[:, complete]
    columns = np.column_stack([kept, kept.sum(axis=1)])
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = weights @ columns**2 - (weights @ columns) ** 2 / weights.sum(axis=1, keepdims=True)
        alpha = k / (k - 1) * (1 - squares[:, :k].sum(axis=1) / squares[:, k])
    return np.where(squares[:, k] > 1e-12 * squares[:, :k].sum(axis=1), alpha, np.nan)
