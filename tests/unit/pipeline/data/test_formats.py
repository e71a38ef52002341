"""The same answers from every format, shape, delimiter and encoding that labs have; written as users' programs do."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadr
import pyreadstat
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.data.job import InputError

ROOT = Path(__file__).parents[4]
ITEMS = [f"wai_{item}" for item in range(1, 13)]
SEED = np.random.default_rng(5)
WIDE = pd.DataFrame(SEED.integers(1, 6, size=(30, 12)), columns=ITEMS)
WIDE.insert(0, "id", [f"P{number:03d}" for number in range(30)])
WIDE.iloc[4, 5] = np.nan  # an item left out
WIDE[ITEMS] = WIDE[ITEMS].astype(float)


def same_answers(found: pd.DataFrame, clients=True) -> None:
    expected = WIDE[ITEMS].to_numpy()
    np.testing.assert_array_equal(found.filter(regex=r"^i\d").to_numpy(dtype=float, na_value=np.nan), expected)
    if clients:
        assert found["client"].tolist() == [f"c{number:03d}" for number in range(1, 31)]  # codes are replaced, in order


def text(**options):
    frame = WIDE.astype({item: "Int64" for item in ITEMS})
    return lambda path: frame.to_csv(path, index=False, **options)


def with_factor(path):
    pyreadr.write_rds(str(path), WIDE.assign(id=pd.Categorical(WIDE["id"])))


def write_xls(path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("answers")
    for place, column in enumerate(WIDE):
        sheet.write(0, place, column)
        for row, value in WIDE[column].dropna().items():
            sheet.write(row + 1, place, value)
    book.save(str(path))


FORMATS = {
    "comma": ("a.csv", text(), "text, comma-separated, UTF-8"),
    "semicolon": ("a.csv", text(sep=";"), "text, semicolon-separated, UTF-8"),
    "tab": ("a.tsv", text(sep="\t"), "text, tab-separated, UTF-8"),
    "bar in .txt": ("a.txt", text(sep="|"), "text, vertical bar-separated, UTF-8"),
    "byte order mark": ("a.csv", text(encoding="utf-8-sig"), "text, comma-separated, UTF-8"),
    "UTF-16, as Excel's Unicode text": ("a.txt", text(sep="\t", encoding="utf-16"), "text, tab-separated, UTF-16"),
    "line ends of old Macs": ("a.csv", text(lineterminator="\r"), "text, comma-separated, UTF-8"),
    "line ends of Windows": ("A.CSV", text(lineterminator="\r\n"), "text, comma-separated, UTF-8"),
    "Excel": ("a.xlsx", lambda path: WIDE.to_excel(path, index=False), "Excel, sheet 'Sheet1'"),
    "Excel 97-2003": ("a.xls", lambda path: write_xls(path), "Excel 97-2003, sheet 'answers'"),
    "OpenDocument": (
        "a.ods",
        lambda path: WIDE.to_excel(path, index=False, engine="odf"),
        "OpenDocument, sheet 'Sheet1'",
    ),
    "SPSS": ("a.sav", lambda path: pyreadstat.write_sav(WIDE, path), "SPSS"),
    "SPSS, compressed": ("a.zsav", lambda path: pyreadstat.write_sav(WIDE, path, compress=True), "SPSS"),
    "SPSS portable": (
        "a.por",
        lambda path: pyreadstat.write_por(WIDE.rename(columns=str.upper), path),
        "SPSS portable",
    ),
    "Stata": ("a.dta", lambda path: WIDE.to_stata(path, write_index=False), "Stata"),
    "R": ("a.rds", with_factor, "R"),
    "R, several objects": (
        "a.rda",
        lambda path: pyreadr.write_rdata(str(path), WIDE, df_name="answers"),
        "R, data frame 'answers'",
    ),
    "Parquet": ("a.parquet", lambda path: WIDE.to_parquet(path), "Parquet"),
    "Parquet with codes as bytes": (
        "a.parquet",
        lambda path: WIDE.assign(id=WIDE["id"].str.encode("utf-8")).to_parquet(path),
        "Parquet",
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_answers(ingest, name):
    file, write, read_as = FORMATS[name]
    changes = {"columns": "WAI_{item}", "client": "ID"} if file.endswith(".por") else {}
    found, about = ingest(file, write, **changes)
    same_answers(found)
    assert about["files"][0]["read_as"].startswith(read_as)


def test_german_excel(ingest):
    frame = WIDE.rename(columns={"id": "Kürzel"}).astype({item: "Int64" for item in ITEMS})
    found, about = ingest(
        "a.csv",
        lambda path: frame.assign(Alter="33,5").to_csv(path, index=False, sep=";", encoding="cp1252"),
        client="Kürzel",
    )
    same_answers(found)
    assert about["files"][0]["read_as"] == "text, semicolon-separated, Windows-1252; decimal comma"


def test_names_below_a_merged_heading_on_another_sheet(ingest):
    def write(path):
        book = openpyxl.Workbook()
        book.active.title = "Codebook"
        book.active.append(["WAI: task, bond, goal"])
        sheet = book.create_sheet("Data")
        sheet.append(["Participant", "Answers"])
        sheet.merge_cells("B1:M1")
        sheet.append(list(WIDE.columns))
        for row in WIDE.itertuples(index=False):
            sheet.append([None if isinstance(value, float) and np.isnan(value) else value for value in row])
        for _ in range(20):
            sheet.append([" "])  # blanks below the table
        book.save(path)

    found, about = ingest("a.xlsx", write, sheet="Data", header=2)
    same_answers(found)
    assert about["files"][0]["read_as"] == "Excel, sheet 'Data', names in row 2"
    with pytest.raises(InputError, match=r"right of the last named column; .* `header:`"):
        ingest("a.xlsx", write, sheet="Data")
    with pytest.raises(InputError, match=r"there is no column .*of the sheets Codebook, Data"):
        ingest("a.xlsx", lambda path: write_two_sheets(path))


def write_two_sheets(path):
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"variable": ["wai_1"], "text": ["task"]}).to_excel(book, sheet_name="Codebook", index=False)
        WIDE.to_excel(book, sheet_name="Data", index=False)


def test_names_in_the_second_row_are_pointed_out(ingest):
    def write(path):
        path.write_text("Export" + "," * 12 + "\n" + WIDE.to_csv(index=False))

    with pytest.raises(InputError, match="say `header: 2`"):
        ingest("a.csv", write)
    found, _ = ingest("a.csv", write, header=2)
    same_answers(found)


def test_qualtrics(ingest):
    def write(path):
        named = WIDE.astype({item: "Int64" for item in ITEMS}).astype(object)
        wording = ["External reference", *(f"Statement {item}" for item in range(12))]
        ids = ['{"ImportId":"x"}'] * 13
        pd.concat([pd.DataFrame([wording, ids], columns=WIDE.columns), named]).to_csv(path, index=False)

    found, about = ingest("a.csv", write)
    same_answers(found)
    assert "two further header lines of Qualtrics skipped" in about["files"][0]["read_as"]


def test_a_delimiter_at_the_end_of_every_row(ingest):
    def write(path):
        lines = WIDE.astype({item: "Int64" for item in ITEMS}).to_csv(index=False).splitlines()
        path.write_text("\n".join([lines[0], *(f"{line}," for line in lines[1:])]))

    same_answers(ingest("a.csv", write)[0])


WORDS = {1: "None", 2: "A little", 3: "Moderate", 4: "Much", 5: "null"}
UNQUOTED = {"None": 1, "A little": 2, "Moderate": 3, "Much": 4, "null": 5}


@pytest.mark.parametrize("file", ["a.csv", "a.xlsx", "a.parquet", "a.rds"])
def test_words_that_other_programs_take_for_missing_are_answers(ingest, file):
    words = WIDE.copy()
    words[ITEMS] = words[ITEMS].apply(lambda column: column.map(WORDS))
    write = {
        "a.csv": lambda path: words.to_csv(path, index=False),
        "a.xlsx": lambda path: words.to_excel(path, index=False),
        "a.parquet": lambda path: words.to_parquet(path),
        "a.rds": lambda path: pyreadr.write_rds(str(path), words.fillna("")),
    }[file]
    same_answers(ingest(file, write, recode=UNQUOTED)[0])


def long_by_item(path):
    long = WIDE.melt("id", var_name="question", value_name="value").dropna().sample(frac=1, random_state=3)
    long.astype({"value": int}).to_csv(path, index=False)


SHAPES = {
    "names in a list": (text(), {"columns": ITEMS}),
    "names in a map": (text(), {"columns": {str(place): name for place, name in enumerate(ITEMS, start=1)}}),
    "no column of codes": (text(columns=ITEMS), {"client": "row"}),
    "a row per answer": (long_by_item, {"columns": "wai_{item}", "item": "question", "answer": "value"}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_answers(ingest, name):
    write, changes = SHAPES[name]
    same_answers(ingest("a.csv", write, **changes)[0], clients=name != "no column of codes")


def test_sessions_in_the_names_of_the_columns(ingest):
    def write(path):
        both = WIDE.merge(WIDE.assign(**{item: 6 - WIDE[item] for item in ITEMS}), on="id", suffixes=("_S01", "_S03"))
        both.columns = [
            name if name == "id" else "WAI_C_{}_{:02d}".format(name[-3:], int(name.split("_")[1])) for name in both
        ]
        both.to_csv(path, index=False)

    found, _ = ingest("a.csv", write, columns="WAI_C_S{session:02d}_{item:02d}")
    assert sorted(found["session"].unique()) == [1, 3]
    same_answers(found[found["session"] == 1])
    turned = found.loc[found["session"] == 3].filter(regex=r"^i\d").to_numpy(dtype=float, na_value=np.nan)
    np.testing.assert_array_equal(turned, 6 - WIDE[ITEMS].to_numpy())


def test_events_of_redcap_are_sessions(ingest):
    def write(path):
        rows = pd.concat([WIDE.assign(event="session_2_arm_1"), pd.DataFrame({"id": WIDE["id"], "event": "baseline"})])
        rows.to_csv(path, index=False)

    found, _ = ingest("a.csv", write, session="event", sessions={"session_2_arm_1": 2})
    same_answers(found)
    assert set(found["session"]) == {2}


@given(st.permutations(list(WIDE.columns)), st.permutations(range(30)), st.sampled_from([",", ";", "\t", "|"]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_do_not_depend_on_the_order_of_columns_and_rows(ingest, columns, rows, delimiter):
    shuffled = WIDE.astype({item: "Int64" for item in ITEMS})[columns].iloc[rows]
    same_answers(ingest("a.csv", lambda path: shuffled.to_csv(path, index=False, sep=delimiter))[0])
