"""Where the variance of scores over a course lies once the mean course is taken out, and how long a session echoes."""

import numpy as np
import pandas as pd

from psychometrics.course.levels import check_series, curvature_intervals, share_of, told_apart
from psychometrics.mixed_models.component_bootstrap import Derived, bootstrap_components
from psychometrics.mixed_models.component_values import Covariances
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block, Residual
from psychometrics.not_computable import NotComputable
from psychometrics.perspectives.sampled import sample_therapists
from psychometrics.resampling.bootstrap_intervals import joined
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = "residuals statistic estimate se lower upper level n dyads therapists method note".split()
INDEPENDENT, SERIAL = "independent", "AR(1)"
MOST_DYADS = 5_000


def variance_over_course(
    scores: pd.DataFrame,
    *,
    serial: bool = True,
    unit: str = "session",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Split the variance of scores over a course between therapists, dyads and sessions.

    .. math:: y_{tds} = \mu_s + a_t + b_{td} + e_{tds}, \qquad
              \operatorname{cor}(e_{tds}, e_{tds'}) = \phi^{|time_s - time_{s'}|}

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per dyad and session: columns client, therapist (missing where none is named), dyad, session, time
        (missing where it is not known) and score.
    serial : bool, default True
        Whether models whose residuals are AR(1) are fitted as well, with the gaps between sessions kept.
    unit : str, default "session"
        Unit of the time, for the method.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples of whole therapists; 0 takes intervals from the curvature of the likelihood.
    seed : int, default 0
        Seed of the resamples, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: residuals (independent or AR(1)), statistic, estimate, se, lower, upper, level, n (ratings), dyads,
        therapists, method, note. Statistics: share_therapist, share_dyad, share_session and, of AR(1),
        serial_correlation. The mean of each session is taken out; the shares with one mean for all sessions are those
        of :func:`psychometrics.variance.nesting.sessions_in_clients`.

    Notes
    -----
    REML. Independent residuals: ``lme4::lmer(score ~ factor(session) + (1 | therapist / dyad))``. AR(1):
    ``nlme::lme(score ~ factor(session), random = ~ 1 | therapist / dyad, correlation = corAR1(form = ~ time))``;
    Pinheiro & Bates (2000), Mixed-effects models in S and S-PLUS, section 5.3. With AR(1), what one session shares with
    the next counts to the session and not to the dyad. Of more than 5,000 dyads, those of therapists drawn at random
    are analysed, and the note says so.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> dyad, session = np.repeat(np.arange(40), 5), np.tile(np.arange(1, 6), 40)
    >>> score = rng.normal(size=40)[dyad] + 0.2 * session + rng.normal(size=200)
    >>> frame = pd.DataFrame({"client": dyad, "dyad": dyad.astype(str), "session": session, "score": score})
    >>> frame = frame.assign(therapist=(dyad // 4).astype(str), time=session.astype(float))
    >>> rows = variance_over_course(frame, serial=False, draws=0)
    >>> rows["estimate"].round(2).tolist()
    [0.1, 0.34, 0.56]
    """
    check_level(level)
    scores, sampled = sample_therapists(scores, seed, most=MOST_DYADS)
    parts = []
    for residuals in (INDEPENDENT, SERIAL) if serial else (INDEPENDENT,):
        try:
            rows = _rows(scores, residuals, unit=unit, level=level, draws=draws, seed=seed)
        except NotComputable as failure:
            name = "serial_correlation" if residuals == SERIAL else "share_dyad"
            rows = pd.DataFrame([{"statistic": name, "estimate": np.nan, "n": len(scores), "note": str(failure)}])
        parts.append(rows.assign(residuals=residuals))
    table = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    return table.assign(note=joined(table["note"], sampled))


def _rows(scores: pd.DataFrame, residuals: str, *, unit: str, level: float, draws: int, seed: int) -> pd.DataFrame:
    """Shares of one model."""
    if residuals == SERIAL:
        check_series(scores.dropna(subset=["score", "time"]), unit)
        scores = scores.dropna(subset="time")
    frame, levels, note = told_apart(scores)
    frame = frame.assign(of_session=frame["session"].map("{:g}".format))
    residual = Residual(within="dyad", time="time") if residuals == SERIAL else None
    fit = mixed_model(frame, "score", ["of_session"], [Block(name) for name in levels], residual=residual)
    derived = [Derived(f"share_{name}", share_of(levels, name)) for name in (*levels, "session")]
    if residuals == SERIAL:
        derived.append(Derived("serial_correlation", _phi, low=-1.0, kind="normal z"))
    if draws and residuals == INDEPENDENT:
        rows = bootstrap_components(fit, derived=derived, draws=draws, seed=seed, level=level)
        rows = rows[rows["statistic"].isin([quantity.name for quantity in derived])]
    else:
        rows = curvature_intervals(fit, derived, level)
    how = f"; AR(1) over {unit}s, gaps kept" if residuals == SERIAL else ""
    therapists = frame["therapist"].nunique() if "therapist" in levels else np.nan
    counts = {"n": fit.n, "dyads": frame["dyad"].nunique(), "therapists": therapists}
    said = "; ".join(part for part in (note, *fit.notes) if part)
    return rows.assign(**counts, method=rows["method"] + how, note=joined(rows["note"], said))


def _phi(found: Covariances) -> np.ndarray:
    return found.serial
