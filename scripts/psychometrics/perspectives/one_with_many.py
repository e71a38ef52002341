"""One therapist with many clients, who rate each other: whose doing a rating is, and whether it is returned."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from psychometrics.mixed_models.component_bootstrap import Derived, bootstrap_components
from psychometrics.mixed_models.component_values import NOTHING, Covariances
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block, Residual
from psychometrics.not_computable import NotComputable
from psychometrics.perspectives.sampled import sample_therapists
from psychometrics.resampling.bootstrap_intervals import joined
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = "statistic role estimate se lower upper level n dyads therapists method note".split()
RECIPROCITY = {
    "therapist": "generalized_reciprocity",
    "dyad": "dyadic_reciprocity",
    "session": "session_reciprocity",
}
SAME = 1e-6  # share of the squares below which nothing varies but for rounding
NO_THERAPIST = "no dyad has a named therapist"
ONE_EACH = "every therapist has one client: variance between therapists cannot be told from that between dyads"


def one_with_many(
    ratings: pd.DataFrame,
    roles: tuple[str, str] = ("by_client", "by_therapist"),
    *,
    sessions: bool = False,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Split the ratings of both members of dyads into what is the therapist's, the dyad's and the session's.

    .. math:: y_{rijs} = \mu_r + t_{ri} + d_{rij} + e_{rijs}, \qquad
              (t_{1i}, t_{2i}) \sim N(0, T), \quad (d_{1ij}, d_{2ij}) \sim N(0, D), \quad (e_1, e_2) \sim N(0, S)

    Parameters
    ----------
    ratings : pandas.DataFrame
        One row per dyad, or per session of a dyad, with columns therapist, client, those of the `roles`, and session
        where there are several. A rating may be missing.
    roles : tuple of str, default ("by_client", "by_therapist")
        Columns with the ratings of each.
    sessions : bool, default False
        Whether a dyad has several rows. Then S tells relationship (D) from what is the session's; otherwise D holds
        both.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples of whole therapists.
    seed : int, default 0
        Seed of the resamples, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, role (empty for what is of both), estimate, se, lower, upper, level, n (ratings), dyads,
        therapists, method, note. Of each role: role_mean, share_therapist, share_dyad and, with sessions,
        share_session, and the variances; of both: generalized_reciprocity, dyadic_reciprocity and, with sessions,
        session_reciprocity. What these data cannot tell has no estimate and a note.

    Notes
    -----
    Marcus, Kashy & Baldwin (2009), J. Couns. Psychol. 56, 537-548. Of the therapist's own ratings share_therapist is
    the perceiver's (does the therapist see all clients alike?), of the clients' the partner's, or consensus (do the
    clients of one therapist agree?). Generalized reciprocity: are therapists who rate their clients higher rated higher
    by them? Dyadic: does a therapist who rates one client higher than the others have a higher rating of this client
    in return? Without therapists who have several clients only dyad and session are told apart.

    Of more than 10,000 dyads, those of therapists drawn at random are analysed, and the note says so.

    REML; means have cluster-robust intervals (CR2), all else has those of the bootstrap of whole therapists, see
    :func:`psychometrics.mixed_models.component_bootstrap.bootstrap_components`. Agrees with
    ``nlme::lme(y ~ 0 + role, random = ~ 0 + role | therapist, correlation = corSymm(form = ~ 1 | therapist / client),
    weights = varIdent(form = ~ 1 | role))``.

    Examples
    --------
    >>> from psychometrics import example_answers, one_with_many
    >>> answers = example_answers()
    >>> ratings = answers[["client", "therapist"]].assign(
    ...     by_client=answers.filter(regex="wai_[0-9]").mean(axis=1), by_therapist=answers["wai_therapist"]
    ... )
    >>> rows = one_with_many(ratings, draws=200, seed=1)
    >>> rows[["statistic", "role", "estimate", "lower", "upper"]].round(2)[2:8]
                     statistic          role  estimate  lower  upper
    2          share_therapist     by_client      0.23   0.10   0.38
    3          share_therapist  by_therapist      0.20   0.05   0.40
    4               share_dyad     by_client      0.77   0.62   0.90
    5               share_dyad  by_therapist      0.80   0.60   0.95
    6  generalized_reciprocity                    0.72   0.23   1.00
    7       dyadic_reciprocity                    0.28   0.14   0.43
    """
    check_level(level)
    ratings, sampled = sample_therapists(ratings, seed)
    rows = _split(ratings, roles, sessions=sessions, level=level, draws=draws, seed=seed)
    return rows.assign(note=joined(rows["note"], sampled))


