"""What the figures of a data set share: lettering, names as people read them, and what to draw without numbers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from pipeline.data.dataset import Dataset, Form
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.colours import DARK, INK
from pipeline.drawing.look import MM, in_one_column, look, width
from pipeline.drawing.style import save_figure
from pipeline.report.numbers import percent_as_given
from pipeline.report.page import NOTHING_DRAWN
from pipeline.report.wording import sentence, unbroken, words

IN_ONE_COLUMN = 24  # characters of a line of a heading
COLUMN_HEAD: dict[str, Any] = {"va": "bottom", "size": 8, "color": INK}


@dataclass(frozen=True)
class Lettering:
    """Title and note of a figure, which stand in its caption.

    Attributes
    ----------
    subject : str
        What the figure shows, as a phrase.
    warning : str
        What a reader must not overlook; empty for nothing.
    notes : list of str
        Full sentences.
    """

    subject: str
    warning: str
    notes: list[str]


_collected: ContextVar[list[Lettering] | None] = ContextVar("collected", default=None)


@contextmanager
def collected_lettering() -> Iterator[list[Lettering]]:
    """Collect the title and note of every figure, for captions; figures with nothing to show are not drawn."""
    collected: list[Lettering] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)


def finish(
    figure: Figure, subject: str, notes: Iterable[str], dataset: Dataset, forms: Iterable[Form], paths: Iterable[Path]
) -> None:
    """Write a figure, and its title and note into the files; for slides draw them as well.

    Parameters
    ----------
    figure : Figure
        What was drawn.
    subject : str
        What the figure shows, as a phrase.
    notes : iterable of str
        Full sentences; they are set as one paragraph.
    dataset : Dataset
        It is named on slides.
    forms : iterable of Form
        The forms that the figure rests on: a provisional key among them is named.
    paths : iterable of Path
        The files to write.
    """
    lettering = Lettering(subject, warning(dataset, forms), [note for note in notes if note])
    collected = _collected.get()
    if collected is not None:
        collected.append(lettering)
    elif look().lettering:
        draw_lettering(figure, lettering, dataset.title)
    note = " ".join([*lettering.notes, sentence(lettering.warning)]).strip()
    save_figure(figure, paths, f"{subject[:1].upper()}{subject[1:]}", note)


def draw_lettering(figure: Figure, lettering: Lettering, title: str) -> None:
    """Draw the heading above and the notes below a figure."""
    across = figure.get_figwidth() / MM
    height = 2.0
    heading: list[tuple[str, dict[str, Any]]] = [
        (lettering.warning, {"size": 8, "style": "italic"}),
        (lettering.subject, {"size": 9}),
        (title, {"size": 11, "weight": "bold"}),
    ]
    for text, appearance in heading:
        if text:
            wrapped = fill(text, int(4.7 * across / appearance["size"]))
            beside(figure, 1, height, wrapped, va="bottom", **appearance)
            height += 0.45 * appearance["size"] * (1 + wrapped.count("\n"))
    beside(figure, 0, -2.0, fill(" ".join(lettering.notes), int(0.62 * across)), va="top", size=8, linespacing=1.4)


def beside(figure: Figure, y: float, offset: float, text: str, **appearance: Any) -> None:
    """Text at the left edge of a figure, `offset` mm above (or below, if negative) the height `y` in 0 to 1."""
    shift = ScaledTranslation(0, offset * MM, figure.dpi_scale_trans)
    figure.text(0, y, text, transform=figure.transFigure + shift, **appearance)


def warning(dataset: Dataset, forms: Iterable[Form]) -> str:
    """What a reader must not overlook: simulated data, provisional keys."""
    provisional = dict.fromkeys(form.label for form in forms if form.key_status == "provisional")
    parts = ["Simulated data"] * dataset.simulated
    parts += [f"provisional key: {', '.join(provisional)}"] if provisional else []
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def draw_reason(
    table: pd.DataFrame, subject: str, dataset: Dataset, forms: Iterable[Form], paths: Iterable[Path]
) -> None:
    """The figure of a table without an estimate: the reasons that its notes give, as text; reports leave it out."""
    if _collected.get() is not None:
        return
    reasons = dict.fromkeys(note for note in table["note"] if note)
    text = fill(words("phrases").not_drawn(list(reasons)), 95)
    figure = Figure(figsize=(width() * MM, (12 + 4.5 * text.count("\n")) * MM))
    figure.set_layout_engine("none")
    grey = Rectangle((0, 0), 1, 1, transform=figure.transFigure, facecolor="#F2F2F2", zorder=-1, gid=NOTHING_DRAWN)
    figure.add_artist(grey)
    figure.text(0.5, 0.5, text, ha="center", va="center", size=9)
    finish(figure, subject, [], dataset, forms, paths)


def forest(height: float, ratios: tuple[float, float], needs: int = 1) -> tuple[Figure, Axes, Axes | None]:
    """A figure of a height in mm with room for points and, beside them, for numbers; in one column without numbers.

    needs : columns of a journal that the names of the rows need.
    """
    figure = Figure(figsize=(width(needs) * MM, height * MM))
    if in_one_column() and needs == 1:
        return figure, figure.subplots(), None
    axis, numbers = figure.subplots(1, 2, width_ratios=ratios, sharey=True)
    numbers.set(xlim=(0, 1))
    numbers.axis("off")
    return figure, axis, numbers


def head_columns(axis: Axes, numbers: Axes | None, columns: dict[str, tuple[float, str]], symbols_at: float) -> None:
    """Headings of the columns of numbers beside a forest, which are its legend as well; without numbers a legend alone.

    columns : name -> place in 0 to 1, and symbol and heading on two lines; symbols_at : height of the symbols, in rows.
    """
    if numbers is None:
        heads = [heading.replace("\n", " ") for _, heading in columns.values() if not heading.startswith("\n")]
        axis.text(1, symbols_at, "    ".join(heads), ha="right", transform=axis.get_yaxis_transform(), **COLUMN_HEAD)
        return
    for x, heading in columns.values():
        symbol, _, name = heading.partition("\n")
        numbers.text(x, -0.6, name, ha="center", **COLUMN_HEAD)
        numbers.text(x, symbols_at, symbol, ha="center", **COLUMN_HEAD | {"color": DARK, "size": 9})


def name_rows(axis: Axes, rows: pd.DataFrame, name: str) -> None:
    """Names of a forest's rows, under headings in bold; `rows` have columns place, heading and the one of the names."""
    heads = rows.groupby("heading", sort=False)["place"].min() - 1
    names = rows.groupby("place")[name].first()
    headings = [fill(head, IN_ONE_COLUMN) if in_one_column() else head for head in heads.index]
    axis.set_yticks([*heads, *names.index], [*headings, *names])
    for label in axis.get_yticklabels()[: len(heads)]:
        label.set_fontweight("bold")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def occasion_name(dataset: Dataset) -> str:
    """`session 3`, `first session`, `last session`; empty where there is only a matrix."""
    if not dataset.has_people:
        return ""
    return f"session {dataset.occasion}" if isinstance(dataset.occasion, int) else f"{dataset.occasion} session"


