"""What the sections on the factor analysis say of each perspective, one part after the other."""

from collections.abc import Callable

from pipeline.report.blocks import Block, Heading
from pipeline.report.results import Results
from pipeline.report.wording import words


def by_perspective(results: Results, describe: Callable[[Results, str], list[Block]]) -> list[Block]:
    """Put the part of every perspective under its heading.

    Parameters
    ----------
    results : Results
        The results of the data set.
    describe : callable
        Makes the blocks of one perspective.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    blocks: list[Block] = []
    for perspective in results.dataset.perspectives:
        heading = Heading(words("factors").answered_by(perspective), prominent=True)
        blocks += [heading, *describe(results, perspective)]
    return blocks
