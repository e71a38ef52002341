"""Be `snakemake` again and again: imported once, each call is a fork with its own folder, environment and arguments.

Importing Snakemake takes most of a dry run. `tests.conftest.Project.run` writes a line of JSON for each call and reads
the exit code. One thread only, so that a fork has all of it.
"""

import gc
import importlib
import json
import os
import sys
from collections.abc import Callable

from snakemake.cli import get_argument_parser, main

# packages that Snakemake and the rules read in every call
EACH_TIME = ["jinja2", "jsonschema", "pandas", "scipy.special", "snakemake.profiles", "snakemake.storage", "yte"]


def become(folder: str, environment: dict[str, str], arguments: list[str], said: list[str]) -> None:
    """Turn this fork into a call of `snakemake`; what it says goes into two files. Ends as the program does."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[1:] = arguments
    sys.exit(main())


def serve(prepare: Callable[[str], None] = lambda _: None) -> None:
    """Answer until nobody asks any more; a fork is prepared in the way that the call names."""
    sys.path[0] = ""  # the folder of the call, as under `python -m`
    for name in EACH_TIME:
        importlib.import_module(name)
    get_argument_parser()  # looks for plugins, and finds them
    gc.collect()
    gc.freeze()  # a fork then copies no memory only to count references
    for line in sys.stdin:
        given = json.loads(line)
        way = given.pop("way")
        child = os.fork()
        if child == 0:
            prepare(way)
            become(**given)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
