"""What the report of a data set says: every section as blocks, written as JSON for whatever renders them."""

from importlib import import_module
from pathlib import Path

from pipeline.data.job import job
from pipeline.data.tables import write_atomically
from pipeline.report.blocks import Block, Document, Section, Sentences, to_json
from pipeline.report.headlines import Held
from pipeline.report.results import Results
from pipeline.report.wording import words
from report.alternative_texts import with_findings
from report.first_screen import first_screen, instrument_names
from report.section_glossary import abbreviations


def main(responses: Path, sections: Path, *, plan: dict, config: dict) -> None:
    """Write the sections, and the text files that some of them hold.

    Parameters
    ----------
    responses : Path
        What the rule `ingest_dataset` made.
    sections : Path
        The JSON to write.
    plan : dict
        `tables` and `figures` as :class:`pipeline.report.results.Results` takes them, and `sections`: id, title and
        module of each, in order.
    config : dict
        The settings of the run.
    """
    results = Results(responses, plan["tables"], plan["figures"], config)
    front: list[Block | Held] = []
    written = []
    for entry in plan["sections"]:
        module = import_module(entry["module"])
        blocks = with_findings(module.section(results), results)
        written.append(Section(entry["id"], entry["title"], blocks))
        front += module.brief(results) if hasattr(module, "brief") else []
        for block in blocks:
            if isinstance(block, Sentences) and block.file:
                write_atomically(sections.parent / block.file, "\n\n".join(block.paragraphs) + "\n")
    say, dataset = words("report"), results.dataset
    document = Document(
        title=dataset.title,
        subtitle=say.question_of_data_set(),
        sections=[Section("brief", say.heading("brief"), first_screen(results, front, written)), *written],
        window=say.window(dataset.title),
        home="../index.html",
    )
    for part in written:
        if part.id == "glossary":
            part.blocks.insert(0, abbreviations(to_json(document), instrument_names(dataset)))
    write_atomically(sections, to_json(document))


if __name__ == "__main__":
    job(main, snakemake)
