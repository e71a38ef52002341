"""How much of the outcome does the alliance explain: of the final state, given the baseline, and of the change?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcome.material import described, totals_of, what_is_lacking
from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.data.yaml_files import read_yaml
from pipeline.steps.scores import score_columns, scores_at_occasion
from psychometrics.association.cluster_bootstrap import UnitResamples, no_resamples, resample_units
from psychometrics.association.outcome_strength import outcome_strength
from psychometrics.association.partial import NOTHING_HELD
from psychometrics.association.scores import correlate_scores

FINAL, GIVEN, CHANGE = "final state", "given the baseline", "change"
NO_CHANGE = (
    "the outcome was not measured in the same way before therapy: a change is known where `session_variables:` "
    "gives both outcome and baseline"
)
NO_ROW = "the correlation was not computed"


def main(
    responses: Path,
    scores: Path,
    correlations: Path,
    claims: Path,
    outcome_strength: Path,
    *,
    level: float,
    draws: int,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    marks = marks_of(read_yaml(claims, str(claims))["alliance_outcome_r2"])
    reason = what_is_lacking(dataset)
    if reason:
        frame = pd.DataFrame([{"statistic": "outcome_r2", "estimate": np.nan, "note": reason}])
    else:
        frame = strength(dataset, scores, read_table(correlations), level=level, draws=draws, seed=seed, marks=marks)
    settings = {"level": level, "resamples": draws, "seed": seed, "occasion": dataset.occasion, "claims": marks}
    frame = dataset.mark_provisional(frame.assign(dataset=dataset.name))
    write_table(frame, outcome_strength, settings=settings, inputs=[responses, scores, correlations, claims])


def marks_of(claims: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Published shares: r2 is looked for below the single ones and above both ends of a range."""
    return {
        "below": [claim["r2"] for claim in claims if "r2" in claim],
        "above": [share for claim in claims for share in claim.get("r2_range", [])],
    }


def strength(
    dataset: Dataset,
    scores: Path,
    correlations: pd.DataFrame,
    *,
    level: float,
    draws: int,
    seed: int,
    marks: dict[str, list[float]],
) -> pd.DataFrame:
    """Every total and outcome; correlations that stand in the table of correlations are taken from there."""
    columns = score_columns(dataset)
    wide, clients = pd.DataFrame(), pd.DataFrame()
    resamples = no_resamples(0)
    if dataset.has_people:
        wide = scores_at_occasion(dataset, scores, columns)
        clients = dataset.clients.reindex(wide.index)
        resamples = resample_units(dataset.units(wide.index), draws, seed)
    held, parts = dataset.variables_of("baseline"), []
    for form in totals_of(dataset):
        for outcome in dataset.variables_of("outcome"):
            label = dataset.variables[outcome]["label"]
            alliance = wide[f"{form.perspective}.{form.name}.total"] if dataset.has_people else None
            after = clients[outcome] if dataset.has_people else None
            before = dataset.measured_before(outcome)
            given = known(correlations, form, label, "r_partial", "" if held else NOTHING_HELD)
            change, r_change = None, lacking(NO_CHANGE)
            if before and alliance is not None:
                change = clients[outcome] - clients[before]
                r_change = correlated(alliance, change, dataset.units(wide.index), level)
            for model, r, explained, constant in (
                (FINAL, known(correlations, form, label, "r_pearson", NO_ROW), after, None),
                (GIVEN, given, after, clients[held] if held and dataset.has_people else None),
                (CHANGE, r_change, change, None),
            ):
                rows = explain(r, alliance, explained, resamples, constant, marks)
                parts.append(described(rows.assign(model=model), form, outcome))
    return pd.concat(parts, ignore_index=True)


def explain(
    r: dict[str, Any],
    alliance: pd.Series | None,
    outcome: pd.Series | None,
    resamples: UnitResamples,
    held: pd.DataFrame | None,
    marks: dict[str, list[float]],
) -> pd.DataFrame:
    """The rows of one correlation; one row with the reason where it is not known."""
    if pd.isna(r["estimate"]):
        return pd.DataFrame([{"statistic": "outcome_r2", "estimate": np.nan, "n": r["n"], "note": r["note"]}])
    return outcome_strength(r, alliance, outcome, resamples, held=held, **marks)


def known(correlations: pd.DataFrame, form: Form, outcome: str, statistic: str, otherwise: str) -> dict[str, Any]:
    """A correlation of a total with an outcome as it stands in the table; without it, why."""
    needed = {
        "perspective": form.perspective,
        "form": form.name,
        "scale": "total",
        "form_2": "outcome",
        "scale_2": outcome,
    }
    if not set(needed) <= set(correlations):
        return lacking(otherwise or NO_ROW)
    rows = correlations[(correlations["statistic"] == statistic) & (correlations[list(needed)] == needed).all(axis=1)]
    return dict(rows.iloc[0]) if len(rows) else lacking(otherwise or NO_ROW)


def correlated(alliance: pd.Series, change: pd.Series, units: np.ndarray, level: float) -> dict[str, Any]:
    """The correlation with the change, which no other table holds."""
    columns = pd.DataFrame(
        {"perspective": "", "form": ["alliance", "change"], "scale": ""}, index=["alliance", "change"]
    )
    rows = correlate_scores(pd.DataFrame({"alliance": alliance, "change": change}), columns, level=level, units=units)
    return dict(rows[rows["statistic"] == "r_pearson"].iloc[0])


def lacking(reason: str) -> dict[str, Any]:
    return {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "level": np.nan, "n": np.nan, "note": reason}


if __name__ == "__main__":
    job(main, snakemake)
