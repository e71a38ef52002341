"""Scale scores of every administration of a data set, and how they are distributed."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.ingesting import INDEX
from pipeline.data.job import job
from pipeline.data.tables import write_parquet, write_table
from pipeline.steps.score_moments import moments_of_scores
from psychometrics.items.scoring import describe_scores, score_scales

METRICS = {"mean": "mean of the items", "total": "sum of the items, prorated", "pomp": "percent of maximum possible"}
COLUMNS = [*INDEX, "perspective", "form", "scale", "n_items", "n_answered", "mean", "total", "pomp"]


def main(responses: Path, scores: Path, descriptives: Path, *, minimum_share: float, level: float) -> None:
    dataset = Dataset(responses)
    if dataset.of_persons:
        scored = scores_of_persons(dataset)
        described = describe(dataset, scored, level, {"mean": "of the scores"})
    elif dataset.is_matrix:
        scored = pd.DataFrame(columns=COLUMNS)  # a matrix holds no people
        described = describe_matrix(dataset)
    else:
        scored = pd.concat([score_form(dataset, form, minimum_share) for form in dataset.forms], ignore_index=True)
        described = describe(dataset, scored, level, METRICS)
    scores.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(scored[COLUMNS], scores)
    described = dataset.mark_provisional(described.assign(dataset=dataset.name))
    write_table(described, descriptives, settings={"minimum_share": minimum_share, "level": level}, inputs=[responses])


def score_form(dataset: Dataset, form, minimum_share: float) -> pd.DataFrame:
    keyed = dataset.keyed(form).set_index(INDEX)
    low, high = form.range
    scored = score_scales(keyed, form.scale_columns, low=low, high=high, minimum_share=minimum_share)
    return scored.assign(form=form.name, perspective=form.perspective)


def scores_of_persons(dataset: Dataset) -> pd.DataFrame:
    """Scores as they stand in the file, whatever they are the sum or the mean of: in the column of the mean."""
    return dataset.person_scores.rename(columns={"score": "mean"}).reindex(columns=COLUMNS)


def describe(dataset: Dataset, scored: pd.DataFrame, level: float, metrics: dict[str, str]) -> pd.DataFrame:
    """Rows per form, perspective, session and scale, on each metric; and the same within the groups of clients.

    Where each client has a first or last session of their own, that occasion stands before the sessions.
    """
    parts = [scored.assign(group="")]
    for variable, part in dataset.variables.items():
        if part["role"] == "group":
            group = scored["client"].map(dataset.clients[variable])
            parts.append(scored.assign(group=part["label"] + ": " + group).dropna(subset="group"))
    if isinstance(dataset.occasion, str) and len(dataset.sessions) > 1:
        parts = [
            pd.concat([dataset.at_occasion(part).assign(session=dataset.occasion), part.astype({"session": object})])
            for part in parts
        ]
    by = ["perspective", "form", "scale", "session", "group"]
    rows = [
        describe_scores(part[[*by, metric]], by, score=metric, level=level).assign(method=name)
        for part in parts
        for metric, name in metrics.items()
    ]
    table = pd.concat(rows, ignore_index=True)
    # sessions in their order, wherever the file has them
    block = table.groupby(["method", "perspective", "form", "scale", "group"], sort=False).ngroup()
    place = pd.to_numeric(table["session"], errors="coerce").fillna(-1)
    return table.iloc[np.lexsort((place, block))].reset_index(drop=True)


def describe_matrix(dataset: Dataset) -> pd.DataFrame:
    """Means and SDs that follow from those of the items, or that were published."""
    moments, rows = moments_of_scores(dataset), []
    method, note = (METRICS["mean"], "from the published means and SDs") if dataset.has_items else ("as published", "")
    for form in dataset.forms:
        for scale in form.scales:
            name = f"{form.perspective}.{form.name}.{scale}"
            for statistic, value in (("mean", moments.mean[name]), ("sd", moments.sd[name])):
                rows.append(
                    {
                        "perspective": form.perspective,
                        "form": form.name,
                        "scale": scale,
                        "statistic": statistic,
                        "estimate": value,
                        "n": moments.n.loc[name, name],
                        "method": method,
                        "note": f"no {statistic} was published" if pd.isna(value) else note,
                    }
                )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    job(main, snakemake)
