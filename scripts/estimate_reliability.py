"""Reliability of every scale of a data set, from each perspective, at one occasion."""
from pathlib import Path

import pandas as pd

from pipeline.dataset import Dataset
from pipeline.job import job
from pipeline.tables import write_table
from psychometrics.reliability import reliability, reliability_from_matrix


def main(responses: Path, table: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    estimate = estimate_from_matrix if dataset.is_matrix else estimate_from_answers
    frame = pd.concat(
        [estimate(dataset, form, level=level, draws=draws, seed=seed) for form in dataset.forms], ignore_index=True
    ).assign(dataset=dataset.name)
    settings = {"level": level, "resamples": draws, "seed": seed, "missing": "listwise", "correlation": "pearson",
                "occasion": dataset.occasion}
    write_table(dataset.mark_provisional(frame), table, settings=settings, inputs=[responses])


def estimate_from_answers(dataset: Dataset, form, *, level: float, draws: int, seed: int) -> pd.DataFrame:
    keyed = dataset.at_occasion(dataset.keyed(form))
    units = dataset.units(pd.Index(keyed["client"]))
    parts = [
        reliability(keyed[columns], level=level, draws=draws, seed=seed, units=units).assign(scale=scale)
        for scale, columns in form.scale_columns.items()
    ]
    return pd.concat(parts).assign(perspective=form.perspective, form=form.name)


def estimate_from_matrix(dataset: Dataset, form, *, level: float, draws: int, seed: int) -> pd.DataFrame:
    parts = []
    for scale, items in form.scales.items():
        labels = [f"{form.name}_{item:02d}" for item in items]
        matrix = dataset.matrix.loc[labels, labels]
        rows = reliability_from_matrix(matrix, dataset.moments["sd"], dataset.people, level=level)
        parts.append(rows.assign(scale=scale, item=rows["item"].str.replace(f"{form.name}_", "i", regex=False)))
    return pd.concat(parts).assign(perspective=form.perspective, form=form.name)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            table=Path(snakemake.output.table),
            level=snakemake.params.level,
            draws=snakemake.params.draws,
            seed=snakemake.params.seed,
        )
