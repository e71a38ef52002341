"""How does the alliance grow, how do clients differ in that, and does it depend on who leaves?"""

from pathlib import Path
from typing import Any

import pandas as pd

from course.estimate_variance import NO_SCALE
from course.scales import courses, reason_row, why_no_course
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.course.dropout import dropout_rows
from psychometrics.course.growth_rows import growth_of_scores


def main(
    responses: Path,
    scores: Path,
    course_growth: Path,
    course_dropout: Path,
    *,
    course: dict[str, Any],
    level: float,
    session_draws: int,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    reason, grown, left = why_no_course(dataset), [], []
    if not reason:
        for _, keys, rows in courses(dataset, pd.read_parquet(scores), only_totals=True):
            found, dropout = of_scale(dataset, rows, course["origin"], level, session_draws, seed)
            grown.append(found.assign(**keys))
            left.append(dropout.assign(**keys))
    settings = {"level": level, "resamples": session_draws, "seed": seed, "score": "mean of the items"}
    settings |= {"time": dataset.time, "origin": course["origin"], "phases": dataset.phases}
    for parts, statistic, path in (
        (grown, "growth_change", course_growth),
        (left, "change_by_ending", course_dropout),
    ):
        frame = pd.concat(parts, ignore_index=True) if parts else reason_row(statistic, reason or NO_SCALE)
        frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
        write_table(frame, path, settings=settings, inputs=[responses, scores])


def of_scale(
    dataset: Dataset, rows: pd.DataFrame, origin: str | float, level: float, draws: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Growth and dropout of one scale."""
    unit = dataset.time.removesuffix("s")
    found, growth = growth_of_scores(
        rows, bounds=bounds_of(dataset, rows), origin=origin, unit=unit, level=level, draws=draws, seed=seed
    )
    change = found[found["statistic"] == "growth_change"].iloc[0]
    if growth is None:
        return found, reason_row("change_by_ending", change["note"])
    ended = rows.drop_duplicates("dyad").set_index("dyad")["client"].map(dataset.endings)
    return found, dropout_rows(growth, change, ended, unit, level)


def bounds_of(dataset: Dataset, rows: pd.DataFrame) -> list[float]:
    """Times at which a phase ends, in the unit of the data set; none where phases are thirds of each therapy."""
    if not isinstance(dataset.phases, dict):
        return []
    ends = [float(dataset.phases[name][1]) for name in dataset.phase_names[:-1]]
    if dataset.time == "session":
        return ends
    by_session = rows.groupby("session")["time"].median()
    return [float(by_session[by_session.index <= end].iloc[-1]) for end in ends if (by_session.index <= end).any()]


if __name__ == "__main__":
    job(main, snakemake)
