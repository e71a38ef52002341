"""How do early, middle and late phases differ, and which items gain weight from early to late?"""

from pathlib import Path

import numpy as np
import pandas as pd

from course.estimate_variance import NO_SCALE
from course.scales import KEYS, courses, reason_row, why_no_course
from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.steps.correlation_files import NotRun
from pipeline.steps.factor_settings import codes_of_items
from psychometrics.course.items_over_phases import items_by_content, items_over_phases
from psychometrics.course.phases import alpha_by_phase, phases_of_course

NO_PHASES = "needs phases of a therapy: `phases:` in dataset.yaml, such as `phases: thirds`"
MEMBERS = ("client", "therapist")  # observers rate few sessions
NO_ITEMS = "needs answers to the items of a form in the first and the last phase"


def main(
    responses: Path,
    scores: Path,
    reliability_sessions: Path,
    course_phases: Path,
    course_items: Path,
    *,
    level: float,
    session_draws: int,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    reason = why_no_course(dataset) or ("" if dataset.phase_names else NO_PHASES)
    phases, items = [], []
    if not reason:
        known = read_table(reliability_sessions)
        for form, keys, rows in courses(dataset, pd.read_parquet(scores), only_totals=True):
            phases.append(of_scale(dataset, form, keys, rows, error_of(known, form, keys), level).assign(**keys))
        for form in (form for form in dataset.forms if form.perspective in MEMBERS):
            found = of_items(dataset, form, level, session_draws, seed)
            if found is not None:
                items.append(found.assign(perspective=form.perspective, form=form.name))
    settings = {"level": level, "resamples": session_draws, "seed": seed, "phases": dataset.phases}
    for parts, statistic, why, path in (
        (phases, "phase_mean", reason or NO_SCALE, course_phases),
        (items, "item_weight_change", reason or NO_ITEMS, course_items),
    ):
        frame = pd.concat(parts, ignore_index=True) if parts else reason_row(statistic, why)
        frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
        write_table(frame, path, settings=settings, inputs=[responses, scores, reliability_sessions])


def error_of(known: pd.DataFrame, form: Form, keys: dict[str, str]) -> float:
    """Error variance of a session's score, as the reliability of change has it; missing where it is not known."""
    if not set(KEYS) <= set(known):
        return np.nan
    own = known[(known["statistic"] == "variance_residual") & (known[KEYS] == pd.Series(keys)).all(axis=1)]
    items = len(form.scale_columns.get(keys["scale"], [])) if form.items else 0
    return float(own["estimate"].iloc[0]) / items if len(own) and items else np.nan


def of_scale(
    dataset: Dataset, form: Form, keys: dict[str, str], rows: pd.DataFrame, error: float, level: float
) -> pd.DataFrame:
    """Phases of one total."""
    rows = rows.assign(phase=dataset.phase_of(rows))
    of_dyad = rows.drop_duplicates("dyad").set_index("dyad")["client"]
    units = pd.Series(dataset.units(pd.Index(of_dyad)), index=of_dyad.index)
    possible = form.range if form.items else (-np.inf, np.inf)
    names = [name for name in dataset.phase_names if rows["phase"].eq(name).any()]
    found = phases_of_course(
        rows, names, units=units, error_variance=error, level=level, possible=(possible[0], possible[1])
    )
    columns = form.scale_columns.get(keys["scale"], []) if form.items else []
    if len(columns) < 2:
        return found
    answers = in_phases(dataset, form, names, columns)
    of_clients = {name: pd.Series(dataset.units(part.index), index=part.index) for name, part in answers.items()}
    return pd.concat([found, alpha_by_phase(answers, of_clients, level)], ignore_index=True)


def in_phases(dataset: Dataset, form: Form, names: list[str], columns: list[str]) -> dict[str, pd.DataFrame]:
    """Mean keyed answers of each client over the sessions of each phase."""
    keyed = dataset.keyed(form)
    phase = dataset.phase_of(keyed)
    return {name: keyed[phase == name].groupby("client")[columns].mean() for name in names}


def of_items(dataset: Dataset, form: Form, level: float, draws: int, seed: int) -> pd.DataFrame | None:
    """Items of a form from the first to the last phase; None where it has none in both."""
    if not form.items or dataset.is_matrix:
        return None
    first, last = dataset.phase_names[0], dataset.phase_names[-1]
    both = in_phases(dataset, form, [first, last], form.columns)
    clients = both[first].index.intersection(both[last].index).sort_values()
    if len(clients) < 3:
        return None
    labels = form.labels
    early, late = (both[name].loc[clients].set_axis(labels, axis=1) for name in (first, last))
    units = dataset.units(clients)
    low, high = form.range
    rows = items_over_phases(early, late, units=units, level=level, possible=(low, high))
    try:
        codes = codes_of_items(dataset)
        by_content = items_by_content(
            codes[codes["form"] == form.name],
            early,
            late,
            units=units,
            level=level,
            draws=draws,
            seed=seed,
            resampled=dataset.resampled,
        )
    except (NotRun, ValueError) as reason:
        by_content = reason_row("difference_item_weight_change", str(reason))
    found = pd.concat([rows, by_content], ignore_index=True)
    return found.fillna({"item": "", "facet": "", "category": "", "method": "", "note": ""})


if __name__ == "__main__":
    job(main, snakemake)
