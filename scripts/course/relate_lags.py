"""What leads and what follows: alliance and symptoms of a session on both one session before?"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from course.scales import NO_TOTAL, courses, reason_row, reliability_of_change, why_no_course
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.steps.attempts import attempted
from psychometrics.course.lead_and_lag import lead_and_lag

SESSIONS = 6  # with lags equal over time, more sessions add little to two lags and five parameters each
FIRST = "lag_alliance_to_symptoms"
NO_MEASURE = "nothing is measured at every session: lags need `session_variables:` such as symptoms"


def main(responses: Path, scores: Path, reliability_sessions: Path, course_lags: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    reason, parts = why_no_course(dataset), []
    measures = [] if reason else [name for name in dataset.session_variables if name not in ("client", "session")]
    if not reason and not measures:
        reason = NO_MEASURE
    if not reason:
        reliabilities = read_table(reliability_sessions)
        for _, keys, rows in courses(dataset, pd.read_parquet(scores), only_totals=True):
            alliance = wide(rows, "score")
            therapists = dataset.therapist_of.reindex(alliance.index)
            for measure in measures:
                symptoms = wide(dataset.session_variables, measure).reindex(alliance.index)
                analyse = partial(
                    lead_and_lag,
                    alliance,
                    symptoms,
                    therapists=therapists,
                    reliability=reliability_of_change(reliabilities, keys),
                    symptom_reliability=of_measure(dataset, measure),
                    most=SESSIONS,
                    level=level,
                )
                label = dataset.over_sessions.get(measure, measure)
                parts.append(attempted(analyse, FIRST).assign(**keys, measure=label))
        reason = "" if parts else NO_TOTAL
    frame = pd.concat(parts, ignore_index=True) if parts else reason_row(FIRST, reason)
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    settings = {"level": level, "sessions": f"at most {SESSIONS}, equally far apart", "score": "mean of the items"}
    write_table(frame, course_lags, settings=settings, inputs=[responses, scores, reliability_sessions])


def wide(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Clients x sessions by number; of a client whom two therapists saw in one session the mean."""
    known = rows.dropna(subset=name)
    return known.pivot_table(index="client", columns="session", values=name).sort_index(axis=1)


def of_measure(dataset: Dataset, measure: str) -> float:
    """Reliability that the data set's description gives of a measure; missing where it gives none."""
    known = [about for about in dataset.variables.values() if about.get("measure") == measure]
    return next((float(about["reliability"]) for about in known if "reliability" in about), np.nan)


if __name__ == "__main__":
    job(main, snakemake)
