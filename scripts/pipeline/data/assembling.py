"""All that ingest will write for one data set, put together in memory: nothing is written before every check passed."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from pipeline.data.client_variables import read_clients, small_groups, values_that_stand_apart
from pipeline.data.exclusions import Exclusions, administrations, flow, without_answers_left
from pipeline.data.file_totals import file_totals
from pipeline.data.findings import Finding
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.ingesting import (
    combine,
    count_administrations,
    item_columns_of,
    read_answers,
    read_item_codes,
)
from pipeline.data.item_matrix import doubtful_matrix, read_loadings, read_matrix
from pipeline.data.job import InputError
from pipeline.data.matching import clients_in_common, unmatched_clients
from pipeline.data.person_scores import PersonScores, read_person_scores
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import require
from pipeline.data.score_matrix import read_scores
from pipeline.data.session_dates import day_numbers, days_of_sessions, numbered
from pipeline.data.session_variables import RUPTURES, of_clients, read_session_variables
from pipeline.data.therapy_course import read_endings

MEASURED = ("", "")  # stands for what is measured at every session, beside form and perspective


def from_answers(content: dict, files: RawFiles, forms: dict) -> tuple[dict, list[Finding]]:
    """What will be written for raw answers, file name -> frame or dictionary; and what needs the user's word."""
    parts: dict[tuple[str, str], list[tuple[str, pd.DataFrame]]] = {}
    keys: dict[tuple[str, str], dict] = {}
    labels: dict[tuple[str, str], dict[float, str]] = {}
    findings: list[Finding] = []
    exclusions, returned, totals = Exclusions(content, files), [], []
    dated: list[pd.DataFrame] = []
    for number, entry in enumerate(content["responses"], start=1):
        administered = (entry["form"], entry["perspective"])
        key = key_of(entry, forms)
        if keys.setdefault(administered, key) != key:
            raise InputError(f"dataset.yaml: responses: {' '.join(administered)} appears twice with different keys.")
        answers = read_answers(entry, key, forms, files, f"dataset.yaml: responses: entry {number}", exclusions)
        returned += [(entry, answers.table), (entry, answers.excluded)]
        findings += answers.findings
        totals += totals_of(entry, key, files, answers.table)
        dated += days_of(entry, files, answers.table)
        labels[administered] = labels.get(administered) or answers.labels
        parts.setdefault(administered, []).append((entry["file"], answers.table))
    exclusions.check_all_pick_somebody()
    tables = {administered: combine(frames) for administered, frames in parts.items()}
    measured = None
    if "session_variables" in content:
        measured = read_session_variables(content["session_variables"], files, forms, exclusions)
    days = None
    if _are_dated(content):
        further = {} if measured is None else {MEASURED: measured}
        every, days = numbered(tables | further)
        measured = every.pop(MEASURED, None)
        tables = every
    elif dated:
        days = days_of_sessions(dated)
    everyone = administrations(returned)
    left = without_answers_left(everyone)
    counted = flow(content, everyone)
    described = [
        describe_form(form, perspective, keys[form, perspective], forms)
        | {"counts": count_administrations(table), "anchors": ends(labels[form, perspective], keys[form, perspective])}
        for (form, perspective), table in tables.items()
    ]
    made: dict[str, pd.DataFrame | dict] = {
        f"{form}.{perspective}.parquet": table for (form, perspective), table in tables.items()
    }
    if days is not None:
        made["sessions.parquet"] = days
    codes = {f"{form} ({perspective})": table["client"] for (form, perspective), table in tables.items()}
    clients = None
    if "clients" in content:
        clients = read_clients(content["clients"], files, exclusions, forms)
        clients = made["clients.parquet"] = clients[~clients["client"].isin(left)]
        findings += values_that_stand_apart(clients, content["clients"]) + small_groups(clients, content["clients"])
        codes |= {content["clients"]["file"]: clients["client"]}
        if "ended" in content["clients"]:
            ended = read_endings(content["clients"], files, exclusions)
            made["endings.parquet"] = ended[~ended["client"].isin(left)]
    variables = {
        variable: about_variable(variable, part)
        for variable, part in content.get("clients", {}).get("variables", {}).items()
    }
    over_sessions: dict[str, str] = {}
    rupture_codes: dict[str, str] = {}
    if measured is not None:
        entry = content["session_variables"]
        measured = made["session_variables.parquet"] = measured[~measured["client"].isin(left)]
        findings += values_that_stand_apart(measured, entry)
        codes |= {f"{entry['file']} (session_variables)": measured["client"]}
        coded = {name: part for name, part in entry["variables"].items() if part.get("codes") == RUPTURES}
        if coded:  # no measure of the session, but what somebody saw in it
            made["rupture_codes.parquet"] = measured[["client", "session", *coded]]
            measured = made["session_variables.parquet"] = measured.drop(columns=list(coded))
            measures = {name: part for name, part in entry["variables"].items() if name not in coded}
            entry = entry | {"variables": measures}
        rupture_codes = {name: part.get("label", name) for name, part in coded.items()}
        values, derived = of_clients(measured, entry)
        if derived:
            clients = values if clients is None else clients.merge(values, on="client", how="outer")
            made["clients.parquet"] = clients.sort_values("client", kind="stable").reset_index(drop=True)
        variables |= derived
        over_sessions = {variable: part.get("label", variable) for variable, part in entry["variables"].items()}
    findings += unmatched_clients(codes)
    people = len(set().union(*(table["client"] for table in tables.values())))
    made["dataset.json"] = {
        "forms": described,
        "variables": variables,
        "people": people,
        "is_matrix": False,
        "in_common": clients_in_common(codes),
        "flow": counted,
        "totals": totals,
        **({"over_sessions": over_sessions} if over_sessions else {}),
        **({"rupture_codes": rupture_codes} if rupture_codes else {}),
    }
    return add_item_tables(made, content, files, {form: forms[form] for form, _ in tables}), findings


