"""Whose doing is a rating, the therapist's or the dyad's, and is it returned? Totals that both rated."""

from pathlib import Path

import pandas as pd

from perspectives.pairing import NOT_MIRRORED, OTHERS, ScalePair, dyadic_totals, ratings_of, why_none
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.perspectives.one_with_many import one_with_many

RATERS = ["client", "therapist"]


def main(responses: Path, scores: Path, one_with_many: Path, *, level: float, session_draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    pairs = dyadic_totals(dataset)
    if pairs:
        scored = pd.read_parquet(scores)
        how = {"level": level, "draws": session_draws, "seed": seed}
        frame = pd.concat([split(dataset, pair, scored, how) for pair in pairs], ignore_index=True)
        frame = dataset.mark_provisional(frame)
    else:
        reason = why_none(dataset) or OTHERS
        frame = pd.DataFrame([{"statistic": "dyadic_reciprocity", "estimate": float("nan"), "note": reason}])
    settings = {
        "level": level,
        "resamples": session_draws,
        "seed": seed,
        "score": "mean of the items; percent of the range where the forms are not mirrored",
        "sessions": "all",
    }
    write_table(frame.assign(dataset=dataset.name), one_with_many, settings=settings, inputs=[responses, scores])


def split(dataset: Dataset, pair: ScalePair, scored: pd.DataFrame, how: dict) -> pd.DataFrame:
    """Rows of one scale: over all sessions, which tell the dyad from the session, or of the only one."""
    roles = tuple(f"{who}s" for who in RATERS)
    ratings = ratings_of(pair, scored, dataset).rename(columns=dict(zip(("first", "second"), roles, strict=True)))
    rows = one_with_many(ratings, roles, sessions=len(dataset.sessions) > 1, **how)
    frame = rows.assign(**pair.keys)
    for role, one, two in ((roles[0], pair.first, pair.second), (roles[1], pair.second, pair.first)):
        own = frame["role"] == role
        frame.loc[own, ["perspective", "form"]] = one.perspective, one.name
        frame.loc[own, ["perspective_2", "form_2"]] = two.perspective, two.name
    if not pair.mirrored:
        frame["note"] = [append_note(note, NOT_MIRRORED) for note in frame["note"]]
    return frame.drop(columns="role")


if __name__ == "__main__":
    job(main, snakemake)
