"""Does the outcome depend on how far client and therapist agree? Response surfaces with each condition as a row."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from perspectives.mirrored import totals_of_both
from perspectives.pairing import ScalePair, ratings_of, why_none
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from psychometrics.perspectives.response_surface import nested_response_surface, response_surface
from psychometrics.reliability.coefficients import coefficient_alpha

NO_OUTCOME = "needs an outcome: no variable of the clients has the role outcome, and none was measured at the sessions"
NO_TOTAL = "needs a total that both perspectives rated"
NOT_ONE_SCALE = "the forms do not mirror each other: agreement needs the same items on the same scale from both"
STEPS = 12  # of the answer scale, to which corners of the hull are rounded


def main(responses: Path, scores: Path, response_surfaces: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    pairs = totals_of_both(dataset)
    measured = list(dataset.session_variables.columns.drop(["client", "session"]))
    outcomes = dataset.variables_of("outcome")
    reason = why_none(dataset) or ("" if pairs else NO_TOTAL) or ("" if outcomes or measured else NO_OUTCOME)
    if reason:
        frame = pd.DataFrame([{"statistic": "surface_a4", "estimate": float("nan"), "note": reason}])
    else:
        scored = pd.read_parquet(scores)
        parts = []
        for pair in pairs:
            ratings = ratings_of(pair, scored, dataset)
            parts += [of_dyads(dataset, pair, ratings, outcome, level) for outcome in outcomes]
            if len(dataset.sessions) > 1:
                parts += [of_sessions(dataset, pair, ratings, name, level) for name in measured]
        frame = dataset.mark_provisional(pd.concat(parts, ignore_index=True))
    settings = {
        "level": level,
        "estimator": "REML, CR2 by therapist, delta method; AICc of maximum likelihood",
        "centred": "at the middle of the answer scale",
        "missing": "listwise within a model",
        "occasion": dataset.occasion,
    }
    write_table(frame.assign(dataset=dataset.name), response_surfaces, settings=settings, inputs=[responses, scores])


def of_dyads(dataset: Dataset, pair: ScalePair, ratings: pd.DataFrame, outcome: str, level: float) -> pd.DataFrame:
    """The surface of an outcome over the ratings at the chosen occasion, given the baseline."""
    own = dataset.at_occasion(ratings).set_index("client")
    clients = dataset.clients.reindex(own.index)
    held = dataset.variables_of("baseline")
    low, high = pair.possible
    analyse = partial(
        response_surface,
        clients[outcome],
        own["first"],
        own["second"],
        midpoint=middle_of(pair, ratings),
        units=dataset.units(own.index),
        held=clients[held] if held else None,
        reliabilities=(alpha_of(dataset, pair, "first"), alpha_of(dataset, pair, "second")),
        rounded=(high - low) / STEPS if np.isfinite(high - low) else 0.0,
        level=level,
    )
    return described(pair, analyse, outcome)


def of_sessions(dataset: Dataset, pair: ScalePair, ratings: pd.DataFrame, name: str, level: float) -> pd.DataFrame:
    """The surfaces of what was measured at each session, within and between dyads."""
    measured = dataset.session_variables[["client", "session", name]].rename(columns={name: "outcome"})
    joint = ratings.merge(measured, on=["client", "session"])
    analyse = partial(nested_response_surface, joint, midpoint=middle_of(pair, ratings), level=level)
    return described(pair, analyse, f"{name} (each session)")


def described(pair: ScalePair, analyse: partial, outcome: str) -> pd.DataFrame:
    """Rows of one total and one outcome, or the row that says why there are none."""
    if pair.mirrored:
        rows = attempted(analyse, "surface_a4")
    else:
        rows = pd.DataFrame([{"statistic": "surface_a4", "estimate": float("nan"), "note": NOT_ONE_SCALE}])
    return rows.assign(**pair.keys, outcome=outcome)


def middle_of(pair: ScalePair, ratings: pd.DataFrame) -> float:
    """The middle of the answer scale; of scores without a known range the mean of all ratings of both."""
    low, high = pair.possible
    if np.isfinite(high - low):
        return (low + high) / 2
    return float(np.nanmean(ratings[["first", "second"]].to_numpy()))


def alpha_of(dataset: Dataset, pair: ScalePair, place: str) -> float:
    """Alpha of a total at the chosen occasion, of those who answered all its items; missing without items."""
    form = pair.first if place == "first" else pair.second
    if not form.items or dataset.of_persons:
        return float("nan")
    answers = dataset.at_occasion(dataset.keyed(form))[form.scale_columns[pair.scale]].dropna()
    if len(answers) < 3 or answers.shape[1] < 2:
        return float("nan")
    return float(coefficient_alpha(answers.cov().to_numpy()))


if __name__ == "__main__":
    job(main, snakemake)
