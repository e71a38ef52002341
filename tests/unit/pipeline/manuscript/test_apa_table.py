"""Numbers below each other, and tables that do not fit."""

import pytest

from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner, numbered


def table(*cells: str, **changes) -> ApaTable:
    rows = [Row(["x", cell]) for cell in cells]
    return ApaTable("t", "T", [Column("Measure", "left"), Column("*r*")], rows, **changes)


def test_points_stand_below_each_other():
    # room before and behind: a digit for a digit (a minus and a bracket take about as much), a point for a point
    found = table(".59\\*\\*\\*", "−.07", "12.30", "5", "(.88)", "—", "[.26, .45]").padding(1)
    assert found == [("00", ""), ("0", "000"), ("", "000"), ("0", ".00000"), ("0", "00"), ("", ""), ("", "")]


def test_heads_of_rows_and_columns_of_text_have_no_padding():
    own = table("1.5")
    own.rows.insert(0, Row(["Client"]))
    assert own.padding(0) == [("", ""), ("", "")]
    assert own.padding(1)[0] == ("", "")


def test_a_row_with_a_cell_too_many_stops():
    own = table("1")
    own.rows.append(Row(["x", "1", "2"]))
    with pytest.raises(ValueError, match="3 cells, not 2"):
        numbered([own])


def test_a_spanner_beyond_the_columns_stops():
    with pytest.raises(ValueError, match="spanner"):
        numbered([table("1", spanners=[Spanner("α", 1, 2)])])


def test_tables_are_numbered_but_for_those_that_have_a_number():
    assert [one.number for one in numbered([table("1"), table("1", number="2a"), table("1")])] == ["1", "2a", "3"]
