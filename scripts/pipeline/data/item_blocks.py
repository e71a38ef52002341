"""Numbered columns of a file that belong together, such as wai_1 to wai_12, found by their names alone."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import takewhile

FEWEST = 3  # items; fewer numbered columns are no questionnaire
SESSION_WORDS = re.compile(
    r"(?:^|[^a-z])(s|t|w|v|ses|sess|session|sitzung|sesion|sesi[oó]n|s[eé]ance|time|zeit|wave|visit|mzp|occasion|wk|week)"
    r"[_. -]?$"
)
PHASES = {  # words for occasions, in the order in which they happen
    word: order
    for order, words in enumerate(
        [
            ("screening", "intake", "pre", "baseline", "start", "before", "beginning", "early", "vorher"),
            ("mid", "middle", "mitte", "during"),
            ("end", "post", "after", "late", "termination", "ende", "nachher", "fin"),
            ("fu", "followup", "katamnese"),
        ]
    )
    for word in words
}


@dataclass(frozen=True)
class Block:
    """Columns that are numbered from 1 on.

    Attributes
    ----------
    columns : str or list of str
        As under `columns:` of dataset.yaml: a pattern, or the names in order where no pattern fits.
    items : int
        How many there are, in each session.
    names : list of str
        All columns.
    sessions : dict of str to int
        Session in the names -> its number; empty where the names hold none.
    """

    columns: str | list[str]
    items: int
    names: list[str]
    sessions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Series:
    """Columns with the same text before and behind a number that runs from 1 on."""

    before: str
    behind: str
    names: tuple[str, ...]
    field: str  # {item}, {item:02d}; empty where the digits vary


def item_blocks(names: list[str]) -> list[Block]:
    """Find the blocks of numbered columns.

    Parameters
    ----------
    names : list of str
        The columns of a file, or what stands in its column of items.

    Returns
    -------
    list of Block
        Largest first; no column is in two of them.
    """
    series = _series(names)
    candidates = [_block(one) for one in series] + _over_sessions(series)
    taken: set[str] = set()
    found = []
    for block in sorted(candidates, key=lambda block: (-len(block.names), -block.items)):
        if not taken & set(block.names):
            taken |= set(block.names)
            found.append(block)
    found += _irregular([name for name in names if name not in taken])
    taken = {name for block in found for name in block.names}
    return found + _grids([name for name in names if name not in taken])


def _grids(names: list[str]) -> list[Block]:
    """Rows of a question in a grid, whose names hold the wording: "question [row]", as Google Forms writes them."""
    by_question: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if match := re.fullmatch(r"(.*\S)\s*\[.+\]", name, flags=re.DOTALL):
            by_question[match[1]].append(name)
    return [Block(rows, len(rows), rows) for rows in by_question.values() if len(rows) >= FEWEST]


def _series(names: list[str]) -> list[_Series]:
    by_text: dict[tuple[str, str], dict[int, tuple[str, str]]] = defaultdict(dict)
    for name in names:
        for match in re.finditer(r"\d{1,4}", name):
            by_text[name[: match.start()], name[match.end() :]].setdefault(int(match[0]), (name, match[0]))
    found = []
    for (before, behind), numbered in by_text.items():
        count = len(list(takewhile(numbered.__contains__, range(1, len(numbered) + 1))))
        if count >= FEWEST:
            digits = [numbered[number][1] for number in range(1, count + 1)]
            found.append(
                _Series(before, behind, tuple(numbered[number][0] for number in range(1, count + 1)), _field(digits))
            )
    return found


def _field(digits: list[str]) -> str:
    """The field of a pattern that writes these digits."""
    if all(text == str(int(text)) for text in digits):
        return "{item}"
    width = len(digits[0])
    return f"{{item:0{width}d}}" if all(text == str(int(text)).zfill(width) for text in digits) else ""


def _block(one: _Series) -> Block:
    columns = f"{one.before}{one.field}{one.behind}" if one.field else list(one.names)
    return Block(columns, len(one.names), list(one.names))


def _over_sessions(series: list[_Series]) -> list[Block]:
    """Series that differ in nothing but a session in the names."""
    together: dict[tuple, dict[str, _Series]] = defaultdict(dict)
    for one in series:
        if not one.field:
            continue
        for part, text in (("before", one.before), ("behind", one.behind)):
            for match in re.finditer(r"\d{1,4}|[A-Za-z]+", text):
                word = match[0]
                rest = text[: match.start()]
                numbered = word.isdigit() and SESSION_WORDS.search(rest.casefold())
                if numbered or (word.casefold() in PHASES and _alone(text, match)):
                    masked = f"{rest}{{session}}{text[match.end() :]}"
                    pattern = (
                        f"{masked}{one.field}{one.behind}" if part == "before" else f"{one.before}{one.field}{masked}"
                    )
                    together[pattern, len(one.names), word.isdigit()][word] = one
    found = []
    for (pattern, items, numbered), of in together.items():
        if len(of) < 2:
            continue
        order = sorted(of, key=int) if numbered else sorted(of, key=lambda word: PHASES[word.casefold()])
        if numbered:
            width = len(order[0])
            if any(word != str(int(word)) for word in order):
                if any(word != str(int(word)).zfill(width) for word in order):
                    continue
                pattern = pattern.replace("{session}", f"{{session:0{width}d}}")
            sessions = {word: int(word) for word in order}
        else:
            sessions = {word: number for number, word in enumerate(order, start=1)}
        found.append(Block(pattern, items, [name for word in order for name in of[word].names], sessions))
    return found


def _alone(text: str, match: re.Match) -> bool:
    """A word of its own, not a part of another."""
    return not text[match.end() : match.end() + 1].isalpha()


def _irregular(names: list[str]) -> list[Block]:
    """Columns that begin alike and hold the numbers from 1 on, with other text behind them."""
    by_stem: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in names:
        if match := re.match(r"([A-Za-z]\D*?)[_. -]*(\d{1,3})(?!\d)", name):
            by_stem[match[1].casefold()][int(match[2])].append(name)
    found = []
    for numbered in by_stem.values():
        if len(numbered) >= FEWEST and sorted(numbered) == list(range(1, len(numbered) + 1)):
            if all(len(of) == 1 for of in numbered.values()):
                columns = [numbered[number][0] for number in sorted(numbered)]
                found.append(Block(columns, len(columns), columns))
    return found
