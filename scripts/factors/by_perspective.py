"""What the sections on the factor analysis say of each perspective, one part after the other."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.report.blocks import Block, Folded, Heading, Table
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
    for perspective in results.dataset.factored:
        heading = Heading(words("factors").answered_by(perspective), prominent=True)
        blocks += [heading, *_named(describe(results, perspective), perspective)]
    return blocks


def _named(blocks: list[Block], perspective: str) -> list[Block]:
    """Put the perspective into the paths of tables, so that they lead to its files."""
    return [
        replace(block, source=block.source.replace("<perspective>", perspective))
        if isinstance(block, Table)
        else replace(block, blocks=_named(block.blocks, perspective))
        if isinstance(block, Folded)
        else block
        for block in blocks
    ]
