"""Courses in which nothing ruptures: a growth model of the ratings, and data sets drawn from it."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import beta, betainc

from psychometrics.course.courses import Courses, centred_sessions, over, trend_of
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block, Residual
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.weights import generator_of

ROUNDS = 10  # of the match of what is drawn with what was observed
DAMPED = 0.7  # of each step: whole ones swing to and fro where most ratings are at the top
TRIED = 16  # data sets in each round: the mean of 280 dyads is then known to a hundredth of their standard deviation
FLAT = 1e-9  # squared points: no change but for rounding
FEWEST_DYADS = 10  # with fewer the variances of the model mean nothing
MOST_CURVED = 1.5  # of the exponent: at 2 the ends of the scale are infinitely far away
FEWEST_FREEDOM = 2  # of a dyad whose variance tells how variances depend on the level
MOST_UNEVEN = 2.0  # one dyad in six would fluctuate twice as much as the typical one, or more
CELLS = 20_000  # of the stretched scale: a limit between ratings is off by 1/40,000 of it at most
AT_END = 0.02  # share of the range that a dyad's mean keeps from either end in that regression


class RatingScale(NamedTuple):
    """The ratings that are possible, and a scale on which the variance within dyads is about the same everywhere.

    Attributes
    ----------
    lowest : float
        Lowest rating.
    highest : float
        Highest rating.
    step : float
        Distance of neighbouring ratings: of a mean of k items, 1/k.
    exponent : float
        How fast the variance falls towards the ends: it goes with (p (1 - p)) to this power, p being the place in the
        range. 0 leaves the ratings as they are, 1 is the arcsine of the root.

    Examples
    --------
    >>> scale = RatingScale(1, 7, 0.25)
    >>> scale.nearest(scale.stretched(np.array([4.3, 6.9]))).tolist()
    [4.25, 7.0]
    """

    lowest: float
    highest: float
    step: float
    exponent: float = 0.0

    def stretched(self, ratings: np.ndarray) -> np.ndarray:
        r"""Carry ratings to the scale of even variance.

        .. math:: h(p) = \int_0^p (u(1 - u))^{-\delta/2}\,du

        Parameters
        ----------
        ratings : numpy.ndarray
            Ratings between lowest and highest.

        Returns
        -------
        numpy.ndarray
            Values from 0 up.
        """
        power = 1 - self.exponent / 2
        place = np.clip((ratings - self.lowest) / (self.highest - self.lowest), 0.0, 1.0)
        return betainc(power, power, place) * beta(power, power)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Carry values of that scale back to possible ratings.

        Parameters
        ----------
        values : numpy.ndarray
            Any numbers; those beyond the ends are put there.

        Returns
        -------
        numpy.ndarray
            The nearest possible rating of each.
        """
        number = round((self.highest - self.lowest) / self.step)
        limits = self.stretched(self.lowest + (np.arange(number) + 0.5) * self.step)
        # looked up in narrow cells, which is several times as fast as a search among the limits
        ends = self.stretched(np.array([self.lowest, self.highest]))
        width = (ends[1] - ends[0]) / CELLS
        ratings = self.lowest + np.searchsorted(limits, ends[0] + (np.arange(CELLS) + 0.5) * width) * self.step
        return ratings[np.clip((values - ends[0]) * (1 / width), 0, CELLS - 1).astype(np.int32)]


class SteadyModel(NamedTuple):
    """A growth model: a straight line of each dyad, and residuals that carry over from session to session.

    Attributes
    ----------
    intercept : float
        Mean at the session `origin`, on the stretched scale as all that follows.
    slope : float
        Mean change from session to session.
    covariance : numpy.ndarray of shape (2, 2)
        Of intercepts and slopes of the dyads.
    residual : float
        Mean variance of the residuals.
    uneven : float
        Variance of the logarithms of the dyads' residual variances: dyads differ in how much they fluctuate.
    serial : float
        Correlation of residuals one session apart.
    origin : float
        Session at which the intercept is.
    """

    intercept: float
    slope: float
    covariance: np.ndarray
    residual: float
    uneven: float
    serial: float
    origin: float


