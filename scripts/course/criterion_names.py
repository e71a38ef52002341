"""What criteria of ruptures are called in figures and reports."""

import re

DROP = re.compile(r"drop_([0-9.]+)sd_(within|pooled|stricter)")
SPREAD = {"within": "own SD", "pooled": "pooled SD", "stricter": "larger SD"}
NAMES = {
    "chart_all": "Control chart, all sessions",
    "chart_preceding": "Control chart, sessions before",
    "reliable_fall": "Reliable fall",
}


def criterion_name(criterion: str) -> str:
    """`2 SD drop, pooled SD`; what is no criterion keeps its name."""
    drop = DROP.fullmatch(criterion)
    return f"{drop[1]} SD drop, {SPREAD[drop[2]]}" if drop else NAMES.get(criterion, criterion)


def in_a_sentence(criterion: str) -> str:
    """With a small letter in front."""
    name = criterion_name(criterion)
    return name[:1].lower() + name[1:]


def in_a_list(criterion: str) -> str:
    """`2 SD drop (pooled SD)`, which can stand among others between commas."""
    name, _, rest = in_a_sentence(criterion).partition(", ")
    return f"{name} ({rest})" if rest else name
