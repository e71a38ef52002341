"""Is one correlation between totals larger than another? Differences with intervals and tests."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.score_moments import moments_of_scores
from pipeline.steps.scores import score_columns, scores_at_occasion, variable_columns
from psychometrics.association.differences import composite_differences, score_differences


def main(responses: Path, scores: Path, differences: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    columns = score_columns(dataset)
    if not dataset.has_people:
        moments = moments_of_scores(dataset)
        frame = composite_differences(
            moments.correlation, pd.concat([columns, variable_columns(dataset)]), moments.n, level=level
        )
    else:
        wide, variables = scores_at_occasion(dataset, scores, columns), variable_columns(dataset)
        of_clients = dataset.clients.reindex(wide.index)
        groups = dataset.variables_of("group")
        labels = {name: dataset.variables[name]["label"] for name in groups}
        frame = score_differences(
            wide.join(of_clients[list(variables.index)]),
            pd.concat([columns, variables]),
            level=level,
            groups=of_clients[groups].rename(columns=labels),
            units=dataset.units(wide.index),
        )
    settings = {"level": level, "missing": "listwise within a comparison", "occasion": dataset.occasion}
    write_table(
        dataset.mark_provisional(frame.assign(dataset=dataset.name)),
        differences,
        settings=settings,
        inputs=[responses, scores],
    )


if __name__ == "__main__":
    job(main, snakemake)
