"""Scores of the clients as files that other programs read and only their owner."""

import stat
from types import SimpleNamespace

import pandas as pd
import pyreadstat
import pytest

from manuscript import client_scores


@pytest.fixture
def written(tmp_path):
    form = SimpleNamespace(name="mood8", label="MOOD-8", perspective="client", scales={"UP": [1], "total": [1, 2]})
    dataset = SimpleNamespace(
        is_matrix=False,
        has_people=True,
        of_persons=False,
        forms=[form],
        perspectives=["client"],
        forms_of={"client": [form]}.get,
        therapist_of=pd.Series({"c001": "t001", "c002": "t001"}),
        at_occasion=lambda frame: frame[frame["session"] == 3],
    )
    rows = [
        (c, s, "client", "mood8", scale, x)
        for c, s, scale, x in [
            ("c001", 3, "UP", 2.4375),
            ("c001", 8, "UP", 9.0),
            ("c002", 3, "UP", 4.0),
            ("c001", 3, "total", 3.0),
        ]
    ]
    columns = ["client", "session", "perspective", "form", "scale", "mean"]
    pd.DataFrame(rows, columns=columns).to_parquet(tmp_path / "long.parquet")
    pd.DataFrame({"client": ["c001", "c003"], "F1": [0.5, -1.0]}).to_parquet(tmp_path / "factors.parquet")
    folder = tmp_path / "out"
    folder.mkdir()
    client_scores.write(dataset, tmp_path / "long.parquet", {"client": tmp_path / "factors.parquet"}, folder)
    return folder


def test_a_row_per_client_in_every_format(written):
    table = pd.read_parquet(written / "scores.parquet")
    assert list(table) == ["client", "therapist", "mood8_client_UP", "mood8_client_total", "client_F1"]
    assert list(table["client"]) == ["c001", "c002", "c003"]
    assert table["mood8_client_UP"].tolist()[:2] == [2.4375, 4.0]  # of the chosen session
    text = pd.read_csv(written / "scores.csv")
    spss, about = pyreadstat.read_sav(str(written / "scores.sav"))
    for other in (text, spss):
        assert other["client"].tolist() == table["client"].tolist()
        assert other["client_F1"].round(9).equals(table["client_F1"].round(9))
    assert about.column_names_to_labels["mood8_client_UP"] == "MOOD-8, UP, client: mean of the items"


def test_only_the_owner_reads_them(written):
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.iterdir()} == {0o600}


def test_no_time_stands_in_the_spss_file(written):
    assert (written / "scores.sav").read_bytes()[92:109] == b"01 Jan 0000:00:00"
