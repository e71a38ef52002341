"""The one writer and reader of tables."""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.data.tables import read_table, settings_path, write_atomically, write_table


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "note": ["", "too few people"],
            "estimate": [1 / 3, np.nan],
            "own": [1, 2],
            "statistic": ["alpha", "omega"],
            "dataset": "study",
        }
    )


def test_what_is_read_is_what_was_written(tmp_path, frame):
    write_table(frame, tmp_path / "t.csv", settings={}, inputs=[])
    back = read_table(tmp_path / "t.csv")
    written = ["dataset", "statistic", "estimate", "own", "note"]
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == ",".join(written)
    pd.testing.assert_frame_equal(back[written], frame[written], check_dtype=False)
    assert back["estimate"][0] == 1 / 3  # every digit


def test_two_columns_of_one_name_are_refused(tmp_path, frame):
    twice = pd.concat([frame, frame[["own"]]], axis=1)
    with pytest.raises(ValueError, match=r"t\.csv has more than one column own"):
        write_table(twice, tmp_path / "t.csv", settings={}, inputs=[])
    assert not (tmp_path / "t.csv").exists()


def test_numbers_that_no_row_has_are_read_as_missing(tmp_path, frame):
    write_table(frame, tmp_path / "t.csv", settings={}, inputs=[])
    assert read_table(tmp_path / "t.csv")[["se", "lower", "upper", "level", "n"]].isna().all(axis=None)


def test_a_note_column_without_notes_is_text(tmp_path, frame):
    write_table(frame.assign(note=""), tmp_path / "t.csv", settings={}, inputs=[])
    assert list(read_table(tmp_path / "t.csv")["note"]) == ["", ""]


def test_the_sidecar_says_what_the_table_was_made_with(tmp_path, frame):
    source = tmp_path / "in.txt"
    source.write_text("abc")
    write_table(frame, tmp_path / "t.csv", settings={"seed": 3}, inputs=[source])
    content = json.loads(settings_path(tmp_path / "t.csv").read_text())
    assert content["settings"] == {"seed": 3}
    # SHA-256 of "abc": FIPS 180-2, appendix B.1
    assert content["inputs"] == {str(source): "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    # only what makes numbers
    assert set(content["versions"]) == {"python", "numpy", "scipy", "pandas"}
    assert content["versions"]["pandas"] == pd.__version__


def test_the_sidecar_names_further_packages_that_made_the_numbers(tmp_path, frame):
    write_table(frame, tmp_path / "t.csv", settings={}, inputs=[], packages=("numpy", "pengouin"))
    versions = json.loads(settings_path(tmp_path / "t.csv").read_text())["versions"]
    assert set(versions) == {"python", "numpy", "pengouin"} and versions["pengouin"] == "not installed"


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    write_atomically(path, "old")

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pipeline.data.tables.os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
