"""Every data set ends in a report, however odd it is: no traceback, no warning of NumPy, no gap without a reason."""

from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from tests.conftest import ROOT, Project, once
from tests.degenerate_data import LIST, degenerate_project
from tests.manuscript_material import material_of

from manuscript.write_manuscript import write_texts

# the cheapest that has all of a report; all others are slow, and what they have found has tests of its own
QUICK = ["matrix_of_ones"]
NAMES = list(LIST["sets"])


def run(folder: Path, names: list[str], **settings) -> None:
    """The reports of some data sets, planned and made in one process; the tests say what is missing."""
    project = degenerate_project(folder, names, **settings)
    outcome = project.run_in_one_process(*names)
    (folder / "outcome.txt").write_text(outcome.stdout + outcome.stderr)


@pytest.fixture(scope="session")
def quick(tmp_path_factory) -> Project:
    """Figures as the report shows them alone; the slow tests draw the other formats as well."""
    build = partial(run, names=QUICK, figures={"formats": []})
    return Project.at(once(tmp_path_factory, "quick_degenerate", build))


@pytest.fixture(scope="session")
def every(tmp_path_factory) -> Project:
    return Project.at(once(tmp_path_factory, "degenerate", lambda folder: run(folder, NAMES)))


def check(project: Project, name: str) -> None:
    logs = {path.name: path.read_text() for path in sorted((project.folder / "logs" / name).glob("*.log"))}
    failed = {log: text[-2000:] for log, text in logs.items() if "Traceback" in text or "RuntimeWarning" in text}
    assert not failed, failed
    results = project.folder / "results" / name
    page = (results / "report.html").read_text()  # outcome.txt says why there is none
    assert "What could not be computed, and why" in page
    assert gaps(results) == {}


def gaps(results: Path) -> dict[str, list[str]]:
    """Table -> statistics of its rows that have neither an estimate nor a reason."""
    found = {}
    for path in sorted(results.rglob("*.csv")):
        table = pd.read_csv(path)
        if {"statistic", "estimate"} <= set(table):
            note = table["note"] if "note" in table else pd.Series(index=table.index, dtype=object)
            silent = table.loc[table["estimate"].isna() & note.isna(), "statistic"]
            if len(silent):
                found[path.relative_to(results).as_posix()] = sorted(silent.unique())
    return found


def check_manuscript(project: Project, name: str, folder: Path) -> None:
    """Tables and text can be written, and no number that is not there stands in them."""
    material = material_of(project.folder, name)
    write_texts(material, folder, ROOT / "workflow/references.yaml", ROOT / "workflow/checklists.yaml")
    for path in folder.glob("*.md"):
        assert not {"nan", "None", "NaN"} & set(path.read_text().replace("[", " ").replace(",", " ").split()), path.name


@pytest.mark.parametrize("name", QUICK)
def test_a_handful_of_degenerate_data_sets(quick, name, tmp_path):
    check(quick, name)
    check_manuscript(quick, name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_degenerate_data_sets(every, name, tmp_path):
    check(every, name)
    check_manuscript(every, name, tmp_path)


def test_there_are_enough_of_them():
    assert len(NAMES) >= 60
