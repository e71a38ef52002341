"""How many scores are at the top of the scale at each session?"""

from pathlib import Path

import numpy as np
import pandas as pd

from course.scales import courses, reason_row, why_no_course
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.course.ceiling import ceiling_by_session


def main(responses: Path, scores: Path, course_sessions: Path) -> None:
    dataset = Dataset(responses)
    reason = why_no_course(dataset)
    parts = []
    if not reason:
        for form, keys, rows in courses(dataset, pd.read_parquet(scores)):
            high = form.range[1] if form.items else np.nan
            parts.append(ceiling_by_session(rows, high).assign(**keys))
        reason = "" if parts else "no scale was rated at two sessions"
    frame = pd.concat(parts, ignore_index=True) if parts else reason_row("score_ceiling", reason)
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, course_sessions, settings={"score": "mean of the items"}, inputs=[responses, scores])


if __name__ == "__main__":
    job(main, snakemake)
