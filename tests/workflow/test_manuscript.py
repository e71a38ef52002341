"""The manuscript pack, read back from its files: every number in Word, LaTeX and Markdown is one of the tables."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import docx
import pandas as pd
import pytest
from tests.conftest import SMALL_DRAWS, Project
from tests.manuscript_material import material_of

from manuscript import apa_correlations, apa_descriptives
from manuscript.material import Material
from manuscript.write_content_tables import main as write_content_tables
from manuscript.write_manuscript import write_texts
from pipeline.report.numbers import coefficient

ROOT = Path(__file__).parents[2]
OFFICE = shutil.which("soffice")
if OFFICE is None and os.environ.get("REQUIRE_SYSTEM_PROGRAMS"):
    raise RuntimeError("LibreOffice is required here and not installed")
PDFLATEX = shutil.which("pdflatex")  # not in continuous integration: LaTeX with fonts takes more than 100 MB
FONTS = bool(PDFLATEX) and subprocess.run(["kpsewhich", "ptmr8t.tfm"], capture_output=True, check=False).returncode == 0
NAMES = ["example", "wai_sr_chatbot"]
FILES = ["tables.docx", "method_and_results.docx", "checklists.docx"]
PADS = "\N{FIGURE SPACE}\N{PUNCTUATION SPACE}"


@pytest.fixture(scope="module", params=NAMES)
def pack(request, finished, tmp_path_factory):
    """Texts and tables of a data set, its results, and its folder."""
    folder = tmp_path_factory.mktemp(request.param)
    material = material_of(finished.folder, request.param)
    write_texts(material, folder, ROOT / "workflow/references.yaml", ROOT / "workflow/checklists.yaml")
    return material, folder


@pytest.fixture(scope="module")
def content(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("content") / "manuscript"
    tables = sorted((finished.folder / "results/content").glob("table_*.csv"))
    write_content_tables(
        tables, sorted((ROOT / "data/instruments").glob("*.yaml")), ROOT / "workflow/references.yaml", folder
    )
    return finished.folder / "results/content", folder


def by_title(tables: list[tuple[str, list[list[str]]]]) -> dict[str, list[list[str]]]:
    """Title -> rows; the parts of a table that is too wide have the same title, and get a number from the second on."""
    found: dict[str, list[list[str]]] = {}
    for title, rows in tables:
        same = sum(name.split(" (part ")[0] == title for name in found)
        found[f"{title} (part {same + 1})" if same else title] = rows
    return found


def word_tables(file: Path) -> dict[str, list[list[str]]]:
    """Title of a table -> its rows as people read them; a heading over the whole width is a single cell."""
    document = docx.Document(str(file))
    titles = [p.text for p in document.paragraphs]
    names = [titles[place + 1] for place, text in enumerate(titles) if re.fullmatch(r"Table \w+", text)]
    found = []
    for name, table in zip(names, document.tables, strict=True):
        rows = []
        for row in table.rows:
            whole = len({id(cell._tc) for cell in row.cells}) == 1
            texts = [cell.text.strip(PADS).replace("\n", " ") for cell in row.cells]
            rows.append(texts[:1] if whole else texts)
        found.append((name, rows))
    return by_title(found)


def latex_tables(file: Path) -> dict[str, list[list[str]]]:
    """The same of a LaTeX file, by a parser that knows what the file may hold, and nothing else."""
    found = []
    for body in re.findall(r"\\begin\{longtable\}(.*?)\\end\{longtable\}", file.read_text(), re.DOTALL):
        title = re.search(r"\\caption\{(.*)\}\\label", body)[1]
        rows = []
        for line in body.split("\\endlastfoot\n")[1].splitlines():
            line = line.removesuffix("\\\\*").removesuffix("\\\\").strip()
            if line == "\\midrule" or not line:
                continue
            if heading := re.fullmatch(r"\\multicolumn\{\d+\}\{@\{\}l\}\{(.*)\}", line):
                rows.append([unescaped(heading[1])])
            else:
                rows.append([unescaped(cell) for cell in re.split(r" ?(?<!\\)& ?", line)])
        found.append((unescaped(title), rows))
    return by_title(found)


def markdown_tables(file: Path) -> list[list[list[str]]]:
    """Rows of each table of a Markdown file without its heads."""
    found = []
    for table in file.read_text().split("**Table ")[1:]:
        _, _, *lines = [line for line in table.splitlines() if line.startswith("|")]
        cells = [[re.sub(r"(?<!\\)[*^]", "", cell) for cell in line[2:-2].split(" | ")] for line in lines]
        found.append([[re.sub(r"\\(.)", r"\1", cell).strip() for cell in row] for row in cells])
    return found


def unescaped(text: str) -> str:
    text = re.sub(r"\\phantom\{[0.]*\}|\\hspace\*\{1em\}", "", text)
    for sign, shown in {
        "{[}": "[",
        "{]}": "]",
        "{*}": "*",
        "\\ensuremath{-}": "−",
        "\\ensuremath{<}": "<",
        "---": "—",
        "\\%": "%",
        "\\&": "&",
    }.items():
        text = text.replace(sign, shown)
    while (plain := re.sub(r"\\text(?:bf|it|superscript)\{([^{}]*)\}", r"\1", text)) != text:
        text = plain
    text = re.sub(r"\\ensuremath\{\\(\w+)\}", lambda found: {"alpha": "α", "omega": "ω", "gamma": "γ"}[found[1]], text)
    return text.replace("--", "–").strip()


def r(value: float, digits: int = 2) -> str:
    """A number that cannot exceed one, as APA Style writes it; written here anew, not with the code under test."""
    text = f"{abs(value):.{digits}f}"
    text = text[1:] if text.startswith("0.") else text
    return ("−" if value < 0 and float(text) != 0 else "") + text


def m(value: float, digits: int = 2) -> str:
    text = f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(text) != 0 else "") + text


def ci(row) -> str:
    return "—" if pd.isna(row.lower) else f"[{r(row.lower)}, {r(row.upper)}]"


def table_called(tables, *parts: str):
    (found,) = [rows for title, rows in tables.items() if all(part in title for part in parts)]
    return found


def csv(material: Material, name: str) -> pd.DataFrame:
    table = pd.read_csv(material.results.path(*name.split(".")))
    if "session" in table and not material.dataset.is_matrix:
        table = table[table["session"].isna() | (table["session"].astype(str).str.split(".").str[0] == "3")]
    return table


def test_latex_and_word_hold_the_same_cells(pack):
    _, folder = pack
    word, latex = word_tables(folder / "tables.docx"), latex_tables(folder / "tables.tex")
    assert list(word) == list(latex) and word
    for title, rows in latex.items():
        heads = len(word[title]) - len(rows)
        assert heads in (1, 2)
        assert word[title][heads:] == rows


def test_latex_knows_every_sign(pack):
    """pdflatex stops at a sign beyond Latin letters that no package explains."""
    _, folder = pack
    assert {sign for sign in (folder / "tables.tex").read_text() if ord(sign) >= 0x180} == set()


def test_markdown_holds_them_as_well(pack):
    _, folder = pack
    latex = latex_tables(folder / "tables.tex").values()
    for shown, rows in zip(markdown_tables(folder / "tables.md"), latex, strict=True):
        assert [[cell for cell in row if cell] for row in shown] == [[cell for cell in row if cell] for row in rows]


def test_descriptives_and_reliabilities(pack):
    material, folder = pack
    rows = table_called(word_tables(folder / "tables.docx"), "Descriptive")
    described, reliability = csv(material, "descriptives"), csv(material, "reliability")
    described = described[described["method"] == "mean of the items"].set_index(
        ["perspective", "form", "scale", "statistic"]
    )
    reliability = reliability[reliability["item"].isna() & reliability["factor"].isna()]
    reliability = reliability.set_index(["perspective", "form", "scale", "statistic"])
    read, who, form = 0, "", ""
    labels = {one.label: one.name for one in material.dataset.forms}
    for cells in rows:
        if len(cells) == 1:
            who, form = (
                (cells[0].lower(), form) if cells[0] in ("Client", "Therapist", "Observer") else (who, labels[cells[0]])
            )
        elif cells[0] not in ("", "Scale"):
            scale = cells[0] if cells[0].isupper() else cells[0].lower()
            own = (who, labels.get(cells[0], form), "total" if cells[0] in labels else scale)
            mean = described.loc[(*own, "mean")]
            skewness = [m(described.loc[(*own, "skewness")].estimate)] if len(cells) == 9 else []
            jackknife = reliability.loc[(*own, "alpha_jackknife")]
            alpha = reliability.loc[(*own, "alpha")] if pd.isna(jackknife.lower) else jackknife
            omega = reliability.loc[(*own, "omega_total")]
            expected = [str(int(mean.n)), m(mean.estimate), m(described.loc[(*own, "sd")].estimate), *skewness]
            expected += [r(alpha.estimate), ci(alpha), r(omega.estimate), ci(omega)]
            assert cells[1:] == expected, own
            read += 1
    assert read == sum(len(one.scales) for one in material.dataset.forms)


def test_correlations_with_intervals_or_stars(pack):
    material, folder = pack
    tables = word_tables(folder / "tables.docx")
    known = csv(material, "correlations").fillna({"perspective": "", "perspective_2": ""})
    keys = [list(zip(*(known[f"{c}{e}"] for c in ("perspective", "form", "scale")), strict=True)) for e in ("", "_2")]
    known = known.assign(pair=[frozenset(pair) for pair in zip(*keys, strict=True)])
    pairs = {pair: own.set_index("statistic") for pair, own in known.groupby("pair")}
    read = 0
    labels = {one.label: one.name for one in material.dataset.forms}
    for title in [title for title in tables if "Correlations of the" in title]:
        heads, *rows = tables[title]
        columns = {int(head): column for column, head in enumerate(heads) if head.isdigit()}  # in parts, not all
        names, place = {}, 0
        for part in [part for part in tables if part.split(" (part ")[0] == title.split(" (part ")[0]]:
            for cells in tables[part][1:]:
                if cells[0]:
                    names[int(cells[0].split(".")[0])] = key_of(cells[0].split(". ", 1)[1], labels)
        for position, cells in enumerate(rows):
            if not cells[0]:
                continue
            place = int(cells[0].split(".")[0])
            for other in [other for other in columns if other < place]:
                own = pairs[frozenset((names[place], names[other]))]
                row, column = own.loc["r_pearson"], columns[other]
                if "Total" in title:
                    assert cells[column] == r(row.estimate)
                    assert rows[position + 1][column] == ci(row)
                else:
                    p = own["estimate"].get("p_pearson_holm", 1)
                    assert cells[column] == r(row.estimate) + "*" * sum(p < limit for limit in (0.05, 0.01, 0.001))
                read += 1
    assert read >= 6


def key_of(name: str, labels: dict[str, str]) -> tuple[str, str, str]:
    """`WAI-S task (client)` -> client, wai_s, task."""
    found = re.fullmatch(r"(.*?)(?: (\w+))? \((\w+)\)", name)
    if found is None or found[1] not in labels:
        roles = {"Symptoms before therapy": "baseline", "Functioning after therapy": "outcome"}
        return "", roles[name], name[0].lower() + name[1:]
    return found[3], labels[found[1]], found[2] or "total"


def test_settings_choose_what_the_tables_hold(finished):
    """Spearman's rho with stars of two scores; ordinal coefficients: the numbers are those of the result tables."""
    material = material_of(finished.folder, "example")
    chosen = {"coefficient": "spearman", "intervals": False, "scores": ["client.wai_s", "client.haq2"], "ordinal": True}
    material.config["manuscript"] |= chosen
    (made,) = apa_correlations.tables(material)
    rows = material.results.table("correlations")
    pair = rows[(rows["perspective"] == "client") & (rows["perspective_2"] == "client") & (rows["scale"] == "total")]
    pair = pair[(pair["form"] == "wai_s") & (pair["form_2"] == "haq2") & (pair["scale_2"] == "total")]
    rho = pair.set_index("statistic")["estimate"]
    assert rho["p_spearman_holm"] < 0.001
    shown = coefficient(rho["r_spearman"]) + r"\*\*\*"
    assert [row.cells[3] for row in made.rows][1] == shown and len(made.rows) == len(made.columns) - 3 == 2
    assert "Values are Spearman's rho." in made.general and "*p* < .001" in made.probability
    described = apa_descriptives.table(material)
    assert [spanner.head for spanner in described.spanners] == ["α", "ω", "Ordinal α", "Categorical ω"]
    ordinal = material.score("client", "wai_s", "total")["alpha_ordinal"]["estimate"]
    total = next(row for row in described.rows if row.cells[0] == "Total")
    assert coefficient(ordinal) in total.cells


