"""The flow of participants as boxes, and the histograms: what stands in them, and that all of it fits."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import FancyBboxPatch
from tests.workflow.test_figures import CALPAS, WAI, form, responses

from pipeline.drawing.style import figure_style
from score import plot_variables
from score.plot_flow import boxes, draw

LONG = "answers to the attention check were wrong, and whole pages were left out or MARKED more than once by mistake"


def rows(*stages):
    names = ("flow_clients", "flow_therapists", "flow_administrations")
    return pd.DataFrame(
        [
            {"form": of_form, "perspective": "client" if of_form else np.nan, "stage": stage, "reason": reason}
            | {"statistic": statistic, "estimate": float(number)}
            for stage, reason, of_form, *numbers in stages
            for statistic, number in zip(names, numbers, strict=False)
        ]
    )


@pytest.fixture
def dataset():
    forms = [SimpleNamespace(name="wai_s", label="WAI-S"), SimpleNamespace(name="haq2", label="HAq-II")]
    return SimpleNamespace(forms=forms, is_matrix=False, has_people=True, occasion=3)


WHOLE = [
    ("recruited", np.nan, np.nan, 320, 45),
    ("returned", np.nan, np.nan, 280, 40, 503),
    ("excluded", "withdrew consent", np.nan, 1, 0, 5),
    ("excluded", "picked by another already", np.nan, 0, 0, 0),
    ("excluded", LONG, np.nan, 0, 0, 12),
    ("analysed", np.nan, np.nan, 279, 40, 486),
    ("analysed", np.nan, "wai_s", 279, 40, 486),
    ("occasion", np.nan, np.nan, 260, 39),
    ("with value", "symptoms", np.nan, 240, 39),
    ("occasion", np.nan, "wai_s", 255, 39, 255),
    ("occasion", np.nan, "haq2", 250, 39, 250),
]


def test_what_stands_in_the_boxes(dataset):
    found = [[" ".join(box.lines[:1]), *box.lines[1:]] for box in boxes(rows(*WHOLE), dataset)]
    assert found[0] == ["Recruited", "320 clients, 45 therapists"]
    assert found[1] == ["Returned at least one answer", "280 clients, 40 therapists, 503 questionnaires"]
    excluded = " ".join(found[2])
    assert excluded.startswith(
        "Excluded withdrew consent: 1 client, 5 questionnaires picked by another already: nothing"
    )
    assert excluded.endswith(f"{LONG}: 12 questionnaires")
    assert found[3] == ["Analysed, all sessions", "279 clients, 40 therapists, 486 questionnaires"]
    assert found[4][1:] == ["260 clients, 39 therapists", "WAI-S, client: 255", "HAq-II, client: 250"]
    assert found[5] == ["Of these clients, with a known value", "symptoms: 240"]


def test_without_exclusions_and_values(dataset):
    found = boxes(rows(WHOLE[1], WHOLE[5], WHOLE[7]), dataset)
    assert [box.lines[0] for box in found] == [
        "Returned at least one answer",
        "Analysed, all sessions",
        "Analysed at session 3, clients by form",
    ]


def test_every_line_lies_in_its_box_and_no_box_on_another(dataset):
    with figure_style():
        figure = draw(boxes(rows(*WHOLE), dataset))
        figure.canvas.draw()
        (axis,) = figure.axes
        frames = [patch.get_window_extent() for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
        lines = [text.get_window_extent() for text in axis.texts if text.get_text()]
    assert len(frames) == 6
    for line in lines:
        corners = [(line.x0, line.y0), (line.x1, line.y1)]
        assert sum(all(frame.contains(*corner) for corner in corners) for frame in frames) == 1
    for number, one in enumerate(frames):
        assert not any(one.overlaps(other) for other in frames[number + 1 :])


def variables(*names):
    parts = []
    for name in names:
        bars = [("value_bar_count", 12.0, 0.0, 10.0), ("value_bar_count", 8.0, 10.0, 20.0)]
        numbers = [("value_mean", 9.5, np.nan, np.nan), ("value_sd", 4.0, np.nan, np.nan), *bars]
        frame = pd.DataFrame(numbers, columns=["statistic", "estimate", "bar_from", "bar_to"])
        parts.append(frame.assign(variable=name, role="outcome", n=20, note=""))
    return pd.concat(parts)


@pytest.mark.parametrize("number", [1, 3, 4])
def test_histograms_are_drawn(tmp_path, number):
    folder = tmp_path / "responses"
    responses(folder, [form("wai_s", "client", "WAI-S", "WAI", WAI), form("c", "client", "C", "C", CALPAS)])
    variables(*[f"a variable with a long name, number {name}" for name in range(number)]).to_csv(tmp_path / "v.csv")
    plot_variables.main(folder, tmp_path / "v.csv", [tmp_path / "v.svg"])
    assert (tmp_path / "v.svg").stat().st_size > 5000


def test_nothing_to_draw_says_why(tmp_path):
    folder = tmp_path / "responses"
    responses(folder, [form("wai_s", "client", "WAI-S", "WAI", WAI)])
    reason = "the data set has no outcome, baseline or group of clients"
    pd.DataFrame([{"statistic": "value_mean", "estimate": np.nan, "note": reason}]).to_csv(tmp_path / "v.csv")
    plot_variables.main(folder, tmp_path / "v.csv", [tmp_path / "v.svg"])
    assert (tmp_path / "v.svg").exists()
