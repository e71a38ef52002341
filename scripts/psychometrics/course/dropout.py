"""Whether the course depends on who leaves: endings of therapies, and what sessions that are missing may hide."""

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from psychometrics.course.growth import Growth
from psychometrics.course.time_shapes import LINEAR, Shape
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block
from psychometrics.not_computable import NotComputable

COLUMNS = "ending delta statistic estimate se lower upper level df p n dyads method note".split()
PLANNED, DROPPED = "planned", "dropped"
DIFFERENCE = "dropped minus planned"
FEWEST = 10  # dyads of an ending
DELTAS = (0.0, 0.25, 0.5, 0.75, 1.0)
ONE_TIME = "needs ratings at two measurement occasions for either ending"
NO_ENDINGS = "needs how therapies ended (`ended:` of the clients): planned or dropped"
NOTHING_TO_FLIP = "the interval of the expected change includes 0: there is no conclusion that could flip"
NOBODY_LEFT = "nobody left before the end of the median course"
NO_FLIP = "the conclusion does not flip up to 1 SD"


def dropout_rows(growth: Growth, change: pd.Series, ended: pd.Series, unit: str, level: float) -> pd.DataFrame:
    r"""Compare the courses of therapies that were planned to end and of those dropped, and shift what is missing.

    .. math:: \Delta(\delta) = \Delta - \delta\,s_1\,p, \qquad
              se^2 = se_\Delta^2 + (\delta\,s_1)^2\,p(1 - p)/n

    Parameters
    ----------
    growth : Growth
        Models of the course.
    change : pandas.Series
        The row of the expected change: estimate, se, df, lower, upper.
    ended : pandas.Series
        Dyad -> planned, dropped or something else; empty where it is not known.
    unit : str
        Unit of the time, for the method.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: ending, delta, statistic, estimate, se, lower, upper, level, df, p, n, dyads, method, note.
        change_by_ending of each ending and its difference, up to where half of those that ended earlier were last
        rated; missing_at_end, the share p of dyads who left before the end of the median course (where endings are
        known, of those who dropped out); change_if_missing_lower for each delta; tipping_delta, from which on the
        interval of the change holds 0.

    Notes
    -----
    The models take ratings as missing at random: whoever left would have gone on as others with the same ratings. The
    shift lets those who left be delta standard deviations of the first session (s_1) worse at the end of the median
    course than the model says (higher where scores fall), which moves the expected change by the share of them. It is
    the sensitivity analysis of pattern-mixture models with one parameter: Little & Rubin (2019), Statistical analysis
    with missing data, 3rd ed., chapter 15.
    """
    parts = [_by_ending(growth, ended, unit, level), _shifted(growth, change, ended, unit, level)]
    table = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    return table.fillna({"ending": "", "method": "", "note": ""})


def _by_ending(growth: Growth, ended: pd.Series, unit: str, level: float) -> pd.DataFrame:
    """Expected change of both endings."""
    ending = growth.frame["dyad"].map(ended)
    kept = ending.isin([PLANNED, DROPPED])
    frame = growth.frame[kept].assign(ending=ending[kept])
    sizes = frame.groupby("ending")["dyad"].nunique().reindex([PLANNED, DROPPED], fill_value=0)
    reason = "" if kept.any() else NO_ENDINGS
    if not reason and sizes.min() < FEWEST:
        few = str(sizes.idxmin())
        reason = f"needs {FEWEST} therapies of either ending: {sizes.min()} {few}"
    row = {"statistic": "change_by_ending", "ending": DIFFERENCE, "estimate": np.nan}
    if reason:
        return pd.DataFrame([row | {"note": reason}])
    if frame.groupby("ending")["elapsed"].nunique().min() < 2:
        return pd.DataFrame([row | {"note": ONE_TIME}])
    fits = [_apart(frame, growth.chosen.shape, growth), _apart(frame, Shape(LINEAR), growth)]
    found = next((one for one in fits if not isinstance(one, str)), None)
    if found is None:
        return pd.DataFrame([row | {"note": str(fits[-1])}])
    shape, fit = found
    terms, own = shape.fixed, [f"dropped_{term}" for term in shape.fixed]
    last = frame.groupby(["ending", "dyad"])["elapsed"].max().groupby("ending").median()
    until = min(growth.horizon, float(last.min())) or growth.horizon
    ends = shape.columns(np.array([0.0, until])).to_numpy()
    step = ends[1] - ends[0]
    weights = pd.DataFrame(0.0, index=[PLANNED, DROPPED, DIFFERENCE], columns=[*terms, *own])
    weights.loc[[PLANNED, DROPPED], terms] = step
    weights.loc[[DROPPED, DIFFERENCE], own] = step
    rows = fit.contrasts(weights, level).rename(columns={"term": "ending"})
    span = f"{unit} {growth.start:g} to {growth.start + until:g}"
    rows["method"] = "REML; " + rows["method"] + f", {shape.name}, {span}"
    return rows.assign(statistic="change_by_ending", dyads=[*sizes, sizes.sum()])


