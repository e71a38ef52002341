"""Content and perspective: which kinds of item differ in structure between client, therapist and observer?"""

from itertools import combinations
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_settings import codes_of_items
from pipeline.steps.score_moments import NEEDS_ITEMS
from pipeline.steps.solution_files import by_perspective, read_solution
from psychometrics.content.perspectives import perspective_content
from psychometrics.factors.schmid_leiman import SchmidLeiman, general_factor_of

ORDER = ("client", "therapist", "observer")  # the earlier minus the later


def main(
    responses: Path,
    solutions: list[Path],
    pieces: list[Path],
    perspective_content: Path,
    *,
    settings: dict,
    level: float,
    seed: int,
) -> None:
    """`solutions` and `pieces`: the solution of each perspective, and its resamples."""
    dataset = Dataset(responses)
    solved = {who: paths[0] for who, paths in by_perspective(solutions).items()}
    resamples = {who: FactorResamples.read(paths, dataset, level) for who, paths in by_perspective(pieces).items()}
    pairs = list(combinations(sorted(solved or dataset.factored, key=ORDER.index), 2))
    pairs = pairs or [(dataset.factored[0], "")]
    rows = []
    for one, two in pairs:
        try:
            found = differences_by_content(dataset, (one, two), solved, resamples, seed)
        except FAILURES as failure:
            found = reason_row(reason_of(failure), "mean_general_gap").assign(facet="", category="")
        rows.append(found.assign(dataset=dataset.name, perspective=one, perspective_2=two))
    write_table(
        pd.concat(rows),
        perspective_content,
        settings=settings | {"level": level, "seed": seed},
        inputs=[responses, *solutions],
    )


def differences_by_content(
    dataset: Dataset,
    pair: tuple[str, str],
    solutions: dict[str, Path],
    resamples: dict[str, FactorResamples],
    seed: int,
) -> pd.DataFrame:
    if not dataset.has_items:
        raise NotRun(NEEDS_ITEMS)
    codes = codes_of_items(dataset)
    one, two = pair
    if not two:
        raise NotRun(f"only the {one} answered")
    forms = [{form.name for form in dataset.forms if form.perspective == who} for who in pair]
    if forms[0].isdisjoint(forms[1]):
        raise NotRun(f"no form was answered by both {one} and {two}")
    found = [general_factor(who, solutions[who]) for who in pair]
    try:
        return perspective_content(
            codes,
            *found,
            *(resamples[who].arrays for who in pair),
            names=pair,
            seed=seed,
            level=resamples[one].level,
            units=resamples[one].units,
        )
    except ValueError as error:
        raise NotRun(str(error)) from None


def general_factor(who: str, solution: Path) -> SchmidLeiman:
    """The general factor of a perspective's solution."""
    try:
        found = general_factor_of(read_solution(solution))
    except NotRun as reason:
        raise NotRun(f"{who}: {reason}") from None
    if found is None:
        raise NotRun(f"{who}: the solution has no general factor")
    return found


if __name__ == "__main__":
    job(main, snakemake)
