"""What the items of a data set's forms ask about: tables by coder and by consensus, and agreement of the coders."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError, job
from pipeline.data.tables import write_table
from pipeline.data.yaml_files import read_yaml
from psychometrics.content.agreement import agreement_by_facet, confusion_by_facet
from psychometrics.content.categories import unfold
from psychometrics.content.coded_forms import code_tables as tables_of_codes
from psychometrics.content.coded_forms import similarity_to_published

SHUFFLES = 10_000


def main(
    responses: Path,
    published: Path,
    code_tables: Path,
    coder_agreement: Path,
    category_confusion: Path,
    published_similarity: Path,
    *,
    level: float,
    seed: int,
) -> None:
    """Write the four tables; the categories of the data set need not be the published ones."""
    dataset = Dataset(responses)
    if not dataset.has_item_codes:
        raise InputError(f"data/datasets/{dataset.name}/dataset.yaml: the content of the items needs item_codes.")
    codes = dataset.item_codes
    forms = coded_forms(dataset, codes)
    made = {
        code_tables: tables_of_codes(codes, forms["items"].to_dict()),
        coder_agreement: agreement_by_facet(codes, level=level),
        category_confusion: confusion_by_facet(codes),
        published_similarity: similarity_to_published(
            codes, forms, *unfold(read_yaml(published, str(published))), draws=SHUFFLES, seed=seed, level=level
        ),
    }
    settings = {"level": level, "seed": seed, "draws": SHUFFLES}
    for path, frame in made.items():
        write_table(frame.assign(dataset=dataset.name), path, settings=settings, inputs=[responses, published])


def coded_forms(dataset: Dataset, codes: pd.DataFrame) -> pd.DataFrame:
    """The coded forms: instrument, perspective (that of the first entry with the form) and number of items."""
    first = {form.name: form for form in reversed(dataset.forms)}
    rows = {
        name: {"instrument": first[name].instrument, "perspective": first[name].perspective, "items": first[name].items}
        for name in dict.fromkeys(codes["form"])
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("form")


if __name__ == "__main__":
    job(main, snakemake)