def totals_of(entry: dict, key: dict, files: RawFiles, answers: pd.DataFrame) -> list[dict]:
    """What is known about totals that stand in the file of an entry; counts of rows only."""
    taken = item_columns_of(entry, key, "dataset.yaml")
    if taken is None:
        return []
    where = {"form": entry["form"], "perspective": entry["perspective"], "file": entry["file"]}
    frame = files.read(entry["file"], ReadOptions.of(entry)).frame
    return [where | asdict(total) | {"differ": len(total.differ)} for total in file_totals(frame, answers, key, taken)]


def days_of(entry: dict, files: RawFiles, answers: pd.DataFrame) -> list[pd.DataFrame]:
    """The dates of numbered sessions, as numbers of days, where the entry names a column of them."""
    if "date" not in entry:
        return []
    table = files.read(entry["file"], ReadOptions.of(entry))
    require(table, [entry["date"]], entry["file"])
    written = table.frame.loc[answers.index, entry["date"]]
    rule = f"dates_{entry['dates']}" if "dates" in entry else "dates"
    place = f"{entry['file']}, column '{entry['date']}'"
    return [answers[["client", "session"]].assign(day=day_numbers(written, rule, place))]


def about_variable(name: str, part: dict) -> dict:
    """What later steps are told about a variable: role, label, and what else the description says of it."""
    further = {key: part[key] for key in ("measure", "occasion", "rated_by", "reliability") if key in part}
    return {"role": part["role"], "label": part.get("label", name)} | further


def _are_dated(content: dict) -> bool:
    """Whether the sessions are dates, which are numbered over all entries together."""
    entries = {f"responses: entry {number}": entry for number, entry in enumerate(content["responses"], start=1)}
    entries |= {key: content[key] for key in ("session_variables",) if key in content}
    undated = [place for place, entry in entries.items() if not isinstance(entry["sessions"], str)]
    if 0 < len(undated) < len(entries):
        raise InputError(
            f"dataset.yaml: {undated[0]}: sessions are numbers here and dates in other entries, and cannot be matched; "
            "give dates everywhere or numbers everywhere."
        )
    return not undated


