"""Published item matrices and tables of loadings: what is read, and what is refused in one sentence."""

import numpy as np
import pytest

from pipeline.data.item_matrix import read_loadings, read_matrix
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles

FORMS = {
    "short": {"items": 2, "range": [1, 5], "scales": {"a": [1, 2]}},
    "unmapped": {"items": 2, "range": [1, 5]},
}
R = "item,short_01,short_02\nshort_01,1,.2\nshort_02,.2,1\n"
M = "item,mean,sd\nshort_01,2,1\nshort_02,3,.5\n"


def read(folder, r=R, m=M):
    (folder / "r.csv").write_text(r)
    (folder / "m.csv").write_text(m)
    return read_matrix({"correlations": "r.csv", "moments": "m.csv"}, RawFiles(folder), FORMS)


def test_a_matrix_and_its_moments(tmp_path):
    matrix, moments, used = read(tmp_path)
    assert list(matrix.index) == list(matrix.columns) == ["short_01", "short_02"] and used == ["short"]
    assert matrix.to_numpy().tolist() == [[1, 0.2], [0.2, 1]]
    assert moments.to_numpy().tolist() == [["short_01", 2, 1], ["short_02", 3, 0.5]]


@pytest.mark.parametrize(
    "r, m, sentence",
    [
        (R.replace("item,short_01,short_02", "item,short_02,short_01"), M, "same items in the same order"),
        (R.replace("item", "x"), M, "r.csv: the first column should be called 'item'"),
        (R.replace("short", "unmapped"), M, "which items belong to which scale of unmapped is not established"),
        (R, M.replace("2,1", "2,4.5"), "row 2: a mean of 2 with an sd of 4.5 is impossible on 1 to 5"),
        (R, M.replace("2,1", "2,0"), "a mean of 2 with an sd of 0 is impossible"),
        (R, M.replace("2,1", "0.9,1"), "a mean of 0.9 with an sd of 1 is impossible"),
    ],
)
def test_refused(tmp_path, r, m, sentence):
    with pytest.raises(InputError) as mistake:
        read(tmp_path, r, m)
    assert sentence in str(mistake.value)


def test_loadings_are_free_where_empty(tmp_path):
    (tmp_path / "l.csv").write_text("item,f1,f2\nshort_02,.7,\nshort_01,,-.5\n")
    table = read_loadings("l.csv", RawFiles(tmp_path), FORMS)
    assert list(table.columns) == ["item", "f1", "f2"] and table["item"].tolist() == ["short_02", "short_01"]
    np.testing.assert_array_equal(table[["f1", "f2"]], [[0.7, np.nan], [np.nan, -0.5]])


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("item\nshort_01\n", "needs the column 'item' and a column for every factor"),
        ("name,f1\nshort_01,.5\n", "needs the column 'item'"),
        ("item,f1\nshort_03,.5\n", "row 2: names no item of the data set's forms"),
        ("item,f1\nshort_00,.5\n", "row 2: names no item"),
        ("item,f1\nlong_01,.5\n", "row 2: names no item"),
        ("item,f1\nshort,.5\n", "row 2: names no item"),
        ("item,f1\nshort_01,.5\nshort_01,.6\n", "row 3: the item appears twice"),
        ("item,f1\nshort_01,.5\nshort_02,-1.2\n", "column 'f1', row 3: a loading is outside -1 to 1"),
    ],
)
def test_loadings_that_do_not_fit(tmp_path, text, sentence):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(InputError) as mistake:
        read_loadings("l.csv", RawFiles(tmp_path), FORMS)
    assert sentence in str(mistake.value)
