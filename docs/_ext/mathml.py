"""Formulas as MathML, which browsers draw without a script, so that no page loads anything from elsewhere."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


# what the parser of docutils takes otherwise than LaTeX does
REPAIRS = {
    r"\\([bB]ig)(?=[^A-Za-z])": r"\\\1l",  # \Big/ is unknown to it, \Bigl/ is not
    r"(\\[td]?frac)(\d)(\d)": r"\1{\2}{\3}",  # \frac14 is a quarter
    r"(\\(?:bar|hat|tilde|dot)\s*(?:\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]))(?=_)": r"{\1{}}",  # an index beside, not below
}


def mathml(formula: str, *, block: bool) -> str:
    """MathML of a formula in LaTeX."""
    for pattern, replacement in REPAIRS.items():
        formula = re.sub(pattern, replacement, formula)
    if block and "\\\\" in re.sub(r"\\begin\{(\w+)\}.*?\\end\{\1\}", "", formula, flags=re.DOTALL):
        formula = f"\\begin{{aligned}}{formula}\\end{{aligned}}"
    return tex2mathml(formula, as_block=block)


def visit(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    block = isinstance(node, nodes.math_block)
    try:
        translator.body.append(mathml(node.astext(), block=block))
    except (MathError, AttributeError) as fault:  # its parser ends in an AttributeError where & stands without a table
        logger.warning("formula not understood: %s (%s)", node.astext(), fault, location=node)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
