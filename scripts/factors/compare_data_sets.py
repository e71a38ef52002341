"""Do the factors of one data set come back in another? Congruence of every two solutions over the items in common."""

from pathlib import Path

import pandas as pd

from factors.compare_factors import elsewhere
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.solution_files import read_solution


def main(
    responses: list[Path], solutions: list[Path], pieces: list[Path], congruence: Path, *, settings: dict, level: float
) -> None:
    """Compare every solution with those of the other data sets; the folders name data set and perspective."""
    datasets = {folder.parent.name: Dataset(folder) for folder in responses}
    drawn = {path: [piece for piece in pieces if piece.is_relative_to(path.parent)] for path in solutions}
    parts = []
    for path in solutions:
        name, perspective = path.parts[-4], path.parts[-2]
        others = [other for other in solutions if other.parts[-4] != name]
        try:
            own = read_solution(path)
        except NotRun as reason:
            found = [reason_row(reason, "congruence")]
        else:
            resamples = FactorResamples.read(drawn[path], datasets[name], level)
            found = [elsewhere(own, resamples, other, drawn[other]) for other in others]
        parts += [rows.assign(dataset=name, perspective=perspective) for rows in found]
    if not parts:
        parts = [reason_row(NotRun("needs items of two data sets or more"), "congruence")]
    write_table(pd.concat(parts), congruence, settings=settings | {"level": level}, inputs=solutions)


if __name__ == "__main__":
    job(main, snakemake)