def test_truth_and_bias(pack):
    material, folder = pack
    tables, known = word_tables(folder / "tables.docx"), material.results.table("truth_and_bias")
    if "form" not in known:
        assert not [title for title in tables if "Truth" in title]
        return
    shown: dict[str, list] = {}
    labels, judge = {one.label: one.name for one in material.dataset.forms}, ""
    for cells in table_called(tables, "Truth and Bias")[2:]:
        if len(cells) == 1:
            judge = cells[0].split("s judge")[0].lower()
            continue
        own = known[(known["perspective"] == judge) & (known["form"] == labels[cells[0]])].set_index("statistic")
        bias = own.loc["directional_bias"]
        expected = [str(int(bias.dyads))]
        for name in ("directional_bias", "tracking_within", "tracking_within_corrected", "tracking_between"):
            row = own.loc[name]
            expected += [m(row.estimate), f"[{m(row.lower)}, {m(row.upper)}]"]
        expected += [m(own.loc[name].estimate) for name in ("bias_sd_dyad", "tracking_sd_dyad")]
        assert cells[1:] == expected
        shown.setdefault(judge, []).append(cells[0])
    assert {judge: len(forms) for judge, forms in shown.items()} == {"therapist": 2, "client": 2}  # WAI-S and HAq-II


def test_pattern_matrices(pack):
    material, folder = pack
    tables, document = word_tables(folder / "tables.docx"), docx.Document(str(folder / "tables.docx"))
    for who in material.dataset.factored:
        rows = table_called(tables, "Answered by", who.capitalize())
        loadings = csv(material, f"loadings.{who}")
        labels = {one.label: one.name for one in material.dataset.forms}
        values = loadings[loadings["statistic"] == "loading"].pivot(index="item", columns="factor", values="estimate")
        communality = loadings[loadings["statistic"] == "communality"].set_index("item")["estimate"]
        variance = loadings[loadings["statistic"] == "variance"].set_index("factor")["estimate"]
        place = list(tables).index(next(t for t in tables if "Answered by" in t and who.capitalize() in t))
        grid = document.tables[place].rows
        items, largest = 0, []
        for position, cells in enumerate(rows):
            form, _, number = cells[0].rpartition(" ")
            if form in labels:
                item = f"{labels[form]}_{int(number):02d}"
                assert cells[1:] == [*map(r, values.loc[item]), r(communality[item])]
                bold = [any(run.bold for run in cell.paragraphs[0].runs) for cell in grid[position].cells[1:-1]]
                assert bold == [abs(value) >= 0.40 for value in values.loc[item]]
                size = values.loc[item].abs()
                largest.append((list(size.index).index(size.idxmax()), -size.max()))
                items += 1
            elif cells[0] == "Sum of squares":
                assert cells[1:] == [*map(m, variance), m(variance.sum())]
            elif cells[0] == "% of variance":
                assert cells[1:-1] == [m(100 * value / len(values), 1) for value in variance]
        assert items == len(values)
        assert largest == sorted(largest)  # by factor, then by size
        phi = loadings[loadings["statistic"] == "phi"]
        factors = list(variance.index)
        heads = {cells[0]: (position, cells) for position, cells in enumerate(rows) if cells[0] in factors}
        for row in phi.itertuples():
            one, two = sorted((row.factor, row.factor_2), key=factors.index)
            position, cells = heads[two]
            assert cells[1 + factors.index(one)] == r(row.estimate)
            assert rows[position + 1][1 + factors.index(one)] == ci(row)
            assert heads[one][1][1 + factors.index(two)] == r(row.uncorrected)


