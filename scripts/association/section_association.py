"""The section on associations: correlations, differences between them, sessions, multitrait-multimethod matrices."""

import pandas as pd

from association import shown_mtmm
from association import shown_tables as shown
from association.facts_on_mtmm import Absence, read_matrices
from pipeline.report.blocks import Block, Folded, Heading, Note, Sentences, folded, under
from pipeline.report.results import Results
from pipeline.report.wording import words


def section(results: Results) -> list[Block]:
    """Show every table and figure on associations.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say, labels, matrices = words("association"), results.labels, results.table("mtmm")
    totals = shown.association_table(results.table("correlations"), labels)
    blocks: list[Block] = [
        totals if totals.rows else Sentences([say.one_total()]),
        *results.figure("correlations"),
        *folded(say.heading("published"), results.figure("published_correlations")),
        *under(say.heading("differences"), shown.differences_table(results.table("differences"), labels)),
        *under(say.heading("sessions"), shown.course_table(results.table("association_sessions"), labels)),
        Heading(say.heading("mtmm")),
        Sentences(mtmm_sentences(matrices)),
    ]
    criteria = shown_mtmm.criteria_table(matrices)
    if criteria.rows:
        blocks += [
            Note(say.how_to_read_mtmm()),
            criteria,
            *results.figure("mtmm"),
            Folded(say.heading("comparisons"), [shown_mtmm.comparisons_table(matrices, labels)]),
        ]
    return blocks + under(say.heading("htmt"), Note(say.how_to_read_htmt()), shown_mtmm.htmt_table(matrices, labels))


def mtmm_sentences(mtmm: pd.DataFrame) -> list[str]:
    """Write one paragraph for each matrix; the reason where there is none.

    Parameters
    ----------
    mtmm : pandas.DataFrame
        The table of multitrait-multimethod matrices.

    Returns
    -------
    list of str
        In the order of the table.
    """
    say = words("association")
    return [
        say.no_matrix(found.title, found.reason) if isinstance(found, Absence) else say.matrix(found)
        for found in read_matrices(mtmm)
    ]
