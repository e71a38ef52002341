"""Files that claim to hold more than a computer has are refused in little memory; what is allowed is read."""

import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tests import hostile_files
from tests.conftest import wai_sr_answers, wai_sr_description

from pipeline.data.checking import assembled
from pipeline.data.formats.bounds import Limits, Unreadable, check_archive, check_cells, check_compressed, check_size
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.formats.workbook import read_xlsx
from pipeline.data.job import InputError

ROOT = Path(__file__).parents[4]
MADE = {
    "zip_bomb": "a.xlsx",
    "zip_bomb_ods": "a.ods",
    "xml_bomb": "b.xlsx",
    "far_cell": "c.xlsx",
    "far_ods": "c.ods",
    "wide_line": "a.csv",
    "wide_record": "b.csv",
    "long_field": "c.csv",
    "rds_bomb": "a.rds",
    "parquet_of_many_cells": "a.parquet",
}
READ_ALL = """
import sys
from pathlib import Path
from pipeline.data.job import InputError
from pipeline.data.reading import read_raw

for path in sys.argv[1:]:
    try:
        read_raw(Path(path), "it")
        print("read", path)
    except InputError:
        print("refused")
# of this program alone: what getrusage tells begins with the size of the one that started it
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def test_refused_within_seconds_and_a_gibibyte(tmp_path):
    for made, file in MADE.items():
        getattr(hostile_files, made)(tmp_path / file)
    said = subprocess.run(
        [sys.executable, "-c", READ_ALL, *(str(tmp_path / file) for file in MADE.values())],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),  # ten files, each a matter of a second
        check=True,
    ).stdout.split("\n")
    assert said[: len(MADE)] == ["refused"] * len(MADE)
    assert int(said[len(MADE)]) < 2**20  # KiB


def test_the_limits_can_be_raised(tmp_path):
    hostile_files.xlsx(tmp_path / "a.xlsx")
    few = Limits(columns=12)
    with pytest.raises(Unreadable, match="has 13 columns"):
        read_xlsx(tmp_path / "a.xlsx", ReadOptions(limits=few))
    assert read_xlsx(tmp_path / "a.xlsx", ReadOptions(limits=replace(few, columns=13))).frame.shape == (30, 13)
    with pytest.raises(Unreadable, match=r"holds more than 402 cells"):
        read_xlsx(tmp_path / "a.xlsx", ReadOptions(limits=Limits(cells=402)))  # 31 rows and the names
    check_cells(10, 10, Limits(cells=100))


def test_sizes_are_those_of_the_content(tmp_path):
    path = tmp_path / "a.rds"
    hostile_files.rds_bomb(path)
    check_size(path, Limits(mebibytes=2))  # 300 MiB of zeros
    with pytest.raises(Unreadable, match="unpacks to more than 256 MiB"):
        check_compressed(path, Limits())
    check_compressed(path, Limits(mebibytes=300))
    path.write_bytes(b"plain")
    check_compressed(path, Limits())  # not compressed
    (tmp_path / "b.csv").write_bytes(bytes(2**20 + 1))
    with pytest.raises(Unreadable, match="has 2 MiB; at most 1 MiB"):
        check_size(tmp_path / "b.csv", Limits(mebibytes=1))


def test_a_declaration_that_lies_across_two_chunks_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.data.formats.bounds.CHUNK", 7)
    hostile_files.xml_bomb(tmp_path / "a.xlsx")
    with pytest.raises(Unreadable, match="declares entities"):
        check_archive(tmp_path / "a.xlsx", Limits())


def test_files_in_another_folder(project):
    folder = project.add("study", wai_sr_description(), answers=wai_sr_answers())
    elsewhere = project.folder / "secured"
    elsewhere.mkdir()
    (folder / "answers.csv").rename(elsewhere / "answers.csv")
    with pytest.raises(InputError, match="does not exist in data/datasets/study/"):
        assembled("study", project.folder, "first")
    for named in ("../../../secured", str(elsewhere)):
        (folder / "dataset.yaml").write_text(yaml.safe_dump(wai_sr_description() | {"data_root": named}))
        assert assembled("study", project.folder, "first")["dataset.json"]["people"] > 0
