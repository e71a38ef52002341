"""The page that links the reports: it names what the data sets hold, and nothing else."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from content.section_content import findings
from pipeline.report.blocks import Document, Section, from_json
from pipeline.report.page import write_page
from pipeline.report.wording import words
from report.render_index import datasets_table, main

SAY = words("report")
TEMPLATE = Path(__file__).parents[3] / "workflow/templates/report.html.j2"
ANSWERS = {"simulated": False, "has_items": True, "is_matrix": False, "of_persons": False}


@pytest.mark.parametrize(
    "who, named",
    [
        (["client"], "clients"),
        (["client", "therapist"], "clients and therapists"),
        (["client", "therapist", "observer"], "clients, therapists and observers"),
    ],
)
def test_instruments_and_perspectives_come_from_the_data(who, named):
    assert SAY.about(["ONE", "TWO"], who) == (
        f"Questionnaires of the working alliance (ONE, TWO), answered by {named}: how reliable they are, how strongly "
        "they correlate, how much variance they share, and which factor they share."
    )


@pytest.mark.parametrize(
    "changes, kind",
    [
        ({}, "answers"),
        ({"simulated": True}, "simulated"),
        ({"is_matrix": True}, "published matrix"),
        ({"is_matrix": True, "has_items": False}, "published correlations of scores"),
        ({"is_matrix": True, "has_items": False, "of_persons": True}, "scores"),
    ],
)
def test_kinds_of_data(changes, kind):
    assert SAY.kind(SimpleNamespace(**ANSWERS | changes)) == kind


def test_findings_name_their_place():
    audit = [
        {"form": "ONE-C", "facet": "voice", "category": "dyad", "verdict": "disagrees", "note": "19 are not 20."},
        {"form": "ONE-T", "facet": "voice", "category": np.nan, "verdict": "contradicted", "note": "No."},
        {"form": "TWO-C", "facet": "voice", "category": "dyad", "verdict": "supported", "note": "Yes."},
    ]
    assert findings(pd.DataFrame(audit)) == ["ONE-C, voice, dyad: 19 are not 20.", "ONE-T, voice: No."]


def test_the_page_links_the_reports(tmp_path):
    form = {
        "name": "own",
        "perspective": "client",
        "label": "OWN-4",
        "instrument": "OWN",
        "items": 4,
        "range": [1, 5],
        "scales": {"total": [1, 2, 3, 4]},
        "reverse": [],
        "key_status": "established",
        "overrides": [],
        "counts": {"therapists": 12, "sessions": {"3": 90, "8": 70}},
    }
    about = {"source": "a test", "occasion": 1, "variables": {}, "people": 90, "item_codes": False, "loadings": False}
    about |= {"name": "study", "title": "A <small> study", "simulated": False, "is_matrix": False, "forms": [form]}
    folder = tmp_path / "study/responses"
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text(json.dumps(about))
    plan = {"tables": {}, "figures": {}, "sections": []}
    main([folder], TEMPLATE, tmp_path / "sections.json", tmp_path / "index.html", plan=plan, config={})
    document = from_json((tmp_path / "sections.json").read_text())
    assert "(OWN), answered by clients:" in document.subtitle and not document.home
    (table,) = document.sections[0].blocks
    assert table.rows == [["A <small> study", "90", "12", "2", "OWN-4 (client)", "answers"]]
    page = (tmp_path / "index.html").read_text()
    link = '<a href="study/report.html">A &lt;small&gt; study</a>'
    assert f'<th scope="row" class="short">{link}</th><td class="short name"><span class="p2">90</span></td>' in page
    assert "All data sets" not in page and f"<title>{document.title}</title>" in page


def test_a_report_leads_back(tmp_path):
    document = Document("Study", "what", [Section("a", "A", [datasets_table([])])], "Window", "../index.html")
    write_page(TEMPLATE, tmp_path / "report.html", document=document, folder=tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert '<a href="../index.html">All data sets</a>' in page and "<title>Window</title>" in page