def evened(courses: Courses, scale: RatingScale) -> RatingScale:
    r"""Find the exponent by which the variance within dyads depends on their level.

    .. math:: \log s_i^2 = a + \delta \log(p_i (1 - p_i))

    Parameters
    ----------
    courses : Courses
        Ratings.
    scale : RatingScale
        Ratings that are possible.

    Returns
    -------
    RatingScale
        With the exponent, between 0 and 1.5, by a regression over dyads that weights each by its degrees of freedom;
        0 where it cannot be told. Dyads whose ratings lie on one line are left out.

    Notes
    -----
    Ratings that pile up at the top vary less there. Ruptures could not be told from the wider fluctuations of those who
    rate lower if all were taken to fluctuate alike.
    """
    line = trend_of(courses.ratings, courses, line=True)
    used = (line.freedom >= FEWEST_FREEDOM) & (line.squares > 0)
    if used.sum() < FEWEST_DYADS:
        return scale
    place = (courses.ratings.sum(axis=0) / courses.lengths - scale.lowest) / (scale.highest - scale.lowest)
    place = np.clip(place[used], AT_END, 1 - AT_END)
    x, weight = np.log(place * (1 - place)), line.freedom[used]
    y = np.log(line.squares[used] / weight)
    x = x - np.average(x, weights=weight)
    spread = (weight * x * x).sum()
    exponent = float((weight * x * y).sum() / spread) if spread > 0 else 0.0
    return scale._replace(exponent=min(max(exponent, 0.0), MOST_CURVED))


def fit_steady(courses: Courses, scale: RatingScale) -> SteadyModel:
    r"""Fit the growth model to the ratings.

    .. math:: h(y_{it}) = \beta_0 + b_{0i} + (\beta_1 + b_{1i})(t - t_0) + e_{it}, \qquad
        \mathrm{cor}(e_{it}, e_{is}) = \phi^{|t - s|}

    Parameters
    ----------
    courses : Courses
        Ratings.
    scale : RatingScale
        Ratings that are possible, and how they are stretched.

    Returns
    -------
    SteadyModel
        Estimates by restricted maximum likelihood; the dyads' residual variances as if they were the same.

    Raises
    ------
    NotComputable
        If there are too few dyads or sessions, or the ratings do not vary.

    Notes
    -----
    With exponent 0 it agrees with ``nlme::lme(y ~ t, random = ~ t | dyad, correlation = corAR1(form = ~ session |
    dyad))``.
    """
    rows = np.nonzero(courses.rated)
    if len(courses.dyads) < FEWEST_DYADS:
        raise NotComputable(
            f"the growth model of steady courses needs {FEWEST_DYADS} dyads with enough sessions: there are "
            f"{len(courses.dyads)}"
        )
    if np.ptp(courses.ratings[rows]) == 0:
        raise NotComputable("all ratings are the same: there is nothing to tell a rupture from")
    if trend_of(courses.ratings, courses, line=False).squares.sum() < FLAT:
        raise NotComputable("no dyad's ratings vary over its sessions: there is nothing to tell a rupture from")
    session = courses.sessions[rows]
    origin = float(session.mean())
    rating = scale.stretched(courses.ratings[rows])
    frame = pd.DataFrame({"dyad": rows[1], "session": session, "time": session - origin, "rating": rating})
    lines = [Block("dyad", ["1", "time"])]
    carried = Residual(within="dyad", time="session")
    try:
        fit = mixed_model(frame, "rating", ["1", "time"], lines, residual=carried)
        fixed = fit.fixed_effects().set_index("term")["estimate"]
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        raise NotComputable("the growth model of steady courses has no solution for these ratings") from error
    return SteadyModel(
        float(fixed["1"]),
        float(fixed["time"]),
        fit.covariances["dyad"].to_numpy(),
        float(fit.residual_covariance.to_numpy()[0, 0]),
        0.0,
        float(np.clip(fit.serial_correlation, -0.99, 0.99)),
        origin,
    )


