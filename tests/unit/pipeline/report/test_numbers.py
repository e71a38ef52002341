"""How numbers and remarks look in the tables of the report."""

import numpy as np
import pytest

from pipeline.report.numbers import coefficient, percent, remark, with_interval


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


@pytest.mark.parametrize("value, text", [(0.364, "36 %"), (-0.002, "0 %"), (-0.03, "−3 %"), (np.nan, "–")])
def test_percentages(value, text):
    assert percent(value) == text


def test_intervals():
    row = {"estimate": 0.83, "lower": 0.8, "upper": 0.86}
    assert with_interval(row) == ".83 [.80, .86]"
    assert with_interval(row | {"lower": np.nan}) == ".83"
    assert with_interval(row, percent) == "83 % [80 %, 86 %]"


def test_every_part_of_the_notes_once():
    notes = ["3 of 12 items load elsewhere; provisional key (CALPAS-P)", "", "provisional key (CALPAS-P)"]
    assert remark(*({"note": note} for note in notes)) == notes[0]
