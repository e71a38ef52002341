"""The section of the report on multitrait-multimethod matrices: rows and sentences."""

import numpy as np
import pandas as pd
import pytest

from association.section_association import mtmm_sentences
from association.shown_mtmm import comparisons_table, criteria_table, distinct, htmt_table
from pipeline.report.numbers import coefficient

LABELS = {"wai_s": "WAI-S", "haq2": "HAq-II"}
LIMITS = ["lower", "upper", "level", "n", "holds", "certain", "comparisons", "block", "block_2"]
NAMES = [f"{name}{end}" for end in ("", "_2", "_3", "_4") for name in ("perspective", "form", "scale")]


def pair(one, two, end=""):
    """`c.wai_s`, `t.haq2`"""
    ends = ("", "_2") if not end else ("_3", "_4")
    found = {}
    for score, at in zip((one, two), ends, strict=True):
        who, form = score.split(".")
        found |= {f"perspective{at}": {"c": "client", "t": "therapist"}[who], f"form{at}": form, f"scale{at}": "total"}
    return found


def table(rows):
    frame = pd.DataFrame(rows).reindex(columns=["group", "criterion", "statistic", "estimate", *NAMES, *LIMITS, "note"])
    return frame.astype({"group": object, "note": object}).fillna({"note": "", "group": "instruments"})


ROWS = [
    pair("c.wai_s", "t.wai_s") | {"statistic": "validity", "estimate": 0.37},
    pair("c.haq2", "t.haq2") | {"statistic": "validity", "estimate": 0.31},
    pair("c.wai_s", "t.haq2") | {"statistic": "heterotrait_heteromethod", "estimate": 0.24},
    pair("c.wai_s", "t.wai_s")
    | {"statistic": "comparison", "criterion": 1, "estimate": 0.37, "lower": 0.21, "upper": 0.51, "holds": 1},
    pair("c.wai_s", "t.wai_s")
    | pair("c.wai_s", "t.haq2", "other")
    | {"statistic": "comparison", "criterion": 2, "estimate": 0.13, "lower": 0.03, "upper": 0.23, "holds": 1},
    {"statistic": "comparison", "criterion": 4, "note": "fewer than three traits"},
    {"statistic": "kendall_w", "criterion": 4, "note": "fewer than three traits"},
    {"statistic": "criterion", "criterion": 1, "estimate": 1.0, "holds": 2, "certain": 2, "comparisons": 2},
    {"statistic": "criterion", "criterion": 2, "estimate": 0.25, "holds": 1, "certain": 1, "comparisons": 4},
    {"statistic": "criterion", "criterion": 3, "estimate": 0.0, "holds": 0, "certain": 0, "comparisons": 4},
    {"statistic": "criterion", "criterion": 4, "comparisons": 0, "note": "fewer than three traits"},
    {"statistic": "left_out", "note": "CALPAS is left out: only the client has it"},
]


def test_criteria():
    rows = criteria_table(table(ROWS)).rows
    assert [row[2:] for row in rows] == [
        ["2", "2", "2", ""],
        ["4", "1", "1", ""],
        ["4", "0", "0", ""],
        ["0", "–", "–", "fewer than three traits"],
    ]
    assert rows[2][:2] == ["Instruments", "3. It correlates higher than different instruments within a perspective"]


def test_comparisons():
    assert comparisons_table(table(ROWS), LABELS).rows == [
        ["Instruments", "1", "WAI-S (client) with WAI-S (therapist)", ".37 [.21, .51]", "0", "", "", "yes"],
        [
            "Instruments",
            "2",
            "WAI-S (client) with WAI-S (therapist)",
            ".37",
            "WAI-S (client) with HAq-II (therapist)",
            ".24",
            ".13 [.03, .23]",
            "yes",
        ],
    ]


def test_sentences_count_what_holds():
    assert mtmm_sentences(table(ROWS)) == [
        "Instruments: the same instrument answered from two perspectives correlates .31 to .37. The intervals of 2 of "
        "2 validities lie above 0. Compared with the correlations of different instruments across perspectives, the "
        "validity is higher in 1 of 4 comparisons, in 1 with the whole interval above 0. Compared with the "
        "correlations of different instruments within a perspective, the validity is higher in 0 of 4 comparisons. By "
        "this count, who answers matters more than which instrument it is. CALPAS is left out: only the client has it."
    ]


def test_sentences_on_the_order_and_on_the_trait():
    rows = [row for row in ROWS if row.get("criterion") != 4 and row["statistic"] != "left_out"]
    rows = [row | {"estimate": 0.75, "holds": 3} if row.get("criterion") == 3 else row for row in rows]
    rows += [
        {"statistic": "kendall_w", "criterion": 4, "estimate": 0.44, "lower": 0.19, "upper": 1.0},
        {"statistic": "criterion", "criterion": 4, "estimate": 0.5, "holds": 3, "comparisons": 6},
    ]
    (said,) = mtmm_sentences(table([row | {"group": "scales of WAI"} for row in rows]))
    assert said.startswith("Scales of WAI: the same scale")
    assert "By this count, which scale it is matters more than who answers." in said
    assert said.endswith("the same order in 3 of 6 pairs of triangles (Kendall's W = .44 [.19, 1.00]).")


def test_without_a_matrix_there_is_the_reason():
    reason = table(
        [
            {"statistic": "validity", "note": "one perspective (client): needs two"},
            {"group": "items", "statistic": "htmt", "note": "one instrument"},
        ]
    )
    assert mtmm_sentences(reason) == ["Instruments: one perspective (client): needs two."]
    assert not criteria_table(reason).rows and not comparisons_table(reason, LABELS).rows
    assert not htmt_table(reason, LABELS).rows


def test_htmt():
    both = pair("c.wai_s", "c.haq2") | {"group": "items", "n": 230}
    rows = table(
        [
            both | {"statistic": "htmt", "estimate": 0.794, "lower": 0.73, "upper": 0.86},
            both | {"statistic": "htmt2", "estimate": 0.8},
        ]
    )
    assert htmt_table(rows, LABELS).rows == [
        ["WAI-S and HAq-II", "client", "230", ".79 [.73, .86]", ".80", "below .85; interval below 1", ""]
    ]
    assert distinct({"estimate": 0.87, "upper": 1.02}) == "below .90; interval reaches 1"
    assert distinct({"estimate": 0.95, "upper": np.nan}) == "not below .90"
    assert distinct({"estimate": np.nan, "upper": np.nan}) == "–"


@pytest.mark.parametrize(("value", "shown"), [(-0.004, ".00"), (-0.006, "−.01"), (0.996, "1.00"), (-1.2, "−1.20")])
def test_no_minus_before_a_zero(value, shown):
    assert coefficient(value) == shown
