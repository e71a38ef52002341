"""Raw files as users have them, written with the libraries that users' programs are read by."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.job import InputError
from pipeline.data.reading import as_number, as_text, read_raw

FRAME = pd.DataFrame({"id": ["7", "8", "9"], "w1": [1.0, np.nan, 3.0], "w2": [2.0, 2.0, 9.0]})


def test_csv_as_excel_saves_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffid,w1,w2\n007,1,2\n,,\n8,,NA\n".encode())
    frame = read_raw(path, "a.csv").frame
    assert list(frame.index) == [2, 4]  # the line numbers of the file; the empty line is left out
    assert frame["id"].tolist() == ["007", "8"]
    assert frame["w2"].isna().tolist() == [False, True]


def test_text_that_looks_like_missing_is_kept_as_a_code(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,w1\nNone,1\nnan,2\n")
    assert as_text(read_raw(path, "a.csv").frame["id"]).tolist() == ["None", "nan"]


def test_tab_separated(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("id\tw1\nx\t4\n")
    assert read_raw(path, "a.tsv").frame["w1"].tolist() == ["4"]


def test_spss_with_labels_and_a_user_missing_code(tmp_path):
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        FRAME, path, missing_ranges={"w2": [9]}, variable_value_labels={"w1": {1: "lowest", 3: "highest"}}
    )
    frame = read_raw(path, "a.sav").frame
    assert frame["w1"].tolist()[::2] == [1.0, 3.0]  # numbers, not their labels
    assert frame["w2"].isna().tolist() == [False, False, True]
    assert list(frame.index) == [1, 2, 3]  # cases


def test_excel_and_its_sheets(tmp_path):
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        FRAME.to_excel(book, sheet_name="first", index=False)
        FRAME.assign(w1=5).to_excel(book, sheet_name="second", index=False)
    assert read_raw(path, "a.xlsx").frame["w2"].tolist() == [2, 2, 9]
    assert read_raw(path, "a.xlsx", ReadOptions(sheet="second")).frame["w1"].tolist() == [5, 5, 5]
    with pytest.raises(InputError, match=r"a\.xlsx: has no sheet 'third'; its sheets: first, second"):
        read_raw(path, "a.xlsx", ReadOptions(sheet="third"))


def test_parquet(tmp_path):
    FRAME.to_parquet(tmp_path / "a.parquet")
    assert read_raw(tmp_path / "a.parquet", "a.parquet").frame["id"].tolist() == ["7", "8", "9"]


@pytest.mark.parametrize(
    "kind, sentence",
    [
        ("sav", "is not readable as SPSS"),
        ("xlsx", "is not a workbook"),
        ("xls", "is not a workbook as xls"),
        ("ods", "is not a workbook"),
        ("dta", "is not readable as Stata"),
        ("rds", "is not readable as a data frame of R"),
        ("parquet", "is not readable as Parquet"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, kind, sentence):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"this is not what the name says")
    with pytest.raises(InputError, match=f"a.{kind}: {sentence}"):
        read_raw(path, path.name)


def test_a_column_that_stands_twice(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        FRAME.rename(columns={"w2": "w1 "}).to_excel(book, index=False)
    with pytest.raises(InputError, match="'w1' appears twice"):
        read_raw(tmp_path / "a.xlsx", "a.xlsx")


def test_codes_are_the_same_whatever_program_wrote_them():
    assert as_text(pd.Series([12, 12.0, "12", " 12 ", "12.0", "012", None, ""], dtype=object)).tolist() == [
        "12",
        "12",
        "12",
        "12",
        "12",
        "012",
        None,
        None,
    ]


def test_text_in_a_number_column_is_not_repeated():
    with pytest.raises(InputError) as mistake:
        as_number(pd.Series(["1", "Anna Muster"], index=[2, 3]), "a.csv, column 'w1'")
    assert "row 3" in str(mistake.value) and "Anna" not in str(mistake.value)


def test_a_file_without_rows(tmp_path):
    (tmp_path / "a.csv").write_text("id,w1\n,\n")
    with pytest.raises(InputError, match=r"a\.csv: the file has no rows of data"):
        read_raw(tmp_path / "a.csv", "a.csv")


@pytest.mark.parametrize(
    "first, skipped",
    [
        (["label a", "label b", "label c", "label d"], True),
        (["often", "never", "often", "never"], False),  # answers in words repeat; labels do not
        (["label a", "2", "3", "4"], False),
        (["1", "2", "3", "4"], False),
    ],
)
def test_a_row_of_labels_is_told_from_answers(tmp_path, first, skipped):
    rows = [["a", "b", "c", "d"], first, *([str(1 + (row + place) % 5) for place in range(4)] for row in range(6))]
    (tmp_path / "x.csv").write_text("\n".join(",".join(row) for row in rows))
    table = read_raw(tmp_path / "x.csv", "x.csv")
    assert len(table.frame) == (6 if skipped else 7)
    assert ("row of labels below the names skipped" in table.read_as) == skipped
