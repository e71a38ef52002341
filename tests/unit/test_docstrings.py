"""Docstrings are strict numpydoc, every public name has examples, and the examples give what they say."""

import doctest
import importlib
from pathlib import Path
from types import ModuleType

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.hooks.validate_docstrings import parse_config, process_file

import psychometrics

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "scripts" / "psychometrics"
FILES = [path.relative_to(LIBRARY) for path in sorted(LIBRARY.rglob("*.py"))]
CONFIGURATION = parse_config(ROOT)


def examples_of(what: ModuleType | type, name: str) -> list[doctest.DocTest]:
    """Every docstring with examples of a module or a public name, and of what is defined in it."""
    return doctest.DocTestFinder(exclude_empty=True).find(what, name)


def failures(test: doctest.DocTest) -> str:
    """What the examples of one docstring print that they should not; empty where all is well."""
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_docstrings_are_strict_numpydoc(path):
    found = process_file(LIBRARY / path, CONFIGURATION)
    assert not found, "\n".join(" ".join(finding[1:]) for finding in found)


@pytest.mark.parametrize("name", psychometrics.__all__)
def test_a_public_name_has_examples(name):
    public = getattr(psychometrics, name)
    assert get_doc_object(public)["Examples"], f"{name} has no Examples section"
    examples = examples_of(public, name)[0].examples
    assert any(example.want for example in examples), f"the examples of {name} print nothing"


@pytest.mark.parametrize("path", [path for path in FILES if ">>>" in (LIBRARY / path).read_text()], ids=str)
def test_the_examples_of_a_module_run(path):
    module = importlib.import_module(".".join(("psychometrics", *path.with_suffix("").parts)))
    wrong = [failures(test) for test in examples_of(module, path.stem)]
    assert not any(wrong), "".join(wrong)
