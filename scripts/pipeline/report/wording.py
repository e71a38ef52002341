"""Sentences: the facts come from Python, the wording from the templates under workflow/words/.

A template holds macros, one for each passage; sections and figures call them by name with their facts and get plain
text.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from pipeline.manuscript import apa_numbers as apa
from pipeline.report.numbers import (
    coefficient,
    count,
    number,
    p_value,
    percent,
    percent_as_given,
    points,
    with_interval,
)

FOLDER = Path(__file__).parents[3] / "workflow" / "words"
NBSP = "\N{NO-BREAK SPACE}"  # keeps what belongs together on one line
NUMBERS = "no one two three four five six seven eight nine".split()


def listed(parts: Iterable[Any]) -> str:
    """`a`, `a and b`, `a, b and c`; empty for nothing."""
    *first, last = [str(part) for part in parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def plural(many: int, one: str, several: str = "") -> str:
    """`1 pair`, `3 pairs`; `several` where it is not `one` with an s."""
    return f"{many} {one if many == 1 else several or one + 's'}"


def spelt(many: int) -> str:
    """`three`; numbers above nine in figures."""
    return NUMBERS[many] if 0 <= many < len(NUMBERS) else str(many)


def with_ci(row: Any, show: Callable[[float], str] = coefficient) -> str:
    """`.83, 95% CI [.80, .86]` of a row; the estimate alone where there is no interval."""
    if not np.isfinite(row["lower"]):
        return show(row["estimate"])
    return f"{show(row['estimate'])}, {percent_as_given(row['level'])} CI [{show(row['lower'])}, {show(row['upper'])}]"


def sentence(text: str) -> str:
    """With a capital letter in front and one full stop behind."""
    text = str(text).strip()
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def unbroken(text: str) -> str:
    """With no-break spaces, so that it stays on one line of the note below a figure."""
    return str(text).replace(" ", NBSP)


def tidy(text: str) -> str:
    """Spaces and line breaks as in print, so that a template may break its lines anywhere.

    Parameters
    ----------
    text : str
        What a macro gave.

    Returns
    -------
    str
        One line, with single spaces and none before a comma, a semicolon or a full stop; no-break spaces stay.
    """
    return re.sub(r" ([,;.])(?= |$)", r"\1", re.sub(r"[ \t\r\n]+", " ", text).strip(" "))


class Words:
    """The passages of one template, callable by name: ``words.intro(occasion="session 3")``."""

    def __init__(self, name: str) -> None:
        self._template = environment().get_template(f"{name}.j2")

    def __getattr__(self, passage: str) -> Callable[..., str]:
        macro = getattr(self._template.module, passage)

        def text(*facts: Any, **named: Any) -> str:
            return tidy(str(macro(*facts, **named)))

        return text


@cache
def words(name: str) -> Words:
    """Return the passages of `workflow/words/<name>.j2`."""
    return Words(name)


@cache
def environment() -> jinja2.Environment:
    """Return Jinja with the filters that all templates of words use; an unknown fact is an error."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    found.filters |= {
        "coefficient": coefficient,
        "percent": percent,
        "percent_as_given": percent_as_given,
        "points": points,
        "number": number,
        "count": count,
        "p": p_value,
        "listed": listed,
        "spelt": spelt,
        "with_ci": with_ci,
        "with_interval": with_interval,
        "sentence": sentence,
        "unbroken": unbroken,
        "apa_ci": apa.with_ci,
        "apa_ci_percent": apa.with_ci_percent,
        "apa_limits": apa.limits,
        "apa_listed": apa.listed,
        "apa_p": apa.p_statement,
        "percentage": apa.percentage,
        "whole": apa.whole,
        "labelled": apa.labelled,
        "labelled_percent": apa.labelled_percent,
        "series": apa.series,
    }
    found.globals |= {"plural": plural}
    found.tests["known"] = lambda value: bool(np.isfinite(value))
    return found
