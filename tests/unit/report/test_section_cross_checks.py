"""Cross-checks in words: counts, a warning only where a difference has no known reason."""

from types import SimpleNamespace

import pandas as pd

from cross_checks.section_cross_checks import brief, section, warning_of
from pipeline.report.blocks import Warning


def results(*rows):
    columns = ["statistic", "form", "quantity", "ours", "theirs", "difference", "tolerance", "verdict", "package",
               "function", "table", "reason", "note"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return SimpleNamespace(table=lambda name: frame, labels={"wai_s": "WAI-S"})


def check(verdict, reason="", theirs=0.8):
    return ("alpha", "wai_s", "estimate", 0.8, theirs, theirs - 0.8, 1e-8, verdict, "pingouin 0.7.0", "cronbach_alpha",
            "reliability/reliability.csv", reason, "")  # fmt: skip


def test_all_agree():
    found = results(check("agrees", float("nan")), check("agrees"))
    assert section(found)[0].paragraphs == [
        "pingouin 0.7.0 recomputed the headline numbers from the same answers: 2 agree."
    ]
    assert brief(found) == [] and section(found)[1].blocks[0].rows[0][-1] == ""


def test_a_known_reason_is_no_warning():
    found = results(check("agrees"), check("differs", "it drops rows", 0.7), check("cannot be checked", "no rows"))
    assert section(found)[0].paragraphs[0].endswith("1 agree. 1 differs for a known reason. 1 could not be checked.")
    assert brief(found) == []


def test_an_unexplained_difference_is_on_the_first_screen():
    found = results(check("agrees"), check("differs", "", 0.7))
    (warning,) = brief(found)
    assert isinstance(warning, Warning) and "1 of 2 numbers" in warning.text
    row = section(found)[1].blocks[0].rows[1]
    assert row[1:4] == ["WAI-S", "0.8", "0.7"]


def test_an_empty_reason_of_a_file_is_no_reason():
    summary, folded = section(results(check("agrees", float("nan")), check("differs", float("nan"), 0.7)))
    assert "known reason" not in summary.paragraphs[0]
    assert [row[-1] for row in folded.blocks[0].rows] == ["", ""]


def compared(*rows):
    columns = ["perspective", "form", "scale", "group", "statistic", "quantity", "ours", "theirs"]
    about = {"difference": 0.1, "tolerance": 0.01, "verdict": "differs", "package": "pingouin 0.7.0", "reason": ""}
    frame = pd.DataFrame(rows, columns=columns).assign(**about, table="reliability/reliability.csv")
    frame["difference"] = frame["theirs"] - frame["ours"]
    return frame


TASK = ("client", "wai_s", "task", float("nan"), "alpha", "estimate", 0.7394, 0.2)
BOND = ("client", "wai_s", "bond", "", "alpha", "estimate", 0.8, 0.9)
ERROR = ("client", "wai_s", "bond", "", "alpha", "se", 0.1, 0.2)


def test_the_warning_names_the_worst_first():
    checks = compared(BOND, TASK, TASK, TASK, TASK)
    checks.loc[2, "reason"] = "known"
    checks.loc[3, "verdict"] = "agrees"
    checks.loc[4, "verdict"] = "cannot be checked"
    assert warning_of(checks) == (
        "2 of 4 numbers that an independent package recomputed differ: "
        "alpha of client wai_s task (ours 0.7394, pingouin 0.7.0 0.2; reliability/reliability.csv); "
        "alpha of client wai_s bond (ours 0.8, pingouin 0.7.0 0.9; reliability/reliability.csv). "
        "Do not report them until the reason is known: see cross_checks.csv."
    )


def test_the_warning_counts_what_it_does_not_name():
    error = "standard error of alpha of client wai_s bond (ours 0.1, pingouin 0.7.0 0.2; reliability/reliability.csv)"
    assert warning_of(compared(*[ERROR] * 5)) == (
        "5 of 5 numbers that an independent package recomputed differ: "
        f"{error}; {error}; {error}; and 2 more. Do not report them until the reason is known: see cross_checks.csv."
    )


def test_the_warning_of_one_number():
    text = warning_of(compared(BOND))
    assert text.startswith("1 of 1 numbers that an independent package recomputed differs: alpha of client")
    assert text.endswith("reliability.csv). Do not report it until the reason is known: see cross_checks.csv.")


def test_no_warning_where_nothing_differs():
    assert warning_of(compared()) == ""
