"""CONTRIBUTING.md followed to the letter in a copy of the project: an instrument, a data set, an analysis."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from tests.conftest import ROOT, Project

# a file to write (or to append to), or commands to run
STEP = re.compile(r"(?:^`([^`\n]+)`( \(append\))?:\n\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The copy after every step of the three walks, and what the commands said."""
    project = Project(tmp_path_factory.mktemp("contributing") / "project").with_code()
    shutil.copytree(ROOT / "tests/unit/items", project.folder / "tests/unit/items")
    shutil.copy(ROOT / "pyproject.toml", project.folder)
    text = (ROOT / "CONTRIBUTING.md").read_text()
    walks = text[text.index("## Add an instrument") :]
    said = []
    for path, append, kind, content in STEP.findall(walks):
        if kind == "sh":
            said += [(line, command(project, line)) for line in content.splitlines()]
            continue
        file = project.folder / path
        assert append or path == "config.yaml" or not file.exists(), f"{path} is there already"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((file.read_text() if append else "") + content)
    return project, said


def command(project, line: str) -> subprocess.CompletedProcess:
    program, *arguments = shlex.split(line)
    if program == "snakemake":
        return project.run(*arguments)
    assert program == "python"
    return subprocess.run(
        [sys.executable, *arguments], cwd=project.folder, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.slow
def test_every_command_works(followed):
    _, said = followed
    assert len(said) == 3
    for line, outcome in said:
        assert outcome.returncode == 0, f"{line}: {outcome.stdout[-1500:]}{outcome.stderr[-3000:]}"


@pytest.mark.slow
def test_the_new_analysis_is_in_results_and_report(followed):
    project, _ = followed
    folder = project.folder / "results/my_study"
    assert (folder / "highest/highest.csv").read_text().count("highest_share") == 1
    assert all((folder / f"figures/highest.{kind}").stat().st_size for kind in ("pdf", "svg", "png"))
    page = (folder / "report.html").read_text()
    assert "Of no form do more than" in page and "one bar per form" in page
    assert page.index('id="data"') < page.index('id="highest"') < page.index('id="reliability"')


@pytest.mark.slow
def test_the_codebook_still_reads(followed):
    project, _ = followed
    book = yaml.safe_load((project.folder / "scripts/psychometrics/statistics.yaml").read_text())
    assert book["highest_share"]["chapter"] == "items"


def test_the_walk_touches_no_list():
    """Of the files that were there only the settings and the codebook change."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    written = [path for path, *_ in STEP.findall(text[text.index("## Add an instrument") :]) if path]
    assert [path for path in written if (ROOT / path).exists()] == [
        "config.yaml",
        "scripts/psychometrics/statistics.yaml",
    ]
