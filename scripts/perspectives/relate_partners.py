"""Does the client's outcome rest on the alliance as the client rates it (actor), or as the therapist does (partner)?"""

from pathlib import Path

import pandas as pd

from perspectives.pairing import NOT_MIRRORED, OTHERS, ScalePair, dyadic_totals, ratings_of, why_none
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.perspectives.actor_partner import actor_partner as estimate

ROLES = ("by_client", "by_therapist")
NO_OUTCOME = "no variable of the clients has the role outcome, and nothing is measured at every session"
AT_ONE, OVER_ALL, SPLIT = "chosen session", "mean of the sessions", "session by session"
NO_BASELINE = "without a baseline: what differed before therapy is not held constant"


def main(responses: Path, scores: Path, actor_partner: Path, *, level: float, session_draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    pairs = dyadic_totals(dataset)
    reason = "" if pairs else why_none(dataset) or OTHERS
    if pairs and not (dataset.variables_of("outcome") or dataset.over_sessions):
        reason = NO_OUTCOME
    if reason:
        frame = pd.DataFrame([{"statistic": "actor_path", "estimate": float("nan"), "note": reason}])
    else:
        scored = pd.read_parquet(scores)
        how = {"level": level, "draws": session_draws, "seed": seed}
        frame = pd.concat([relate(dataset, pair, scored, how) for pair in pairs], ignore_index=True)
        frame = dataset.mark_provisional(frame)
    settings = {
        "level": level,
        "resamples": session_draws,
        "seed": seed,
        "score": "mean of the items; percent of the range where the forms are not mirrored",
        "occasion": dataset.occasion,
        "missing": "listwise within a model",
    }
    write_table(frame.assign(dataset=dataset.name), actor_partner, settings=settings, inputs=[responses, scores])


def relate(dataset: Dataset, pair: ScalePair, scored: pd.DataFrame, how: dict) -> pd.DataFrame:
    """Rows of one scale: outcomes of the clients at the end, then what is measured at every session."""
    ratings = ratings_of(pair, scored, dataset).rename(columns=dict(zip(("first", "second"), ROLES, strict=True)))
    held, several = dataset.variables_of("baseline"), len(dataset.sessions) > 1
    dyads = {AT_ONE: dataset.at_occasion(ratings)}
    if several:
        joint = ratings.dropna(subset=list(ROLES))
        dyads[OVER_ALL] = joint.groupby(["client", "therapist"], dropna=False, as_index=False)[list(ROLES)].mean()
    parts = []
    for outcomes in of_roles(dataset, dataset.variables_of("outcome")):
        for alliance, rows in dyads.items():
            clients = dataset.clients.reindex(rows["client"])[[*outcomes.values(), *held]]
            data = rows.reset_index(drop=True).join(clients.reset_index(drop=True))
            found = estimate(data, outcomes, ROLES, baseline=held, **how)
            if not held:
                found["note"] = [append_note(note, NO_BASELINE) for note in found["note"]]
            parts.append(named(found, outcomes, alliance))
    for outcomes in of_roles(dataset, list(dataset.over_sessions)) if several else []:
        measured = dataset.session_variables[["client", "session", *outcomes.values()]]
        data = ratings.merge(measured, on=["client", "session"])
        parts.append(named(estimate(data, outcomes, ROLES, sessions=True, **how), outcomes, SPLIT))
    frame = pd.concat(parts, ignore_index=True)
    if not pair.mirrored:
        frame["note"] = [append_note(note, NOT_MIRRORED) for note in frame["note"]]
    of_therapist = frame["role"] == ROLES[1]
    both = {"perspective": "perspective_2", "form": "form_2"}
    frame = frame.assign(**pair.keys)
    for one, two in both.items():
        frame.loc[of_therapist, [one, two]] = pair.keys[two], pair.keys[one]
    return frame.drop(columns="role")


def of_roles(dataset: Dataset, outcomes: list[str]) -> list[dict[str, str]]:
    """Role -> outcome: both in one model where client and therapist rated the same measure, else one by one."""
    found: dict[str, dict[str, str]] = {}
    for outcome in outcomes:
        about = dataset.variables.get(outcome) or next(
            (part for part in dataset.variables.values() if part.get("measure") == outcome), {}
        )
        role = ROLES[1] if about.get("rated_by") == "therapist" else ROLES[0]
        measure = about.get("measure", outcome)
        key = outcome if role in found.get(measure, {}) else measure
        found.setdefault(key, {})[role] = outcome
    return list(found.values())


def named(rows: pd.DataFrame, outcomes: dict[str, str], alliance: str) -> pd.DataFrame:
    """Rows with their outcome and what of the alliance they are about."""
    of_both = " with ".join(outcomes.values())
    return rows.assign(outcome=rows["role"].map(outcomes).fillna(of_both), alliance=alliance)


if __name__ == "__main__":
    job(main, snakemake)
