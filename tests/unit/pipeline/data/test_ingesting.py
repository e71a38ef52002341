"""From raw files to answers: what is recoded, what is kept, what is refused."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.assembling import from_answers, turn
from pipeline.data.client_variables import read_clients
from pipeline.data.ingesting import combine, count_administrations, read_answers, read_item_codes
from pipeline.data.item_matrix import read_matrix
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles

FORM = {
    "label": "Short",
    "instrument": "X",
    "items": 3,
    "range": [1, 5],
    "continuous": False,
    "key_status": "established",
    "scales": {"a": [1, 2], "b": [3]},
    "reverse": [3],
    "perspectives": ["client"],
}
FORMS = {"short": FORM, "short7": FORM | {"label": "Short-7", "range": [1, 7]}}


def entry(**changes):
    return {
        "file": "a.csv",
        "form": "short",
        "perspective": "client",
        "columns": "q{item:02d}",
        "client": "id",
        "session": "s",
        "keep": {},
        "missing_codes": [],
        "recode": {},
        "sessions": {},
    } | changes


def answers(tmp_path, text, key=FORM, **changes):
    (tmp_path / "a.csv").write_text(text)
    return read_answers(entry(**changes), key, FORMS, RawFiles(tmp_path), "entry 1").table


def test_recoding_missing_codes_and_rows_to_keep(tmp_path):
    frame = answers(
        tmp_path,
        "id,s,who,q01,q02,q03\nA,1,c,never,2,99\nA,2,c,always,,3\nB,1,t,1,1,1\n",
        keep={"who": "c"},
        missing_codes=[99],
        recode={"never": 1, "always": 5},
    )
    assert frame["client"].tolist() == ["A", "A"] and frame["session"].tolist() == [1, 2]
    expected = pd.DataFrame({"i01": [1, 5], "i02": [2, pd.NA], "i03": [pd.NA, 3]}, index=[2, 3]).astype("Int64")
    pd.testing.assert_frame_equal(frame[["i01", "i02", "i03"]], expected)


def test_a_form_without_an_answer_was_not_returned(tmp_path):
    frame = answers(tmp_path, "id,s,q01,q02,q03\nA,1,,,\nB,1,1,2,3\n")
    assert frame["client"].tolist() == ["B"]


def test_therapist_is_optional_and_a_session_can_be_a_number(tmp_path):
    frame = answers(tmp_path, "id,q01,q02,q03\nA,1,2,3\n", session=4)
    assert frame["session"].tolist() == [4] and frame["therapist"].isna().all()


@pytest.mark.parametrize(
    "text, changes, sentence",
    [
        ("id,s,q01,q02,q03\nA,x,1,2,3\n", {}, "column 's', row 2: not a number"),
        ("id,s,q01,q02,q03\nA,1.5,1,2,3\n", {}, "column 's', row 2: the session is not a whole number from 0 to 9999"),
        ("id,s,q01,q02,q03\nA,,1,2,3\n", {}, "row 2: the session is missing"),
        (
            "id,s,q01,q02,q03\nA,1,6,7,6\n",
            {},
            "6 is outside the range 1 to 5 of short. 3 values in 3 columns are. Are these answers to short7 (Short-7)?",
        ),
        ("id,s,q01,q02,q03\nA,1,1,2,9\n", {}, "9 is outside the range 1 to 5 of short. Otherwise"),
        ("id,s,q01,q02,q03\nA,1,,,\n", {}, "no answer to any item"),
        ("id,s,q01,q02,q03\nA,1,1,2,3\n", {"keep": {"s": 7}}, "no row has s = 7"),
        ("id,s,q01,q02\nA,1,1,2\n", {}, "no column 'q03'"),
    ],
)
def test_refused(tmp_path, text, changes, sentence):
    with pytest.raises(InputError) as mistake:
        answers(tmp_path, text, **changes)
    assert sentence in str(mistake.value)


def test_continuous_answers(tmp_path):
    frame = answers(tmp_path, "id,s,q01,q02,q03\nA,1,1.5,2,3\n", key=FORM | {"continuous": True})
    assert frame["i01"].tolist() == [1.5]


def test_two_files_of_one_form_are_joined_and_a_second_administration_is_refused(tmp_path):
    one = answers(tmp_path, "id,s,q01,q02,q03\nB,1,1,2,3\nA,1,1,2,3\n")
    two = answers(tmp_path, "id,s,q01,q02,q03\nA,2,1,2,3\n")
    assert combine([("one.csv", one), ("two.csv", two)])["client"].tolist() == ["A", "A", "B"]
    with pytest.raises(InputError, match=r"two.csv, row 2: the same client and session as in one.csv, row 2"):
        combine([("one.csv", one), ("two.csv", one)])
    with pytest.raises(
        InputError, match=r"and 1 more row of this kind; keep one of them, with an entry of `exclusions:` such as"
    ):
        combine([("one.csv", one), ("two.csv", one)])


def test_raters_may_share_a_session(tmp_path):
    text = "id,s,who,q01,q02,q03\nB,1,y,1,2,3\nA,1,y,1,2,3\nA,1,x,2,2,3\n"
    ratings = answers(tmp_path, text, rater="who")
    together = combine([("a.csv", ratings)])
    assert together[["client", "rater"]].to_numpy().tolist() == [["A", "x"], ["A", "y"], ["B", "y"]]
    counts = count_administrations(together)
    assert (counts["administrations"], counts["ratings"], counts["raters"]) == (2, 3, 2)
    assert counts["sessions"] == {"1": 2}
    with pytest.raises(InputError, match=r"b.csv, row 2: the same client, session and rater as in a.csv, row 2"):
        combine([("a.csv", ratings), ("b.csv", ratings)])
    with pytest.raises(
        InputError, match=r"rows: \[4\]}, or name the column that distinguishes the rows under `session:` or `rater:`"
    ):
        combine([("a.csv", answers(tmp_path, text))])
    with pytest.raises(InputError, match=r"b.csv: other responses to this form name their raters"):
        combine([("a.csv", ratings), ("b.csv", answers(tmp_path, "id,s,q01,q02,q03\nC,1,1,2,3\n"))])
    with pytest.raises(InputError, match=r"column 'who', row 2: the rater's code is missing"):
        answers(tmp_path, "id,s,who,q01,q02,q03\nA,1,,1,2,3\n", rater="who")


def test_clients(tmp_path):
    (tmp_path / "c.csv").write_text("id,out,arm\nB,9,x\nA,50,y\n")
    description = {
        "file": "c.csv",
        "client": "id",
        "variables": {
            "outcome": {"column": "out", "role": "outcome", "missing_codes": [9]},
            "arm": {"role": "group", "missing_codes": []},
        },
    }
    table = read_clients(description, RawFiles(tmp_path))
    assert table["client"].tolist() == ["A", "B"] and table["arm"].tolist() == ["y", "x"]
    np.testing.assert_array_equal(table["outcome"], [50, np.nan])
    (tmp_path / "c.csv").write_text("id,out,arm\nB,9,x\nB,50,y\n")
    with pytest.raises(InputError, match="row 3: a client who already has a row"):
        read_clients(description, RawFiles(tmp_path))


def test_item_codes_name_items_that_exist(tmp_path):
    head = "form,item,coder,voice,dimension,domain,theme\n"
    (tmp_path / "k.csv").write_text(head + "short,3,A,v,d,o,t\n")
    assert read_item_codes("k.csv", RawFiles(tmp_path), {"short": FORM})["item"].tolist() == [3]
    (tmp_path / "k.csv").write_text(head + "short,4,A,v,d,o,t\n")
    with pytest.raises(InputError, match="row 2: short has no item 4; it has 3 items"):
        read_item_codes("k.csv", RawFiles(tmp_path), {"short": FORM})


def test_a_coder_may_leave_out_a_facet_but_not_all(tmp_path):
    head = "form,item,coder,voice,dimension,domain,theme\n"
    (tmp_path / "k.csv").write_text(head + "short,3,A,v,,o,t\n")
    assert read_item_codes("k.csv", RawFiles(tmp_path), {"short": FORM})["dimension"].isna().all()
    (tmp_path / "k.csv").write_text(head + "short,3,A,v,d,o,t\nshort,2,A,,,,\n")
    with pytest.raises(InputError, match="row 3: the item has no code in any facet"):
        read_item_codes("k.csv", RawFiles(tmp_path), {"short": FORM})


def test_what_differs_from_the_shipped_key_is_reported(tmp_path):
    (tmp_path / "a.csv").write_text("id,s,q01,q02,q03\nA,1,1,2,6\n")
    content = {"responses": [entry(range=[1, 6], reverse=[])]}
    described = from_answers(content, RawFiles(tmp_path), FORMS)[0]["dataset.json"]["forms"][0]
    assert described["overrides"] == ["range as the data set declares", "reverse as the data set declares"]
    assert described["range"] == [1, 6] and described["scales"]["total"] == [1, 2, 3]


def test_turning_items_of_a_matrix():
    names = ["x_01", "x_02"]
    matrix, moments = turn(
        pd.DataFrame([[1, -0.4], [-0.4, 1]], index=names, columns=names),
        pd.DataFrame({"item": names, "mean": [2.0, 4.5], "sd": [1.0, 0.5]}),
        {"x_02": 6},
    )
    assert matrix.loc["x_01", "x_02"] == 0.4 and moments["mean"].tolist() == [2.0, 1.5]


@pytest.mark.parametrize(
    "matrix, moments, sentence",
    [
        (
            "item,short_01,short_02,short_03\nshort_01,1,.2,.3\nshort_02,.2,1,.4\nshort_03,.3,.5,1\n",
            None,
            "is symmetric; this one is not",
        ),
        (
            "item,short_01,short_02,short_03\nshort_01,1,.2,1.3\nshort_02,.2,1,.4\nshort_03,1.3,.4,1\n",
            None,
            "outside -1 to 1",
        ),
        (
            "item,short_01,short_02,short_03\nshort_01,.9,.2,.3\nshort_02,.2,1,.4\nshort_03,.3,.4,1\n",
            None,
            "ones on its diagonal",
        ),
        ("item,short_01,short_02\nshort_01,1,.2\nshort_02,.2,1\n", None, "has to contain each of them once"),
        ("item,a,b\na,1,.2\nb,.2,1\n", None, "'a' does not name an item of a known form"),
        (
            "item,short_01,short_02,short_03\nshort_01,1,,.3\nshort_02,.2,1,.4\nshort_03,.3,.4,1\n",
            None,
            "row 2: a number is missing",
        ),
        (
            None,
            "item,mean,sd\nshort_01,7,1\nshort_02,2,1\nshort_03,2,1\n",
            "row 2: a mean of 7 with an sd of 1 is impossible",
        ),
        (None, "item,mean,sd\nshort_02,2,1\nshort_01,2,1\nshort_03,2,1\n", "items of m.csv in their order"),
    ],
)
def test_published_matrices_that_do_not_fit(tmp_path, matrix, moments, sentence):
    good = "item,short_01,short_02,short_03\nshort_01,1,.2,.3\nshort_02,.2,1,.4\nshort_03,.3,.4,1\n"
    (tmp_path / "m.csv").write_text(matrix or good)
    (tmp_path / "d.csv").write_text(moments or "item,mean,sd\nshort_01,2,1\nshort_02,2,1\nshort_03,2,1\n")
    with pytest.raises(InputError) as mistake:
        read_matrix({"correlations": "m.csv", "moments": "d.csv"}, RawFiles(tmp_path), FORMS)
    assert sentence in str(mistake.value)


def test_a_form_without_a_map_is_usable_when_the_data_set_supplies_one(tmp_path):
    unmapped = {key: value for key, value in FORM.items() if key not in ("scales", "reverse")}
    forms = {"short": unmapped | {"key_status": "missing"}}
    (tmp_path / "a.csv").write_text("id,s,q01,q02,q03\nA,1,1,2,3\nB,1,4,2,5\n")
    content = {"responses": [entry(scales={"x": [1, 2], "y": [3]}, reverse=[2])]}
    described = from_answers(content, RawFiles(tmp_path), forms)[0]["dataset.json"]["forms"][0]
    assert described["key_status"] == "supplied" and described["reverse"] == [2]
    assert described["scales"] == {"x": [1, 2], "y": [3], "total": [1, 2, 3]}
