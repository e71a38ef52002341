"""Planted carelessness is flagged, honest answers are not; by the index that should see it."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.items.careless import careless_flags, careless_indices, careless_responding

ITEMS = [f"i{j:02d}" for j in range(1, 13)]
SCALES = {letter: [ITEMS[2 * j], ITEMS[2 * j + 1]] for j, letter in enumerate("abcdef")}


@pytest.fixture
def honest():
    """200 people, six scales of two items, no item reversed."""
    rng = np.random.default_rng(5)
    scales = np.repeat(rng.normal(size=(200, 6)), 2, axis=1)
    latent = 4 + 0.5 * rng.normal(size=(200, 1)) + 1.6 * scales + 0.6 * rng.normal(size=(200, 12))
    return pd.DataFrame(np.clip(np.round(latent), 1, 7), columns=ITEMS)


def flags_of(answers, moments=True):
    known = (answers.mean(), answers.cov()) if moments else None
    indices, reasons = careless_indices(answers, answers, SCALES, known)
    return careless_flags(indices, 12, 6), reasons


@pytest.mark.parametrize(
    ("row", "flag"),
    [
        ([4] * 12, "long_run"),
        ([4, 4, 4, 4, 4, 4, 1, 6, 2, 5, 1, 7], "long_run"),
        ([1, 7, 1, 7, 7, 1, 7, 1, 1, 7, 1, 7], "distant"),
        ([1, 7, 1, 7, 7, 1, 7, 1, 1, 7, 1, 7], "even_odd"),
        ([1, 7, 3, 5, 7, 1, 5, 3, 1, 7, 3, 5], "synonyms"),
    ],
)
def test_planted(honest, row, flag):
    honest.iloc[7] = row
    flags, reasons = flags_of(honest)
    assert flags[flag].iloc[7]
    assert "antonyms" in reasons  # no item is reversed
    assert flags[flag].mean() < 0.1  # by chance hardly anybody else


def test_answers_to_reversed_items_that_agree_with_the_others_are_flagged(honest):
    honest[["i02", "i06", "i10"]] = 8 - honest[["i02", "i06", "i10"]]
    honest.iloc[7] = [1, 2, 2, 1, 6, 7, 6, 7, 4, 3, 4, 4]
    flags, reasons = flags_of(honest)
    assert "antonyms" not in reasons
    assert flags["antonyms"].iloc[7]
    assert flags["antonyms"].mean() < 0.1


def test_summary_counts_the_flags(honest):
    honest.iloc[:10] = 4
    flags, _ = flags_of(honest)
    moments = honest.mean(), honest.cov()
    rows = careless_responding(honest, honest, SCALES, moments).set_index("statistic")
    assert rows.estimate["long_run_share"] == flags["long_run"].mean() >= 0.05
    assert rows.estimate["two_flags_share"] == (flags.sum(axis=1) > 1).mean()
    assert rows.note["antonym_consistency"] == "fewer than 3 pairs of items correlate below -.60"


def test_what_cannot_be_judged_flags_nobody_and_says_why(honest):
    rows = careless_responding(honest.iloc[:, :3], honest.iloc[:, :3], {"a": ITEMS[:3]}, None)
    without = rows[rows["estimate"].isna()].set_index("statistic")["note"]
    assert without["even_odd_low_share"] == "fewer than 3 scales of two items or more"
    assert without["distant_share"] == "the covariances of the items cannot be estimated"
    assert (without != "").all()


def test_nobody(honest):
    rows = careless_responding(honest.iloc[:0], honest.iloc[:0], SCALES, None)
    counts = ["synonym_pairs", "antonym_pairs"]
    rest = rows[~rows["statistic"].isin(counts)]
    assert rest["estimate"].isna().all()
    assert (rest["note"] != "").all()
