"""Decimal points of a column stand below each other."""

import pytest

from pipeline.report.alignment import Room, rooms


def column(*cells):
    return rooms([["name", cell] for cell in cells])[1]


@pytest.mark.parametrize(
    "cells, room",
    [
        ((".83 [.80, .86]", "1.02", "–"), Room(1, False)),
        ((".83", ".80"), Room(1, False)),  # the place of a zero, which another table of the page may need
        (("−.10 [−.19, −.02]", ".04"), Room(1, True)),
        ((".10 [−.02, .19]", ".04 [.01, .11]"), Room(1, False, Room(0, True), Room(0, False))),
        (("36% [26, 45]", "9% [4, 103]"), Room(2, False, Room(2, False), Room(3, False))),
        (("−107", "43"), Room(3, True)),
        (("< .001", ".982"), Room(2, False)),
        (("1,204", "3%", "8 (73%)"), Room(5, False)),
        (("< .001 *", ".500 *"), Room(2, False)),
        (("3", "first"), Room()),
        (("", "–"), Room()),
        (("1234567890", "1"), Room()),
    ],
)
def test_room_in_front_of_the_point(cells, room):
    assert column(*cells) == room


def test_the_first_column_names_the_row():
    assert rooms([["3", "4"]]) == [Room(), Room(1)]
    assert rooms([]) == []


def test_cells():
    room = Room(2, True)
    assert room.cell("−.10 [−.19, −.02]") == (
        '<span class="k"><span class="p2 neg">−</span>.10</span> <span class="k">[−.19, −.02]</span>'
    )
    assert room.cell("10% [5, 20] *") == (
        '<span class="k"><span class="p2 neg">10</span>%</span> <span class="k">[5, 20]</span> *'
    )
    assert room.cell("–") == '<span class="p2 neg">–</span>'
    assert room.cell("") == ""
    assert Room().cell("<b>") == "&lt;b&gt;"
    assert Room(2).cell("< .001") == '<span class="p2">&lt;\N{NO-BREAK SPACE}</span>.001'


def test_limits_stand_below_each_other_in_cells_that_are_not_broken():
    room = Room(1, False, Room(0, True), Room(0, False))
    assert room.cell(".10 [−.02, .19]") == (
        '<span class="k"><span class="p1"></span>.10</span> '
        '<span class="k">[<span class="p0 neg">−</span>.02, <span class="p0"></span>.19]</span>'
    )
    assert room.cell(".10") == '<span class="p1"></span>.10'
    assert room.cell(".10 [−.02, .19], <b>") == '<span class="p1"></span>.10 [−.02, .19], &lt;b&gt;'
