"""Truth and bias: whether a judge rates lower than the other member of a dyad, and follows the other over sessions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from psychometrics.mixed_models.component_bootstrap import (
    Refits,
    bootstrap_components,
    refit_resamples,
    why_no_resamples,
)
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block, Residual
from psychometrics.not_computable import NotComputable
from psychometrics.perspectives.sampled import sample_therapists
from psychometrics.resampling.bootstrap_intervals import with_intervals
from psychometrics.resampling.formula_intervals import check_level

FEWEST_SESSIONS = 3  # joint sessions from which a dyad says how far one follows the other
FEWEST_DYADS = 3
FEWEST_THERAPISTS = 10  # for random slopes of therapists
SAME = 1e-9  # share of the squares below which nothing varies but for rounding
COLUMNS = ["statistic", "estimate", "se", "se_given_centre", "lower", "upper", "level", "df", "p", "n", "dyads"]
COLUMNS += ["therapists", "method", "note"]
BIAS, WITHIN, BETWEEN = "directional_bias", "tracking_within", "tracking_between"
SPREAD = ("bias_sd", "tracking_sd", "bias_tracking_correlation")
NO_THERAPIST = "no dyad has a named therapist"
NOBODY = "no dyad has both ratings"
FEW_JOINT = f"fewer than {FEWEST_DYADS} dyads have {FEWEST_SESSIONS} sessions that both rated"
FLAT_WITHIN = "the other's ratings do not vary within dyads"
ONE_SESSION = "early and late need sessions of both kinds that both rated"
ONE_DYAD = "every therapist has one client: variance between therapists cannot be told from that between dyads"
ONE_RATING = "no dyad has two sessions that both rated"
FEW_THERAPISTS = f"fewer than {FEWEST_THERAPISTS} therapists: their slopes are not in the model"
NO_RELIABILITY = "needs the reliability of change (R_C) of the other's form: answers to its items at several sessions"


class Sample(NamedTuple):
    """Joint ratings of dyads, ready for the model.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns judgment, truth, within, between, dyad, session, therapist.
    tracked : int
        Dyads with enough joint sessions to say how far the judge follows.
    why_not : str
        Why nothing can be said about that; empty where something can.
    fixed : list of str
        Predictors that vary.
    """

    frame: pd.DataFrame
    tracked: int
    why_not: str
    fixed: list[str]


class Fitted(NamedTuple):
    """A model, and what had to be left out of it.

    Attributes
    ----------
    fit : MixedModel
        The model.
    sample : Sample
        Its data.
    missing : dict of str to str
        Statistic -> why it has no estimate.
    """

    fit: MixedModel
    sample: Sample
    missing: dict[str, str]


def truth_and_bias(
    ratings: pd.DataFrame,
    *,
    serial: bool = False,
    phases: tuple[str, str] | None = None,
    reliability: float = np.nan,
    reliability_draws: np.ndarray | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Estimate how far a judge over- or underrates what another rates (the truth), and follows it over sessions.

    With judgments :math:`y`, the truth :math:`x`, its mean :math:`c` over all joint sessions, and its mean
    :math:`\bar x_{ij}` in the dyad of therapist i and client j,

    .. math:: y_{ijs} - c = \beta_0 + \beta_w (x_{ijs} - \bar x_{ij}) + \beta_b (\bar x_{ij} - c)
              + t_{0i} + t_{1i} (x_{ijs} - \bar x_{ij}) + d_{0ij} + d_{1ij} (x_{ijs} - \bar x_{ij}) + e_{ijs}

    Parameters
    ----------
    ratings : pandas.DataFrame
        One row per session of a dyad, with columns client, therapist, session (a number), judge and truth; rows without
        both ratings are left out. A client with two therapists is two dyads.
    serial : bool, default False
        Whether residuals of a dyad correlate over time: AR(1) with the gaps between sessions kept.
    phases : tuple of str, optional
        An early and a late phase, named in a column phase of the ratings; by default sessions up to the median and
        those after it.
    reliability : float, optional
        Reliability of change within clients, R_C, of the truth, by which the slope over sessions is divided; missing
        where it is not known.
    reliability_draws : numpy.ndarray of shape (draws,), optional
        The same in resamples of the therapists in sorted order, by
        :func:`psychometrics.resampling.weights.cluster_resamples` with the same `seed`; None leaves the interval out.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples of whole therapists.
    seed : int, default 0
        Seed of the resamples, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, estimate, se, se_given_centre, lower, upper, level, df, p, n (joint sessions), dyads,
        therapists, method, note:

        * `directional_bias`, the judgment where the truth is at its mean, minus that mean; `tracking_within`, the slope
          over the sessions of a dyad; `tracking_between`, that over the means of dyads;
        * `tracking_within_corrected`, the slope over sessions divided by R_C;
        * `bias_sd_dyad`, `tracking_sd_dyad`, `bias_tracking_correlation_dyad`, how dyads of a therapist differ in
          both, and whether those that track better differ more; the same with ``_therapist``; `residual_sd`, and
          `serial_correlation`;
        * `directional_bias_early`, `directional_bias_late` and their difference `directional_bias_change`; the same of
          `tracking_within`.

        What these data cannot tell has no estimate and a note.

    Notes
    -----
    West & Kenny (2011), Psychol. Rev. 118, 357-378; of therapists and clients: Atzil-Slonim et al. (2015), J. Consult.
    Clin. Psychol. 83, 773-784. Their abstracts were read, not the articles; the centring is that of Stern & West
    (2018), J. Soc. Pers. Relat. 35, 89-111, as known.

    A dyad with fewer than three joint sessions says nothing about tracking over sessions; its deviations are set to 0,
    so that it counts for the level and for tracking between dyads only. Random slopes of therapists are in the model
    from ten therapists on, those of dyads where the sessions allow it.

    Of more than 10,000 dyads, those of therapists drawn at random are analysed, and the note says so.

    REML. Estimates agree with ``lme4::lmer(y ~ within + between + (1 + within | therapist) + (1 + within | dyad))``,
    with `serial` with ``nlme::lme(..., correlation = corAR1(form = ~ session | therapist / dyad))``. Intervals of fixed
    effects are cluster-robust: ``clubSandwich::coef_test(fit, vcov = "CR2", test = "Satterthwaite")``. That of the bias
    also holds the error of the centre: the model takes c as known, but another sample has another mean, and the bias
    changes with it by :math:`\beta_b - 1`,

    .. math:: SE^2 = SE_{CR2}^2 + (\beta_b - 1)^2 SE_c^2,

    `se_given_centre` is clubSandwich's. SDs and correlations have the intervals of
    :func:`psychometrics.mixed_models.component_bootstrap.bootstrap_components`, the corrected slope that of a bootstrap
    that draws therapists anew for slope and R_C alike.

    The slope between dyads rests on means of few sessions, whose error draws it to the slope over sessions.

    Examples
    --------
    Thirty dyads of ten therapists over six sessions. Therapists rate lower and follow in part:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import truth_and_bias
    >>> rng = np.random.default_rng(1)
    >>> dyad, session = np.repeat(np.arange(30), 6), np.tile(np.arange(1, 7), 30)
    >>> truth = 5.5 + rng.normal(0, 0.6, 30)[dyad] + rng.normal(0, 0.5, 180)
    >>> judge = 3 + 0.4 * truth + rng.normal(0, 0.5, 30)[dyad] + rng.normal(0, 0.4, 180)
    >>> ratings = pd.DataFrame({"client": dyad, "session": session, "judge": judge, "truth": truth})
    >>> rows = truth_and_bias(ratings.assign(therapist=dyad // 3), draws=100)
    >>> rows[["statistic", "estimate", "lower", "upper"]].round(2).loc[[0, 1, 3]]
              statistic  estimate  lower  upper
    0  directional_bias     -0.46  -0.66  -0.25
    1   tracking_within      0.43   0.30   0.56
    3  tracking_between      0.31  -0.12   0.73
    """
    check_level(level)
    joint, sampled = sample_therapists(ratings.dropna(subset=["judge", "truth"]), seed)
    try:
        fitted = _fit(joint, serial=serial)
    except NotComputable as failure:
        return _reasons(str(failure), joint)
    fit, sample, missing = fitted
    refits = None if why_no_resamples(fit) else refit_resamples(fit, draws, seed)
    slopes = _slopes(fitted, level)
    within = slopes.loc[slopes["statistic"] == WITHIN, "estimate"]
    rows = pd.concat(
        [
            slopes,
            _corrected(fit, within, refits, reliability, reliability_draws, level),
            _spread(fit, refits, level),
            _changes(fitted, phases, level),
        ],
        ignore_index=True,
    )
    order = _order(serial=serial)
    lacking = [name for name in order if name not in set(rows["statistic"])]
    reasons = pd.DataFrame({"statistic": lacking, "note": [missing.get(name, sample.why_not) for name in lacking]})
    rows = pd.concat([rows, reasons], ignore_index=True)
    rows = rows.sort_values("statistic", key=lambda names: names.map(order.index), kind="stable")
    unnamed = joint["therapist"].isna()
    left = _dyads(joint)[unnamed].nunique() if "therapist" in fit.covariances else 0
    notes = [f"{left} dyad{'' if left == 1 else 's'} without a named therapist left out"] if left else []
    notes += [*([sampled] if sampled else []), *fit.notes]
    if "therapist" not in fit.covariances:
        notes.append(f"therapists left out of the model: {missing['bias_sd_therapist']}")
    rows["note"] = [
        _also(own, *(notes if pd.notna(value) else []))
        for own, value in zip(rows["note"].fillna(""), rows["estimate"], strict=True)
    ]
    of_tracking = rows["statistic"].str.startswith("tracking_within") | rows["statistic"].str.contains(
        "tracking_sd|corr"
    )
    return (
        rows.assign(
            n=(rows["n"] if "n" in rows else pd.Series(np.nan, index=rows.index)).fillna(fit.n).astype(int),
            dyads=np.where(of_tracking, sample.tracked, sample.frame["dyad"].nunique()),
            therapists=sample.frame["therapist"].nunique() if sample.frame["therapist"].notna().any() else np.nan,
        )
        .reindex(columns=COLUMNS)
        .reset_index(drop=True)
    )


