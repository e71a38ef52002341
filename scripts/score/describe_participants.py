"""Who took part: the flow from recruitment to analysis, and the clients' outcomes, baselines and groups."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.items.missingness import FEWEST
from psychometrics.items.value_distribution import describe_values

COUNTS = {"clients": "flow_clients", "therapists": "flow_therapists", "administrations": "flow_administrations"}


def main(responses: Path, flow: Path, variables: Path) -> None:
    dataset = Dataset(responses)
    counted = flow_rows(dataset).assign(dataset=dataset.name)
    write_table(counted, flow, settings={"occasion": dataset.occasion}, inputs=[responses])
    described = variable_rows(dataset).assign(dataset=dataset.name)
    write_table(described, variables, settings={"fewest": FEWEST}, inputs=[responses])


def flow_rows(dataset: Dataset) -> pd.DataFrame:
    """One row per stage, reason and what is counted; then who is left at the occasion, and with each value."""
    stages = [*dataset.flow, *at_the_occasion(dataset)]
    rows = [
        {
            "perspective": stage["perspective"],
            "form": stage["form"],
            "stage": stage["stage"],
            "reason": stage["reason"],
            "statistic": statistic,
            "estimate": stage[what],
            "note": "",
        }
        for stage in stages
        for what, statistic in COUNTS.items()
        if what in stage
    ]
    found = pd.DataFrame(rows)
    therapists = found["statistic"] == COUNTS["therapists"]
    # where no file names therapists, there are none to count
    return found if found.loc[therapists, "estimate"].any() else found[~therapists]


def at_the_occasion(dataset: Dataset) -> list[dict]:
    """How many are analysed at the chosen occasion, overall and by form, and how many of them have each value."""
    if not dataset.has_people:
        return [{"form": "", "perspective": "", "stage": "analysed", "reason": "", "clients": dataset.people}]
    tables = [(form, dataset.at_occasion(administrations(dataset, form))) for form in dataset.forms]
    together = pd.concat([table[["client", "therapist"]] for _, table in tables])
    found = [{"form": "", "perspective": "", "stage": "occasion", "reason": ""} | _counted(together)]
    for variable, about in dataset.variables.items():
        if variable in dataset.clients:
            known = dataset.clients[variable].dropna().index
            some = _counted(together[together["client"].isin(known)])
            found.append({"form": "", "perspective": "", "stage": "with value", "reason": about["label"]} | some)
    for form, table in tables:
        of_form = {"form": form.name, "perspective": form.perspective, "stage": "occasion", "reason": ""}
        found.append(of_form | _counted(table) | {"administrations": len(table)})
    return found


def administrations(dataset: Dataset, form: Form) -> pd.DataFrame:
    """Who answered a form when: columns client, therapist, session."""
    if not dataset.of_persons:
        return dataset.answers(form)
    scores = dataset.person_scores
    own = scores[(scores["form"] == form.name) & (scores["perspective"] == form.perspective)]
    return own.drop_duplicates(["client", "session"])


def _counted(rows: pd.DataFrame) -> dict[str, int]:
    return {"clients": int(rows["client"].nunique()), "therapists": int(rows["therapist"].nunique())}


def variable_rows(dataset: Dataset) -> pd.DataFrame:
    """Distribution of each outcome and baseline, and the sizes of the groups; no single person shows."""
    parts = []
    for variable, about in dataset.variables.items():
        if variable not in dataset.clients:
            continue
        values = dataset.clients[variable]
        rows = group_rows(values) if about["role"] == "group" else describe_values(values.to_numpy(dtype=float))
        parts.append(rows.assign(variable=about["label"], role=about["role"]))
    if parts:
        return pd.concat(parts, ignore_index=True)
    note = "the data set has no outcome, baseline or group of clients"
    return pd.DataFrame([{"variable": "", "role": "", "statistic": "value_mean", "estimate": np.nan, "note": note}])


def group_rows(values: pd.Series) -> pd.DataFrame:
    """Clients in each group; groups of few people are named and not counted out."""
    rows = [
        {
            "group": str(level),
            "statistic": "group_clients",
            "estimate": float(n) if n >= FEWEST else np.nan,
            "note": "" if n >= FEWEST else f"fewer than {FEWEST} people",
        }
        for level, n in values.value_counts().sort_index().items()
    ]
    return pd.DataFrame(rows).assign(n=int(values.notna().sum()))


if __name__ == "__main__":
    job(main, snakemake)
