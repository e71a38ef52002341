"""How scales and pairs of measures are named in tables."""

import pandas as pd


def name_of(form: str, perspective: str | float, labels: dict[str, str]) -> str:
    """`WAI-S (client)`; a client variable has no perspective."""
    label = labels.get(form, form)
    return label if pd.isna(perspective) else f"{label} ({perspective})"


def scale_of(keys: dict, labels: dict[str, str]) -> tuple[str, str, str]:
    """The label of the form, who answered, and the scale: the first cells of a row about one scale."""
    return labels[keys["form"]], keys["perspective"], keys["scale"]


def measures(pair: dict, labels: dict[str, str]) -> tuple[str, str]:
    """Both forms of a pair, and who answered."""
    one, two = pair["perspective"], pair["perspective_2"]
    who = one if one == two else f"{one} and {two}"
    return f"{labels.get(pair['form'], pair['form'])} and {labels.get(pair['form_2'], pair['form_2'])}", who
