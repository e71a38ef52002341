"""Turns of phrase, and templates whose passages are called with facts."""

import jinja2
import pytest

from pipeline.report.wording import FOLDER, environment, listed, plural, sentence, spelt, tidy, unbroken, with_ci, words

ROW = {"estimate": 0.834, "lower": 0.8, "upper": 0.861, "level": 0.95}


@pytest.mark.parametrize(
    "parts, text", [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(parts, text):
    assert listed(parts) == text


def test_plural():
    assert [plural(1, "pair"), plural(3, "pair"), plural(2, "analysis", "analyses")] == [
        "1 pair",
        "3 pairs",
        "2 analyses",
    ]


def test_small_numbers_are_spelt():
    assert [spelt(3), spelt(9), spelt(10)] == ["three", "nine", "10"]


def test_interval():
    assert with_ci(ROW) == ".83, 95% CI [.80, .86]"
    assert with_ci(ROW | {"lower": float("nan")}) == ".83"


def test_sentence():
    assert [sentence("a b."), sentence("a b"), sentence("")] == ["A b.", "A b.", ""]


def test_a_passage_is_one_line_of_plain_text():
    assert words("reliability").brief(0.81, 0.93, 2) == "Alpha of the total scores: .81 to .93."
    assert words("reliability").brief(0.81, 0.81, 1) == "Alpha of the total score: .81."


def test_a_template_may_break_its_lines_anywhere():
    assert tidy(" Of 4 ,\n 1 holds\n; r =  .59 .\n") == "Of 4, 1 holds; r = .59."


def test_no_break_spaces_stay():
    assert unbroken("n = 7") == "n\u00a0=\u00a07"
    assert tidy(f"\n 1  {unbroken('a b')}\u00a0.\n") == "1 a\u00a0b\u00a0."
    assert words("phrases").dash() == "–:\u00a0no\u00a0estimate."


@pytest.mark.parametrize(
    "chosen, text", [("a", "1 of 3 pairs (a)"), ("ab", "2 of 3 pairs (a; b)"), ("abc", "all three pairs")]
)
def test_counted(chosen, text):
    assert words("phrases").counted(list(chosen), list("abc")) == text


def test_a_missing_fact_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        words("reliability").brief()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.j2")), ids=lambda path: path.stem)
def test_every_template_can_be_read(path):
    assert environment().get_template(path.name)
