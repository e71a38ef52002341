"""The section on associations: correlations, differences between them, sessions, multitrait-multimethod matrices."""

from association import shown_mtmm as mtmm
from association import shown_tables as shown
from pipeline.report.blocks import Block, Folded, Heading, Note, Sentences, under
from pipeline.report.results import Results


def section(results: Results) -> list[Block]:
    """Every table and figure on associations."""
    labels, matrices = results.labels, results.table("mtmm")
    totals = shown.association_table(results.table("correlations"), labels)
    blocks: list[Block] = [
        totals
        if totals.rows
        else Sentences(
            ["There is only one total score, so there is no pair of measures to compare; the figure shows the scales."]
        ),
        *results.figure("correlations"),
        *under(
            "Do some measures go together more than others?",
            shown.differences_table(results.table("differences"), labels),
        ),
        *under(
            "Over sessions: within and between clients",
            shown.course_table(results.table("association_sessions"), labels),
        ),
        Heading("The same instruments from several perspectives"),
        Sentences(mtmm.mtmm_sentences(matrices)),
    ]
    criteria = mtmm.criteria_table(matrices)
    if criteria.rows:
        blocks += [
            Note(
                "Multitrait-multimethod matrix: traits are instruments or scales, methods are perspectives. A validity "
                "is the correlation of the same trait from two perspectives. A comparison holds when the validity is "
                "the higher one; the interval is that of the difference."
            ),
            criteria,
            *results.figure("mtmm"),
            Folded("Every comparison", [mtmm.comparisons_table(matrices, labels)]),
        ]
    return blocks + under(
        "Are the instruments distinct within a perspective?",
        Note(
            "Heterotrait-monotrait ratio of the item correlations (Henseler, Ringle and Sarstedt 2015; HTMT2 with "
            "geometric means): near 1 the items of two instruments correlate as if they were of one. Below .85 or .90 "
            "two instruments count as distinct."
        ),
        mtmm.htmt_table(matrices, labels),
    )
