"""Files that SAS, Excel and LibreOffice wrote: read right, or refused in one sentence where a password locks them."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from pipeline.data.checking import assembled, mistakes
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.job import InputError
from pipeline.data.reading import read_raw

GOLDEN = Path(__file__).parents[3] / "golden/formats"


def unpacked(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((GOLDEN / f"{name}.gz").read_bytes()))
    return path


def test_a_file_of_sas_holds_the_answers_and_the_group(tmp_path):
    table = read_raw(unpacked(tmp_path, "workshop.sas7bdat"), "workshop.sas7bdat", ReadOptions())
    assert table.read_as == "SAS" and table.frame.shape == (8, 7)
    assert table.frame["q1"].tolist() == [1, 2, 2, 3, 4, 5, 5, 4]  # as printed in the help of haven::read_sas
    assert table.frame["q3"].isna().tolist() == [False] * 3 + [True] + [False] * 4
    assert table.frame["gender"].isna().sum() == 1  # an empty text


def test_a_file_of_sas_as_a_data_set(project):
    form = {
        "instrument": "WORKSHOP",
        "name": "Workshop",
        "source": "a test",
        "forms": {
            "workshop4": {
                "label": "Workshop",
                "perspectives": ["client"],
                "items": 4,
                "range": [1, 5],
                "scales": {},
                "reverse": [],
                "key_status": "established",
                "grades": {"range": "B"},
            }
        },
    }
    entry = {"file": "workshop.sas7bdat", "form": "workshop4", "perspective": "client", "columns": "q{item}"}
    described = {"title": "Workshop", "source": "a test", "responses": [entry | {"client": "id"}]}
    folder = project.add("study", described)
    unpacked(folder, "workshop.sas7bdat")
    (folder / "own.instrument.yaml").write_text(str(form).replace("'", '"'))
    found = mistakes("study", project.folder, "first")[0]
    assert found == []
    answers = assembled("study", project.folder, "first")["workshop4.client.parquet"]
    pd.testing.assert_series_equal(
        answers["i04"].astype(float), pd.Series([1, 1, 3, 3, 4, 5, 4, 5.0]), check_names=False, check_index=False
    )


@pytest.mark.parametrize("name", ["locked.xlsx", "locked.ods", "locked.xls"])
def test_a_locked_workbook_is_refused_in_one_sentence(tmp_path, name):
    with pytest.raises(InputError, match=f"{name}: is protected with a password; save a copy without one") as refused:
        read_raw(unpacked(tmp_path, name), name, ReadOptions())
    assert "\n" not in str(refused.value)
