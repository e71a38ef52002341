"""How a job ends: a user's mistake is one sentence, anything else a traceback; both reach the log and the screen."""

import sys
import traceback
from contextlib import contextmanager
from pathlib import Path


class InputError(Exception):
    """A mistake in the data or the settings: one sentence that names the place and what to do, without identifiers."""


@contextmanager
def job(snakemake):
    """Run the body of a script; on failure write the reason to the rule's log and to the screen, and exit with 1.

    Parameters
    ----------
    snakemake : the object that Snakemake injects into a script; its first log file is used.
    """
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    try:
        yield
    except InputError as mistake:
        log.write_text(f"{mistake}\n")
        sys.exit(f"\n{mistake}\n")
    except BaseException:
        log.write_text(traceback.format_exc())
        raise