def subject_of(what: str, dataset: Dataset, perspective: str) -> str:
    """What a figure of one perspective shows, whose answers these are, and when they were given."""
    return ", ".join(filter(None, [what, f"{perspective} perspective", occasion_name(dataset)]))


def item_names(dataset: Dataset, perspective: str) -> pd.DataFrame:
    """Indexed by item label (`wai_s_04`): name (`WAI-S 4`), form and instrument, in the order of the forms."""
    rows = [
        {
            "item": item,
            "name": f"{form.label} {int(item.rpartition('_')[2])}",
            "form": form.name,
            "instrument": form.instrument,
        }
        for form in dataset.forms_of(perspective)
        for item in form.labels
    ]
    return pd.DataFrame(rows, columns=["item", "name", "form", "instrument"]).set_index("item")


def scale_names(scores: pd.DataFrame, instruments: Iterable[Path]) -> list[str]:
    """A sentence that writes out the abbreviated scales, as the files of the instruments name them; none without such.

    Parameters
    ----------
    scores : frame with columns instrument and scale.
    instruments : `data/instruments/*.yaml`.
    """
    known = {
        content["instrument"]: content.get("scale_names", {})
        for content in (read_yaml(path, path.name) for path in instruments)
    }
    pairs = scores[["instrument", "scale"]].itertuples(index=False)
    names = {
        scale: known[instrument][scale]
        for instrument, scale in pairs
        if scale.isupper() and scale in known.get(instrument, {})
    }
    return ["; ".join(f"{scale}: {name}" for scale, name in names.items()) + "."] if names else []


def span(values: pd.Series) -> str:
    """`n = 216` or `n = 216 to 256`; empty without a number."""
    values = values.dropna()
    if values.empty:
        return ""
    low, high = int(values.min()), int(values.max())
    return unbroken(f"n = {low}") + (f" to {high}" if high > low else "")


def level_name(rows: pd.DataFrame) -> str:
    """`95%`, the coverage of the intervals; empty where no row has one."""
    levels = rows.loc[rows["lower"].notna(), "level"].unique()
    return unbroken(percent_as_given(levels[0])) if len(levels) else ""
