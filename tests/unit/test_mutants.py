"""The deliberate mistakes fit the code as it is now: `make mutants` itself takes half an hour."""

import ast
from collections import Counter

import pytest
from benchmarks.mutants import ENOUGH, ROOT, first_failure, read_mistakes

MISTAKES = read_mistakes()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_each_can_be_made(mistake):
    text = mistake.made_in(ROOT)  # the old text stands there exactly once
    assert mistake.old != mistake.new
    if mistake.file.endswith(".py"):
        ast.parse(text)
    assert mistake.tests and all((ROOT / test).exists() for test in mistake.tests)


def test_there_are_sixty_different_ones_in_every_chapter():
    assert len(MISTAKES) >= 60 and len({mistake.what for mistake in MISTAKES}) == len(MISTAKES) and ENOUGH == 57
    folders = Counter(mistake.file.removeprefix("scripts/").split("/")[0] for mistake in MISTAKES)
    assert folders["psychometrics"] >= 36 and folders["pipeline"] >= 10
    chapters = {mistake.file.split("/")[2] for mistake in MISTAKES if "/psychometrics/" in mistake.file}
    there = {path.parent.name for path in (ROOT / "scripts/psychometrics").glob("*/__init__.py")}
    assert there - chapters == {"simulation"}  # of made-up data: nobody's numbers rest on it


def test_a_mistake_that_no_longer_fits_is_said(tmp_path):
    mistake = MISTAKES[0]
    file = tmp_path / mistake.file
    file.parent.mkdir(parents=True)
    file.write_text(f"{mistake.old}\n{mistake.old}\n")
    with pytest.raises(ValueError, match="holds 2 times"):
        mistake.made_in(tmp_path)


def test_the_first_failure_is_named():
    assert first_failure("..F\nFAILED tests/a.py::test_b - assert 1\n1 failed") == "tests/a.py::test_b"
