"""What leads and what follows: alliance and symptoms one session later, in both directions and by three methods."""

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from psychometrics.course.cross_lagged_panel import ALLIANCE, SYMPTOMS, carried, cross_lagged_panel, lag
from psychometrics.course.dynamic_panel import dynamic_panel
from psychometrics.course.lag_waves import Waves, choose_waves, within_sd
from psychometrics.course.lagged_regression import lagged_regression
from psychometrics.covariance_structures.comparison import compare_covariance_structures
from psychometrics.covariance_structures.fitting import fit_covariance_structure
from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.covariance_structures.score_tests import values_by_name
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.formula_intervals import check_level

PANEL, DYNAMIC, CENTRED = "cross_lagged_panel", "dynamic_panel", "centred_regression"
MODELS = (PANEL, DYNAMIC, CENTRED)
OBSERVED, DETRENDED, CORRECTED = "as_observed", "detrended", "error_known"
VARIANTS = (OBSERVED, DETRENDED, CORRECTED)
LAGS = {
    lag(SYMPTOMS): "lag_alliance_to_symptoms",
    lag(ALLIANCE): "lag_symptoms_to_alliance",
    carried(ALLIANCE): "lag_alliance_to_alliance",
    carried(SYMPTOMS): "lag_symptoms_to_symptoms",
}
FIT = {
    "chi_square": "panel_chi_square",
    "degrees_of_freedom": "panel_df",
    "p_value": "panel_p",
    "cfi": "panel_cfi",
    "rmsea": "panel_rmsea",
    "srmr": "panel_srmr",
}
EQUAL = {
    "chi_square_difference": "equal_lags_chi_square",
    "degrees_of_freedom": "equal_lags_df",
    "p_value": "equal_lags_p",
}
BETWEEN = "lag_intercept_correlation"
FEWEST_THERAPISTS = 10
SAME = 1e-9  # share of the largest value below which nothing varies but for rounding
FLAT = {
    ALLIANCE: "the alliance does not vary within clients from session to session",
    SYMPTOMS: "the symptoms do not vary within clients from session to session",
}
COLUMNS = ["statistic", "model", "variant", "estimate", "se", "lower", "upper", "level", "p", "n", "clusters"]
COLUMNS += ["sessions", "interval", "method", "note"]
NO_RELIABILITY = (
    "needs the reliability of change (R_C) of the alliance, from answers to its items at several sessions, or a "
    "reliability of the symptoms"
)
TOO_MUCH_ERROR = "the error of measurement would be all that varies within clients"
NO_STATIONARITY = "three sessions are too few to test whether lags are equal over time: needs four"
FEW_THERAPISTS = f"fewer than {FEWEST_THERAPISTS} therapists: clients are taken as independent"
NO_LEVELS = "the levels of alliance or symptoms hardly differ between clients: their correlation is not defined"
CENTRED_NOTE = "biased, since means of few sessions are taken out (Nickell, 1981)"
NAMES = {
    "intercept_a": "the level of the alliance",
    "intercept_s": "the level of the symptoms",
    "slope_a": "the trend of the alliance",
    "slope_s": "the trend of the symptoms",
    "effect_a": "the effect of clients on the alliance",
    "effect_s": "the effect of clients on the symptoms",
}


