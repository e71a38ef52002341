"""No file is named after a person, whatever the case and the signs between; ordinary names pass."""

import pandas as pd
import pytest
from tests.conftest import wai_sr_answers, wai_sr_description

from pipeline.data.checking import assembled
from pipeline.data.file_names import codes_in_file_names
from pipeline.data.job import InputError

PEOPLE = {
    "wai_sr.client.parquet": pd.DataFrame(
        {"client": ["PAT-7340-X", "0815", "2023", "12"], "therapist": ["Quandtmeier", None, "client", "C 007"]}
    )
}


def content(*names: str) -> dict:
    return {"responses": [{"file": name} for name in names]}


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("PAT-7340-X.csv", "client"),
        ("pat_7340_x.SAV", "client"),
        ("wave 1/answers of PAT 7340 X (new).xlsx", "client"),
        ("export_0815.csv", "client"),
        ("QUANDTMEIER 2023.xlsx", "therapist"),
        ("PAT-73401-X.csv", None),
        ("quandtmeiers.csv", None),
        ("answers_2023.csv", None),
        ("client.csv", None),
        ("wave_12.csv", None),
    ],
)
def test_the_code_of_a_person_in_the_name_of_a_file(name, who):
    found = list(codes_in_file_names(content("answers.csv", name), PEOPLE))
    assert len(found) == (who is not None)
    if who:
        assert found[0].what.startswith(f"responses: entry 2: the name of the file contains the code of a {who}")
        assert name not in found[0].what and "7340" not in found[0].what


def test_it_stops_a_run_without_being_said_and_may_be_accepted(project):
    table = wai_sr_answers().assign(therapist="Answers")
    project.add("study", wai_sr_description(therapist="therapist"), answers=table)
    with pytest.raises(InputError, match=r"the code of a therapist.*accept: code_in_file_name") as refused:
        assembled("study", project.folder, "first")
    assert "nswers.csv" not in str(refused.value)
    described = wai_sr_description(therapist="therapist") | {"accept": {"code_in_file_name": "a test"}}
    project.add("other", described, answers=table)
    assert any("accepted" in said for said in assembled("other", project.folder, "first")["dataset.json"]["accepted"])
