"""Every shape of a file in every format, written by the library that its users use: the same answers come back."""

import numpy as np
import pandas as pd
import pyreadr
import pyreadstat
import pytest
from tests.unit.pipeline.data.test_formats import ITEMS, WIDE, same_answers

WORDS = {1: "seldom", 2: "sometimes", 3: "fairly often", 4: "very often", 5: "always"}


def without_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """An empty text where there is none: these formats have no other."""
    types = pd.api.types
    is_text = [not (types.is_numeric_dtype(of) or types.is_datetime64_any_dtype(of)) for of in frame.dtypes]
    return frame.fillna(dict.fromkeys(frame.columns[is_text], ""))


def as_stata(frame: pd.DataFrame, path) -> None:
    dates = {name: "td" for name in frame if pd.api.types.is_datetime64_any_dtype(frame[name])}
    without_gaps(frame).to_stata(path, write_index=False, convert_dates=dates)


FORMATS = {
    "CSV": ("a.csv", lambda frame, path: frame.to_csv(path, index=False)),
    "Excel": ("a.xlsx", lambda frame, path: frame.to_excel(path, index=False)),
    "OpenDocument": ("a.ods", lambda frame, path: frame.to_excel(path, index=False, engine="odf")),
    "SPSS": ("a.sav", lambda frame, path: pyreadstat.write_sav(without_gaps(frame), path)),
    "Stata": ("a.dta", as_stata),
    "R": ("a.rds", lambda frame, path: pyreadr.write_rds(str(path), frame)),
    "Parquet": ("a.parquet", lambda frame, path: frame.to_parquet(path)),
}


def other() -> pd.DataFrame:
    """What the same people answered at another time, or others about them."""
    return WIDE.assign(**{item: 6 - WIDE[item] for item in ITEMS})


def sessions_in_names() -> pd.DataFrame:
    renamed = [frame.rename(columns={item: f"s{number}_{item}" for item in ITEMS}) for number, frame in both()]
    return renamed[0].merge(renamed[1], on="id")


def both():
    return (1, WIDE), (3, other())


def rows(values: dict) -> pd.DataFrame:
    """The first answers under the first value of a column, the others under the second."""
    (column, (one, two)) = next(iter(values.items()))
    together = pd.concat([WIDE.assign(**{column: one}), other().assign(**{column: two})])
    return together.sample(frac=1, random_state=2).reset_index(drop=True)


def long_by_item() -> pd.DataFrame:
    return WIDE.melt("id", var_name="question", value_name="value").dropna().sample(frac=1, random_state=3)


def in_words() -> pd.DataFrame:
    return WIDE.assign(**{item: WIDE[item].map(WORDS).astype(object) for item in ITEMS})


SHAPES = {  # name -> frame, keys of the entry, session that the first answers have
    "one row per client": (lambda: WIDE, {}, 1),
    "sessions in the names": (sessions_in_names, {"columns": "s{session}_wai_{item}"}, 1),
    "a row per session": (lambda: rows({"visit": (1.0, 2.0)}), {"session": "visit"}, 1),
    "sessions as texts": (
        lambda: rows({"visit": ("T1", "T2")}),
        {"session": "visit", "sessions": {"T1": 1, "T2": 2}},
        1,
    ),
    "sessions as dates": (
        lambda: rows({"visit": (pd.Timestamp(2024, 3, 1), pd.Timestamp(2024, 5, 2))}),
        {"session": "visit", "sessions": "dates"},
        1,
    ),
    "a row per answer": (long_by_item, {"item": "question", "answer": "value"}, 1),
    "client and therapist in rows": (lambda: rows({"who": (1.0, 2.0)}), {"keep": {"who": 1}}, 1),
    "answers in words": (in_words, {"recode": {word: number for number, word in WORDS.items()}}, 1),
    "no codes": (lambda: WIDE[ITEMS], {"client": "row"}, 1),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_answers(ingest, kind, shape):
    file, write = FORMATS[kind]
    frame, keys, session = SHAPES[shape]
    found, about = ingest(file, lambda path: write(frame().reset_index(drop=True), path), **keys)
    first = found[found["session"] == session]
    if shape == "no codes":
        same_answers(first, clients=False)
    else:
        same_answers(first)
    if len(found) > len(first):
        np.testing.assert_array_equal(
            found[found["session"] != session].filter(regex=r"^i\d").to_numpy(dtype=float, na_value=np.nan),
            other()[ITEMS].to_numpy(),
        )
    assert about["forms"][0]["counts"]["clients"] == len(WIDE)
