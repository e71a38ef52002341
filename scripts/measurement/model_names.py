"""What models are called, and what they are about."""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "one_factor": "one factor",
    "two_factors": "two factors",
    "three_factors": "three factors",
    "correlated_factors": "correlated factors",
    "second_order": "second-order factor",
    "bifactor": "bifactor",
    "bifactor_s_minus_1": "bifactor-(S−1)",
    "exploratory": "exploratory (ESEM)",
    "ctc_m_minus_1": "CT-C(M−1)",
}
KEYS = ["perspective", "perspective_2", "form"]


def subject_of(keys: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """`All instruments, client`, `WAI-S, client`, `Client and therapist`."""
    who, other, form = (keys[name] if isinstance(keys[name], str) else "" for name in KEYS)
    if other:
        return f"{who.capitalize()} and {other}"
    if keys.get("model") == "ctc_m_minus_1":
        return "Two perspectives"
    return f"{labels[form] if form else 'All instruments'}, {who}"
