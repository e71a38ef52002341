"""What the total scores are made of: variance common to all instruments, shared with some, specific and unique."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_settings import total_scores
from pipeline.steps.score_moments import NEEDS_ITEMS
from pipeline.steps.solution_files import by_perspective, read_solution
from pipeline.steps.split_rows import split_with_intervals
from psychometrics.factors.solution import FactorSolution
from psychometrics.shared_variance.split import MINIMUM


def main(
    responses: Path,
    matrices: list[Path],
    solutions: list[Path],
    pieces: list[Path],
    variance_split: Path,
    *,
    level: float,
) -> None:
    """Item correlations, solution and resamples of each perspective, which their folders name."""
    dataset = Dataset(responses)
    observed_in, resampled = by_perspective(matrices), by_perspective(pieces)
    rows = []
    for who, (path,) in by_perspective(solutions).items():
        try:
            found = read_solution(path)
            observed = pd.read_csv(observed_in[who][0], index_col="item")
            own = split(dataset, who, observed, found, FactorResamples.read(resampled[who], dataset, level))
        except FAILURES as failure:
            own = reason_row(reason_of(failure), "common_share")
        rows.append(own.assign(dataset=dataset.name, perspective=who))
    if not dataset.has_items:
        rows = [reason_row(NotRun(NEEDS_ITEMS), "common_share").assign(dataset=dataset.name)]
    frame = dataset.mark_provisional(pd.concat(rows, ignore_index=True))
    settings = {"level": level, "minimum": MINIMUM, "occasion": dataset.occasion}
    write_table(frame, variance_split, settings=settings, inputs=[responses, *solutions])


def split(
    dataset: Dataset, who: str, observed: pd.DataFrame, found: FactorSolution, resamples: FactorResamples
) -> pd.DataFrame:
    """The split of one perspective's totals with intervals."""
    try:
        totals = total_scores(dataset, who, found.pattern.index)
    except ValueError as reason:
        raise NotRun(str(reason)) from None
    nearby = resamples.nearby(found, observed, dataset.instrument_of_items(who))
    return split_with_intervals(found, totals, observed, resamples, nearby)[0]


if __name__ == "__main__":
    job(main, snakemake)
