"""Variance components agree with lme4, intraclass correlations of raters with psych and with Shrout & Fleiss."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.variance.components import one_factor, two_factors
from psychometrics.variance.nesting import clients_in_therapists, sessions_in_clients
from psychometrics.variance.raters import rater_agreement

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "reliability" / "components.json").read_text())
# the deviance is flat at its minimum: two optimisers agree on it long before they agree on the components
FLAT = 2e-6


def sessions():
    answers = pd.read_csv(HERE / "data" / "sessions.csv")
    return answers.assign(score=answers.filter(regex=r"^i\d").mean(axis=1))


def ratings(incomplete=False):
    frame = pd.read_csv(HERE / "data" / "raters.csv")
    frame["score"] = frame.filter(regex=r"^i\d").mean(axis=1)
    if incomplete:
        client, rater = frame["client"], frame["rater"]
        frame = frame[((client + 2 * rater) % 3 != 0) | ((rater == 1) & (client < 30))]
    return frame.pivot(index="client", columns="rater", values="score")


def estimates(rows):
    return rows.set_index("statistic")["estimate"]


def test_clients_in_therapists():
    first = sessions().query("session == 1")
    rows = clients_in_therapists(first["score"], first["therapist"])
    golden, found = GOLDEN["nested"]["therapist"], estimates(rows)
    assert (rows["n"] == golden["n"]).all() and (rows["groups"] == 25).all()
    assert found["variance_therapist"] == pytest.approx(golden["therapist"], abs=FLAT)
    assert found["variance_client"] == pytest.approx(golden["Residual"], abs=FLAT)
    icc = golden["therapist"] / (golden["therapist"] + golden["Residual"])
    assert found["icc_therapist"] == pytest.approx(icc, abs=FLAT)


def test_sessions_in_clients():
    every = sessions()
    golden = GOLDEN["nested"]["client"]
    found = estimates(sessions_in_clients(every["score"], every["client"], None))
    assert found["variance_client"] == pytest.approx(golden["client"], abs=FLAT)
    assert found["variance_session"] == pytest.approx(golden["Residual"], abs=FLAT)


def test_three_levels():
    every = sessions()
    golden = GOLDEN["nested"]["three_levels"]
    found = estimates(sessions_in_clients(every["score"], every["client"], every["therapist"], draws=100))
    for ours, theirs in (("therapist", "therapist"), ("client", "client"), ("session", "Residual")):
        assert found[f"variance_{ours}"] == pytest.approx(golden[theirs], abs=FLAT)
    codes = [pd.factorize(every[name])[0] for name in ("client", "therapist")]
    assert two_factors(every["score"], *codes).mean == pytest.approx(golden["mean"], abs=FLAT)


def test_a_component_of_zero():
    score = pd.read_csv(HERE / "data" / "likert7_missing.csv").mean(axis=1).to_numpy()
    group = np.repeat(np.arange(69), np.resize(np.arange(1, 9), 69))[:300]
    golden, found = GOLDEN["nested"]["no_variance"], one_factor(score, group)
    assert found.first == golden["group"] == 0
    assert found.residual == pytest.approx(golden["Residual"], abs=1e-9)


def check_psych(rows, golden, tolerance=1e-10):
    names = {
        "ICC1": "icc_1",
        "ICC2": "icc_a1",
        "ICC3": "icc_c1",
        "ICC1k": "icc_1k",
        "ICC2k": "icc_ak",
        "ICC3k": "icc_ck",
    }
    ours = rows.set_index("statistic").loc[[names[kind] for kind in golden["type"]]]
    np.testing.assert_allclose(ours["estimate"], golden["icc"], atol=tolerance)
    # R's and scipy's F quantiles agree to about 1e-10
    np.testing.assert_allclose(ours["lower"], golden["lower"], atol=max(tolerance, 1e-8))
    np.testing.assert_allclose(ours["upper"], golden["upper"], atol=max(tolerance, 1e-8))


def test_complete_ratings():
    check_psych(rater_agreement(ratings()), GOLDEN["raters"]["complete"])
    check_psych(rater_agreement(ratings()), GOLDEN["raters"]["complete_lmer"], 1e-5)  # lmer's default tolerance
    check_psych(rater_agreement(ratings()[[2, 3]]), GOLDEN["raters"]["two"])
    binary = pd.read_csv(HERE / "data" / "binary.csv").iloc[:100, :3]
    check_psych(rater_agreement(binary), GOLDEN["raters"]["binary"])


def test_shrout_and_fleiss():
    table = pd.DataFrame([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    rows = rater_agreement(table)
    check_psych(rows, GOLDEN["raters"]["shrout_fleiss"])
    # as printed in Shrout & Fleiss (1979), table 4
    np.testing.assert_allclose(estimates(rows), [0.17, 0.29, 0.71, 0.44, 0.62, 0.91], atol=0.005)


def test_incomplete_ratings():
    rows, golden = rater_agreement(ratings(incomplete=True), draws=200), GOLDEN["raters"]
    found, two, one = estimates(rows), golden["incomplete"], golden["incomplete_one_way"]
    assert rows["ratings"].iloc[0] == two["n"]
    assert found["icc_a1"] == pytest.approx(two["client"] / (two["client"] + two["rater"] + two["Residual"]), abs=FLAT)
    assert found["icc_c1"] == pytest.approx(two["client"] / (two["client"] + two["Residual"]), abs=FLAT)
    assert found["icc_1"] == pytest.approx(one["client"] / (one["client"] + one["Residual"]), abs=FLAT)
    # lmer's default tolerance; psych's ICC(1) comes from the two-way model, its k is the number of raters
    psych = dict(zip(golden["incomplete_lmer"]["type"], golden["incomplete_lmer"]["icc"], strict=True))
    assert found["icc_a1"] == pytest.approx(psych["ICC2"], abs=1e-5)
    assert found["icc_c1"] == pytest.approx(psych["ICC3"], abs=1e-5)
    assert 4 * found["icc_c1"] / (1 + 3 * found["icc_c1"]) == pytest.approx(psych["ICC3k"], abs=1e-5)
