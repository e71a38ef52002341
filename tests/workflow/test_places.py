"""Where a project may lie, and from where it may be run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Project, small_project

# What Snakemake asks of conda. Instead of packages from channels, which tests do not reach, the environment gets the
# Python of the tests, which writes down that it was started; the file it is made from is kept.
CONDA = """\
#!/usr/bin/env bash
base=$(dirname "$(dirname "$0")")
case "$1 $2" in
    "--version ") echo "conda 25.1.0" ;;
    "info --json") echo "{\\"conda_prefix\\": \\"$base\\", \\"platform\\": \\"linux-64\\"}" ;;
    "config --get") echo '{"get": {"channel_priority": "strict"}}' ;;
    "env create")
        while [ $# -gt 0 ]; do
            case "$1" in --file) file=$2 ;; --prefix) prefix=$2 ;; esac
            shift
        done
        mkdir -p "$prefix/bin"
        cp "$file" "$base/made_from.yaml"
        printf '#!/usr/bin/env bash\\necho >> "%s"\\nexec "%s" "$@"\\n' "$base/started" "PYTHON" > "$prefix/bin/python"
        chmod +x "$prefix/bin/python"
        ;;
    "clean -y") ;;
    *) exit 1 ;;
esac
"""
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


def test_folders_with_blanks_brackets_umlauts_and_apostrophes(tmp_path, small):
    """Project, environment, and a folder of one's own for results: Snakemake writes paths into commands."""
    project = small_project(tmp_path / HARD_NAME)
    (project.folder / ".venv").symlink_to(sys.prefix)
    python, here = project.folder / ".venv/bin/python", tmp_path / f"{HARD_NAME} too"
    outcome = call(python, project.folder, "--directory", str(here), "results/matrix/responses")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    made = {path.name: path.read_bytes() for path in (here / "results/matrix/responses").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (small.folder / "results/matrix/responses").iterdir()}
    assert {path.name for path in here.iterdir() if path.is_symlink()} == {
        "scripts", "workflow", "config.yaml", "CITATION.cff",
    }  # fmt: skip
    (here / "config.yaml").unlink()
    (here / "config.yaml").write_text("datasets: [matrix]\nlevel: 2\n")
    outcome = project.run("--directory", str(here), "--dry-run")
    assert outcome.returncode == 1 and "config.yaml: level" in outcome.stderr.splitlines()[-1]


def test_braces_in_the_name_of_the_folder_end_in_one_sentence(tmp_path):
    project = small_project(tmp_path / "a{b}")
    outcome = project.run("--dry-run")
    assert outcome.returncode == 1 and "Traceback" not in outcome.stderr
    assert outcome.stderr.strip().endswith("takes braces in the name of a folder for a variable; rename the folder.")


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


@pytest.mark.slow
def test_conda_makes_the_environment_from_a_file_that_stands_alone(small, tmp_path):
    """`snakemake --sdm conda`: conda is told to make it from a copy of envs/environment.yaml, and jobs run in it."""
    tools = tmp_path / "conda/bin"
    tools.mkdir(parents=True)
    (tools / "activate").write_text('export PATH="$1/bin:$PATH"\n')
    (tools / "conda").write_text(CONDA.replace("PYTHON", sys.executable))
    (tools / "conda").chmod(0o755)
    project = small_project(tmp_path / "project")
    target = "results/matrix/scores/descriptives.csv"
    outcome = project.run(target, "--sdm", "conda", PATH=f"{tools}:{os.environ['PATH']}")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert (project.folder / target).read_bytes() == (small.folder / target).read_bytes()
    assert (tools.parent / "made_from.yaml").read_bytes() == (project.folder / "envs/environment.yaml").read_bytes()
    assert len((tools.parent / "started").read_text()) >= 2  # the file is read, and its scores are described
