"""`make archive`: one zip file of a data set, the same bytes each time, and nothing in it that tells who answered."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from manuscript.archive import main

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("*.npz", "*.pdf", "*.png", "*.svg", "report.html")


@pytest.fixture
def root(finished, tmp_path):
    """A copy of what the archive is made from, without what is large."""
    for part in ("config.yaml", "CITATION.cff"):
        shutil.copy(ROOT / part, tmp_path / part)
    for part in ("workflow", "envs", "data/instruments"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).symlink_to(ROOT / part)
    for name in ("example", "wai_sr_chatbot"):
        shutil.copytree(finished.folder / "results" / name, tmp_path / "results" / name, ignore=LEFT_OUT)
        (tmp_path / "results" / name / "report.html").write_text("<p>A report</p>")
        (tmp_path / "data/datasets").mkdir(exist_ok=True)
        (tmp_path / "data/datasets" / name).symlink_to(ROOT / "data/datasets" / name)
    return tmp_path


def test_what_it_holds(root, capsys):
    assert main(["example", "--root", str(root), "--date", "2026-11-27"]) == 0
    first = (root / "results/example.zip").read_bytes()
    held = zipfile.ZipFile(io.BytesIO(first))
    names = held.namelist()
    assert {"README.md", "config.yaml", "versions.json", "ro-crate-metadata.json", "envs/requirements.lock"} <= set(
        names
    )
    assert {"data/instruments/wai.yaml", "results/example/factors/client/loadings.csv"} <= set(names)
    assert not [name for name in names if name.endswith((".parquet", ".npz", ".sav")) or "scores.csv" in name]
    assert [name for name in names if "/responses/" in name] == ["results/example/responses/dataset.json"]
    crate = json.loads(held.read("ro-crate-metadata.json"))
    described = {entity["@id"] for entity in crate["@graph"] if entity["@type"] == "File"}
    assert described == set(names) - {"ro-crate-metadata.json"}
    assert main(["example", "--root", str(root), "--date", "2026-11-27"]) == 0
    assert (root / "results/example.zip").read_bytes() == first


def test_a_code_stops_it_before_anything_is_written(root, capsys):
    code = pd.read_csv(ROOT / "data/datasets/example/clients.csv")["client_id"].iloc[0]
    (root / "results/example/note.txt").write_text(f"see {code} again")
    assert main(["example", "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert "results/example/note.txt: holds a code of the raw files" in said and code not in said
    assert not (root / "results/example.zip").exists()


def test_a_matrix_has_nobody_to_tell_of(root):
    assert main(["wai_sr_chatbot", "--root", str(root)]) == 0


def test_without_results_it_says_what_to_do(root, capsys):
    assert main(["nobody", "--root", str(root)]) == 1
    assert "snakemake nobody" in capsys.readouterr().err
