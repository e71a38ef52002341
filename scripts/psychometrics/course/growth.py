"""How scores grow over a course: shapes compared, expected change, and how dyads differ in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.course.levels import DYAD, THERAPIST, Levelled, told_apart
from psychometrics.course.time_shapes import NONE, Shape, shapes_for
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block
from psychometrics.not_computable import NotComputable

FEWEST_SLOPES = 10  # therapists from which they may differ in their slopes
INTERCEPTS, OF_DYADS, OF_THERAPISTS = "intercepts", "slopes of dyads", "slopes of dyads and therapists"
FEW = f"fewer than {FEWEST_SLOPES} therapists: their slopes are not in the model"
NO_TIMES = "needs ratings at two times"
FIRST, LAST = "first", "last"


@dataclass(frozen=True)
class Candidate:
    """A model that was compared with others.

    Attributes
    ----------
    shape : Shape
        The mean course.
    random : str
        Which levels have slopes of their own.
    fit : MixedModel or None
        The fit; None where there is none.
    reason : str
        Why there is none.
    """

    shape: Shape
    random: str
    fit: MixedModel | None
    reason: str = ""


@dataclass(frozen=True)
class Growth:
    """The models of one course.

    Attributes
    ----------
    frame : pandas.DataFrame
        Scores with the columns of the chosen shape and `elapsed`.
    levels : list of str
        Levels above the session.
    shapes : list of Candidate
        Shapes, by maximum likelihood.
    slopes : list of Candidate
        The chosen shape with fewer and more slopes, by restricted maximum likelihood.
    chosen : Candidate
        The best shape that grows, with its slopes.
    start : float
        Time of the first rating, at which elapsed time is 0.
    horizon : float
        Elapsed time of the median course: half of the dyads were last rated earlier.
    first_sd : float
        Standard deviation of the scores at the first session.
    first_sd_error : float
        Its standard error divided by it, by therapist where therapists are known.
    note : str
        What is left out of the model.
    """

    frame: pd.DataFrame
    levels: list[str]
    shapes: list[Candidate]
    slopes: list[Candidate]
    chosen: Candidate
    start: float
    horizon: float
    first_sd: float
    first_sd_error: float
    note: str

    @property
    def fit(self) -> MixedModel:
        """Give the fit of the chosen model.

        Returns
        -------
        MixedModel
            By restricted maximum likelihood.
        """
        assert self.chosen.fit is not None
        return self.chosen.fit

    @property
    def effects(self) -> np.ndarray:
        """Give the intercept and the terms of the mean course.

        Returns
        -------
        numpy.ndarray of shape (1 + terms,)
            Fixed effects of the chosen model.
        """
        state = self.fit.deviance_of.state(self.fit.parameters[None])
        return np.asarray(self.fit.layout.given_effects(state.fixed)[0])

    def step(self, terms: Sequence[str]) -> np.ndarray:
        """Give what the terms gain over the median course.

        Parameters
        ----------
        terms : sequence of str
            Terms of the chosen shape.

        Returns
        -------
        numpy.ndarray of shape (terms,)
            Their values at the end less those at the beginning.
        """
        ends = self.chosen.shape.columns(np.array([0.0, self.horizon]))[list(terms)].to_numpy()
        return ends[1] - ends[0]

    def slopes_of(self, level: str) -> list[str]:
        """List the terms in which the groups of a level differ.

        Parameters
        ----------
        level : str
            Therapist or dyad.

        Returns
        -------
        list of str
            None where only their intercepts differ, or the level is not in the model.
        """
        block = next((block for block in self.fit.layout.blocks if block.block.name == level), None)
        return [] if block is None else [term for term in block.block.terms if term != "1"]


def fit_growth(scores: pd.DataFrame, bounds: Sequence[float] = ()) -> Growth:
    """Compare shapes of growth and slopes of dyads and therapists.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per dyad and session: columns therapist (missing where none is named), dyad, session, time (missing
        where it is not known) and score.
    bounds : sequence of float, optional
        Times at which a phase ends, where a second piece may begin.

    Returns
    -------
    Growth
        The models, and which was chosen.

    Raises
    ------
    NotComputable
        If nothing varies, hardly a dyad was rated twice, or no model has an estimate.

    Notes
    -----
    Shapes have different fixed effects and are compared by the AICc of maximum likelihood, each with slopes of dyads in
    its own terms (of a quadratic course in the linear one) where the sessions allow it, as
    ``lme4::lmer(score ~ time + (1 | therapist) + (time | dyad), REML = FALSE)``. The shape with the lowest AICc among
    those that grow is then fitted by REML without slopes, with slopes of dyads, and with those of therapists as well;
    slopes of dyads stay in the model whatever their AICc, those of therapists where it is lower.
    """
    levelled = told_apart(scores.dropna(subset="time"))
    start = float(levelled.frame["time"].min())
    frame = levelled.frame.assign(elapsed=levelled.frame["time"] - start)
    if frame["elapsed"].max() <= 0:
        raise NotComputable(NO_TIMES)
    candidates = shapes_for(frame["elapsed"].to_numpy(), [bound - start for bound in bounds])
    shapes, random = _shapes(frame, levelled, candidates)
    growing = [one for one in shapes if one.fit is not None and one.shape.name != NONE]
    if not growing:
        raise NotComputable(next(one.reason for one in shapes if one.shape.name != NONE))
    shape = min(growing, key=_aicc).shape
    frame = _with_columns(frame, shape)
    slopes = _slopes(frame, levelled, shape, random)
    fitted = [one for one in slopes if one.fit is not None]
    best = fitted[-1]
    if best.random == OF_THERAPISTS and _aicc(best) >= _aicc(fitted[-2]):
        best = fitted[-2]
    last = frame.groupby("dyad")["elapsed"].max()
    first = frame[frame["session"] == frame["session"].min()]
    return Growth(
        frame=frame,
        levels=levelled.levels,
        shapes=shapes,
        slopes=slopes,
        chosen=best,
        start=start,
        horizon=float(last.median()) or float(last.max()),
        first_sd=float(first["score"].std(ddof=1)),
        first_sd_error=_relative_sd_error(
            first["score"], first["therapist" if "therapist" in levelled.levels else "dyad"]
        ),
        note=levelled.note,
    )


def _relative_sd_error(values: pd.Series, units: pd.Series) -> float:
    """Standard error of the logarithm of a standard deviation, from the influence of whole units on the variance."""
    influence = (values - values.mean()) ** 2 - values.var(ddof=1)
    sums = influence.groupby(units).sum()
    of_variance = len(sums) / max(len(sums) - 1, 1) * (sums**2).sum() / (len(values) - 1) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sqrt(of_variance) / (2 * values.var(ddof=1)))


def _aicc(candidate: Candidate) -> float:
    assert candidate.fit is not None
    return candidate.fit.aicc


def _with_columns(frame: pd.DataFrame, shape: Shape) -> pd.DataFrame:
    columns = shape.columns(frame["elapsed"].to_numpy()).set_axis(frame.index)
    return pd.concat([frame.drop(columns=columns.columns, errors="ignore"), columns], axis=1)


def _blocks(levels: Sequence[str], terms: list[str], random: str) -> list[Block]:
    with_slopes = {INTERCEPTS: [], OF_DYADS: [DYAD], OF_THERAPISTS: [DYAD, THERAPIST]}[random]
    return [Block(name, ["1", *(terms if name in with_slopes else [])]) for name in levels]


def _try(frame: pd.DataFrame, levelled: Levelled, shape: Shape, random: str, *, restricted: bool) -> Candidate:
    blocks = _blocks(levelled.levels, shape.random, random)
    try:
        fit = mixed_model(frame, "score", ["1", *shape.fixed], blocks, restricted=restricted)
    except NotComputable as failure:
        return Candidate(shape, random, None, str(failure))
    return Candidate(shape, random, fit)


def _shapes(
    frame: pd.DataFrame, levelled: Levelled, candidates: list[tuple[Shape, str]]
) -> tuple[list[Candidate], str]:
    """Every shape by maximum likelihood, with slopes of dyads where a line can have them."""
    found: list[Candidate] = []
    random = OF_DYADS
    for random in (OF_DYADS, INTERCEPTS):
        found = []
        for shape, reason in candidates:
            if reason:
                found.append(Candidate(shape, random, None, reason))
                continue
            own = _with_columns(frame, shape)
            used = INTERCEPTS if shape.name == NONE else random
            found.append(_try(own, levelled, shape, used, restricted=False))
        if any(one.fit is not None for one in found if one.shape.name != NONE):
            break
    return found, random


def _slopes(frame: pd.DataFrame, levelled: Levelled, shape: Shape, random: str) -> list[Candidate]:
    """The chosen shape by restricted maximum likelihood, with fewer and more slopes."""
    found = [_try(frame, levelled, shape, INTERCEPTS, restricted=True)]
    if random == INTERCEPTS:
        why = _try(frame, levelled, shape, OF_DYADS, restricted=True).reason
        return [*found, Candidate(shape, OF_DYADS, None, why)]
    found.append(_try(frame, levelled, shape, OF_DYADS, restricted=True))
    if THERAPIST in levelled.levels:
        enough = frame["therapist"].nunique() >= FEWEST_SLOPES
        if enough:
            found.append(_try(frame, levelled, shape, OF_THERAPISTS, restricted=True))
        else:
            found.append(Candidate(shape, OF_THERAPISTS, None, FEW))
    return found
