"""Actor and partner: whether an outcome of one member of a dyad rests on the own alliance, or on the other's."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

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
from psychometrics.resampling.bootstrap_intervals import PERCENTILE, tail_of_few, with_intervals
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = "statistic role part estimate se lower upper level df p n dyads therapists method note".split()
NO_THERAPIST = "no dyad has a named therapist"
NOBODY = "no dyad has both ratings of the alliance and an outcome"
ONE_EACH = "no dyad has two sessions with both ratings of the alliance and an outcome"
ACTOR_OF_0 = "undefined: the interval of the actor path holds 0"
PATHS = ("actor", "partner")
STATISTICS = ("actor_path", "partner_path", "partner_actor_ratio")


class Sample(NamedTuple):
    """The rows of the model.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per role with an outcome and dyad (session): outcome, role, the predictors, dyad, session, therapist.
    parts : list of str
        "within" and "between", or "" where the alliance is not split.
    roles : list of str
        Roles with an outcome.
    held : list of str
        Columns of the baselines.
    """

    frame: pd.DataFrame
    parts: list[str]
    roles: list[str]
    held: list[str]


def actor_partner(
    data: pd.DataFrame,
    outcomes: Mapping[str, str],
    roles: tuple[str, str] = ("by_client", "by_therapist"),
    *,
    baseline: Sequence[str] = (),
    sessions: bool = False,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Estimate actor and partner paths of dyads whose members have roles.

    .. math:: y_{rij} = \mu_r + a_r A_{rij} + p_r A_{r'ij} + t_{ri} + e_{rij}, \qquad k_r = p_r / a_r

    Parameters
    ----------
    data : pandas.DataFrame
        One row per dyad, or per session of a dyad, with columns client, therapist, those of `roles` and `outcomes`,
        and session where there are several. A client with two therapists is two dyads.
    outcomes : mapping of str to str
        Role (one of `roles`) -> column of its outcome: of one role, or of both.
    roles : tuple of str, default ("by_client", "by_therapist")
        Columns with the alliance as each rates it.
    baseline : sequence of str, optional
        Columns that are held constant.
    sessions : bool, default False
        Whether a dyad has several rows. The alliance of each role is then split into the mean of the dyad (between,
        over the sessions that both rated) and what a session differs from it (within).
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples of whole therapists.
    seed : int, default 0
        Seed of the resamples, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, role (whose outcome), part (within or between dyads, empty where the alliance is not
        split), estimate, se, lower, upper, level, df, p, n (rows of the model), dyads, therapists, method, note. Of
        each role and part `actor_path` (the own alliance) and `partner_path` (the other's), both also
        ``_standardized``, and `partner_actor_ratio` (k); of two outcomes `residual_correlation`. What these data cannot
        tell has no estimate and a note.

    Notes
    -----
    Kenny, Kashy & Cook (2006), Dyadic data analysis, chapter 7 (not opened; the model is that of Cook & Kenny 2005,
    Int. J. Behav. Dev. 29, 101-109, whose beginning was read); of clients and therapists Kivlighan, Marmarosh &
    Hilsenroth (2014), J. Couns. Psychol. 61, 15-23 (not opened), and over sessions Zilcha-Mano et al. (2016), J.
    Consult. Clin. Psychol. 84, 484-496 (abstract). k and its percentile bootstrap: Kenny & Ledermann (2010), J. Fam.
    Psychol. 24, 359-366 (not opened), as in D. A. Kenny's slides of 2013, with percentiles further out where few
    therapists are drawn (Hesterberg 2015, Am. Stat. 69, 371-386) and a tenth longer, since they held 91%:
    1 is the couple model, -1 the contrast, 0 actor only.
    Where the actor path may be 0, k has no value that means anything.

    Of more than 10,000 dyads, those of therapists drawn at random are analysed, and the note says so.

    REML, with random effects of therapists, and of dyads over sessions; residuals of both roles correlate and have
    variances of their own. Paths have cluster-robust intervals (CR2 by therapist). A model without random effects
    agrees with ``nlme::gls(y ~ 0 + role + role:own + role:partner, correlation = corSymm(form = ~ 1 | dyad), weights =
    varIdent(form = ~ 1 | role))``, and by maximum likelihood with ``lavaan::sem``.

    Examples
    --------
    The outcome of clients on their own alliance and on that of their therapists:

    >>> from psychometrics import actor_partner, example_answers
    >>> answers = example_answers()
    >>> data = answers[["client", "therapist", "outcome"]].assign(
    ...     by_client=answers.filter(regex="wai_[0-9]").mean(axis=1), by_therapist=answers["wai_therapist"]
    ... )
    >>> rows = actor_partner(data, {"by_client": "outcome"}, draws=200, seed=1)
    >>> rows[["statistic", "estimate", "lower", "upper", "n"]].round(2)
                       statistic  estimate  lower  upper    n
    0                 actor_path      6.00   2.87   9.12  150
    1               partner_path     -1.59  -4.21   1.02  150
    2    actor_path_standardized      0.34   0.16   0.52  150
    3  partner_path_standardized     -0.10  -0.27   0.06  150
    4        partner_actor_ratio     -0.27  -0.67   0.24  150
    """
    check_level(level)
    data, sampled = sample_therapists(data, seed)
    try:
        sample = _sample(data, outcomes, roles, baseline, sessions=sessions)
        fit, without = _fit(sample)
    except NotComputable as failure:
        parts = ["within", "between"] if sessions else [""]
        reasons = [
            {"statistic": name, "role": role, "part": part, "note": str(failure)}
            for role in roles
            if role in outcomes
            for part in parts
            for name in STATISTICS
        ]
        return pd.DataFrame(reasons).assign(n=len(data)).reindex(columns=COLUMNS)
    refits = None if why_no_resamples(fit) else refit_resamples(fit, draws, seed)
    found = []
    for role in sample.roles:
        for part in sample.parts:
            paths = _paths(fit, sample, role, part, level)
            found += [paths, _standardized(paths, sample, role, part), _k(paths, fit, sample, refits, level)]
    if len(sample.roles) > 1:
        found.append(_residuals(fit, refits, level))
    rows = pd.concat(found, ignore_index=True)
    named = sample.frame["therapist"].notna()
    notes = [sampled, *(note for note in fit.notes if "rows with missing values" not in note)]
    if without:
        notes.append(f"therapists left out of the model: {without}")
    elif left := sample.frame.loc[~named, "dyad"].nunique():
        notes.append(f"{left} dyad{'' if left == 1 else 's'} without a named therapist left out")
    rows["note"] = [_also(note, *notes) for note in rows["note"].fillna("")]
    return rows.assign(
        n=fit.n,
        dyads=sample.frame.loc[fit.layout.frame.index, "dyad"].nunique(),
        therapists=sample.frame["therapist"].nunique() if named.any() else np.nan,
    ).reindex(columns=COLUMNS)


