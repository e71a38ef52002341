"""Whole therapists are drawn, and the rows say so."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.perspectives import actor_partner, one_with_many, sampled, truth_and_bias
from psychometrics.perspectives.sampled import sample_therapists


def ratings(therapists: int = 30, clients: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = therapists * clients
    shared = rng.normal(size=therapists).repeat(clients)
    frame = pd.DataFrame({"client": range(n), "session": 1, "therapist": [f"t{i // clients:02d}" for i in range(n)]})
    first, second = (shared + rng.normal(size=n) for _ in range(2))
    return frame.assign(by_client=first, by_therapist=second, y=first + rng.normal(size=n))


def test_all_dyads_of_a_therapist_are_drawn():
    data = ratings()
    kept, note = sample_therapists(data, seed=3, most=50)
    assert note == "a random sample of 12 of 30 therapists (48 of 120 dyads)"
    assert kept.groupby("therapist").size().eq(4).all() and kept.index.is_monotonic_increasing
    again, _ = sample_therapists(data, seed=4, most=50)
    assert set(again["therapist"]) != set(kept["therapist"])


def test_few_dyads_are_all_kept():
    data = ratings()
    assert sample_therapists(data, seed=1)[0] is data
    assert sample_therapists(data, seed=1, most=120)[1] == ""


def test_dyads_without_a_named_therapist_stand_for_themselves():
    kept, _ = sample_therapists(ratings().assign(therapist=None), seed=1, most=50)
    assert len(kept) == 50


@pytest.mark.parametrize("what", ["many", "truth", "partner"])
def test_the_rows_say_so(what, monkeypatch):
    monkeypatch.setattr(sampled.sample_therapists, "__defaults__", (60,))
    data = ratings()
    if what == "many":
        rows = one_with_many.one_with_many(data, draws=2)
    elif what == "truth":
        named = data.rename(columns={"by_therapist": "judge", "by_client": "truth"})
        rows = truth_and_bias.truth_and_bias(named, draws=2)
    else:
        rows = actor_partner.actor_partner(data, {"by_client": "y"}, draws=2)
    known = rows[rows["estimate"].notna()]
    assert known["note"].str.contains(r"a random sample of 15 of 30 therapists \(60 of 120 dyads\)").all()
    assert set(known["therapists"]) == {15}
