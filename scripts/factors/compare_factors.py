"""Do the factors come back: in halves of the sample, from the other perspective, in a published table?"""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.array_files import read_arrays
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_settings import chosen
from pipeline.steps.solution_files import read_solution
from psychometrics.factors.comparison import compare_solutions
from psychometrics.factors.split_halves import split_half_table


def main(
    responses: Path,
    solution: Path,
    pieces: list[Path],
    halves: list[Path],
    others: list[Path],
    other_pieces: list[Path],
    replicability: Path,
    *,
    perspective: str,
    settings: dict,
    level: float,
    seed: int,
) -> None:
    """`others` and `other_pieces`: the solutions of the other perspectives, and their resamples."""
    dataset = Dataset(responses)
    resamples = FactorResamples.read(pieces, dataset, level)
    try:
        own = read_solution(solution)
    except FAILURES as failure:
        rows = reason_row(reason_of(failure), "congruence")
    else:
        rows = pd.concat(
            [
                halved(own, halves, resamples),
                published(dataset, own, resamples),
                *(
                    elsewhere(
                        own, resamples, path, [piece for piece in other_pieces if piece.is_relative_to(path.parent)]
                    )
                    for path in others
                ),
            ]
        )
    rows = rows.assign(dataset=dataset.name, perspective=perspective)
    write_table(
        rows,
        replicability,
        settings=chosen(settings, "splits", "resamples") | {"level": level, "seed": seed},
        inputs=[responses, solution],
    )


def halved(own, halves: list[Path], resamples: FactorResamples) -> pd.DataFrame:
    """Random halves of the sample."""
    if resamples.reason:
        return reason_row(NotRun("a matrix has no people to split"), "split_half_congruence")
    return split_half_table(read_arrays(halves), own, level=resamples.level, units=resamples.units)


def published(dataset: Dataset, own, resamples: FactorResamples) -> pd.DataFrame:
    """The table of loadings that the data set supplies."""
    if not dataset.has_loadings:
        return reason_row(NotRun("the data set supplies no table of loadings"), "congruence").assign(group="published")
    return compared(own, dataset.loadings, resamples).assign(group="published")


def elsewhere(own, resamples: FactorResamples, solution: Path, pieces: list[Path]) -> pd.DataFrame:
    """The solution of another perspective, over the items in common; its folders name data set and perspective."""
    name = f"{solution.parts[-4]}, {solution.parts[-2]}"
    try:
        other = read_solution(solution)
    except NotRun as reason:
        return reason_row(reason, "congruence").assign(group=name)
    return compared(own, other.pattern, resamples, read_arrays(pieces).get("pattern")).assign(group=name)


def compared(own, pattern: pd.DataFrame, resamples: FactorResamples, drawn: np.ndarray | None = None) -> pd.DataFrame:
    try:
        return compare_solutions(
            own.pattern,
            pattern,
            a_draws=resamples["pattern"],
            b_draws=drawn,
            level=resamples.level,
            units=resamples.units,
        )
    except ValueError as error:
        return reason_row(NotRun(str(error)), "congruence")


if __name__ == "__main__":
    job(main, snakemake)