def _order(*, serial: bool) -> list[str]:
    """The statistics, in the order of the rows."""
    order = [BIAS, WITHIN, f"{WITHIN}_corrected", BETWEEN]
    order += [f"{name}_{level}" for level in ("dyad", "therapist") for name in SPREAD]
    order += ["residual_sd", *(["serial_correlation"] if serial else [])]
    return order + [f"{name}_{part}" for name in (BIAS, WITHIN) for part in ("early", "late", "change")]


def _dyads(ratings: pd.DataFrame) -> pd.Series:
    """A name for each dyad: a client with two therapists is two."""
    client, named = ratings["client"].astype(str), ratings["therapist"]
    return client.where(named.isna(), named.astype(str) + "\n" + client)


def _sample(joint: pd.DataFrame) -> Sample:
    """Centre the ratings and split the truth within and between dyads."""
    if joint.empty:
        raise NotComputable(NOBODY)
    truth, dyad = joint["truth"].astype(float), _dyads(joint)
    centre, mean = truth.mean(), truth.groupby(dyad).transform("mean")
    enough = dyad.groupby(dyad).transform("size") >= FEWEST_SESSIONS
    phase = {"phase": joint["phase"]} if "phase" in joint else {}
    frame = pd.DataFrame(
        {
            "judgment": joint["judge"].astype(float) - centre,
            "truth": truth,
            "within": (truth - mean).where(enough, 0.0),
            "between": mean - centre,
            "dyad": dyad,
            "session": joint["session"],
            "therapist": joint["therapist"],
        }
        | phase
    )
    for name, what in (("judgment", "the judge's ratings do"), ("truth", "the other's ratings do")):
        if not np.ptp(frame[name]) > SAME:
            raise NotComputable(f"{what} not vary")
    tracked, nothing = int(dyad[enough].nunique()), SAME * ((truth - centre) ** 2).sum()
    why_not = FEW_JOINT if tracked < FEWEST_DYADS else ""
    if not why_not and not (frame["within"] ** 2).sum() > nothing:
        why_not = FLAT_WITHIN
    fixed = [*([] if why_not else ["within"])]
    fixed += ["between"] if (frame["between"] ** 2).sum() > nothing else []
    return Sample(frame.reset_index(drop=True), tracked, why_not, fixed)


