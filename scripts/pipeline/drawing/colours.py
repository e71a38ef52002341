"""The colour of every instrument, as its file under data/instruments/ says."""

from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

from pipeline.data.dataset import Dataset
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.style import COLOURS


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
        Instrument -> colour. An instrument whose file names none, or that has no file, takes the next colour of the
        palette that no other instrument of the data set has, in the order of the forms.
    """
    contents = [read_yaml(path, path.name) for path in instruments]
    stated = {content["instrument"]: content["colour"] for content in contents if "colour" in content}
    names = list(dict.fromkeys(form.instrument for form in dataset.forms))
    taken = {stated[name] for name in names if name in stated}
    free = cycle([colour for colour in COLOURS.values() if colour not in taken] or COLOURS.values())
    return {name: stated[name] if name in stated else next(free) for name in names}
