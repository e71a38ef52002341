"""Colours: a hue is an instrument; all else is ink, greys and the lightness of a hue."""

from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.typing import ColorType

from pipeline.data.dataset import Dataset
from pipeline.data.yaml_files import read_yaml

PALETTE = Path(__file__).parents[2] / "figures" / "palette.yaml"
INK, DARK, MIDDLE, PALE, FAINT = "#222222", "#444444", "#8A8A8A", "#CFCFCF", "#F0F0F0"
LIGHT = 75  # lightness from which thin lines are faint on white
# of parts beside each other: neighbours differ much
GREYS = ["#2B2B2B", "#A9A9A9", "#4A4A4A", "#C9C9C9", "#6A6A6A", "#E9E9E9", "#8A8A8A"]


def palette() -> list[str]:
    """Return the colours that instruments take, in their order."""
    return list(read_yaml(PALETTE, PALETTE.name).values())


def colours_of_instruments(dataset: Dataset, instruments: Iterable[Path]) -> dict[str, str]:
    """Give every instrument of a data set its colour.

    Parameters
    ----------
    dataset : Dataset
        Its forms name their instruments.
    instruments : iterable of Path
        `data/instruments/*.yaml`.

    Returns
    -------
    dict
        Instrument -> colour. An instrument whose file names none, or that has no file, takes the colour of the palette
        that is free in the data set and differs most in lightness from those that are taken, in the order of the
        forms.
    """
    contents = [read_yaml(path, path.name) for path in instruments]
    stated = {content["instrument"]: content["colour"] for content in contents if "colour" in content}
    names = list(dict.fromkeys(form.instrument for form in dataset.forms))
    found = {name: stated[name] for name in names if name in stated}
    again = cycle(palette())
    for name in names:
        if name not in found:
            taken = list(found.values())
            free = [colour for colour in palette() if colour not in taken]
            found[name] = max(free, key=lambda colour: standing_out(colour, taken)) if free else next(again)
    return {name: found[name] for name in names}


def standing_out(colour: str, others: Iterable[str]) -> tuple[bool, float]:
    """How well a colour stands out: first whether thin lines of it can be seen on white, then from other colours."""
    return lightness(colour) < LIGHT, distance(colour, others)


def distance(colour: str, others: Iterable[str]) -> float:
    """How much a colour differs in lightness from the nearest of others; from none it differs infinitely."""
    return min((abs(lightness(colour) - lightness(other)) for other in others), default=np.inf)


def luminance(colour: ColorType) -> float:
    """Relative luminance of WCAG 2, in [0, 1]."""
    channels = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)])
    return float(channels @ (0.2126, 0.7152, 0.0722))


def lightness(colour: ColorType) -> float:
    """CIE lightness L*, 0 for black to 100 for white: what is left of a colour in grey."""
    y = luminance(colour)
    return 116 * np.cbrt(y) - 16 if y > 216 / 24389 else y * 24389 / 27


def ink(colour: ColorType) -> str:
    """Black or white, whichever stands out more on the colour (contrast of WCAG 2)."""
    return "black" if luminance(colour) > 0.179 else "white"


def tint(colour: ColorType, share: float) -> str:
    """The colour mixed with white, of which it keeps this share."""
    red, green, blue = (share * part + 1 - share for part in to_rgb(colour))
    return to_hex((red, green, blue))
