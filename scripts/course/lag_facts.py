"""What is said of lags: verdicts by model and variant, in the section and in the figure alike."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.report.numbers import ABSENT, by_statistic, side_of
from psychometrics.course.lead_and_lag import MODELS, OBSERVED, PANEL, VARIANTS

KEYS = ["perspective", "form", "measure"]
FORWARD, BACKWARD = "lag_alliance_to_symptoms", "lag_symptoms_to_alliance"
OWN = ("lag_alliance_to_alliance", "lag_symptoms_to_symptoms")
NAMES = {
    "cross_lagged_panel": "cross-lagged panel",
    "dynamic_panel": "dynamic panel",
    "centred_regression": "centred regression",
}
VARIANT_NAMES = {"as_observed": "as observed", "detrended": "detrended", "error_known": "error known"}


def modelled(rows: pd.DataFrame) -> list[tuple[dict[str, str], dict[tuple[str, str], dict[str, dict]]]]:
    """Forms and measures with an estimate of the headline: names, and rows by model and variant, then by statistic."""
    found = []
    if "model" not in rows:
        return []
    for keys, own in rows.groupby(KEYS, sort=False):
        parts = {
            (part["model"], part["variant"]): by_name
            for part, by_name in by_statistic(own.dropna(subset=["model"]), ["model", "variant"])
        }
        if np.isfinite(headline(parts, FORWARD)["estimate"]):
            found.append((dict(zip(KEYS, keys, strict=True)), parts))
    return found


def headline(parts: dict[tuple[str, str], dict[str, dict]], statistic: str) -> dict[str, Any]:
    """A row of the cross-lagged panel as observed."""
    return parts.get((PANEL, OBSERVED), {}).get(statistic, ABSENT)


def others(parts: dict[tuple[str, str], dict[str, dict]], statistic: str) -> dict[int, dict[str, list[str]]]:
    """Side -> model -> variants, of all estimates but the headline."""
    found: dict[int, dict[str, list[str]]] = {}
    for model in MODELS:
        for variant in VARIANTS:
            row = parts.get((model, variant), {}).get(statistic, ABSENT)
            if (model, variant) != (PANEL, OBSERVED) and np.isfinite(row["estimate"]):
                found.setdefault(side_of(row), {}).setdefault(NAMES[model], []).append(VARIANT_NAMES[variant])
    return found
