"""Figures without heading and notes, and their captions, which hold both."""

from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path

from pipeline.data.job import as_annotated
from pipeline.drawing.frame import Lettering, collected_lettering
from pipeline.drawing.look import Look, drawn_as
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words

SMALL = set("a an and as at but by for in nor of on or per so the to up via with from".split())


@dataclass(frozen=True)
class Drawn:
    """A figure of the manuscript.

    Attributes
    ----------
    number : int
        In the order of the report.
    path : str
        Below the folder of the manuscript, without ending.
    title, note : str
        The caption, with the signs of :mod:`pipeline.manuscript.rich`.
    kinds : tuple of str
        The endings of its files.
    """

    number: int
    path: str
    title: str
    note: str
    kinds: tuple[str, ...]


def draw(plan: list[dict], look: dict, folder: Path) -> list[Drawn]:
    """Draw every figure that has something to show.

    Parameters
    ----------
    plan : list of dict
        As :mod:`figures.draw_figures` takes it.
    look : dict
        The settings of `figures:`.
    folder : Path
        Of the manuscript.

    Returns
    -------
    list of Drawn
        In order.
    """
    found: list[Drawn] = []
    for figure in plan:
        main = import_module(figure["module"]).main
        types = {name: parameter.annotation for name, parameter in signature(main, eval_str=True).parameters.items()}
        stem = Path(figure["given"]["figures"][0]).stem.replace(".", "_")
        path = f"figures/figure_{len(found) + 1:02d}_{stem}"
        files = [f"{folder / path}{Path(file).suffix}" for file in figure["given"]["figures"]]
        given = figure["given"] | {"figures": files}
        with drawn_as(Look(**look)), collected_lettering() as lettering:
            main(**{name: as_annotated(value, types[name]) for name, value in given.items()}, **figure["settings"])
        kinds = tuple(Path(file).suffix[1:] for file in files)
        found += [captioned(len(found) + 1, path, one, kinds) for one in lettering]
    return found


def captioned(number: int, path: str, lettering: Lettering, kinds: tuple[str, ...]) -> Drawn:
    """Make the caption of a figure from what stood above and below it."""
    notes = [literal(text) for text in lettering.notes if text]
    note = words("manuscript_figures").note(literal(lettering.warning), notes)
    return Drawn(number, path, literal(title_case(lettering.subject)), note, kinds)


def title_case(phrase: str) -> str:
    """Every word with a capital but for short ones within, as APA Style has titles."""
    parts = phrase.split(" ")
    return " ".join(
        part if place and part.lower() in SMALL else part[:1].upper() + part[1:] for place, part in enumerate(parts)
    )
