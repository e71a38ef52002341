"""How numbers and remarks look in the tables of the report."""

import numpy as np
import pytest

from pipeline.report.numbers import (
    coefficient,
    ordinal,
    p_value,
    percent,
    percent_as_given,
    points,
    remark,
    with_interval,
)


@pytest.mark.parametrize(
    "value, text",
    [
        (0.834, ".83"),
        (-0.2, "−.20"),
        (1.07, "1.07"),
        (10.5, "10.50"),
        (-0.001, ".00"),
        (np.nan, "–"),
    ],
)
def test_coefficients(value, text):
    assert coefficient(value) == text


@pytest.mark.parametrize("value, text", [(0.364, "36%"), (-0.002, "0%"), (-0.03, "−3%"), (np.nan, "–")])
def test_percentages(value, text):
    assert percent(value) == text


@pytest.mark.parametrize("value, text", [(0.497, "49.7"), (0.5, "50"), (0.5049, "50.5"), (0.51, "51"), (0.3, "30")])
def test_no_rounding_onto_a_mark(value, text):
    assert points(value, (0.5, 0.2)) == text


def test_a_share_that_was_set_keeps_its_digits():
    assert [percent_as_given(0.95), percent_as_given(0.975)] == ["95%", "97.5%"]


def test_intervals():
    row = {"estimate": 0.83, "lower": 0.8, "upper": 0.86}
    assert with_interval(row) == ".83 [.80, .86]"
    assert with_interval(row | {"lower": np.nan}) == ".83"
    assert with_interval(row, percent) == "83% [80, 86]"


def test_every_part_of_the_notes_once():
    notes = ["3 of 12 items load elsewhere; provisional key (CALPAS-P)", "", "provisional key (CALPAS-P)"]
    assert remark(*({"note": note} for note in notes)) == notes[0]


@pytest.mark.parametrize(
    "value, text",
    [(0.00099, "< .001"), (0.001, ".001"), (0.0049, ".005"), (0.05, ".050"), (1.0, "1.000"), (np.nan, "–")],
)
def test_p_values(value, text):
    assert p_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(95.0, "95th"), (97.5, "97.5th"), (91, "91st"), (92, "92nd"), (93, "93rd"), (12, "12th")]
)
def test_ordinal_numbers(value, text):
    assert ordinal(value) == text
