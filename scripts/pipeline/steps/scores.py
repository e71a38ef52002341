"""Scale scores of one occasion side by side: one row per client, one column per perspective, form and scale."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset, Form

ROLES = ("outcome", "baseline")  # of clients' variables that are numbers


def score_columns(dataset: Dataset) -> pd.DataFrame:
    """What the columns are, by perspective.form.scale: perspective, form, scale, items, instrument and label."""
    rows = [
        {
            "column": f"{form.perspective}.{form.name}.{scale}",
            "perspective": form.perspective,
            "form": form.name,
            "scale": scale,
            "items": tuple(items),
            "instrument": form.instrument,
            "label": form.label,
        }
        for form in dataset.forms
        for scale, items in form.scales.items()
    ]
    return pd.DataFrame(rows).set_index("column")


def variable_columns(dataset: Dataset) -> pd.DataFrame:
    """Outcomes and baselines as columns beside the scores: form is the role and scale the label; no perspective."""
    rows = [
        {"column": name, "form": part["role"], "scale": part["label"], "items": ()}
        for role in ROLES
        for name, part in dataset.variables.items()
        if part["role"] == role
    ]
    return pd.DataFrame(rows, columns=["column", "perspective", "form", "scale", "items"]).set_index("column")


def without_variables(correlations: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of correlations that pair two scores, and those that say why there is none."""
    return correlations[~correlations["form_2"].isin(ROLES)]


def scores_at_occasion(dataset: Dataset, scores: Path, columns: pd.DataFrame) -> pd.DataFrame:
    """Mean scores at the chosen occasion, clients x score columns; a form that was not returned is missing."""
    scored = dataset.at_occasion(pd.read_parquet(scores))
    name = scored["perspective"] + "." + scored["form"] + "." + scored["scale"]
    wide = scored.assign(column=name).pivot(index="client", columns="column", values="mean")
    return wide.reindex(columns=columns.index)


def items_at_occasion(dataset: Dataset, form: Form, clients: pd.Index) -> pd.DataFrame:
    """Keyed answers to one form at the chosen occasion, in the order of the clients."""
    answers = dataset.at_occasion(dataset.keyed(form)).set_index("client")
    return answers[form.columns].reindex(clients)
