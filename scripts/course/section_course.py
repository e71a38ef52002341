"""The section on the course of the alliance, put together from its parts."""

from collections.abc import Callable

from course import growth_in_brief
from course.growth_blocks import growth_blocks, variance_blocks
from course.lag_blocks import lag_blocks
from course.phase_blocks import phase_blocks
from course.rupture_blocks import rupture_blocks
from course.session_blocks import session_blocks
from course.shape_blocks import shape_blocks
from pipeline.report.blocks import Block, Sentences
from pipeline.report.headlines import Held
from pipeline.report.results import Results
from pipeline.report.wording import words

# in the order of the report; each gives the blocks of one topic with its own heading, and none where it says nothing
PARTS: tuple[Callable[[Results], list[Block]], ...] = (
    variance_blocks,
    growth_blocks,
    session_blocks,
    phase_blocks,
    shape_blocks,
    rupture_blocks,
    lag_blocks,
)


def section(results: Results) -> list[Block]:
    """Blocks of all parts; the reason alone where there is no course."""
    sessions = results.table("course_sessions")
    if "form" not in sessions:
        return [Sentences([words("course").nothing(sessions["note"].iloc[0])])]
    return [block for part in PARTS for block in part(results)]


def brief(results: Results) -> list[Block | Held]:
    """What the first screen says of the course."""
    return growth_in_brief.brief(results)
