"""Does the outcome depend on how far two ratings agree? Polynomial regression and its response surface."""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block
from psychometrics.not_computable import NotComputable
from psychometrics.perspectives.convex_hull import convex_hull, inside_hull
from psychometrics.resampling.formula_intervals import check_level

PEOPLE_PER_COEFFICIENT = 5  # fewer dyads than that for each coefficient are refused
FEWEST_THERAPISTS = 3
APART = 0.5  # pooled standard deviations from which a dyad counts as one that disagrees
TERMS = ["c", "t", "cc", "ct", "tt"]
COEFFICIENTS = ["b1", "b2", "b3", "b4", "b5"]
LINES = pd.DataFrame(
    [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1], [1, -1, 0, 0, 0], [0, 0, 1, -1, 1], [0, 0, 1, 0, -1]],
    index=["a1", "a2", "a3", "a4", "a5"],
    columns=COEFFICIENTS,
    dtype=float,
)
BROAD, STRICT = ("a4", "a3", "p10", "p11"), ("a1", "a2")
CONDITIONS = {"a1": "0", "a2": "0", "a3": "0", "a4": "below 0", "a5": "0", "p10": "0", "p11": "1"}
STANDS_IN = {"p10": "a3", "p11": "a5"}  # what says the same where the principal axis is not defined
# Models that the full one competes with, as combinations of its terms
MODELS: dict[str, list[list[float]]] = {
    "neither": [],
    "first": [[1, 0, 0, 0, 0]],
    "second": [[0, 1, 0, 0, 0]],
    "both": [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]],
    "difference": [[1, -1, 0, 0, 0]],
    "squared difference": [[0, 0, 1, -2, 1]],
    "rising ridge": [[1, 1, 0, 0, 0], [0, 0, 1, -2, 1]],
    "full": np.eye(5).tolist(),
}
COLUMNS = ["part", "statistic", "model", "estimate", "se", "lower", "upper", "level", "p", "df", "n", "therapists"]
COLUMNS += ["condition", "verdict", "method", "note"]
HELD, NOT_HELD, UNDECIDED = "held", "not held", "undecided"
OPEN, CONTRADICTED, UNKNOWN = "not contradicted", "contradicted", "not testable"
ALL, WITHIN, BETWEEN = "dyads", "sessions within dyads", "between dyads"
OUTSIDE = "outside the convex hull of the ratings: not to be interpreted"
NO_THERAPIST = "no therapist has several clients: each dyad is independent"
NO_AXIS = "undefined: the product of both ratings has no weight"
NO_POINT = "undefined: the surface is a ridge, a trough or a plane"
HARDLY = "hardly known: the interval of its divisor includes 0"
REFUSED = "no difference score is used as a predictor: it would fix the weights of both ratings at 1 and -1"


class Axes(NamedTuple):
    """Where a surface turns, as functions of its coefficients.

    Attributes
    ----------
    name : str
        x0 and y0, the stationary point; p10 and p11, intercept and slope of the first principal axis.
    of : callable
        Value from b1 to b5.
    divisor : callable
        What it is divided by, 0 where it is undefined.
    why_not : str
        Reason where it is undefined.
    """

    name: str
    of: Callable[[np.ndarray], complex]
    divisor: Callable[[np.ndarray], complex]
    why_not: str