def test_shared_variance_and_multitrait_multimethod_matrix(pack):
    material, folder = pack
    tables = word_tables(folder / "tables.docx")
    shared = csv(material, "shared_variance").dropna(subset="estimate")
    if shared.empty:
        assert not [title for title in tables if "Shared" in title or "Multitrait" in title]
        return
    rows = [cells for cells in table_called(tables, "Shared Variance")[2:] if len(cells) > 1]
    r2, corrected = (shared[shared["statistic"] == name].reset_index() for name in ("r2", "r2_disattenuated"))
    assert len(rows) == len(r2)
    for cells in rows:
        # each row of the CSV is found by its numbers, which are those of one pair only
        (place,) = [i for i, row in r2.iterrows() if [r(row.estimate), ci(row)] == cells[4:6]]
        assert cells[1] == str(int(r2.loc[place].n))
        assert cells[6:8] == [r(corrected.loc[place].estimate), ci(corrected.loc[place])]
        assert cells[8] == ("less" if r2.loc[place].upper < 0.5 else "more" if r2.loc[place].lower > 0.5 else "open")
    mtmm = csv(material, "mtmm")
    known = mtmm[(mtmm["group"] == "instruments") & mtmm["form"].notna()].dropna(subset="estimate")
    shown = [cell for cells in table_called(tables, "Multitrait", "Instruments")[2:] for cell in cells[1:] if cell]
    expected = []
    for row in known[known["statistic"] != "comparison"].itertuples():
        expected += [f"({r(row.estimate)})"] if row.statistic == "reliability" else [r(row.estimate), ci(row)]
    assert sorted(shown) == sorted(expected)


