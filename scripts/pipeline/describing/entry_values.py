"""What the answers of an entry mean: codes for missing, words, range, and whether items were turned."""

import argparse

import pandas as pd

from pipeline.data.job import InputError
from pipeline.data.reading import as_text
from pipeline.data.value_labels import NO_ANSWER
from pipeline.describing.answer_words import MOST_WORDS, number_in_front, on_a_ladder
from pipeline.describing.described_file import File
from pipeline.describing.dialog import Dialog
from pipeline.describing.forms_in_files import Found
from pipeline.describing.option_values import codes_for, limits_of, listed, named_values, number_of
from pipeline.describing.turned_items import already_turned


def values_of(
    file: File, one: Found, form: str, pattern: str, given: argparse.Namespace, dialog: Dialog, forms: dict
) -> dict:
    """`missing_codes:`, `recode:` and `range:`."""
    place = f"{file.path.name}, {pattern}"
    low, high = forms[form]["range"]
    found: dict = {}
    codes: list = [code for code in one.codes if not low <= code <= high or code in _no_answer(one)]
    named = codes_for("", given.missing_codes)
    if named is not None:
        codes = named
    words = [word for word in one.words if word not in codes]
    no_answer = [word for word in words if NO_ANSWER.search(word.strip().lower())]
    codes += no_answer
    words = [word for word in words if word not in no_answer]
    if given.range:
        found["range"] = limits_of(given.range, "--range")
        low, high = found["range"]
    if words and given.recode:
        recode = {word: number_of(number) for word, number in named_values(given.recode, "--recode").items()}
        found["recode"] = {word: number for word, number in recode.items() if word in one.words or word.isdigit()}
    elif given.recode:
        found["recode"] = {word: number_of(number) for word, number in named_values(given.recode, "--recode").items()}
    elif words:
        found["recode"] = _recode(words, one.labels, low, high, place, dialog)
    odd = [value for value in one.odd if value not in codes and not low <= value <= high]
    if odd and "recode" not in found and named is None:
        edition = f"range {one.low:g}..{one.high:g}"
        missing = f"missing codes {listed(odd)}"
        few = len(odd) <= 2 and all(value > high or value < 0 for value in odd)
        shown = listed(odd[:5]) + (", ..." if len(odd) > 5 else "")
        question = f"{place}: {shown} outside the range {low:g} to {high:g} of {form}: what are they"
        chosen = dialog.choose(
            question,
            [missing, edition, "mistakes"],
            "--missing-codes or --range",
            missing if few else edition if len(odd) <= 2 else "mistakes",
        )
        if chosen == missing:
            codes += odd
        elif chosen == edition:
            found["range"] = [one.low, one.high]
    return found | ({"missing_codes": codes} if codes else {})


def _no_answer(one: Found) -> list[float]:
    return [value for value, label in one.labels.items() if NO_ANSWER.search(label.strip().lower())]


def _recode(
    words: list[str], labels: dict[float, str], low: float, high: float, place: str, dialog: Dialog
) -> dict[str, float]:
    if len(words) > MOST_WORDS:
        raise InputError(f"{place}: {len(words)} different texts; these are not answers to choose from.")
    labelled = {label: value for value, label in labels.items()}
    if len(labelled) == len(labels) and set(words) <= set(labelled):
        return dict(sorted(((word, labelled[word]) for word in words), key=lambda pair: pair[1]))
    numbers = number_in_front(words) or on_a_ladder(words, low, high)
    if numbers:
        return dict(sorted(numbers.items(), key=lambda pair: pair[1]))
    print(f"{place}: the answers are {', '.join(repr(word) for word in words)}")
    said = dialog.write(
        f"{place}: the numbers of the answers in words ({low:g} to {high:g}), as in never={low:g},always={high:g}",
        "--recode",
    )
    found = {word: number_of(number) for word, number in named_values(said, "--recode").items()}
    if absent := [word for word in words if word not in found]:
        raise InputError(f"{place}: --recode gives no number for '{absent[0]}'.")
    return found


def turned_of(
    file: File,
    one: Found,
    form: str,
    frame: pd.DataFrame,
    content: dict,
    pattern: str,
    given: argparse.Namespace,
    dialog: Dialog,
    forms: dict,
) -> dict:
    """`reverse: []` where the file holds answers that are turned already."""
    reverse = forms[form].get("reverse", [])
    if not reverse or file.long or one.block.sessions or given.turned == "no":
        return {}
    if given.turned == "yes":
        return {"reverse": []}
    names = dict(enumerate(one.block.names, start=1))
    codes = {str(code) for code in content.get("missing_codes", [])}
    plain = frame[one.block.names].apply(
        lambda column: as_text(column).map(lambda text: None if text in codes else text)
    )
    if recode := {str(word): str(number) for word, number in content.get("recode", {}).items()}:
        plain = plain.map(lambda text: recode.get(text, text))
    if not already_turned(plain, names, reverse):
        return {}
    question = (
        f"{file.path.name}, {pattern}: the reverse-keyed items of {form} correlate positively with the others; were "
        "they reversed before the file was written"
    )
    return {"reverse": []} if dialog.choose(question, ["yes", "no"], "--turned", "yes") == "yes" else {}
