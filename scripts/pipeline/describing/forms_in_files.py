"""Which questionnaires a raw file seems to hold, by the names of its columns and by its answers."""

import re
from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from pipeline.data.client_variables import USUAL_CODES
from pipeline.data.formats.raw_table import RawTable
from pipeline.data.item_blocks import Block, item_blocks
from pipeline.data.reading import as_text
from pipeline.data.value_labels import NO_ANSWER
from pipeline.describing.columns import Column
from pipeline.describing.who_and_when import perspective_of

ITEM = r"^(item|question|frage|variable|item_?(id|name|nr|no))$"
ANSWER = r"^(answer|value|response|antwort|wert|score|rating)$"
ENGLISH = ("start", "stars", "arms")  # words that only look like an instrument and a letter
FEW = 0.1  # share of the answers up to which values outside the range may be codes for missing


@dataclass
class Found:
    """A block of items as it was recognised.

    Attributes
    ----------
    block : Block
        The columns.
    forms : list of str
        Forms that fit, the likeliest first.
    certain : bool
        Whether only the first of them can be meant.
    instrument : str
        The instrument that the names mention; may be empty.
    perspective : str
        Who answered, as the names say; may be empty.
    low, high : float
        Range of the answers without codes for missing.
    words : list of str
        Answers in words.
    codes : list of float
        Numbers that mean no answer.
    odd : list of float
        Numbers outside the range of the likeliest form that may be codes, or show another edition.
    labels : dict of float to str
        Value labels of the file.
    """

    block: Block
    forms: list[str] = field(default_factory=list)
    certain: bool = False
    instrument: str = ""
    perspective: str = ""
    low: float = float("nan")
    high: float = float("nan")
    words: list[str] = field(default_factory=list)
    codes: list[float] = field(default_factory=list)
    odd: list[float] = field(default_factory=list)
    labels: dict[float, str] = field(default_factory=dict)


def found_forms(table: RawTable, columns: dict[str, Column], forms: dict[str, dict], file: str = "") -> list[Found]:
    """Recognise the blocks of items of a file.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : dict of str to Column
        By `described`.
    forms : dict
        Known forms.
    file : str, optional
        Name of the file, which may tell the instrument and who answered.

    Returns
    -------
    list of Found
        Those of a known instrument first.
    """
    found = [recognised(block, answers_of(table, block), forms, file) for block in item_blocks(list(columns))]
    for one in found:  # client and therapist rarely answer different forms of as many items
        for other in found:
            if (one.instrument, one.block.items) == (other.instrument, other.block.items) and not one.certain:
                shared = [form for form in one.forms if form in other.forms]
                one.forms = shared + [form for form in one.forms if form not in shared]
    return sorted(found, key=lambda one: not one.instrument)


def answers_of(table: RawTable, block: Block) -> tuple[Counter, dict[float, str]]:
    """Count the answers in a block of columns, and give the labels of its first.

    Parameters
    ----------
    table : RawTable
        The file.
    block : Block
        Columns of it.

    Returns
    -------
    counts : Counter
        Text -> how often.
    labels : dict of float to str
        Value -> label.
    """
    counts: Counter = Counter()
    for name in block.names:
        counts.update(as_text(table.frame[name]).dropna().tolist())
    return counts, table.labels.get(block.names[0], {})


