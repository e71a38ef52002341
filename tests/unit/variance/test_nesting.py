"""Clients within therapists and sessions within clients: formulas, and the reason where nothing can be said."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.variance.nesting import clients_in_therapists, sessions_in_clients


@pytest.fixture
def study():
    rng = np.random.default_rng(3)
    therapist = np.repeat(np.arange(10), np.resize([2, 5, 8], 10))
    return pd.DataFrame(
        {
            "score": rng.normal(size=10)[therapist] + rng.normal(size=len(therapist)),
            "therapist": [f"t{i}" for i in therapist],
        }
    )


def by_statistic(rows):
    return rows.set_index("statistic")


def test_design_effect(study):
    rows = by_statistic(clients_in_therapists(study["score"], study["therapist"]))
    icc, deff, effective = (rows.loc[name] for name in ("icc_therapist", "design_effect", "effective_n"))
    sizes = study["therapist"].value_counts()
    m = (sizes**2).sum() / sizes.sum()
    assert icc["group_size"] == pytest.approx(m) and icc["groups"] == 10 and icc["n"] == len(study)
    # the variance of the mean of correlated scores, written out, over that of independent ones
    same = np.equal.outer(study["therapist"].to_numpy(), study["therapist"].to_numpy())
    correlation = np.where(same, icc["estimate"], 0.0)
    np.fill_diagonal(correlation, 1)
    assert deff["estimate"] == pytest.approx(correlation.sum() / len(study))
    assert deff["lower"] == pytest.approx(1 + (m - 1) * icc["lower"])
    assert effective["estimate"] * deff["estimate"] == pytest.approx(len(study))
    assert effective["lower"] < effective["estimate"] < effective["upper"]


def test_clients_without_a_therapist_are_left_out_and_counted(study):
    more = pd.concat([study, pd.DataFrame({"score": [1.0, 2.0, np.nan], "therapist": [None, None, "t1"]})])
    one = clients_in_therapists(study["score"], study["therapist"])
    two = clients_in_therapists(more["score"], more["therapist"])
    pd.testing.assert_frame_equal(one.drop(columns="note"), two.drop(columns="note"))
    assert (two["note"] == "2 clients without a named therapist left out").all()


@pytest.mark.parametrize(
    "score, therapist, reason",
    [
        ([1, 2, 3], [None, None, None], "no client has a named therapist"),
        ([1, 2, 3, 4], ["a", "a", "b", "b"], "fewer than three therapists"),
        ([1, 2, 3, 4], ["a", "b", "c", "d"], "every therapist has one client"),
        ([3, 3, 3, 3, 3], ["a", "a", "b", "b", "c"], "the scores do not vary"),
        ([1, 1, 3, 3, 5], ["a", "a", "b", "b", "c"], "the scores of one therapist do not vary"),
        ([], [], "no client has a named therapist"),
    ],
)
def test_reasons(score, therapist, reason):
    rows = clients_in_therapists(np.array(score, dtype=float), therapist)
    assert len(rows) == 5 and rows["estimate"].isna().all() and (rows["note"] == reason).all()


def test_sessions_of_clients(study):
    rng = np.random.default_rng(1)
    long = pd.concat(
        [study.assign(client=study.index, score=study["score"] + 0.5 * rng.normal(size=len(study))) for _ in range(3)]
    )
    rows = by_statistic(sessions_in_clients(long["score"], long["client"], long["therapist"], draws=300))
    estimate = rows["estimate"]
    assert estimate["icc_same_client"] == pytest.approx(estimate["icc_therapist"] + estimate["icc_client"])
    total = estimate[["variance_therapist", "variance_client", "variance_session"]].sum()
    assert estimate["variance_session"] / total == pytest.approx(1 - estimate["icc_same_client"])
    limits = rows.filter(like="icc", axis=0)
    assert (limits["lower"] < limits["estimate"]).all() and (limits["estimate"] < limits["upper"]).all()
    without = by_statistic(sessions_in_clients(long["score"], long["client"], None))
    assert without.index.tolist() == ["icc_same_client", "variance_client", "variance_session"]
    assert without["note"].eq("therapists left out of the model: no client has a named therapist").all()


def test_one_session_per_client_says_so(study):
    rows = sessions_in_clients(study["score"], study.index, study["therapist"])
    assert rows["estimate"].isna().all() and rows["note"].str.startswith("every client has one session").all()
