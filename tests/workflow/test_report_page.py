"""The report in a real browser: it shows everything without a network and without another file."""

import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from pipeline.drawing.numerals import with_limits
from pipeline.report.page import content_policy

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None and os.environ.get("REQUIRE_SYSTEM_PROGRAMS"):
    raise RuntimeError("Chromium is required here and not installed")
AXE = find_spec("axe_core_python")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt install chromium)")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
    "--hide-scrollbars",
]
# set into a copy of the page, which reports what a reader would see and what the policy of the page refuses
PROBE = """let refused = 0;
addEventListener("securitypolicyviolation", () => { refused += 1; });
addEventListener("load", () => {
  const wide = [...document.querySelectorAll("p, li, h1, h2, h3, img, table, nav a")].filter(
    (e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".table")).length;
  const blind = [...document.images].filter((i) => !i.complete || i.naturalWidth === 0).length;
  const unstyled = document.styleSheets.length && document.styleSheets[0].cssRules.length ? 0 : 1;
  document.title = `images ${document.images.length} blind ${blind} wide ${wide} unstyled ${unstyled} ` +
    `refused ${refused} ` +
    `loaded ${performance.getEntriesByType("resource").filter((r) => !r.name.startsWith("data:")).length}`;
});"""


@pytest.fixture
def site(finished):
    return finished.folder / "results"


def with_probe(page: str, probe: str) -> str:
    """The page with a probe behind its policy, which lets this one more script run and stays as it is."""
    checksum = base64.b64encode(hashlib.sha256(probe.encode()).digest()).decode()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', page)
    allowing = policy[0].replace("script-src", f"script-src 'sha256-{checksum}'")
    return page.replace(policy[0], f"{allowing}<script>{probe}</script>", 1)


def chromium(tmp_path, *arguments) -> str:
    """What Chromium writes."""
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout


def seen_by_a_browser(page, tmp_path) -> str:
    copy = tmp_path / "alone.html"
    copy.write_text(with_probe(page.read_text(), PROBE))
    return chromium(tmp_path, "--window-size=1100,1400", "--dump-dom", copy.as_uri())


# set into a frame as narrow as a phone, with everything unfolded; it tells the page around the frame what it finds
PHONE = """addEventListener("load", () => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const width = document.documentElement.clientWidth;
  const told = "p, li, h1, h2, h3, h4, img, figure, details, pre, .banner, .table";
  const wide = [...document.querySelectorAll(told)].filter(
    (e) => e.getBoundingClientRect().right > width + 1 && !e.parentElement.closest(".table")).length;
  // a text broken into more than four lines of fewer than a dozen letters makes its row taller than need be
  const slim = [...document.querySelectorAll("td, th")].filter((e) => {
    const text = document.createRange();
    text.selectNodeContents(e);
    const lines = text.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight);
    return lines > 4 && e.innerText.length / lines < 12;
  }).length;
  parent.postMessage(`width ${width} page ${document.documentElement.scrollWidth} wide ${wide} slim ${slim}`, "*");
});"""
FRAME = """<!doctype html><title>silent</title>
<script>addEventListener("message", (told) => { document.title = told.data; });</script>
<iframe src="alone.html" style="width: WIDTHpx; height: 844px; border: 0"></iframe>"""


def told_in_a_frame(page, probe, tmp_path, width, *flags) -> str:
    """What a probe tells of a page that is so many pixels wide; a window of Chromium is wider than a phone."""
    (tmp_path / "alone.html").write_text(with_probe(page.read_text(), probe))
    (tmp_path / "frame.html").write_text(FRAME.replace("WIDTH", str(width)))
    address = (tmp_path / "frame.html").as_uri()
    dom = chromium(tmp_path, "--window-size=1400,900", *flags, "--dump-dom", address)
    return html.unescape(re.search(r"<title>(.*?)</title>", dom, re.DOTALL)[1])


@pytest.mark.parametrize("name", ["example/report.html", "wai_sr_chatbot/report.html", "index.html"])
def test_a_phone_scrolls_no_page_sideways(site, tmp_path, name):
    assert told_in_a_frame(site / name, PHONE, tmp_path, 390) == "width 390 page 390 wide 0 slim 0"