def response_surface(
    outcome: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    midpoint: float,
    units: ArrayLike | None = None,
    held: pd.DataFrame | None = None,
    reliabilities: tuple[float, float] = (np.nan, np.nan),
    rounded: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Regress an outcome on two ratings, their squares and their product, and describe the surface.

    .. math:: z = b_0 + b_1 c + b_2 t + b_3 c^2 + b_4 c t + b_5 t^2 + e

    Parameters
    ----------
    outcome : array_like of shape (n,)
        Outcome of each dyad, missing as NaN.
    first : array_like of shape (n,)
        One rating (c), such as the client's.
    second : array_like of shape (n,)
        The other (t), in the same unit.
    midpoint : float
        What is taken from both ratings, such as the middle of the answer scale: one number, since two means of their
        own would move the line on which both agree.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    held : pandas.DataFrame of shape (n, k), optional
        What is held constant, such as a baseline; one slope each, and the surface is that of its mean.
    reliabilities : tuple of float, optional
        Of both ratings, for the reliability of their difference.
    rounded : float, default 0
        To multiples of this number the corners of the convex hull are rounded, so that they are nobody's ratings; with
        0 they are not given.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: part (dyads), statistic, model, estimate, se, lower, upper, level, p, df, n, therapists, condition,
        verdict, method, note:

        * surface_b0 to surface_b5;
        * surface_a1 and surface_a2, slope and curvature where both ratings agree, surface_a3 and surface_a4, where they
          differ, each with the condition that congruence makes and its verdict, and surface_a5 = b3 - b5;
        * surface_x0 and surface_y0, the stationary point, and surface_p10 and surface_p11, intercept and slope of the
          first principal axis, all from the midpoint;
        * congruence_broad and congruence_strict: how many of their conditions are met, and the verdict;
        * surface_weight of each model that competes, from its AICc;
        * difference_score_reliability, for which no surface is needed;
        * congruent_share, first_higher_share and second_higher_share of the dyads;
        * hull_first and hull_second, the corners of the convex hull of the rounded ratings, in order.

    Raises
    ------
    NotComputable
        If there are fewer than five dyads for each coefficient, or something does not vary.

    Notes
    -----
    Edwards (2002), Alternatives to difference scores, in Drasgow & Schmitt (eds.), Measuring and analyzing behavior in
    organizations, 350-400; Shanock et al. (2010), J. Bus. Psychol. 25, 543-554; neither was opened, and a1 to a4 were
    read in articles that use them. The conditions are those of Humberg, Nestler & Back (2019), Soc. Psychol. Pers. Sci.
    10, 409-419, read in code that cites it and not in the article: congruence in the broad sense takes a4 below 0, and
    a3 = 0, p10 = 0 and p11 = 1 not contradicted; in the strict sense a1 = a2 = 0 as well. A condition of equality that
    is not contradicted is not shown: with few dyads none ever is. Where the principal axis is undefined or hardly
    known, a3 and a5 stand in for p10 and p11: with a4 below 0, p11 = 1 says that b3 = b5, and p10 = 0 then that b1 =
    b2.

    With therapists the model has a random intercept of each (REML), and standard errors are CR2 by therapist with
    Satterthwaite degrees of freedom; those of stationary point and axis follow by the delta method. AICc is that of
    maximum likelihood. Agrees with ``stats::lm`` or ``lme4::lmer`` with :math:`L b` and :math:`L V L'`, and for the
    axis with lavaan's ``:=``.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> client, therapist = 4 + rng.normal(size=(2, 300))
    >>> outcome = -((client - therapist) ** 2) + rng.normal(size=300)
    >>> rows = response_surface(outcome, client, therapist, midpoint=4).set_index("statistic")
    >>> rows.loc["surface_a4", ["condition", "verdict"]].tolist()
    ['below 0', 'held']
    >>> rows.loc[["surface_a3", "surface_a4"], ["estimate", "lower", "upper"]].round(1).to_numpy().tolist()
    [[-0.1, -0.3, 0.1], [-4.0, -4.2, -3.8]]
    >>> rows.loc["congruence_broad", "verdict"]
    'held'
    """
    check_level(level)
    sample = _sample(outcome, first, second, midpoint, units, held)
    names = [str(name) for name in sample if str(name).startswith("held ")]
    n, coefficients = len(sample), 6 + len(names)
    if n < PEOPLE_PER_COEFFICIENT * coefficients:
        raise NotComputable(
            f"{n} dyads have both ratings and the outcome: a surface of {coefficients} coefficients needs "
            f"{PEOPLE_PER_COEFFICIENT * coefficients}"
        )
    for name, what in [("outcome", "the outcome"), ("c", "the first rating"), ("t", "the second rating")]:
        if np.ptp(sample[name]) == 0:
            raise NotComputable(f"{what} does not vary")
    blocks, note = _blocks(sample)
    try:
        fit = mixed_model(sample, "outcome", ["1", *TERMS, *names], blocks)
    except FloatingPointError as failure:
        raise NotComputable("the ratings leave nothing of the outcome to chance") from failure
    hull = convex_hull(sample[["c", "t"]].to_numpy())
    rows = [
        surface_rows(fit, TERMS, level, hull),
        _competing(sample, names, blocks),
        _difference(sample, reliabilities),
        _apart(sample),
        *([_corners(sample, midpoint, rounded)] if rounded > 0 else []),
    ]
    table = pd.concat(rows, ignore_index=True).assign(part=ALL, n=n)
    table["therapists"] = sample["therapist"].nunique() if blocks else np.nan
    method = f"{'REML' if blocks else 'least squares'}, ratings less {midpoint:g}"
    estimated = table["statistic"].str.startswith("surface_") & (table["statistic"] != "surface_weight")
    table.loc[estimated, "method"] = [_also(method, own) for own in table.loc[estimated, "method"]]
    table["note"] = table["note"].fillna("")
    table.loc[estimated, "note"] = [_also(own, note, *fit.notes) for own in table.loc[estimated, "note"]]
    return table.reindex(columns=COLUMNS).fillna({"model": "", "condition": "", "verdict": "", "method": ""})


def nested_response_surface(
    ratings: pd.DataFrame,
    *,
    midpoint: float,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Describe the surface of an outcome at each session, within dyads and between dyads apart.

    .. math:: z_{ijs} = b_0 + w'(x_{ijs} - \bar x_{ij}) + b'x(\bar c_{ij}, \bar t_{ij}) + u_i + v_{ij} + e_{ijs},
              \qquad x = (c, t, c^2, ct, t^2)

    Parameters
    ----------
    ratings : pandas.DataFrame
        One row per dyad and session, with columns client, therapist (missing where unknown), outcome, first, second.
    midpoint : float
        What is taken from both ratings.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`response_surface` without competing models and shares; part is "sessions within dyads" or
        "between dyads".

    Raises
    ------
    NotComputable
        If there are too few dyads or sessions, or something does not vary.

    Notes
    -----
    Nestler, Humberg & Schoenbrodt (2019), Psychol. Methods 24, 291-308, of which the abstract was read: within dyads
    each term, squares and product included, is centred at its mean in the dyad. Between dyads the terms are those of
    the mean ratings. Random intercepts of therapist and dyad; CR2 by the highest level. Agrees with ``lme4::lmer(z ~
    c.w + t.w + cc.w + ct.w + tt.w + c.b + t.b + cc.b + ct.b + tt.b + (1 | therapist / client))``.
    """
    check_level(level)
    data = ratings.dropna(subset=["outcome", "first", "second"])
    named = data["therapist"]
    client = data["client"].astype(str)
    frame = pd.DataFrame({"outcome": data["outcome"].astype(float), "dyad": client})
    frame["dyad"] = client.where(named.isna(), named.astype(str) + "\n" + client)
    frame["therapist"] = named.astype(object).where(named.notna(), "client " + client).astype(str)
    c, t = data["first"].astype(float) - midpoint, data["second"].astype(float) - midpoint
    terms = pd.DataFrame({"c": c, "t": t, "cc": c * c, "ct": c * t, "tt": t * t})
    means = terms.groupby(frame["dyad"]).transform("mean")
    dyads = frame["dyad"].nunique()
    needed = PEOPLE_PER_COEFFICIENT * 6
    if dyads < needed:
        raise NotComputable(f"{dyads} dyads have both ratings and the outcome at a session: it takes {needed}")
    if len(frame) - dyads < needed:
        raise NotComputable(
            f"{len(frame)} sessions of {dyads} dyads have both ratings and the outcome: it takes {dyads + needed}"
        )
    within = (terms - means).add_suffix("w")
    if not (within.abs().max() > 1e-9).all():
        raise NotComputable("the ratings of a dyad do not vary between its sessions")
    between = {"cb": means["c"], "tb": means["t"], "ccb": means["c"] ** 2}
    between |= {"ctb": means["c"] * means["t"], "ttb": means["t"] ** 2}
    frame = frame.join(within).assign(**between)
    several = 1 < frame["therapist"].nunique() < dyads
    blocks = [*([Block("therapist")] if several else []), Block("dyad")]
    if several and frame.drop_duplicates("dyad")["therapist"].value_counts().gt(1).sum() < FEWEST_THERAPISTS:
        blocks = [Block("dyad")]
    parts = {WITHIN: [f"{term}w" for term in TERMS], BETWEEN: [f"{term}b" for term in TERMS]}
    fit = mixed_model(frame, "outcome", ["1", *(name for names in parts.values() for name in names)], blocks)
    hulls = {WITHIN: convex_hull(terms[["c", "t"]].to_numpy()), BETWEEN: convex_hull(frame[["cb", "tb"]].to_numpy())}
    tables = [surface_rows(fit, names, level, hulls[part]).assign(part=part) for part, names in parts.items()]
    table = pd.concat(tables, ignore_index=True).assign(n=len(frame))
    table["therapists"] = frame["therapist"].nunique() if len(blocks) > 1 else np.nan
    table["method"] = [_also(f"REML, ratings less {midpoint:g}", own) for own in table["method"].fillna("")]
    note = "" if len(blocks) > 1 else NO_THERAPIST
    table["note"] = [_also(own, note, *fit.notes) for own in table["note"].fillna("")]
    return table.assign(model="").reindex(columns=COLUMNS).fillna({"condition": "", "verdict": ""})


def surface_rows(fit: MixedModel, terms: list[str], level: float, hull: np.ndarray) -> pd.DataFrame:
    """Give coefficients, lines, stationary point, axis and conditions of a fitted surface.

    Parameters
    ----------
    fit : MixedModel
        The polynomial regression.
    terms : list of str
        Its columns of c, t, c squared, c times t and t squared.
    level : float
        Coverage of the intervals, in (0, 1).
    hull : numpy.ndarray of shape (m, 2)
        Corners of the convex hull of the ratings.

    Returns
    -------
    pandas.DataFrame
        Tidy rows with condition and verdict.
    """
    effects = fit.layout.effects
    units = pd.DataFrame(np.eye(5), index=COEFFICIENTS, columns=terms)
    b = fit.contrasts(units, level)["estimate"].to_numpy()
    weights = [pd.DataFrame(np.eye(1, len(effects)), index=["b0"], columns=effects)]
    weights += [units, LINES.set_axis(terms, axis=1)]
    axes = {axis.name: axis for axis in _axes()}
    defined = [axis for axis in axes.values() if abs(axis.divisor(b)) > _nothing(b)]
    curved = {axis.name: axis.of for axis in defined} | {f"below {axis.name}": axis.divisor for axis in defined}
    slopes = np.array([gradient_of(of, b) for of in curved.values()]).reshape(-1, 5)
    weights.append(pd.DataFrame(slopes, index=list(curved), columns=terms))
    found = fit.contrasts(pd.concat(weights).fillna(0.0), level).drop(columns=["se_model", "t", "n", "clusters"])
    rows = {str(term): _as_row(row) for term, row in zip(found.pop("term"), found.to_dict("records"), strict=True)}
    for name, of in curved.items():
        # the linear part has the right errors, and another place
        shift = float(np.real(of(b))) - rows[name]["estimate"]
        for end in ("estimate", "lower", "upper"):
            rows[name][end] += shift
    for name, axis in axes.items():
        if name not in rows:
            rows[name] = {"estimate": np.nan, "lower": np.nan, "method": "", "note": axis.why_not}
            continue
        below = rows.pop(f"below {name}")
        hardly = HARDLY if below["lower"] <= 0 <= below["upper"] else ""
        rows[name] |= {"p": np.nan, "method": _also(rows[name]["method"], "delta method"), "note": hardly}
    point = np.array([[rows["x0"]["estimate"], rows["y0"]["estimate"]]])
    if np.isfinite(point).all() and not inside_hull(hull, point)[0]:
        for name in ("x0", "y0"):
            rows[name]["note"] = _also(rows[name]["note"], OUTSIDE)
    for name, condition in CONDITIONS.items():
        rows[name] |= {"condition": condition, "verdict": _verdict(rows[name], condition)}
    verdicts = {name: rows[name]["verdict"] for name in CONDITIONS}
    claims = [_claim("congruence_broad", BROAD, verdicts), _claim("congruence_strict", BROAD + STRICT, verdicts)]
    table = [{"statistic": f"surface_{name}"} | row for name, row in rows.items()]
    return pd.DataFrame([*table, *claims]).fillna({"condition": "", "verdict": ""})


def gradient_of(of: Callable[[np.ndarray], complex], at: np.ndarray) -> np.ndarray:
    """Differentiate a function of the coefficients by a complex step, exact but for rounding.

    Parameters
    ----------
    of : callable
        Function of an array.
    at : numpy.ndarray of shape (k,)
        Where.

    Returns
    -------
    numpy.ndarray of shape (k,)
        Derivatives.
    """
    step = 1e-30
    return np.array([np.imag(of(at + 1j * step * unit)) / step for unit in np.eye(len(at))])


def reliability_of_difference(
    variances: tuple[float, float], covariance: float, reliabilities: tuple[float, float]
) -> float:
    r"""Compute the reliability of the difference of two scores.

    .. math:: \frac{s_1^2 r_{11} + s_2^2 r_{22} - 2 s_{12}}{s_1^2 + s_2^2 - 2 s_{12}}

    Parameters
    ----------
    variances : tuple of float
        Of both scores.
    covariance : float
        Of both scores.
    reliabilities : tuple of float
        Of both scores.

    Returns
    -------
    float
        Reliability, missing where the difference does not vary; below 0 where the reliabilities are too low for the
        covariance.

    Notes
    -----
    Lord (1963), in Harris (ed.), Problems in measuring change. With equal variances it is (r_11 + r_22 - 2 r_12) /
    (2 - 2 r_12).

    Examples
    --------
    >>> round(reliability_of_difference((1.0, 1.0), 0.6, (0.9, 0.9)), 2)
    0.75
    """
    below = sum(variances) - 2 * covariance
    if not below > 1e-12 * sum(variances):
        return np.nan
    true = sum(variance * own for variance, own in zip(variances, reliabilities, strict=True))
    return float((true - 2 * covariance) / below)


def _sample(
    outcome: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    midpoint: float,
    units: ArrayLike | None,
    held: pd.DataFrame | None,
) -> pd.DataFrame:
    """The dyads that have everything, with the terms of the polynomial."""
    frame = pd.DataFrame({"outcome": np.asarray(outcome, float), "c": np.asarray(first, float) - midpoint})
    frame["t"] = np.asarray(second, float) - midpoint
    frame["therapist"] = np.arange(len(frame)) if units is None else np.asarray(units)
    for name in [] if held is None else held.columns:
        frame[f"held {name}"] = np.asarray(held[name], float)  # type: ignore[index]
    frame = frame.dropna().reset_index(drop=True)
    for name in frame.columns[4:]:
        frame[name] -= frame[name].mean()
    return frame.assign(cc=frame["c"] ** 2, ct=frame["c"] * frame["t"], tt=frame["t"] ** 2)


def _blocks(sample: pd.DataFrame) -> tuple[list[Block], str]:
    """Therapists where enough of them have several clients; otherwise none, and why."""
    sizes = sample["therapist"].value_counts()
    if (sizes > 1).sum() >= FEWEST_THERAPISTS:
        return [Block("therapist")], ""
    if (sizes > 1).any():
        return [], f"fewer than {FEWEST_THERAPISTS} therapists have several clients: each dyad is taken as independent"
    return [], NO_THERAPIST


def _axes() -> list[Axes]:
    """Stationary point and first principal axis, from the coefficients b1 to b5."""

    def bend(b: np.ndarray) -> complex:
        return 4 * b[2] * b[4] - b[3] ** 2

    def x0(b: np.ndarray) -> complex:
        return (b[1] * b[3] - 2 * b[0] * b[4]) / bend(b)

    def y0(b: np.ndarray) -> complex:
        return (b[0] * b[3] - 2 * b[1] * b[2]) / bend(b)

    def product(b: np.ndarray) -> complex:
        return b[3]

    def p11(b: np.ndarray) -> complex:
        return (b[4] - b[2] + np.sqrt((b[2] - b[4]) ** 2 + b[3] ** 2)) / b[3]

    def both(b: np.ndarray) -> complex:
        return bend(b) * b[3]

    return [
        Axes("x0", x0, bend, NO_POINT),
        Axes("y0", y0, bend, NO_POINT),
        Axes("p10", lambda b: y0(b) - p11(b) * x0(b), both, NO_POINT),
        Axes("p11", p11, product, NO_AXIS),
    ]


def _as_row(row: dict[Hashable, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def _nothing(b: np.ndarray) -> float:
    """What a product or a determinant is but for rounding."""
    return 1e-12 * max(float(np.abs(b).max()) ** 2, 1e-300)


def _verdict(row: dict[str, Any], condition: str) -> str:
    if not np.isfinite(row["lower"]) or HARDLY in row["note"]:
        return UNKNOWN
    if condition == "below 0":
        return HELD if row["upper"] < 0 else NOT_HELD if row["lower"] > 0 else UNDECIDED
    return OPEN if row["lower"] <= float(condition) <= row["upper"] else CONTRADICTED


def _claim(name: str, needed: tuple[str, ...], verdicts: dict[str, str]) -> dict:
    """Whether congruence can be claimed: every condition is met, one is contradicted, or neither."""
    stood_in = [own for own in needed if verdicts[own] == UNKNOWN and own in STANDS_IN]
    found = {own: verdicts[STANDS_IN[own]] if own in stood_in else verdicts[own] for own in needed}
    met = [own for own, verdict in found.items() if verdict in (HELD, OPEN)]
    against = [own for own, verdict in found.items() if verdict in (NOT_HELD, CONTRADICTED)]
    verdict = HELD if len(met) == len(needed) else NOT_HELD if against else UNDECIDED
    left = [own for own in needed if own not in met]
    parts = [f"not met: {', '.join(left)}"] if left else []
    parts += [f"{own} hardly known: {STANDS_IN[own]} in its place" for own in stood_in]
    row = {"statistic": name, "estimate": float(len(met)), "condition": ", ".join(needed), "verdict": verdict}
    return row | {"method": f"conditions met, of {len(needed)}", "note": "; ".join(parts)}


def _competing(sample: pd.DataFrame, held: list[str], blocks: list[Block]) -> pd.DataFrame:
    """Weight of each model by AICc."""
    terms, scores = sample[TERMS].to_numpy(), {}
    for model, combinations in MODELS.items():
        names = [f"m{number}" for number in range(len(combinations))]
        columns = {name: terms @ np.asarray(weights) for name, weights in zip(names, combinations, strict=True)}
        try:
            fit = mixed_model(sample.assign(**columns), "outcome", ["1", *names, *held], blocks, restricted=False)
            scores[model] = fit.aicc
        except NotComputable:
            scores[model] = np.nan
    least = np.nanmin(list(scores.values()))
    weights = {model: np.exp(-(value - least) / 2) for model, value in scores.items()}
    total = np.nansum(list(weights.values()))
    rows = [
        {
            "statistic": "surface_weight",
            "model": model,
            "estimate": weight / total,
            "method": "AICc, maximum likelihood",
        }
        for model, weight in weights.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(note=np.where(table["estimate"].notna(), "", "the model cannot be told from these dyads"))


def _difference(sample: pd.DataFrame, reliabilities: tuple[float, float]) -> pd.DataFrame:
    """The reliability of the difference score, which is not used as a predictor."""
    covariance = np.cov(sample["c"], sample["t"])
    estimate = reliability_of_difference(tuple(np.diag(covariance)), covariance[0, 1], reliabilities)
    row = {"statistic": "difference_score_reliability", "estimate": estimate}
    row["method"] = "from the reliabilities {:.2f} and {:.2f}".format(*reliabilities)
    note = REFUSED
    if not np.isfinite(estimate):
        note, row["method"] = "needs the reliability of both ratings", ""
    return pd.DataFrame([row | {"note": note}])


def _apart(sample: pd.DataFrame) -> pd.DataFrame:
    """How many dyads agree, and in how many one rates higher."""
    spread = np.sqrt((sample["c"].var() + sample["t"].var()) / 2)
    apart = (sample["c"] - sample["t"]).to_numpy() / spread
    shares = {"congruent": np.abs(apart) <= APART, "first_higher": apart > APART, "second_higher": apart < -APART}
    method = f"apart: more than {APART:g} pooled SDs"
    return pd.DataFrame(
        [{"statistic": f"{name}_share", "estimate": own.mean(), "method": method} for name, own in shares.items()]
    )


def _corners(sample: pd.DataFrame, midpoint: float, rounded: float) -> pd.DataFrame:
    """Corners of the convex hull of rounded ratings."""
    corners = convex_hull(np.round((sample[["c", "t"]].to_numpy() + midpoint) / rounded) * rounded)
    rows = pd.DataFrame({"statistic": ["hull_first", "hull_second"] * len(corners), "estimate": corners.ravel()})
    return rows.assign(method=f"convex hull of the ratings rounded to multiples of {rounded:g}")


def _also(*notes: str) -> str:
    return "; ".join(note for note in notes if isinstance(note, str) and note)
