"""All that ingest will write for one data set, put together in memory: nothing is written before every check passed."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.ingesting import combine, count_administrations, read_answers, read_clients, read_item_codes
from pipeline.data.item_matrix import read_loadings, read_matrix
from pipeline.data.job import InputError
from pipeline.data.score_matrix import read_scores


def from_answers(content: dict, source: Path, forms: dict) -> dict:
    """Everything that will be written for raw answers: file name -> frame or dictionary."""
    parts: dict[tuple[str, str], list[tuple[str, pd.DataFrame]]] = {}
    keys: dict[tuple[str, str], dict] = {}
    for entry in content["responses"]:
        administered = (entry["form"], entry["perspective"])
        key = forms[entry["form"]] | {part: entry[part] for part in ("range", "scales", "reverse") if part in entry}
        if keys.setdefault(administered, key) != key:
            raise InputError(f"dataset.yaml: responses: {' '.join(administered)} stands twice with different keys.")
        parts.setdefault(administered, []).append((entry["file"], read_answers(entry, key, forms, source)))
    tables = {administered: combine(frames) for administered, frames in parts.items()}
    described = [
        describe_form(form, perspective, keys[form, perspective], forms) | {"counts": count_administrations(table)}
        for (form, perspective), table in tables.items()
    ]
    files: dict[str, pd.DataFrame | dict] = {
        f"{form}.{perspective}.parquet": table for (form, perspective), table in tables.items()
    }
    if "clients" in content:
        files["clients.parquet"] = read_clients(content["clients"], source)
    variables = {
        variable: {"role": part["role"], "label": part.get("label", variable)}
        for variable, part in content.get("clients", {}).get("variables", {}).items()
    }
    people = len(set().union(*(table["client"] for table in tables.values())))
    files["dataset.json"] = {"forms": described, "variables": variables, "people": people, "is_matrix": False}
    return add_item_tables(files, content, source, {form: forms[form] for form, _ in tables})


def from_matrix(content: dict, source: Path, forms: dict) -> dict:
    """Everything that will be written for a published matrix, reverse-keyed items turned."""
    entry = content["matrix"]
    matrix, moments, used = read_matrix(entry, source, forms)
    described = [describe_form(form, entry["perspective"], forms[form], forms) | {"counts": {}} for form in used]
    if not entry["keyed"]:
        ends = {f"{form}_{item:02d}": sum(forms[form]["range"]) for form in used for item in forms[form]["reverse"]}
        matrix, moments = turn(matrix, moments, ends)
    files = {
        "correlations.csv": matrix.rename_axis("item").reset_index(),
        "moments.csv": moments,
        "dataset.json": {"forms": described, "variables": {}, "people": entry["n"], "is_matrix": True},
    }
    return add_item_tables(files, content, source, {form: forms[form] for form in used})


def from_scores(content: dict, source: Path, forms: dict) -> dict:
    """Everything that will be written for a published matrix of scores, whose forms then have no items."""
    entry = content["scores"]
    correlations, n, published = read_scores(entry, source)
    names: dict[str, str] = {}
    scales: dict[tuple[str, str], list[str]] = {}
    variables: dict[str, dict] = {}
    for label, part in entry["variables"].items():
        if "role" in part:
            names[label] = label
            variables[label] = {"role": part["role"], "label": part.get("label", label)}
        else:
            scale = part.get("scale", "total")
            names[label] = f"{part['perspective']}.{part['form']}.{scale}"
            scales.setdefault((part["form"], part["perspective"]), []).append(scale)
    people = pd.Series(np.diagonal(n), index=list(names.values()))
    described = [
        {
            "name": form,
            "perspective": perspective,
            "label": forms[form]["label"],
            "instrument": forms[form]["instrument"],
            "items": 0,
            "range": forms[form]["range"],
            "scales": {scale: [] for scale in sorted(own, key=lambda scale: scale == "total")},  # the total last
            "reverse": [],
            "key_status": "as published",
            "overrides": [],
            "counts": {"clients": int(max(people[f"{perspective}.{form}.{scale}"] for scale in own))},
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
        "people": int(n.to_numpy().max()),
        "is_matrix": True,
        "item_codes": False,
        "loadings": False,
    }
    return {f"{name}.csv": table for name, table in tables.items()} | {"dataset.json": content}


def add_item_tables(files: dict, content: dict, source: Path, used: dict) -> dict:
    """What a data set says about items rather than people: content codes, a published table of loadings."""
    for key, read in (("item_codes", read_item_codes), ("loadings", read_loadings)):
        if key in content:
            files[f"{key}.csv"] = read(content[key], source, used)
        files["dataset.json"][key] = key in content
    return files


def describe_form(form: str, perspective: str, key: dict, forms: dict) -> dict:
    """The key that is used, with the total score, and where it differs from the shipped one."""
    shipped = forms[form]
    overrides = [
        f"{part} as the data set declares"
        for part in ("range", "scales", "reverse")
        if key.get(part) != shipped.get(part)
    ]
    scales = dict(key["scales"])
    scales.setdefault("total", list(range(1, key["items"] + 1)))
    replaced = {"scales as the data set declares", "reverse as the data set declares"} <= set(overrides)
    status = "supplied" if replaced or shipped["key_status"] == "missing" else shipped["key_status"]
    return {
        "name": form,
        "perspective": perspective,
        "label": key["label"],
        "instrument": key["instrument"],
        "items": key["items"],
        "range": key["range"],
        "scales": scales,
        "reverse": key.get("reverse", []),
        "key_status": status,
        "overrides": overrides,
    }


def turn(matrix: pd.DataFrame, moments: pd.DataFrame, reverse: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations and moments after x' = lowest + highest - x for the items of `reverse` (item -> sum of its ends)."""
    sign = np.where(matrix.index.isin(reverse), -1.0, 1.0)
    turned = moments["item"].isin(reverse)
    mean = moments["mean"].where(~turned, moments["item"].map(reverse) - moments["mean"])
    return matrix * np.outer(sign, sign), moments.assign(mean=mean)
