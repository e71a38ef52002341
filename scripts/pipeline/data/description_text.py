"""The text of a dataset.yaml with comments, as `make dataset` writes it."""

from dataclasses import dataclass, field
from typing import Any

import yaml

EXCLUSIONS = (  # a hint, valid without the comment signs
    "Whom to leave out, each with the reason (docs/data.md): remove the # signs from these lines and correct them.",
    "exclusions:",
    '  - {reason: withdrew consent, clients: ["017", "112"]}',
    "  - {reason: failed the attention check, where_not: {attention_check: 1}}",
)


@dataclass(frozen=True)
class Part:
    """One entry under `responses:`, or the part on clients, and what is said about it.

    Attributes
    ----------
    content : dict
        Keys and values.
    comments : list of str
        Lines that stand above it.
    """

    content: dict[str, Any]
    comments: list[str] = field(default_factory=list)


def description_text(
    title: str,
    source: str,
    responses: list[Part],
    clients: Part | None = None,
    unused: list[str] | None = None,
    scores: Part | None = None,
    exclusions: list[dict] | None = None,
    accepted: dict[str, str] | None = None,
) -> str:
    """Write a description with comments.

    Parameters
    ----------
    title : str
        Of the data set.
    source : str
        How the data came about.
    responses : list of Part
        One per form and perspective.
    clients : Part, optional
        Outcomes, baselines and groups.
    unused : list of str, optional
        Lines about columns that nothing is done with.
    scores : Part, optional
        Scale scores of persons, in place of responses and clients.
    exclusions : list of dict, optional
        Whom to leave out, each with a reason; otherwise a commented example stands there.
    accepted : dict of str to str, optional
        Findings of the checks that are right, each with its reason.

    Returns
    -------
    str
        YAML.
    """
    lines = [
        "# Written by `make dataset`; read it through, correct it where needed, then run `make check`.",
        "# Every key is explained in docs/data.md and workflow/schemas/dataset.schema.yaml.",
        f"title: {flow(title)}",
        f"source: {flow(source)}",
    ]
    lines += ["", "responses:"] if responses else []
    for part in responses:
        lines += [f"  # {comment}" for comment in part.comments]
        lines += [f"  {'  ' if place else '- '}{key}: {flow(value)}" for place, (key, value) in _places(part)]
    for name, whole in (("clients", clients), ("scores", scores)):
        if whole is not None:
            lines += ["", *(f"# {comment}" for comment in whole.comments), f"{name}:", *_with_variables(whole)]
    if exclusions:
        lines += ["", "exclusions:", *(f"  - {flow(entry)}" for entry in exclusions)]
    elif responses:
        lines += ["", *(f"# {line}" for line in EXCLUSIONS)]
    if accepted:
        lines += ["", "accept:", *(f"  {finding}: {flow(reason)}" for finding, reason in accepted.items())]
    if unused:
        lines += ["", *(f"# {line}" for line in unused)]
    return "\n".join(lines) + "\n"


def _with_variables(part: Part) -> list[str]:
    lines = []
    for key, value in part.content.items():
        if key == "variables":
            lines += ["  variables:", *(f"    {name}: {flow(about)}" for name, about in value.items())]
        else:
            lines.append(f"  {key}: {flow(value)}")
    return lines


def _places(part: Part) -> list[tuple[int, tuple[str, Any]]]:
    return list(enumerate(part.content.items()))


def flow(value: Any) -> str:
    """Write a value on one line of YAML.

    Parameters
    ----------
    value : Any
        Text, number, list or mapping.

    Returns
    -------
    str
        Quoted where needed.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list):
        return f"[{', '.join(flow(one) for one in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=1_000_000).strip()
    return text.removeprefix("[").removesuffix("]")
