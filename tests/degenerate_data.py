"""Data sets that nobody would choose, made from the list in `workflow/degenerate.yaml`, which explains its keys."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tests.conftest import FEWER_DRAWS, Project

LIST = yaml.load((Path(__file__).parent / "workflow/degenerate.yaml").read_text(), yaml.CSafeLoader)
SIZES = {"a": 6, "b": 6, "one": 1, "two": 2, "pairs": 6, "long": 20}
SCALES = {
    "a": {"first": [1, 2, 3], "second": [4, 5, 6]},
    "b": {"first": [1, 2, 3], "second": [4, 5, 6]},
    "one": {"only": [1]},
    "two": {"only": [1, 2]},
    "pairs": {"first": [1, 2], "second": [3, 4], "third": [5, 6]},
    "long": {"first": list(range(1, 11)), "second": list(range(11, 21))},
}
# what would stop the run before anything is computed passes, so that all of it has to cope
SCHEMA = yaml.load((Path(__file__).parents[1] / "workflow/schemas/dataset.schema.yaml").read_text(), yaml.CSafeLoader)
ABOUT = {
    "source": "made for a test",
    "accept": dict.fromkeys(SCHEMA["properties"]["accept"]["properties"], "made for a test"),
}


def degenerate_project(folder: Path, names: list[str], **settings) -> Project:
    """A copy of the project with these data sets of the list, and few draws."""
    project = Project(folder)
    for form, scales in SCALES.items():
        (folder / f"data/instruments/made_{form}.yaml").write_text(yaml.safe_dump(instrument(form, scales)))
    for name in names:
        spec = LIST["sets"][name]
        add = add_matrix if "matrix" in spec else add_scores if "scores" in spec else add_answers
        add(project, name, spec)
    project.configure(**FEWER_DRAWS | {"datasets": names} | settings)
    return project


def instrument(form: str, scales: dict[str, list[int]]) -> dict:
    """An instrument with one form."""
    key = {
        "label": form.capitalize(),
        "perspectives": ["client", "therapist", "observer"],
        "items": SIZES[form],
        "range": [1, 5],
        "scales": scales,
        "reverse": [],
        "key_status": "established",
        "grades": {"scales": "A", "reverse": "A", "range": "A"},
    }
    return {
        "instrument": form.upper(),
        "name": f"Made {form}",
        "source": "made for tests",
        "forms": {f"made_{form}": key},
    }


def add_answers(project: Project, name: str, spec: dict) -> None:
    """A data set of answers: what the entry does not say is as in the plain study."""
    whole = LIST["plain"] | spec
    frame = answers(whole)
    named = {"client": "client", "session": "session"}
    named |= {} if whole["therapists"] == "none" else {"therapist": "therapist"}
    named |= {"rater": "rater"} if "raters" in whole else {}
    entries = [
        {"file": "answers.csv", "form": f"made_{form}", "perspective": who, "columns": f"{who[0]}_{form}_{{item}}"}
        | named
        | ({"range": whole["range"]} if whole["range"] != [1, 5] else {})
        | (whole.get("response", {}) if form == "a" else {})
        for form, people in whole["forms"].items()
        for who in people
    ]
    description = ABOUT | {"title": name, "responses": entries} | whole.get("dataset", {})
    tables = {"answers": frame.drop(columns="latent")}
    if "variables" in whole:
        first = frame.drop_duplicates("client").copy()
        for variable, (_, formula) in whole["variables"].items():
            first[variable] = evaluated(first, str(formula))
        tables["clients"] = first[["client", *whole["variables"]]]
        roles = {variable: {"role": role} for variable, (role, _) in whole["variables"].items()}
        description["clients"] = {"file": "clients.csv", "client": "client", "variables": roles}
    project.add(name, description, **tables)


def answers(whole: dict) -> pd.DataFrame:
    """One row per client, session and rater: what people have in common (`latent`), and their answers."""
    rng = np.random.default_rng(whole["seed"])
    low, high = whole["range"]
    raters = [f"rater {rater}" for rater in range(1, whole.get("raters", 1) + 1)]
    people = np.arange(1, whole["people"] + 1)
    therapists = len(people) if whole["therapists"] == "none" else whole["therapists"]
    index = pd.MultiIndex.from_product([range(1, whole["sessions"] + 1), people, raters])
    frame = index.to_frame(index=False, name=["session", "client", "rater"])
    frame["therapist"] = (frame["client"] - 1) * therapists // len(people) + 1
    frame["latent"] = rng.normal(size=len(people))[frame["client"] - 1] + 0.5 * rng.normal(size=len(frame))
    for form, whose in whole["forms"].items():
        for who in whose:
            own = frame["latent"] + 0.5 * rng.normal(size=len(frame))
            for item in range(1, SIZES[form] + 1):
                value = own + whole["item_sd"] * rng.normal(size=len(frame)) + whole["shift"]
                middle = (low + high) / 2 + value * (high - low) / 5
                frame[f"{who[0]}_{form}_{item}"] = np.clip(np.round(middle), low, high)
    if "blank" in whole:
        items = item_columns(frame)
        frame[items] = frame[items].mask(rng.random((len(frame), len(items))) < whole["blank"])
    for step in whole.get("change", []):
        frame = changed(frame, **step)
    if whole.get("carry_forward"):
        items = item_columns(frame)
        frame[items] = frame.groupby(["client", "rater"])[items].transform("first")
    return frame.query(f"not ({whole['drop']})") if "drop" in whole else frame


def item_columns(frame: pd.DataFrame) -> list[str]:
    """The columns that hold answers."""
    return [column for column in frame if re.fullmatch(r"[cto]_\w+_\d+", column)]


def changed(frame: pd.DataFrame, columns: str, to: object = None, where: str = "client > 0") -> pd.DataFrame:
    """The columns of a pattern, set to a formula in some of the rows; {item} is the number of the item."""
    frame, pattern = frame.copy(), columns.replace("{item}", "*")
    found = [column for column in frame if fnmatchcase(column, pattern)]
    assert found, f"no column {columns}"
    for column in found:
        item = column.rpartition("_")[2]
        rows = evaluated(frame, where.replace("{item}", item)).astype(bool)
        value = np.nan if to is None else evaluated(frame, str(to).replace("{item}", item))
        frame[column] = frame[column].where(~rows, value)
    return frame


def evaluated(frame: pd.DataFrame, formula: str) -> pd.Series:
    """A formula in the columns, for every row."""
    return pd.Series(frame.eval(formula, engine="python"), index=frame.index)


def add_matrix(project: Project, name: str, spec: dict) -> None:
    """A published matrix of item correlations: equal within the scales and between them, but for single cells."""
    entry = spec["matrix"]
    items = [f"made_{form}_{item:02d}" for form in entry["forms"] for item in range(1, SIZES[form] + 1)]
    scale = [(form, key) for form in entry["forms"] for key, own in SCALES[form].items() for _ in own]
    same = np.array([[one == two for two in scale] for one in scale])
    matrix = np.where(same, entry["within"], entry["between"])
    np.fill_diagonal(matrix, 1.0)
    for row, column, r in entry.get("cells", []):
        matrix[row - 1, column - 1] = matrix[column - 1, row - 1] = r
    project.add(
        name,
        ABOUT
        | {
            "title": name,
            "matrix": {"perspective": "client", "n": entry["n"], "correlations": "r.csv", "moments": "moments.csv"}
            | {key: entry[key] for key in ("items_left_out",) if key in entry},
        },
        r=pd.DataFrame(matrix, index=items, columns=items).rename_axis("item").reset_index(),
        moments=pd.DataFrame({"item": items, "mean": 3.0, "sd": 1.0}),
    )


def add_scores(project: Project, name: str, spec: dict) -> None:
    """A published matrix of the totals of two forms from two perspectives, and of an outcome."""
    entry = spec["scores"]
    variables: dict[str, dict] = {
        f"{who[0]}_{form}": {"form": f"made_{form}", "perspective": who, "reliability": 0.9}
        for who in ("client", "therapist")
        for form in ("a", "b")
    }
    labels = [*variables, "outcome"]
    matrix = np.full((len(labels), len(labels)), entry["r"])
    matrix[-1, :], matrix[:, -1] = entry["outcome"], entry["outcome"]
    np.fill_diagonal(matrix, 1.0)
    project.add(
        name,
        ABOUT
        | {
            "title": name,
            "scores": {
                "correlations": "r.csv",
                "n": entry["n"],
                "variables": variables | {"outcome": {"role": "outcome"}},
            },
        },
        r=pd.DataFrame(matrix, index=labels, columns=labels).rename_axis("score").reset_index(),
    )
