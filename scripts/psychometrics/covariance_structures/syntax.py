"""The text of a model, in lavaan's notation, read into terms."""

import re
from dataclasses import dataclass, field

OPERATORS = ("=~", "~*~", "~~", ":=", "~", "|")
# longer ones first: what is none of lavaan's operators here is found too, and refused
_OPERATOR = re.compile(r"=~|~\*~|~~|<~|:=|==|>=|<=|~|\||<|>|%")
_NAME = re.compile(r"[A-Za-z_.][A-Za-z0-9_.]*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_REFUSED = {
    "<~": "composites (<~) cannot be estimated here",
    "==": "equalities are said by a shared label, such as a*x1 + a*x2, not by ==",
    ">": "inequalities cannot be imposed",
    "<": "inequalities cannot be imposed",
    ">=": "inequalities cannot be imposed",
    "<=": "inequalities cannot be imposed",
    "%": "% has no meaning here",
}


@dataclass(frozen=True)
class Term:
    """One parameter, or one function of parameters, that a model names.

    Attributes
    ----------
    left : str
        What stands left of the operator.
    operator : {'=~', '~~', '~', '~1', '|', '~*~', ':='}
        Measurement, covariance, regression, intercept, threshold, scale, defined function.
    right : str
        What stands right of the operator; of an intercept empty, of a defined function its expression.
    fixed : tuple of float or None
        Value at which each group is fixed: None where nothing is said, NaN where the parameter is free by NA. One
        value is that of all groups.
    start : tuple of float or None
        Value to start from in each group.
    labels : tuple of str
        Label in each group, empty where there is none.
    """

    left: str
    operator: str
    right: str
    fixed: tuple[float | None, ...] = (None,)
    start: tuple[float | None, ...] = (None,)
    labels: tuple[str, ...] = ("",)


@dataclass
class _Modifiers:
    fixed: tuple[float | None, ...] = (None,)
    start: tuple[float | None, ...] = (None,)
    labels: tuple[str, ...] = ("",)
    seen: set[str] = field(default_factory=set)


def parse_model(text: str) -> list[Term]:
    """Read a model in lavaan's notation.

    Parameters
    ----------
    text : str
        Formulas, one a line or separated by semicolons; comments after # or !. Operators: ``=~`` (measured by), ``~``
        (regressed on), ``~~`` (covaries with), ``~ 1`` (intercept), ``|`` (thresholds), ``~*~`` (scale of an ordinal
        item), ``:=`` (defined as). Before a name and ``*``: a number (fixed), NA (free), a label, start(number), or
        c(...) of these with one for each group.

    Returns
    -------
    list of Term
        The terms in their order.

    Raises
    ------
    ValueError
        What cannot be read, with the line.

    Notes
    -----
    The notation of lavaan (Rosseel 2012, Journal of Statistical Software 48(2)); what it has beyond the operators above
    is refused.

    Examples
    --------
    >>> for term in parse_model("f =~ x1 + c(a, b)*x2; f ~ 0*1"):
    ...     print(term.left, term.operator, term.right, term.fixed, term.labels)
    f =~ x1 (None,) ('',)
    f =~ x2 (None,) ('a', 'b')
    f ~1  (0.0,) ('',)
    """
    terms: list[Term] = []
    for line in _formulas(text):
        terms += _read(line)
    if not terms:
        raise ValueError("the model is empty")
    return _merged(terms)


def _formulas(text: str) -> list[str]:
    """One string a formula; a line without an operator, or after one that is unfinished, continues the formula."""
    formulas: list[str] = []
    for raw in re.split(r"[\n;]", re.sub(r"[#!][^\n]*", "", text)):
        line = " ".join(raw.split())
        if not line:
            continue
        if re.match(r"(group|level|block)\s*:(?!=)", line):
            raise ValueError(f"blocks such as '{line}' cannot be read: name groups by c(...)")
        unfinished = formulas and re.search(r"[+*~|=(,/-]$", formulas[-1])
        if formulas and (unfinished or not _OPERATOR.search(line)):
            formulas[-1] += f" {line}"
        else:
            formulas.append(line)
    return formulas


