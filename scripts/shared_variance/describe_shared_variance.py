"""What the tables say on the shared variance, in paragraphs to paste."""

from pathlib import Path

from pipeline.data.configuration import read_yaml
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_atomically
from pipeline.report.words_association import association_paragraphs


def main(responses: Path, tables: dict[str, Path], claims: Path, paragraph: Path) -> None:
    dataset = Dataset(responses)
    claim = read_yaml(claims, str(claims))["shared_variance"]
    paragraphs = association_paragraphs(
        {name: read_table(path) for name, path in tables.items()},
        dataset.forms,
        claim={"below": claim["below"], "typical": claim["typical"]},
        occasion=occasion_of(dataset),
        simulated=dataset.simulated,
        variables={name: part["label"] for name, part in dataset.variables.items()},
    )
    write_atomically(paragraph, "\n\n".join(paragraphs) + "\n")


def occasion_of(dataset: Dataset) -> str:
    """`session 3`, `the first session of each client`; empty where there is only a matrix."""
    if dataset.is_matrix:
        return ""
    named = isinstance(dataset.occasion, int)
    return f"session {dataset.occasion}" if named else f"the {dataset.occasion} session of each client"


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            tables={name: Path(snakemake.input[name]) for name in snakemake.params.tables},
            claims=Path(snakemake.input.claims),
            paragraph=Path(snakemake.output.paragraph),
        )