def draw_steady(
    model: SteadyModel, courses: Courses, scale: RatingScale, sets: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw data sets from the model, with the same sessions rated as in the courses.

    Parameters
    ----------
    model : SteadyModel
        The model.
    courses : Courses
        Which sessions were rated.
    scale : RatingScale
        Ratings that are possible: what is drawn becomes the nearest of them, the highest where it lies beyond it.
    sets : int
        Number of data sets.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    numpy.ndarray of shape (t, sets, n)
        Ratings, 0 where there is none.
    """
    t, n = courses.rated.shape
    values, root = np.linalg.eigh(model.covariance)
    root = root * np.sqrt(np.maximum(values, 0.0))
    dyads = rng.standard_normal((sets, n, 2)) @ root.T
    noise = rng.standard_normal((t, sets, n))
    own = np.exp(np.sqrt(model.uneven) * rng.standard_normal((sets, n)) - model.uneven / 2) * model.residual
    gaps = np.diff(courses.sessions, axis=0)
    # rows below a dyad's last session have no gap; what is drawn for them is cleared below
    carried = np.where(courses.rated[1:], model.serial ** np.maximum(np.where(courses.rated[1:], gaps, 1.0), 1.0), 0.0)
    fresh = np.sqrt(1 - carried**2)
    for place in range(1, t):
        noise[place] = carried[place - 1] * noise[place - 1] + fresh[place - 1] * noise[place]
    time = over(courses.sessions - model.origin, noise)
    drawn = model.intercept + dyads[..., 0] + (model.slope + dyads[..., 1]) * time + np.sqrt(own) * noise
    return np.where(over(courses.rated, drawn), scale.nearest(drawn), 0.0)


def matched(model: SteadyModel, courses: Courses, scale: RatingScale, seed: int) -> SteadyModel:
    """Move the model until the ratings that it draws have the mean and the variances that were observed.

    A model fitted to ratings that pile up at the top describes them as they are; drawn from it and capped once more,
    they would vary too little. How far dyads differ in their fluctuations is found here as well.

    Parameters
    ----------
    model : SteadyModel
        As it was fitted.
    courses : Courses
        Ratings.
    scale : RatingScale
        Ratings that are possible.
    seed : int
        Seed of the draws, 0 or more.

    Returns
    -------
    SteadyModel
        With intercept, slope, variances of the dyads and of the residuals changed.
    """
    wanted = _described(courses.ratings[:, None], courses)
    spread = np.trace(model.covariance[:1, :1]) + model.residual
    unit = DAMPED * np.sqrt(spread / (wanted["between"] + wanted["within"]))
    for _ in range(ROUNDS):
        found = _described(draw_steady(model, courses, scale, TRIED, generator_of(seed, 0)), courses)
        model = model._replace(
            intercept=model.intercept + unit * (wanted["mean"] - found["mean"]),
            slope=model.slope + unit * (wanted["slope"] - found["slope"]),
            covariance=model.covariance * _ratio(wanted["between"], found["between"]),
            residual=model.residual * _ratio(wanted["within"], found["within"]),
            uneven=min(max(0.0, model.uneven + DAMPED * (wanted["uneven"] - found["uneven"])), MOST_UNEVEN),
        )
    return model


def _ratio(wanted: float, found: float) -> float:
    return float((wanted / found) ** DAMPED) if wanted > 0 and found > 0 else 1.0


def _described(values: np.ndarray, courses: Courses) -> dict[str, float]:
    """Mean, common slope, variances within and between dyads, and how uneven those within are, over all data sets."""
    line = trend_of(values, courses, line=True)
    number = values.shape[1]
    means = values.sum(axis=0) / courses.lengths
    apart = centred_sessions(courses)
    spread = (apart**2).sum()
    long = line.freedom >= FEWEST_FREEDOM
    own = line.squares[:, long] / line.freedom[long] if long.any() else np.ones((number, 1))
    weight = line.freedom[long] if long.any() else np.ones(1)
    mean = np.average(own, axis=1, weights=weight).mean()
    return {
        "mean": values.sum() / (number * courses.lengths.sum()),
        "slope": (over(apart, values) * values).sum() / (number * spread) if spread > 0 else 0.0,
        "within": line.squares.sum() / (number * max(line.freedom.sum(), 1)),
        "between": means.var(axis=-1, ddof=1).mean(),
        "uneven": np.average((own - mean) ** 2, axis=1, weights=weight).mean() / mean**2 if mean > 0 else 0.0,
    }
