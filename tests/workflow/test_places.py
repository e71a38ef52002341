"""Where a project may lie, and from where it may be run."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import small_project

HARD_NAME = "OneDrive - Lab (Zoë's) [2] & $HOME;"


def call(python: Path | str, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Call snakemake in a folder."""
    return subprocess.run(
        [python, "-m", "snakemake", "--cores", "1", *arguments],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_with_blanks_brackets_umlauts_and_apostrophes(tmp_path, small):
    """With the environment in the folder, as `make` has it: Snakemake writes its path into commands of the shell."""
    project = small_project(tmp_path / HARD_NAME)
    (project.folder / ".venv").symlink_to(sys.prefix)
    outcome = call(project.folder / ".venv/bin/python", project.folder, "results/matrix/responses")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    made = {path.name: path.read_bytes() for path in (project.folder / "results/matrix/responses").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (small.folder / "results/matrix/responses").iterdir()}


def test_braces_in_the_name_of_the_folder_end_in_one_sentence(tmp_path):
    project = small_project(tmp_path / "a{b}")
    outcome = project.run("--dry-run")
    assert outcome.returncode == 1 and "Traceback" not in outcome.stderr
    assert outcome.stderr.strip().endswith("takes braces in the name of a folder for a variable; rename the folder.")