def ends(labels: dict[float, str], key: dict) -> dict[str, str]:
    """The labels of the lowest and the highest answer, where the file has them."""
    return {f"{value:g}": labels[value] for value in map(float, key["range"]) if value in labels}


def from_matrix(content: dict, files: RawFiles, forms: dict) -> tuple[dict, list[Finding]]:
    """Everything that will be written for a published matrix, reverse-keyed items turned."""
    entry = content["matrix"]
    matrix, moments, used = read_matrix(entry, files, forms)
    keys = {form: forms[form] | {"items_left_out": of_form(entry.get("items_left_out", {}), form)} for form in used}
    described = [describe_form(form, entry["perspective"], keys[form], forms) | {"counts": {}} for form in used]
    if not entry["keyed"]:
        ends = {f"{form}_{item:02d}": sum(forms[form]["range"]) for form in used for item in forms[form]["reverse"]}
        matrix, moments = turn(matrix, moments, ends)
    made = {
        "correlations.csv": matrix.rename_axis("item").reset_index(),
        "moments.csv": moments,
        "dataset.json": {"forms": described, "variables": {}, "people": entry["n"], "is_matrix": True},
    }
    findings = doubtful_matrix(matrix, entry["correlations"])
    return add_item_tables(made, content, files, {form: forms[form] for form in used}), findings


def from_scores(content: dict, files: RawFiles, forms: dict) -> tuple[dict, list[Finding]]:
    """Everything that will be written for scores, of persons or a published matrix; their forms have no items."""
    entry = content["scores"]
    persons, findings, made = None, [], {}
    if "file" in entry:
        persons = read_person_scores(entry, files, forms, content.get("occasion", "first"))
        correlations, n, published = persons.correlations, persons.n, persons.published
    else:
        correlations, n, published = read_scores(entry, files)
    names: dict[str, str] = {}
    scales: dict[tuple[str, str], list[str]] = {}
    variables: dict[str, dict] = {}
    for label, part in entry["variables"].items():
        if "role" in part:
            names[label] = label
            variables[label] = about_variable(label, part)
        else:
            scale = part.get("scale", "total")
            names[label] = f"{part['perspective']}.{part['form']}.{scale}"
            scales.setdefault((part["form"], part["perspective"]), []).append(scale)
    people = {names[label]: int(n.loc[label, label]) for label in n.index}
    if persons is not None:
        made = tables_of_persons(persons, entry, names)
        of_variables = {"file": entry["file"], "variables": {label: entry["variables"][label] for label in variables}}
        findings = values_that_stand_apart(persons.clients, of_variables) + small_groups(persons.clients, of_variables)
        findings += unmatched_clients({entry["file"]: persons.scores["client"]})
    described = [
        {
            "name": form,
            "perspective": perspective,
            "label": forms[form]["label"],
            "instrument": forms[form]["instrument"],
            "instrument_name": forms[form]["instrument_name"],
            "items": 0,
            "range": forms[form]["range"],
            "scales": {scale: [] for scale in sorted(own, key=lambda scale: scale == "total")},  # the total last
            "reverse": [],
            "key_status": "as published" if persons is None else "scored before",
            "overrides": [],
            "counts": {"clients": max(people[f"{perspective}.{form}.{scale}"] for scale in own)}
            if persons is None
            else count_scores(made["person_scores.parquet"], form, perspective),
        }
        for (form, perspective), own in scales.items()
    ]
    tables = {
        name: table.rename(index=names, columns=names).rename_axis("score").reset_index()
        for name, table in (("score_correlations", correlations), ("score_pairs", n), ("scores", published))
    }
    content = {
        "forms": described,
        "variables": variables,
        "people": int(n.to_numpy().max()) if persons is None else int(persons.scores["client"].nunique()),
        "is_matrix": True,
        "of_persons": persons is not None,
        "item_codes": False,
        "loadings": False,
    }
    return made | {f"{name}.csv": table for name, table in tables.items()} | {"dataset.json": content}, findings


