"""Does the outcome rise with the alliance of a therapist's clients, or with that of a client among them?"""

from functools import partial
from pathlib import Path

import pandas as pd

from outcome.material import described, totals_of, what_is_lacking
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from psychometrics.association.low_outliers import KEPT, TREATMENTS
from psychometrics.association.outcome_latent_means import latent_therapist_means
from psychometrics.association.outcome_levels import outcome_within_between
from psychometrics.association.pairs import NEEDS_ANSWERS

NO_BASELINE = "without a baseline: what differed before therapy is not held constant"


def main(responses: Path, scores: Path, outcome_levels: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    reason = what_is_lacking(dataset) or ("" if dataset.has_people else NEEDS_ANSWERS)
    if reason:
        frame = pd.DataFrame([{"statistic": "within_slope", "estimate": float("nan"), "note": reason}])
    else:
        frame = relate(dataset, pd.read_parquet(scores), level, draws, seed)
    settings = {
        "level": level,
        "resamples": draws,
        "seed": seed,
        "estimator": "REML, CR2 by therapist",
        "missing": "listwise within a model",
        "score": "mean of the items",
        "occasion": dataset.occasion,
    }
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, outcome_levels, settings=settings, inputs=[responses, scores])


def relate(dataset: Dataset, scores: pd.DataFrame, level: float, draws: int, seed: int) -> pd.DataFrame:
    """Every total and outcome at every session; low outliers and latent means at the chosen one."""
    held, parts = dataset.variables_of("baseline"), []
    for form in totals_of(dataset):
        own = (scores["form"] == form.name) & (scores["perspective"] == form.perspective) & (scores["scale"] == "total")
        for outcome in dataset.variables_of("outcome"):
            for number, (session, scored) in enumerate(dataset.occasions(scores[own])):
                alliance = scored.set_index("client")["mean"]
                clients = dataset.clients.reindex(alliance.index)
                own_data = (clients[outcome], alliance, dataset.therapist_of.reindex(alliance.index))
                how = {"baseline": clients[held] if held else None, "level": level}
                treatments = TREATMENTS if number == 0 else [KEPT]
                analyse = partial(outcome_within_between, *own_data, treatments=treatments, **how)
                rows = attempted(analyse, "within_slope")
                if number == 0 and rows["estimate"].notna().any():
                    latent = partial(latent_therapist_means, *own_data, draws=draws, seed=seed, **how)
                    rows = pd.concat([rows, attempted(latent, "between_slope_latent")], ignore_index=True)
                found = described(rows, form, outcome)
                if not held:
                    found["note"] = [append_note(note, NO_BASELINE) for note in found["note"]]
                parts.append(found.assign(session=session) if len(dataset.sessions) > 1 else found)
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    job(main, snakemake)
