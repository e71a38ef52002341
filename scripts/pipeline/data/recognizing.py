"""What a raw file seems to hold: who answered, when, to which forms; suggestions, which a person decides on."""

import re
from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from pipeline.data.client_variables import USUAL_CODES
from pipeline.data.formats.raw_table import RawTable
from pipeline.data.item_blocks import PHASES, Block, item_blocks
from pipeline.data.reading import as_text
from pipeline.data.session_dates import looks_like_dates
from pipeline.data.value_labels import NO_ANSWER

CLIENT = [  # the first that names a column decides
    r"client|patient|klient|paciente|pazient|cliente|\bpat\b|\bpt\b",
    r"\btoken\b|^serial$|^ref$",
    r"participant|subject|proband|teilnehmer|record_?id|respondent|\bvpn?\b|\bpid\b|\bcase\b|dyad",
    r"^id$",
    r"external_?(data_?)?reference",
    r"response_?id",
    r"\bcode\b|chiffre|k(ü|ue)rzel",
    r"\bid\b|id$",
    r"\bnr\b|\bno\b|^number$|^nummer$",
]
THERAPIST = r"therap|thera\b|\bther\b|\bth_?id\b|\btid\b|counsel|clinician|behandler|terapeut|psychologist|provider"
SESSION = (
    r"session|sitzung|sesi[oó]n|s[eé]ance|\btime\b|\bt\b|visit|wave|occasion|event|zeitpunkt|mzp|\bwoche\b|\bweek\b"
)
RATER = r"\brater|coder|judge|beurteiler|observer"
ITEM = r"^(item|question|frage|variable|item_?(id|name|nr|no))$"
ANSWER = r"^(answer|value|response|antwort|wert|score|rating)$"
PERSPECTIVES = {
    "client": ("client", "patient", "klient", "klientin", "patientin", "paciente", "cliente", "cl", "pt", "pat", "c"),
    "therapist": ("therapist", "therapeut", "therapeutin", "terapeuta", "counselor", "counsellor", "ther", "th", "t"),
    "observer": ("observer", "rater", "judge", "coder", "obs", "beobachter", "observador"),
}
OUTCOME = r"post|end\b|_end|after|outcome|change|follow|termination|nachher|_t[2-9]\b|final"
BASELINE = r"pre|start|baseline|before|intake|initial|vorher|_t[01]\b"
ENGLISH = ("start", "stars", "arms")  # words that only look like an instrument and a letter
CODED = re.compile(r"AO?(\d{1,3})")  # codes of answers as LimeSurvey suggests them
DATE = (  # the first that names a column decides
    r"session|sitzung|sesi[oó]n|s[eé]ance|visit|termin",
    r"^date$|^datum$|^fecha$|_date$|_datum$",
    r"submit|recorded|lastdata|finished|end_?date",
    r"timestamp|zeitstempel|marca temporal|started|start_?date|date|datum|fecha",
)
MOST_LEVELS = 10  # of a group
MOST_WORDS = 12  # answers in words
FEW = 0.1  # share of the answers up to which values outside the range may be codes for missing
FEWEST_ROWS, CLEAR = 20, 0.1  # rows, and median correlation, from which the direction of items can be told
LADDERS = (  # words that forms of the alliance offer as answers, from little to much
    ("seldom", "sometimes", "fairly often", "very often", "always"),
    ("rarely", "sometimes", "often", "very often", "always"),
    ("never", "rarely", "occasionally", "sometimes", "often", "very often", "always"),
    ("selten", "manchmal", "öfters", "sehr oft", "immer"),
    ("selten", "manchmal", "oft", "sehr oft", "immer"),
    ("nie", "selten", "gelegentlich", "manchmal", "oft", "sehr oft", "immer"),
    ("从来没有", "偶尔如此", "有时如此", "经常如此", "总是如此"),
    ("从不", "偶尔", "有时", "经常", "总是"),
    ("rara vez", "a veces", "a menudo", "muy a menudo", "siempre"),
)


@dataclass(frozen=True)
class Column:
    """One column in numbers; no value of a person.

    Attributes
    ----------
    name : str
        Of the column.
    n : int
        Cells that are not empty.
    distinct : int
        Different values.
    numeric : bool
        Whether all of them are numbers.
    whole : bool
        Whether all are whole numbers.
    low, high : float
        The least and the greatest number.
    """

    name: str
    n: int
    distinct: int
    numeric: bool
    whole: bool
    low: float
    high: float


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