def _apart(frame: pd.DataFrame, shape: Shape, growth: Growth) -> tuple[Shape, MixedModel] | str:
    """A course of each ending with the slopes of the chosen model; or why there is none."""
    columns = shape.columns(frame["elapsed"].to_numpy()).set_axis(frame.index)
    flag = (frame["ending"] == DROPPED).astype(float)
    own = columns.mul(flag, axis=0).add_prefix("dropped_")
    kept = frame.drop(columns=columns.columns, errors="ignore")
    data = pd.concat([kept, columns, own], axis=1).assign(dropped=flag)
    names = {block.block.name: growth.slopes_of(block.block.name) for block in growth.fit.layout.blocks}
    blocks = [Block(name, ["1", *(shape.random if slopes else [])]) for name, slopes in names.items()]
    try:
        fit = mixed_model(data, "score", ["1", *columns, "dropped", *own], blocks)
    except (NotComputable, ValueError) as failure:
        return str(failure)
    return shape, fit


def _shifted(growth: Growth, change: pd.Series, ended: pd.Series, unit: str, level: float) -> pd.DataFrame:
    """The change if those who left were worse than the model says."""
    last = growth.frame.groupby("dyad")["elapsed"].max()
    gone = last < growth.horizon
    known = ended.reindex(last.index).isin([PLANNED, DROPPED])
    if known.any():
        gone &= ended.reindex(last.index).eq(DROPPED)
    who = "dropped out and were last rated" if known.any() else "were last rated"
    share, n = float(gone.mean()), len(last)
    end = f"before {unit} {growth.start + growth.horizon:g}"
    rows = [{"statistic": "missing_at_end", "estimate": share, "method": f"dyads that {who} {end}"}]
    direction = -1.0 if change["estimate"] >= 0 else 1.0
    critical = float(stdtrit(change["df"], (1 + level) / 2))
    unit_shift = growth.first_sd * share
    spread = growth.first_sd * np.sqrt(share * (1 - share) / n)
    how = "those who left shifted by delta SDs of the first session; normal pattern mixture, Student's t"
    for delta in DELTAS if share > 0 else ():
        value = change["estimate"] + direction * delta * unit_shift
        se = float(np.hypot(change["se"], delta * spread))
        ends = {"lower": value - critical * se, "upper": value + critical * se, "level": level}
        p = 2 * float(stdtr(change["df"], -abs(value) / se)) if se > 0 else np.nan
        rows.append(
            {"statistic": "change_if_missing_lower", "delta": delta, "estimate": value, "se": se, "p": p}
            | {"df": change["df"], "method": how}
            | ends
        )
    rows.append({"statistic": "tipping_delta"} | _tipping(change, unit_shift, spread, critical))
    return pd.DataFrame(rows).assign(n=len(growth.frame), dyads=n)


def _tipping(change: pd.Series, shift: float, spread: float, critical: float) -> dict[str, object]:
    """The delta at which the interval of the change begins to hold 0."""
    row: dict[str, object] = {"estimate": np.nan, "method": "delta at which the interval of the change reaches 0"}
    if change["lower"] <= 0 <= change["upper"]:
        return row | {"note": NOTHING_TO_FLIP}
    if shift <= 0:
        return row | {"note": NOBODY_LEFT}
    size = abs(change["estimate"])
    # (size - delta shift)^2 = critical^2 (se^2 + delta^2 spread^2), the smaller root
    a = shift**2 - (critical * spread) ** 2
    b, c = -2 * size * shift, size**2 - (critical * change["se"]) ** 2
    root = b**2 - 4 * a * c
    delta = -c / b if a == 0 else (-b - np.sqrt(max(root, 0.0))) / (2 * a)
    if a != 0 and delta <= 0:
        delta = (-b + np.sqrt(max(root, 0.0))) / (2 * a)
    return row | {"estimate": delta, "note": NO_FLIP if delta > DELTAS[-1] else ""}