def _fit(joint: pd.DataFrame, *, serial: bool) -> Fitted:
    """The richest model that the data can bear; slopes of therapists are given up first, then slopes of dyads."""
    named = joint[joint["therapist"].notna()]
    missing = dict.fromkeys(_spread_of("therapist", ["1", "within"]), NO_THERAPIST)
    failure = NOBODY
    for data, by_therapist in ((named, True), (joint, False)):
        if data.empty:
            continue
        sample = _sample(data)
        therapists = sample.frame["therapist"].nunique()
        if by_therapist and therapists == sample.frame["dyad"].nunique():
            missing |= dict.fromkeys(missing, ONE_DYAD)
            continue
        if by_therapist:
            few = FEW_THERAPISTS if therapists < FEWEST_THERAPISTS else ""
            missing |= dict.fromkeys(_spread_of("therapist", ["1", "within"]), sample.why_not or few)
        repeated = bool(sample.frame["dyad"].duplicated().any())
        if not repeated:
            missing |= dict.fromkeys(_spread_of("dyad", ["1", "within"]), ONE_RATING)
        residual = Residual(within="dyad", time="session") if serial and repeated else None
        for design in _designs(sample, repeated=repeated, by_therapist=by_therapist):
            blocks = [Block(group, terms) for group, terms in design.items()]
            inside = [name for group, terms in design.items() for name in _spread_of(group, terms)]
            try:
                fit = mixed_model(sample.frame, "judgment", ["1", *sample.fixed], blocks, residual=residual)
            except NotComputable as reason:
                failure = str(reason)
                missing |= dict.fromkeys(inside, failure)
                continue
            return Fitted(fit, sample, {name: why for name, why in missing.items() if name not in inside})
    raise NotComputable(failure)