def described(table: RawTable) -> dict[str, Column]:
    """Describe every column of a file in numbers.

    Parameters
    ----------
    table : RawTable
        The file.

    Returns
    -------
    dict of str to Column
        By name, in the order of the file.
    """
    found = {}
    for name in table.frame.columns:
        text = as_text(table.frame[name]).dropna()
        values = pd.Series(text.unique(), dtype=object)
        number = pd.to_numeric(values, errors="coerce")
        numeric = bool(len(values)) and bool(number.notna().all())
        whole = numeric and bool((number % 1 == 0).all())
        low, high = (float(number.min()), float(number.max())) if numeric else (float("nan"), float("nan"))
        found[name] = Column(name, len(text), len(values), numeric, whole, low, high)
    return found


def mentions(pattern: str, name: str) -> bool:
    """Say whether the name of a column holds one of the words of a pattern.

    Parameters
    ----------
    pattern : str
        One of this module, in lower case.
    name : str
        Of a column; hyphens, dots, underscores and capitals part words.

    Returns
    -------
    bool
        True where it does.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_.\s-]+", " ", name).casefold()
    return bool(re.search(pattern.replace("_", " "), words))


def _named(pattern: str, columns: dict[str, Column], taken: set[str]) -> list[str]:
    return [name for name in columns if name not in taken and mentions(pattern, name)]


def client_columns(columns: dict[str, Column], rows: int, taken: set[str]) -> list[str]:
    """Name the columns that may hold the codes of clients, the likeliest first.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    rows : int
        Of the file.
    taken : set of str
        Columns of items and others that are no codes.

    Returns
    -------
    list of str
        Columns filled in nearly every row, with more than one value.
    """
    others = set(_named(THERAPIST, columns, taken)) | set(_named(RATER, columns, taken))
    named = list(dict.fromkeys(name for pattern in CLIENT for name in _named(pattern, columns, taken | others)))
    return [
        name
        for name in named
        if columns[name].n >= 0.95 * rows
        and columns[name].distinct > 1
        and (columns[name].whole or not columns[name].numeric)
    ]


def therapist_columns(columns: dict[str, Column], taken: set[str]) -> list[str]:
    """Name the columns that may hold the codes of therapists.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns that hold something else.

    Returns
    -------
    list of str
        Shortest name first.
    """
    found = [
        name
        for name in _named(THERAPIST, columns, taken)
        if columns[name].distinct > 1 and (columns[name].whole or not columns[name].numeric)
    ]
    return sorted(found, key=len)


def session_columns(columns: dict[str, Column], taken: set[str]) -> list[str]:
    """Name the columns that may say which session it is.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns that hold something else.

    Returns
    -------
    list of str
        Those with whole numbers, or with few texts.
    """
    found = []
    for name in _named(SESSION, columns, taken):
        column = columns[name]
        fits = column.whole and 0 <= column.low and column.high <= 9999 if column.numeric else column.distinct <= 60
        if column.n and fits:
            found.append(name)
    return sorted(found, key=len)


def date_columns(table: RawTable, columns: dict[str, Column], taken: set[str]) -> list[str]:
    """Name the columns of dates that may say when somebody answered.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns that hold something else.

    Returns
    -------
    list of str
        The likeliest first.
    """
    named = list(dict.fromkeys(name for pattern in DATE for name in _named(pattern, columns, taken)))
    return [
        name for name in named if columns[name].n and not columns[name].numeric and looks_like_dates(table.frame[name])
    ]


def session_numbers(values: list[str]) -> dict[str, int]:
    """Give texts for sessions their numbers: by the number in each, or by the order of pre, mid, post.

    Parameters
    ----------
    values : list of str
        What stands in the column.

    Returns
    -------
    dict of str to int
        Empty where the texts do not tell; texts without a number beside texts with one are left out.
    """
    numbers = {value: [int(text) for text in re.findall(r"\d{1,4}", _without_arm(value))] for value in values}
    first = {value: of[0] for value, of in numbers.items() if of}
    if first and len(set(first.values())) == len(first):
        return dict(sorted(first.items(), key=lambda pair: pair[1]))
    phases = {value: PHASES.get(re.sub(r"[^a-zäöü]", "", value.casefold())) for value in values}
    order = {value: order for value, order in phases.items() if order is not None}
    if len(order) == len(values) == len(set(order.values())):
        return {value: number for number, value in enumerate(sorted(order, key=lambda value: order[value]), start=1)}
    return {}


def _without_arm(event: str) -> str:
    """An event of REDCap without the arm of the study."""
    return re.sub(r"_arm_\d+$", "", event)


def perspective_of(text: str) -> str:
    """Tell the perspective that a word stands for.

    Parameters
    ----------
    text : str
        Such as "Patient" or "therapist".

    Returns
    -------
    str
        client, therapist, observer, or nothing.
    """
    word = text.strip().casefold()
    return next((who for who, words in PERSPECTIVES.items() if word in words), "")


def perspective_columns(table: RawTable, columns: dict[str, Column], taken: set[str]) -> dict[str, dict[str, str]]:
    """Find the columns that say who answered.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns of items.

    Returns
    -------
    dict of str to dict
        Column -> value in the file -> perspective. Value labels count as the values they stand for.
    """
    found = {}
    for name, column in columns.items():
        if name in taken or not 2 <= column.distinct <= 3:
            continue
        values = [str(value) for value in as_text(table.frame[name]).dropna().unique()]
        labels = {f"{value:g}": label for value, label in table.labels.get(name, {}).items()}
        meant = {value: perspective_of(labels.get(value, value)) for value in values}
        if all(meant.values()) and len(set(meant.values())) == len(meant):
            found[name] = meant
    return found


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


def number_in_front(words: list[str]) -> dict[str, float]:
    """Read answers such as "3 = often" or "5 - always" by the number in front, and codes such as A3 of LimeSurvey.

    Parameters
    ----------
    words : list of str
        All answers in words.

    Returns
    -------
    dict of str to float
        Empty where one of them has no number, or two have the same.
    """
    found = {word: re.match(r"\s*\(?(-?\d+)\s*[)=:.–-]?\s+\S", word) or CODED.fullmatch(word) for word in words}
    numbers = {word: float(match[1]) for word, match in found.items() if match}
    return numbers if len(numbers) == len(words) == len(set(numbers.values())) else {}


def on_a_ladder(words: list[str], low: float, high: float) -> dict[str, float]:
    """Number answers in words that alliance forms are known to offer.

    Parameters
    ----------
    words : list of str
        All answers in words.
    low, high : float
        Range of the form.

    Returns
    -------
    dict of str to float
        Empty where no known series has them all and as many steps as the form.
    """
    plain = {word: word.strip().casefold().replace("oefters", "öfters") for word in words}
    fitting = [
        {word: low + ladder.index(same) for word, same in plain.items()}
        for ladder in LADDERS
        if set(plain.values()) <= set(ladder) and len(ladder) == high - low + 1
    ]
    return fitting[0] if fitting and all(one == fitting[0] for one in fitting) else {}


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


def variable_columns(columns: dict[str, Column], taken: set[str]) -> dict[str, str]:
    """Say what the other columns could be for.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns of items, codes and sessions.

    Returns
    -------
    dict of str to str
        Column -> outcome, baseline, group or number; left out what is constant, text, or an identifier.
    """
    found = {}
    for name, column in columns.items():
        if name in taken or column.distinct < 2:
            continue
        if not column.numeric:
            if column.distinct <= MOST_LEVELS and column.n >= 3 * column.distinct:
                found[name] = "group"
            continue
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()
        if re.search(OUTCOME, words):
            found[name] = "outcome"
        elif re.search(BASELINE, words):
            found[name] = "baseline"
        elif column.distinct <= 3:
            found[name] = "group"
        elif not (column.whole and column.distinct == column.n and column.n > MOST_LEVELS):
            found[name] = "number"
    return found


def already_turned(frame: pd.DataFrame, names: dict[int, str], reverse: list[int]) -> bool | None:
    """Judge by correlations whether reverse-keyed items were turned before the file was written.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows of the entry.
    names : dict of int to str
        Item -> column.
    reverse : list of int
        Reverse-keyed items of the form.

    Returns
    -------
    bool or None
        None where the correlations with the mean of the other items do not tell.
    """
    number = pd.DataFrame({item: pd.to_numeric(as_text(frame[name]), errors="coerce") for item, name in names.items()})
    others = number.drop(columns=reverse)
    if not reverse or others.shape[1] == 0 or len(number) < FEWEST_ROWS:
        return None
    r = number[reverse].corrwith(others.mean(axis=1))
    if not r.notna().any() or abs(r.median()) < CLEAR:
        return None
    return bool(r.median() > 0)
