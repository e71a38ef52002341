"""What a run says on the screen: a line for each step that ends, and the time that is left. Its log holds the rest."""

import logging
import time
from typing import Any

# events of Snakemake, and beginnings of other messages, that tell a user nothing while all goes well
UNSAID = {"run_info", "job_info", "job_started", "group_info", "shellcmd", "resources_info", "job_finished"}
CHATTER = (
    "Assuming unrestricted shared",
    "Building DAG of jobs",
    "Cleaning up SLURM log files",
    "Conda environments: ignored",
    "Complete log",
    "Elapsed time",
    "Execute ",
    "Exiting because a job execution failed",
    "Group jobs: inactive",
    "Provided ",
    "RuleException:\nCalledProcessError",
    "Rules claiming more threads",
    "Select jobs to execute",
    "Singularity containers: ignored",
    "Using shell",
    "WorkflowError:\nAt least one job did not complete",
)
FEW = 0.1  # share of the steps that has to be done before the time that is left can be guessed


class Progress(logging.Formatter):
    """Formatter and filter of Snakemake's messages on the screen.

    Parameters
    ----------
    others : logging.Formatter, optional
        Formats what this one leaves as it is.
    """

    def __init__(self, others: logging.Formatter | None = None):
        super().__init__()
        self.others = others or logging.Formatter()
        self.started = time.monotonic()
        self.names: dict[Any, str] = {}
        self.ended: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message is shown, and remember what later ones need.

        Parameters
        ----------
        record : logging.LogRecord
            The message.

        Returns
        -------
        bool
            Whether it is.
        """
        event = str(getattr(record, "event", "") or "")
        if event == "job_info":
            self.names[record.jobid] = record.rule_msg or record.rule_name  # type: ignore[attr-defined]
        if event == "job_finished":
            self.ended.append(self.names.get(record.job_id, ""))  # type: ignore[attr-defined]
        return event not in UNSAID and not record.getMessage().lstrip().startswith(CHATTER)

    def format(self, record: logging.LogRecord) -> str:
        """Word a message.

        Parameters
        ----------
        record : logging.LogRecord
            The message.

        Returns
        -------
        str
            One line where a step has ended or failed.
        """
        event = str(getattr(record, "event", "") or "")
        if event == "progress":
            return self._progress(record.done, record.total)  # type: ignore[attr-defined]
        if event == "job_error":
            name = self.names.get(getattr(record, "jobid", None), getattr(record, "rule_name", ""))
            logs = ", ".join(getattr(record, "log", None) or [])
            return f"Failed: {name}" + (f" ({logs})" if logs else "")
        return self.others.format(record)

    def _progress(self, done: int, total: int) -> str:
        names, self.ended = [name for name in self.ended if name], []
        left = ""
        if FEW * total <= done < total:
            left = f", {_duration((time.monotonic() - self.started) / done * (total - done))} left"
        head = f"{done} of {total}{left}"
        return "\n".join(f"{head}  {name}" for name in names) or head


def _duration(seconds: float) -> str:
    """About how long: 40 s, 3 min, 2 h."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def speak(logger: logging.Logger) -> None:
    """Let what Snakemake writes to the screen pass through here; its file keeps everything.

    Parameters
    ----------
    logger : logging.Logger
        Of Snakemake.
    """
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            said = Progress(handler.formatter)
            handler.filters.insert(0, said)
            handler.setFormatter(said)
