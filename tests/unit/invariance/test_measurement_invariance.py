"""Measurement invariance by hand, with planted items, and where data do not allow it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from psychometrics.invariance.categories import merge_unused
from psychometrics.invariance.design import Design
from psychometrics.invariance.effect_sizes import item_difference, pooled_sd
from psychometrics.invariance.measurement_invariance import measurement_invariance
from psychometrics.invariance.search import all_steps, holm
from psychometrics.invariance.step_models import model_text
from psychometrics.invariance.verdict import verdict
from psychometrics.not_computable import NotComputable

ITEMS = [f"i{item}" for item in range(1, 7)]
FACTORS = {"bond": ITEMS}
CUTS = (-1.2, -0.3, 0.6)


def answers(people=300, *, seed=1, paired=True, bias=0.0, cuts=CUTS, items=6) -> dict[str, pd.DataFrame]:
    """Answers of two units; `bias` is added to the third item's latent answer in the second."""
    rng = np.random.default_rng(seed)
    factors = rng.multivariate_normal([0, 0], [[1, 0.4 * paired], [0.4 * paired, 1]], people)
    own = rng.multivariate_normal([0, 0], [[1, 0.2 * paired], [0.2 * paired, 1]], (people, items))
    loadings = np.linspace(0.8, 0.6, items)
    found = {}
    for unit, name in enumerate(("therapist", "client")):
        latent = (factors[:, [unit]] + 0.3 * unit) * loadings + own[:, :, unit] * np.sqrt(1 - loadings**2)
        latent[:, 2] += bias * unit
        codes = 1.0 + (latent[..., None] > np.array(cuts)).sum(axis=-1) if cuts else latent
        index = np.arange(people) + (0 if paired else people * unit)
        found[name] = pd.DataFrame(codes, columns=[f"i{item}" for item in range(1, items + 1)], index=index)
    return found


def of(frame: pd.DataFrame, **wanted) -> pd.DataFrame:
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


@pytest.mark.parametrize("paired", [True, False])
def test_a_biased_item_is_found_and_its_effect_is_told(paired):
    found = measurement_invariance(answers(bias=0.8, paired=paired, seed=2), FACTORS, paired=paired)
    assert (found.freed, found.answer) == ({"i3": "intercepts"}, "partly")
    row = of(found.items, statistic="expected_item_difference", item="i3").iloc[0]
    # a latent answer of variance 1 that moves by .8 moves an item of 4 categories by less
    assert 0.3 < row["lower"] < row["estimate"] < row["upper"] < 0.9
    assert of(found.items, statistic="dmacs", item="i3")["estimate"].iloc[0] > 0.4
    equal, freed = (of(found.steps, statistic="latent_mean_difference", model=m).iloc[0] for m in MODELS)
    # planted: .3 standard deviations; the biased item adds to it where it is taken as equal
    assert freed["lower"] < 0.3 < freed["upper"] and equal["estimate"] > freed["estimate"]
    moved = of(found.steps, statistic="expected_score_difference").iloc[0]["estimate"]
    assert moved == pytest.approx(row["estimate"] / 6)


MODELS = ("all items equal", "freed items free")


@pytest.mark.parametrize("paired", [True, False])
def test_an_unbiased_form_is_not_refused(paired):
    found = measurement_invariance(answers(paired=paired), FACTORS, paired=paired)
    assert (found.freed, found.answer) == ({}, "yes")
    steps = list(dict.fromkeys(found.steps["step"]))
    assert steps == ["configural", "thresholds", "loadings", "intercepts", "residuals"]
    # 6 items of 4 categories: thresholds gain (4 - 1) - 2 each, loadings 6 - 1, intercepts 6 - 1, residuals 6
    df = of(found.steps, statistic="degrees_of_freedom_difference")["estimate"].tolist()
    assert df == [6, 5, 5, 6]


def test_continuous_answers_with_missing_ones():
    given = answers(cuts=(), bias=0.8, paired=False)
    given["client"] = given["client"].mask(np.random.default_rng(3).random((300, 6)) < 0.05)
    found = measurement_invariance(given, FACTORS, paired=False, ordered=False)
    assert found.freed == {"i3": "intercepts"}
    assert "thresholds" not in set(found.steps["step"])
    row = of(found.items, statistic="expected_item_difference", item="i3").iloc[0]
    assert row["lower"] < 0.8 < row["upper"]


