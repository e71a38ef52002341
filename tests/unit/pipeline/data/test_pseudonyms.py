"""No code of a person leaves the raw files, and nothing else changes."""

import pandas as pd

from pipeline.data.pseudonyms import pseudonymised, pseudonyms

ANSWERS = pd.DataFrame(
    {
        "client": ["Zoe 10", "Adam 9", "Zoe 10"],
        "therapist": ["Dr. B", None, "Dr. A"],
        "session": [1, 1, 2],
        "rater": [None, None, None],
        "i01": [4, 3, 2],
    },
    dtype=object,
)
CLIENTS = pd.DataFrame({"client": ["Adam 9", "Eva", "Zoe 10"], "outcome": [1.0, 2.0, 3.0]})
FILES = {"wai_sr.client.parquet": ANSWERS, "clients.parquet": CLIENTS, "dataset.json": {"people": 2}}


def test_people_have_one_pseudonym_in_all_tables_in_the_order_of_their_codes():
    found = pseudonymised(FILES)
    assert found["wai_sr.client.parquet"]["client"].tolist() == ["c003", "c001", "c003"]
    assert found["clients.parquet"]["client"].tolist() == ["c001", "c002", "c003"]
    assert found["wai_sr.client.parquet"]["therapist"].tolist() == ["t002", None, "t001"]
    assert found["wai_sr.client.parquet"]["rater"].isna().all()
    assert found["dataset.json"] is FILES["dataset.json"]
    assert ANSWERS["client"][0] == "Zoe 10"  # the tables given stay as they are


def test_the_order_of_a_thousand_and_more_is_kept_as_text():
    codes = sorted(f"{number}" for number in range(1200))
    names = pseudonyms({"a.parquet": pd.DataFrame({"client": codes})})["client"]
    assert sorted(names.values()) == [names[code] for code in codes]
