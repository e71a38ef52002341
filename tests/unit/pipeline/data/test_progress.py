"""What a run says on the screen."""

import logging

import pytest

from pipeline.data import progress
from pipeline.data.progress import Progress


def record(text: str = "", level: int = logging.INFO, **fields) -> logging.LogRecord:
    made = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    made.__dict__.update(fields)
    return made


def of(jobid: int, message: str) -> logging.LogRecord:
    return record(event="job_info", jobid=jobid, rule_msg=message, rule_name="rule")


@pytest.fixture
def said(monkeypatch) -> Progress:
    """After 20 seconds."""
    clock = iter([0.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock, 20.0))
    return Progress()


def test_a_step_that_ends_is_one_line_with_the_time_that_is_left(said):
    assert not said.filter(of(3, "study: read the answers")) and not said.filter(of(4, "study: reliability"))
    assert not said.filter(record("Finished jobid: 3", event="job_finished", job_id=3))
    assert not said.filter(record(event="job_finished", job_id=4))
    # two of eight in 20 s: six more take 60
    steps = said.format(record(event="progress", done=2, total=8)).splitlines()
    assert steps == ["2 of 8, 60 s left  study: read the answers", "2 of 8, 60 s left  study: reliability"]
    assert said.format(record(event="progress", done=8, total=8)) == "8 of 8"


def test_no_time_is_guessed_from_one_of_many(said):
    assert said.format(record(event="progress", done=1, total=44)) == "1 of 44"


def test_a_failure_names_the_step_and_its_log(said):
    said.filter(of(3, "study: reliability"))
    failed = record(level=logging.ERROR, event="job_error", jobid=3, rule_name="r", log=["logs/study/r.log"])
    assert said.filter(failed) and said.format(failed) == "Failed: study: reliability (logs/study/r.log)"


@pytest.mark.parametrize("text", ["Building DAG of jobs...", "Select jobs to execute...", "Provided cores: 2"])
def test_chatter_is_not_shown(said, text):
    assert not said.filter(record(text))


@pytest.mark.parametrize("text", ["Nothing to be done (all requested files are present and up to date).", "Unknown"])
def test_everything_else_is(said, text):
    assert said.filter(record(text)) and said.format(record(text)) == text


@pytest.mark.parametrize(("seconds", "words"), [(3, "10 s"), (44, "40 s"), (100, "2 min"), (7300, "2 h")])
def test_durations(seconds, words):
    assert progress._duration(seconds) == words