# The checks of axe-core with everything unfolded; how many pass shows that they ran. Of rows of a table, and of areas
# over a picture, that differ in nothing but their words and numbers the first is checked: a tenth of the example.
# Of what passes, axe-core looks no further than that it does, which halves its time.
CHECKED = """;addEventListener("load", () => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  for (const parent of document.querySelectorAll("tbody, svg.values g")) {
    const met = new Set();
    for (const child of [...parent.children]) {
      const all = [child, ...child.querySelectorAll("*")];
      const kind = JSON.stringify(
        all.map((e) => [e.tagName, e.getAttribute("class"), e.getAttributeNames(), e.textContent !== ""]));
      if (met.has(kind)) child.remove();
      met.add(kind);
    }
  }
  const told = {resultTypes: ["violations"]};
  axe.run(document, told).then((found) => parent.postMessage(JSON.stringify({passes: found.passes.length,
    violations: found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`.slice(0, 200))}), "*"));
});"""


@pytest.mark.skipif(AXE is None, reason="needs axe-core-python, as envs/development.lock has it")
@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("example/report.html", 1280),
        pytest.param("example/report.html", 390, marks=pytest.mark.slow),
        *((name, width) for name in ("wai_sr_chatbot/report.html", "index.html") for width in (1280, 390)),
    ],
)
def test_axe_finds_no_violation(site, tmp_path, name, width):
    probe = (Path(AXE.origin).parent / "axe.min.js").read_text() + CHECKED
    flags = ["--virtual-time-budget=30000", *(["--blink-settings=preferredColorScheme=0"] if width == 1280 else [])]
    found = json.loads(told_in_a_frame(site / name, probe, tmp_path, width, *flags))
    assert found["violations"] == [] and found["passes"] > 20


# a reader who works the head of a column by keyboard: what it says of itself, and the first cells of the column
SORTED = """addEventListener("load", () => {
  const table = [...document.querySelectorAll("table")].find((t) => t.caption.textContent.includes("Scale scores"));
  const column = [...table.tHead.rows[0].cells].findIndex((c) => c.textContent.startsWith("Mean of items"));
  const head = table.tHead.rows[0].cells[column];
  const told = () => {
    const cells = [...table.tBodies[0].rows].map((row) => row.cells[column].textContent);
    return [head.getAttribute("aria-sort"), ...cells];
  };
  const states = [told()];
  for (let time = 0; time < 3; time += 1) {
    head.querySelector("button").focus();
    document.activeElement.click();
    states.push(told());
  }
  parent.postMessage(JSON.stringify(states), "*");
});"""


def test_a_table_is_sorted_by_the_head_of_a_column_and_comes_back_to_its_order(site, tmp_path):
    before, up, down, after = json.loads(told_in_a_frame(site / "example/report.html", SORTED, tmp_path, 1280))
    assert [state[0] for state in (before, up, down, after)] == [None, "ascending", "descending", None]
    numbers = [float(cell) for cell in before[1:]]
    assert numbers != sorted(numbers) and [float(cell) for cell in up[1:]] == sorted(numbers)
    assert [float(cell) for cell in down[1:]] == sorted(numbers, reverse=True) and after == before


# what a pointer meets in the middle of every area over a picture, and whether the area lies inside the picture
HOVERED = """addEventListener("load", () => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const told = {};
  for (const figure of document.querySelectorAll("figure:has(svg.values)")) {
    const name = figure.querySelector("a").getAttribute("href");
    told[name] = [...figure.querySelectorAll("svg.values path")].map((area) => {
      area.scrollIntoView({ block: "center" });
      const box = area.getBoundingClientRect();
      const met = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      const at = figure.querySelector("img").getBoundingClientRect();
      const across = box.left > at.left - 1 && box.right < at.right + 1;
      const inside = across && box.top > at.top - 1 && box.bottom < at.bottom + 1;
      return [area.textContent, met === null ? "" : met.textContent, inside];
    });
  }
  parent.postMessage(JSON.stringify(told), "*");
});"""


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.slow)])
def test_a_pointer_on_a_mark_is_told_its_value_as_the_tables_hold_it(site, tmp_path, width):
    told = json.loads(told_in_a_frame(site / "example/report.html", HOVERED, tmp_path, width))
    assert len(told) == 36  # all but the flow, which is words
    for name, areas in told.items():
        assert areas and all(inside for *_, inside in areas), name
    table = pd.read_csv(site / "example/association/correlations.csv")
    labels = {"wai_s": "WAI-S", "calpas_p": "CALPAS-P", "calpas_t": "CALPAS-T", "haq2": "HAq-II"}
    met = {own for own, found, _ in told["figures/correlations.svg"] if own == found}
    assert len(met) == len(told["figures/correlations.svg"])
    rows = table[(table["statistic"] == "r_pearson") & table["form"].isin(labels) & table["form_2"].isin(labels)]
    assert len(rows) > 50
    for row in rows.itertuples():
        one, two = (
            f"{labels[form]} {scale}, {who}"
            for form, scale, who in (
                (row.form, row.scale, row.perspective),
                (row.form_2, row.scale_2, row.perspective_2),
            )
        )
        value = with_limits(row.estimate, row.lower, row.upper)
        assert met & {f"{one} – {two}: {value}", f"{two} – {one}: {value}"}, (one, two, value)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (apt install poppler-utils)")
