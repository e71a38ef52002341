"""Do clients and therapists rate the alliance alike, and who rates it higher? Every scale at every session."""

from pathlib import Path

import pandas as pd

from perspectives.pairing import NOT_MIRRORED, ScalePair, ratings_of, scale_pairs, why_none
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.perspectives.level import OF_MEANS, level_and_agreement, levels_of_difference

DRAWS = 5000
ALL_SESSIONS = "all sessions, each pair of ratings counts"


def main(responses: Path, scores: Path, perspective_levels: Path, *, level: float, seed: int) -> None:
    dataset = Dataset(responses)
    if reason := why_none(dataset):
        frame = pd.DataFrame([{"statistic": "mean_difference", "estimate": float("nan"), "note": reason}])
    else:
        # found by number and not by name, once for each scale and perspective
        scored = pd.read_parquet(scores).astype(dict.fromkeys(["perspective", "form", "scale"], "category"))
        frame = pd.concat(
            [compare(dataset, pair, scored, level, seed) for pair in scale_pairs(dataset)], ignore_index=True
        )
    settings = {
        "level": level,
        "seed": seed,
        "draws": DRAWS,
        "score": "mean of the items; percent of the range where the forms are not mirrored",
        "occasion": dataset.occasion,
    }
    frame = frame.assign(dataset=dataset.name)
    if "form" in frame:
        frame = dataset.mark_provisional(frame)
    write_table(frame, perspective_levels, settings=settings, inputs=[responses, scores])


def compare(dataset: Dataset, pair: ScalePair, scored: pd.DataFrame, level: float, seed: int) -> pd.DataFrame:
    """Rows of one scale at every session and, where there are several, over all of them (`session` missing)."""
    ratings = ratings_of(pair, scored, dataset)
    # numbers for the units: found once, and sorted as their names are
    ratings["unit"] = pd.factorize(dataset.units(pd.Index(ratings["client"])), sort=True)[0]
    several = len(dataset.sessions) > 1
    parts = []
    by_both = set(ratings.dropna(subset=["first", "second"])["session"].astype(str))
    for session, own in dataset.occasions(ratings):
        if session not in by_both and session != str(dataset.occasion):
            continue  # one of them gave no answer in this session
        rows = told(pair, own, level)
        apart = (own["first"] - own["second"]).to_numpy()
        split = levels_of_difference(apart, own["client"], own["therapist"], sessions=False, level=level)
        parts.append(pd.concat([rows, split]).assign(session=session if several else None))
    if several:
        rows = told(pair, ratings, level)
        rows = rows[rows["statistic"].isin(OF_MEANS)]
        rows = rows.assign(method=[f"{ALL_SESSIONS}; {method}" for method in rows["method"]])
        apart = (ratings["first"] - ratings["second"]).to_numpy()
        split = levels_of_difference(
            apart, ratings["client"], ratings["therapist"], sessions=True, level=level, draws=DRAWS, seed=seed
        )
        parts.append(pd.concat([rows, split]))
    frame = pd.concat([part for part in parts if len(part)]).fillna({"note": ""})
    frame = frame.assign(**pair.keys, unit=pair.unit)
    for role, one, two in (("first", pair.first, pair.second), ("second", pair.second, pair.first)):
        own = frame["role"] == role
        frame.loc[own, ["perspective", "form"]] = one.perspective, one.name
        frame.loc[own, ["perspective_2", "form_2"]] = two.perspective, two.name
    if not pair.mirrored:
        frame["note"] = [append_note(note, NOT_MIRRORED) for note in frame["note"]]
    return frame.drop(columns="role") if several else frame.drop(columns=["role", "session"])


def told(pair: ScalePair, ratings: pd.DataFrame, level: float) -> pd.DataFrame:
    """Level and agreement, with both perspectives by name in the method."""
    rows = level_and_agreement(
        ratings["first"],
        ratings["second"],
        units=ratings["unit"],
        level=level,
        possible=pair.possible,
    )
    first, second = pair.first.perspective, pair.second.perspective
    named = rows["method"].str.replace("first minus second", f"{first} minus {second}")
    return rows.assign(method=named.str.replace("SD of the first / SD of the second", f"SD {first} / SD {second}"))


if __name__ == "__main__":
    job(main, snakemake)