def tables_of_persons(persons: PersonScores, entry: dict, names: dict[str, str]) -> dict[str, pd.DataFrame]:
    """The scores of persons under the names of the scores, what is known of the clients, and the days of sessions."""
    scores = persons.scores
    parts = scores["label"].map(names).str.split(".", expand=True)
    table = scores[["client", "therapist", "session"]].assign(
        perspective=parts[0], form=parts[1], scale=parts[2], score=scores["score"]
    )
    made = {"person_scores.parquet": table}
    if len(persons.clients.columns) > 1:
        made["clients.parquet"] = persons.clients
    if persons.days is not None:
        made["sessions.parquet"] = persons.days
    return made


def count_scores(scores: pd.DataFrame, form: str, perspective: str) -> dict:
    """How many clients, therapists and sessions have a score of a form."""
    own = scores[(scores["form"] == form) & (scores["perspective"] == perspective)]
    once = own.drop_duplicates(["client", "session"])
    sessions = once["session"].value_counts().sort_index()
    return {
        "administrations": len(once),
        "clients": int(own["client"].nunique()),
        "therapists": int(own["therapist"].nunique()),
        "sessions": {str(session): int(n) for session, n in sessions.items()},
    }


def add_item_tables(made: dict, content: dict, files: RawFiles, used: dict) -> dict:
    """What a data set says about items rather than people: content codes, a published table of loadings."""
    for key, read in (("item_codes", read_item_codes), ("loadings", read_loadings)):
        if key in content:
            made[f"{key}.csv"] = read(content[key], files, used)
        made["dataset.json"][key] = key in content
    return made


def of_form(left_out: dict[str, str], form: str) -> dict[int, str]:
    """The items of a form among those that a matrix leaves out: number -> reason."""
    return {
        int(label.rpartition("_")[2]): reason for label, reason in left_out.items() if label.rpartition("_")[0] == form
    }


def key_of(entry: dict, forms: dict[str, dict]) -> dict:
    """The scoring key of an entry under `responses:`: that of the form with what the data set declares."""
    parts = ("range", "scales", "reverse", "items_left_out")
    return forms[entry["form"]] | {part: entry[part] for part in parts if part in entry}


def describe_form(form: str, perspective: str, key: dict, forms: dict) -> dict:
    """The key that is used, with the total score, and where it differs from the shipped one."""
    shipped = forms[form]
    replaced = [part for part in ("range", "scales", "reverse") if key.get(part) != shipped.get(part)]
    overrides = [f"{part} as the data set declares" for part in replaced]
    left_out = {int(item): reason for item, reason in key.get("items_left_out", {}).items()}
    scales = {**key["scales"], "total": key["scales"].get("total", list(range(1, key["items"] + 1)))}
    scales = {scale: [item for item in items if item not in left_out] for scale, items in scales.items()}
    supplied = {"scales", "reverse"} <= set(replaced) or shipped["key_status"] == "missing"
    status = "supplied" if supplied else shipped["key_status"]
    return {
        "name": form,
        "perspective": perspective,
        "label": key["label"],
        "instrument": key["instrument"],
        "instrument_name": key.get("instrument_name", ""),
        "items": key["items"],
        "range": key["range"],
        "scales": scales,
        "reverse": [item for item in key.get("reverse", []) if item not in left_out],
        "key_status": status,
        "overrides": overrides + [f"item {item} left out: {reason}" for item, reason in left_out.items()],
        "left_out": {f"i{item:02d}": reason for item, reason in left_out.items()},
    }


def turn(matrix: pd.DataFrame, moments: pd.DataFrame, reverse: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations and moments after x' = lowest + highest - x for the items of `reverse` (item -> sum of its ends)."""
    sign = np.where(matrix.index.isin(reverse), -1.0, 1.0)
    turned = moments["item"].isin(reverse)
    mean = moments["mean"].where(~turned, moments["item"].map(reverse) - moments["mean"])
    return matrix * np.outer(sign, sign), moments.assign(mean=mean)
