"""The page on top: links to the reports of the data sets, and what belongs to all of them or to none."""

from importlib import import_module
from pathlib import Path

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_atomically
from pipeline.report.blocks import Document, Section, Table, to_json
from pipeline.report.page import write_page
from pipeline.report.results import CommonResults
from pipeline.report.wording import words


def main(responses: list[Path], template: Path, sections: Path, page: Path, *, plan: dict, config: dict) -> None:
    """Write the sections, and the page that they make.

    Parameters
    ----------
    responses : list of Path
        What the rule `ingest_dataset` made of each data set.
    template : Path
        Of the page.
    sections, page : Path
        The JSON and the page to write.
    plan : dict
        `tables` and `figures` as :class:`pipeline.report.results.CommonResults` takes them, and `sections`: id, title
        and module of each, in order.
    config : dict
        The settings of the run.
    """
    say, results = words("report"), CommonResults(responses, plan["tables"], plan["figures"], config)
    forms = [form for dataset in results.datasets for form in dataset.forms]
    instruments, perspectives = (
        list(dict.fromkeys(getattr(form, kind) for form in forms)) for kind in ("instrument", "perspective")
    )
    document = Document(
        title=say.question(),
        subtitle=say.about(instruments, perspectives),
        sections=[
            Section("data_sets", say.heading("data sets"), [datasets_table(results.datasets)]),
            *(
                Section(entry["id"], entry["title"], import_module(entry["module"]).section(results))
                for entry in plan["sections"]
            ),
        ],
        window=say.question(),
    )
    write_atomically(sections, to_json(document))
    write_page(template, page, document=document, folder=sections.parent)


def datasets_table(datasets: list[Dataset]) -> Table:
    """Show every data set with a link to its report.

    Parameters
    ----------
    datasets : list of Dataset
        In the order of the settings.

    Returns
    -------
    Table
        One row for each.
    """
    return Table(
        ["Report", "Clients", "Therapists", "Sessions", "Forms", "Kind"],
        [
            [
                dataset.title,
                str(dataset.people),
                *(str(many or "–") for many in (therapists_of(dataset), sessions_of(dataset))),
                ", ".join(f"{form.label} ({form.perspective})" for form in dataset.forms),
                words("report").kind(dataset),
            ]
            for dataset in datasets
        ],
        links=[f"{dataset.name}/report.html" for dataset in datasets],
    )


def therapists_of(dataset: Dataset) -> int:
    """How many therapists any form has at most; 0 where none is known."""
    return max((form.counts.get("therapists") or 0 for form in dataset.forms), default=0)


def sessions_of(dataset: Dataset) -> int:
    """At how many sessions anything was answered; 0 where the data are a matrix."""
    return len({session for form in dataset.forms for session in form.counts.get("sessions", {})})


if __name__ == "__main__":
    job(main, snakemake)
