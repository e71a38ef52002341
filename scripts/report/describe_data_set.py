"""What the report of a data set says: every section as blocks, written as JSON for whatever renders them."""

from importlib import import_module
from pathlib import Path

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_atomically
from pipeline.report.blocks import Block, Document, Listing, Note, Section, Sentences, Warning, to_json
from pipeline.report.headlines import Held, told
from pipeline.report.results import Results
from pipeline.report.wording import words


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
        blocks = module.section(results)
        written.append(Section(entry["id"], entry["title"], blocks))
        front += module.brief(results) if hasattr(module, "brief") else []
        for block in blocks:
            if isinstance(block, Sentences) and block.file:
                write_atomically(sections.parent / block.file, "\n\n".join(block.paragraphs) + "\n")
    say, dataset = words("report"), results.dataset
    document = Document(
        title=dataset.title,
        subtitle=say.subtitle(dataset.source),
        front=warnings_of(dataset),
        sections=[Section("brief", say.heading("brief"), joined(front, config["headlines"])), *written],
        window=say.window(dataset.title),
        home="../index.html",
    )
    write_atomically(sections, to_json(document))


def warnings_of(dataset: Dataset) -> list[Block]:
    """What holds for the whole report: simulated data, data that look wrong and are accepted, provisional keys."""
    say = words("report")
    simulated = [Warning(say.simulated_data(), say.what_simulated_means())] if dataset.simulated else []
    accepted = [Warning(say.accepted(), f"{what[:1].upper()}{what[1:]}.") for what in dataset.accepted]
    provisional = [
        Warning(say.provisional_key(form.label, form.perspective), say.what_provisional_means())
        for form in dataset.forms
        if form.key_status == "provisional"
    ]
    return [*simulated, *accepted, *provisional]


def joined(front: list[Block | Held], least: dict[str, float]) -> list[Block]:
    """What the sections say in brief, as one list: warnings first, and at the end what they held back."""
    items = [item for block in front if isinstance(block, Listing) for item in block.items]
    others = [block for block in front if not isinstance(block, Listing | Held)]
    held = told([one for one in front if isinstance(one, Held)], least)
    return [*others, Listing(items), *([Note(held)] if held else [])]


if __name__ == "__main__":
    job(main, snakemake)
