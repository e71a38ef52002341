"""Correlations of repeated scores, split into what goes together within clients and what goes together between them."""

import numpy as np
import pandas as pd

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals, resample_units
from psychometrics.association.pairs import COLUMNS, all_pairs, only_score, pair_names, score_values
from psychometrics.association.rows import correlation_rows
from psychometrics.resampling.formula_intervals import check_level, fisher_interval

ONE_SESSION = "no client was seen at two sessions: needs repeated sessions"
FEW_WITHIN = "fewer than three clients have both scores at two or more sessions"
FEW_BETWEEN = "fewer than four clients have both scores"
UNLIKE = "the interval takes the scores of all clients to vary alike and clients to have as many sessions each"
NAMES = ("within", "between", "total", "part_within", "part_between")


def repeated_correlations(scores, clients, columns, *, level=0.95, resamples: UnitResamples | None = None):
    r"""Within- and between-client correlations of every pair of scores over all sessions.

    With client sums of squares and products, W within clients and B of the clients' means (each as often as the client
    has sessions with both scores), and :math:`\eta^2_{Wx} = W_{xx} / (W_{xx} + B_{xx})`,

    .. math:: r_{within} = \frac{W_{xy}}{\sqrt{W_{xx} W_{yy}}}, \quad r_{between} = \frac{B_{xy}}{\sqrt{B_{xx} B_{yy}}},
              \quad r_{total} = \eta_{Wx} \eta_{Wy} r_{within} + \eta_{Bx} \eta_{By} r_{between}

    Parameters
    ----------
    scores : frame, one row per client and session, columns of scores.
    clients : (rows,) the client of each row.
    columns : frame, one row per score (its index), with columns perspective, form, scale.
    level : coverage of the intervals, in (0, 1).
    resamples : of the units of the clients, in sorted order of the clients; by default each client is a unit and
        nothing is resampled.

    Returns
    -------
    Tidy rows per unique pair:

    * r_within, p_within, p_within_holm: do two scores of a client rise and fall together over sessions? n counts pairs
      of scores;
    * r_between, p_between, p_between_holm: do clients with one high mean have the other high? n counts clients;
    * r_within_fisher, r_between_fisher: the same with Fisher's interval, within clients with the degrees of freedom of
      the repeated measures correlation, n - clients - 1. Without resamples this is the only one, and the test is by it.
      It takes all clients to have as many sessions and to vary alike, and with a ceiling it is too short;
    * r_total over all sessions, and its parts `r_part_within` and `r_part_between`, which sum to it;

    and per score `icc` and `icc_mean`: the share of variance between clients, of one session and of a client's mean.

    Notes
    -----
    r_within is the repeated measures correlation: Bakdash & Marusich (2017), Front. Psychol. 8:456. Agrees with
    pingouin.rm_corr and with rwg of psych::statsBy; r_between, the parts and the ICCs with its rbg, etawg, etabg, ICC1
    and ICC2 (Pedhazur 1997, Multiple regression, chapter 16). The mean of few sessions is no sure measure of a client,
    so that r_between still holds some of what goes together within clients.
    """
    check_level(level)
    values, pairs = score_values(scores, columns), all_pairs(columns)
    names, codes = np.unique(np.asarray(clients), return_inverse=True)
    resamples = resample_units(np.arange(len(names)), 0, 0) if resamples is None else resamples
    if len(codes) == len(names):
        return pd.DataFrame([{"statistic": "r_within", "note": ONE_SESSION}], columns=COLUMNS)
    alone = _intraclass(values, codes, columns)
    if len(columns) == 1:
        return pd.concat([pd.DataFrame([only_score(columns, "r_within")], columns=COLUMNS), alone], ignore_index=True)
    one, weights = np.ones((1, len(names))), resamples.weights
    found, used, repeated, sessions = [], [], [], []
    for i, j in pairs:
        sums = client_sums(values[:, i], values[:, j], codes, len(names))
        drawn = None if weights is None else split_correlations(sums, weights)
        found.append((split_correlations(sums, one), drawn))
        used.append(sums[:, 0] > 0)
        repeated.append((sums[:, 0] > 1).sum())
        sessions.append(sums[:, 0].sum())
    used, sessions = np.column_stack(used), np.array(sessions, dtype=int)
    count = used.sum(axis=0)
    estimate = {name: np.array([now[name][0] for now, _ in found]) for name in NAMES}
    draws = {name: None if weights is None else np.column_stack([drawn[name] for _, drawn in found]) for name in NAMES}
    reasons = {
        "within": [FEW_WITHIN if few < 3 else "" for few in repeated],
        "between": [FEW_BETWEEN if few < 4 else "" for few in count],
    }
    common = {
        "used": used,
        "level": level,
        "resamples": resamples,
        "formula": "Fisher",
        "doubt": "" if weights is None else UNLIKE,
    }
    parts = []
    for name, freedom, n, method in (
        ("within", sessions - count - 1, sessions, "scores less the client's mean"),
        ("between", count - 2, count, "means of the clients, each as often as it has sessions"),
    ):
        why = _constant(reasons[name], estimate[name], f"a score does not vary {name} clients")
        r = np.where(np.array(why) == "", estimate[name], np.nan)
        parts.append(
            correlation_rows(
                name,
                r,
                columns,
                pairs,
                draws=draws[name],
                reasons=why,
                freedom=freedom,
                n=n,
                limits=fisher_interval(r, freedom + 2, level),
                method=method,
                **common,
            )
        )
    for name in ("total", "part_within", "part_between"):
        why = _constant(reasons["within"], estimate[name], "a score does not vary")
        rows = pd.DataFrame(pair_names(columns, pairs)).assign(
            statistic=f"r_{name}",
            estimate=np.where(np.array(why) == "", estimate[name], np.nan),
            n=sessions,
            method="all sessions",
            note=why,
        )
        parts.append(cluster_bootstrap_intervals(rows, draws[name], used, resamples, level, kind="bias-corrected"))
    return pd.concat([part.reindex(columns=COLUMNS) for part in (*parts, alone)], ignore_index=True)


