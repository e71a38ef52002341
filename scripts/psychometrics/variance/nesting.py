"""Shares of the variance of a score between therapists, between their clients, and between sessions of one client."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.resampling.formula_intervals import check_level
from psychometrics.variance.components import one_factor, two_factors
from psychometrics.variance.intervals import contrasts_of, ratio_interval, stretch_of_groups
from psychometrics.variance.nested_intervals import share_intervals

COLUMNS = ["statistic", "estimate", "lower", "upper", "level", "n", "groups", "group_size", "method", "note"]
TWO_LEVELS = "two-level REML; Wald's interval by F, lengthened for non-normal scores"
THREE_LEVELS = "three-level REML; generalized pivots, lengthened for non-normal scores"


def clients_in_therapists(score: ArrayLike, therapist: ArrayLike, *, level: float = 0.95) -> pd.DataFrame:
    r"""Estimate the intraclass correlation of clients of one therapist, and its effect on the precision of a mean.

    Parameters
    ----------
    score : array_like of shape (n,)
        One score per client; missing ones are left out.
    therapist : array_like of shape (n,)
        The therapist of each client, missing where none is known (left out, with a note).
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, estimate, lower, upper, level, n (clients), groups (therapists), group_size, method, note.
        Statistics: icc_therapist, variance_therapist, variance_client, design_effect, effective_n. What cannot be
        computed has no estimate and a note.

    Notes
    -----
    ICC: share of the therapists in the REML components of ``score = mean + therapist + client``, never negative.
    Interval: Wald (1940), exact for normal scores and groups of any sizes (as Searle's and Donner & Wells's, 1986,
    Biometrics 42, with equal ones); see :func:`psychometrics.variance.intervals.stretch_of_groups` for other scores.

    .. math:: deff = 1 + (m - 1)\,ICC, \qquad m = \sum_j n_j^2 / \sum_j n_j

    m, in the column group_size, is the size that makes deff the exact inflation of the variance of the clients' mean
    (Kish, 1965; Donner, Birkett & Buck, 1981, Am. J. Epidemiol. 114); with unequal groups it exceeds the mean size.
    Effective n: n / deff. Agrees with lme4::lmer(score ~ 1 + (1 | therapist)).

    Examples
    --------
    >>> from psychometrics import clients_in_therapists, example_answers
    >>> answers = example_answers()
    >>> rows = clients_in_therapists(answers.filter(regex="wai_[0-9]").mean(axis=1), answers["therapist"])
    >>> rows[["statistic", "estimate", "lower", "upper", "n", "groups"]].round(2)
                statistic  estimate  lower   upper    n  groups
    0       icc_therapist      0.23   0.09    0.38  200      39
    1  variance_therapist      0.16    NaN     NaN  200      39
    2     variance_client      0.54    NaN     NaN  200      39
    3       design_effect      2.18   1.46    2.98  200      39
    4         effective_n     91.57  67.10  136.69  200      39
    """
    return _two_levels(
        score, therapist, level, names=("therapist", "client"), unit="therapist", member="client", design=True
    )


def sessions_in_clients(
    score: ArrayLike,
    client: ArrayLike,
    therapist: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 5000,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the shares of therapists, clients and sessions in the variance of a score given repeatedly.

    Parameters
    ----------
    score : array_like of shape (n,)
        One score per session; missing ones are left out.
    client : array_like of shape (n,)
        The client of each session.
    therapist : array_like of shape (n,)
        The client's therapist, always the same; missing where none is known.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 5000
        Number of generalized pivots.
    seed : int, default 0
        Seed of the generator, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows as of :func:`clients_in_therapists`; n are sessions, groups clients. Three levels: icc_therapist (two
        clients of one therapist), icc_client (the clients' own share), icc_same_client (two sessions of one client:
        therapist and client together), variance_therapist, variance_client, variance_session. Without therapists, or
        with too few, two levels: icc_same_client, variance_client, variance_session.

    Notes
    -----
    REML of ``score = mean + therapist + client + session``: the mean is the same at all sessions, so that change over
    time counts as variance between sessions. Intervals: :mod:`psychometrics.variance.nested_intervals`.
    Agrees with lme4::lmer(score ~ 1 + (1 | therapist / client)).
    """
    check_level(level)
    frame = pd.DataFrame({"score": np.asarray(score, float), "client": np.asarray(client), "therapist": therapist})
    frame = frame.dropna(subset="score")
    known = frame.dropna(subset="therapist")
    clients = known.drop_duplicates("client")["therapist"].value_counts()
    values = known["score"].to_numpy()
    inner, outer = (pd.factorize(known[name])[0] for name in ("client", "therapist"))
    reason = _why_not(values, inner, "client", "session")
    if not reason and (len(clients) < 3 or clients.max() < 2):
        reason = "fewer than three therapists, or one client each"
    if known.empty or reason:
        why = "no client has a named therapist" if known.empty else reason
        rows = _two_levels(
            frame["score"],
            frame["client"],
            level,
            names=("same_client", "session"),
            unit="client",
            member="session",
            design=False,
        )
        rows["note"] = [f"{note}; therapists left out of the model: {why}".removeprefix("; ") for note in rows["note"]]
        return rows
    variance = two_factors(values, inner, outer)
    lower, upper = share_intervals(values, inner, outer, level=level, draws=draws, seed=seed)
    total = variance.first + variance.second + variance.residual
    share = np.array([variance.second, variance.first, variance.first + variance.second]) / total
    left = len(frame) - len(known)
    common = {
        "n": len(values),
        "groups": inner.max() + 1,
        "group_size": _size(inner),
        "note": f"{left} sessions without a named therapist left out" if left else "",
    }
    found = [
        {
            "statistic": name,
            "estimate": share[i],
            "lower": lower[i],
            "upper": upper[i],
            "level": level,
            "method": THREE_LEVELS,
        }
        | common
        for i, name in enumerate(("icc_therapist", "icc_client", "icc_same_client"))
    ]
    found += [
        {"statistic": f"variance_{name}", "estimate": value, "method": "three-level REML"} | common
        for name, value in (("therapist", variance.second), ("client", variance.first), ("session", variance.residual))
    ]
    return pd.DataFrame(found, columns=COLUMNS)


