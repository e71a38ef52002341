"""Reliability of a scale that clients answered in several sessions: within and between clients, and over both."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.minres import heywood_cases, one_factor_minres
from psychometrics.reliability.omega_total import omega_total
from psychometrics.reliability.scale_resamples import NEGATIVE, RELIABILITY
from psychometrics.resampling.bootstrap_intervals import SHIFTED, with_intervals
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import ClusterWeights, cluster_resamples
from psychometrics.variance.decision_study import UNKNOWN, cranford, decision_study
from psychometrics.variance.generalizability import COMPONENTS, session_moments, variance_components
from psychometrics.variance.two_level import TwoLevel, moment_covariances, two_level_covariance
from psychometrics.variance.two_level_moments import two_level_moments
from psychometrics.variance.two_level_omega import TwoLevelFactor, two_level_factor

CHUNK = 100  # resamples at a time: bounds the memory
LEVELS = ("alpha_within", "alpha_between", "omega_within", "omega_between")
BY_LIKELIHOOD = ("omega_within_ml", "omega_between_ml")
METHODS = {
    "alpha": "saturated two-level ML covariances; resamples by MUML",
    "omega": "one-factor minres on the saturated two-level ML covariances, raw-score metric; resamples by MUML",
}
SINGULAR = (
    "within clients there are too few repeated answers for so many items, or items repeat each other: "
    "the covariances within clients cannot be estimated"
)
CRANFORD = ("r_1f", "r_kf", "r_1r", "r_kr", "r_c")
COLUMNS = ["statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "administrations", "note"]
NOT_REPEATED = "no client answered every item of the scale in two sessions"


class RepeatedSessions(NamedTuple):
    """Reliability of a scale in repeated sessions.

    Attributes
    ----------
    rows : pandas.DataFrame
        Coefficients and variance components.
    study : pandas.DataFrame
        Decision study.
    change : numpy.ndarray of shape (draws,)
        R_C of each resample, for what is corrected by it; empty where nothing was resampled.
    """

    rows: pd.DataFrame
    study: pd.DataFrame
    change: np.ndarray = np.empty(0)


def repeated_sessions(
    answers: pd.DataFrame,
    clients: ArrayLike,
    sessions: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    units: ArrayLike | None = None,
    resampled: str = "clients",
) -> RepeatedSessions:
    r"""Estimate reliability within and between clients, variance components, and a decision study of one scale.

    .. math:: \alpha_{level} = \frac{k}{k-1}\left(1 - \frac{\mathrm{tr}\,\Sigma_{level}}{1'\Sigma_{level}1}\right)

    Parameters
    ----------
    answers : pandas.DataFrame
        Administrations x items, keyed; rows with a missing answer are left out.
    clients : array_like of shape (administrations,)
        The client of each row.
    sessions : array_like of shape (administrations,)
        The session of each row.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples; 0 leaves the intervals out.
    seed : int, default 0
        Seed of the resamples, 0 or more.
    units : array_like of shape (administrations,), optional
        The unit to resample, for example the therapist; by default the client.
    resampled : str, default "clients"
        What the units are, for the method.

    Returns
    -------
    RepeatedSessions
        The rows: statistic, estimate, se, lower, upper, level, n (clients), method, administrations, note.
        Statistics: alpha and omega `_within` (a client's changes from session to session) and `_between` (differences
        between clients' means); `variance_` of each component; Cranford's `r_1f`, `r_kf`, `r_1r`, `r_kr`, `r_c`. Where
        nothing can be estimated there is one row, `repeated_sessions`, with the reason. The study: see
        :func:`psychometrics.variance.decision_study.decision_study`.

    Notes
    -----
    Geldhof, Preacher & Zyphur (2014), Psychol. Methods 19, 72-91: alpha and omega from the saturated two-level
    covariances. Omega's factor is fitted to each level alone, so that misfit at one level cannot distort the other;
    `omega_within_ml` and `omega_between_ml` fit both levels at once, as these authors do, and agree where one factor
    fits. Resamples take the moment estimators (MUML), moved to the estimate on the scale of Fisher's z.
    Cranford et al. (2006), Pers. Soc. Psychol. Bull. 32, 917-929. Resampling whole units treats sessions and items
    as fixed and inflates small variances, which the intervals allow for. In 200 simulated samples of 60 and of 150
    clients with four sessions, eight items and a ceiling, 95% intervals of coefficients covered 90 (alpha between
    clients, 60) to 97%, of variances 91 to 100%.
    Agrees with lavaan (two-level), psych::fa, lme4::lmer and psych::multilevel.reliability.

    Examples
    --------
    Forty clients who answer four items in three sessions, in which they differ and change:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import repeated_sessions
    >>> rng = np.random.default_rng(1)
    >>> clients, sessions = np.repeat(np.arange(40), 3), np.tile([1, 2, 3], 40)
    >>> state = rng.normal(size=40)[clients] + rng.normal(scale=0.6, size=120)
    >>> items = rng.normal(scale=0.5, size=(40, 4))[clients] + rng.normal(scale=0.8, size=(120, 4))
    >>> answers = pd.DataFrame(state[:, None] + items, columns=list("abcd"))
    >>> found = repeated_sessions(answers, clients, sessions, draws=0)
    >>> found.rows[["statistic", "estimate", "n"]].round(2).head(4)
           statistic  estimate   n
    0   alpha_within      0.68  40
    1  alpha_between      0.93  40
    2   omega_within      0.68  40
    3  omega_between      0.94  40
    >>> found.study[["statistic", "items", "sessions", "estimate"]].round(2).head(3)
              statistic  items  sessions  estimate
    0  generalizability    4.0       1.0      0.63
    1  generalizability    4.0       2.0      0.75
    2  generalizability    4.0       3.0      0.80
    """
    check_level(level)
    values = answers.to_numpy(dtype=float, na_value=np.nan)
    keep = np.isfinite(values).all(axis=1)
    values, client, session = values[keep], np.asarray(clients)[keep], np.asarray(sessions)[keep]
    unit = client if units is None else np.asarray(units)[keep]
    names, first, count = np.unique(client, return_index=True, return_counts=True)
    reason = _why_not(values, count, list(answers.columns))
    if reason:
        row = {
            "statistic": "repeated_sessions",
            "level": level,
            "n": len(names),
            "administrations": len(values),
            "note": reason,
        }
        rows = pd.DataFrame([row]).reindex(columns=COLUMNS).assign(method="")
        return RepeatedSessions(rows, rows.drop(columns="administrations"))
    weights = cluster_resamples(unit[first], 0, draws, seed) if draws and len(np.unique(unit)) > 2 else None
    why_none = "fewer than three units to resample" if draws else "no resamples were drawn"
    why_none = why_none if weights is None else ""
    estimates, sampled, notes = _estimate(values, client, session, weights)
    typical = float(1 / np.mean(1 / count))
    rows, columns = _coefficient_rows(estimates, sampled, notes, typical, values.shape[1])
    rows = _with_intervals(rows, columns, level, why_none, resampled, len(np.unique(unit)))
    rows = rows.assign(n=len(names), level=level, administrations=len(values))[COLUMNS]
    components = estimates["components"][0]
    study = decision_study(
        components,
        None if weights is None else sampled["components"],
        values.shape[1],
        n=len(names),
        level=level,
        units=resampled,
        reason=why_none,
    )
    k = values.shape[1]
    change = np.empty(0) if weights is None else cranford(sampled["components"], typical, k)["r_c"]
    return RepeatedSessions(rows, study, change)


def _why_not(values: np.ndarray, count: np.ndarray, items: list[str]) -> str:
    k = values.shape[1]
    if k < 2:
        return "one item: internal consistency is not defined"
    if not (count > 1).any():
        return NOT_REPEATED
    if len(count) < 3:
        return "fewer than three clients answered every item of the scale"
    constant = [item for item, spread in zip(items, np.ptp(values, axis=0), strict=True) if spread == 0]
    return f"without variance: {', '.join(constant)}" if constant else ""


def _estimate(
    values: np.ndarray, clients: np.ndarray, sessions: np.ndarray, weights: ClusterWeights | None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, str]]:
    """Estimates and resampled values by name, (1,) or (draws,), components (., 7), and the notes of what is odd."""
    moments, notes = two_level_moments(values, clients), {}
    saturated = two_level_covariance(moments)
    found = _levels(saturated.within, saturated.between)
    found["components"] = variance_components(session_moments(values, clients, sessions))
    if saturated.steps[0] < 0:
        notes = dict.fromkeys(LEVELS + BY_LIKELIHOOD, SINGULAR)
        found |= dict.fromkeys(BY_LIKELIHOOD, np.full(1, np.nan))
    else:
        factor = two_level_factor(moments, saturated.within[0], saturated.between[0]) if values.shape[1] > 2 else None
        notes = _level_notes(saturated, found, factor)
        by_likelihood = (np.full(1, np.nan),) * 2 if factor is None else (factor.omega_within, factor.omega_between)
        found |= dict(zip(BY_LIKELIHOOD, by_likelihood, strict=True))
    if weights is None:
        return found, {}, notes
    by_moments = _levels(*moment_covariances(moments))
    sampled: dict[str, list[np.ndarray]] = {name: [] for name in (*LEVELS, "components")}
    for start in range(0, len(weights), CHUNK):
        chunk = weights[start : start + CHUNK]
        part = _levels(*moment_covariances(two_level_moments(values, clients, chunk)))
        # moment estimates of resamples vary as ML estimates would, around the moment estimate: moved to the ML estimate
        for name in LEVELS:
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = np.tanh(np.arctanh(part[name]) + np.arctanh(found[name]) - np.arctanh(by_moments[name]))
            sampled[name].append(np.where(np.abs(moved) < 1, moved, np.nan))
        sampled["components"].append(
            variance_components(
                session_moments(values, clients, sessions, chunk), start=found["components"][0], tolerance=2e-3
            )
        )
    return found, {name: np.concatenate(parts) for name, parts in sampled.items()}, notes


def _levels(within: np.ndarray, between: np.ndarray) -> dict[str, np.ndarray]:
    """Alpha and omega of both levels, (m,) each."""
    found = {}
    for level, covariance in (("within", within), ("between", between)):
        k = covariance.shape[-1]
        total, trace = covariance.sum(axis=(1, 2)), np.trace(covariance, axis1=1, axis2=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[f"alpha_{level}"] = np.where(total > 1e-9 * trace, k / (k - 1) * (1 - trace / total), np.nan)
        correlation, sd = to_correlations(covariance, rounding=1e-9)
        loadings = one_factor_minres(correlation) if k > 2 else np.full_like(sd, np.nan)
        found[f"omega_{level}"] = omega_total(loadings, sd)
        found[f"heywood_{level}"] = heywood_cases(loadings).sum(axis=1)
    return found


def _level_notes(saturated: TwoLevel, found: dict[str, np.ndarray], factor: TwoLevelFactor | None) -> dict[str, str]:
    notes = {}
    between = saturated.between[0]
    if not np.isfinite(found["alpha_between"][0]):
        notes["alpha_between"] = "clients do not differ in the total score"
    elif np.linalg.eigvalsh(between)[0] < 1e-8 * np.trace(between):
        notes["alpha_between"] = "the covariances between clients are singular: in some direction clients do not differ"
    for level in ("within", "between"):
        heywood = "Heywood case, no unique variance {} clients: {} of {} items"
        if factor is None:
            notes |= dict.fromkeys(
                (f"omega_{level}", f"omega_{level}_ml"), "two items: a one-factor model is not identified"
            )
            continue
        if not np.isfinite(found[f"omega_{level}"][0]):
            notes[f"omega_{level}"] = "the one-factor model has no finite solution"
        elif count := found[f"heywood_{level}"][0]:
            notes[f"omega_{level}"] = heywood.format(level, count, len(between))
        loadings, unique = getattr(factor, f"loadings_{level}")[0], getattr(factor, f"unique_{level}")[0]
        if not np.isfinite(loadings).all():
            notes[f"omega_{level}_ml"] = "the two-level one-factor model has no solution"
            continue
        odd = [heywood.format(level, count, len(between))] if (count := int((unique <= 0).sum())) else []
        odd += ["loadings of both signs: one factor does not fit"] if loadings.min() < 0 else []
        notes[f"omega_{level}_ml"] = "; ".join(odd)
    return notes


def _coefficient_rows(
    estimates: dict[str, np.ndarray],
    sampled: dict[str, np.ndarray],
    notes: dict[str, str],
    typical: float,
    items: int,
) -> tuple[pd.DataFrame, list[np.ndarray | None]]:
    """The rows, and the resampled values of each, (draws, rows)."""
    rows = [
        {
            "statistic": name,
            "estimate": estimates[name][0],
            "method": METHODS[name.partition("_")[0]],
            "note": notes.get(name, ""),
        }
        for name in LEVELS
    ]
    for name in BY_LIKELIHOOD:
        note, estimate = notes.get(name, ""), estimates[name][0]
        if note.startswith("Heywood") and np.isfinite(estimate):  # no reliability follows from negative variances
            note, estimate = f"{note}: no estimate, see {name.removesuffix('_ml')}", np.nan
        rows.append(
            {
                "statistic": name,
                "estimate": estimate,
                "note": note,
                "method": "two-level ML, one factor at each level at once; no interval",
            }
        )
    columns = [sampled.get(name) for name in LEVELS + BY_LIKELIHOOD]
    components = estimates["components"]
    for position, name in enumerate(COMPONENTS):
        at_zero = "at its lower bound" if components[0, position] == 0 else ""
        rows.append(
            {
                "statistic": f"variance_{name}",
                "estimate": components[0, position],
                "note": at_zero,
                "method": "REML, clients x sessions x items, all random",
            }
        )
        columns.append(sampled["components"][:, position] if sampled else None)
    from_all = cranford(components, typical, items)
    from_draws = cranford(sampled["components"], typical, items) if sampled else {}
    for name in CRANFORD:
        average = f", k = {typical:.4g} sessions (harmonic mean over clients)" if name in ("r_kf", "r_kr") else ""
        rows.append(
            {
                "statistic": name,
                "estimate": from_all[name][0],
                "note": "",
                "method": f"Cranford et al. (2006), REML components{average}",
            }
        )
        columns.append(from_draws.get(name))
    frame = pd.DataFrame(rows)
    undefined = frame["estimate"].isna() & (frame["note"] == "")
    frame.loc[undefined, "note"] = UNKNOWN
    return frame, columns


def _with_intervals(
    rows: pd.DataFrame, columns: list[np.ndarray | None], level: float, why_none: str, units: str, n_units: int
) -> pd.DataFrame:
    """Add intervals: percentiles minus the bias for variances, for coefficients those of reliabilities.

    Rows without an estimate get none. Of all of these only alpha can be negative.
    """
    defined = (rows["estimate"].notna() & ~rows["statistic"].isin(BY_LIKELIHOOD)).to_numpy()
    variance = rows["statistic"].str.startswith("variance_").to_numpy()
    bounded_below = variance | ~rows["statistic"].str.startswith("alpha_").to_numpy()
    low = [
        rows["estimate"].iloc[i] <= 0 or (column is not None and bool((column <= 0).any()))
        for i, column in enumerate(columns)
    ]
    kinds = np.where(variance, SHIFTED, np.where(low, NEGATIVE, RELIABILITY))
    parts = [rows[~defined]]
    for kind in dict.fromkeys(kinds[defined]):
        for bounded in (True, False):
            which = defined & (kinds == kind) & (bounded_below == bounded)
            if which.any():
                chosen = [column for column, here in zip(columns, which, strict=True) if here and column is not None]
                draws = None if why_none else np.stack(chosen, axis=1)
                found = with_intervals(
                    rows[which],
                    draws,
                    level,
                    kind=str(kind),
                    reason=why_none,
                    units=units,
                    n_units=n_units,
                    bounds=((0.0, np.inf) if variance[which].any() else (0.0, 1.0)) if bounded else None,
                )
                parts.append(found.set_index(rows.index[which]))
    return pd.concat(parts).reindex(rows.index).reindex(columns=[*rows.columns, "se", "lower", "upper", "level"])