def client_sums(x, y, codes, n_clients):
    """(clients, 6) sums over the sessions with both scores: 1, x, y, and squares and products within the client."""
    both = np.isfinite(x) & np.isfinite(y)
    codes = codes[both]
    x, y = (v[both] - (v[both].mean() if both.any() else 0.0) for v in (x, y))
    size = np.bincount(codes, minlength=n_clients)
    sum_x, sum_y = (np.bincount(codes, v, minlength=n_clients) for v in (x, y))
    mean_x, mean_y = (v / np.maximum(size, 1) for v in (sum_x, sum_y))
    within_x, within_y = x - mean_x[codes], y - mean_y[codes]
    within = [np.bincount(codes, v, minlength=n_clients) for v in (within_x**2, within_y**2, within_x * within_y)]
    return np.column_stack([size, sum_x, sum_y, *within])


def split_correlations(sums, weights):
    """The correlations of :func:`repeated_correlations` from :func:`client_sums` under (m, clients) weights: name ->
    (m,) values, missing where a score does not vary."""
    size, sum_x, sum_y = sums[:, :3].T
    per = 1 / np.maximum(size, 1)
    between = np.column_stack([sum_x**2 * per, sum_y**2 * per, sum_x * sum_y * per])
    moments = weights @ np.column_stack([sums, between])
    n, of_x, of_y = moments[:, :3].T
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = moments[:, 3:6]
        across = moments[:, 6:] - np.column_stack([of_x**2, of_y**2, of_x * of_y]) / n[:, None]
        total = inside + across
        least = 1e-12 * np.maximum(total[:, :2], 0)
        inside[:, :2] = np.where(inside[:, :2] > least, inside[:, :2], np.nan)
        across[:, :2] = np.where(across[:, :2] > least, across[:, :2], np.nan)
        whole = np.sqrt(total[:, 0] * total[:, 1])
        found = {
            "within": inside[:, 2] / np.sqrt(inside[:, 0] * inside[:, 1]),
            "between": across[:, 2] / np.sqrt(across[:, 0] * across[:, 1]),
            "total": total[:, 2] / whole,
            "part_within": inside[:, 2] / whole,
            "part_between": across[:, 2] / whole,
        }
    return {name: np.clip(r, -1, 1) for name, r in found.items()}


def _constant(reasons, estimate, said):
    return [reason or ("" if np.isfinite(r) else said) for reason, r in zip(reasons, estimate, strict=True)]


def _intraclass(values, codes, columns):
    """ICC(1) of single sessions and ICC(2) of clients' means, by the analysis of variance."""
    rows = []
    for described, x in zip(columns[["perspective", "form", "scale"]].to_dict("records"), values.T, strict=True):
        sums = client_sums(x, x, codes, codes.max() + 1)
        sums = sums[sums[:, 0] > 0]
        n, clients = sums[:, 0].sum(), len(sums)
        common = described | {"n": int(n), "method": f"analysis of variance, {clients} clients"}
        if clients < 2 or n == clients:
            rows += [
                common | {"statistic": name, "note": "no client has this score at two sessions"}
                for name in ("icc", "icc_mean")
            ]
            continue
        within = sums[:, 3].sum() / (n - clients)
        between = ((sums[:, 1] ** 2 / sums[:, 0]).sum() - sums[:, 1].sum() ** 2 / n) / (clients - 1)
        varies = between > 0 or within > 0
        note = "" if varies else "the score does not vary"
        rows += [
            common
            | {
                "statistic": "icc",
                "note": note,
                "estimate": (between - within) / (between + within * (n / clients - 1)) if varies else np.nan,
            },
            common
            | {
                "statistic": "icc_mean",
                "estimate": 1 - within / between if between > 0 else np.nan,
                "note": note or ("" if between > 0 else "all clients have the same mean"),
            },
        ]
    return pd.DataFrame(rows, columns=COLUMNS)