@pytest.mark.parametrize("paper, width", [("A4", 595), pytest.param("letter", 612, marks=pytest.mark.slow)])
def test_the_report_of_the_example_is_printed_on_40_pages_and_nothing_is_cut(site, tmp_path, paper, width):
    page = (site / "example/report.html").read_text().replace("@page {", f"@page {{ size: {paper};", 1)
    page = re.sub('content="default-src.*?"', f'content="{content_policy(page)}"', page, count=1)
    (tmp_path / "print.html").write_text(page)
    pdf = tmp_path / "print.pdf"
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", (tmp_path / "print.html").as_uri())
    told = subprocess.run(
        ["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    sizes = [float(size) for size in re.findall(r'<page width="([\d.]+)"', told)]
    assert len(sizes) <= 40 and all(abs(size - width) < 1 for size in sizes)
    # words of the page stand between its margins of 12 mm, 34 pt; a point for letters that are rounded to pixels
    edges = [
        (float(left), float(right)) for left, right in re.findall(r'<word xMin="([\d.]+)".*? xMax="([\d.]+)"', told)
    ]
    assert len(edges) > 5000 and min(left for left, _ in edges) >= 33
    assert max(right for _, right in edges) <= width - 33
    words = " ".join(re.findall(r">([^<]*)</word>", told))
    assert "The findings one by one" in words and "Alpha of the total scores" in words  # folded, and printed


@pytest.mark.parametrize(
    "name, images", [("example/report.html", 37), ("wai_sr_chatbot/report.html", 7), ("index.html", 1)]
)
def test_the_page_stands_alone_and_fits(site, tmp_path, name, images):
    dom = seen_by_a_browser(site / name, tmp_path)
    title = re.search(r"<title>(.*?)</title>", dom)[1]
    assert title == f"images {images} blind 0 wide 0 unstyled 0 refused 0 loaded 0"


def test_every_section_is_there_and_says_what_kind_of_data_these_are(site):
    page = (site / "example/report.html").read_text()
    for section in (
        "In brief",
        "Data and quality",
        "Reliability",
        "Associations",
        "Shared variance",
        "Factors",
        "The common factor",
        "Glossary",
        "Settings and versions",
    ):
        assert f">{section}</h2>" in page
    assert "Simulated data: nobody answered" in page and "Provisional key: CALPAS-P" in page
    matrix = (site / "wai_sr_chatbot/report.html").read_text()
    assert "Simulated data" not in matrix and "only a published correlation matrix" in matrix


def test_no_person_can_be_found_in_a_page(site):
    """Codes of clients and therapists of the example: C001, T15."""
    for page in site.rglob("*.html"):
        text = re.sub(r"data:image[^\"]*", "", page.read_text())
        assert not re.search(r"\b[CT]\d{2,3}\b", text), page.name


def test_links_lead_somewhere(site):
    for page in site.rglob("*.html"):
        text = re.sub(r"data:image[^\"]*", "", page.read_text())
        targets = set(re.findall(r'href="([^"#]+)"', text))
        assert len(targets) > 5 and all((page.parent / target).is_file() for target in targets), page
        assert not re.search(r"https?:", text)  # `http-equiv` is no address
    assert {f"{name}/report.html" for name in ("example", "wai_sr_chatbot")} <= targets_of(site / "index.html")


def targets_of(page) -> set[str]:
    return set(re.findall(r'href="([^"#]+)"', page.read_text()))


def test_every_table_and_figure_leads_to_its_files(site):
    page = (site / "example/report.html").read_text()
    assert page.count("<table>") == page.count('class="soft files')
    figures = page.count("<figure>")
    for kind in ("svg", "pdf", "png"):
        assert len(re.findall(rf'<a href="figures/[^"]*\.{kind}">{kind.upper()}</a>', page)) == figures


def test_the_page_of_the_example_is_small(site):
    assert (site / "example/report.html").stat().st_size < 5_600_000
