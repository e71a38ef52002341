"""Can a strong bond make up for missing agreement on goals? Every form with scales bond, goal and task."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from outcome.material import NO_OUTCOME, NO_SCALES, described
from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from pipeline.steps.scores import items_at_occasion
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.compensation_models import SCALES
from psychometrics.association.outcome_compensation import LOW, NOT_TESTABLE, compensation
from psychometrics.association.pairs import NEEDS_ANSWERS
from psychometrics.reliability.coefficients import coefficient_alpha


def main(responses: Path, scores: Path, outcome_compensation: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    reason = "" if dataset.variables_of("outcome") else NO_OUTCOME
    reason = reason or ("" if dataset.has_people else NEEDS_ANSWERS)
    if reason:
        frame = pd.DataFrame([{"statistic": LOW, "estimate": np.nan, "verdict": NOT_TESTABLE, "note": reason}])
    else:
        frame = relate(dataset, dataset.at_occasion(pd.read_parquet(scores)), level, draws, seed)
    settings = {
        "level": level,
        "resamples": draws,
        "seed": seed,
        "occasion": dataset.occasion,
        "score": "mean of the items",
        "reliability": dataset.reliability_name,
    }
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, outcome_compensation, settings=settings, inputs=[responses, scores])


def relate(dataset: Dataset, scores: pd.DataFrame, level: float, draws: int, seed: int) -> pd.DataFrame:
    """Every form and outcome at the chosen occasion."""
    held, parts = dataset.variables_of("baseline"), []
    for form in dataset.forms:
        own = scores[(scores["form"] == form.name) & (scores["perspective"] == form.perspective)]
        wide = own.pivot(index="client", columns="scale", values="mean").reindex(columns=list(SCALES))
        clients = dataset.clients.reindex(wide.index)
        for outcome in dataset.variables_of("outcome"):
            if not set(SCALES) <= set(form.scales):
                rows = pd.DataFrame([{"statistic": LOW, "estimate": np.nan, "note": NO_SCALES}])
            else:
                analyse = partial(
                    compensation,
                    wide,
                    clients[outcome],
                    resample_units(dataset.units(wide.index), draws, seed),
                    baseline=clients[held] if held else None,
                    reliabilities=reliabilities_of(dataset, form, wide.index),
                    level=level,
                )
                rows = attempted(analyse, LOW)
            found = described(rows, form, outcome).drop(columns="scale")
            lacks = (found["statistic"] == LOW) & found["estimate"].isna()
            parts.append(found.assign(verdict=found.reindex(columns=["verdict"])["verdict"].mask(lacks, NOT_TESTABLE)))
    return pd.concat(parts, ignore_index=True).fillna({"verdict": ""})


def reliabilities_of(dataset: Dataset, form: Form, clients: pd.Index) -> dict[str, float]:
    """Alpha of each scale at the chosen occasion, of clients with all its items; as given where there are no items."""
    if not form.items:
        given = dataset.published_scores["reliability"]
        return {scale: float(given.get(f"{form.perspective}.{form.name}.{scale}", np.nan)) for scale in SCALES}
    answers = items_at_occasion(dataset, form, clients)
    columns = form.scale_columns
    alphas = {}
    for scale in SCALES:
        items = answers[[column for column in columns[scale] if column in answers]].dropna()
        alphas[scale] = float(coefficient_alpha(items.cov().to_numpy())) if len(items) > 2 else np.nan
    # no correction by what is no reliability
    return {scale: alpha if alpha > 0 else np.nan for scale, alpha in alphas.items()}


if __name__ == "__main__":
    job(main, snakemake)