def test_text_in_word_and_markdown_are_the_same(pack):
    _, folder = pack
    word = [p.text for p in docx.Document(str(folder / "method_and_results.docx")).paragraphs]
    markdown = (folder / "method_and_results.md").read_text().strip().split("\n\n")
    plain = [re.sub(r"\\(.)", r"\1", re.sub(r"^#+ |(?<!\\)[*^]", "", text)) for text in markdown]
    assert plain == [text.replace("^", "") for text in word]


def test_every_number_of_the_results_stands_in_a_table(pack):
    """Each number in the Results is a number of a table or a setting, rounded as APA Style has it."""
    material, folder = pack
    text = (folder / "method_and_results.md").read_text()
    results = text.split("## Results")[1].split("## References")[0].replace(",", "").replace("\\", "")
    known = {"50", "95", "90", ".001"}  # the published share, levels of intervals, the smallest p that is told
    for path in material.results.paths.values():
        if path.suffix == ".csv":
            table = pd.read_csv(path)
            for column in {"estimate", "lower", "upper", "n", "holds", "comparisons", "uncorrected"} & set(table):
                for value in table[column].dropna():
                    known |= {r(value).lstrip("−"), r(value, 3), f"{value:.0f}", f"{100 * value:.0f}", f"{value:.2f}"}
                    known |= {f"{100 * value:.1f}", f"{value:.1f}"}
    known |= {str(one.items) for one in material.dataset.forms}
    results = re.sub(r"Table \d+|\(F\d+\)|was F\d+|HAq-II|WAI-SR?", "", results)
    found = re.findall(r"(?<![\w.])\d*\.?\d+", results)
    assert len(found) > 20
    sums = {
        str(sum(one.items for one in material.dataset.forms if one.perspective == who))
        for who in ("client", "therapist")
    }
    assert not [number for number in found if number not in known | sums]


