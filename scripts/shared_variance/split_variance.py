"""What the total scores are made of: variance common to all instruments, shared with some, specific and unique."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_settings import total_scores
from pipeline.steps.orthogonal_factors import orthogonal_factors
from pipeline.steps.score_moments import NEEDS_ITEMS
from pipeline.steps.solution_files import by_perspective, read_solution
from psychometrics.factors.solution import FactorSolution
from psychometrics.shared_variance.split import BY_CONSTRUCTION, MINIMUM, VarianceSplit

KINDS = {
    "factor_share": "root z",
    "common_share": "root z",
    "shared_share": "root z",
    "specific_share": "root z",
    "minor_share": "root z",
    "unique_share": "log",
    "r_implied": "z",
    "r_by_factor": "z",
}


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
    loadings, uniqueness, drawn, method, note = orthogonal_factors(found, resamples)
    try:
        totals = total_scores(dataset, who, loadings.index)
    except ValueError as reason:
        raise NotRun(str(reason)) from None
    whole = VarianceSplit(loadings, uniqueness, totals)
    rows = whole.table(observed).assign(n=found.n, note=note)
    rows["method"] = f"{method}; " + rows["method"]
    if len(loadings.columns) == 1 and len(set(totals.instruments)) == rows["estimate"].iloc[0]:
        rows.loc[rows["statistic"].isin(["sharing_instruments", "common_share"]), "note"] = BY_CONSTRUCTION
    values = None if drawn is None else whole.values(*drawn)
    parts = [rows[~rows["statistic"].isin(KINDS)]]
    for kind in dict.fromkeys(KINDS.values()):
        here = np.flatnonzero(rows["statistic"].map(KINDS) == kind)
        described = resamples.describe(
            rows.iloc[here], None if values is None else values[:, here], f"bias-corrected {kind}", widened=True
        )
        parts.append(described.set_axis(here))
    rows = pd.concat(parts).sort_index()
    if drawn is None:
        return rows
    again = pd.DataFrame(
        {
            "factor": loadings.columns,
            "statistic": "sharing_reproduced",
            "estimate": whole.reproduced(*drawn),
            "n": resamples.draws - resamples.failed,
            "note": "",
            "method": f"share of resamples of {resamples.units} in which the factor counts in the same "
            f"instruments; {whole.rule}",
        }
    )
    return pd.concat([rows, again], ignore_index=True)


if __name__ == "__main__":
    job(main, snakemake)
