"""One style for every figure, and files whose bytes do not depend on when or where they were drawn."""

import io
import re
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from fontTools.subset import Options
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline.data.job import InputError
from pipeline.data.tables import write_atomically
from pipeline.drawing.look import PADDING, look
from pipeline.drawing.numerals import mark_ticks
from pipeline.drawing.values import told_areas

# A PDF places every glyph itself: the tables by which programs set text are half the time of embedding a font.
Options._drop_tables_default += ["GDEF", "GPOS", "GSUB"]
STYLE = Path(__file__).parents[2] / "figures" / "figures.mplstyle"
OWN_FONT = "DejaVu Sans"  # comes with matplotlib; it also has the signs that a chosen font lacks
# dots per inch: of a PNG for word processors, slides and preprints, of a TIFF as journals ask for line art with text
RESOLUTION = {".png": 300, ".tiff": 600}
GRID = 100  # of an inch: edges of figures lie on whole pixels
FEW = 256  # colours of a PNG
NO_DATES = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    ".svg": {"Date": None, "Creator": None},
}


@contextmanager
def figure_style():
    """Draw inside the project's style sheet, whatever this machine's own settings of matplotlib say."""
    font = look().font
    try:
        font_manager.findfont(font, fallback_to_default=False)
    except ValueError:
        raise InputError(
            f"config.yaml: figures: font: there is no font '{font}' on this machine; install it, or use {OWN_FONT}."
        ) from None
    with matplotlib.rc_context(fname=STYLE):
        matplotlib.rcParams["font.family"] = list(dict.fromkeys([font, OWN_FONT]))
        yield


