"""The published content analysis as shipped: tables, audit and figure as a user gets them."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from content.plot_content_facets import main as plot_content_facets
from content.tabulate_content import main as tabulate_content
from pipeline.data.analyses import read_analyses
from pipeline.data.job import InputError
from pipeline.data.tables import read_table
from pipeline.drawing import style

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data/published/krause_2011_content.yaml"
TABLES = next(
    analysis.index["content"].tables for analysis in read_analyses(ROOT / "scripts") if analysis.name == "content"
)
FACETS = ["table_2a", "table_2b", "table_2c", "table_2d"]


def tabulate(published, folder, draws=200):
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    tabulate_content(published, ROOT, paths, draws=draws, seed=1, level=0.95)
    return paths


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return tabulate(PUBLISHED, tmp_path_factory.mktemp("content"))


def test_every_table_is_written_with_its_settings(paths):
    for path in paths.values():
        assert len(read_table(path)) and path.with_suffix(".settings.json").is_file()


def test_tables_hold_the_published_counts(paths):
    rows = {name: read_table(paths[name]) for name in FACETS}
    assert {name: (frame["facet"].unique().tolist(), len(frame)) for name, frame in rows.items()} == {
        "table_2a": (["voice"], 18),
        "table_2b": (["dimension"], 18),
        "table_2c": (["domain"], 36),
        "table_2d": (["theme"], 42),
    }
    assert read_table(paths["table_1"])["n"].tolist() == [24, 30, 19, 19, 36, 36]


def test_audit_finds_what_a_reader_with_a_calculator_finds(paths):
    audit = read_table(paths["audit"])
    columns = ["finding", "form", "facet", "category", "count", "printed"]
    found = audit.loc[audit["verdict"] == "disagrees", columns]
    # 19/30 = 63.33, 13/36 = 36.11, 8/30 = 26.67, 4/19 = 21.05; 38.9 + 31.1 + 25 = 95; 9 + 5 + 2 + 3 + 8 + 4 = 31
    assert [tuple(None if pd.isna(cell) else cell for cell in row) for row in found.to_numpy()] == [
        ("percentage", "CALPAS-T", "voice", "inference about other", 19, 63.4),
        ("percentage", "WAI-C", "dimension", "affective", 13, 31.1),
        ("percentage", "CALPAS-T", "domain", "client's experience", 8, 23.3),
        ("percentage", "HAq-II-C", "theme", "bond/attachment", 4, 21.2),
        ("total of percentages", "WAI-C", "dimension", None, 36, 95.0),
        ("total of counts", "CALPAS-T", "domain", None, 31, None),
    ]
    contradicted = audit.loc[audit["verdict"] == "contradicted", ["category", "form"]]
    assert contradicted.to_numpy().tolist() == [
        *(["acceptance", form] for form in ("CALPAS-C", "CALPAS-T", "WAI-C", "WAI-T")),
        ["therapist's expertise", "CALPAS-T"],
        ["affective", "WAI-C"],
    ]


def test_the_figure_has_the_same_bytes_each_time(paths, tmp_path, monkeypatch):
    monkeypatch.setitem(style.RESOLUTION, ".png", 100)  # as for print, only quicker
    tables = [paths[name] for name in FACETS]
    drawn = []
    for folder in (tmp_path / "once", tmp_path / "again"):
        figures = [folder / f"content_facets.{kind}" for kind in ("pdf", "svg", "png")]
        plot_content_facets(tables, {}, figures)
        drawn.append([path.read_bytes() for path in figures])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content["facets"]["voice"]["first person"].update(printed=[100, 23]), "quotation marks"),
        (
            lambda content: content["facets"]["voice"]["first person"].update(counts=[24]),
            "one count and one percentage",
        ),
        (lambda content: content["statements"][0].update(category="acceptence"), "not among the counts"),
        (lambda content: content.update(sauce="x"), "unknown key 'sauce'. Did you mean 'source'"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path, change, message):
    content = yaml.safe_load(PUBLISHED.read_text())
    change(content)
    path = tmp_path / "content.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    with pytest.raises(InputError, match=message):
        tabulate(path, tmp_path, draws=1)


def test_every_published_entry_names_its_source():
    lists = ["factor_studies", "outcome_meta", "perspectives", "reliabilities"]
    entries = [entry for name in lists for entry in yaml.safe_load((ROOT / f"data/published/{name}.yaml").read_text())]
    for part in yaml.safe_load((ROOT / "data/published/correlations.yaml").read_text()).values():
        entries += part
    for part in yaml.safe_load((ROOT / "data/published/claims.yaml").read_text()).values():
        entries += part if isinstance(part, list) else [part]
    assert entries and all(entry["source"] for entry in entries)
