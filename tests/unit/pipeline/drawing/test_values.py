"""Values on hover: they lie over their marks in the file and in the page, and carry the words of the data as words."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from pipeline.drawing.look import Look, drawn_as
from pipeline.drawing.numerals import in_percent
from pipeline.drawing.style import figure_style, save_figure
from pipeline.drawing.values import tell
from pipeline.report.page import inline_svg, values_over

AREA = re.compile(r'<path d="M([\d.-]+) ([\d.-]+)h([\d.]+)v([\d.]+)h-[\d.]+z"><title>(.*?)</title></path>')


@pytest.fixture
def written(tmp_path):
    def write(draw):
        with figure_style():
            figure = Figure(figsize=(3, 2))
            axis = figure.subplots()
            draw(axis)
            save_figure(figure, [tmp_path / "figure.svg"])
        return tmp_path / "figure.svg"

    return write


def areas(path):
    return [(*map(float, place), text) for *place, text in AREA.findall(path.read_text())]


def test_an_area_lies_over_its_bar(written):
    def draw(axis):
        axis.barh([1, 2], [30, 60], 0.5, color="#123456")
        tell(axis, (0, 60), (1.75, 2.25), "two: 60%")

    path = written(draw)
    (x, y, wide, tall, text), *others = areas(path)
    assert text == "two: 60%" and not others
    bars = re.findall(r'<path d="M ([^"]*) z" clip-path="[^"]*" style="fill:#123456', path.read_text())
    corners = np.array([[float(number) for number in pair.split()] for pair in bars[1].split(" L ")])
    # numbers of the file have one and two decimals
    np.testing.assert_allclose([x, y, x + wide, y + tall], [*corners.min(axis=0), *corners.max(axis=0)], atol=0.11)


def test_a_point_has_room_for_a_pointer_and_what_is_missing_tells_nothing(written):
    def draw(axis):
        axis.plot([1, 2], [1, 2], "o")
        tell(axis, (np.nan, 1.0, np.nan), 1, "alpha .80")
        tell(axis, (np.nan, np.nan), 2, "nothing")

    ((_, _, wide, tall, text),) = areas(written(draw))
    assert text == "alpha .80" and (wide, tall) == (5.7, 5.7)  # 2 mm


def test_what_lies_outside_of_an_inset_tells_nothing_there(written):
    def draw(axis):
        axis.set(xlim=(0, 1), ylim=(0, 1))
        for place in (0.5, 1.5):
            tell(axis, place, place, str(place))
        tell(axis, (0.5, 3.0), 0.25, "cut")

    told = areas(written(draw))
    assert [text for *_, text in told] == ["0.5", "cut"]
    assert told[1][0] + told[1][2] <= 3 * 72


def test_the_picture_of_a_page_has_no_areas_and_they_lie_over_it(written):
    path = written(lambda axis: tell(axis, 0.5, 0.5, "A & B <c>: 'd'"))
    over = values_over(path)
    size = re.search(r'viewBox="[^"]*"', path.read_text())[0]
    assert over.startswith(f'<svg class="values" {size} aria-hidden="true">') and over.endswith("</g></svg>")
    assert "A &amp; B &lt;c&gt;: 'd'" in over and "title" in path.read_text()
    assert "pointer" not in inline_svg(path) and '"' not in inline_svg(path)
    assert "style" not in over  # which the policy of a page would refuse


def test_a_figure_that_tells_nothing_has_nothing_over_it(written):
    path = written(lambda axis: None)
    assert values_over(path) == "" and "pointer-events" not in path.read_text()


def test_shares_are_told_in_percent():
    assert in_percent(0.36, 0.26, 0.45) == "36%\N{NO-BREAK SPACE}[26,\N{NO-BREAK SPACE}45]"
    assert in_percent(0.36) == "36%"
    with drawn_as(Look(decimal_mark="comma")):
        assert in_percent(0.36, 0.26, 0.45) == "36%\N{NO-BREAK SPACE}[26;\N{NO-BREAK SPACE}45]"