def _dyads(data: pd.DataFrame) -> pd.Series:
    """A name for each dyad: a client with two therapists is two."""
    client, named = data["client"].astype(str), data["therapist"]
    return client.where(named.isna(), named.astype(str) + "\n" + client)


def _sample(
    data: pd.DataFrame, outcomes: Mapping[str, str], roles: tuple[str, str], baseline: Sequence[str], *, sessions: bool
) -> Sample:
    """Put the outcomes of the roles below each other, each with own and partner's alliance."""
    known = data.dropna(subset=[*roles, *baseline])
    dyad = _dyads(known)
    parts = ["within", "between"] if sessions else [""]
    alliance: dict[tuple[str, str], pd.Series] = {}
    for role in roles:
        values = known[role].astype(float)
        mean = values.groupby(dyad).transform("mean")
        alliance |= {(role, "within"): values - mean, (role, "between"): mean, (role, ""): values}
    held = [f"baseline {name}" for name in baseline]
    frames = []
    for role, other in (roles, roles[::-1]):
        if role not in outcomes:
            continue
        columns = {"outcome": known[outcomes[role]].astype(float), "role": role, "dyad": dyad}
        columns |= {name: known[name] for name in ("therapist", "session") if name in known}
        for part in parts:
            columns |= {_name("actor", part): alliance[role, part], _name("partner", part): alliance[other, part]}
        columns |= {name: known[given].astype(float) for name, given in zip(held, baseline, strict=True)}
        frames.append(pd.DataFrame(columns).dropna(subset="outcome"))
    whole = pd.concat(frames, ignore_index=True)
    if whole.empty:
        raise NotComputable(NOBODY)
    present = [role for role in roles if role in set(whole["role"])]
    whole["role"] = pd.Categorical(whole["role"], present)
    if sessions and not whole.duplicated(["dyad", "role"]).any():
        raise NotComputable(ONE_EACH)
    for role in present:
        own = whole[whole["role"] == role]
        for name in ["outcome", *held, *(_name(path, part) for part in parts for path in PATHS)]:
            if not own[name].std() > 1e-9 * max(1.0, own[name].abs().max()):
                what = name.replace("actor", "the own alliance").replace("partner", "the partner's alliance")
                raise NotComputable(f"{what.replace('_', ' ')} of the rows with an outcome of {role} does not vary")
    return Sample(whole, parts, present, held)


