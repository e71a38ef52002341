"""Run workflows as `snakemake` plans them, each script in a fork of this process: no Python is started for a job.

For small data sets, where starting Python and importing costs more than all else. It has imported the scripts of this
checkout, and answers `tests.conftest.Project.run_in_one_process` and `run_in_forks` as `snakemake_server` does `run`.
"""

import gc
import importlib
import os
import sys
import traceback
from pathlib import Path
from subprocess import CalledProcessError
from types import SimpleNamespace
from typing import NoReturn

from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.script import PythonScript

from tests.snakemake_server import serve

SCRIPTS = Path(__file__).parents[1] / "scripts"
# what scripts import only when they need it
LATE = [
    "pingouin",
    "statsmodels.regression.mixed_linear_model",
    "statsmodels.stats.multitest",
    "statsmodels.multivariate.cancorr",
    "factor_analyzer",
    "matplotlib.backends.backend_pdf",
    "matplotlib.backends.backend_svg",
]


def main() -> None:
    """Import what the jobs need, then answer."""
    sys.path.insert(1, str(SCRIPTS))
    for path in sorted(SCRIPTS.rglob("*.py")):
        importlib.import_module(module_of(path, SCRIPTS).removesuffix(".__init__"))
    for name in LATE:
        importlib.import_module(name)
    serve(prepare)


def prepare(way: str) -> None:
    """Let Snakemake schedule the jobs and replace the start of Python only, or replace the scheduler as well.

    Either way jobs are copies of this process, and the workflow need not start one of its own to copy.
    """
    from pipeline.data import job_starts

    job_starts.prepare = nothing_to_copy
    if way == "forks":
        PythonScript.execute_script = in_a_fork
    else:
        JobScheduler.schedule = schedule


def nothing_to_copy(*_: object) -> NoReturn:
    """Stand in for `job_starts.prepare`: the workflow goes on without."""
    raise OSError


def module_of(path: Path, scripts: Path) -> str:
    """The name under which a script is imported."""
    return ".".join(path.relative_to(scripts).with_suffix("").parts)


def schedule(scheduler) -> bool:
    """One job after the other, in place of `JobScheduler.schedule`; a job whose inputs are not there is left out."""
    dag = scheduler.workflow.dag
    needed = set(dag.needrun_jobs())
    gc.collect()
    gc.freeze()  # a fork then copies no memory only to count references
    for layer in dag.toposorted():
        for job in layer:
            if job in needed and job.rule.script and all(map(os.path.exists, job.input)):
                script = Path(job.rule.basedir) / job.rule.script
                given = {part: getattr(job, part) for part in ("input", "output", "params", "wildcards", "log")}
                fork(script, SimpleNamespace(rule=job.rule.name, **given))
    return True


def in_a_fork(script: PythonScript, fname: str, edit: bool = False) -> None:
    """Run a job's script, in place of `PythonScript.execute_script`."""
    given = SimpleNamespace(
        rule=script.rulename,
        input=script.input,
        output=script.output,
        params=script.params,
        wildcards=script.wildcards,
        log=script.log,
    )
    if code := fork(Path(script.local_path), given):
        raise CalledProcessError(code, script.local_path)


def fork(script: Path, given: SimpleNamespace) -> int:
    """Run a script with what Snakemake gives it, and return the exit code."""
    child = os.fork()
    if child == 0:
        run(script, given)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def run(script: Path, given: SimpleNamespace) -> NoReturn:
    """Run a script as `snakemake` would, and end this process."""
    from pipeline.data.job import jobs

    code = 1
    try:
        for path in (*given.output, *given.log):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        module = module_of(script.resolve(), Path.cwd().resolve() / "scripts")
        steps = given.params.steps if module == "run_steps" else [module]
        jobs((importlib.import_module(step).main for step in steps), given)
        code = 0
    except SystemExit as stop:
        print(stop.code, file=sys.stderr)  # the sentence for the user
    except BaseException:
        traceback.print_exc()  # it is in the log as well
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
