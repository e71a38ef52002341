"""Citations and references, against the forms that the Publication Manual (7th edition) gives."""

from pathlib import Path

import pytest

from pipeline.manuscript.references import Citations, bibtex, formatted, read_references

KNOWN = read_references(Path(__file__).parents[4] / "workflow/references.yaml")


def test_citations_of_one_two_and_more_authors():
    citations = Citations(KNOWN)
    text = "by alpha [@mcdonald_1999; @cronbach_1951], @harman_jones_1966, (WAI-S; @@krause_2011), me@example.org"
    assert citations.put_into(text) == (
        "by alpha (Cronbach, 1951; McDonald, 1999), Harman and Jones (1966), (WAI-S; Krause et al., 2011), "
        "me@example.org"
    )
    assert [entry.key for entry in citations.entries] == [
        "cronbach_1951",
        "harman_jones_1966",
        "krause_2011",
        "mcdonald_1999",
    ]


def test_an_unknown_key_stops():
    with pytest.raises(KeyError, match="nobody_1900"):
        Citations(KNOWN).put_into("@nobody_1900")


@pytest.mark.parametrize(
    "key, shown",
    [
        (
            "harman_jones_1966",
            "Harman, H. H., & Jones, W. H. (1966). Factor analysis by minimizing residuals (minres). *Psychometrika*, "
            "*31*(3), 351–368. https://doi.org/10.1007/BF02289468",
        ),
        ("mcdonald_1999", "McDonald, R. P. (1999). *Test theory: A unified treatment*. Erlbaum."),
        (
            "satorra_bentler_1994",
            "Satorra, A., & Bentler, P. M. (1994). Corrections to test statistics and standard errors in covariance "
            "structure analysis. In A. von Eye & C. C. Clogg (Eds.), *Latent variables analysis: Applications for "
            "developmental research* (pp. 399–419). Sage.",
        ),
    ],
)
def test_an_article_a_book_and_a_chapter(key, shown):
    assert formatted(KNOWN[key]) == shown


def test_of_more_than_twenty_authors_the_first_nineteen_and_the_last():
    assert "Peterson, P., . . . Oliphant, T. E. (2020)." in formatted(KNOWN["numpy"])


def test_every_entry_can_be_printed():
    for entry in KNOWN.values():
        shown = formatted(entry, "1.0")
        assert f"({entry.year})" in shown and not {"{", "None"} & set(shown.split())
        assert bibtex([entry]).count("{") == bibtex([entry]).count("}")
