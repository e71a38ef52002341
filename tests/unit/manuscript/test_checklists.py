"""Checklists: every item is understood, and says where it is answered or that it is not."""

from pathlib import Path

import yaml

from manuscript.checklists import row

LISTS = yaml.load((Path(__file__).parents[3] / "workflow/checklists.yaml").read_text(), yaml.CSafeLoader)
NEEDS = {"answers", "items", "item_codes", "sessions", "raters", "perspectives", "therapists", "flow", "pairs"}
NUMBERS = {"descriptives": "1", "pattern_client": "4", "pattern_therapist": "5"}


def test_items_have_known_keys_only():
    for content in LISTS.values():
        for item in content["items"]:
            assert set(item) <= {"item", "where", "needs", "partly"}, item
            assert item.get("needs", "items") in NEEDS, item


def test_an_item_with_the_numbers_of_its_tables():
    item = {"item": "All coefficients", "where": "{pattern}; Results", "needs": "items"}
    assert row(item, {"items"}, NUMBERS) == ("All coefficients", "yes", "Tables 4 and 5; Results")


def test_an_item_that_is_not_answered_says_so():
    assert row({"item": "Power"}, {"items"}, NUMBERS)[1:] == ("no", "for the authors")
    assert row({"item": "x", "where": "y", "needs": "raters"}, {"items"}, NUMBERS)[1:] == ("no", "not in these data")
    assert row({"item": "x", "where": "{mtmm}"}, {"items"}, NUMBERS)[1:] == ("no", "not in these data")


def test_a_part_that_is_missing_is_named():
    assert row({"item": "x", "where": "y", "partly": "z"}, set(), NUMBERS)[1:] == ("partly", "y; z")
