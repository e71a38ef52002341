"""What the tests of formats and shapes share."""

import json
import shutil

import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT

from ingest import ingest_dataset

ENTRY = {"form": "wai_sr", "perspective": "client", "columns": "wai_{item}", "client": "id"}


@pytest.fixture
def ingest(tmp_path):
    """A project of one data set: gives the answers back, and what is known about the data set."""
    for folder in ("data/instruments", "workflow/schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    folder = tmp_path / "data/datasets/study"
    folder.mkdir(parents=True)

    def run(file: str, write, **changes):
        write(folder / file)
        entry = {key: value for key, value in (ENTRY | {"file": file} | changes).items() if value is not None}
        (folder / "dataset.yaml").write_text(
            yaml.safe_dump({"title": "Made up", "source": "a test", "responses": [entry]}, allow_unicode=True), "utf-8"
        )
        made = tmp_path / "results/study/responses"
        ingest_dataset.main("study", tmp_path, "first", made)
        return pd.read_parquet(made / "wai_sr.client.parquet"), json.loads((made / "dataset.json").read_text())

    return run
