"""Facts of the Method section that the shipped data do not have."""

from types import SimpleNamespace

from manuscript.facts_on_method import flow
from pipeline.report.wording import words

ROWS = [
    {"form": "", "stage": "recruited", "reason": "", "clients": 320},
    {"form": "", "stage": "returned", "reason": "", "clients": 300, "administrations": 610},
    {"form": "", "stage": "excluded", "reason": "withdrew *consent*", "clients": 2, "administrations": 1},
    {"form": "", "stage": "excluded", "reason": "pilot", "clients": 5, "administrations": 14},
    {"form": "wai_s", "stage": "excluded", "reason": "pilot", "clients": 5, "administrations": 9},
    {"form": "", "stage": "analysed", "reason": "", "clients": 293, "administrations": 595},
]


def test_who_was_recruited_and_what_was_excluded():
    told = words("manuscript").flow(flow(SimpleNamespace(flow=ROWS)))
    assert told == (
        "Of 320 clients who were recruited, 300 returned at least one questionnaire. "
        "Excluded: 1 questionnaire (withdrew \\*consent\\*); 14 questionnaires (pilot)."
    )


def test_nothing_is_said_where_nobody_was_excluded():
    assert flow(SimpleNamespace(flow=[row for row in ROWS if row["stage"] in ("returned", "analysed")])) == {}
