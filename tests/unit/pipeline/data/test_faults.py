"""What is said of faults that no data and no program have made."""

import errno
from types import SimpleNamespace

import pytest

from ingest.ingest_dataset import write_all
from pipeline.data.configuration import unknown_target
from pipeline.data.job import jobs, stopped
from pipeline.data.tables import write_atomically
from pipeline.data.verdicts import dated_ahead


def fails_with(error: BaseException, tmp_path) -> str:
    def main() -> None:
        raise error

    given = SimpleNamespace(
        rule="rule", log=[str(tmp_path / "a.log")], **{key: {} for key in ("output", "input", "params", "wildcards")}
    )
    with pytest.raises(SystemExit) as ended:
        jobs([main], given)
    assert str(ended.value).strip() == stopped(tmp_path / "a.log")
    return stopped(tmp_path / "a.log")


@pytest.mark.parametrize(
    ("error", "begins"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full: free some space, then"),
        (OSError(errno.EROFS, "Read-only file system"), "The folder of the results can only be read"),
        (PermissionError(errno.EACCES, "Permission denied"), "A file may not be read or written by you"),
        (MemoryError(), "There is not enough memory"),
    ],
)
def test_a_fault_of_the_machine_is_one_sentence(error, begins, tmp_path):
    assert fails_with(error, tmp_path).startswith(begins)


def test_another_error_of_the_system_is_no_fault_of_the_machine(tmp_path):
    def main() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file")

    with pytest.raises(FileNotFoundError):
        jobs([main], SimpleNamespace(log=[str(tmp_path / "a.log")], output={}, input={}, params={}, wildcards={}))


def test_answers_that_cannot_all_be_written_leave_nothing_behind(tmp_path):
    with pytest.raises(TypeError):
        write_all({"a.json": {"a": 1}, "b.json": object()}, tmp_path / "responses")
    assert not list(tmp_path.iterdir())


def test_half_a_file_is_removed(tmp_path):
    (tmp_path / "table.csv").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError):
        write_atomically(tmp_path / "table.csv", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_file_of_tomorrow(tmp_path):
    file = tmp_path / "a.csv"
    file.touch()
    now = file.stat().st_mtime
    assert dated_ahead([file, tmp_path / "absent.csv"], now) == ""
    assert dated_ahead([file], now - 86_400).startswith(f"{file} is dated in the future (")


def test_a_target_that_is_none(tmp_path):
    (tmp_path / "data/datasets/mine").mkdir(parents=True)
    (tmp_path / "data/datasets/mine/dataset.yaml").touch()
    known = ["all", "study"]
    assert unknown_target("studdy", known, tmp_path).endswith("another target. Did you mean 'study'?")
    assert "add its name there" in unknown_target("mine", known, tmp_path)
    assert unknown_target("results/study/report.html", known, tmp_path) == ""
