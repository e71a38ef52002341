"""What ingest will write for a whole data set, put together from its raw files."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.assembling import from_answers, from_matrix
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles

FORM = {
    "label": "Short",
    "instrument": "X",
    "items": 2,
    "range": [1, 5],
    "continuous": False,
    "key_status": "provisional",
    "scales": {"a": [1], "b": [2]},
    "reverse": [2],
    "perspectives": ["client"],
}
FORMS = {"short": FORM, "wide": FORM | {"range": [0, 10], "reverse": [1], "key_status": "established"}}
ENTRY = {
    "form": "short",
    "perspective": "client",
    "columns": "q{item}",
    "client": "id",
    "session": "s",
    "keep": {},
    "missing_codes": [],
    "recode": {},
    "sessions": {},
}
HEAD = "id,s,q1,q2\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "one.csv").write_text(HEAD + "B,1,1,2\nA,1,5,4\n")
    (tmp_path / "two.csv").write_text(HEAD + "C,1,3,\n")
    (tmp_path / "clients.csv").write_text("id,out,arm\nC,10,x\nA,20,y\n")
    return tmp_path


def test_files_of_one_form_and_what_is_said_about_them(folder):
    variables = {"out": {"role": "outcome", "missing_codes": []}}
    variables["arm"] = {"role": "group", "label": "condition", "missing_codes": []}
    content = {
        "responses": [ENTRY | {"file": "one.csv"}, ENTRY | {"file": "two.csv"}],
        "clients": {"file": "clients.csv", "client": "id", "variables": variables},
    }
    files = from_answers(content, RawFiles(folder), FORMS)[0]
    assert set(files) == {"short.client.parquet", "clients.parquet", "dataset.json"}
    answers = files["short.client.parquet"]
    assert answers["client"].tolist() == ["A", "B", "C"] and answers["i01"].tolist() == [5, 1, 3]
    assert files["clients.parquet"]["out"].tolist() == [20, 10]
    described = files["dataset.json"]
    assert described["people"] == 3 and described["is_matrix"] is False and described["loadings"] is False
    assert described["variables"] == {
        "out": {"role": "outcome", "label": "out"},
        "arm": {"role": "group", "label": "condition"},
    }
    form = described["forms"][0]
    assert form["key_status"] == "provisional" and form["overrides"] == []
    assert form["counts"]["administrations"] == 3 and form["counts"]["missing_answers"] == pytest.approx(1 / 6)
    assert form["counts"]["sessions"] == {"1": 3}


def test_a_form_with_two_keys_is_refused(folder):
    content = {"responses": [ENTRY | {"file": "one.csv"}, ENTRY | {"file": "two.csv", "reverse": []}]}
    with pytest.raises(InputError, match="short client appears twice with different keys"):
        from_answers(content, RawFiles(folder), FORMS)[0]


@pytest.mark.parametrize(
    "changes, status",
    [
        ({}, "provisional"),
        ({"reverse": [1]}, "provisional"),  # the scales are still those of the shipped key
        ({"reverse": [1], "scales": {"a": [1, 2]}}, "supplied"),
        ({"range": [1, 6]}, "provisional"),
    ],
)
def test_whose_key_it_is(folder, changes, status):
    content = {"responses": [ENTRY | {"file": "one.csv"} | changes]}
    form = from_answers(content, RawFiles(folder), FORMS)[0]["dataset.json"]["forms"][0]
    assert form["key_status"] == status
    assert form["reverse"] == changes.get("reverse", [2])


def test_each_form_of_a_matrix_is_turned_by_its_own_key(tmp_path):
    names = ["short_01", "short_02", "wide_01", "wide_02"]
    values = np.eye(4)
    values[np.triu_indices(4, 1)] = [0.1, -0.2, 0.3, 0.4, -0.5, 0.6]
    values = np.triu(values) + np.triu(values, 1).T
    pd.DataFrame(values, index=names, columns=names).rename_axis("item").to_csv(tmp_path / "r.csv")
    (tmp_path / "m.csv").write_text("item,mean,sd\nshort_01,2,1\nshort_02,2,1\nwide_01,3,2\nwide_02,4,2\n")
    entry = {"correlations": "r.csv", "moments": "m.csv", "n": 50, "perspective": "client", "keyed": False}
    files = from_matrix({"matrix": entry}, RawFiles(tmp_path), FORMS)[0]
    # short_02 and wide_01 are turned: a correlation changes its sign with one of them, not with both
    found = files["correlations.csv"].set_index("item").to_numpy()
    assert found[np.triu_indices(4, 1)].tolist() == [-0.1, 0.2, 0.3, 0.4, 0.5, -0.6]
    assert files["moments.csv"]["mean"].tolist() == [2, 4, 7, 4]  # 1 + 5 - 2 and 0 + 10 - 3
    assert files["moments.csv"]["sd"].tolist() == [1, 1, 2, 2]
    assert [form["name"] for form in files["dataset.json"]["forms"]] == ["short", "wide"]
    as_given = from_matrix({"matrix": entry | {"keyed": True}}, RawFiles(tmp_path), FORMS)[0]
    np.testing.assert_array_equal(as_given["correlations.csv"].set_index("item"), values)
    assert as_given["moments.csv"]["mean"].tolist() == [2, 2, 3, 4]
