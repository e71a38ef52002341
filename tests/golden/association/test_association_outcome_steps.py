"""The account, early gains, compensation and latent therapist means agree with R: lm, AIC, lme4, nlme and lavaan."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, Residual, example_answers, mixed_model
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.outcome_account import outcome_account
from psychometrics.association.outcome_compensation import compensation
from psychometrics.association.outcome_early_gains import early_gains
from psychometrics.association.outcome_latent_means import latent_therapist_means, slopes_of

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "outcome_steps.json").read_text())
DATA = pd.read_csv(HERE / "outcome_sessions.csv")
SAME = {"rel": 1e-9}  # the same arithmetic
# two optimisers meet at a flat top: the golden file of mixed models has these tolerances
REML = {"rel": 1e-4, "abs": 1e-6}
SESSIONS = range(3, 8)


def columns(stem: str) -> pd.DataFrame:
    own = DATA.filter(regex=f"^{stem}_")
    return own.set_axis([int(name.split("_")[1]) for name in own], axis=1)


def units() -> np.ndarray:
    return DATA["therapist"].to_numpy()


def test_the_account():
    symptoms, golden = columns("symptoms"), GOLDEN["account"]
    rows = outcome_account(
        columns("client"),
        symptoms[12],
        resample_units(units(), 20, seed=1),
        therapists=DATA["therapist"],
        reliability=0.9,
        change=symptoms[7] - symptoms[1],
        other=columns("therapist"),
    )
    got = {name: own["estimate"].tolist() for name, own in rows.groupby("statistic")}
    assert rows.loc[rows["statistic"] == "account_r2", "n"].eq(golden["n"]).all()
    assert got["account_r2"] == pytest.approx(golden["r2"], **SAME)
    assert got["account_generalizability"] == pytest.approx(golden["g"], **REML)
    assert got["account_r2_predicted"] == pytest.approx(golden["predicted"], **REML)
    excess = np.array(golden["r2"][1:]) - golden["predicted"]
    assert got["account_excess"] == pytest.approx(excess, **REML)
    assert got["account_r2_alliance_corrected"] == pytest.approx(golden["alliance_corrected"], **REML)
    assert got["account_r2_outcome_corrected"] == pytest.approx(np.array(golden["r2"])[[0, 4]] / 0.9, **SAME)
    assert got["account_r2_corrected"] == pytest.approx(np.array(golden["alliance_corrected"]) / 0.9, **REML)
    for ours, theirs in [
        ("r2_given_change", "given_change"),
        ("early_gains", "early_gains"),
        ("r2_other_rater", "other"),
        ("rater", "rater"),
        ("between_therapists", "between"),
    ]:
        assert got[f"account_{ours}"] == pytest.approx([golden[theirs]], **SAME), ours


@pytest.mark.parametrize("session", GOLDEN["gains"])
def test_early_gains(session):
    golden = GOLDEN["gains"][session]
    rows = early_gains(columns("client")[[int(session)]], columns("symptoms"), units=units()).set_index("statistic")
    for ours, theirs in [
        ("r_after", "after"),
        ("r_before", "before"),
        ("r_partial", "partial"),
        ("robustness_value", "robustness"),
    ]:
        row = rows.loc[f"early_gains_{ours}"]
        assert (row["estimate"], row["n"]) == (pytest.approx(golden[theirs], **SAME), golden["n"]), ours


def test_compensation():
    golden = GOLDEN["compensation"]
    rows = compensation(
        DATA[["bond", "goal", "task"]],
        DATA["symptoms_12"],
        resample_units(units(), 20, seed=1),
        baseline=DATA[["symptoms_1"]],
        reliabilities={"bond": 0.85, "goal": 0.8, "task": 0.9},
    )
    assert set(rows["n"]) == {golden["n"]}
    by_model = rows.set_index(["statistic", "model"])["estimate"]
    for name, of in [("aicc", "aicc"), ("r2", "r2"), ("r2_predicted", "predicted")]:
        assert by_model[f"compensation_{name}"].to_dict() == pytest.approx(golden[of], **SAME), name
    gains = {model: value - golden["predicted"]["additive"] for model, value in golden["predicted"].items()}
    gains.pop("additive")
    assert by_model["compensation_gain"].to_dict() == pytest.approx(gains, **SAME)
    slopes = rows[rows["statistic"] == "compensation_slope"].set_index(["model", "term"])["estimate"]
    for model, wanted in golden["slopes"].items():
        assert slopes[model].to_dict() == pytest.approx(wanted, **SAME), model
    assert by_model["compensation_bond_at_low_goal"].item() == pytest.approx(golden["low"], **SAME)
    assert by_model["compensation_bond_at_high_goal"].item() == pytest.approx(golden["high"], **SAME)
    corrected = rows[rows["statistic"] == "compensation_slope_corrected"].set_index(["model", "term"])["estimate"]
    assert corrected["with products"].tolist() == pytest.approx(golden["corrected"], **SAME)
    assert corrected["additive"].tolist() == pytest.approx(golden["corrected_additive"], **SAME)
    share = by_model["compensation_r2_corrected", "with products"].item()
    assert share == pytest.approx(golden["r2_corrected"], **SAME)


def of(case: str) -> pd.DataFrame:
    if case == "library":
        answers = example_answers()
        alliance = answers.filter(regex="^wai_[0-9]").mean(axis=1)
        return answers[["outcome", "therapist"]].assign(alliance=alliance)
    shipped = pd.read_csv(HERE / "outcome_scores.csv")
    return shipped.rename(columns={case: "alliance"})[["outcome", "therapist", "alliance", "baseline"]]


@pytest.mark.parametrize("case", GOLDEN["latent"])
def test_latent_therapist_means(case):
    data, golden = of(case), GOLDEN["latent"][case]
    baseline = data[["baseline"]] if "baseline" in data else None
    rows = latent_therapist_means(data["outcome"], data["alliance"], data["therapist"], baseline=baseline, draws=0)
    wanted = [golden["reml"]["within"], golden["reml"]["between"]]
    assert rows["estimate"].tolist()[:2] == pytest.approx(wanted, **REML)
    assert rows["estimate"].tolist()[2] == pytest.approx(wanted[1] - wanted[0], **REML)
    assert set(rows["n"]) == {golden["n"]}
    # lavaan has maximum likelihood only: the same model by the same engine
    complete = data.dropna().reset_index(drop=True)
    roles = [
        complete.assign(role=role, value=complete[role], client=complete.index) for role in ("alliance", "outcome")
    ]
    fixed = ["role", "role:baseline"] if "baseline" in data else ["role"]
    residual = Residual(by="role", within="client", correlated=True)
    fit = mixed_model(
        pd.concat(roles), "value", fixed, [Block("therapist", ["role"])], residual=residual, restricted=False
    )
    found = slopes_of(fit.residual_covariance.to_numpy()[None], fit.covariances["therapist"].to_numpy()[None])[0]
    # lavaan stops with a gradient that it calls not quite 0
    assert found[:2].tolist() == pytest.approx([golden["ml"]["within"], golden["ml"]["between"]], rel=1e-4)
