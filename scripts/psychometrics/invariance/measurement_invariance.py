"""Measurement invariance of a form: steps, items that differ, and how much it matters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from psychometrics.covariance_structures.score_tests import Release, values_by_name
from psychometrics.invariance.categories import RULE, merge_unused
from psychometrics.invariance.design import STEPS, Design, check_factors
from psychometrics.invariance.effect_sizes import item_difference, pooled_sd
from psychometrics.invariance.search import StepResult, all_steps
from psychometrics.invariance.step_models import releases
from psychometrics.invariance.steps import FittedStep, StepModels, put_together
from psychometrics.invariance.verdict import verdict
from psychometrics.not_computable import NotComputable

ALPHA = 0.05
FEW = 100  # people of a unit, below which a note warns
STEP_SIZE = 1e-4
ALL = "total"
INDICES = ("chi_square", "degrees_of_freedom", "p_value", "cfi", "rmsea", "srmr")
DIFFERENCES = {
    "chi_square_difference": "chi_square_difference",
    "degrees_of_freedom": "degrees_of_freedom_difference",
    "p_value": "p_value_difference",
    "cfi_difference": "cfi_difference",
    "rmsea_difference": "rmsea_difference",
    "srmr_difference": "srmr_difference",
}
EQUAL, PARTIAL = "all items equal", "freed items free"
NO_ORIGIN = "needs a model with equal intercepts, which has no estimates"
FREE_ITEM, ONE_STEP = "item free", "item free, one step from the model in which it is equal"


@dataclass(frozen=True)
class MeasurementInvariance:
    """What `measurement_invariance` finds.

    Attributes
    ----------
    steps : pandas.DataFrame
        Fit, difference from the step before, means of the factors and of the scores: columns step, model, factor, unit,
        statistic, estimate, lower, upper, level, n, method, note.
    items : pandas.DataFrame
        Score tests, freed items, effect sizes: columns factor, item, unit, step, statistic, estimate, lower, upper,
        level, n, method, note.
    freed : dict of str to str
        Item -> the step from which on it is free.
    answer : {'yes', 'partly', 'no', 'undecided'}
        Whether means may be compared.
    reason : str
        Why.
    """

    steps: pd.DataFrame
    items: pd.DataFrame
    freed: dict[str, str]
    answer: str
    reason: str


def measurement_invariance(
    answers: Mapping[str, pd.DataFrame],
    factors: Mapping[str, Sequence[str]],
    *,
    paired: bool,
    ordered: bool = True,
    cluster: pd.Series | None = None,
    alpha: float = ALPHA,
    level: float = 0.95,
) -> MeasurementInvariance:
    r"""Test step by step whether items work alike in groups, at occasions or from perspectives.

    Parameters
    ----------
    answers : mapping of str to pandas.DataFrame
        Name of each group, occasion or perspective -> people x items, reverse-keyed items turned; the first is the
        reference. Groups hold different people; occasions and perspectives the same, by their index.
    factors : mapping of str to sequence of str
        Factor -> its items, at least three.
    paired : bool
        Whether the units hold the same people: then factors and residuals of the same item covary over the units.
        People without an answer in one unit are left out.
    ordered : bool, default True
        Whether answers are ordinal; otherwise they are continuous.
    cluster : pandas.Series, optional
        Cluster of each person, such as the therapist, by the index of the answers. Intervals rest on sums over
        clusters, and so do tests; those of ordinal answers take people as independent where there are fewer than 20.
    alpha : float, default 0.05
        Level of all tests.
    level : float, default 0.95
        Coverage of intervals.

    Returns
    -------
    MeasurementInvariance
        Steps, items, and the answer.

    Raises
    ------
    ValueError
        Factors with too few items, one unit.
    NotComputable
        Answers or people that do not suffice for the configural model.

    Notes
    -----
    Steps of ordinal items (Wu & Estabrook 2016): configural, equal thresholds, loadings, intercepts, residual
    variances; of continuous ones the last three (metric, scalar, strict). Models:
    `psychometrics.invariance.step_models`. Each is compared with the one before by the adjusted difference of
    chi-squares (Satorra 2000; of continuous answers Satorra & Bentler 2001) and by the changes of CFI, RMSEA and SRMR.
    Where the test or the indices say that a step does not hold, the item with the largest score test is freed, and
    again, as long as its p, adjusted for the items of the step (Holm) and for the steps (Bonferroni), is below alpha
    and two items of the factor stay. An item that is free at a step is free at all that follow. dMACS of an item that
    was not freed is estimated by one Gauss-Newton step with the item free, those of freed items from the last model.

    With clusters intervals take Student's t with as many degrees of freedom as clusters less one and are a twentieth
    longer, as those of measurement models: those of latent differences then held 93% of the true values with 30
    clusters (239 samples; by the normal distribution 92%) and 98% with 12 (370 samples; 90% where people were taken as
    independent).

    Agrees with semTools::measEq.syntax and lavaan.

    Examples
    --------
    >>> from psychometrics import example_answers, measurement_invariance
    >>> answers = example_answers()
    >>> items = ["wai_03", "wai_05", "wai_07", "wai_09"]
    >>> arms = {str(half): part[items] for half, part in answers.groupby(answers["client"] % 2)}
    >>> found = measurement_invariance(arms, {"bond": items}, paired=False)
    >>> found.answer, found.freed
    ('yes', {})
    """
    units = tuple(str(unit) for unit in answers)
    if len(units) < 2:
        raise ValueError("measurement invariance needs two groups, occasions or perspectives")
    factors = check_factors(factors)
    given = {str(unit): frame for unit, frame in answers.items()}
    items = [item for those in factors.values() for item in those]
    taken = _taken({unit: frame[items] for unit, frame in given.items()}, paired)
    notes: list[str] = []
    points: dict[str, np.ndarray] = {}
    coded = taken
    if ordered:
        coded, worth, merged = merge_unused(taken)
        points = {item: values.to_numpy() for item, values in worth.items()}
        if merged:
            alike = {what: [item for item in items if merged.get(item) == what] for what in merged.values()}
            told = [f"{what} ({', '.join(those)})" for what, those in alike.items()]
            notes.append(f"answers that one side does not give are {RULE}: {', '.join(told)}")
    categories = {item: len(values) for item, values in points.items()}
    design = Design(units, factors, paired, categories)
    models = StepModels(design, put_together(design, coded, cluster), level, cluster is not None)
    results = all_steps(models, alpha)
    people = [len(frame) for frame in taken.values()]
    if min(people) < FEW:
        notes.append(f"{min(people)} people: differences are found only where they are large")
    last = next(result.kept for result in reversed(results) if result.kept is not None)
    effects = _Effects(models, last, points, taken)
    moved, rows_of_scores = _scores(effects)
    of_items = effects.rows()
    sizes = [
        float(row["estimate"])
        for row in of_items
        if row["statistic"] == "dmacs" and row["item"] in last.freed and np.isfinite(row["estimate"])
    ]
    answer, reason = verdict(design, results, moved, sizes, alpha)
    n = people[0] if paired else sum(people)
    said = "; ".join(notes)
    steps = pd.DataFrame(_step_rows(models, results) + _mean_rows(models, results) + rows_of_scores)
    columns = ["step", "model", "factor", "unit", "statistic", "estimate", "lower", "upper", "level", "method", "note"]
    steps = _noted(steps.reindex(columns=columns).assign(n=n), said)
    columns = ["factor", "item", "unit", "step", "statistic", "estimate", "lower", "upper", "level", "method", "note"]
    rows = pd.DataFrame(_test_rows(design, results, last) + of_items)
    return MeasurementInvariance(
        steps, _noted(rows.reindex(columns=columns).assign(n=n), ""), last.freed, answer, reason
    )


def _taken(answers: Mapping[str, pd.DataFrame], paired: bool) -> dict[str, pd.DataFrame]:
    """People with an answer; of paired units those with one in every unit."""
    found = {unit: frame[frame.notna().any(axis=1)].astype("Float64").astype(float) for unit, frame in answers.items()}
    if paired:
        first, *others = found.values()
        both = first.index
        for other in others:
            both = both.intersection(other.index)
        found = {unit: frame.loc[both] for unit, frame in found.items()}
    for unit, frame in found.items():
        if len(frame) < 3:
            where = "in all of them" if paired else f"in {unit}"
            raise NotComputable(f"{len(frame)} people answered {where}")
    return found


def _noted(frame: pd.DataFrame, said: str) -> pd.DataFrame:
    """Notes as text, what holds for all of a table on its first row."""
    notes = frame["note"].astype(object).where(frame["note"].notna(), "").tolist()
    if said and notes:
        notes[0] = f"{notes[0]}; {said}" if notes[0] else said
    return frame.assign(note=notes)


def _step_rows(models: StepModels, results: Sequence[StepResult]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    done = {result.step for result in results}
    for step in STEPS:
        if step == "thresholds" and not models.design.ordinal:
            continue
        if reason := models.design.why_not(step):
            rows.append({"step": step, "statistic": "chi_square_difference", "estimate": np.nan, "note": reason})
        elif step not in done:
            note = "not fitted, since a step before has no estimates"
            rows.append({"step": step, "statistic": "chi_square", "estimate": np.nan, "note": note})
    for result in results:
        if result.all_equal is None:
            rows.append({"step": result.step, "statistic": "chi_square", "estimate": np.nan, "note": result.note})
        for name, fitted in ((EQUAL, result.all_equal), (PARTIAL, result.partial)):
            if fitted is not None:
                rows += [row | {"step": result.step, "model": name} for row in _fit_rows(fitted)]
    order = {step: number for number, step in enumerate(STEPS)}
    return sorted(rows, key=lambda row: order[str(row["step"])])


def _fit_rows(fitted: FittedStep) -> list[dict[str, Any]]:
    fit = fitted.fit.fit
    chosen = fit[fit["statistic"].isin(INDICES)].to_dict("records")
    rows = [{str(name): value for name, value in row.items()} for row in chosen]
    improper = "; ".join(note for note in fitted.fit.notes if "variance" in note or "correlations" in note)
    if improper and fitted.step == "configural":
        rows[0]["note"] = f"improper: {improper}"
    if fitted.difference is not None:
        for row in fitted.difference.to_dict("records"):
            rows.append({str(name): value for name, value in row.items()})
            rows[-1]["statistic"] = DIFFERENCES[row["statistic"]]
    rows.append({"statistic": "freed_items", "estimate": float(len(fitted.freed)), "note": ", ".join(fitted.freed)})
    return rows


def _mean_rows(models: StepModels, results: Sequence[StepResult]) -> list[dict[str, Any]]:
    """Differences of the factors' means, with all items equal and with freed items free."""
    found = next((result for result in results if result.step == "intercepts"), None)
    if found is None or found.kept is None:
        return []
    design = models.design
    rows: list[dict[str, Any]] = []
    fits: dict[str, FittedStep | None] = {PARTIAL: found.kept if found.kept.freed else None}
    note = ""
    try:
        fits[EQUAL] = found.kept if not found.kept.freed else models.fit("intercepts", {})
    except NotComputable as reason:
        note = str(reason)
    for name in (EQUAL, PARTIAL):
        fitted = fits.get(name)
        if fitted is None:
            if name == EQUAL:
                rows.append({"step": "intercepts", "model": name, "statistic": "latent_mean_difference", "note": note})
            continue
        estimates = fitted.fit.estimates
        estimates = estimates[estimates["op"] == "~1"]
        for factor in design.factors:
            for unit in range(1, len(design.units)):
                own = estimates[estimates["lhs"] == design.name(factor, unit)]
                if not design.paired:
                    own = own[own["group"] == design.units[unit]]
                value, half = float(own["estimate"].iloc[0]), models.half(float(own["se"].iloc[0]))
                rows.append(
                    {"step": "intercepts", "model": name, "factor": factor, "unit": design.units[unit]}
                    | {"statistic": "latent_mean_difference", "estimate": value, "lower": value - half}
                    | {"upper": value + half, "level": models.level, "method": models.method}
                )
    return rows


