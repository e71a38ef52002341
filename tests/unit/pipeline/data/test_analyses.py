"""The homes of the analyses: read strictly, and what they name exists."""

from pathlib import Path

import pytest

from pipeline.data.analyses import features, given_to, perspectives_of, read_analyses

ROOT = Path(__file__).parents[4]
ANALYSES = read_analyses(ROOT / "scripts")
FIGURES = [figure for analysis in ANALYSES for figure in analysis.figures.values()]


def test_they_come_in_the_order_of_the_report():
    assert [analysis.order for analysis in ANALYSES] == sorted(analysis.order for analysis in ANALYSES)


@pytest.mark.parametrize("analysis", ANALYSES, ids=lambda analysis: analysis.name)
def test_every_section_and_figure_has_its_module(analysis):
    for section in analysis.sections:
        assert (ROOT / "scripts" / f"{analysis.module_of(section).replace('.', '/')}.py").is_file()
    for figure in analysis.figures.values():
        assert (ROOT / "scripts" / f"{figure.module.replace('.', '/')}.py").is_file()
        assert (ROOT / f"workflow/report/figure_{figure.name}.rst").is_file()
    for section in analysis.index.values():
        assert (ROOT / "scripts" / f"{section.module.replace('.', '/')}.py").is_file()
        captions = [*section.figures, *(entry.caption or name for name, entry in section.tables.items())]
        assert all((ROOT / f"workflow/report/{name}.rst").is_file() for name in captions)


def home(folder, text):
    (folder / "one").mkdir()
    (folder / "one/analysis.yaml").write_text(text)
    return folder


@pytest.mark.parametrize(
    "text, message",
    [
        ("title: A\norder: 1\ntabels: {}\n", "unknown key tabels"),
        (
            "title: A\norder: 1\nfigures: {f: {what: w, alt: a, tables: {rows: gone}}}\n",
            "draws gone, which is no table",
        ),
        (
            "title: A\norder: 1\ntables: {t: {path: t.csv, what: w}}\n"
            "figures: {f: {what: w, alt: a, tables: {rows: t}, needs: [luck]}}\n",
            "needs luck; known are",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_analyses(home(tmp_path, text))


def test_two_tables_of_one_name(tmp_path):
    text = "title: A\norder: 1\ntables: {t: {path: t.csv, what: w}}\n"
    home(tmp_path, text)
    (tmp_path / "two").mkdir()
    (tmp_path / "two/analysis.yaml").write_text(text)
    with pytest.raises(ValueError, match="name a table alike"):
        read_analyses(tmp_path)


def entry(**changes):
    return {"form": "wai_s", "perspective": "client"} | changes


@pytest.mark.parametrize(
    "description, has, who",
    [
        ({"responses": [entry(), entry(perspective="therapist")]}, {"answers", "items"}, ["client", "therapist"]),
        ({"responses": [entry(session="when")]}, {"answers", "items", "sessions"}, ["client"]),
        ({"responses": [entry(session=1), entry(session=2)]}, {"answers", "items", "sessions"}, ["client"]),
        ({"matrix": entry(), "item_codes": "codes.csv"}, {"items", "item_codes"}, ["client"]),
        ({"scores": {}}, set(), []),
    ],
)
def test_features(description, has, who):
    assert features(description) == has
    assert perspectives_of(description) == who


def test_figures_need_what_they_are_drawn_from():
    by_name = {figure.name: figure for figure in FIGURES}
    few = given_to(FIGURES, {"items"})
    assert by_name["d_study"] not in few and by_name["variance_split"] in few
    assert given_to(FIGURES, set()) and by_name["variance_split"] not in given_to(FIGURES, set())
