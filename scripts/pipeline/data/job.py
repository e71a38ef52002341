"""How a script is called by Snakemake, and how a job ends.

A script ends with two lines, ``if __name__ == "__main__": job(main, snakemake)``: every parameter of ``main`` is filled
from the rule's output, input, params or wildcards of the same name.
"""

import errno
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, TextIO, get_args, get_origin


class InputError(Exception):
    """A mistake in the data or the settings: one sentence that names the place and what to do, without identifiers."""


def first_of(rows: Sequence[object]) -> str:
    """Name the first of the rows in which something is wrong, and count the others: `row 3 and 1 more row`."""
    more = len(rows) - 1
    return f"row {rows[0]}" + (f" and {more} more row{'s' if more > 1 else ''}" if more else "")


# what stops a step though nothing is wrong with data or program
FAULTS = {
    errno.ENOSPC: "The disk is full: free some space",
    errno.EDQUOT: "Your share of the disk is used up: free some space",
    errno.EFBIG: "A file grew larger than this account may write: raise the limit (ulimit -f)",
    errno.EROFS: "The folder of the results can only be read: work in a copy elsewhere",
    errno.EACCES: "A file may not be read or written by you: check its permissions, or work in a copy of your own",
    errno.EPERM: "A file may not be read or written by you: check its permissions, or work in a copy of your own",
    errno.ENOMEM: "There is not enough memory: run fewer steps at a time (snakemake --cores 1)",
}
STOPPED = "Stopped: "  # begins the line of a log that says why a user has to do something


def stopped(log: Path) -> str:
    """Read from the log of a job what stopped it.

    Parameters
    ----------
    log : Path
        The file.

    Returns
    -------
    str
        The sentence for the user; empty where there is none.
    """
    lines = log.read_text(errors="replace").splitlines()
    return next((line.removeprefix(STOPPED) for line in reversed(lines) if line.startswith(STOPPED)), "")


def job(main: Callable[..., None], snakemake: Any) -> None:
    """Call a script's ``main`` for a rule; see `jobs`."""
    jobs([main], snakemake)


def jobs(mains: Iterable[Callable[..., None]], snakemake: Any) -> None:
    """Call the ``main`` of scripts for one rule; on failure write the reason to log and screen, and exit with 1.

    Warnings of Python and its packages, which tell users nothing, go into the log.

    Parameters
    ----------
    mains : iterable of callables
        Their parameters name outputs, inputs, params or wildcards of the rule; see `arguments`.
    snakemake : object
        What Snakemake injects into a script. Its first log file is used.
    """
    from pipeline.data.runs import belong_to_run

    belong_to_run()
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")

    def write(text: str) -> None:
        with suppress(OSError), log.open("a") as file:  # the disk may be full
            file.write(text)

    def warn(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        write(warnings.formatwarning(message, category, filename, lineno, line))

    try:
        with warnings.catch_warnings():
            warnings.showwarning = warn
            for main in mains:
                main(**arguments(main, snakemake))
    except InputError as mistake:
        write(f"{STOPPED}{mistake}\n")
        sys.exit(f"\n{mistake}\n")
    except (OSError, MemoryError) as error:
        number = error.errno if isinstance(error, OSError) else errno.ENOMEM
        write(traceback.format_exc())
        if number not in FAULTS:
            raise
        sentence = f"{FAULTS[number]}, then run the same command again; finished steps are kept."
        write(f"{STOPPED}{sentence}\n")
        sys.exit(f"\n{sentence}\n")
    except BaseException:
        write(traceback.format_exc())
        raise


def arguments(main: Callable[..., None], snakemake: Any) -> dict[str, Any]:
    """Return what a rule gives to the parameters of its script's ``main``.

    Parameters
    ----------
    main : callable
        Every parameter is annotated: `Path` (or None), `list[Path]`, `dict[str, Path]` (by the stem of the file), `int`
        (wildcards are text), a dataclass whose fields are filled by name, or any type that takes the value as it is.
    snakemake : object
        With `output`, `input`, `params` and `wildcards`; the first that has the name counts.

    Returns
    -------
    dict
        Name of the parameter -> value.

    Raises
    ------
    TypeError
        The rule has nothing of that name and the parameter has no default.
    """
    sources = [dict(getattr(snakemake, kind).items()) for kind in ("output", "input", "params", "wildcards")]
    named = {name: value for source in reversed(sources) for name, value in source.items()}
    found = {}
    for name, parameter in signature(main, eval_str=True).parameters.items():
        if is_dataclass(parameter.annotation):
            wanted = [field.name for field in fields(parameter.annotation)]
            if missing := [part for part in wanted if part not in named]:
                raise TypeError(f"the rule {snakemake.rule} has no output, input, param or wildcard named {missing[0]}")
            bundle: Any = parameter.annotation
            types = signature(bundle, eval_str=True).parameters
            parts = {part: as_annotated(named[part], types[part].annotation) for part in wanted}
            found[name] = bundle(**parts)
        elif name in named:
            found[name] = as_annotated(named[name], parameter.annotation)
        elif parameter.default is Parameter.empty:
            raise TypeError(f"the rule {snakemake.rule} has no output, input, param or wildcard named {name}")
    return found


def as_annotated(value: Any, annotation: Any) -> Any:
    """A value of a rule as the type that a parameter asks for; other types than paths and whole numbers stay."""
    if annotation in (Path, Path | None):
        return Path(value if isinstance(value, str) else value[0])
    if annotation is int:
        return int(value)
    if Path in get_args(annotation):
        paths = [Path(value)] if isinstance(value, str) else [Path(path) for path in value]
        return {path.stem: path for path in paths} if get_origin(annotation) is dict else paths
    return value
