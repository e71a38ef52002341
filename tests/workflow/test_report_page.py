"""The report in a real browser: it shows everything without a network and without another file."""

import base64
import hashlib
import os
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None and os.environ.get("REQUIRE_SYSTEM_PROGRAMS"):
    raise RuntimeError("Chromium is required here and not installed")
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


def with_probe(page: str) -> str:
    """The page with the probe behind its policy, which lets this one script run by its checksum and stays as it is."""
    checksum = base64.b64encode(hashlib.sha256(PROBE.encode()).digest()).decode()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', page)
    allowing = policy[0].replace(policy[1], f"{policy[1]}; script-src 'sha256-{checksum}'")
    return page.replace(policy[0], f"{allowing}<script>{PROBE}</script>", 1)


def seen_by_a_browser(page, tmp_path) -> str:
    copy = tmp_path / "alone.html"
    copy.write_text(with_probe(page.read_text()))
    outcome = subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1100,1400",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return outcome.stdout


@pytest.mark.parametrize(
    "name, images", [("example/report.html", 16), ("wai_sr_chatbot/report.html", 4), ("index.html", 1)]
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
    assert "Simulated data." in page and "Provisional key: CALPAS-P" in page
    matrix = (site / "wai_sr_chatbot/report.html").read_text()
    assert "Simulated data." not in matrix and "only a published correlation matrix" in matrix


def test_no_person_can_be_found_in_a_page(site):
    """Codes of clients and therapists of the example: C001, T15."""
    for page in site.rglob("*.html"):
        text = re.sub(r"data:image[^\"]*", "", page.read_text())
        assert not re.search(r"\b[CT]\d{2,3}\b", text), page.name


def test_links_lead_somewhere(site):
    page = (site / "index.html").read_text()
    targets = re.findall(r'href="([^"#]+)"', page)
    assert sorted(targets) == ["example/report.html", "wai_sr_chatbot/report.html"]
    assert all((site / target).is_file() for target in targets)
    assert not re.search(r"https?:", re.sub(r"data:image[^\"]*", "", page))  # `http-equiv` is no address
