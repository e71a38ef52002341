"""Planted slopes, lack of data, and what the notes say; numbers against R stand in tests/golden/association."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.low_outliers import KEPT, TREATMENTS
from psychometrics.association.outcome_levels import FEW, NO_THERAPIST, SINGLE, UNRELIABLE, outcome_within_between
from psychometrics.not_computable import NotComputable


def study(therapists: int = 20, clients: int = 6, between: float = 5.0, spread: float = 1.0) -> pd.DataFrame:
    """Slopes of 2 within and of `between` between therapists, with hardly any noise."""
    rng = np.random.default_rng(7)
    therapist = np.repeat(np.arange(therapists), clients)
    own = rng.normal(0, 1, len(therapist))
    own -= np.bincount(therapist, own)[therapist] / clients
    mean = spread * rng.normal(0, 1, therapists)[therapist]
    before = rng.normal(0, 1, len(therapist))
    outcome = 2 * own + between * mean + 3 * before + rng.normal(0, 0.01, len(therapist))
    names = [f"t{code}" for code in therapist]
    return pd.DataFrame({"therapist": names, "alliance": own + mean, "outcome": outcome, "before": before})


def analysed(data: pd.DataFrame, **options) -> pd.DataFrame:
    return outcome_within_between(
        data["outcome"], data["alliance"], data["therapist"], baseline=data[["before"]], **options
    )


def why(data: pd.DataFrame) -> str:
    with pytest.raises(NotComputable) as reason:
        analysed(data)
    return str(reason.value)


def test_planted_slopes_are_found():
    rows = analysed(study(), treatments=[KEPT]).set_index("statistic")["estimate"]
    # noise of .01 on 120 clients: slopes are known to about .001 within and .003 between therapists
    assert rows["within_slope"] == pytest.approx(2, abs=0.01)
    assert rows["between_slope"] == pytest.approx(5, abs=0.02)
    assert rows["context_effect"] == pytest.approx(3, abs=0.02)


def test_treatments_stand_one_after_the_other():
    data = study()
    data.loc[3, "alliance"] -= 30
    rows = analysed(data)
    assert list(rows["treatment"].unique()) == [treatment.name for treatment in TREATMENTS]
    n = rows[rows["statistic"] == "within_slope"].set_index("treatment")["n"]
    assert n.to_dict() == {
        "kept": 120,
        "dropped below 3 SD": 119,
        "dropped below 2 SD": 119,
        "winsorized at 3 SD": 120,
        "winsorized at 2 SD": 120,
    }


def test_where_nobody_lies_below_the_rows_say_so():
    data = study(spread=0.01)
    data["alliance"] = np.where(data.index % 2, 5.0, 4.0) + 0.01 * np.arange(len(data)) / len(data)
    rows = analysed(data)
    other = rows[(rows["treatment"] != KEPT.name) & (rows["statistic"] == "within_slope")]
    assert other["note"].str.contains("nobody lies below").all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.assign(therapist=None), NO_THERAPIST),
        (lambda data: data.assign(therapist=[f"t{row}" for row in data.index]), SINGLE),
        (lambda data: data[data["therapist"].isin(["t1"])], "therapists whose clients have .*: 1; .* need 3"),
        (lambda data: data[data["therapist"].isin(["t1", "t2"])], "therapists whose clients have .*: 2; .* need 3"),
        (lambda data: data.assign(outcome=np.nan), "no client with a therapist has alliance, outcome and baseline"),
        (lambda data: data.assign(outcome=1.0), "the outcome does not vary"),
        (lambda data: data.assign(before=1.0), "the baseline before does not vary"),
        (lambda data: data.assign(alliance=1.0), "the alliance does not vary within therapists"),
        (lambda data: data.assign(alliance=data.index % 2), "the alliance does not vary between therapists"),
        (lambda data: data.assign(outcome=data["before"]), "outcome does not vary beyond the fixed effects"),
    ],
)
def test_lack_is_a_reason(change, reason):
    assert pd.Series(why(change(study()))).str.fullmatch(reason).item()


def test_fewer_than_ten_therapists_is_said_of_what_they_differ_in():
    rows = analysed(study(therapists=9), treatments=[KEPT]).set_index("statistic")
    assert FEW in rows.loc["between_slope", "note"]
    assert FEW in rows["note"]["therapist_share"].iloc[0]
    assert FEW not in rows.loc["within_slope", "note"]


def test_a_group_of_thirty_is_analysed():
    rows = analysed(study(therapists=10, clients=3), treatments=[KEPT])
    assert rows["estimate"].notna().all()
    assert set(rows["n"]) == {30}


def test_clients_without_a_therapist_are_counted():
    data = study()
    data.loc[:3, "therapist"] = None
    rows = analysed(data, treatments=[KEPT])
    assert (rows["n"] == 116).all()
    assert rows["note"].str.endswith("4 clients without a therapist left out").all()


def test_means_of_therapists_who_hardly_differ_are_unreliable():
    rows = analysed(study(spread=0.1), treatments=[KEPT])
    mean = rows[(rows["statistic"] == "therapist_mean_reliability") & rows["clients"].isna()].iloc[0]
    assert mean["estimate"] < 0.5
    assert UNRELIABLE in mean["note"]


def test_parts_of_the_variance_and_the_residual_are_all_of_it():
    rows = analysed(study(), treatments=[KEPT])
    after = rows[rows["model"] == "baseline and alliance"].set_index("statistic")["estimate"]
    # hardly any noise: nothing is left, and therapists differ in nothing but their clients' alliance
    assert after[["r2_within", "r2_between", "r2_therapist"]].sum() == pytest.approx(1, abs=1e-4)
    before = rows[rows["model"] == "baseline"].set_index("statistic")["estimate"]
    assert before["therapist_share"] > 0.5
