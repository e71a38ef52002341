"""One look for every figure, and files whose bytes do not depend on when or where they were drawn."""

import io
import re
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from fontTools.subset import Options
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipeline.data.tables import write_atomically

# A PDF places every glyph itself: the tables by which programs set text are half the time of embedding a font.
Options._drop_tables_default += ["GDEF", "GPOS", "GSUB"]
STYLE = Path(__file__).parents[2] / "figures" / "figures.mplstyle"
# Okabe & Ito (2008): distinguishable with every common form of colour blindness
COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
    "grey": "#8A8A8A",
}
NO_DATES = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
}


@contextmanager
def figure_style():
    """Draw inside the project's style sheet, whatever this machine's own settings of matplotlib say."""
    with matplotlib.rc_context(fname=STYLE):
        yield


def save_figure(figure: Figure, paths: Iterable[Path]) -> None:
    """Write one figure as each of `paths`; the ending (.pdf, .svg, .png) names the kind.

    The figure is laid out once: every kind has the same places, and layout takes longer than drawing.
    """
    figure.set_dpi(matplotlib.rcParams["savefig.dpi"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    box = figure.get_tightbbox(renderer).padded(matplotlib.rcParams["savefig.pad_inches"])
    with matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
    for path in map(Path, paths):
        buffer = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": path.stem}):
            figure.savefig(buffer, format=path.suffix[1:], metadata=NO_DATES[path.suffix], bbox_inches=box)
        content = buffer.getvalue()
        write_atomically(path, numbered_clips(content) if path.suffix == ".svg" else content)


def numbered_clips(svg: bytes) -> bytes:
    """Number the clip paths of an SVG in the order in which they appear.

    Matplotlib names them after the digits of their place on the page, and the last of these digits depend on where in
    memory the layout's solver keeps its variables.
    """
    names: dict[bytes, bytes] = {}
    for name in re.findall(rb"url\(#(p[0-9a-f]{10})\)", svg):
        names.setdefault(name, b"clip%d" % (len(names) + 1))
    return re.sub(rb"\bp[0-9a-f]{10}\b", lambda found: names.get(found[0], found[0]), svg)