def test_two_and_three_categories():
    three = measurement_invariance(answers(cuts=(-0.7, 0.6)), FACTORS, paired=True).steps
    assert "nothing to test with three" in of(three, step="thresholds").iloc[0]["note"]
    two = measurement_invariance(answers(cuts=(0.1,), people=600), FACTORS, paired=True).steps
    for step in ("thresholds", "loadings"):
        assert "cannot be tested alone" in of(two, step=step).iloc[0]["note"]
    # 12 thresholds and loadings of the second unit come from the first, and its factor has a mean and a variance
    assert of(two, statistic="degrees_of_freedom_difference", step="residuals")["estimate"].tolist() == [10]


def test_a_category_that_one_unit_does_not_use_is_merged_and_noted():
    given = answers(cuts=(-2.0, -0.8, 0.2, 1.0))
    given["client"].loc[given["client"]["i2"] == 1, "i2"] = 2
    found = measurement_invariance(given, FACTORS, paired=True)
    assert "1 with 2 (i2)" in found.steps["note"].iloc[0]


def test_a_category_between_two_others_is_merged_with_the_one_nearer_to_the_median():
    one, other = pd.DataFrame({"i1": [1, 2, 3, 4, 4, 5, 5]}), pd.DataFrame({"i1": [1, 3, 4, 4, 5, 5]})
    codes, _, notes = merge_unused({"a": one, "b": other})  # the median of all is 4
    assert notes == {"i1": "2 with 3"} and codes["a"]["i1"].tolist() == [1, 2, 2, 3, 3, 4, 4]


def test_merging_goes_inwards_until_all_categories_are_used():
    one = pd.DataFrame({"i": [1, 2, 3, 4, 5, 5, 4]})
    other = pd.DataFrame({"i": [3, 4, 5, 5, 4, 4, np.nan]})
    codes, points, notes = merge_unused({"a": one, "b": other})
    # 1 joins 2, both join 3, the median being 4
    assert codes["a"]["i"].tolist() == [1, 1, 1, 2, 3, 3, 2]
    assert notes == {"i": "1 with 2 with 3"}
    assert points["i"].tolist() == pytest.approx([(1 + 2 + 3 + 3) / 4, 4, 5])


def test_an_item_that_one_unit_answers_alike_throughout_is_refused():
    given = answers(people=60)
    given["client"]["i4"] = 4.0
    with pytest.raises(NotComputable, match=r"i4: no two answers"):
        measurement_invariance(given, FACTORS, paired=True)


def test_thirty_people_are_noted_and_too_many_parameters_said_before_the_search():
    found = measurement_invariance(answers(people=60, cuts=(-0.3, 0.6), items=4), {"bond": ITEMS[:4]}, paired=True)
    assert "60 people" in found.steps["note"].iloc[0]
    # 12 loadings, 6 covariances of residuals and that of the factors
    with pytest.raises(NotComputable, match=r"19 parameters .* too many for 18 people"):
        measurement_invariance(answers(people=18, cuts=(0.0, 0.6)), FACTORS, paired=True)


def test_nobody_in_both_one_unit_or_few_items():
    given = answers(people=50)
    with pytest.raises(ValueError, match="two groups"):
        measurement_invariance({"client": given["client"]}, FACTORS, paired=True)
    given["client"].index += 100
    with pytest.raises(NotComputable, match="0 people answered in all of them"):
        measurement_invariance(given, FACTORS, paired=True)
    with pytest.raises(ValueError, match="needs at least 3"):
        measurement_invariance(given, {"bond": ITEMS[:2]}, paired=True)


def test_a_heywood_case_has_a_reason():
    """One item follows the factor wholly: with residual variances of 1 its loading has no end."""
    given = answers(people=120, items=3, seed=5)
    for frame in given.values():
        frame["i2"] = frame["i1"].where(np.arange(120) % 9 > 0, frame["i2"])
    with pytest.raises(NotComputable, match="the configural model has no estimates"):
        measurement_invariance(given, {"bond": ["i1", "i2", "i3"]}, paired=True)