class _Effects:
    """What freed items do to scores, from the last model; of the other items by one step from it."""

    def __init__(
        self,
        models: StepModels,
        last: FittedStep,
        points: Mapping[str, np.ndarray],
        taken: Mapping[str, pd.DataFrame],
    ) -> None:
        self.models, self.last, self.points, self.taken = models, last, points, taken
        self.design = models.design
        self.values = values_by_name(last.fit.table, last.fit.parameters)
        # without equal intercepts the units have no common origin
        self.known = STEPS.index(last.step) >= STEPS.index("intercepts")
        kinds = ("thresholds", "loadings") if self.design.ordinal else ("loadings", "intercepts")
        self.sets = {
            item: [each for kind in kinds for each in releases(self.design, item, kind)]
            for item in self.design.items
            if item not in last.freed and self.known
        }
        self.released = models.released(last, [each for those in self.sets.values() for each in those])

    def difference(self, items: Sequence[str], unit: int, values: Mapping[tuple[str, int], float]) -> float:
        """Sum of the expected differences of some items."""
        return sum(item_difference(self.design, item, unit, values, self.points)[0] for item in items)

    def of_last(self, items: Sequence[str], unit: int) -> tuple[float, float]:
        """The sum from the last model, and its standard error by the delta method."""
        table, parameters = self.last.fit.table, self.last.fit.parameters
        names = {
            self.design.name(part, number)
            for item in items
            for part in (item, next(f for f, those in self.design.factors.items() if item in those))
            for number in (0, unit)
        }
        involved = {row.free for row in table.rows if row.free >= 0 and {row.left, row.right or row.left} & names}
        gradient = np.zeros(len(parameters))
        for place in involved:
            ends = []
            for sign in (1, -1):
                moved = parameters.copy()
                moved[place] += sign * STEP_SIZE
                ends.append(self.difference(items, unit, values_by_name(table, moved)))
            gradient[place] = (ends[0] - ends[1]) / (2 * STEP_SIZE)
        variance = gradient @ self.last.fit.covariance.to_numpy() @ gradient
        return self.difference(items, unit, self.values), float(np.sqrt(max(variance, 0.0)))

    def rows(self) -> list[dict[str, Any]]:
        """One row for dMACS and one for the expected difference of each item and unit."""
        rows: list[dict[str, Any]] = []
        for factor, items in self.design.factors.items():
            for item in items:
                for unit in range(1, len(self.design.units)):
                    rows += self._of_item(factor, item, unit)
        return rows

    def _of_item(self, factor: str, item: str, unit: int) -> list[dict[str, Any]]:
        keys = {"factor": factor, "item": item, "unit": self.design.units[unit], "step": self.last.step}
        if not self.known:
            names = ("dmacs", "expected_item_difference")
            return [keys | {"statistic": name, "estimate": np.nan, "note": NO_ORIGIN} for name in names]
        one, other = (self.taken[self.design.units[number]][item].to_numpy() for number in (0, unit))
        spread = pooled_sd(one, other)
        if item in self.last.freed:
            estimate, error = self.of_last([item], unit)
            root = item_difference(self.design, item, unit, self.values, self.points)[1]
            how = FREE_ITEM
        else:
            those = self.sets[item]
            change, covariance = self.released.one_step(those)
            values = self.released.moved(those, change)
            estimate, root = item_difference(self.design, item, unit, values, self.points)
            gradient = np.array([self._slope(item, unit, those, change, place) for place in range(len(change))])
            error = float(np.sqrt(max(gradient @ covariance @ gradient, 0.0)))
            how = ONE_STEP
        half = self.models.half(error)
        return [
            keys | {"statistic": "dmacs", "estimate": root / spread if spread > 0 else np.nan, "method": how},
            keys
            | {"statistic": "expected_item_difference", "estimate": estimate, "lower": estimate - half}
            | {"upper": estimate + half, "level": self.models.level, "method": how},
        ]

    def _slope(self, item: str, unit: int, those: list[Release], change: np.ndarray, place: int) -> float:
        ends = []
        for sign in (1, -1):
            moved = change.copy()
            moved[place] += sign * STEP_SIZE
            ends.append(self.difference([item], unit, self.released.moved(those, moved)))
        return (ends[0] - ends[1]) / (2 * STEP_SIZE)