def _name(path: str, part: str) -> str:
    return f"{path}_{part}" if part else path


def _fit(sample: Sample) -> tuple[MixedModel, str]:
    """The model, with therapists where the data can bear them; why they are left out, or nothing."""
    frame, two = sample.frame, len(sample.roles) > 1
    terms = [*(_name(path, part) for part in sample.parts for path in PATHS), *sample.held]
    fixed = ["role", *(f"role:{term}" for term in terms)] if two else ["1", *terms]
    of_role = ["role"] if two else ["1"]
    repeated = sample.parts != [""]
    residual = Residual(by="role", within=["dyad", "session"] if repeated else "dyad", correlated=True) if two else None
    of_dyad = [Block("dyad", of_role)] if repeated else []
    named = frame.dropna(subset="therapist")
    without = NO_THERAPIST
    if len(named):
        try:
            return mixed_model(named, "outcome", fixed, [Block("therapist", of_role), *of_dyad], residual=residual), ""
        except NotComputable as failure:
            without = str(failure)
    return mixed_model(frame, "outcome", fixed, of_dyad, residual=residual), without


def _effect(sample: Sample, role: str, path: str, part: str) -> str:
    """Name of a path among the fixed effects."""
    name = _name(path, part)
    return f"role[{role}]:{name}" if len(sample.roles) > 1 else name


def _paths(fit: MixedModel, sample: Sample, role: str, part: str, level: float) -> pd.DataFrame:
    names = [_effect(sample, role, path, part) for path in PATHS]
    weights = pd.DataFrame(np.eye(2), index=list(STATISTICS[:2]), columns=names)
    rows = fit.contrasts(weights, level).rename(columns={"term": "statistic"})
    method = rows["method"].str.replace("by row", "by dyad")
    return rows.assign(role=role, part=part, method="REML; " + method)


def _standardized(paths: pd.DataFrame, sample: Sample, role: str, part: str) -> pd.DataFrame:
    """The paths in standard deviations of the outcome for one of the alliance."""
    own = sample.frame[sample.frame["role"] == role]
    scale = np.array([own[_name(path, part)].std() for path in PATHS]) / own["outcome"].std()
    scaled = paths[["estimate", "se", "lower", "upper"]].mul(scale, axis=0)
    return paths.assign(statistic=paths["statistic"] + "_standardized", **scaled)


def _k(paths: pd.DataFrame, fit: MixedModel, sample: Sample, refits: Refits | None, level: float) -> pd.DataFrame:
    """Partner path / actor path, where the latter is not 0."""
    actor, partner = paths["estimate"]
    role, part = paths["role"].iloc[0], paths["part"].iloc[0]
    row = pd.DataFrame(
        [{"statistic": STATISTICS[2], "role": role, "part": part, "estimate": np.nan, "note": ACTOR_OF_0}]
    )
    if not paths["lower"].iloc[0] * paths["upper"].iloc[0] > 0:
        return row
    row = row.assign(estimate=partner / actor, method="partner / actor", note="")
    drawn = None
    if refits is not None:
        effects = [refits.effects[_effect(sample, role, path, part)].to_numpy() for path in PATHS]
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = refits.of_all((effects[1] / effects[0])[:, None])
    clusters = int(fit.layout.clusters.max()) + 1
    rows = with_intervals(
        row,
        drawn,
        1 - 2 * tail_of_few((1 - level) / 2, clusters),
        kind=PERCENTILE,
        reason=why_no_resamples(fit),
        units=f"{fit.layout.cluster_name}s".replace("rows", "dyads"),
        n_units=clusters,
        longer="a tenth",  # without, it held 91% (500 samples each of 80 and 40 therapists, and of 12 with 30 clients)
    )
    return rows.assign(level=level)


def _residuals(fit: MixedModel, refits: Refits | None, level: float) -> pd.DataFrame:
    """Correlation of what the paths leave of both outcomes."""
    rows = bootstrap_components(fit, level=level, refits=refits)
    own = rows[(rows["group"] == "residual") & (rows["statistic"] == "correlation")]
    return own.drop(columns=["group", "term"]).assign(statistic="residual_correlation", role="", part="")


def _also(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