def test_clusters_change_the_tests_and_not_the_estimates():
    given = answers()
    therapist = pd.Series(np.arange(300) // 10)
    alone, together = (measurement_invariance(given, FACTORS, paired=True, cluster=c) for c in (None, therapist))
    of_means = [of(found.steps, statistic="latent_mean_difference")["estimate"].tolist() for found in (alone, together)]
    assert of_means[0] == pytest.approx(of_means[1])
    p = [of(found.items, statistic="score_test_p")["estimate"] for found in (alone, together)]
    assert (p[0] != p[1]).all()


def test_dmacs_of_linear_items_by_hand():
    """Intercepts 0 and .5, loadings 1 and .8, factor of mean .2 and variance 1.5 in the second unit."""
    design = Design(("a", "b"), {"f": ("x", "y", "z")}, False, {})
    values = {("f~1", 1): 0.2, ("f~~f", 1): 1.5}
    values |= {("f=~x", 0): 1.0, ("x~1", 0): 0.0, ("x~~x", 0): 1.0, ("f=~x", 1): 0.8, ("x~1", 1): 0.5, ("x~~x", 1): 1.0}
    difference, root = item_difference(design, "x", 1, values, {})
    # .5 - .2 eta: mean .5 - .04, variance .04 * 1.5
    assert (difference, root) == pytest.approx((0.46, np.sqrt(0.46**2 + 0.06)))


def test_expected_difference_of_an_ordinal_item_by_hand():
    """Two categories worth 1 and 3; without a spread of the factor the share above the threshold is read off."""
    design = Design(("a", "b"), {"f": ("x", "y", "z")}, False, {"x": 2})
    values = {("f~1", 1): 0.0, ("f~~f", 1): 0.0}
    for group, threshold in ((0, 0.0), (1, -1.0)):
        values |= {("f=~x", group): 1.0, ("x~1", group): 0.0, ("x~~x", group): 4.0, ("x|t1", group): threshold}
    difference, _ = item_difference(design, "x", 1, values, {"x": np.array([1.0, 3.0])})
    # standard normal below -.5: .3085
    assert difference == pytest.approx(2 * (0.5 - 0.3085375))


def test_the_pooled_standard_deviation_weights_standard_deviations():
    one, other = np.array([1.0, 3.0]), np.array([0.0, 0.0, 6.0, np.nan])
    assert pooled_sd(one, other) == pytest.approx((np.sqrt(2) + 2 * np.sqrt(12)) / 3)


def step(name: str, freed: dict[str, str], *, cfi=0.95, rmsea=0.09, p=0.5, fall=0.0, rise=0.0) -> SimpleNamespace:
    """What the verdict looks at of a step."""
    changes = {"p_value": p, "cfi_difference": -fall, "rmsea_difference": rise}
    fitted = SimpleNamespace(freed=freed, index={"cfi": cfi, "rmsea": rmsea}.get, changed=changes.get)
    return SimpleNamespace(step=name, all_equal=fitted, kept=fitted, note="")


@pytest.mark.parametrize(
    ("steps", "moved", "dmacs", "answer"),
    [
        ([step("configural", {}), step("intercepts", {})], [0.0], [], "yes"),
        ([step("configural", {}), step("intercepts", {"i1": "intercepts"})], [0.05], [0.1], "yes"),
        ([step("configural", {}), step("intercepts", {"i1": "intercepts"})], [0.05], [0.3], "partly"),
        ([step("configural", {}), step("intercepts", {"i1": "intercepts"})], [-0.15], [0.1], "partly"),
        ([step("configural", {}), step("loadings", dict.fromkeys(ITEMS[:4], "loadings"))], [0.0], [0.1] * 4, "no"),
        ([step("configural", {}, cfi=0.85)], [0.0], [], "no"),
        ([step("configural", {}, cfi=0.85, rmsea=0.07)], [0.0], [], "yes"),
        ([step("configural", {}), step("intercepts", {}, p=0.01, fall=0.02, rise=0.02)], [0.0], [], "no"),
        # never by p alone, nor without it; residual variances are not what means rest on
        ([step("configural", {}), step("intercepts", {}, p=0.01, fall=0.005, rise=0.02)], [0.0], [], "yes"),
        ([step("configural", {}), step("intercepts", {}, p=0.20, fall=0.02, rise=0.02)], [0.0], [], "yes"),
        ([step("configural", {}), step("residuals", {}, p=0.01, fall=0.02, rise=0.02)], [0.0], [], "yes"),
    ],
)
def test_the_answer(steps, moved, dmacs, answer):
    design = Design(("a", "b"), {"f": tuple(ITEMS)}, True, dict.fromkeys(ITEMS, 4))
    assert verdict(design, steps, moved, dmacs, 0.05)[0] == answer


def test_few_clusters_are_in_the_intervals_and_not_in_the_tests():
    given = answers(120, seed=4)
    cluster = pd.Series(np.arange(120) % 12)
    alone, few = (measurement_invariance(given, FACTORS, paired=True, cluster=c) for c in (None, cluster))
    for statistic in ("p_value_difference", "chi_square"):
        assert of(few.steps, statistic=statistic)["estimate"].tolist() == pytest.approx(
            of(alone.steps, statistic=statistic)["estimate"].tolist()
        )
    score_tests = [of(found.items, statistic="score_test")["estimate"].tolist() for found in (alone, few)]
    assert score_tests[0] == pytest.approx(score_tests[1])
    one, other = (of(found.steps, statistic="latent_mean_difference").iloc[0] for found in (alone, few))
    assert one["estimate"] == pytest.approx(other["estimate"]) and other["method"].endswith("12 clusters")
    # 12 clusters at random: t(11) is 1.123 times the normal quantile, a twentieth on top; the errors differ by chance
    assert 0.7 * 1.18 < (other["upper"] - other["lower"]) / (one["upper"] - one["lower"]) < 1.4 * 1.18


def test_holm_as_in_r():
    # p.adjust(c(.01, .02, .03, .9, .02), "holm")
    assert holm([0.01, 0.02, 0.03, 0.9, 0.02]) == pytest.approx([0.05, 0.08, 0.08, 0.9, 0.08])


@pytest.mark.parametrize(("p", "freed"), [(0.0019, {"i2": "loadings"}), (0.0022, {})])
def test_all_tests_of_a_form_share_one_level(p, freed):
    # six items and four steps: the least p counts 24 times, .0456 and .0528
    design = Design(("a", "b"), {"f": tuple(ITEMS)}, False, dict.fromkeys(ITEMS, 4))
    changes = {"p_value": 0.01, "cfi_difference": 0.0, "rmsea_difference": 0.0}

    def fit(step, freed, before=None):
        return SimpleNamespace(step=step, freed=freed, changed=changes.get)

    def item_tests(fitted, items):
        least = p if fitted.step == "loadings" and "i2" in items else 0.5
        values = [least if item == "i2" else 0.5 for item in items]
        return pd.DataFrame({"item": items, "score_test": values, "p_value": values})

    results = all_steps(SimpleNamespace(design=design, fit=fit, item_tests=item_tests), 0.05)
    assert results[-1].kept.freed == freed
    assert results[2].tests["p_adjusted"].tolist() == pytest.approx([1, 24 * p, 1, 1, 1, 1])


def test_a_freed_item_stays_free_at_later_steps():
    design = Design(("a", "b"), {"f": ("x", "y", "z")}, True, dict.fromkeys("xyz", 4))
    text = model_text(design, "residuals", {"y": "loadings"})
    assert "f.2 =~ load.x*x.2 + y.2 + load.z*z.2" in text
    # its thresholds stay equal, so that intercept and residual variance are free
    assert "y.2 | thr.y.1*t1" in text and "y.2 ~ NA*1" in text and "y.2 ~~ NA*y.2" in text
    assert "x.2 ~ 0*1" in text and "x.2 ~~ 1*x.2" in text
    assert "x.1 ~~ x.2" in text