def _scores(effects: _Effects) -> tuple[list[float], list[dict[str, Any]]]:
    """What the freed items add to the difference of the scale means, beside that difference."""
    design, taken = effects.design, effects.taken
    scales = dict(design.factors)
    if len(scales) > 1:
        scales[ALL] = design.items
    moved: list[float] = []
    rows: list[dict[str, Any]] = []
    for scale, items in scales.items():
        for unit in range(1, len(design.units)):
            keys = {
                "step": effects.last.step,
                "factor": scale,
                "unit": design.units[unit],
                "level": effects.models.level,
            }
            means = [taken[design.units[number]][list(items)].mean(axis=1) for number in (0, unit)]
            spread = pooled_sd(means[0].to_numpy(), means[1].to_numpy())
            freed = [item for item in items if item in effects.last.freed and effects.known]
            estimate, error = effects.of_last(freed, unit) if freed else (0.0 if effects.known else np.nan, 0.0)
            estimate, half = estimate / len(items), effects.models.half(error) / len(items)
            moved.append(estimate / spread if spread > 0 else np.nan)
            note = "" if freed else "no item was freed" if effects.known else NO_ORIGIN
            ends = {"lower": estimate - half, "upper": estimate + half} if freed else {}
            rows += [
                keys
                | {"statistic": "expected_score_difference", "estimate": estimate, "model": PARTIAL, "note": note}
                | ends
                | {"method": "points of the mean item"},
                keys
                | {"statistic": "expected_score_difference_sd", "estimate": moved[-1], "model": PARTIAL, "note": note}
                | {"method": "pooled standard deviations of the scale score"},
                keys
                | {"statistic": "observed_score_difference", "estimate": means[1].mean() - means[0].mean()}
                | {"method": "points of the mean item"},
            ]
    return moved, rows


def _test_rows(design: Design, results: Sequence[StepResult], last: FittedStep) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    factor_of = {item: factor for factor, items in design.factors.items() for item in items}
    for result in results:
        for row in result.tests.to_dict("records"):
            keys = {"factor": factor_of[row["item"]], "item": row["item"], "step": result.step}
            found = {
                "score_test": row["score_test"],
                "score_test_df": float(row["df"]),
                "score_test_p": row["p_value"],
                "score_test_p_adjusted": row["p_adjusted"],
                "expected_change": row["change"],
            }
            rows += [
                keys | {"statistic": name, "estimate": value, "method": "generalized score test"}
                for name, value in found.items()
                if name != "expected_change" or pd.notna(value)
            ]
    for item in design.items:
        step = last.freed.get(item)
        rows.append(
            {"factor": factor_of[item], "item": item, "step": step or "", "statistic": "item_freed"}
            | {"estimate": float(step is not None)}
        )
    return rows
