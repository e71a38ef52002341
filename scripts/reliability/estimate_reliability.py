"""Reliability of every scale of a data set, from each perspective: at the chosen occasion and every other session."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.left_out import noted
from pipeline.steps.score_moments import published_reliabilities
from psychometrics.items.category_use import category_use
from psychometrics.items.variation import left_out_note, varying_items
from psychometrics.reliability.omega_hierarchical import omega_rows, omega_rows_from_matrix
from psychometrics.reliability.scale_reliability import reliability_coefficients, reliability_from_matrix

NOT_FACTORED = "the items of this perspective are not factor-analysed (`factor_perspectives:` of the data set)"


def main(
    responses: Path, reliability: Path, response_categories: Path, *, missing: str, level: float, draws: int, seed: int
) -> None:
    dataset = Dataset(responses)
    settings = {"level": level, "resamples": draws, "seed": seed, "missing": missing, "occasion": dataset.occasion}
    coefficients, used = [], []
    for form in dataset.forms:
        who = {"dataset": dataset.name, "perspective": form.perspective, "form": form.name}
        if dataset.is_matrix:
            coefficients.append(estimate_from_matrix(dataset, form, level=level, seed=seed).assign(**who))
            used.append(pd.DataFrame([{"statistic": "category_share", "note": "needs raw answers"}]).assign(**who))
            continue
        for name, answers in dataset.item_occasions(dataset.keyed(form)):
            chosen = name == str(dataset.occasion)
            coefficients.append(
                estimate(
                    dataset, form, answers, items=chosen, missing=missing, level=level, draws=draws, seed=seed
                ).assign(**who, session=name)
            )
        for name, answers in dataset.item_occasions(dataset.answers(form)):
            used.append(category_use(answers[form.columns], *form.range).assign(**who, session=name))
    frame, shares = (pd.concat(parts, ignore_index=True) for parts in (coefficients, used))
    if len(dataset.sessions) < 2:
        frame, shares = (part.drop(columns="session", errors="ignore") for part in (frame, shares))
    write_table(dataset.mark_provisional(shares), response_categories, settings=settings, inputs=[responses])
    write_table(dataset.mark_provisional(frame), reliability, settings=settings, inputs=[responses])


def estimate(dataset: Dataset, form, answers: pd.DataFrame, *, items: bool, **settings) -> pd.DataFrame:
    units = dataset.units(pd.Index(answers["client"]))
    parts = []
    for scale, columns in form.scale_columns.items():
        own, left_out = varying_items(answers[columns])
        subscales = subscales_of(list(own), form.scale_columns, leaving=left_out)
        coefficients = partial(reliability_coefficients, own, units=units, items=items, **settings)
        omegas = partial(omega_rows, own, subscales=subscales, units=units, **settings)
        rows = [attempted(coefficients, "alpha")]
        if items and form.perspective in dataset.factored:  # of the chosen occasion, since it takes ten times as long
            rows.append(attempted(omegas, "omega_hierarchical"))
        elif items:
            rows.append(reason_row(NotRun(NOT_FACTORED), "omega_hierarchical"))
        parts += [noted(part, left_out_note(left_out)).assign(scale=scale) for part in rows]
    return pd.concat(parts)


def subscales_of(own: list[str], scales: dict[str, list[str]], leaving: Iterable[str] = ()) -> dict[str, list[str]]:
    """The scales whose items, but for those that are left out, are some, not all, of a scale's own."""
    kept = {scale: [item for item in items if item not in leaving] for scale, items in scales.items()}
    return {scale: items for scale, items in kept.items() if items and set(items) < set(own)}


def estimate_from_matrix(dataset: Dataset, form, *, level: float, seed: int) -> pd.DataFrame:
    if not dataset.has_items:
        return published_reliabilities(dataset, form)
    matrix = dataset.matrix.loc[form.labels, form.labels].set_axis(form.columns).set_axis(form.columns, axis=1)
    sd = dataset.moments["sd"].loc[form.labels].set_axis(form.columns)
    parts = []
    for scale, columns in form.scale_columns.items():
        own, n = matrix.loc[columns, columns], dataset.people
        omegas = partial(
            omega_rows_from_matrix, own, n, subscales=subscales_of(columns, form.scale_columns), level=level
        )
        parts += [
            attempted(partial(reliability_from_matrix, own, sd, n, level=level, seed=seed), "alpha").assign(
                scale=scale
            ),
            attempted(omegas, "omega_hierarchical").assign(scale=scale),
        ]
    return pd.concat(parts)


if __name__ == "__main__":
    job(main, snakemake)