def save_figure(figure: Figure, paths: Iterable[Path], title: str = "", note: str = "") -> None:
    """Write one figure as each of `paths`; the ending (.pdf, .svg, .png, .tiff) names the kind.

    The figure is laid out once: every kind has the same places, and layout takes longer than drawing.

    Parameters
    ----------
    figure : Figure
        What is drawn.
    paths : iterable of Path
        The files.
    title, note : str
        The caption, which the files hold as their title and description.
    """
    for axes in figure.axes:
        for own in (axes, *axes.child_axes):
            mark_ticks(own)
    figure.set_dpi(matplotlib.rcParams["savefig.dpi"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    if engine := figure.get_layout_engine():
        engine.execute(figure)  # without drawing everything, which takes as long as a file
    box = on_grid(figure.get_tightbbox(renderer).padded(PADDING))
    # with an engine, even the one that lays out nothing, every file would be drawn twice
    with matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
        areas = told_areas(figure, box)
        for path in map(Path, paths):
            if path.suffix in RESOLUTION:
                raster = pixels(figure, box, RESOLUTION[path.suffix])
                content = as_png(raster, title, note) if path.suffix == ".png" else as_tiff(raster)
            else:
                texts = {"Title": title, "Description" if path.suffix == ".svg" else "Subject": note}
                about = NO_DATES[path.suffix] | {name: text for name, text in texts.items() if text}
                buffer = io.BytesIO()
                with matplotlib.rc_context({"svg.hashsalt": path.stem}):
                    figure.savefig(buffer, format=path.suffix[1:], metadata=about, bbox_inches=box, dpi=300)
                content = buffer.getvalue()
                if path.suffix == ".svg":
                    content = lean(numbered_clips(content)).replace(b"</svg>", areas + b"</svg>")
            write_atomically(path, content)


def on_grid(box: Bbox) -> Bbox:
    """The smallest box of whole steps of the grid around a box, in inches; a little more, so that no pixel is lost."""
    low, high = np.floor(box.min * GRID) / GRID, np.ceil(box.max * GRID) / GRID
    return Bbox([low, high + 0.25 / max(RESOLUTION.values())])


def pixels(figure: Figure, box: Bbox, resolution: int) -> np.ndarray:
    """Draw the part of a figure inside the box with so many dots per inch: rows x columns x RGBA."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="raw", bbox_inches=box, dpi=resolution)
    size = (round(box.height * GRID) * resolution // GRID, round(box.width * GRID) * resolution // GRID)
    return np.frombuffer(buffer.getbuffer(), np.uint8).reshape(*size, 4)


def as_png(raster: np.ndarray, title: str, note: str) -> bytes:
    """With a palette: a figure has few colours, and takes a quarter of the bytes and half of the time."""
    about = PngInfo()
    for name, text in (("Title", title), ("Description", note)):
        if text:
            about.add_itxt(name, text)
    buffer = io.BytesIO()
    with_palette(raster).save(buffer, "PNG", dpi=(RESOLUTION[".png"],) * 2, pnginfo=about, compress_level=4)
    return buffer.getvalue()


def with_palette(raster: np.ndarray) -> Image.Image:
    """The colours of areas stay exactly as they are; only shades at the edges of letters and lines are gathered.

    Colours that differ in the last three bits only are one; the most frequent ones in a sixteenth of the pixels make
    the palette.
    """
    sample = raster[::4, ::4, :3].reshape(-1, 3).astype(np.uint32)
    exact, counts = np.unique(sample @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_counts=True)
    exact = exact[np.argsort(counts, kind="stable")[::-1]]
    _, first = np.unique(exact & 0xF8F8F8, return_index=True)
    kept = exact[np.sort(first)[:FEW]]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.stack([kept >> 16, kept >> 8 & 255, kept & 255], axis=1).astype(np.uint8).tobytes())
    return Image.fromarray(raster).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)


def as_tiff(raster: np.ndarray) -> bytes:
    """Without losses, as publishers take it."""
    buffer = io.BytesIO()
    Image.fromarray(raster).convert("RGB").save(buffer, "TIFF", dpi=(RESOLUTION[".tiff"],) * 2, compression="tiff_lzw")
    return buffer.getvalue()


def numbered_clips(svg: bytes) -> bytes:
    """Number the clip paths of an SVG in the order in which they appear.

    Matplotlib names them after the digits of their place on the page, and the last of these digits depend on where in
    memory the layout's solver keeps its variables.
    """
    names: dict[bytes, bytes] = {}
    for name in re.findall(rb"url\(#(p[0-9a-f]{10})\)", svg):
        names.setdefault(name, b"clip%d" % (len(names) + 1))
    return re.sub(rb"\bp[0-9a-f]{10}\b", lambda found: names.get(found[0], found[0]), svg)


def lean(svg: bytes) -> bytes:
    """The same picture in half of the bytes, because a report holds all of its figures.

    Comments and spaces go, coordinates have two decimals (1/7000 of an inch), and letters have short names. Letters are
    outlines, so that the picture is the same wherever it is shown.
    """
    svg = re.sub(rb"<!--.*?-->", b"", svg, flags=re.DOTALL)
    svg = re.sub(rb'(<use xlink:href="#[^"]+") transform="translate\(([\d.-]+) 0\)"', shifted, svg)
    svg = re.sub(rb'(?<= d=")[^"]*', lambda path: rounded(re.sub(rb"\s+", b" ", path[0]).strip()), svg)
    svg = re.sub(rb'(?<=translate\()[^)]*|(?<= [xy]=")[^"]*', lambda place: rounded(place[0]), svg)
    svg = re.sub(rb'(?<= style=")[^"]*', lambda style: style[0].replace(b": ", b":").replace(b"; ", b";"), svg)
    svg = re.sub(rb'(?<=["#])DejaVuSans-(Bold-)?(?=[0-9a-f]+")', lambda font: b"b" if font[1] else b"s", svg)
    return re.sub(rb">\s+<", b"><", svg)


def shifted(letter: re.Match[bytes]) -> bytes:
    """A letter of a line of text at its place; one letter is at most 2048 units wide."""
    return b'%s x="%.1f"' % (letter[1], float(letter[2]))


def rounded(text: bytes) -> bytes:
    """Every number in a text with two decimals."""
    return re.sub(rb"-?\d+\.\d{3,}", lambda found: (b"%.2f" % float(found[0])).rstrip(b"0").rstrip(b"."), text)
