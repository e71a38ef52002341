"""What the tests of `make dataset` and `make check` share."""

import shutil

import pytest
from tests.conftest import ROOT


@pytest.fixture
def root(tmp_path):
    """A project without data sets, and a folder for files."""
    for folder in ("data/instruments", "workflow/schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "data/datasets").mkdir()
    (tmp_path / "files").mkdir()
    return tmp_path
