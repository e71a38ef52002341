"""Numbered columns that belong together are found by their names."""

import pytest

from pipeline.data.item_blocks import item_blocks
from pipeline.data.item_columns import item_names, sessions_in_names


def named(pattern: str, items: int, sessions=("",)) -> list[str]:
    return [
        pattern.replace("{session}", str(session)).format(item=item)
        for session in sessions
        for item in range(1, items + 1)
    ]


@pytest.mark.parametrize(
    "pattern, items", [("wai_{item}", 12), ("HAQ{item:02d}", 19), ("q{item}_c", 24), ("7. WAI [{item:03d}]", 36)]
)
def test_a_pattern_is_found_and_names_the_same_columns(pattern, items):
    names = named(pattern, items)
    (block,) = item_blocks(["id", "age", *reversed(names)])
    assert block.columns == pattern and block.items == items
    assert list(item_names(block.columns, items, "").values()) == names


def test_two_forms_and_single_columns():
    blocks = item_blocks(["id", *named("wai{item}", 12), *named("haq{item}", 19), "bdi1", "bdi2", "t1"])
    assert [block.columns for block in blocks] == ["haq{item}", "wai{item}"]


@pytest.mark.parametrize("pattern", ["wai_s{session}_{item:02d}", "T{session}.wai{item}", "wai{item}_time{session}"])
def test_sessions_in_the_names(pattern):
    names = named(pattern, 12, (1, 2, 3))
    (block,) = item_blocks(names)
    assert (block.columns, block.items, sorted(block.names)) == (pattern, 12, sorted(names))
    assert sessions_in_names(pattern, names, {}) == block.sessions == {"1": 1, "2": 2, "3": 3}


def test_more_sessions_than_items():
    (block,) = item_blocks(named("srs_s{session}_{item}", 4, range(1, 11)))
    assert block.items == 4 and len(block.sessions) == 10


def test_words_for_occasions_are_sessions_in_their_order():
    (block,) = item_blocks(named("post_wai_{item}", 12) + named("pre_wai_{item}", 12))
    assert block.columns == "{session}_wai_{item}" and block.sessions == {"pre": 1, "post": 2}


def test_two_questions_of_a_survey_are_no_sessions():
    blocks = item_blocks(named("Q5_{item}", 12) + named("Q6_{item}", 12))
    assert [block.columns for block in blocks] == ["Q5_{item}", "Q6_{item}"]


def test_irregular_names_are_a_list():
    names = ["WAI1", "WAI2r", "WAI3_bond", "WAI4r", "WAI5"]
    (block,) = item_blocks(["id", *names])
    assert block.columns == names


def test_turned_copies_beside_the_items_do_not_hide_them():
    blocks = item_blocks([*named("wai{item}", 12), "wai4r", "wai10r", "wai_total"])
    assert [block.columns for block in blocks] == ["wai{item}"]
