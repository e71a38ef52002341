"""How alike are the scores of clients of one therapist, and of sessions of one client?"""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.variance.nesting import COLUMNS, clients_in_therapists, sessions_in_clients

DRAWS = 5000


def main(responses: Path, scores: Path, nesting: Path, *, level: float, seed: int) -> None:
    dataset = Dataset(responses)
    scored = pd.read_parquet(scores)
    scored["therapist"] = scored["client"].map(dataset.therapist_of) if dataset.has_people else None
    parts = []
    for form in dataset.forms:
        for scale in form.scales:
            who = {"perspective": form.perspective, "form": form.name, "scale": scale}
            rows = scored.loc[(scored[list(who)] == pd.Series(who)).all(axis=1)]
            parts.append(nest(dataset, rows, level, seed).assign(**who))
    frame = pd.concat(parts, ignore_index=True).assign(dataset=dataset.name)
    settings = {
        "level": level,
        "seed": seed,
        "draws": DRAWS,
        "score": "mean of the items",
        "occasion": dataset.occasion,
    }
    write_table(dataset.mark_provisional(frame), nesting, settings=settings, inputs=[responses, scores])


def nest(dataset: Dataset, rows: pd.DataFrame, level: float, seed: int) -> pd.DataFrame:
    """Clients in therapists at each occasion; where there are several, also sessions in clients (`session` missing)."""
    if not dataset.has_people:
        return pd.DataFrame([{"statistic": "icc_therapist", "note": "needs raw answers"}], columns=COLUMNS)
    several = len(dataset.sessions) > 1
    parts = []
    for session, part in dataset.occasions(rows):
        found = clients_in_therapists(part["mean"], part["therapist"], level=level)
        parts.append(found.assign(session=session) if several else found)
    if several:
        parts.append(
            sessions_in_clients(rows["mean"], rows["client"], rows["therapist"], level=level, draws=DRAWS, seed=seed)
        )
    return pd.concat(parts)


if __name__ == "__main__":
    job(main, snakemake)