def test_shared_variance_is_told_in_the_words_of_apa(pack):
    material, folder = pack
    text = (folder / "method_and_results.md").read_text().replace("\\", "")
    shared = csv(material, "shared_variance").dropna(subset="estimate")
    for row in shared[shared["statistic"] == "r2"].itertuples():
        digits = int(0.495 <= row.estimate < 0.5)  # what is less than half is not rounded to it
        share = f"{100 * row.estimate:.{digits}f}%"
        assert f"shared {share}, 95% CI [{100 * row.lower:.0f}, {100 * row.upper:.0f}]" in text
    alpha = csv(material, "reliability")
    alpha = alpha[(alpha["scale"] == "total") & (alpha["statistic"].isin(["alpha_jackknife", "alpha"]))]
    for row in alpha.dropna(subset="lower").groupby(["perspective", "form"]).tail(1).itertuples():
        assert f"{r(row.estimate)}, 95% CI {ci(row)}" in text
    assert " %" not in text


def test_what_is_cited_is_listed_and_nothing_else(pack):
    _, folder = pack
    text = (folder / "method_and_results.md").read_text()
    body, listed = text.split("## References")
    entries = (folder / "references.bib").read_text().count("\n@") + 1
    assert "@" not in body  # no key is left
    assert len([line for line in listed.split("\n\n") if line.strip()]) == entries
    notes = "\n".join(paragraph.text for paragraph in docx.Document(str(folder / "tables.docx")).paragraphs)
    for first, year in re.findall(r"^(?:The )?([\w’ -]+?)[,.] .*?\((\d{4}|n\.d\.)\)", listed, re.MULTILINE):
        assert re.search(rf"{re.escape(first)}[^()]*(?:, |\()(?:n\.d\.|{year})", body + notes), (first, year)


