"""How much variance do the instruments share, set against the published claim?"""

from pathlib import Path

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.data.yaml_files import read_yaml
from pipeline.steps.scores import score_columns, without_variables
from psychometrics.shared_variance.pairs import shared_variance_of_pairs


def main(responses: Path, correlations: Path, claims: Path, shared_variance: Path) -> None:
    dataset = Dataset(responses)
    claim = read_yaml(claims, str(claims))["shared_variance"]
    frame = shared_variance_of_pairs(
        without_variables(read_table(correlations)),
        score_columns(dataset),
        labels={form.name: form.label for form in dataset.forms},
        published_below=claim["below"],
        published_typical=claim["typical"],
    )
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, shared_variance, settings={"claim": claim}, inputs=[responses, correlations, claims])


if __name__ == "__main__":
    job(main, snakemake)
