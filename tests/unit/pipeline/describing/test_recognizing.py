"""What names, values and labels tell about a file."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.data.configuration import read_instruments
from pipeline.data.formats.raw_table import RawTable
from pipeline.data.item_blocks import Block
from pipeline.describing import forms_in_files
from pipeline.describing.answer_words import number_in_front, on_a_ladder
from pipeline.describing.columns import client_columns, described, therapist_columns, variable_columns
from pipeline.describing.forms_in_files import long_by_item
from pipeline.describing.turned_items import already_turned
from pipeline.describing.who_and_when import perspective_columns, session_numbers

FORMS = read_instruments(Path(__file__).parents[4])


def recognised(pattern: str, items: int, answers: dict, labels=None):
    block = Block(pattern, items, [pattern.format(item=item) for item in range(1, items + 1)])
    return forms_in_files.recognised(block, (Counter({str(k): v for k, v in answers.items()}), labels or {}), FORMS)


FIVE = dict.fromkeys(range(1, 6), 20)
SEVEN = dict.fromkeys(range(1, 8), 20)


@pytest.mark.parametrize(
    "pattern, items, answers, form, perspective, certain",
    [
        ("wai_{item}", 12, SEVEN, "wai_s", "", True),
        ("wai_{item}", 12, FIVE, "wai_sr", "", False),  # WAI-S with five answers exists
        ("wai_sr_{item}", 12, FIVE, "wai_sr", "", True),
        ("WAISR{item}", 12, FIVE, "wai_sr", "", True),
        ("cwai{item}", 36, SEVEN, "wai36", "client", True),
        ("wai_t_{item}", 12, FIVE, "wai_s", "therapist", True),
        ("Patient HAQ {item}", 19, FIVE, "haq2", "client", True),
        ("haq{item}", 11, FIVE, "haq1", "", True),
        ("calpas_p_{item}", 24, SEVEN, "calpas_p", "client", True),
        ("calpas_therapist{item}", 24, SEVEN, "calpas_t", "therapist", True),
        ("srs{item}", 4, {0: 3, 9.5: 4}, "srs", "", True),
    ],
)
def test_forms_by_name_and_values(pattern, items, answers, form, perspective, certain):
    found = recognised(pattern, items, answers)
    assert (found.forms[0], found.perspective, found.certain) == (form, perspective, certain)


@pytest.mark.parametrize("pattern", ["pm_{item}", "Q5_{item}", "alarm{item}", "start_{item}", "harm{item}"])
def test_other_names_are_no_form(pattern):
    assert recognised(pattern, 12, FIVE).instrument == ""


def test_codes_for_missing_and_another_edition():
    assert recognised("wai_sr_{item}", 12, FIVE | {99: 4, -9: 1}).codes == [-9, 99]
    assert recognised("wai36_{item}", 36, SEVEN | {0: 20}).odd == [0]
    labelled = recognised("wai_sr_{item}", 12, FIVE, {1.0: "Never", 5.0: "Cannot say"})
    assert labelled.codes == [5] and labelled.high == 4


def column(values) -> dict:
    return described(RawTable(pd.DataFrame(values), ""))


def test_the_column_of_clients():
    columns = column({"nr": range(30), "therapist_id": [1, 2, 3] * 10, "ID": [f"P{n}" for n in range(30)], "x1": 2.5})
    assert client_columns(columns, 30, set())[0] == "ID"
    assert therapist_columns(columns, set()) == ["therapist_id"]


def test_sessions():
    numbers = session_numbers
    assert numbers(["session_1_arm_1", "session_2_arm_1", "baseline_arm_1"]) == {
        "session_1_arm_1": 1,
        "session_2_arm_1": 2,
    }
    assert numbers(["post", "pre"]) == {"pre": 1, "post": 2}
    assert numbers(["T2", "T10"]) == {"T2": 2, "T10": 10}
    assert numbers(["blue", "red"]) == {}


def test_who_answered():
    frame = pd.DataFrame({"rater": ["Patient", "Therapeut"] * 5, "role": [1, 2] * 5, "x": ["a", "b"] * 5})
    table = RawTable(frame, "", {"role": {1.0: "client", 2.0: "therapist"}})
    found = perspective_columns(table, described(table), set())
    assert found == {
        "rater": {"Patient": "client", "Therapeut": "therapist"},
        "role": {"1": "client", "2": "therapist"},
    }


def test_answers_in_words():
    assert number_in_front(["1 = nie", "7 - immer"]) == {"1 = nie": 1, "7 - immer": 7}
    assert number_in_front(["nie", "7 immer"]) == {}
    assert on_a_ladder(["Immer", "selten", "oefters"], 1, 5) == {"Immer": 5, "selten": 1, "oefters": 3}
    assert on_a_ladder(["often", "always"], 1, 5) == {"often": 3, "always": 5}
    assert on_a_ladder(["often", "always"], 1, 6) == {}  # no series of six is known
    assert on_a_ladder(["often", "now and then"], 1, 5) == {}


def test_items_that_were_turned_before():
    rng = np.random.default_rng(3)
    level = rng.normal(size=60)
    frame = pd.DataFrame({f"w{item}": np.round(level + rng.normal(size=60)) for item in range(1, 7)})
    names = {item: f"w{item}" for item in range(1, 7)}
    assert already_turned(frame, names, [2, 6]) is True
    frame[["w2", "w6"]] *= -1
    assert already_turned(frame, names, [2, 6]) is False
    assert already_turned(frame.head(10), names, [2, 6]) is None


def test_other_columns_have_a_likely_role():
    columns = column(
        {
            "bdi_pre": np.arange(30) % 17,
            "bdi_post": np.arange(30) % 13,
            "sex": ["m", "f"] * 15,
            "age": np.arange(30) % 11 + 20,
            "comment": [f"text {n}" for n in range(30)],
            "constant": 1,
        }
    )
    assert variable_columns(columns, set()) == {
        "bdi_pre": "baseline",
        "bdi_post": "outcome",
        "sex": "group",
        "age": "number",
    }


def test_a_row_per_answer():
    table = RawTable(
        pd.DataFrame({"item": [f"wai_{i}" for i in range(1, 13)] * 5, "value": [1, 2, 3, 4] * 15, "id": 1}), ""
    )
    item, answer, blocks = long_by_item(table, described(table))
    assert (item, answer, blocks[0].columns) == ("item", "value", "wai_{item}")
