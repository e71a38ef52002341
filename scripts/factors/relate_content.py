"""Content and structure: which kinds of item carry the shared and which the specific variance?"""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_settings import chosen, codes_of_items
from pipeline.steps.solution_files import read_solution
from psychometrics.content.structure import content_structure, variance_shares
from psychometrics.factors.schmid_leiman import general_factor_of


def main(
    responses: Path,
    solution: Path,
    pieces: list[Path],
    content_structure: Path,
    *,
    perspective: str,
    settings: dict,
    level: float,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    try:
        rows = content_and_structure(
            dataset, read_solution(solution), FactorResamples.read(pieces, dataset, level), seed
        )
    except FAILURES as failure:
        rows = reason_row(reason_of(failure), "mean_general").assign(facet="", category="")
    rows = rows.assign(dataset=dataset.name, perspective=perspective)
    write_table(
        rows,
        content_structure,
        settings=chosen(settings, "resamples") | {"level": level, "seed": seed},
        inputs=[responses, solution],
    )


def content_and_structure(dataset: Dataset, found, resamples: FactorResamples, seed: int) -> pd.DataFrame:
    codes = codes_of_items(dataset)
    sl = general_factor_of(found)
    if sl is None:
        raise NotRun("the solution has no general factor")
    draws = None
    if not resamples.reason:
        draws = variance_shares(resamples["general"], resamples["group"], 1 - resamples["communality"])
    measures = variance_shares(sl.general.to_numpy(), sl.group.to_numpy(), sl.uniqueness.to_numpy())
    try:
        return content_structure(
            codes,
            list(sl.general.index),
            measures,
            draws=draws,
            seed=seed,
            level=resamples.level,
            units=resamples.units,
            n_units=resamples.n_units if draws is not None else None,
        )
    except ValueError as error:
        raise NotRun(str(error)) from None


if __name__ == "__main__":
    job(main, snakemake)