def _designs(sample: Sample, *, repeated: bool, by_therapist: bool) -> list[dict[str, list[str]]]:
    """Random effects by group, from the richest model to the poorest."""
    if not by_therapist:
        of_dyads = [["1", "within"], ["1"]] if not sample.why_not else [["1"]]
        return [{"dyad": terms} for terms in of_dyads] if repeated else [{}]
    one, both = ["1"], ["1", "within"]
    if not repeated:
        return [{"therapist": one}]
    found = [{"therapist": one, "dyad": one}]
    if not sample.why_not:
        found.insert(0, {"therapist": one, "dyad": both})
        if sample.frame["therapist"].nunique() >= FEWEST_THERAPISTS:
            found.insert(0, {"therapist": both, "dyad": both})
    return found


def _spread_of(group: str, terms: Sequence[str]) -> list[str]:
    """Statistics of the random effects of a group."""
    return [f"{name}_{group}" for name in (SPREAD if len(terms) > 1 else SPREAD[:1])]


def _slopes(fitted: Fitted, level: float) -> pd.DataFrame:
    """Bias and slopes, their intervals cluster-robust."""
    fit, sample, _ = fitted
    rows = fit.fixed_effects(level).replace({"term": {"1": BIAS, "within": WITHIN, "between": BETWEEN}})
    rows = rows.rename(columns={"term": "statistic"})
    return _with_centre(rows, fit, sample, level)


def _with_centre(rows: pd.DataFrame, fit: MixedModel, sample: Sample, level: float) -> pd.DataFrame:
    """Add to the errors of biases that of the centre, from which bias is counted."""
    rows = rows.assign(method="REML; " + rows["method"])
    slope = rows.loc[rows["statistic"] == BETWEEN, "estimate"].sum()
    truth = sample.frame["truth"].to_numpy()[fit.layout.frame.index]
    sums = np.bincount(fit.layout.clusters, truth - truth.mean())
    clusters = len(sums)
    of_centre = (slope - 1) ** 2 * clusters / (clusters - 1) * (sums**2).sum() / len(truth) ** 2
    own = rows["statistic"].isin([BIAS, f"{BIAS}_early", f"{BIAS}_late"])
    given = rows.loc[own, "se"] ** 2
    whole = given + of_centre
    # Satterthwaite, of a sum of two
    df = whole**2 / (given**2 / rows.loc[own, "df"] + of_centre**2 / (clusters - 1))
    rows.loc[own, "se_given_centre"] = rows.loc[own, "se"]
    rows.loc[own, "se"], rows.loc[own, "df"] = np.sqrt(whole), df
    rows.loc[own, "method"] += ", with the error of the centre"
    half = stdtrit(rows["df"], (1 + level) / 2) * rows["se"]
    rows["p"] = 2 * stdtr(rows["df"], -(rows["estimate"] / rows["se"]).abs())
    return rows.assign(lower=rows["estimate"] - half, upper=rows["estimate"] + half)


def _corrected(
    fit: MixedModel,
    slopes: pd.Series,
    refits: Refits | None,
    reliability: float,
    redrawn: np.ndarray | None,
    level: float,
) -> pd.DataFrame:
    """The slope over sessions divided by the reliability of change, both drawn anew."""
    row = pd.DataFrame([{"statistic": f"{WITHIN}_corrected", "estimate": np.nan, "note": ""}])
    if slopes.empty:
        return row.iloc[:0]
    if not reliability > 0:
        return row.assign(note=NO_RELIABILITY)
    row = row.assign(estimate=slopes.iloc[0] / reliability, method=f"REML; divided by R_C = {reliability:.3f}")
    reason, drawn = why_no_resamples(fit), None
    if refits is not None and redrawn is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = refits.of_all(refits.effects["within"].to_numpy())[:, None] / redrawn[:, None]
    elif not reason:
        reason = "no interval: R_C was not drawn anew"
    return with_intervals(
        row,
        drawn,
        level,
        kind="normal",
        reason=reason,
        units=f"{fit.layout.cluster_name}s",
        n_units=int(fit.layout.clusters.max()) + 1,
    )


