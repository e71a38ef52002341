"""Correlations between all scale scores at one occasion, within a perspective and across perspectives."""
from pathlib import Path

import pandas as pd

from pipeline.dataset import Dataset
from pipeline.job import job
from pipeline.scores import items_at_occasion, score_columns, scores_at_occasion
from pipeline.tables import write_table
from psychometrics.association import correlate_composites, correlate_scores, disattenuate
from psychometrics.reliability import alpha_from_covariance
from psychometrics.scoring import composite_moments


def main(responses: Path, scores: Path, table: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    columns = score_columns(dataset)
    if dataset.is_matrix:
        frame = from_matrix(dataset, columns, level)
    else:
        frame = from_scores(dataset, scores, columns, level=level, draws=draws, seed=seed)
    settings = {"level": level, "resamples": draws, "seed": seed, "missing": "pairwise", "occasion": dataset.occasion}
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, table, settings=settings, inputs=[responses, scores])


def from_scores(dataset: Dataset, scores: Path, columns: pd.DataFrame, *, level: float, draws: int, seed: int
                ) -> pd.DataFrame:
    wide = scores_at_occasion(dataset, scores, columns)
    answers = {}
    for form in dataset.forms:
        items = items_at_occasion(dataset, form, wide.index)
        for scale, members in form.scale_columns.items():
            answers[f"{form.perspective}.{form.name}.{scale}"] = items[members]
    units = dataset.units(wide.index)
    return pd.concat([
        correlate_scores(wide, columns, level=level, method="pearson"),
        correlate_scores(wide, columns, level=level, method="spearman"),
        disattenuate(wide, answers, columns, level=level, draws=draws, seed=seed, units=units),
    ])


def from_matrix(dataset: Dataset, columns: pd.DataFrame, level: float) -> pd.DataFrame:
    sd = dataset.moments["sd"]
    scales, alphas = {}, {}
    for form in dataset.forms:
        for scale, items in form.scales.items():
            name = f"{form.perspective}.{form.name}.{scale}"
            scales[name] = labels = [f"{form.name}_{item:02d}" for item in items]
            covariance = dataset.matrix.loc[labels, labels].mul(sd[labels], axis=0).mul(sd[labels], axis=1)
            alphas[name] = alpha_from_covariance(covariance, dataset.people, level).estimate
    moments = composite_moments(dataset.matrix, dataset.moments["mean"], sd, scales)
    return correlate_composites(moments.correlation, columns, pd.Series(alphas), dataset.people, level=level)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            scores=Path(snakemake.input.scores),
            table=Path(snakemake.output.table),
            level=snakemake.params.level,
            draws=snakemake.params.draws,
            seed=snakemake.params.seed,
        )
