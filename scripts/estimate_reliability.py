"""Reliability of every scale of a data set, from each perspective: at the chosen occasion, and at every session."""
from pathlib import Path

import pandas as pd

from pipeline.dataset import Dataset
from pipeline.job import job
from pipeline.tables import write_table
from psychometrics.category_use import category_use
from psychometrics.reliability import reliability, reliability_from_matrix


def main(responses: Path, table: Path, categories: Path, *, missing: str, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    settings = {"level": level, "resamples": draws, "seed": seed, "missing": missing, "occasion": dataset.occasion}
    coefficients, used = [], []
    for form in dataset.forms:
        who = {"dataset": dataset.name, "perspective": form.perspective, "form": form.name}
        if dataset.is_matrix:
            coefficients.append(estimate_from_matrix(dataset, form, level=level, seed=seed).assign(**who))
            used.append(pd.DataFrame([{"statistic": "category_share", "note": "needs raw answers"}]).assign(**who))
            continue
        for name, answers in dataset.occasions(dataset.keyed(form)):
            chosen = name == str(dataset.occasion)
            coefficients.append(estimate(dataset, form, answers, items=chosen, missing=missing, level=level,
                                         draws=draws, seed=seed).assign(**who, session=name))
        for name, answers in dataset.occasions(dataset.answers(form)):
            used.append(category_use(answers[form.columns], *form.range).assign(**who, session=name))
    frame, shares = (pd.concat(parts, ignore_index=True) for parts in (coefficients, used))
    if len(dataset.sessions) < 2:
        frame, shares = (part.drop(columns="session", errors="ignore") for part in (frame, shares))
    write_table(dataset.mark_provisional(shares), categories, settings=settings, inputs=[responses])
    write_table(dataset.mark_provisional(frame), table, settings=settings, inputs=[responses])


def estimate(dataset: Dataset, form, answers: pd.DataFrame, **settings) -> pd.DataFrame:
    units = dataset.units(pd.Index(answers["client"]))
    return pd.concat([reliability(answers[columns], units=units, **settings).assign(scale=scale)
                      for scale, columns in form.scale_columns.items()])


def estimate_from_matrix(dataset: Dataset, form, *, level: float, seed: int) -> pd.DataFrame:
    parts = []
    for scale, items in form.scales.items():
        labels = [f"{form.name}_{item:02d}" for item in items]
        matrix = dataset.matrix.loc[labels, labels]
        rows = reliability_from_matrix(matrix, dataset.moments["sd"], dataset.people, level=level, seed=seed)
        parts.append(rows.assign(scale=scale, item=rows["item"].str.replace(f"{form.name}_", "i", regex=False)))
    return pd.concat(parts)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            table=Path(snakemake.output.table),
            categories=Path(snakemake.output.categories),
            missing=snakemake.params.missing,
            level=snakemake.params.level,
            draws=snakemake.params.draws,
            seed=snakemake.params.seed,
        )