def test_checklists_say_where_or_that_not(pack):
    _, folder = pack
    for table in docx.Document(str(folder / "checklists.docx")).tables:
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        assert head == ["Item", "Answered", "Where"]
        assert {row[1] for row in rows} <= {"yes", "partly", "no"}
        assert all(row[2] and "{" not in row[2] for row in rows)


def test_content_tables_are_those_of_the_analysis(content):
    results, folder = content
    tables, latex = word_tables(folder / "tables.docx"), latex_tables(folder / "tables.tex")
    assert len(tables) == 5
    for number, facet in zip("abcd", ("Voice", "Dimension", "Domain", "Theme"), strict=True):
        known = pd.read_csv(results / f"table_2{number}.csv")
        rows = table_called(tables, facet)[2:]
        assert rows == table_called(latex, facet)
        for cells, (category, own) in zip(rows, known.groupby("category", sort=False), strict=True):
            assert cells[0].lower() == category
            assert [int(cell) for cell in cells[1::2]] == list(own["count"])
            assert [re.sub("[a-z]", "", cell) for cell in cells[2::2]] == [f"{value:.1f}" for value in own["percent"]]
    assert [cells[3] for cells in table_called(tables, "Forms")[1:]] == ["24", "30", "19", "19", "36", "36"]


@pytest.mark.skipif(OFFICE is None, reason="needs LibreOffice (apt install libreoffice-writer-nogui)")
def test_libreoffice_opens_every_word_file(pack, tmp_path):
    _, folder = pack
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [str(folder / name) for name in FILES]
    call = [OFFICE, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files]
    subprocess.run(call, capture_output=True, timeout=180, check=True)
    for name in FILES:
        content = (tmp_path / name).with_suffix(".pdf").read_bytes()
        pages = len(re.findall(rb"/Type\s*/Page\b", content))
        assert pages >= (len(docx.Document(str(folder / name)).tables) if name == "tables.docx" else 1)


@pytest.mark.skipif(PDFLATEX is None, reason="needs pdflatex (apt install texlive-latex-recommended)")
@pytest.mark.skipif(not FONTS, reason="needs the fonts of LaTeX (apt install texlive-fonts-recommended)")
def test_latex_can_be_compiled_and_no_table_is_wider_than_its_page(pack, tmp_path):
    _, folder = pack
    call = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={tmp_path}", "tables.tex"]
    for _ in range(2):  # the first run measures the columns
        done = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert re.findall(r"Overfull .* in alignment.*", done.stdout) == []


@pytest.mark.slow
def test_the_target_makes_the_whole_folder_once(small, tmp_path):
    """Figures are without heading, captions hold it, scores are for their owner, and a second run has nothing to do."""
    shutil.copytree(small.folder, tmp_path / "project", symlinks=True)
    project = Project.at(tmp_path / "project")
    project.configure(**SMALL_DRAWS | {"figures": {"formats": ["pdf", "png"]}})
    outcome = project.run("manuscript")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    for name in ("answers", "matrix"):
        folder = project.folder / "results" / name / "manuscript"
        title = "Small answers" if name == "answers" else "Small matrix"
        drawn = sorted((folder / "figures").glob("*.svg"))
        captions = (folder / "captions.md").read_text()
        assert drawn and captions.count("### Figure ") == len(drawn)
        assert all(title not in path.read_text() for path in drawn)
        assert all({path.with_suffix(f".{kind}").exists() for kind in ("pdf", "png")} == {True} for path in drawn)
        assert {path.name for path in folder.iterdir() if path.suffix == ".docx"} == {
            "tables.docx",
            "captions.docx",
            "checklists.docx",
            "method_and_results.docx",
        }
        scores = [path for path in folder.iterdir() if path.stem == "scores"]
        assert len(scores) == (3 if name == "answers" else 0)
        assert {stat.S_IMODE(path.stat().st_mode) for path in scores} <= {0o600}
    before = {path: path.read_bytes() for path in (project.folder / "results/answers/manuscript").rglob("*.*")}
    assert "Nothing to be done" in project.run("manuscript").stderr
    assert project.run("manuscript", "--forcerun", "write_manuscript").returncode == 0
    for path, content in before.items():
        if path.name != ".snakemake_timestamp":
            assert path.read_bytes() == content, path
