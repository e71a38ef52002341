"""Does the alliance of a session go with change after it, with the change before it held constant? Every session."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from outcome.material import NO_TOTAL, totals_of
from outcome.sessions import alliance_by_session, measure_by_session
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from psychometrics.association.outcome_early_gains import early_gains
from psychometrics.association.pairs import NEEDS_ANSWERS

NO_MEASURE = "nothing is measured at every session: change before and after a session needs `session_variables:`"


def main(responses: Path, scores: Path, outcome_early_gains: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    measures = [name for name in dataset.session_variables.columns if name not in ("client", "session")]
    reason = "" if dataset.has_people else NEEDS_ANSWERS
    reason = reason or ("" if measures else NO_MEASURE) or ("" if totals_of(dataset) else NO_TOTAL)
    if reason:
        frame = pd.DataFrame([{"statistic": "early_gains_r_partial", "estimate": np.nan, "note": reason}])
    else:
        frame = relate(dataset, pd.read_parquet(scores), measures, level)
    settings = {"level": level, "change": "last minus this session, this session minus first"}
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, outcome_early_gains, settings=settings, inputs=[responses, scores])


def relate(dataset: Dataset, scores: pd.DataFrame, measures: list[str], level: float) -> pd.DataFrame:
    """Every total with every measure."""
    parts = []
    for measure in measures:
        measured = measure_by_session(dataset, measure)
        for form in totals_of(dataset):
            rated = alliance_by_session(scores, form)
            units = dataset.units(rated.index)
            analyse = partial(early_gains, rated, measured.reindex(rated.index), units=units, level=level)
            rows = attempted(analyse, "early_gains_r_partial")
            label = dataset.over_sessions.get(measure, measure)
            parts.append(rows.assign(perspective=form.perspective, form=form.name, scale="total", measure=label))
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    job(main, snakemake)
