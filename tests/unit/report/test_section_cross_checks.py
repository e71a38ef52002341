"""Cross-checks in words: counts, a warning only where a difference has no known reason."""

from types import SimpleNamespace

import pandas as pd

from cross_checks.section_cross_checks import brief, section
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
        "pingouin 0.7.0 computed headline numbers again from the same answers: 2 agree."
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
