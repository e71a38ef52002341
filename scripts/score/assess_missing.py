"""What is missing: answers by item, person, pattern and session, whole forms, values of clients; and who is missing."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.correlation.little_mcar import little_mcar
from psychometrics.items.missingness import FEWEST, missing_answers
from psychometrics.items.who_is_missing import missing_difference
from psychometrics.variance.nesting import clients_in_therapists

COHEN = "Cohen's d with noncentral t"
MOST_PEOPLE = 5_000  # of whom Little's test is computed
FEW = f"fewer than {FEWEST} people"
OF_SESSION = "of the clients who returned anything in this session"


def main(responses: Path, missing: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    if dataset.is_matrix:
        note = "needs answers; there is only a matrix"
        rows = pd.DataFrame([{"statistic": "missing_share", "estimate": np.nan, "note": note}])
    else:
        rows = pd.concat(list(everything(dataset, level)), ignore_index=True)
        rows = rows.reindex(
            columns=list(dict.fromkeys([*rows.columns, "group", "item", "lower", "upper", "n_missing"]))
        )
    write_table(
        rows.assign(dataset=dataset.name),
        missing,
        settings={"level": level, "fewest": FEWEST, "occasion": dataset.occasion},
        inputs=[responses],
    )


def everything(dataset: Dataset, level: float) -> Iterator[pd.DataFrame]:
    """Tables of one kind of rows after the other."""
    by_session = {
        (form.name, form.perspective): dict(dataset.occasions(dataset.answers(form))) for form in dataset.forms
    }
    yield session_rows(dataset, by_session)
    occasion = str(dataset.occasion)
    at_occasion = [tables[occasion]["client"] for tables in by_session.values()]
    clients = pd.Index(pd.concat(at_occasion).drop_duplicates().sort_values())
    for form in dataset.forms:
        where = {"perspective": form.perspective, "form": form.name}
        for session, people in by_session[form.name, form.perspective].items():
            yield form_rows(people, form, session == occasion).assign(**where, session=session)
        yield who_rows(dataset, form, clients, level).assign(**where, session=occasion)


def form_rows(people: pd.DataFrame, form: Form, whole: bool) -> pd.DataFrame:
    """Missing answers of those who returned a form in a session; at the chosen occasion in detail."""
    answers = people[form.columns]
    if len(answers) < FEWEST:
        few = {"n": np.nan, "note": FEW} if len(answers) else {"n": 0, "note": "nobody answered"}
        return pd.DataFrame([{"statistic": "missing_share"} | few])
    if not whole:
        share = float(answers.isna().to_numpy().mean())
        return pd.DataFrame([{"statistic": "missing_share", "estimate": share, "n": len(answers), "note": ""}])
    test = little_mcar(answers.head(MOST_PEOPLE))
    if len(answers) > MOST_PEOPLE:
        test["note"] = [append_note(note, f"the first {MOST_PEOPLE} people") for note in test["note"]]
    return pd.concat([missing_answers(answers), test], ignore_index=True)


def session_rows(dataset: Dataset, by_session: dict[tuple[str, str], dict[str, pd.DataFrame]]) -> pd.DataFrame:
    """How many clients returned nothing in a session, and how many of the others lack a form."""
    who = {
        form: {session: pd.Index(rows["client"].unique()) for session, rows in of.items()}
        for form, of in by_session.items()
    }
    everyone = pd.concat([dataset.answers(form)["client"] for form in dataset.forms]).unique()
    rows = []
    named = list(dict.fromkeys(session for of_form in who.values() for session in of_form))
    for session in sorted(named, key=lambda name: (name != named[0], int(name) if name.isdigit() else 0)):
        given = {form: of_form[session] for form, of_form in who.items() if session in of_form}
        here = pd.concat([clients.to_series() for clients in given.values()]).unique()
        share = _not_returned(len(here), len(everyone))
        rows.append(("", "", session, "session_missing_share", "of all clients", *share))
        for (form, perspective), clients in given.items():
            share = _not_returned(len(clients), len(here))
            rows.append((perspective, form, session, "form_missing_share", OF_SESSION, *share))
    names = ["perspective", "form", "session", "statistic", "method", "estimate", "n", "note"]
    return pd.DataFrame(rows, columns=names)


def _not_returned(returned: int, of: int) -> tuple[float, float, str]:
    """Share of people who returned nothing, of how many, and why not: of few people it would tell how many."""
    if not of:
        return np.nan, 0, "nobody answered"
    if 0 < of < FEWEST:
        return np.nan, np.nan, FEW
    if 0 < returned < FEWEST:
        return np.nan, of, FEW
    return 1 - returned / of, of, ""


def who_rows(dataset: Dataset, form: Form, clients: pd.Index, level: float) -> pd.DataFrame:
    """Whether clients without a form at the occasion, or without a value, differ from the others."""
    people = dataset.at_occasion(dataset.keyed(form)).set_index("client")
    missing = people.index.get_indexer(clients) < 0
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