def _spread(fit: MixedModel, refits: Refits | None, level: float) -> pd.DataFrame:
    """How dyads and therapists differ: SDs and correlations of the random effects, SD of what is left."""
    rows = bootstrap_components(fit, level=level, refits=refits)
    variance = rows["statistic"] == "variance"
    # SDs: an interval of the variance, its root
    root = np.sqrt(rows.loc[variance, ["estimate", "lower", "upper"]])
    with np.errstate(divide="ignore", invalid="ignore"):
        rows.loc[variance, "se"] = np.where(
            root["estimate"] > 0, rows.loc[variance, "se"] / (2 * root["estimate"]), np.nan
        )
    rows.loc[variance, ["estimate", "lower", "upper"]] = root
    names = {
        ("variance", "1"): SPREAD[0],
        ("variance", "within"): SPREAD[1],
        ("correlation", "1 with within"): SPREAD[2],
    }
    rows["statistic"] = [
        {"residual": "residual_sd"}.get(group, f"{names.get((kind, term))}_{group}")
        if kind != "serial_correlation"
        else kind
        for kind, group, term in zip(rows["statistic"], rows["group"], rows["term"], strict=True)
    ]
    return rows


def _changes(fitted: Fitted, phases: tuple[str, str] | None, level: float) -> pd.DataFrame:
    """Bias and slope over sessions in the early and in the late sessions, and how they differ."""
    fit, sample, _ = fitted
    names = [f"{name}_{part}" for name in (BIAS, WITHIN) for part in ("early", "late", "change")]
    early, late, when = _parts(sample.frame, phases)
    if not (early.any() and late.any()):
        return pd.DataFrame({"statistic": names, "note": ONE_SESSION})
    frame = sample.frame.assign(early=early.astype(float), late=late.astype(float))[early | late]
    _, _, blocks, residual = fit.layout.asked
    within = ["early:within", "late:within"] if not sample.why_not else []
    fixed = ["early", "late", *within, *(name for name in sample.fixed if name == "between")]
    try:
        apart = mixed_model(frame, "judgment", fixed, blocks, residual=residual)
    except NotComputable as failure:
        return pd.DataFrame({"statistic": names, "note": str(failure)})
    pairs = {BIAS: ("early", "late")} | ({WITHIN: ("early:within", "late:within")} if within else {})
    weights = pd.DataFrame(0.0, index=[n for n in names if n.rpartition("_")[0] in pairs], columns=fixed)
    for name, (first, second) in pairs.items():
        weights.loc[f"{name}_early", first] = weights.loc[f"{name}_late", second] = 1.0
        weights.loc[f"{name}_change", [first, second]] = -1.0, 1.0
    if "between" in fixed:
        weights.loc[BETWEEN, "between"] = 1.0
    rows = apart.contrasts(weights.fillna(0.0), level).rename(columns={"term": "statistic"})
    rows = _with_centre(rows, apart, sample, level)
    rows = rows[rows["statistic"] != BETWEEN]
    return rows.assign(method=rows["method"] + f"; {when}", n=apart.n)


def _parts(frame: pd.DataFrame, phases: tuple[str, str] | None) -> tuple[pd.Series, pd.Series, str]:
    """Which rows are early and which late, and how that is said."""
    if phases is not None:
        first, last = phases
        return frame["phase"] == first, frame["phase"] == last, f"{first} (early), {last} (late)"
    sessions = np.unique(frame["session"].astype(float))
    middle = np.median(frame["session"])
    # the last session is late, however many have no other
    until = middle if middle < sessions[-1] else sessions[:-1].max(initial=-np.inf)
    early = frame["session"] <= until
    text = [_range(sessions[sessions <= until]), _range(sessions[sessions > until])]
    return early, ~early, f"sessions {text[0]} (early), {text[1]} (late)"


def _range(sessions: np.ndarray) -> str:
    if not sessions.size:
        return ""
    first, last = f"{sessions[0]:g}", f"{sessions[-1]:g}"
    return first if first == last else f"{first} to {last}"


def _reasons(reason: str, joint: pd.DataFrame) -> pd.DataFrame:
    """Rows without an estimate where nothing can be told."""
    rows = pd.DataFrame({"statistic": _order(serial=False), "note": reason})
    return rows.assign(n=len(joint), dyads=_dyads(joint).nunique(), therapists=joint["therapist"].nunique()).reindex(
        columns=COLUMNS
    )


def _also(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
