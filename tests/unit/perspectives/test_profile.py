"""Parts of a squared distance against a slow transcription; pseudo-dyads and p where the answer is known."""

import numpy as np
import pytest

from psychometrics.perspectives import profile
from psychometrics.perspectives.profile import compare_all_profiles, compare_profiles, profile_agreement


def written_out(x, y):
    """The formula as it is printed, for one dyad."""
    pairs = [(a, b) for a, b in zip(x, y, strict=True) if np.isfinite(a) and np.isfinite(b)]
    k = len(pairs)
    means = [sum(pair[side] for pair in pairs) / k for side in range(2)]
    sds = [(sum((pair[side] - means[side]) ** 2 for pair in pairs) / k) ** 0.5 for side in range(2)]
    covariance = sum((a - means[0]) * (b - means[1]) for a, b in pairs) / k
    r = covariance / (sds[0] * sds[1])
    return (means[0] - means[1]) ** 2, (sds[0] - sds[1]) ** 2, 2 * sds[0] * sds[1] * (1 - r), r


@pytest.fixture
def answers():
    rng = np.random.default_rng(5)
    one, two = rng.integers(1, 8, size=(2, 24, 9)).astype(float)
    one[rng.random(one.shape) < 0.1] = np.nan
    return one, two


def test_parts_of_the_distance(answers):
    one, two = answers
    found = compare_profiles(one, two)
    for i in range(len(one)):
        parts = [found.elevation[i], found.scatter[i], found.shape[i], found.r[i]]
        assert parts == pytest.approx(written_out(one[i], two[i]))
        assert found.d2[i] == pytest.approx(np.nanmean((one[i] - two[i]) ** 2))


def test_all_pairs_are_the_pairs_one_by_one(answers):
    one, two = answers
    found = compare_all_profiles(one, two)
    for shift in range(3):
        pairs = np.arange(24), np.roll(np.arange(24), shift)
        alone = compare_profiles(one, two[pairs[1]])
        assert found.d2[pairs] == pytest.approx(alone.d2)
        assert found.r[pairs] == pytest.approx(alone.r)


def test_flat_profiles_have_no_shape_and_are_counted():
    rng = np.random.default_rng(1)
    one, two = rng.integers(1, 8, size=(2, 12, 6)).astype(float)
    one[:2], two[0] = 7, 4
    rows = profile_agreement(one, two, repairings=10)
    flat = rows[rows["statistic"] == "flat_profiles"]
    assert flat[["role", "estimate"]].to_numpy().tolist() == [["first", 2], ["second", 1]]
    assert rows.set_index("statistic").loc["shape_r", "n"] == 10
    # both flat: their distance is elevation alone
    assert compare_profiles(one[:1], two[:1]).d2 == pytest.approx(9.0)


def test_dyads_that_agree_no_more_than_others_of_the_therapist():
    # all clients of a therapist give the same answers: whom one asks makes no difference
    rng = np.random.default_rng(2)
    units = np.arange(40) // 4
    one, two = (rng.normal(size=(10, 8))[units] for _ in range(2))
    rows = profile_agreement(one, one + 0.5 * two, units=units, repairings=50).set_index("statistic")
    assert rows.loc["shape_r", "estimate"] > 0.5
    assert rows.loc["shape_r_beyond_chance", "estimate"] == pytest.approx(0, abs=1e-12)
    assert rows.loc["shape_r_beyond_chance", "p"] == 1


def test_dyads_that_agree_more_than_any_other_pairing():
    one = np.random.default_rng(3).normal(size=(30, 10))
    rows = profile_agreement(one, one, repairings=99).set_index("statistic")
    assert rows.loc["shape_r", "estimate"] == pytest.approx(1)
    assert rows.loc["shape_r_beyond_chance", "p"] == pytest.approx(0.01)
    assert rows.loc["profile_d2_beyond_chance", "p"] == pytest.approx(0.01)


def test_p_is_uniform_without_agreement():
    rng = np.random.default_rng(4)
    found = []
    for _ in range(30):
        one, two = rng.normal(size=(2, 12, 5))
        rows = profile_agreement(one, two, repairings=19, units=np.arange(12) // 4)
        found.append(rows.set_index("statistic").loc["shape_r_beyond_chance", "p"])
    # a mean of 30 uniform values has the SD .29 / sqrt(30) = .05: four of them
    assert np.mean(found) == pytest.approx(0.525, abs=0.2)


def test_many_dyads_are_put_into_pools(monkeypatch):
    one, two = np.random.default_rng(6).normal(size=(2, 50, 6))
    whole = profile_agreement(one, two, repairings=5).set_index("statistic")["estimate"]
    monkeypatch.setattr(profile, "LARGEST_POOL", 20)
    parted = profile_agreement(one, two, repairings=5).set_index("statistic")["estimate"]
    assert whole["shape_r"] == parted["shape_r"]
    assert whole["shape_r_by_chance"] != parted["shape_r_by_chance"]


@pytest.mark.parametrize(
    ("shape", "reason"), [((10, 2), "a profile needs 3 items"), ((2, 8), "fewer than three dyads have both profiles")]
)
def test_too_little(shape, reason):
    rows = profile_agreement(*np.random.default_rng(0).normal(size=(2, *shape)))
    assert rows["note"].str.startswith(reason).all()


def test_one_dyad_per_therapist_is_paired_across_therapists():
    one = np.random.default_rng(7).normal(size=(15, 8))
    rows = profile_agreement(one, one, units=np.arange(15), repairings=20).set_index("statistic")
    assert np.isfinite(rows.loc["shape_r_by_chance", "estimate"])


@pytest.mark.filterwarnings("error")
def test_one_therapist_leaves_nobody_when_left_out():
    one, two = np.random.default_rng(8).normal(size=(2, 5, 8))
    rows = profile_agreement(one, two, units=np.zeros(5), repairings=20).set_index("statistic")
    assert np.isfinite(rows.loc["mean_profile_r", "estimate"]) and np.isnan(rows.loc["mean_profile_r", "lower"])
