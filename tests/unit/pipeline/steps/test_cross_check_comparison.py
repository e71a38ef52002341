"""Verdicts of the cross-checks, and which differences are told of."""

import warnings

import numpy as np
import pandas as pd
import pytest

from pipeline.data.tables import read_table, write_table
from pipeline.steps.cross_checks.comparison import CannotBeChecked, Check, carry_out, differing

ROWS = pd.DataFrame(
    {
        "perspective": "client",
        "form": "wai_s",
        "scale": ["task", "bond", "goal"],
        "statistic": "alpha",
        "estimate": [0.7, 0.8, np.nan],
        "se": [0.1, 0.1, 0.1],
    }
)


def check(theirs, rows=ROWS, **changes) -> Check:
    how = {"table": "reliability.csv", "package": "pingouin", "function": "cronbach_alpha", "tolerance": 0.01}
    return Check(rows, theirs=theirs, **how | changes)


def only(*checks) -> pd.Series:
    found = carry_out(checks)
    assert len(found) == 1
    return found.iloc[0]


def raised(error):
    def fails():
        raise error

    return fails


def test_the_row_that_differs_most_is_shown():
    row = only(check(lambda: np.array([0.702, 0.795, 0.9])))
    assert (row["scale"], row["ours"], row["theirs"], row["verdict"]) == ("bond", 0.8, 0.795, "agrees")
    assert row["difference"] == pytest.approx(-0.005) and row["note"] == "the largest difference of 2"
    assert row["package"].startswith("pingouin ") and row["package"][-1].isdigit()


def test_a_difference_is_measured_by_its_own_tolerance():
    row = only(check(lambda: np.array([0.72, 0.83, 0]), tolerance=lambda theirs: np.where(theirs > 0.75, 0.1, 0.01)))
    assert (row["scale"], row["tolerance"], row["verdict"]) == ("task", 0.01, "differs")


def test_one_number_for_all_rows_and_another_column():
    row = only(check(lambda: 0.1, quantity="se"))
    assert (row["quantity"], row["ours"], row["theirs"], row["verdict"]) == ("se", 0.1, 0.1, "agrees")


def test_what_has_no_number_of_ours_is_left_out():
    assert carry_out([check(raised(AssertionError), rows=ROWS[ROWS["scale"] == "goal"])]).empty
    assert carry_out([check(raised(AssertionError), rows=ROWS.head(0))]).empty


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CannotBeChecked("it has no incomplete designs"), "it has no incomplete designs"),
        (ValueError("broken\nfor long"), "pingouin fails: ValueError: broken"),
        (ImportError("No module named 'pingouin'"), "pingouin fails: ImportError: No module named 'pingouin'"),
    ],
)
def test_a_package_that_cannot_is_a_reason_and_no_error(error, reason):
    row = only(check(raised(error)))
    assert (row["verdict"], row["reason"], row["note"]) == ("cannot be checked", reason, "")
    assert np.isnan(row["theirs"]) and row["ours"] == 0.7


def test_no_number_of_theirs_is_a_reason():
    row = only(check(lambda: np.array([0.7, np.nan, 0.9])))
    assert (row["verdict"], row["reason"]) == ("cannot be checked", "pingouin gives no number")


def test_a_package_that_is_not_installed_is_named():
    assert only(check(raised(ImportError), package="pengouin"))["package"] == "pengouin not installed"


def test_the_known_reason_is_asked_for_only_where_they_differ():
    assert only(check(lambda: 0.75, rows=ROWS.head(1), reason=lambda: "another minimum"))["reason"] == "another minimum"
    assert only(check(lambda: 0.7, rows=ROWS.head(1), reason=raised(AssertionError)))["reason"] == ""


def test_a_warning_of_a_package_is_no_error_of_ours(recwarn):
    def warns():
        np.log(np.array(-1.0))
        warnings.warn("soon gone", FutureWarning, stacklevel=1)
        return 0.7

    assert only(check(warns, rows=ROWS.head(1)))["verdict"] == "agrees"
    # what Python tells of files of other tests, whenever it tidies up, is none of these
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning | FutureWarning)]


def test_nothing_differs(tmp_path):
    found = carry_out([check(lambda: 0.7, rows=ROWS.head(1)), check(raised(ValueError("no")))])
    write_table(found, tmp_path / "cross_checks.csv", settings={}, inputs=[])
    for frame in (found, read_table(tmp_path / "cross_checks.csv")):
        assert differing(frame).empty


def test_the_worst_comes_first_and_a_known_reason_not_at_all():
    checks = [
        check(lambda: 0.9, rows=ROWS.iloc[[1]]),
        check(lambda: 0.2, rows=ROWS.iloc[[0]]),
        check(lambda: 0.7, rows=ROWS.iloc[[0]]),
        check(lambda: 0.2, rows=ROWS.iloc[[0]], reason=lambda: "known"),
        check(raised(ValueError("no"))),
    ]
    assert differing(carry_out(checks))["scale"].tolist() == ["task", "bond"]
