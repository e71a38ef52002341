"""Correlations of repeated scores over all sessions of a data set, within and between clients."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.scores import score_columns
from psychometrics.association.pairs import COLUMNS, NEEDS_ANSWERS
from psychometrics.association.within_between import repeated_correlations


def main(responses: Path, scores: Path, association_sessions: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    frame = pd.DataFrame([{"statistic": "r_within", "note": f"{NEEDS_ANSWERS} of repeated sessions"}], columns=COLUMNS)
    if dataset.has_people:
        frame = over_sessions(dataset, scores, level=level)
    write_table(
        dataset.mark_provisional(frame.assign(dataset=dataset.name)),
        association_sessions,
        settings={"level": level, "missing": "pairwise"},
        inputs=[responses, scores],
    )


def over_sessions(dataset: Dataset, scores: Path, *, level: float) -> pd.DataFrame:
    columns, scored = score_columns(dataset), pd.read_parquet(scores)
    name = scored["perspective"] + "." + scored["form"] + "." + scored["scale"]
    wide = scored.assign(column=name).pivot(index=["client", "session"], columns="column", values="mean")
    wide = wide.reindex(columns=columns.index).dropna(how="all")
    clients = wide.index.get_level_values("client")
    units = dataset.units(pd.Index(sorted(clients.unique())))
    return repeated_correlations(wide.reset_index(drop=True), clients, columns, level=level, units=units)


if __name__ == "__main__":
    job(main, snakemake)
