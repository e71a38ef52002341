"""Levels at which scores over a course vary: therapists, their dyads, and the sessions of a dyad."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.mixed_models.component_bootstrap import Derived, away_from_zero
from psychometrics.mixed_models.component_errors import model_errors
from psychometrics.mixed_models.component_values import Covariances, covariances_of
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.bootstrap_intervals import SCALES

FEWEST_DYADS = 3
FEWEST_THERAPISTS = 3
SAME = 1e-9  # share of the squares below which nothing varies but for rounding
THERAPIST, DYAD = "therapist", "dyad"
NO_THERAPIST = "no dyad has a named therapist"
ONE_EACH = "every therapist has one client: variance between therapists cannot be told from that between dyads"
FEW_THERAPISTS = f"fewer than {FEWEST_THERAPISTS} therapists"
CONSTANT = "the scores do not vary"
WITHIN_CONSTANT = "the scores of a dyad do not vary between sessions"
SERIES = 4  # sessions of a dyad from which residuals say something of how they follow each other
FEWEST_SERIES = 10  # dyads with so many
FEW_SERIES = (
    f"needs {FEWEST_SERIES} dyads with {{needed}} sessions or more to estimate the autocorrelation of residuals"
)
APART = "needs sessions close together: half of the ratings of a dyad follow the one before by {gap:g} {unit}s or more"
WIDEST_GAP = 2.0  # sessions or weeks between neighbours beyond which a correlation of one unit of time is a guess
NOT_REPEATED = f"needs at least {FEWEST_DYADS} dyads with two sessions"


class Levelled(NamedTuple):
    """Scores whose levels can be told apart.

    Attributes
    ----------
    frame : pandas.DataFrame
        The scores that are used.
    levels : list of str
        Levels above the session, from the highest.
    note : str
        Why a level or some scores are left out; empty where none is.
    """

    frame: pd.DataFrame
    levels: list[str]
    note: str


def told_apart(scores: pd.DataFrame) -> Levelled:
    """Find the levels that the scores can tell.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per dyad and session, with columns therapist (missing where none is named), dyad, session and score.

    Returns
    -------
    Levelled
        Therapists and dyads, or dyads alone.

    Raises
    ------
    NotComputable
        If nothing varies, or hardly a dyad was rated twice.

    Examples
    --------
    >>> scores = pd.DataFrame({"dyad": list("aabbcc"), "session": [1, 2] * 3, "score": [1.0, 2, 2, 4, 1, 5]})
    >>> told_apart(scores.assign(therapist=None)).levels
    ['dyad']
    """
    frame = scores.dropna(subset="score")
    if not len(frame) or not _varies(frame["score"], frame["score"].mean()):
        raise NotComputable(CONSTANT)
    sizes = frame["dyad"].value_counts()
    if (sizes > 1).sum() < FEWEST_DYADS:
        raise NotComputable(NOT_REPEATED)
    if not _varies(frame["score"], frame.groupby("dyad")["score"].transform("mean")):
        raise NotComputable(WITHIN_CONSTANT)
    known = frame.dropna(subset="therapist")
    dyads = known.drop_duplicates("dyad")["therapist"].value_counts()
    reason = ""
    if dyads.empty:
        reason = NO_THERAPIST
    elif len(dyads) < FEWEST_THERAPISTS:
        reason = FEW_THERAPISTS
    elif dyads.max() < 2:
        reason = ONE_EACH
    if reason:
        return Levelled(frame, [DYAD], f"therapists left out of the model: {reason}")
    left = frame.loc[frame["therapist"].isna(), "dyad"].nunique()
    some = f"{left} dyad{'' if left == 1 else 's'} without a named therapist left out" if left else ""
    return Levelled(known, [THERAPIST, DYAD], some)


def _varies(values: pd.Series, about: pd.Series | float) -> bool:
    squares = float(((values - about) ** 2).sum())
    return squares > SAME * max(float((values**2).sum()), 1e-300)


def curvature_intervals(fit: MixedModel, derived: Sequence[Derived], level: float) -> pd.DataFrame:
    r"""Give quantities of a mixed model with intervals from the curvature of its likelihood.

    Parameters
    ----------
    fit : MixedModel
        The model.
    derived : sequence of Derived
        Quantities, whose kinds are ``normal`` on a scale.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows: statistic, estimate, lower, upper, method, note.

    Notes
    -----
    Normal on the scale of each quantity, by the delta method: Pinheiro & Bates (2000), Mixed-effects models in S and
    S-PLUS, chapter 2. They lean on normal effects, as ``nlme::intervals`` do.
    """
    scales = [quantity.kind.removeprefix("normal").strip() for quantity in derived]

    def _on_scales(found: Covariances) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.column_stack([SCALES[scale].there(q.of(found)) for q, scale in zip(derived, scales, strict=True)])

    own = covariances_of(fit.deviance_of, fit.parameters[None], fit.deviance_of.state(fit.parameters[None]).variance)
    estimate = np.array([quantity.of(own)[0] for quantity in derived])
    errors = model_errors(fit.deviance_of, away_from_zero(fit), _on_scales)
    half, middle = ndtri((1 + level) / 2) * errors, _on_scales(own)[0]
    lower, upper = (
        [float(SCALES[s].back(v)) for s, v in zip(scales, middle + sign * half, strict=True)] for sign in (-1, 1)
    )
    known = np.isfinite(half) & np.isfinite(middle)
    return pd.DataFrame(
        {
            "statistic": [quantity.name for quantity in derived],
            "estimate": estimate,
            "lower": np.where(known, np.fmin(lower, estimate), np.nan),
            "upper": np.where(known, np.fmax(upper, estimate), np.nan),
            "level": level,
            "method": "REML; interval from the curvature of the likelihood",
            "note": np.where(known, "", "no interval: the estimate lies on the edge of what is possible"),
        }
    )


def share_of(levels: Sequence[str], name: str) -> Callable[[Covariances], np.ndarray]:
    """Make a function that gives the share of a level in the variance of a score.

    Parameters
    ----------
    levels : sequence of str
        Levels above the session.
    name : str
        One of them, or session.

    Returns
    -------
    callable
        Shares (m,) from covariance matrices of m fits with random intercepts.
    """

    def _share(found: Covariances) -> np.ndarray:
        parts = {level: found.blocks[level][:, 0, 0] for level in levels} | {"session": found.residual[:, 0, 0]}
        return parts[name] / sum(parts.values())

    return _share


def check_series(scores: pd.DataFrame, unit: str, needed: int = SERIES) -> None:
    """Stop where dyads have too few sessions, or none in a row, to tell how residuals follow each other.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns dyad and time, nothing missing.
    unit : str
        Unit of the time, for the reason.
    needed : int, optional
        Sessions of a dyad that count as a series.

    Raises
    ------
    NotComputable
        With the reason.
    """
    sizes = scores["dyad"].value_counts()
    if (sizes >= needed).sum() < FEWEST_SERIES:
        raise NotComputable(FEW_SERIES.format(needed=needed))
    ordered = scores.sort_values(["dyad", "time"])
    gaps = ordered.groupby("dyad")["time"].diff()
    if (gaps == 0).any():
        raise NotComputable("two ratings of a dyad have the same time")
    if np.median(gaps.dropna()) > WIDEST_GAP:
        raise NotComputable(APART.format(gap=gaps.median(), unit=unit))
