"""The index sets the shares of variance of the data sets beside published correlations."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.report.blocks import Document, Forest, Section, from_json, to_json
from pipeline.report.forest import svg
from shared_variance.section_comparison import section

PUBLISHED = [
    {"study": "One 2011", "n": 22, "perspective": "client", "x": "WAI-S", "y": "HAq-II", "r": 0.72, "kind": "spearman"},
    {"study": "Two & Co 2010", "n": 331, "perspective": "client", "x": "WAI-SR", "y": "HAQ", "r_above": 0.64},
]
FORMS = [SimpleNamespace(name="wai_s", label="WAI-S"), SimpleNamespace(name="haq2", label="HAq-II")]


def rows(who, other, form, form_2, statistic, estimate, lower=np.nan, upper=np.nan):
    return {
        "perspective": who, "perspective_2": other, "form": form, "form_2": form_2, "scale": "total",
        "scale_2": "total", "statistic": statistic, "estimate": estimate, "lower": lower, "upper": upper,
        "level": 0.95, "n": 90, "note": "",
    }  # fmt: skip


SHARED = pd.DataFrame(
    [
        rows("client", "client", "wai_s", "haq2", "r2", 0.49, 0.4, 0.59),
        rows("client", "client", "wai_s", "haq2", "r2_disattenuated", 0.63, 0.52, 0.75),
        rows("client", "therapist", "wai_s", "wai_s", "r2", 0.1, 0.05, 0.2),  # not of two instruments
        rows("therapist", "therapist", "wai_s", "haq2", "r2", np.nan),  # not known
    ]
)
CORRELATIONS = pd.DataFrame([rows("client", "client", "wai_s", "haq2", "r_pearson", 0.7)])


class Found:
    datasets = (SimpleNamespace(name="study", title="A study", forms=FORMS),)

    def file(self, name):
        claims = {"shared_variance": {"below": 0.5, "typical": 0.2}}
        return {"claims": claims, "published": {"across_measures": PUBLISHED}}[name]

    def table(self, name, dataset):
        assert dataset == "study"
        return {"shared_variance": SHARED, "correlations": CORRELATIONS}[name]


@pytest.fixture
def blocks():
    return section(Found())


def test_the_table_holds_data_sets_and_publications(blocks):
    assert blocks[2].rows == [
        ["A study", "WAI-S and HAq-II", "client", "90", ".70", "49% [40, 59]", "63% [52, 75]"],
        ["One 2011", "WAI-S and HAq-II", "client", "22", ".72 (rho)", "52%", "–"],
        ["Two & Co 2010", "WAI-SR and HAQ", "client", "331", "> .64", "> 41%", "–"],
    ]


def test_the_sentence_is_the_words_of_the_figure_too(blocks):
    said = (
        "Two instruments answered from the same perspective share 49% of their variance in these data (1 pair in "
        "1 data set). Published correlations of the same instruments correspond to 41% to 52%; one of these shares is "
        "a lower limit. The literature states less than 50%, usually about 20% (Krause et al., 2011)."
    )
    assert blocks[0].paragraphs == [said] and blocks[1].alt == said
    assert "with 95% intervals" in blocks[1].caption


def test_the_forest_places_every_value_and_tells_it_on_hover(blocks):
    drawn = str(svg(blocks[1]))
    assert re.findall(r"<title>(.*?)</title>", drawn) == [
        "A study, WAI-S and HAq-II (client): 49% [40, 59]",
        "One 2011, WAI-S and HAq-II (client): 52%",
        "Two &amp; Co 2010, WAI-SR and HAQ (client): at least 41%",
    ]
    # the axis runs from 270 at 0 to 560 at 1
    assert f'cx="{270 + 290 * 0.49:.1f}"' in drawn and drawn.count("<circle") == 1
    assert f'x1="{270 + 290 * 0.4:.1f}" x2="{270 + 290 * 0.59:.1f}"' in drawn
    assert drawn.count('class="published"') == 2 and drawn.count("h24") == 1  # an arrow where it is at least so much
    assert drawn.count('class="mark"') == 2 and "style=" not in drawn


def test_a_forest_is_written_and_read(blocks):
    document = Document("t", "s", [Section("a", "A", blocks[1:2])])
    (forest,) = from_json(to_json(document)).sections[0].blocks
    assert isinstance(forest, Forest) and forest == blocks[1]
