"""Which shape do courses have, how reliable is what describes it, and are there classes of growth curves?"""

from pathlib import Path

import pandas as pd

from course.rated_courses import SCORE, RatedCourses, rated_courses
from course.scales import NO_TOTAL, reason_row, why_no_course
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from psychometrics.course.course_shape import course_shape
from psychometrics.course.growth_classes import growth_classes as fit_classes


def main(
    responses: Path,
    scores: Path,
    reliability_sessions: Path,
    course_shapes: Path,
    *,
    level: float,
    seed: int,
    draws: int,
    ruptures: dict,
    growth_classes: int,
) -> None:
    dataset = Dataset(responses)
    reason = why_no_course(dataset)
    rated: list[RatedCourses] = []
    if not reason:
        rated = rated_courses(dataset, pd.read_parquet(scores), read_table(reliability_sessions), ruptures)
        reason = "" if rated else NO_TOTAL
    parts = []
    for own in rated:
        rows = [course_shape(own.courses, units=own.units, level=level, draws=draws, seed=seed)]
        if growth_classes > 1:
            rows.append(fit_classes(own.judged, growth_classes, seed=seed))
        parts += [part.assign(**own.keys) for part in rows]
    frame = reason_row("shape_reliability", reason) if reason else pd.concat(parts, ignore_index=True)
    if not reason:
        text = [name for name in ("descriptor", "model", "method", "note") if name in frame]
        frame[text] = frame[text].astype(object).fillna("")
        frame = dataset.mark_provisional(frame)
    settings = {"level": level, "seed": seed, "resamples": draws, "score": SCORE, "growth_classes": growth_classes}
    inputs = [responses, scores, reliability_sessions]
    write_table(frame.assign(dataset=dataset.name), course_shapes, settings=settings, inputs=inputs)


if __name__ == "__main__":
    job(main, snakemake)
