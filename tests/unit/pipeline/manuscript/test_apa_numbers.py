"""Numbers as the Publication Manual writes them."""

import math

import pytest

from pipeline.manuscript import apa_numbers as apa

ROW = {"estimate": 0.3569, "lower": 0.26, "upper": 0.4526, "level": 0.95}
NONE = {"estimate": 0.3569, "lower": math.nan, "upper": math.nan, "level": math.nan}


def test_no_zero_before_the_point_where_a_number_cannot_exceed_one():
    assert apa.with_ci(ROW) == ".36, 95% CI [.26, .45]"
    assert apa.with_ci(NONE) == ".36"


def test_shares_without_a_space_before_the_percent_sign():
    assert apa.with_ci_percent(ROW) == "36%, 95% CI [26, 45]"
    assert apa.with_ci_percent(ROW | {"estimate": 0.4972}) == "49.7%, 95% CI [26, 45]"  # not 50%


@pytest.mark.parametrize(
    "p, shown", [(0.0004, "*p* < .001"), (0.0116, "*p* = .012"), (0.5, "*p* = .500"), (1.0, "*p* = 1.000")]
)
def test_p(p, shown):
    assert apa.p_statement(p) == shown


@pytest.mark.parametrize("p, shown", [(0.05, ""), (0.049, "*"), (0.009, "**"), (0.0009, "***"), (math.nan, "")])
def test_stars(p, shown):
    assert apa.stars(p) == shown


def test_negative_numbers_have_a_minus():
    assert apa.cell(-0.07) == "−.07"
    assert apa.cell(math.nan) == "—"


def test_a_series_of_parts_with_commas():
    assert apa.series(["a, 1", "b, 2"]) == "a, 1 and b, 2"
    assert apa.series(["a, 1", "b, 2", "c, 3"]) == "a, 1; b, 2; and c, 3"


def test_a_list_has_a_comma_before_its_last_part():
    assert [apa.listed("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b, and c"]
