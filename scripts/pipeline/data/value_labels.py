"""Value labels of SPSS, Stata and SAS files: those that name no answer, and scales that run from much to little."""

import re

import pandas as pd

# words that a label of no answer holds; in lower case
NO_ANSWER = re.compile(
    r"\b(cannot say|can't say|can not say|don'?t know|do not know|not sure|unsure|no answer|not answered|no response|"
    r"not applicable|does not apply to me|n/?a|refused|declined|missing|skipped|prefer not|"
    r"wei(ß|ss) nicht|keine angabe|k\.? ?a\.?|nicht beantwortet|trifft nicht auf mich zu|kann ich nicht sagen|fehlend|"
    r"no sabe|no contesta|no aplica|ns/?nc|ne sait pas|sans r[ée]ponse|sans objet|non so|geen antwoord|weet niet)\b|"
    r"#null!"  # SPSS's word for an empty cell
)
HIGH = re.compile(r"\b(always|very often|strongly agree|completely|very much|immer|sehr oft|siempre|toujours|sempre)\b")
LOW = re.compile(
    r"\b(never|seldom|rarely|strongly disagree|not at all|nie|niemals|selten|gar nicht|nunca|rara vez|jamais|mai)\b"
)


def no_answer_labels(labels: dict[float, str], low: float, high: float) -> list[float]:
    """Find values inside a form's range whose label says that they are no answer.

    Parameters
    ----------
    labels : dict of float to str
        Value -> label.
    low, high : float
        Range of the form.

    Returns
    -------
    list of float
        The values in order.
    """
    return sorted(
        value for value, label in labels.items() if low <= value <= high and NO_ANSWER.search(label.strip().lower())
    )


def runs_down(labels: dict[float, str]) -> bool:
    """Say whether the lowest labelled value means most and the highest least, as where 1 is labelled always.

    Parameters
    ----------
    labels : dict of float to str
        Value -> label, of answers only.

    Returns
    -------
    bool
        False also where the labels do not tell.
    """
    if len(labels) < 2:
        return False
    first, last = (labels[value].strip().lower() for value in (min(labels), max(labels)))
    return bool(HIGH.search(first) and LOW.search(last))


def labelled_groups(groups: pd.Series, labels: dict[float, str] | None) -> pd.Series:
    """Call groups by the labels that the file has for their numbers.

    Parameters
    ----------
    groups : pandas.Series
        Text, such as "1"; missing where a person has none.
    labels : dict of float to str, optional
        Value -> label; groups keep their numbers where one of them has no label, or two have the same.

    Returns
    -------
    pandas.Series
        Text.

    Examples
    --------
    >>> labelled_groups(pd.Series(["1", "2", None]), {1.0: "waiting list", 2.0: "therapy"}).tolist()
    ['waiting list', 'therapy', None]
    """
    named = {f"{value:g}": label.strip() for value, label in (labels or {}).items()}
    known = {group: named.get(group, "") for group in groups.dropna().unique()}
    if not all(known.values()) or len(set(known.values())) < len(known):
        return groups
    return groups.map(known, na_action="ignore").astype(object).where(groups.notna(), None)
