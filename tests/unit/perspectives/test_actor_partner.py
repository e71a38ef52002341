"""Planted paths are found; k is a ratio, and has no value where the actor path may be 0."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.perspectives import actor_partner as module
from psychometrics.perspectives.actor_partner import actor_partner

ROLES = ["by_client", "by_therapist"]
BOTH = {"by_client": "y", "by_therapist": "z"}


def study(therapists: int = 15, clients: int = 5, sessions: int = 1, *, seed: int = 1) -> pd.DataFrame:
    """The client's outcome rests on both (2 and 1), the therapist's on the own alliance alone (1.5)."""
    rng = np.random.default_rng(seed)
    n = therapists * clients
    client = np.repeat(np.arange(n), sessions)
    person = rng.multivariate_normal([0, 0], [[0.5, 0.1], [0.1, 0.5]], n)[client]
    alliance = person + rng.normal(0, 0.6, (len(client), 2))
    data = pd.DataFrame(alliance + np.array([5.5, 5.0]), columns=ROLES)
    shared = rng.normal(0, 0.5, len(client)) + rng.normal(0, 0.4, therapists)[client // clients]
    data["y"] = 2 * data["by_client"] + data["by_therapist"] + shared + rng.normal(0, 0.5, len(client))
    data["z"] = 1.5 * data["by_therapist"] + shared + rng.normal(0, 0.8, len(client))
    data["session"] = np.tile(np.arange(1, sessions + 1), n)
    return data.assign(client=client, therapist=[f"t{code:02d}" for code in client // clients])


def test_what_was_planted_is_found():
    rows = actor_partner(study(), BOTH, draws=60, seed=1)
    own = rows.set_index(["role", "statistic"])
    for key, value in {
        ("by_client", "actor_path"): 2,
        ("by_client", "partner_path"): 1,
        ("by_client", "partner_actor_ratio"): 0.5,
        ("by_therapist", "actor_path"): 1.5,
        ("by_therapist", "partner_path"): 0,
        ("by_therapist", "partner_actor_ratio"): 0,
    }.items():
        low, high = own.loc[key, ["lower", "upper"]]
        assert low < value < high, key
    # what both outcomes share beyond the therapists: .25 of variances .5 and .89
    assert own.loc[("", "residual_correlation"), "estimate"] == pytest.approx(0.25 / np.sqrt(0.5 * 0.89), abs=0.2)
    assert (rows["lower"] <= rows["estimate"]).all() and (rows["estimate"] <= rows["upper"]).all()


def test_a_model_without_therapists_is_least_squares():
    data = study().assign(therapist=None)
    rows = actor_partner(data, {"by_client": "y"}, draws=20).set_index("statistic")
    design = np.column_stack([np.ones(len(data)), data[ROLES]])
    slopes = np.linalg.lstsq(design, data["y"], rcond=None)[0]
    assert rows.loc[["actor_path", "partner_path"], "estimate"].tolist() == pytest.approx(slopes[1:], rel=1e-9)
    assert rows.loc["partner_actor_ratio", "estimate"] == pytest.approx(slopes[2] / slopes[1], rel=1e-9)
    assert rows.loc["actor_path_standardized", "estimate"] == pytest.approx(
        slopes[1] * data["by_client"].std() / data["y"].std(), rel=1e-9
    )
    assert "therapists left out of the model: no dyad has a named therapist" in rows.loc["actor_path", "note"]
    assert rows.loc["actor_path", "method"] == "REML; CR2 by dyad, Satterthwaite"


def test_k_is_undefined_where_the_actor_path_may_be_0():
    data = study()
    data["y"] = data["by_therapist"] + np.random.default_rng(2).normal(size=len(data))
    rows = actor_partner(data, {"by_client": "y"}, draws=20).set_index("statistic")
    assert (
        np.isnan(rows.loc["partner_actor_ratio", "estimate"])
        and rows.loc["partner_actor_ratio", "note"] == module.ACTOR_OF_0
    )


def test_within_and_between_dyads():
    rows = actor_partner(study(sessions=4), {"by_client": "y"}, sessions=True, draws=40)
    own = rows.set_index(["part", "statistic"])
    for part in ("within", "between"):
        for name, value in (("actor_path", 2), ("partner_path", 1), ("partner_actor_ratio", 0.5)):
            low, high = own.loc[(part, name), ["lower", "upper"]]
            assert low < value < high, (part, name)
    assert set(rows["dyads"]) == {75} and set(rows["therapists"]) == {15} and set(rows["n"]) == {300}


def test_a_baseline_is_held_constant():
    data, rng = study(), np.random.default_rng(5)
    before = data["by_client"] + rng.normal(size=len(data))
    data = data.assign(before=before, y=data["y"] + 3 * before)
    plain, held = (
        actor_partner(data, {"by_client": "y"}, baseline=baseline, draws=2).set_index("statistic").loc["actor_path"]
        for baseline in ([], ["before"])
    )
    assert held["lower"] < 2 < held["upper"] < plain["estimate"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.assign(by_therapist=np.nan), module.NOBODY),
        (lambda data: data.assign(y=np.nan), module.NOBODY),
        (lambda data: data.assign(y=1.0), "outcome of the rows with an outcome of by_client does not vary"),
        (
            lambda data: data.assign(by_client=4.0),
            "the own alliance of the rows with an outcome of by_client does not vary",
        ),
        (lambda data: data.assign(by_therapist=data["by_client"]), "partner follows from the other fixed effects"),
        (lambda data: data.head(4), "the model has 4 parameters for 4 rows"),
    ],
)
def test_what_cannot_be_told_says_why(change, reason):
    rows = actor_partner(change(study()), {"by_client": "y"}, draws=10)
    assert rows["estimate"].isna().all() and rows["note"].eq(reason).all()
    assert rows["statistic"].tolist() == ["actor_path", "partner_path", "partner_actor_ratio"]


def test_one_session_has_nothing_within_dyads():
    rows = actor_partner(study(), {"by_client": "y"}, sessions=True, draws=10)
    assert rows["note"].eq(module.ONE_EACH).all() and set(rows["part"]) == {"within", "between"}


def test_fewer_than_ten_therapists_have_no_interval_of_k():
    rows = actor_partner(study(6, 8), BOTH, draws=10).set_index(["role", "statistic"])
    k = rows.loc[("by_client", "partner_actor_ratio")]
    assert np.isfinite(k["estimate"]) and np.isnan(k["lower"])
    assert "6 therapists, fewer than 10" in k["note"]


def test_unnamed_therapists_are_counted():
    data = study()
    data.loc[2, "therapist"] = None
    rows = actor_partner(data, {"by_client": "y"}, draws=2)
    assert rows["note"].str.contains("1 dyad without a named therapist left out").all()
    assert set(rows["dyads"]) == {74}
