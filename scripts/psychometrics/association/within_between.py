"""Correlations of repeated scores, split into what goes together within clients and what goes together between them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.pairs import COLUMNS, all_pairs, only_score, pair_names, score_values
from psychometrics.association.rows import correlation_rows
from psychometrics.association.units import Units
from psychometrics.resampling.formula_intervals import check_level, fisher_interval
from psychometrics.resampling.weights import ClusterWeights

ONE_SESSION = "no client was seen at two sessions: needs repeated sessions"
FEW_WITHIN = "fewer than three clients have both scores at two or more sessions"
FEW_BETWEEN = "fewer than four clients have both scores"
UNLIKE = "the interval takes the scores of all clients to vary alike and clients to have as many sessions each"
NAMES = ("within", "between", "total", "part_within", "part_between")


def repeated_correlations(
    scores: pd.DataFrame,
    clients: ArrayLike,
    columns: pd.DataFrame,
    *,
    level: float = 0.95,
    units: ArrayLike | None = None,
) -> pd.DataFrame:
    r"""Correlate every pair of scores within and between clients over all sessions.

    With client sums of squares and products, W within clients and B of the clients' means (each as often as the client
    has sessions with both scores), and :math:`\eta^2_{Wx} = W_{xx} / (W_{xx} + B_{xx})`,

    .. math:: r_{within} = \frac{W_{xy}}{\sqrt{W_{xx} W_{yy}}}, \quad r_{between} = \frac{B_{xy}}{\sqrt{B_{xx} B_{yy}}},
              \quad r_{total} = \eta_{Wx} \eta_{Wy} r_{within} + \eta_{Bx} \eta_{By} r_{between}

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per client and session, columns of scores.
    clients : array_like of shape (rows,)
        The client of each row.
    columns : pandas.DataFrame
        One row per score (its index), with columns perspective, form, scale.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : array_like of shape (n clients,), optional
        Units that are independent, such as therapists, in sorted order of the clients; by default each client is one.

    Returns
    -------
    pandas.DataFrame
        Tidy rows per unique pair:

        * r_within, p_within, p_within_holm: do two scores of a client rise and fall together over sessions? n counts
          pairs of scores;
        * r_between, p_between, p_between_holm: do clients with one high mean have the other high? n counts clients;
        * r_within_fisher, r_between_fisher: the same with Fisher's interval, within clients with the degrees of freedom
          of the repeated measures correlation, n - clients - 1. It takes all clients to have as many sessions and to
          vary alike, and with a ceiling it is too short;
        * r_total over all sessions, and its parts `r_part_within` and `r_part_between`, which sum to it;

        and per score `icc` and `icc_mean`: the share of variance between clients, of one session and of a client's
        mean.

    Notes
    -----
    Intervals are the jackknife's over the units on the scale of Fisher's z, and tests are by them. Where there is none,
    r_within and r_between have Fisher's, and the test of the repeated measures correlation.

    r_within is the repeated measures correlation: Bakdash & Marusich (2017), Front. Psychol. 8:456. Agrees with
    pingouin.rm_corr and with rwg of psych::statsBy; r_between, the parts and the ICCs with its rbg, etawg, etabg, ICC1
    and ICC2 (Pedhazur 1997, Multiple regression, chapter 16). The mean of few sessions is an uncertain measure of a
    client, so that r_between still holds some of what goes together within clients.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics import repeated_correlations
    >>> scores = pd.DataFrame({"wai": [5, 6, 4, 5, 6, 6, 3, 5], "haq": [4, 5, 4, 4, 5, 6, 3, 4]})
    >>> clients = ["a", "a", "b", "b", "c", "c", "d", "d"]
    >>> columns = pd.DataFrame({"perspective": "client", "form": ["wai", "haq"], "scale": "total"}, ["wai", "haq"])
    >>> rows = repeated_correlations(scores, clients, columns)
    >>> rows[rows["statistic"].str.startswith("r_")][["statistic", "estimate", "n"]].round(2)
             statistic  estimate  n
    0         r_within      0.71  8
    1  r_within_fisher      0.71  8
    4        r_between      0.96  4
    7          r_total      0.88  8
    8    r_part_within      0.22  8
    9   r_part_between      0.66  8
    """
    check_level(level)
    values, pairs = score_values(scores, columns), all_pairs(columns)
    names, codes = np.unique(np.asarray(clients), return_inverse=True)
    own = Units.of(units, len(names))
    if len(codes) == len(names):
        return pd.DataFrame([{"statistic": "r_within", "note": ONE_SESSION}], columns=COLUMNS)
    alone = _intraclass(values, codes, columns)
    if len(columns) == 1:
        return pd.concat([pd.DataFrame([only_score(columns, "r_within")], columns=COLUMNS), alone], ignore_index=True)
    one, found, without, sizes = np.ones((1, len(names))), [], [], []
    for i, j in pairs:
        sums = client_sums(values[:, i], values[:, j], codes, len(names))
        found.append(split_correlations(sums, one))
        without.append(split_correlations(sums, own.parts))
        sizes.append(sums[:, 0].astype(int))
    size = np.column_stack(sizes)
    used, repeated, sessions = size > 0, size > 1, size.sum(axis=0)
    count = used.sum(axis=0)
    estimate = {name: np.array([each[name][0] for each in found]) for name in NAMES}
    left_out = {name: np.column_stack([each[name] for each in without]) for name in NAMES}
    reasons = {
        "within": [FEW_WITHIN if few < 3 else "" for few in repeated.sum(axis=0)],
        "between": [FEW_BETWEEN if few < 4 else "" for few in count],
    }
    parts = []
    for name, behind, freedom, n, method in (
        ("within", repeated, sessions - count - 1, sessions, "scores minus the client's mean"),
        ("between", used, count - 2, count, "means of the clients, each as often as it has sessions"),
    ):
        why = _constant(reasons[name], estimate[name], f"a score does not vary {name} clients")
        r = np.where(np.array(why) == "", estimate[name], np.nan)
        parts.append(
            correlation_rows(
                name,
                r,
                columns,
                pairs,
                left_out=left_out[name],
                reasons=why,
                freedom=freedom,
                n=n,
                limits=fisher_interval(r, freedom + 2, level),
                method=method,
                used=behind,
                level=level,
                units=own,
                formula="Fisher",
                doubt=UNLIKE,
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
        behind, n_units = own.parts_behind(used), own.units_behind(used)
        parts.append(jackknife_intervals(rows, left_out[name], behind, n_units, level, scale="z", bounds=(-1.0, 1.0)))
    return pd.concat([part.reindex(columns=COLUMNS) for part in (*parts, alone)], ignore_index=True)


def client_sums(x: np.ndarray, y: np.ndarray, codes: np.ndarray, n_clients: int) -> np.ndarray:
    """Sum over the sessions of each client that have both scores.

    Parameters
    ----------
    x : numpy.ndarray of shape (rows,)
        One score, missing as NaN.
    y : numpy.ndarray of shape (rows,)
        Another score.
    codes : numpy.ndarray of shape (rows,)
        The client of each row as 0, 1, ...
    n_clients : int
        Number of clients.

    Returns
    -------
    numpy.ndarray of shape (clients, 6)
        Number of sessions, sums of x and of y, and sums of squares of x, of y and of their products
        within the client.
    """
    both = np.isfinite(x) & np.isfinite(y)
    codes = codes[both]
    x, y = (v[both] - (v[both].mean() if both.any() else 0.0) for v in (x, y))
    size = np.bincount(codes, minlength=n_clients)
    sum_x, sum_y = (np.bincount(codes, v, minlength=n_clients) for v in (x, y))
    mean_x, mean_y = (v / np.maximum(size, 1) for v in (sum_x, sum_y))
    within_x, within_y = x - mean_x[codes], y - mean_y[codes]
    within = [np.bincount(codes, v, minlength=n_clients) for v in (within_x**2, within_y**2, within_x * within_y)]
    return np.column_stack([size, sum_x, sum_y, *within])


def split_correlations(sums: np.ndarray, weights: np.ndarray | ClusterWeights) -> dict[str, np.ndarray]:
    """Compute the correlations of :func:`repeated_correlations` under many weightings of the clients.

    Parameters
    ----------
    sums : numpy.ndarray of shape (clients, 6)
        See :func:`client_sums`.
    weights : numpy.ndarray or ClusterWeights, (m, clients)
        How often each client counts.

    Returns
    -------
    dict of str to numpy.ndarray
        Name of the correlation -> values of shape (m,), missing where a score does not vary.
    """
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


def _constant(reasons: Sequence[str], estimate: np.ndarray, said: str) -> list[str]:
    return [reason or ("" if np.isfinite(r) else said) for reason, r in zip(reasons, estimate, strict=True)]


def _intraclass(values: np.ndarray, codes: np.ndarray, columns: pd.DataFrame) -> pd.DataFrame:
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
