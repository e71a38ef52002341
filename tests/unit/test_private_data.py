"""Private data are not committed by accident, wherever people put them; tables hold no text that is computed."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from pipeline.data.tables import without_formulas

ROOT = Path(__file__).parents[2]
PRIVATE = [
    "data/datasets/my_study/dataset.yaml",
    "data/datasets/my_study/answers.csv",
    "data/datasets/my_study/codes.csv",
    "data/datasets/My Study (old)/Antworten.TXT",
    "data/answers.csv",
    "data/instruments/answers.csv",
    "answers.csv",
    "Answers.CSV",
    "answers.sav",
    "scripts/ANSWERS.SAV",
    "docs/answers.xlsx",
    "answers.XLS",
    "tests/answers.dta",
    "data/published/answers.parquet",
    "answers.rds",
    "answers.RData",
    "answers.sas7bdat",
    "answers.ods",
    "report.html",
    "results/my_study/report.html",
    "logs/my_study/ingest_dataset.log",
]


@pytest.mark.parametrize("path", PRIVATE)
def test_git_ignores_private_data_wherever_people_put_them(path):
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: git has nothing to ignore")
    found = subprocess.run(["git", "check-ignore", "--no-index", "--quiet", path], cwd=ROOT, check=False)
    assert found.returncode == 0, f"{path} would be committed"


def test_no_file_of_the_project_itself_is_ignored():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: git has nothing to ignore")
    listed = subprocess.run(["git", "ls-files", "-ci", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    assert listed.stdout == b""


def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe():
    frame = pd.DataFrame({"group": ["=1+1", "@x", "a-b", None], "estimate": [-1.0, 2.0, 3.0, 4.0]})
    found = without_formulas(frame)
    assert found["group"].tolist()[:3] == ["'=1+1", "'@x", "a-b"]
    assert found["estimate"].tolist() == frame["estimate"].tolist()
