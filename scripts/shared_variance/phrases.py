"""Turns of phrase that the generated sentences have in common."""

import numpy as np

NUMBERS = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def interval(share: tuple[float, float, float], level: float, marks: tuple[float, ...] = ()) -> str:
    """`36 % (95 % CI 26 to 45)`; a decimal more where rounding would meet a mark that the value does not meet."""

    def shown(value):
        close = any(value != mark and abs(value - mark) < 0.005 for mark in marks)
        digits = 1 if close else 0
        return f"{round(100 * value, digits) + 0:.{digits}f}".replace("-", "−")  # + 0: no minus before a zero

    estimate = f"{shown(share[0])} %"
    if not np.isfinite(share).all():
        return f"{estimate} (no interval)"
    return f"{estimate} ({100 * level:g} % CI {shown(share[1])} to {shown(share[2])})"


def counted(chosen: list[str], everyone: list[str]) -> str:
    """`all three pairs`, `this pair`, or how many and which."""
    if len(chosen) == len(everyone):
        return {1: "this pair", 2: "both pairs"}.get(len(chosen), f"all {NUMBERS.get(len(chosen), len(chosen))} pairs")
    return f"{len(chosen)} of {len(everyone)} pairs ({'; '.join(chosen)})"


def any_of(everyone: list[str]) -> str:
    """After a negation: `this pair`, `either pair`, `any of the pairs`."""
    return {1: "this pair", 2: "either pair"}.get(len(everyone), "any of the pairs")


def share_verb(chosen: list[str]) -> str:
    """Of so many pairs."""
    return "shares" if len(chosen) == 1 else "share"


def listed(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def whole(share: float) -> str:
    """`50` for .50."""
    return f"{100 * share:g}"


def without_key(note: str) -> str:
    """A reason without the remark on a provisional key and without its full stop."""
    return str(note).split("; provisional")[0].removesuffix(".") or "no reason was given"
