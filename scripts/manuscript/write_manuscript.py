"""The manuscript pack of a data set: tables, text, references, checklists, figures, scores of the clients."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from manuscript import (
    apa_account,
    apa_correlations,
    apa_course,
    apa_descriptives,
    apa_invariance,
    apa_lags,
    apa_measurement,
    apa_mtmm,
    apa_pattern,
    apa_ruptures,
    apa_shared_variance,
    apa_surface,
    apa_truth,
    checklists,
    client_scores,
    facts_on_method,
    facts_on_results,
)
from manuscript.figures import Drawn, draw
from manuscript.material import Material
from pipeline.data.job import job
from pipeline.manuscript import latex, markdown, word
from pipeline.manuscript.apa_table import ApaTable, numbered
from pipeline.manuscript.references import Citations, bibtex, formatted, read_references
from pipeline.manuscript.rich import literal, plain
from pipeline.manuscript.word import Passage
from pipeline.report.results import Results
from pipeline.report.wording import words


def main(
    responses: Path,
    instruments: list[Path],
    references: Path,
    lists: Path,
    citation: Path,
    scores: Path,
    factor_scores: list[Path],
    manuscript: Path,
    *,
    plan: dict,
    figures: list[dict],
    look: dict,
    config: dict,
) -> None:
    """Write the folder: all of it or nothing.

    Parameters
    ----------
    responses : Path
        What the rule `ingest_dataset` made.
    instruments : list of Path
        The scoring keys.
    references, lists, citation : Path
        `workflow/references.yaml`, `workflow/checklists.yaml`, `CITATION.cff`.
    scores : Path
        Scale scores of every administration.
    factor_scores : list of Path
        Factor scores of each perspective, in folders of its name.
    manuscript : Path
        The folder to write.
    plan : dict
        `tables` as :class:`pipeline.report.results.Results` takes them.
    figures : list of dict
        As :mod:`figures.draw_figures` takes them.
    look : dict
        The settings of `figures:`.
    config : dict
        The settings of the run.
    """
    version = yaml.safe_load(citation.read_text())["version"]
    material = Material(Results(responses, plan["tables"], {}, config), instruments, version)
    partial = manuscript.with_name(f".{manuscript.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "figures").mkdir(parents=True)
    write_texts(material, partial, references, lists)
    write_captions(draw(figures, look, partial), partial)
    client_scores.write(material.dataset, scores, {path.parent.name: path for path in factor_scores}, partial)
    shutil.rmtree(manuscript, ignore_errors=True)
    partial.rename(manuscript)


def tables_of(material: Material) -> list[ApaTable]:
    """Make all tables of a data set, numbered in the order of the text."""
    found = [
        apa_descriptives.table(material),
        *apa_correlations.tables(material),
        apa_shared_variance.table(material),
        apa_account.table(material),
        *apa_mtmm.tables(material),
        *apa_invariance.tables(material),
        apa_course.table(material),
        apa_ruptures.table(material),
        apa_lags.table(material),
        apa_truth.table(material),
        apa_surface.table(material),
        *apa_pattern.tables(material),
        apa_measurement.table(material),
    ]
    return numbered([table for table in found if table is not None])


def write_texts(material: Material, folder: Path, references: Path, lists: Path) -> None:
    """Write tables, Method and Results, references and checklists.

    Parameters
    ----------
    material : Material
        The results.
    folder : Path
        Where to.
    references, lists : Path
        The literature and the checklists.
    """
    citations = Citations(read_references(references))
    tables = tables_of(material)
    for table in tables:
        table.general = citations.put_into(table.general)
    numbers = {table.name: table.number for table in tables}
    title = material.dataset.title
    (folder / "tables.docx").write_bytes(word.table_file(tables, f"Tables: {title}"))
    (folder / "tables.tex").write_text(latex.document(tables, title))
    (folder / "tables.md").write_text(markdown.tables(tables))
    passages = text_of(material, numbers, citations)
    (folder / "method_and_results.docx").write_bytes(word.text_file(passages, plain(passages[0].text)))
    (folder / "method_and_results.md").write_text(markdown.text(passages))
    (folder / "references.bib").write_text(bibtex(citations.entries, material.version))
    say, known = words("manuscript_checklists"), Citations(citations.known)
    grids = []
    for heading, source, rows in checklists.filled(material, lists, numbers):
        heads = tuple(say.heads(of) for of in ("item", "answered", "where"))
        grids.append((literal(heading), known.put_into(source), [heads, *rows]))
    intro = [say.intro(literal(title))]
    (folder / "checklists.docx").write_bytes(word.grid_file(say.title(), intro, grids))
    (folder / "checklists.md").write_text(markdown.grids(say.title(), intro, grids))


def text_of(material: Material, numbers: dict[str, str], citations: Citations) -> list[Passage]:
    """Write Method and Results with the list of what they cite."""
    say = words("manuscript")
    passages = [Passage("title", say.title(literal(material.dataset.title)))]
    parts = {"method": facts_on_method.paragraphs(material), "results": facts_on_results.paragraphs(material, numbers)}
    for part, headings in parts.items():
        passages.append(Passage("heading", say.heading(part)))
        for heading, texts in headings.items():
            passages.append(Passage("subheading", say.heading(heading)))
            passages += [Passage("paragraph", citations.put_into(text)) for text in texts]
    passages.append(Passage("heading", say.heading("references")))
    return passages + [Passage("reference", formatted(entry, material.version)) for entry in citations.entries]


def write_captions(drawn: Sequence[Drawn], folder: Path) -> None:
    """Write the captions of the figures as text."""
    say = words("manuscript_figures")
    passages = [Passage("title", say.title())]
    for one in drawn:
        passages += [
            Passage("subheading", f"Figure {one.number}"),
            Passage("plain", f"*{one.title}*"),
            Passage("plain", one.note),
            Passage("plain", say.files(literal(one.path), [kind.upper() for kind in one.kinds])),
        ]
    (folder / "captions.docx").write_bytes(word.text_file(passages, say.title()))
    (folder / "captions.md").write_text(markdown.text(passages))


if __name__ == "__main__":
    job(main, snakemake)