def lead_and_lag(
    alliance: pd.DataFrame,
    symptoms: pd.DataFrame,
    *,
    therapists: ArrayLike | None = None,
    reliability: float = np.nan,
    symptom_reliability: float = np.nan,
    most: int = 6,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Estimate how alliance and symptoms of a session go with both one session before, within clients.

    Parameters
    ----------
    alliance : pandas.DataFrame
        Clients x sessions by number, missing where not rated.
    symptoms : pandas.DataFrame
        The same clients x the sessions at which symptoms were measured.
    therapists : array_like of shape (n,), optional
        Each client's therapist, missing where not known; by default clients are independent.
    reliability : float, optional
        Reliability of change within clients, R_C, of the alliance; missing where not known.
    symptom_reliability : float, optional
        Reliability of the symptoms of one session over clients; missing where not known.
    most : int, default 6
        Most sessions in the models.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1). That of RMSEA has 90%, by custom.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, model, variant, estimate, se, lower, upper, level, p, n (clients), clusters, sessions,
        interval (sessions from one to the next), method, note. For every model and variant
        `lag_alliance_to_symptoms`, `lag_symptoms_to_alliance`, `lag_alliance_to_alliance`, `lag_symptoms_to_symptoms`,
        and the same in standard deviations within clients, ``_standardized``. The models:

        * `cross_lagged_panel`, the headline: random intercepts, all answers by casewise likelihood. Also its fit
          (`panel_chi_square`, `panel_df`, `panel_p`, `panel_cfi`, `panel_rmsea`, `panel_srmr`), the test that lags are
          equal over time (`equal_lags_chi_square`, `equal_lags_df`, `equal_lags_p`), and the correlation of the levels,
          `lag_intercept_correlation`;
        * `dynamic_panel`, with fixed effects of clients and the first session taken as given;
        * `centred_regression`, by least squares on deviations from clients' means.

        The variants: `as_observed`; `detrended`, with a linear trend of each client's own; `error_known`, with error
        variances taken as known. What cannot be estimated has no estimate and a note.

    Raises
    ------
    NotComputable
        Too few sessions or clients.

    Notes
    -----
    Lags are equal over time, means of sessions free. Error variances: that of the alliance is
    :math:`(1 - R_C)\, s_w^2` with :math:`s_w^2` the variance within clients, that of symptoms :math:`(1 - r)` times the
    variance within sessions; the uncertainty of R_C and r is not part of the intervals. Standardized lags are those of
    the cross-lagged panel's own within part, averaged over sessions, and of the other two models
    :math:`b\, s_{w,x} / s_{w,y}`.

    Errors are robust (sandwich) and clustered by therapist from ten therapists on; intervals take Student's t with the
    number of clusters minus one degrees of freedom.

    Hamaker, Kuiper & Grasman (2015), Psychol. Methods 20, 102-116; Allison, Williams & Moral-Benito (2017), Socius 3,
    1-17; Curran & Bauer (2011), Annu. Rev. Psychol. 62, 583-619; Nickell (1981), Econometrica 49, 1417-1426. Agrees
    with lavaan::sem (missing "fiml", estimator "MLR", cluster) and with lm and clubSandwich::vcovCR (CR1).

    Examples
    --------
    Symptoms fall after a session of good alliance, and nothing goes the other way:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import lead_and_lag
    >>> rng = np.random.default_rng(4)
    >>> level, state = rng.normal(size=(2, 300)), rng.normal(size=(2, 300))
    >>> rated, measured = {}, {}
    >>> for session in range(1, 6):
    ...     rated[session], measured[session] = level + state
    ...     state = np.array([0.3 * state[0], 0.4 * state[1] - 0.3 * state[0]]) + rng.normal(size=(2, 300))
    >>> rows = lead_and_lag(pd.DataFrame(rated), pd.DataFrame(measured))
    >>> own = rows[(rows["model"] == "cross_lagged_panel") & (rows["variant"] == "as_observed")]
    >>> own[["statistic", "estimate", "lower", "upper"]].round(2).head(2)
                      statistic  estimate  lower  upper
    0  lag_alliance_to_symptoms     -0.27  -0.35  -0.20
    1  lag_symptoms_to_alliance      0.02  -0.05   0.09
    """
    check_level(level)
    waves = choose_waves(alliance, symptoms, most)
    known = None if therapists is None else pd.Series(np.asarray(therapists), index=alliance.index)
    units, note = _units(known, waves)
    errors, reason = known_errors(waves, reliability, symptom_reliability)
    variants = {OBSERVED: (False, (0.0, 0.0)), DETRENDED: (True, (0.0, 0.0)), CORRECTED: (False, errors)}
    parts, found = [], Fits(waves, units)
    for model in MODELS:
        for variant, (trend, error) in variants.items():
            if variant == CORRECTED and reason:
                parts.append(_reasons(model, variant, reason))
                continue
            try:
                if model == CENTRED:
                    rows = _regression_rows(waves, units, trend, error, level)
                else:
                    rows = _panel_rows(model, found, trend, error, level)
            except NotComputable as failure:
                rows = _reasons(model, variant, _in_words(str(failure), waves.sessions))
            parts.append(rows.assign(model=model, variant=variant))
    frame = pd.concat(parts, ignore_index=True)
    notes = [_also(own, note) for own in frame["note"]]
    levels = frame.reindex(columns=["level"])["level"].fillna(level)  # RMSEA has one of its own
    frame = frame.assign(note=notes, level=levels, n=len(waves.alliance), interval=waves.interval)
    sessions = waves.sessions
    frame["sessions"] = ", ".join(map(str, sessions))
    frame["method"] = [_also(method, waves.note) for method in frame["method"].fillna("")]
    return frame.reindex(columns=COLUMNS)


def known_errors(waves: Waves, reliability: float, symptom_reliability: float) -> tuple[tuple[float, float], str]:
    """Work out the error variances of alliance and symptoms from their reliabilities.

    Parameters
    ----------
    waves : Waves
        Both variables.
    reliability : float
        Reliability of change within clients, R_C, of the alliance; missing where not known.
    symptom_reliability : float
        Reliability of the symptoms of one session over clients; missing where not known.

    Returns
    -------
    errors : tuple of float
        Error variances of alliance and symptoms; 0 where not known.
    reason : str
        Why there are none; empty where there are.
    """
    of_alliance, of_symptoms = (within_sd(part) ** 2 for part in (waves.alliance, waves.symptoms))
    errors = [0.0, 0.0]
    if np.isfinite(reliability) and reliability < 1:
        errors[0] = float((1 - reliability) * of_alliance)
    if np.isfinite(symptom_reliability) and symptom_reliability < 1:
        errors[1] = float((1 - symptom_reliability) * np.nanmean(np.nanvar(waves.symptoms, axis=0, ddof=1)))
    if not any(errors):
        return (0.0, 0.0), NO_RELIABILITY
    if errors[0] >= of_alliance or errors[1] >= of_symptoms:
        return (0.0, 0.0), TOO_MUCH_ERROR
    return (errors[0], errors[1]), ""


def wide(waves: Waves) -> pd.DataFrame:
    """Put both variables side by side.

    Parameters
    ----------
    waves : Waves
        Both variables.

    Returns
    -------
    pandas.DataFrame
        Clients x a1, a2, ..., s1, s2, ...
    """
    parts = {ALLIANCE: waves.alliance, SYMPTOMS: waves.symptoms}
    return pd.concat(
        [part.set_axis([f"{name}{t + 1}" for t in range(part.shape[1])], axis=1) for name, part in parts.items()],
        axis=1,
    )


def _units(therapists: pd.Series | None, waves: Waves) -> tuple[np.ndarray | None, str]:
    """Numbers of the therapists where enough are known; else nothing and the reason."""
    if therapists is None:
        return None, ""
    own = therapists.reindex(waves.alliance.index)
    known = int(own.nunique())
    if known < FEWEST_THERAPISTS:
        return None, FEW_THERAPISTS if known else ""
    # a client whose therapist is not known is a unit
    codes = np.array(pd.factorize(own)[0])
    codes[codes < 0] = known + np.arange((codes < 0).sum())
    return codes, ""


class Fits:
    """Fits to the same answers, each from the estimates of the one before.

    Parameters
    ----------
    waves : Waves
        Both variables.
    units : numpy.ndarray of shape (n,) or None
        Independent units.
    """

    def __init__(self, waves: Waves, units: np.ndarray | None) -> None:
        self.waves, self.units = waves, units
        self.data = wide(waves) if units is None else wide(waves).assign(unit=units)
        self.start: dict[tuple[str, int], float] = {}

    def fit(self, model: str) -> CovarianceStructureFit:
        """Fit a model by casewise likelihood with robust errors.

        Parameters
        ----------
        model : str
            The model.

        Returns
        -------
        CovarianceStructureFit
            Estimates and fit.
        """
        cluster = None if self.units is None else "unit"
        how: dict[str, Any] = {"estimator": "MLR", "missing": "ml", "cluster": cluster, "improper": "keep"}
        try:
            found = fit_covariance_structure(model, self.data, start=self.start or None, **how)
        except NotComputable as failure:
            if not self.start or "starting values" not in str(failure):
                raise
            # values of another model lie where this one has no likelihood
            found = fit_covariance_structure(model, self.data, **how)
        self.start |= values_by_name(found.table, found.parameters)
        return found

    @property
    def clusters(self) -> int:
        """Count the independent units.

        Returns
        -------
        int
            Therapists, or clients.
        """
        return len(self.waves.alliance) if self.units is None else len(np.unique(self.units))


def _panel_rows(model: str, fits: Fits, trend: bool, error: tuple[float, float], level: float) -> pd.DataFrame:
    text = cross_lagged_panel if model == PANEL else dynamic_panel
    waves, units, clusters = fits.waves, fits.units, fits.clusters
    fit = fits.fit(text(len(waves.sessions), trend=trend, error=error))
    by_label = fit.estimates[fit.estimates["label"] != ""].drop_duplicates("label").set_index("label")
    estimates, errors = by_label["estimate"].astype(float).to_dict(), by_label["se"].astype(float).to_dict()
    spread = _spread(waves, error)
    rows: list[dict[str, Any]] = []
    for standardized in (False, True):
        for label, statistic in LAGS.items():
            value, se = float(estimates[label]), float(errors[label])
            if standardized and model == PANEL:
                value, se = _averaged(fit, label)
            elif standardized:
                ratio = _ratio(label, spread)
                value, se = value * ratio, se * ratio
            name = f"{statistic}_standardized" if standardized else statistic
            rows.append(_with_interval(name, value, se, clusters, level))
    method = f"casewise maximum likelihood, robust errors {'by client' if units is None else 'by therapist'}, t"
    frame = pd.DataFrame(rows).assign(method=method, note="")
    if model == PANEL and not trend and not any(error):
        frame = pd.concat([frame, _about_fit(fit, fits, level)], ignore_index=True)
    improper = _improper(fit.notes)
    return frame.assign(note=[_also(note, improper) for note in frame["note"]], clusters=clusters)


def _spread(waves: Waves, error: tuple[float, float]) -> dict[str, float]:
    """Standard deviations within clients, known errors taken out."""
    found = {}
    for name, part, variance in ((ALLIANCE, waves.alliance, error[0]), (SYMPTOMS, waves.symptoms, error[1])):
        spread = within_sd(part)
        if not spread > SAME * np.nanmax(np.abs(part.to_numpy())):
            raise NotComputable(FLAT[name])
        found[name] = float(np.sqrt(spread**2 - variance))
    return found


def _averaged(fit: CovarianceStructureFit, label: str) -> tuple[float, float]:
    """Mean over sessions of a standardized lag, with its standard error by the delta method."""
    own = np.flatnonzero(fit.estimates["label"] == label)
    gradient = fit.gradients[own].mean(axis=0)
    variance = gradient @ fit.covariance.to_numpy() @ gradient
    return float(fit.estimates["standardized"].to_numpy()[own].mean()), float(np.sqrt(variance))


def _ratio(label: str, spread: dict[str, float]) -> float:
    """Standard deviation of what leads over that of what follows."""
    follows = label[-1]
    leads = follows if label == carried(follows) else next(name for name in spread if name != follows)
    return float(spread[leads] / spread[follows])


def _with_interval(statistic: str, value: float, se: float, clusters: int, level: float) -> dict[str, Any]:
    half = stdtrit(clusters - 1, (1 + level) / 2) * se
    p = 2 * stdtr(clusters - 1, -abs(value / se)) if se > 0 else np.nan
    return {
        "statistic": statistic,
        "estimate": float(value),
        "se": float(se),
        "lower": float(value - half),
        "upper": float(value + half),
        "p": float(p),
    }


def _about_fit(fit: CovarianceStructureFit, fits: Fits, level: float) -> pd.DataFrame:
    """Fit of the headline model, the correlation of its intercepts, and whether lags are equal over time."""
    e = fit.estimates
    own = np.flatnonzero((e["op"] == "~~") & (e["lhs"] == "intercept_s") & (e["rhs"] == "intercept_a"))[0]
    r, se = float(e["standardized"].iloc[own]), float(e["standardized_se"].iloc[own])
    between: dict[str, Any] = {"statistic": BETWEEN, "estimate": np.nan, "note": NO_LEVELS}
    if np.isfinite(r) and np.isfinite(se) and abs(r) < 1:
        # on Fisher's z, so that limits stay within -1 and 1
        half = stdtrit(fits.clusters - 1, (1 + level) / 2) * se / (1 - r**2)
        lower, upper = np.tanh(np.arctanh(r) + np.array([-half, half]))
        between |= {"note": "", "estimate": r, "se": se, "lower": lower, "upper": upper}
    own_fit = fit.fit.loc[fit.fit["statistic"].isin(FIT), ["statistic", "estimate", "lower", "upper", "level"]]
    rows = [between, *own_fit.replace({"statistic": FIT}).to_dict("records")]
    sessions = len(fits.waves.sessions)
    reason = NO_STATIONARITY if sessions < 4 else ""
    if not reason:
        try:
            free = fits.fit(cross_lagged_panel(sessions, equal=False))
            test = compare_covariance_structures(fit, free).set_index("statistic")["estimate"]
            rows += [{"statistic": name, "estimate": test[key]} for key, name in EQUAL.items()]
        except NotComputable as failure:
            reason = str(failure)
    if reason:
        rows.append({"statistic": EQUAL["p_value"], "estimate": np.nan, "note": reason})
    frame = pd.DataFrame(rows).assign(method="casewise maximum likelihood, scaled chi-square")
    return frame.assign(note=frame["note"].astype(object).where(frame["note"].notna(), ""))


def _regression_rows(
    waves: Waves, units: np.ndarray | None, trend: bool, error: tuple[float, float], level: float
) -> pd.DataFrame:
    values = {ALLIANCE: waves.alliance.to_numpy(), SYMPTOMS: waves.symptoms.to_numpy()}
    variance = dict(zip(values, error, strict=True))
    spread = _spread(waves, error)
    own = np.arange(len(waves.alliance)) if units is None else units
    found, clusters = {}, 0
    for follows, leads in ((SYMPTOMS, ALLIANCE), (ALLIANCE, SYMPTOMS)):
        given = (variance[follows], variance[leads])
        done = lagged_regression(values[follows], values[leads], own, trend=trend, error=given)
        se = np.sqrt(np.diag(done.covariance))
        clusters = done.clusters
        found[carried(follows)] = done.slopes[0], se[0], clusters
        found[lag(follows)] = done.slopes[1], se[1], clusters
    rows = []
    for standardized in (False, True):
        for label, statistic in LAGS.items():
            value, se, count = found[label]
            ratio = _ratio(label, spread) if standardized else 1.0
            name = f"{statistic}_standardized" if standardized else statistic
            rows.append(_with_interval(name, value * ratio, se * ratio, count, level) | {"clusters": count})
    by_whom = "by client" if units is None else "by therapist"
    method = f"least squares within clients, robust errors {by_whom} (CR1), t"
    return pd.DataFrame(rows).assign(method=method, note=CENTRED_NOTE)


def _improper(notes: tuple[str, ...]) -> str:
    """What of a solution cannot be in any population, in words."""
    said = [note for note in notes if "left out" not in note]
    return f"the solution is improper: {_in_words('; '.join(said))}" if said else ""


def _in_words(text: str, sessions: list[int] | None = None) -> str:
    """A sentence of the engine with the names of the model's variables in words."""
    text = re.sub(
        r"the correlations of the factors are inadmissible: (\w+) with (\w+) (\S+)",
        r"correlations of parts of the model are inadmissible (\1 with \2 \3)",
        text,
    )
    for name, words in NAMES.items():
        text = re.sub(rf"\b{name}\b", words, text)
    text = re.sub(r"\bw_a(\d+)\b", r"deviation \1 of the alliance", text)
    text = re.sub(r"\bw_s(\d+)\b", r"deviation \1 of the symptoms", text)
    for name, what in ((ALLIANCE, "the alliance"), (SYMPTOMS, "the symptoms")):
        for place, session in enumerate(sessions or [], start=1):
            text = re.sub(rf"\b{name}{place}\b", f"{what} of session {session}", text)
    return text


def _reasons(model: str, variant: str, reason: str) -> pd.DataFrame:
    rows = pd.DataFrame({"statistic": list(LAGS.values())[:2], "note": reason})
    return rows.assign(model=model, variant=variant, estimate=np.nan, method="")


def _also(*notes: str) -> str:
    return "; ".join(note for note in notes if isinstance(note, str) and note)