def _split(
    ratings: pd.DataFrame, roles: tuple[str, str], *, sessions: bool, level: float, draws: int, seed: int
) -> pd.DataFrame:
    """The rows of all dyads that are given."""
    data, reason = _stacked(ratings, roles), ""
    levels = ["therapist", "dyad", "session"] if sessions else ["therapist", "dyad"]
    for role in roles:
        own = data.loc[data["role"] == role, "rating"]
        reason = reason or ("" if len(own) > 2 and np.ptp(own) > 0 else f"the ratings by {role} do not vary")
    if reason:
        return _reasons(levels, roles, reason, len(data))
    known = data.dropna(subset="therapist")
    left = data.loc[data["therapist"].isna(), "dyad"].nunique()
    try:
        if known.empty:
            raise NotComputable(NO_THERAPIST)
        if known.drop_duplicates("dyad")["therapist"].value_counts().max() < 2:
            raise NotComputable(ONE_EACH)
        fit = _fit(known, levels)
    except NotComputable as failure:
        why_not = str(failure)
    else:
        some = f"{left} dyad{'' if left == 1 else 's'}"
        note = f"{some} without a named therapist left out" if left else ""
        return _rows(fit, known, levels, roles, note=note, level=level, draws=draws, seed=seed)
    if sessions:
        try:
            fit = _fit(data, levels[1:])
            rows = _rows(fit, data, levels[1:], roles, note="", level=level, draws=draws, seed=seed)
            note = f"therapists left out of the model: {why_not}"
            rows["note"] = [f"{own}; {note}".removeprefix("; ") for own in rows["note"]]
            return pd.concat([rows, _reasons(["therapist"], roles, why_not, len(data))], ignore_index=True)
        except NotComputable as failure:
            why_not = f"{why_not}; {failure}"
    return _reasons(levels, roles, why_not, len(data))


