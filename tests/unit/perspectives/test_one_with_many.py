"""Balanced designs have a closed form; what cannot be told says why."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.perspectives.one_with_many import NO_THERAPIST, ONE_EACH, one_with_many

ROLES = ["by_client", "by_therapist"]


def balanced(therapists: int, clients: int, seed: int = 1, spread: float = 0.6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(therapists), clients)
    shared = rng.multivariate_normal([0, 0], spread * np.array([[1, 0.5], [0.5, 1]]), therapists)
    own = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1.5]], len(codes))
    data = pd.DataFrame(shared[codes] + own + [6, 5], columns=ROLES)
    return data.assign(therapist=[f"t{code}" for code in codes], client=np.arange(len(codes)))


def estimates(rows: pd.DataFrame) -> dict[str, list[float]]:
    return rows.groupby("statistic")["estimate"].apply(list).to_dict()


def test_closed_form_of_a_balanced_design():
    """D: mean cross-products within therapists; T: those between them minus D, by clients."""
    data, n = balanced(12, 4), 4
    means = data.groupby("therapist")[ROLES].transform("mean")
    inside = data[ROLES] - means
    dyad = (inside.T @ inside).to_numpy() / (12 * (n - 1))
    about = (means - data[ROLES].mean()).to_numpy()
    therapist = (about.T @ about / 11 - dyad) / n
    found = estimates(one_with_many(data, draws=2))
    # the search stops where the criterion, flat at its minimum, changes by 1e-9
    close = {"rel": 1e-4}
    assert found["variance_therapist"] == pytest.approx(np.diag(therapist), **close)
    assert found["variance_dyad"] == pytest.approx(np.diag(dyad), **close)
    assert found["generalized_reciprocity"] == pytest.approx(
        [therapist[0, 1] / np.sqrt(np.diag(therapist).prod())], **close
    )
    assert found["dyadic_reciprocity"] == pytest.approx([dyad[0, 1] / np.sqrt(np.diag(dyad).prod())], **close)
    assert found["share_therapist"] == pytest.approx(np.diag(therapist) / np.diag(therapist + dyad), **close)
    assert found["role_mean"] == pytest.approx(data[ROLES].mean().tolist(), **close)


def test_shares_of_a_role_sum_to_one():
    data = pd.concat([balanced(10, 3).assign(session=session) for session in (1, 2)], ignore_index=True)
    data[ROLES] += np.random.default_rng(2).normal(0, 0.5, (len(data), 2))
    rows = one_with_many(data, sessions=True, draws=20, seed=1)
    shares = rows[rows["statistic"].str.startswith("share_")]
    assert shares.groupby("role")["estimate"].sum().tolist() == pytest.approx([1, 1])
    assert (shares["lower"] <= shares["estimate"]).all() and (shares["estimate"] <= shares["upper"]).all()
    assert set(rows["therapists"]) == {10} and set(rows["dyads"]) == {30}


def test_a_variance_of_0_leaves_generalized_reciprocity_undefined():
    data = balanced(12, 4)
    data["by_client"] -= data.groupby("therapist")["by_client"].transform("mean")
    rows = one_with_many(data, draws=10).set_index(["statistic", "role"])
    assert rows.loc[("share_therapist", "by_client"), "estimate"] == 0
    row = rows.loc[("generalized_reciprocity", "")]
    assert np.isnan(row["estimate"])
    assert "the variance of the ratings by by_client is 0 at this level" in row["note"]
    assert np.isfinite(rows.loc[("dyadic_reciprocity", ""), "estimate"])


def test_fewer_than_ten_therapists_have_no_interval():
    rows = one_with_many(balanced(8, 6), draws=10)
    split = rows[rows["statistic"] != "role_mean"]
    assert split["lower"].isna().all()
    assert split["note"].str.contains("8 therapists, fewer than 10").all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.assign(therapist=None), NO_THERAPIST),
        (lambda data: data.assign(therapist=data["client"].astype(str)), ONE_EACH),
        (lambda data: data.assign(therapist="t"), "there is one therapist"),
        (lambda data: data.assign(by_client=3.0), "the ratings by by_client do not vary"),
        (lambda data: data.assign(by_therapist=np.nan), "the ratings by by_therapist do not vary"),
        (
            lambda data: data.assign(by_client=data["therapist"].str[1:].astype(float)),
            "the ratings by by_client of one therapist do not vary between dyads",
        ),
        (lambda data: data.head(0), "the ratings by by_client do not vary"),
    ],
)
def test_what_cannot_be_told_says_why(change, reason):
    rows = one_with_many(change(balanced(12, 3)), draws=10)
    assert rows["estimate"].isna().all()
    assert rows["note"].str.startswith(reason).all()
    assert {"share_therapist", "generalized_reciprocity", "dyadic_reciprocity"} <= set(rows["statistic"])


def test_without_therapists_sessions_still_tell_the_dyad():
    data = pd.concat([balanced(10, 3).assign(session=session) for session in (1, 2, 3)], ignore_index=True)
    data[ROLES] += np.random.default_rng(2).normal(0, 0.5, (len(data), 2))
    rows = one_with_many(data.assign(therapist=None), sessions=True, draws=20).set_index("statistic")
    assert np.isfinite(rows.loc["dyadic_reciprocity", ["estimate", "lower", "upper"]].astype(float)).all()
    assert rows.loc["generalized_reciprocity", "note"] == NO_THERAPIST
    assert "therapists left out" in rows.loc["session_reciprocity", "note"]


def test_a_client_with_two_therapists_is_two_dyads_and_unnamed_ones_are_counted():
    data = balanced(12, 3)
    data.loc[0, "therapist"] = None
    data.loc[35, "client"] = 34  # of t11, as its neighbour
    data.loc[35, "therapist"] = "t3"
    rows = one_with_many(data, draws=2)
    assert set(rows["dyads"]) == {35}
    assert rows["note"].str.contains("1 dyad without a named therapist left out").all()


def test_both_roles_agreeing_throughout_end_in_numbers_or_reasons():
    data = balanced(12, 3)
    rows = one_with_many(data.assign(by_therapist=data["by_client"]), draws=5)
    assert (rows["estimate"].notna() | rows["note"].ne("")).all()
