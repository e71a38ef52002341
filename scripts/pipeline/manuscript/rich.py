"""Text with italics, bold and raised parts, as one line: the little of Markdown that tables and paragraphs need.

``*r* = .59``, ``**Note.**``, ``R^2^``; a backslash before one of these signs makes it an ordinary sign.
"""

import re
from dataclasses import dataclass

SIGNS = re.compile(r"\\([\\*^])|(\*\*\*|\*\*|\*|\^)")


@dataclass(frozen=True)
class Run:
    """A stretch of text that looks alike throughout.

    Attributes
    ----------
    text : str
        What is read.
    italic, bold, raised : bool
        How it looks.
    """

    text: str
    italic: bool = False
    bold: bool = False
    raised: bool = False


def literal(text: object) -> str:
    """Return text in which no sign has a meaning, such as a name that a user gave."""
    return re.sub(r"([\\*^])", r"\\\1", str(text))


def runs(line: str) -> list[Run]:
    """Read a line.

    Parameters
    ----------
    line : str
        Text with signs.

    Returns
    -------
    list of Run
        In order; none without text.
    """
    found: list[Run] = []
    italic = bold = raised = False
    text, place = "", 0
    for sign in SIGNS.finditer(line):
        text += line[place : sign.start()]
        place = sign.end()
        if sign.group(1):
            text += sign.group(1)
            continue
        if text:
            found.append(Run(text, italic, bold, raised))
            text = ""
        kind = sign.group(2)
        italic ^= kind in ("*", "***")
        bold ^= kind in ("**", "***")
        raised ^= kind == "^"
    text += line[place:]
    return [*found, Run(text, italic, bold, raised)] if text else found


def plain(line: str) -> str:
    """Return what is read of a line, without how it looks."""
    return "".join(run.text for run in runs(line))
