"""Sentences on two perspectives say no more than the intervals do."""

import pandas as pd
import pytest

from perspectives import profile_blocks, section_perspectives, truth_blocks
from pipeline.report.numbers import cannot_be_told
from pipeline.report.wording import words

KEYS = {"perspective": "therapist", "perspective_2": "client", "form": "haq2", "form_2": "haq2", "scale": "total"}
LABELS = {"haq2": "HAq-II"}


def row(estimate: float, lower: float, upper: float, **further) -> dict:
    return {"estimate": estimate, "lower": lower, "upper": upper, "level": 0.95, "note": "", "method": ""} | further


# half of all correlations, -1 to 1, is an interval of 1
@pytest.mark.parametrize(
    "limits, untold", [((-0.99, 1.0), True), ((-0.32, 0.93), True), ((-0.5, 0.5), False), ((0.1, 0.9), False)]
)
def test_an_interval_of_more_than_half_of_all_correlations_tells_nothing(limits, untold):
    assert cannot_be_told(row(0.2, *limits)) is untold


def test_a_correlation_without_an_interval_is_told_as_it_is():
    assert not cannot_be_told({"estimate": 0.5})


@pytest.mark.parametrize(
    "limits, expected",
    [
        ((-0.99, 1.0), "Whether bias and tracking are related across dyads cannot be determined."),
        ((-0.3, 0.5), "Whether bias and tracking are related across dyads is undecided (r = .20 [−.30, .50])."),
        ((0.1, 0.5), "the therapist also rates higher (r = .20 [.10, .50])."),
    ],
)
def test_bias_and_tracking(limits, expected):
    rows = {
        "directional_bias": row(-0.3, -0.4, -0.2),
        "tracking_within": row(0.5, 0.4, 0.6),
        "bias_tracking_correlation_dyad": row(0.2, *limits),
    }
    said = words("truth_and_bias").truth(truth_blocks.truth_facts(KEYS, rows, LABELS))
    assert said.endswith(expected) and said.count("bias and tracking") <= 1


def shares() -> dict[str, dict]:
    return {
        f"{place}.share_{name}": row(0.3, 0.2, 0.4) for place in ("first", "second") for name in ("therapist", "dyad")
    }


@pytest.mark.parametrize(
    "generalized, dyadic, expected",
    [
        (row(0.4, -0.3, 0.9), row(0.3, 0.1, 0.5), "therapists, cannot be determined; dyadic reciprocity, that "
         "between the dyads of one therapist, is .30 [.10, .50]."),
        (row(0.4, 0.1, 0.7), row(0.3, -0.9, 1.0), "therapists, is .40 [.10, .70]; dyadic reciprocity, that between "
         "the dyads of one therapist, cannot be determined."),
    ],
)  # fmt: skip
def test_reciprocity(generalized, dyadic, expected):
    rows = shares() | {"generalized_reciprocity": generalized, "dyadic_reciprocity": dyadic}
    said = words("perspectives").many(section_perspectives.many_facts(KEYS, rows, LABELS))
    assert said.endswith(expected)


class Tables:
    """Results with two tables."""

    def __init__(self, **tables):
        self.tables = tables
        self.labels = LABELS

    def has(self, name):
        return name in self.tables

    def table(self, name):
        return self.tables[name]


ITEM = {"perspective": "client", "perspective_2": "therapist", "form": "haq2", "item": "haq2_04"}
CHANGE = ITEM | {"design": "perspectives", "statistic": "expected_change", "reference": "therapist", "unit": "client"}


def items_shown(*changes: dict) -> list[list[str]]:
    rows = pd.DataFrame([ITEM | {"statistic": "item_gap", "n": 90, "facet": "", "category": ""} | row(0.4, 0.1, 0.7)])
    tested = {"invariance_items": pd.DataFrame([CHANGE | change for change in changes])} if changes else {}
    known = profile_blocks.parameters_of_items(Tables(**tested))
    return profile_blocks.items_table(rows, known, LABELS).rows


def test_loading_and_intercept_stand_beside_the_gap_of_an_item():
    loading = {"step": "loadings", "estimate": 0.1}
    other = {"step": "intercepts", "estimate": 0.5, "unit": "therapist", "reference": "client"}
    ((*_, loading_shown, intercept, remark),) = items_shown(loading, other, {"step": "residuals", "estimate": 9})
    assert (loading_shown, intercept, remark) == ("0.10", "−0.50", "")  # the client minus the therapist


@pytest.mark.parametrize("change", [None, {"step": "loadings", "estimate": 0.1, "design": "occasions"}])
def test_an_item_that_was_not_tested_has_a_dash(change):
    ((*_, loading, intercept, _),) = items_shown(*([change] if change else []))
    assert (loading, intercept) == ("–", "–")


def test_sessions_without_an_answer_stand_in_their_order():
    from score.shown_tables import sessions_table  # its names are those of other sections

    rows = pd.DataFrame({"session": ["3", "first", "1", "2", "10"], "estimate": [0, 0.4, 0.1, 0.2, 0.3], "n": 20})
    table = sessions_table(rows.assign(statistic="session_missing_share"))
    assert [cells[0] for cells in table.rows] == ["first", "1", "2", "3", "10"]
    assert [cells[2] for cells in table.rows] == ["40%", "10%", "20%", "0%", "30%"]
