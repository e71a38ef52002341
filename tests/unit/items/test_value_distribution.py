"""Moments of a variable by hand; and a histogram in which nobody shows."""

import numpy as np
import pytest

from psychometrics.items.value_distribution import describe_values, histogram_bars


def test_by_hand():
    rows = describe_values([*range(1, 13), np.nan, np.nan]).set_index("statistic")["estimate"]
    assert rows["value_mean"] == 6.5
    assert rows["value_sd"] == pytest.approx(np.sqrt(13))  # (12^2 - 1) / 12 * 12 / 11
    assert (rows["value_median"], rows["value_fifth_lowest"], rows["value_fifth_highest"]) == (6.5, 5, 8)
    assert rows["value_missing_share"] == pytest.approx(1 / 7)
    assert rows["value_bar_count"].sum() == 12


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("whole", [True, False])
def test_no_bar_has_fewer_than_five_people_and_every_value_is_in_one(seed, whole):
    rng = np.random.default_rng(seed)
    values = 10 ** rng.uniform(-2, 3) * rng.standard_t(2, size=rng.integers(10, 300))
    values = np.round(values) if whole else values
    bars = histogram_bars(values)
    if not bars:
        assert sorted(values)[4] == sorted(values)[-5]
    assert all(people >= 5 for _, _, people in bars)
    assert [high for _, high, _ in bars[:-1]] == pytest.approx([low for low, _, _ in bars[1:]])
    for low, high, people in bars:
        above = (values >= low - 1e-9) | ((low, high) == bars[0][:2])
        assert people == (above & ((values < high - 1e-9) | ((low, high) == bars[-1][:2]))).sum()
    assert len(bars) <= 22


def test_limits_show_no_persons_value():
    values = np.r_[np.arange(10, 60), 73, 74, 75, 76, 77.0]
    bars = histogram_bars(values)
    assert (bars[0][0], bars[-1][1]) == (10, 75)
    assert histogram_bars(np.r_[values, -40, 200.0])[0][0] > -40
    scale = np.r_[np.repeat([3.0, 4, 5, 6], 8), 0, 9]  # neither of the two shows
    assert [bar[:2] for bar in histogram_bars(scale)] == [(2.5, 3.5), (3.5, 4.5), (4.5, 5.5), (5.5, 6.5)]
    assert [bar[2] for bar in histogram_bars(scale)] == [9, 8, 8, 9]


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "fewer than 5 people"), ([1, 2, 3, 4], "fewer than 5 people"), ([7] * 9, "nearly all values are the same")],
)
def test_too_little_says_so(values, reason):
    rows = describe_values(values)
    last = rows[rows["statistic"] == "value_bar_count"].iloc[0]
    assert np.isnan(last["estimate"])
    assert last["note"] == reason
    assert (rows.loc[rows["estimate"].isna(), "note"] != "").all()
