"""What the options of the dialog say: names, pairs, limits and numbers."""

import re

from pipeline.data.job import InputError

NONE = "none"


def named_values(text: str, option: str) -> dict[str, str]:
    return dict(named_value(pair, option) for pair in text.split(","))


def named_value(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=") if option != "--keep" else text.partition("=")
    if not equals:
        raise InputError(f"{option}: '{text}' should be like name=value.")
    return name.strip(), value.strip()


def limits_of(text: str, option: str) -> list[float]:
    low, dots, high = text.partition("..")
    if not dots:
        raise InputError(f"{option}: '{text}' should be like 0..10.")
    return [number_of(low), number_of(high)]


def number_of(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"'{text}' is not a number.") from None
    return int(number) if number.is_integer() else number


def codes_for(column: str, said: list[str]) -> list[float | str] | None:
    """Codes for missing of a column: what bdi=9,99 says of it, else what 9,99 says of all; None where nothing is said.

    Codes are numbers and texts such as #NULL!; there are none of them where it says none.
    """
    of = {name.strip(): codes for name, _, codes in (text.rpartition("=") for text in said)}
    text = of.get(column, of.get(""))
    if text is None:
        return None
    return [] if text == NONE else [_number_or_text(code.strip()) for code in text.split(",")]


def _number_or_text(text: str) -> float | str:
    try:
        return number_of(text)
    except InputError:
        return text


def listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def plain_name(text: str) -> str:
    """A name for a variable or a data set."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
    return plain if plain[:1].isalpha() else f"v_{plain}"
