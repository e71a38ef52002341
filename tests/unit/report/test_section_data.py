"""Sentences on the data, word by word."""

import numpy as np
import pandas as pd
import pytest

from pipeline.report.wording import words
from score.section_data import quality_remarks

SAY = words("data")


def row(statistic, estimate, note="", item=np.nan):
    return {
        "form": "wai_s",
        "perspective": "client",
        "item": item,
        "statistic": statistic,
        "estimate": estimate,
        "note": note,
    }


def test_remarks():
    wrong = "correlates below 0 with the rest: is it reverse-keyed?"
    audit = [
        row("item_rest_r_keyed", -0.214, f"{wrong}; provisional key (WAI-S)", "i04"),
        row("item_rest_r_keyed", 0.5, "", "i05"),
        row("item_rest_r_keyed", np.nan, "reversed, but without variance", "i06"),
        row("sign_audit", 1, "the form looks reversed twice"),
        row("sign_audit", 0.5, "half of the items run against the form"),
        row("missing_share", 0.25, item="i12"),
        row("missing_share", 0.1, item="i11"),
        row("missing_share", 0.25),
    ]
    assert quality_remarks(pd.DataFrame(audit), {"wai_s": "WAI-S"}) == [
        f"WAI-S, client, item 4: {wrong} (r = −.21).",
        "WAI-S, client: the form looks reversed twice.",
        "WAI-S, client, item 12: 25% of the answers are missing.",
    ]


@pytest.mark.parametrize(
    "said, sentence",
    [
        (SAY.nothing_to_check(True), "No item runs against its form."),
        (
            SAY.nothing_to_check(False),
            "No item runs against its form, no form looks reversed twice, and no item lacks more than a tenth of its "
            "answers; nothing looks copied, shifted or careless, and nothing suggests that those with something "
            "missing differ from the others.",
        ),
        (
            SAY.published_matrix(157),
            "There are no raw answers, only a published correlation matrix of 157 people: analyses that need answers "
            "say so.",
        ),
        (
            SAY.no_quality(True),
            "A matrix shows nothing about single answers; only the signs of the items can be checked.",
        ),
        (SAY.no_quality(False), "Needs item answers or an item correlation matrix."),
    ],
)
def test_what_holds_for_a_matrix_and_for_answers(said, sentence):
    assert said == sentence