def _two_levels(
    score: ArrayLike, group: ArrayLike, level: float, *, names: tuple[str, str], unit: str, member: str, design: bool
) -> pd.DataFrame:
    check_level(level)
    scores, groups = np.asarray(score, float), np.asarray(group, dtype=object)
    rated = ~np.isnan(scores)
    known = rated & ~pd.isna(groups)
    left = int(rated.sum() - known.sum())
    note = f"{left} {member}s without a named {unit} left out" if left else ""
    values, codes = scores[known], pd.factorize(groups[known])[0]
    reason = _why_not(values, codes, unit, member) if len(codes) else f"no {member} has a named {unit}"
    size = _size(codes)
    common = {"n": len(codes), "groups": int(codes.max(initial=-1)) + 1, "group_size": size, "note": reason or note}
    limits, components = dict.fromkeys(("icc", "deff", "effective"), np.full(3, np.nan)), (np.nan, np.nan)
    if not reason:
        variance = one_factor(values, codes)
        ratio = np.array(
            [
                variance.first / variance.residual,
                *ratio_interval(contrasts_of(values, codes), level, stretch_of_groups(values, codes)),
            ]
        )
        icc = np.where(np.isinf(ratio), 1.0, ratio / (1 + ratio))
        deff = 1 + (size - 1) * icc
        limits = {"icc": icc, "deff": deff, "effective": len(values) / deff[[0, 2, 1]]}
        components = variance.first, variance.residual

    def with_limits(statistic: str, key: str, method: str) -> dict[str, object]:
        estimate, lower, upper = limits[key]
        return {
            "statistic": statistic,
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
            "level": level,
            "method": method,
        } | common

    first = "client" if names[0] == "same_client" else names[0]
    rows = [with_limits(f"icc_{names[0]}", "icc", TWO_LEVELS)]
    rows += [
        {"statistic": f"variance_{name}", "estimate": component, "method": "two-level REML"} | common
        for name, component in zip((first, names[1]), components, strict=True)
    ]
    if design:
        rows.append(with_limits("design_effect", "deff", "1 + (m - 1) ICC, m = sum n^2 / sum n; limits from the ICC's"))
        rows.append(with_limits("effective_n", "effective", "n / design effect; limits from the ICC's"))
    return pd.DataFrame(rows, columns=COLUMNS)


def _size(codes: np.ndarray) -> float:
    """Mean size of the group of a member: sum n^2 / sum n."""
    size = np.bincount(codes) if len(codes) else np.zeros(0)
    return float(size @ size / size.sum()) if len(size) else np.nan


def _why_not(score: np.ndarray, codes: np.ndarray, unit: str, member: str) -> str:
    """Why variance between groups cannot be told from variance within; empty where it can."""
    sizes = np.bincount(codes)
    if len(sizes) < 3:
        return f"fewer than three {unit}s"
    if sizes.max() < 2:
        return f"every {unit} has one {member}"
    if not np.ptp(score) > 0:
        return "the scores do not vary"
    within = score - (np.bincount(codes, weights=score) / sizes)[codes]
    if not within @ within > 1e-6 * np.sum((score - score.mean()) ** 2):
        return f"the scores of one {unit} do not vary"
    return ""
