"""What the analyses of outcome are about: totals, outcomes and baselines of the clients, and what is lacking."""

import pandas as pd

from pipeline.data.dataset import Dataset, Form

NO_OUTCOME = "no variable of the clients has the role outcome: there is no outcome to relate the alliance to"
NO_SCALES = "the form has no bond, goal and task scales"
NO_TOTAL = "no form has a total score: the alliance is taken as the total"


def totals_of(dataset: Dataset) -> list[Form]:
    """Forms with a total score."""
    return [form for form in dataset.forms if form.has_total]


def what_is_lacking(dataset: Dataset) -> str:
    """The reason why nothing can be related; empty where something can."""
    if not dataset.variables_of("outcome"):
        return NO_OUTCOME
    return "" if totals_of(dataset) else NO_TOTAL


def described(rows: pd.DataFrame, form: Form, outcome: str) -> pd.DataFrame:
    """Rows of one form and one outcome."""
    return rows.assign(perspective=form.perspective, form=form.name, scale="total", outcome=outcome)
