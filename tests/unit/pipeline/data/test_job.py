"""What a rule gives reaches the parameters of the same name; a mistake is one sentence in the log and on the screen."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.data.job import InputError, arguments, as_annotated, job


@dataclass(frozen=True)
class Squares:
    matrix: Path
    pairs: Path


def rule(log, **given):
    parts = {kind: given.get(kind, {}) for kind in ("output", "input", "params", "wildcards")}
    return SimpleNamespace(rule="a_rule", log=[str(log)], **parts)


def test_parameters_are_filled_by_name_and_annotation():
    def main(
        table: Path, pieces: list[Path], tables: dict[str, Path], squares: Squares, *, piece: int, level: float
    ) -> None: ...

    given = rule(
        "log",
        output={"table": "out.csv"},
        input={"pieces": ["1.npz", "2.npz"], "tables": ["a/x.csv", "b/y.csv"], "matrix": "m.csv", "pairs": "n.csv"},
        params={"level": 0.9, "unused": 1},
        wildcards={"piece": "2"},
    )
    assert arguments(main, given) == {
        "table": Path("out.csv"),
        "pieces": [Path("1.npz"), Path("2.npz")],
        "tables": {"x": Path("a/x.csv"), "y": Path("b/y.csv")},
        "squares": Squares(Path("m.csv"), Path("n.csv")),
        "piece": 2,
        "level": 0.9,
    }


def test_one_path_where_several_are_asked_for_is_a_list():
    assert as_annotated("a.csv", list[Path]) == [Path("a.csv")]


def test_outputs_come_before_inputs_of_the_same_name():
    def main(table: Path) -> None: ...

    given = rule("log", output={"table": "new"}, input={"table": "old"})
    assert arguments(main, given) == {"table": Path("new")}


def test_a_default_is_used_where_the_rule_has_nothing():
    def main(level: float = 0.95) -> None: ...

    assert arguments(main, rule("log")) == {}


@pytest.mark.parametrize("annotation, missing", [(Path, "table"), (Squares, "matrix")])
def test_what_is_missing_is_named(annotation, missing):
    def main(table) -> None: ...

    main.__annotations__["table"] = annotation
    with pytest.raises(TypeError, match=rf"a_rule has no.* named {missing}"):
        arguments(main, rule("log"))


def test_a_mistake_of_the_user_is_one_sentence(tmp_path):
    def main() -> None:
        raise InputError("answers.csv, row 3: not a number")

    with pytest.raises(SystemExit, match=r"answers\.csv, row 3: not a number"):
        job(main, rule(tmp_path / "logs/log"))
    assert (tmp_path / "logs/log").read_text() == "Stopped: answers.csv, row 3: not a number\n"


def test_anything_else_leaves_its_traceback(tmp_path):
    def main() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        job(main, rule(tmp_path / "log"))
    assert "Traceback" in (tmp_path / "log").read_text()


def test_a_warning_goes_into_the_log(tmp_path):
    def main() -> None:
        warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)

    job(main, rule(tmp_path / "log"))
    assert "RuntimeWarning: divide by zero" in (tmp_path / "log").read_text()