def recognised(
    block: Block, answers: tuple[Counter, dict[float, str]], forms: dict[str, dict], file: str = ""
) -> Found:
    """Say which form a block of items may be, and what its answers look like.

    Parameters
    ----------
    block : Block
        The columns.
    answers : tuple
        By `answers_of`.
    forms : dict
        Known forms.
    file : str, optional
        Name of the file.

    Returns
    -------
    Found
        With all that can be told.
    """
    counts, labels = answers
    found = Found(block, labels=labels)
    pattern = block.columns if isinstance(block.columns, str) else block.names[0]
    plain = re.sub(r"[a-z]*[_. -]?\{session[^}]*\}|\{item[^}]*\}", " ", pattern.casefold())
    found.instrument, found.perspective = _instrument(plain, forms)
    if not found.instrument:
        found.instrument, _ = _instrument(file.casefold().rpartition(".")[0], forms)
        found.instrument = found.instrument if len(re.findall(r"[a-z]{2,}", plain)) <= 1 else ""
    found.perspective = found.perspective or _perspective_in(plain) or _perspective_in(file.casefold())
    number = {text: pd.to_numeric(text, errors="coerce") for text in counts}
    found.words = sorted(text for text, value in number.items() if pd.isna(value))
    values = Counter({float(value): counts[text] for text, value in number.items() if not pd.isna(value)})
    no_answer = {value for value, label in labels.items() if NO_ANSWER.search(label.strip().lower())}
    usual = [value for value in values if value in USUAL_CODES or value in no_answer]
    rest = [value for value in values if value not in usual]
    if rest:
        found.codes = sorted(v for v in usual if v in no_answer or not min(rest) <= v <= max(rest))
    kept = [value for value in values if value not in found.codes]
    if kept:
        found.low, found.high = min(kept), max(kept)
    if found.instrument:
        _choose_forms(found, re.sub(r"[^a-z0-9]", "", plain), forms, values)
    return found


def _instrument(text: str, forms: dict[str, dict]) -> tuple[str, str]:
    """The instrument that a text names, and the perspective that a letter beside it tells."""
    for instrument in dict.fromkeys(form["instrument"] for form in forms.values()):
        match = re.search(
            rf"(?<![a-z])(cl|th|pt|[cktp])?{re.escape(instrument.casefold())}(srt|sr|iis?|ii|i|s|r)?"
            rf"(client|therapist|cl|th|pt|[cktpo])?(?![a-z])",
            text,
        )
        if match and match[0] not in ENGLISH:
            letter = match[3] or match[1] or ""
            letter = {"k": "client", "p": "client", "o": "observer"}.get(letter, letter)
            return instrument, perspective_of(letter)
    return "", ""


def _perspective_in(text: str) -> str:
    words = re.findall(r"[a-z]+", text)
    told = {"p": "client", "k": "client"}
    return next((who for word in words if (who := perspective_of(told.get(word, word)))), "")


def _choose_forms(found: Found, name: str, forms: dict[str, dict], values: Counter) -> None:
    """Sort the forms of the instrument by how well they fit, and set aside what lies outside the first one's range."""
    fit = [
        key
        for key, form in forms.items()
        if form["instrument"] == found.instrument
        and form["items"] == found.block.items
        and (not found.perspective or found.perspective in form["perspectives"])
    ]
    answers = {value: count for value, count in values.items() if value not in found.codes}
    total = sum(answers.values())

    def outside(key: str) -> float:
        low, high = forms[key]["range"]
        return sum(count for value, count in answers.items() if not low <= value <= high) / total if total else 0.0

    spelled = {key: re.sub(r"[^a-z0-9]", "", key) for key in fit}
    spelled |= {key: "haqii" for key in fit if key == "haq2" and "haqii" in name}
    mentioned = [key for key in fit if spelled[key] in name]
    longest = max((len(spelled[key]) for key in mentioned), default=0)
    said = [key for key in mentioned if len(spelled[key]) == longest]
    inside = [key for key in fit if outside(key) == 0]
    order = sorted(
        fit, key=lambda key: (key not in said, outside(key) > FEW, key not in inside, forms[key]["range"][1])
    )
    found.forms = order
    found.certain = len(fit) == 1 or len(said) == 1 or (len(inside) == 1 and not found.words)
    if order:
        low, high = forms[order[0]]["range"]
        found.odd = sorted(value for value in answers if not low <= value <= high)


def long_by_item(table: RawTable, columns: dict[str, Column]) -> tuple[str, str, list[Block]] | None:
    """Find out whether each answer has a row of its own.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : dict of str to Column
        By `described`.

    Returns
    -------
    tuple or None
        The column that names the item, the one with the answer, and the blocks of items there.
    """
    item = [name for name in columns if re.match(ITEM, name.strip().casefold())]
    answer = [name for name in columns if re.match(ANSWER, name.strip().casefold())]
    if len(item) != 1 or len(answer) != 1:
        return None
    names = [str(value) for value in as_text(table.frame[item[0]]).dropna().unique()]
    blocks = item_blocks(sorted(names))
    return (item[0], answer[0], blocks) if blocks else None
