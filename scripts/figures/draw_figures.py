"""Every figure of a data set, or of the factor analysis of one of its perspectives, in one process."""

from importlib import import_module
from inspect import signature

from pipeline.data.job import as_annotated, job
from pipeline.drawing.look import Look, drawn_as


def main(plan: list[dict], look: dict) -> None:
    """Draw one figure after the other.

    Parameters
    ----------
    plan : list of dict
        `module` whose `main` draws a figure, the paths that are `given` to it and its `settings`, by parameter.
    look : dict
        The settings of `figures:`, as :class:`pipeline.drawing.look.Look` takes them.
    """
    with drawn_as(Look(**look)):
        for figure in plan:
            draw = import_module(figure["module"]).main
            types = {name: found.annotation for name, found in signature(draw, eval_str=True).parameters.items()}
            given = {name: as_annotated(value, types[name]) for name, value in figure["given"].items()}
            draw(**given, **figure["settings"])


if __name__ == "__main__":
    job(main, snakemake)