def _stacked(ratings: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    """Ratings below each other, with columns rating, role, therapist, dyad, session."""
    client = ratings["client"].astype(str)
    named = ratings["therapist"]
    dyad = client.where(named.isna(), named.astype(str) + "\n" + client)
    session = ratings["session"] if "session" in ratings else 1
    common = pd.DataFrame({"therapist": named, "dyad": dyad, "session": session})
    parts = [common.assign(role=role, rating=ratings[role].astype(float)) for role in roles]
    whole = pd.concat(parts, ignore_index=True).dropna(subset="rating")
    return whole.assign(role=pd.Categorical(whole["role"], list(roles)))


def _fit(data: pd.DataFrame, levels: Sequence[str]) -> MixedModel:
    """Random effects of each level but the lowest, whose covariance is that of the residuals."""
    upper, lowest = levels[-2:]
    for role, own in data.groupby("role", observed=True):
        apart = own["rating"] - own.groupby(upper)["rating"].transform("mean")
        if not (apart**2).sum() > SAME * ((own["rating"] - own["rating"].mean()) ** 2).sum():
            raise NotComputable(f"the ratings by {role} of one {upper} do not vary between {lowest}s")
    within = ["dyad", "session"] if levels[-1] == "session" else "dyad"
    blocks = [Block(name, ["role"]) for name in levels[:-1]]
    return mixed_model(data, "rating", ["role"], blocks, residual=Residual(by="role", within=within, correlated=True))


def _variances(covariances: Covariances, name: str, lowest: str) -> np.ndarray:
    """Variances (m, roles) of a level."""
    matrix = covariances.residual if name == lowest else covariances.blocks[name]
    return np.diagonal(matrix, axis1=1, axis2=2)


def _share(covariances: Covariances, *, name: str, place: int, levels: Sequence[str]) -> np.ndarray:
    parts = {level: _variances(covariances, level, levels[-1])[:, place] for level in levels}
    return parts[name] / sum(parts.values())


def _rest(shares: pd.DataFrame, name: str) -> pd.DataFrame:
    """Of two levels, the shares of the other, whose intervals are the same from the other end."""
    turned = {"estimate": "estimate", "lower": "upper", "upper": "lower"}
    return shares.assign(statistic=f"share_{name}", **{end: 1 - shares[other] for end, other in turned.items()})


def _rows(
    fit: MixedModel,
    data: pd.DataFrame,
    levels: Sequence[str],
    roles: Sequence[str],
    *,
    note: str,
    level: float,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    derived = [
        Derived(f"share_{name}", partial(_share, name=name, place=place, levels=levels))
        for name in (levels if len(levels) > 2 else levels[:1])
        for place in range(2)
    ]
    found = bootstrap_components(fit, derived=derived, draws=draws, seed=seed, level=level)
    if len(levels) == 2:
        found = pd.concat([found, _rest(found.iloc[-2:], levels[1])], ignore_index=True)
    of_level = {(name if name != levels[-1] else "residual"): name for name in levels}
    kind, group = found["statistic"], found["group"].map(of_level)
    found["role"] = ""
    whole = sum(found.loc[(kind == "variance") & (group == name), "estimate"].to_numpy() for name in levels)
    for name in levels:
        variances, shares = (
            np.flatnonzero((kind == "variance") & (group == name)),
            np.flatnonzero(kind == f"share_{name}"),
        )
        for places in (variances, shares):
            found.loc[places, "role"] = list(roles)
        own = found.loc[variances, "estimate"].to_numpy()
        nobody = [role for role, nothing in zip(roles, own < NOTHING * whole, strict=True) if nothing]
        correlation = np.flatnonzero((kind == "correlation") & (group == name))
        if nobody and found.loc[correlation, "estimate"].isna().all():
            said = " and ".join(nobody)
            found.loc[correlation, "note"] = f"undefined: the variance of the ratings by {said} is 0 at this level"
    names = np.where(kind == "variance", "variance_" + group.fillna(""), kind)
    found["statistic"] = np.where(kind == "correlation", group.map(RECIPROCITY), names)
    means = fit.fixed_effects(level).assign(statistic="role_mean", role=list(roles))
    means["method"] = "REML; " + means["method"]
    rows = pd.concat([means, found], ignore_index=True)
    order = ["role_mean", *(f"share_{name}" for name in levels), *(RECIPROCITY[name] for name in levels)]
    order += [f"variance_{name}" for name in levels]
    rows = rows.sort_values("statistic", key=lambda names: names.map(order.index), kind="stable")
    note = "; ".join([*([note] if note else []), *fit.notes])
    rows["note"] = [f"{own}; {note}".strip("; ") for own in rows["note"].fillna("")]
    therapists = data["therapist"].nunique() if levels[0] == "therapist" else np.nan
    return (
        rows.reset_index(drop=True)
        .assign(n=fit.n, dyads=data["dyad"].nunique(), therapists=therapists)
        .reindex(columns=COLUMNS)
    )


def _reasons(levels: Sequence[str], roles: Sequence[str], reason: str, n: int) -> pd.DataFrame:
    """Rows without an estimate of what cannot be told."""
    rows = [{"statistic": f"share_{name}", "role": role} for name in levels for role in roles]
    rows += [{"statistic": RECIPROCITY[name], "role": ""} for name in levels]
    return pd.DataFrame(rows).assign(n=n, note=reason).reindex(columns=COLUMNS)
