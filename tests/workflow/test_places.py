"""Where a project may lie, and from where it may be run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Project, small_project

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


def test_a_folder_of_its_own(small, tmp_path):
    """Settings and results of one's own beside the project, which is linked; the same bytes."""
    here = tmp_path / "strict"
    target = "results/matrix/scores/descriptives.csv"
    outcome = small.run("--directory", str(here), target)
    assert outcome.returncode == 0, outcome.stderr
    assert (here / target).read_bytes() == (small.folder / target).read_bytes()
    assert (here / target.replace(".csv", ".settings.json")).read_bytes() == (
        small.folder / target.replace(".csv", ".settings.json")
    ).read_bytes()
    assert {path.name for path in here.iterdir() if path.is_symlink()} == {
        "scripts", "workflow", "config.yaml", "CITATION.cff",
    }  # fmt: skip
    (here / "config.yaml").unlink()
    (here / "config.yaml").write_text("datasets: [matrix]\nlevel: 2\n")
    outcome = small.run("--directory", str(here), "--dry-run")
    assert outcome.returncode == 1 and "config.yaml: level" in outcome.stderr.splitlines()[-1]


def test_from_any_folder_and_by_the_name_of_the_catalogue(small, tmp_path):
    target = "results/matrix/responses"
    for snakefile in ("Snakefile", "workflow/Snakefile"):
        outcome = Project.at(tmp_path).run("--snakefile", str(small.folder / snakefile), target)
        assert outcome.returncode == 0 and "Nothing to be done" in outcome.stderr, outcome.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {".snakemake"}


@pytest.mark.slow
def test_nested_settings_on_the_command_line(small):
    outcome = small.run("--dry-run", "--config", "factors={draws: 20, markers: [eight_01]}", "level=0.9")
    assert outcome.returncode == 0, outcome.stderr
    outcome = small.run("--dry-run", "--config", "factors={drows: 20}")
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines()[-1].startswith(
        "config.yaml: factors: unknown key 'drows'. Did you mean 'draws'?"
    )


@pytest.mark.slow
def test_as_a_module_of_another_workflow(small, tmp_path):
    """It works in the folder of that workflow, whose own rules stay as they are."""
    for name in ("config.yaml", "data/datasets"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(small.folder / name)
    (tmp_path / "Snakefile").write_text(
        "rule mine:\n    default_target: True\n    input: 'results/matrix/responses'\n    output: 'mine.txt'\n"
        "    shell: 'ls {input} > {output}'\n\n"
        f"module alliance:\n    snakefile: '{small.folder}/Snakefile'\n    config: {{'datasets': ['matrix']}}\n\n"
        "use rule * from alliance as alliance_*\n"
    )
    outcome = Project.at(tmp_path).run()
    assert outcome.returncode == 0, outcome.stderr
    assert (tmp_path / "mine.txt").read_text().split() == ["correlations.csv", "dataset.json", "moments.csv"]
