"""What is missing: answers by item, person, pattern and session, whole forms, values of clients; and who is missing."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.correlation.little_mcar import little_mcar
from psychometrics.items.missingness import FEWEST, missing_answers
from psychometrics.items.who_is_missing import missing_difference
from psychometrics.variance.nesting import clients_in_therapists

COHEN = "Cohen's d with noncentral t"
OF_SESSION = "of the clients who returned anything in this session"


def main(responses: Path, missing: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    if dataset.is_matrix:
        note = "needs answers; there is only a matrix"
        rows = pd.DataFrame([{"statistic": "missing_share", "estimate": np.nan, "note": note}])
    else:
        rows = pd.concat(list(everything(dataset, level)), ignore_index=True)
    write_table(
        rows.assign(dataset=dataset.name),
        missing,
        settings={"level": level, "fewest": FEWEST, "occasion": dataset.occasion},
        inputs=[responses],
    )


def everything(dataset: Dataset, level: float) -> Iterator[pd.DataFrame]:
    """Tables of one kind of rows after the other."""
    returned = pd.concat([dataset.answers(form)[["client", "session"]] for form in dataset.forms]).drop_duplicates()
    for session, here in dataset.occasions(returned):
        yield session_rows(dataset, session, here["client"])
    clients = dataset.at_occasion(returned)["client"]
    for form in dataset.forms:
        answers = dataset.answers(form)
        for session, people in dataset.occasions(answers):
            yield form_rows(people, form, session == str(dataset.occasion)).assign(
                perspective=form.perspective, form=form.name, session=session
            )
        yield who_rows(dataset, form, pd.Index(clients), level).assign(
            perspective=form.perspective, form=form.name, session=str(dataset.occasion)
        )


def form_rows(people: pd.DataFrame, form: Form, whole: bool) -> pd.DataFrame:
    """Missing answers of those who returned a form in a session; at the chosen occasion in detail."""
    answers = people[form.columns]
    if len(answers) < FEWEST:
        note = f"fewer than {FEWEST} people" if len(answers) else "nobody answered"
        return pd.DataFrame([{"statistic": "missing_share", "n": len(answers), "note": note}])
    rows = missing_answers(answers)
    return pd.concat([rows, little_mcar(answers)], ignore_index=True) if whole else rows.head(1)


def session_rows(dataset: Dataset, session: str, here: pd.Series) -> pd.DataFrame:
    """How many clients returned nothing in a session, and how many of the others lack a form."""
    everyone = {client for form in dataset.forms for client in dataset.answers(form)["client"]}
    rows = [
        {
            "statistic": "session_missing_share",
            "estimate": 1 - len(set(here)) / len(everyone),
            "n": len(everyone),
            "method": "of all clients",
            "note": "",
        }
    ]
    for form in dataset.forms:
        of_form = dict(dataset.occasions(dataset.answers(form)))[session]
        with_form = len(set(of_form["client"]) & set(here))
        rows.append(
            {
                "perspective": form.perspective,
                "form": form.name,
                "statistic": "form_missing_share",
                "estimate": 1 - with_form / len(set(here)) if len(here) else np.nan,
                "n": len(set(here)),
                "method": OF_SESSION,
                "note": "" if len(here) else "nobody answered",
            }
        )
    return pd.DataFrame(rows).assign(session=session)


def who_rows(dataset: Dataset, form: Form, clients: pd.Index, level: float) -> pd.DataFrame:
    """Whether clients without a form at the occasion, or without a value, differ from the others."""
    people = dataset.at_occasion(dataset.keyed(form)).set_index("client")
    missing = ~clients.isin(people.index)
    therapists = dataset.therapist_of.reindex(clients)
    parts = []
    icc = clients_in_therapists(missing.astype(float), therapists.to_numpy(), level=level)
    icc = icc[icc["statistic"] == "icc_therapist"].assign(statistic="missing_icc_therapist")
    if not missing.any():
        icc = icc.assign(estimate=np.nan, lower=np.nan, upper=np.nan, note="nobody is missing")
    parts.append(icc.drop(columns=["groups", "group_size"]))
    total = people[form.scale_columns["total"]]
    total = total.mean(axis=1).where(total.notna().mean(axis=1) >= 0.5)
    for variable, about in dataset.variables.items():
        if about["role"] == "group" or variable not in dataset.clients:
            continue
        values = dataset.clients[variable]
        without = missing_difference(values.reindex(clients), missing, level=level)
        parts.append(
            without.assign(group=about["label"], method=f"{COHEN}, values of those without the form minus others")
        )
        absent = values.reindex(total.index).isna()
        scores = missing_difference(total, absent, level=level).assign(statistic="score_difference_without_value")
        parts.append(
            scores.assign(group=about["label"], method=f"{COHEN}, totals of those without the value minus others")
        )
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    job(main, snakemake)