def _read(line: str) -> list[Term]:
    found = _OPERATOR.search(line)
    if not found:
        raise ValueError(f"'{line}' has no operator: it needs one of {', '.join(OPERATORS)}")
    operator = found.group()
    if operator in _REFUSED:
        raise ValueError(f"{_REFUSED[operator]}, as in '{line}'")
    before, after = line[: found.start()].strip(), line[found.end() :].strip()
    if not before or not after:
        raise ValueError(f"'{line}' has nothing on one side of {operator}")
    if operator == ":=":
        if not _NAME.fullmatch(before):
            raise ValueError(f"'{before}' cannot be the name of a defined parameter, in '{line}'")
        return [Term(before, operator, after)]
    if other := _OPERATOR.search(after):
        raise ValueError(f"'{line}' has two operators, {operator} and {other.group()}")
    lefts = [name.strip() for name in before.split("+")]
    for name in lefts:
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{name}' is no name of a variable, in '{line}'")
    terms = []
    for left in lefts:
        for piece in _split(after, "+", line):
            name, modifiers = _term(piece, line)
            kind = operator
            if name == "1":
                if operator != "~":
                    raise ValueError(f"1 stands for an intercept only after ~, in '{line}'")
                kind, name = "~1", ""
            elif operator == "|" and not re.fullmatch(r"t[1-9]\d*", name):
                raise ValueError(f"thresholds are named t1, t2, ..., not {name}, in '{line}'")
            elif operator == "~*~" and name != left:
                raise ValueError(f"a scale is that of one item, such as x1 ~*~ x1, in '{line}'")
            elif operator in ("=~", "~") and name == left:
                raise ValueError(f"{name} stands on both sides of '{line}'")
            terms.append(Term(left, kind, name, modifiers.fixed, modifiers.start, modifiers.labels))
    return terms


def _split(text: str, separator: str, line: str) -> list[str]:
    """Pieces between separators outside of brackets; a sign that belongs to a number is no separator."""
    pieces, depth, current = [], 0, ""
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            break
        before = text[:place].rstrip()
        sign = separator == "+" and (not before or before[-1] in "*(," or re.search(r"\d[eE]$", before))
        if letter == separator and depth == 0 and not sign:
            pieces.append(current.strip())
            current = ""
        else:
            current += letter
    if depth:
        raise ValueError(f"the brackets in '{line}' do not match")
    pieces.append(current.strip())
    if "" in pieces:
        raise ValueError(f"something is missing beside {separator} in '{line}'")
    return pieces


def _term(piece: str, line: str) -> tuple[str, _Modifiers]:
    *texts, name = _split(piece, "*", line)
    if name != "1" and not _NAME.fullmatch(name):
        if ":" in name:
            raise ValueError(f"products such as {name} are not computed: put the product into the data, in '{line}'")
        raise ValueError(f"'{name}' is no name of a variable, in '{line}'")
    modifiers = _Modifiers()
    for text in texts:
        _modify(modifiers, text, line)
    return name, modifiers


def _modify(modifiers: _Modifiers, text: str, line: str) -> None:
    if start := re.fullmatch(r"start\s*\((.*)\)", text):
        modifiers.start = tuple(_number(value, line) for value in _values(start.group(1), line))
        kind = "start"
    else:
        label = re.fullmatch(r"label\s*\((.*)\)", text)
        values = _values(label.group(1) if label else text, line)
        kind = "value" if all(value == "NA" or _NUMBER.fullmatch(value) for value in values) else "label"
        if kind == "value":
            modifiers.fixed = tuple(_number(value, line) for value in values)
        else:
            if not all(_NAME.fullmatch(value) and value != "NA" for value in values):
                raise ValueError(f"'{text}' is neither numbers and NA nor labels, in '{line}'")
            modifiers.labels = tuple(values)
    if kind in modifiers.seen:
        raise ValueError(f"two {kind}s are given for one parameter, in '{line}'")
    modifiers.seen.add(kind)


def _values(text: str, line: str) -> list[str]:
    text = text.strip()
    inside = re.fullmatch(r"c\s*\((.*)\)", text)
    return [value.strip("\"' ") for value in _split(inside.group(1) if inside else text, ",", line)]


def _number(text: str, line: str) -> float | None:
    if text == "NA":
        return float("nan")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is neither a number, NA nor a label, in '{line}'")
    return float(text)


def _merged(terms: list[Term]) -> list[Term]:
    """Terms that name the same parameter as one, as in f =~ a*x and f =~ start(0.5)*x."""
    found: dict[tuple[str, str, str], Term] = {}
    for term in terms:
        key = (term.left, term.operator, term.right)
        if term.operator == "~~" and (turned := (term.right, "~~", term.left)) in found:
            key = turned
        if term.operator == ":=" and (named := [k for k in found if k[0] == term.left and k[1] == ":="]):
            raise ValueError(f"{named[0][0]} is defined twice")
        if key not in found:
            found[key] = term
            continue
        one = found[key]
        parts = []
        for name, empty in (("fixed", (None,)), ("start", (None,)), ("labels", ("",))):
            first, second = getattr(one, name), getattr(term, name)
            if first != empty and second != empty and first != second:
                raise ValueError(f"{key[0]} {key[1]} {key[2]} stands twice with different {name}".replace("  ", " "))
            parts.append(first if second == empty else second)
        found[key] = Term(*key, *parts)
    return list(found.values())
