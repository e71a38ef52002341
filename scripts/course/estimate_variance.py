"""Where does the variance of scores over a course lie, and how long does a session echo in the next?"""

from pathlib import Path

import pandas as pd

from course.scales import courses, reason_row, totals, why_no_course
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.course.variance_over_course import variance_over_course

NO_SCALE = "needs a scale that was rated at two sessions"


def main(responses: Path, scores: Path, course_variance: Path, *, level: float, session_draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    reason, parts = why_no_course(dataset), []
    if not reason:
        of_all = {(form.perspective, form.name, scale) for form, scale in totals(dataset)}
        for _, keys, rows in courses(dataset, pd.read_parquet(scores)):
            total = tuple(keys.values()) in of_all
            draws = session_draws if total else 0
            unit = dataset.time.removesuffix("s")
            found = variance_over_course(rows, serial=total, unit=unit, level=level, draws=draws, seed=seed)
            parts.append(found.assign(**keys))
    frame = pd.concat(parts, ignore_index=True) if parts else reason_row("share_dyad", reason or NO_SCALE)
    settings = {"level": level, "resamples": session_draws, "seed": seed, "score": "mean of the items"}
    settings |= {"time": dataset.time, "trend": "the mean of each session is taken out"}
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, course_variance, settings=settings, inputs=[responses, scores])


if __name__ == "__main__":
    job(main, snakemake)
