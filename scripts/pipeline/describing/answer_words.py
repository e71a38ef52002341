"""Answers in words: their numbers, where series of words are known."""

import re

MOST_WORDS = 12  # answers in words
CODED = re.compile(r"AO?(\d{1,3})")  # codes of answers as LimeSurvey suggests them
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
