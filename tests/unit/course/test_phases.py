"""Phases by hand and by pandas."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.course.items_over_phases import items_by_content, items_over_phases
from psychometrics.course.phases import FEW, NO_R_C, alpha_by_phase, phases_of_course
from psychometrics.reliability.coefficients import coefficient_alpha

PHASES = ["early", "middle", "late"]


@pytest.fixture
def scores(planted):
    frame = planted(dyads=60, therapists=12, sessions=9, mean=lambda time: 0.1 * time, keep=0.8)
    return frame.assign(phase=pd.cut(frame["session"], [0, 3, 6, 9], labels=PHASES).astype(str))


def test_means_and_changes(scores):
    rows = phases_of_course(scores, PHASES, error_variance=0.2, possible=(0, 10)).set_index(
        ["statistic", "phase", "phase_2"]
    )
    means = scores.groupby(["dyad", "phase"])["score"].mean().unstack()
    assert rows.loc[("phase_mean", "late", ""), "estimate"] == pytest.approx(means["late"].mean())
    both = means[["early", "late"]].dropna()
    change = (both["late"] - both["early"]).mean()
    assert rows.loc[("phase_change", "early", "late"), "estimate"] == pytest.approx(change)
    assert rows.loc[("phase_change_d", "early", "late"), "estimate"] == pytest.approx(change / both["early"].std())
    assert rows.loc[("phase_stability", "early", "late"), "estimate"] == pytest.approx(both.corr().iloc[0, 1])
    # the jackknife of a mean over dyads is the usual standard error
    difference = both["late"] - both["early"]
    se = rows.loc[("phase_change", "early", "late"), "se"]
    assert se == pytest.approx(difference.std() / np.sqrt(len(difference)), rel=1e-6)


def test_reliable_change(scores):
    rows = phases_of_course(scores, PHASES, error_variance=0.2).set_index(["statistic", "phase", "phase_2"])
    by_dyad = scores.groupby(["dyad", "phase"])["score"]
    means, counts = by_dyad.mean().unstack(), by_dyad.size().unstack()
    both = means[["early", "late"]].notna().all(axis=1)
    limit = 1.959964 * np.sqrt(0.2 * (1 / counts.loc[both, "early"] + 1 / counts.loc[both, "late"]))
    change = (means["late"] - means["early"])[both]
    pair = ("early", "late")
    assert rows.loc[("reliable_increase", *pair), "estimate"] == pytest.approx((change > limit).mean())
    assert rows.loc[("reliable_decrease", *pair), "estimate"] == pytest.approx((change < -limit).mean())
    # 1.959964 is rounded
    assert rows.loc[("reliable_change_within", *pair), "estimate"] == pytest.approx(limit.median(), rel=1e-6)


def test_reasons(scores):
    rows = phases_of_course(scores, PHASES)
    assert (rows.loc[rows["statistic"] == "reliable_increase", "note"] == NO_R_C).all()
    few = scores[(scores["phase"] != "late") | scores["dyad"].isin(["1", "2"])]
    late = phases_of_course(few, PHASES).query("phase_2 == 'late'")
    assert late["note"].tolist() == [FEW, FEW]
    flat = phases_of_course(scores.assign(score=3.0), PHASES).set_index(["statistic", "phase"])
    assert flat.loc[("phase_stability", "early"), "note"].iloc[0] == "the scores of a phase do not vary"
    assert flat.loc[("phase_change", "early"), "estimate"].iloc[0] == 0


def answers(seed: int, expertise: float) -> pd.DataFrame:
    """Eight items of 200 clients; the last two go with the others by `expertise`."""
    rng = np.random.default_rng(seed)
    common = np.random.default_rng(0).normal(size=(200, 1))
    weight = np.array([1.0] * 6 + [expertise] * 2)
    columns = [f"x_{item:02d}" for item in range(1, 9)]
    return pd.DataFrame(common * weight + rng.normal(size=(200, 8)), columns=columns)


def test_alpha_is_that_of_the_means():
    table = answers(1, 1.0)
    found = alpha_by_phase({"early": table}, {"early": pd.Series(range(200))}).iloc[0]
    assert found["estimate"] == pytest.approx(float(coefficient_alpha(table.cov().to_numpy())))
    assert found["lower"] < found["estimate"] < found["upper"] < 1
    few = alpha_by_phase({"early": table.iloc[:2]}, {"early": pd.Series(range(200))}).iloc[0]
    assert np.isnan(few["estimate"]) and few["note"]


def test_items_that_lose_weight():
    early, late = answers(1, 1.0), answers(2, 0.2)
    rows = items_over_phases(early, late).set_index(["statistic", "item"])

    def weight(table: pd.DataFrame, item: str) -> float:
        return float(np.corrcoef(table[item], table.drop(columns=item).mean(axis=1))[0, 1])

    change = weight(late, "x_08") - weight(early, "x_08")
    assert rows.loc[("item_weight_change", "x_08"), "estimate"] == pytest.approx(change)
    assert rows.loc[("item_weight_change", "x_08"), "upper"] < 0
    assert rows.loc[("item_change", "x_01"), "estimate"] == pytest.approx((late["x_01"] - early["x_01"]).mean())
    codes = pd.DataFrame({"form": "x", "item": range(1, 9), "coder": "A"})
    codes["theme"] = ["trust"] * 6 + ["therapist's expertise"] * 2
    kinds = items_by_content(codes, early, late, draws=200, seed=1)
    own = kinds[(kinds["statistic"] == "difference_item_weight_change") & kinds["category"].str.startswith("therapist")]
    assert own["upper"].iloc[0] < 0 and not kinds["statistic"].isna().any()
