"""The table and the sentences on ruptures for a paper."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from manuscript import apa_ruptures

SETTINGS = {"sets": 500, "fewest": 4, "repair": 3}


def material(p_holm: float, ratio: float = 1.5) -> SimpleNamespace:
    """Two criteria; the ratio of the second is not known in classes of length, which the table leaves out."""
    rows = []
    for criterion in ("chart_all", "drop_2sd_within"):
        for length in ("all", "4 to 7"):
            values = {
                "ruptures_seen": 30,
                "ruptures_expected": 20.04,
                "rupture_ratio": ratio if length == "all" else np.nan,
            }
            values |= {"rupture_repaired": 0.8, "repaired_expected": 0.9} if length == "all" else {}
            for statistic, value in values.items():
                row = {"statistic": statistic, "criterion": criterion, "length": length, "estimate": value}
                rows.append(row | {"lower": 1.1, "upper": 2.0, "p": 0.004, "p_holm": p_holm, "note": ""})
    frame = pd.DataFrame(rows).assign(perspective="client", form="wai_s", scale="total")
    forms = [SimpleNamespace(name="wai_s", label="WAI-S", key_status="established")]
    results = SimpleNamespace(labels={"wai_s": "WAI-S"}, has=lambda _: True, table=lambda _: frame)
    dataset = SimpleNamespace(forms=forms, simulated=False)
    return SimpleNamespace(results=results, dataset=dataset, level="95%", config={"ruptures": SETTINGS})


def test_a_row_for_each_criterion():
    table = apa_ruptures.table(material(0.02))
    table.check()
    assert [row.cells[0] for row in table.rows] == [
        "WAI-S, client",
        "Control chart, all sessions",
        "2 SD drop, own SD",
    ]
    assert table.rows[1].cells[1:] == ["30", "20.0", "1.50", "[1.10, 2.00]", ".004", "80%", "90%"]
    assert "500 data sets" in table.general


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (
            0.02,
            "expected by control chart (all sessions) and 2 SD drop (own SD), adjusted for two criteria.",
        ),
        (0.2, "had no more ruptures than expected by any of two criteria (ratios of 1.50 to 1.50)."),
    ],
)
def test_what_is_said(p, said):
    (text,) = apa_ruptures.sentences(material(p))
    assert said in text


def test_nothing_without_a_ratio():
    assert apa_ruptures.table(material(0.02, np.nan)) is None and apa_ruptures.sentences(material(0.02, np.nan)) == []
