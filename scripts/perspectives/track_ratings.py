"""Does the therapist rate the alliance as the client does, and follow over sessions? And the client the therapist?"""

from pathlib import Path

import numpy as np
import pandas as pd

from perspectives.pairing import NOT_MIRRORED, OTHERS, ScalePair, dyadic_totals, ratings_of, why_none
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from psychometrics.perspectives.truth_and_bias import truth_and_bias as estimate

KEYS = ["perspective", "form", "scale"]


def main(
    responses: Path,
    scores: Path,
    reliability_sessions: Path,
    truth_and_bias: Path,
    *,
    level: float,
    session_draws: int,
    seed: int,
    change_draws: Path | None = None,
) -> None:
    """`change_draws`: what reliability of change was in each resample; none where there are no answers."""
    dataset = Dataset(responses)
    pairs = dyadic_totals(dataset)
    if pairs:
        scored, reliabilities, redrawn = (
            pd.read_parquet(scores),
            read_table(reliability_sessions),
            pd.read_parquet(change_draws) if change_draws else pd.DataFrame(columns=[*KEYS, "r_c"]),
        )
        compared = (dataset.phase_names[0], dataset.phase_names[-1]) if dataset.phase_names else None
        how = {"level": level, "draws": session_draws, "seed": seed, "phases": compared}
        parts = []
        for pair in pairs:
            ratings = ratings_of(pair, scored, dataset)
            if dataset.phase_names:
                ratings["phase"] = dataset.phase_of(ratings)
            for judge_first in (False, True):
                parts.append(judged(pair, ratings, reliabilities, redrawn, judge_first=judge_first, **how))
        frame = dataset.mark_provisional(pd.concat(parts, ignore_index=True))
    else:
        reason = why_none(dataset) or OTHERS
        frame = pd.DataFrame([{"statistic": "directional_bias", "estimate": float("nan"), "note": reason}])
    settings = {
        "level": level,
        "resamples": session_draws,
        "seed": seed,
        "score": "mean of the items; percent of the range where the forms are not mirrored",
        "sessions": "all that both rated; tracking over sessions from three of a dyad on",
        "early": dataset.phase_names[0] if dataset.phase_names else "up to the median of the sessions",
    }
    inputs = [responses, scores, reliability_sessions, *([change_draws] if change_draws else [])]
    write_table(frame.assign(dataset=dataset.name), truth_and_bias, settings=settings, inputs=inputs)


def judged(
    pair: ScalePair,
    ratings: pd.DataFrame,
    reliabilities: pd.DataFrame,
    redrawn: pd.DataFrame,
    *,
    judge_first: bool,
    **how,
) -> pd.DataFrame:
    """Rows of one scale and one judge; the other's ratings are the truth."""
    judge, truth = (pair.first, pair.second) if judge_first else (pair.second, pair.first)
    names = {"first": "judge", "second": "truth"} if judge_first else {"first": "truth", "second": "judge"}
    of_truth = {"perspective": truth.perspective, "form": truth.name, "scale": pair.scale}
    known = reliabilities[reliabilities["statistic"] == "r_c"].reindex(columns=[*KEYS, "estimate"])
    known = known.loc[(known[KEYS] == of_truth).all(axis=1), "estimate"]
    drawn = redrawn.loc[(redrawn[KEYS] == of_truth).all(axis=1), "r_c"].to_numpy()
    rows = estimate(
        ratings.rename(columns=names),
        reliability=float(known.iloc[0]) if len(known) else np.nan,
        reliability_draws=drawn if len(drawn) == how["draws"] else None,
        **how,
    )
    about = {"perspective_2": truth.perspective, "form_2": truth.name, "unit": pair.unit}
    rows = rows.assign(perspective=judge.perspective, form=judge.name, scale=pair.scale, **about)
    if not pair.mirrored:
        rows["note"] = [append_note(note, NOT_MIRRORED) for note in rows["note"]]
    return rows


if __name__ == "__main__":
    job(main, snakemake)
