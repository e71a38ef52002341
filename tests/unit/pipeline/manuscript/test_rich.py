"""The little of Markdown that tables and paragraphs hold."""

import pytest

from pipeline.manuscript.rich import Run, literal, plain, runs


def test_italics_bold_and_raised_parts():
    assert runs("*r*^2^ = **.36**") == [
        Run("r", italic=True),
        Run("2", raised=True),
        Run(" = "),
        Run(".36", bold=True),
    ]


@pytest.mark.parametrize("text", ["a*b", "2^3", "back\\slash", "***", "plain", ""])
def test_a_literal_text_is_read_as_it_is(text):
    assert plain(literal(text)) == text
    assert all(run == Run(run.text) for run in runs(literal(text)))
