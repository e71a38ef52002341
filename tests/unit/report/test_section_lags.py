"""What the report says of lags: directions, methods that disagree, forms that could not be modelled."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from course import lag_blocks
from course.lag_facts import modelled, others
from course.relate_lags import of_measure, wide
from course.scales import reliability_of_change
from pipeline.report.blocks import Folded, Listing, Note, Sentences
from pipeline.report.numbers import side_of
from psychometrics.course.lead_and_lag import MODELS, VARIANTS

KEYS = {"perspective": "client", "form": "wai_s", "scale": "total", "measure": "symptoms"}
NAMES = ["lag_alliance_to_symptoms", "lag_symptoms_to_alliance", "lag_alliance_to_alliance", "lag_symptoms_to_symptoms"]


def table(**against: float) -> pd.DataFrame:
    """Rows in which alliance goes with fewer symptoms, and nothing goes the other way; but `model` for the last lag."""
    rows = []
    for model in MODELS:
        for variant in VARIANTS:
            for name in NAMES:
                value = -0.2 if name == NAMES[0] else against.get(model, 0.0) if name == NAMES[1] else 0.3
                row = {"statistic": name, "estimate": value, "lower": value - 0.1, "upper": value + 0.1, "note": ""}
                row |= {"model": model, "variant": variant, "level": 0.95, "n": 200.0, "sessions": "1, 2, 3, 4"}
                rows += [row | {"interval": 1.0}, row | {"statistic": f"{name}_standardized", "interval": 1.0}]
    rows.append(rows[0] | {"statistic": "equal_lags_p", "estimate": 0.03, "lower": np.nan, "upper": np.nan})
    refused = {"statistic": NAMES[0], "estimate": np.nan, "note": "too few sessions; provisional key (HAq-II)"}
    frame = pd.DataFrame(rows).assign(**KEYS)
    other = pd.DataFrame([refused]).assign(**KEYS | {"form": "haq2"})
    return pd.concat([frame, other], ignore_index=True).fillna({"note": ""})


class Known:
    """Results that hold one table."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.labels = {"wai_s": "WAI-S", "haq2": "HAq-II"}

    def has(self, name: str) -> bool:
        return name == "course_lags"

    def table(self, name: str) -> pd.DataFrame:
        return self.rows

    def figure(self, name: str) -> list:
        return []


def said(rows: pd.DataFrame) -> str:
    blocks = lag_blocks.lag_blocks(Known(rows))
    return next(block.items[0] for block in blocks if isinstance(block, Listing))


def test_both_directions_and_the_test_of_equal_lags():
    text = said(table())
    assert "sessions with the alliance one point higher are followed by lower symptoms (b = −0.20, 95% CI" in text
    assert ", and sessions with symptoms one point higher are followed by no clear difference in the alliance" in text
    assert text.count("all other models and variants agree") == 2
    assert "Lags differ over time (p = .030)" in text


def test_methods_that_disagree_are_named():
    text = said(table(centred_regression=0.3))
    assert "From symptoms to the alliance, the methods disagree: " in text
    assert "the centred regression (as observed, detrended, error known) finds higher values." in text


def test_forms_without_an_estimate_have_their_reason_once():
    blocks = lag_blocks.lag_blocks(Known(table()))
    notes = [block.text for block in blocks if isinstance(block, Note)]
    assert "Not modelled: HAq-II (client), because too few sessions." in notes
    folded = next(block for block in blocks if isinstance(block, Folded))
    assert len(folded.blocks[1].rows) == 9 and all(
        isinstance(cell, str) for row in folded.blocks[1].rows for cell in row
    )


def test_nothing_to_model():
    rows = pd.DataFrame([{"statistic": NAMES[0], "estimate": np.nan, "note": "needs several sessions"}])
    (_, sentences) = lag_blocks.lag_blocks(Known(rows))
    assert isinstance(sentences, Sentences) and sentences.paragraphs == [
        "Lags cannot be estimated: needs several sessions."
    ]


def test_sides():
    assert [side_of({"lower": low, "upper": low + 1}) for low in (0.1, -0.5, -2)] == [1, 0, -1]
    assert side_of({}) == 0
    ((_, parts),) = modelled(table(dynamic_panel=-0.3))
    assert others(parts, NAMES[1])[-1] == {"dynamic panel": ["as observed", "detrended", "error known"]}


def test_scores_of_one_session_by_two_therapists_are_averaged():
    rows = pd.DataFrame({"client": ["a", "a", "b"], "session": [2, 2, 1], "score": [1.0, 3.0, 4.0]})
    assert wide(rows, "score").fillna(-1).to_numpy().tolist() == [[-1.0, 2.0], [4.0, -1.0]]


def test_reliabilities_are_looked_up():
    keys = {name: KEYS[name] for name in ("perspective", "form", "scale")}
    known = pd.DataFrame([keys | {"statistic": "r_c", "estimate": 0.8}, keys | {"statistic": "r_1f", "estimate": 0.5}])
    assert reliability_of_change(known, keys) == pytest.approx(0.8)
    assert np.isnan(reliability_of_change(known, keys | {"form": "haq2"}))
    dataset = SimpleNamespace(variables={"end": {"measure": "symptoms", "reliability": 0.9}, "age": {}})
    assert of_measure(dataset, "symptoms") == 0.9 and np.isnan(of_measure(dataset, "function"))
