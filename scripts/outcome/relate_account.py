"""How do a few percent of explained outcome become many? Step by step, for every total and outcome."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from outcome.material import described, totals_of, what_is_lacking
from outcome.sessions import alliance_by_session, early_sessions, measure_by_session, measure_of
from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.outcome_account import outcome_account
from psychometrics.association.outcome_early_gains import changes_at
from psychometrics.association.pairs import NEEDS_ANSWERS

NO_RELIABILITY = "the reliability of the outcome is not given: `reliability:` of the variable in dataset.yaml"
NO_MEASURE = "no symptom measure by session: change up to the last of these sessions needs `session_variables:`"
NOT_MEASURED = "nothing was measured twice up to the last of these sessions: the change is not known"
NO_RATER = "who rated the outcome is not given: `rated_by:` of the variable in dataset.yaml"
NO_THERAPIST = "no therapist is named: the part that lies between therapists is not known"
NO_SESSION = "the form was not answered before the outcome was measured"


def main(responses: Path, scores: Path, outcome_account: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    reason = what_is_lacking(dataset) or ("" if dataset.has_people else NEEDS_ANSWERS)
    if reason:
        frame = pd.DataFrame([{"statistic": "account_r2", "estimate": np.nan, "note": reason}])
    else:
        scored = pd.read_parquet(scores)
        parts = [
            described(
                attempted(partial(account, dataset, scored, form, outcome, level, draws, seed), "account_r2"),
                form,
                outcome,
            )
            for form in totals_of(dataset)
            for outcome in dataset.variables_of("outcome")
        ]
        frame = pd.concat(parts, ignore_index=True)
    settings = {"level": level, "resamples": draws, "seed": seed, "first session": dataset.occasion}
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, outcome_account, settings=settings, inputs=[responses, scores])


def account(
    dataset: Dataset, scores: pd.DataFrame, form: Form, outcome: str, level: float, draws: int, seed: int
) -> pd.DataFrame:
    """The account of one form and outcome; the columns from_session and to_session say of which sessions."""
    rated = alliance_by_session(scores, form)
    sessions = early_sessions(dataset, rated, outcome)
    if not sessions:
        return pd.DataFrame([{"statistic": "account_r2", "estimate": np.nan, "note": NO_SESSION}])
    rated = rated[sessions]
    about = dataset.variables[outcome]
    lacking = {"reliability": NO_RELIABILITY, "therapists": NO_THERAPIST}
    change, lacking["change"], measure = change_of(dataset, outcome, sessions[-1])
    other, lacking["other"], rater = other_of(dataset, scores, form, outcome)
    rows = outcome_account(
        rated,
        dataset.clients[outcome].reindex(rated.index),
        resample_units(dataset.units(rated.index), draws, seed),
        therapists=dataset.therapist_of.reindex(rated.index),
        reliability=about.get("reliability"),
        change=None if change is None else change.reindex(rated.index),
        other=None if other is None else other.reindex(index=rated.index, columns=sessions),
        level=level,
        lacking=lacking,
    )
    last = [sessions[int(count) - 1] for count in rows["sessions"]]
    held = rows["statistic"].isin(["account_r2_given_change", "account_early_gains"])
    theirs = rows["statistic"].isin(["account_r2_other_rater", "account_rater"])
    rows = rows.assign(from_session=sessions[0], to_session=last, measure="", perspective_2="")
    rows.loc[held, "measure"], rows.loc[theirs, "perspective_2"] = measure, rater
    return rows


def change_of(dataset: Dataset, outcome: str, session: int) -> tuple[pd.Series | None, str, str]:
    """Change up to a session, or up to the last measurement before it; the reason without it; label of the measure."""
    measure = measure_of(dataset, outcome)
    if not measure:
        return None, NO_MEASURE, ""
    measured = measure_by_session(dataset, measure)
    known = [int(at) for at in measured.columns if at <= session]
    if len(known) < 2:
        return None, NOT_MEASURED, ""
    return changes_at(measured, known[-1])["before"], "", dataset.over_sessions.get(measure, measure)


def other_of(dataset: Dataset, scores: pd.DataFrame, form: Form, outcome: str) -> tuple[pd.DataFrame | None, str, str]:
    """Ratings of the same form by who did not rate the outcome; the reason without them; who that is."""
    rater = dataset.variables[outcome].get("rated_by")
    if not rater:
        return None, NO_RATER, ""
    if rater != form.perspective:
        return None, f"alliance ({form.perspective}) and outcome ({rater}) are rated by different people already", ""
    for other in dataset.forms:
        if other.name == form.name and other.perspective != form.perspective and other.has_total:
            return alliance_by_session(scores, other), "", other.perspective
    return None, f"nobody but the {form.perspective} answered this form", ""


if __name__ == "__main__":
    job(main, snakemake)
