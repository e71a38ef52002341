"""Findings on the quality of answers: one line each, and none where the numbers are unsuspicious."""

import numpy as np
import pandas as pd
import pytest

from score.findings import careless_findings, end_findings, missing_findings

LABELS = {"wai_s": "WAI-S"}
QUIET = {"same_answers_pairs": 12, "same_answers_expected": 4.0, "carried_forward_count": 2, "shifted_rows": 0}
QUIET |= {"two_flags_share": 0.04}


def table(rows, **columns):
    frame = pd.DataFrame([{"estimate": np.nan, "lower": np.nan, "upper": np.nan} | row for row in rows])
    return frame.assign(form="wai_s", perspective="client", item=frame.get("item", np.nan), **columns)


def careless(**changes):
    return table([{"statistic": name, "estimate": value, "n": 200} for name, value in (QUIET | changes).items()])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"same_answers_pairs": 22}, ""),
        (
            {"same_answers_pairs": 23},
            "23 pairs of people with the same answers to every item, where 4.00 would be expected",
        ),
        ({"same_answers_pairs": 2, "same_answers_expected": 0.0}, ""),
        ({"carried_forward_count": 4}, ""),
        ({"carried_forward_count": 5}, "in 5 of 200 sessions all answers are the same as in the session before"),
        (
            {"shifted_rows": 1},
            "1 row fits far better when shifted by one column, as if there were a cell too many or too few; compare it",
        ),
        ({"shifted_rows": 4}, "4 rows fit far better when shifted by one column"),
        ({"two_flags_share": 0.06}, "6% of the people show two signs of carelessness or more"),
        ({"same_answers_pairs": np.nan, "same_answers_expected": np.nan, "carried_forward_count": np.nan}, ""),
    ],
)
def test_careless(changes, sentence):
    found = careless_findings(careless(**changes), LABELS)
    assert len(found) == bool(sentence)
    assert all(line.startswith("WAI-S, client: ") and sentence in line and line.endswith(".") for line in found)


def of(statistic, estimate, lower=np.nan, upper=np.nan, group=np.nan):
    return {"statistic": statistic, "estimate": estimate, "lower": lower, "upper": upper, "group": group}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (of("mcar_p", 0.02), ""),
        (of("mcar_p", 0.004), "answers are not missing completely at random (Little's test, p = .004)"),
        (of("mcar_p", 1e-9), "(Little's test, p < .001)"),
        (of("form_missing_share", 0.2), ""),
        (of("form_missing_share", 0.25), "25% of the clients who returned anything did not return this form"),
        (of("missing_icc_therapist", 0.1, 0.0, 0.3), ""),
        (of("missing_icc_therapist", 0.2, 0.05, 0.4), "depends on the therapist (ICC = .20 [.05, .40])"),
        (of("missing_difference", 0.5, -0.1, 1.1, "distress"), ""),
        (of("missing_difference", 0.1, 0.05, 0.15, "distress"), ""),
        (of("missing_difference", 0.5, 0.1, 0.9, "distress"), "have higher values of distress (d = 0.50 [0.10, 0.90])"),
        (of("score_difference_without_value", -0.5, -0.9, -0.1, "distress"), "without distress have lower totals"),
    ],
)  # fmt: skip
def test_missing(row, sentence):
    found = missing_findings(table([row]), LABELS)
    assert len(found) == bool(sentence)
    assert all(line.startswith("WAI-S, client: ") and sentence in line for line in found)


def test_most_items_at_an_end():
    rows = [
        {"item": f"i{item:02d}", "statistic": statistic, "estimate": share}
        for item, high in enumerate((0.6, 0.55, 0.4), start=1)
        for statistic, share in (("ceiling_share", high), ("floor_share", 0.1))
    ]
    (line,) = end_findings(table(rows), LABELS)
    assert line.startswith("WAI-S, client: most people give the highest answer to 2 of 3 items")
    assert end_findings(table(rows[2:]), LABELS) == []
