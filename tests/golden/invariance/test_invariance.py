"""Measurement invariance agrees with semTools and lavaan. See invariance/SOURCE.md."""

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from psychometrics.covariance_structures.score_tests import Release
from psychometrics.invariance.design import Design
from psychometrics.invariance.steps import StepModels, put_together

HERE = Path(__file__).parents[1] / "invariance"
GOLDEN = json.loads((HERE / "lavaan.json").read_text())
ITEMS = [f"i{item}" for item in range(1, 7)]
FILES = {"perspectives_partial": "perspectives_ordinal"}
FREED = {"perspectives_partial": {"i5": "intercepts"}}
STEPS = [(case, step) for case, entry in GOLDEN.items() for step in entry]
TESTED = [(case, step) for case, step in STEPS if GOLDEN[case][step].get("score_tests")]
COMPARED = [(case, step) for case, step in STEPS if "difference" in GOLDEN[case][step]]
FIT = {
    "chi_square": "chisq.scaled",
    "degrees_of_freedom": "df",
    "p_value": "pvalue.scaled",
    "cfi": "cfi.scaled",
    "rmsea": "rmsea.scaled",
    "srmr": "srmr",
}


@cache
def models(case: str) -> StepModels:
    """The answers of a case, as our functions take them."""
    frame = pd.read_csv(HERE / f"{FILES.get(case, case)}.csv")
    factors = {"a": tuple(ITEMS)} if case == "two_categories" else {"a": tuple(ITEMS[:3]), "b": tuple(ITEMS[3:])}
    paired = "group" not in frame
    if paired:
        units = [str(unit) for unit in (1, 2, 3) if f"i1.{unit}" in frame]
        answers = {unit: frame[[f"{item}.{unit}" for item in ITEMS]].set_axis(ITEMS, axis=1) for unit in units}
    else:
        answers = {unit: part[ITEMS] for unit, part in frame.groupby("group", sort=False)}
    first = next(iter(answers.values()))
    categories = {} if case == "groups_continuous" else {item: first[item].nunique() for item in ITEMS}
    design = Design(tuple(answers), factors, paired, categories)
    return StepModels(design, put_together(design, answers, None), 0.95, clustered=False)


@cache
def fitted(case: str, step: str):
    before = [
        name
        for name in GOLDEN[case]
        if name != step and list(GOLDEN[case]).index(name) < list(GOLDEN[case]).index(step)
    ]
    return models(case).fit(step, FREED.get(case, {}), fitted(case, before[-1]) if before else None)


def ours(name: str) -> str:
    """`i1_2` in R, `i1.2` here."""
    return name.replace("_", ".")


@pytest.mark.parametrize(("case", "step"), STEPS)
def test_fit(case, step):
    golden, rows = GOLDEN[case][step]["fit"], fitted(case, step).fit.fit.set_index("statistic")["estimate"]
    for statistic, measure in FIT.items():
        # lavaan stops up to 1e-5 of chi-square above the minimum
        assert rows[statistic] == pytest.approx(golden[measure], rel=1e-4, abs=1e-5), statistic


@pytest.mark.parametrize(("case", "step"), STEPS)
def test_estimates(case, step):
    rows = fitted(case, step).fit.estimates
    groups = {name: number + 1 for number, name in enumerate(fitted(case, step).fit.groups)} or {"": 1}
    found = {(row.lhs, row.op, row.rhs, groups[row.group]): row for row in rows.itertuples()}
    found |= {(rhs, op, lhs, group): row for (lhs, op, rhs, group), row in found.items() if op == "~~"}
    for wanted in GOLDEN[case][step]["estimates"]:
        row = found[ours(wanted["lhs"]), wanted["op"], ours(wanted["rhs"]), wanted["group"]]
        # lavaan stops up to 1e-4 from the minimum
        assert row.estimate == pytest.approx(wanted["est"], rel=3e-4, abs=1e-4), row
        if wanted["se"]:
            assert row.se == pytest.approx(wanted["se"], rel=3e-4, abs=1e-4), row


@pytest.mark.parametrize(("case", "step"), COMPARED)
def test_difference(case, step):
    golden, found = GOLDEN[case][step]["difference"], fitted(case, step)
    assert found.changed("degrees_of_freedom") == golden["df"]
    # two searches
    assert found.changed("chi_square_difference") == pytest.approx(golden["statistic"], rel=1e-3, abs=1e-3)
    assert found.changed("p_value") == pytest.approx(golden["p_value"], rel=5e-3, abs=1e-6)


@pytest.mark.parametrize(("case", "step"), TESTED)
def test_score_tests(case, step):
    """Each parameter of a unit by itself, against lavTestScore or modindices, which know no robust test."""
    fit, golden = fitted(case, step), GOLDEN[case][step]["score_tests"]
    wanted = [(Release(ours(row["lhs"] + row["op"] + row["rhs"]), row["group"] - 1), row) for row in golden]
    known = {(row.name, row.group): row for row in fit.fit.table.rows}
    wanted = [(each, row) for each, row in wanted if known[each.name, each.group].free < 0 or "change" not in row]
    model = models(case).released(fit, [each for each, _ in wanted])
    # with weighted least squares lavaan multiplies the slopes by (n - 1) / n and the information not
    n, groups = sum(fit.fit.n), len(fit.fit.n)
    factor = (n - groups) / n if fit.fit.estimator == "DWLS" else 1.0
    for each, row in wanted:
        found = model.test([each])
        # slopes are differences from 0, so that they know best how far from the minimum lavaan stopped
        assert factor * found["score_test_ordinary"] == pytest.approx(row["statistic"], rel=5e-4, abs=2e-4), each
        if "change" in row:
            assert factor * found["change"] == pytest.approx(row["change"], rel=5e-4, abs=1e-4), each
