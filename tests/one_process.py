"""Run workflows as `snakemake` plans them, each script in a fork of this process: no Python is started for a job.

For many small data sets, where starting Python and importing costs more than all else. It has imported the scripts of
this checkout, and answers `tests.conftest.Project.run_in_one_process` as `snakemake_server` does `run`.
"""

import gc
import importlib
import os
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

from snakemake.scheduling.job_scheduler import JobScheduler

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
    """Plan with Snakemake, whose scheduler is replaced."""
    sys.path.insert(1, str(SCRIPTS))
    for path in sorted(SCRIPTS.rglob("*.py")):
        importlib.import_module(module_of(path, SCRIPTS).removesuffix(".__init__"))
    for name in LATE:
        importlib.import_module(name)
    JobScheduler.schedule = schedule
    gc.collect()
    gc.freeze()  # a fork then copies no memory only to count references
    serve()


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
                child = os.fork()
                if child == 0:
                    run(job)
                os.waitpid(child, 0)
    return True


def run(job) -> None:
    """Run the script of a job as `snakemake` would, and end this process."""
    from pipeline.data.job import jobs

    try:
        for path in (*job.output, *job.log):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        module = module_of((Path(job.rule.basedir) / job.rule.script).resolve(), Path.cwd().resolve() / "scripts")
        steps = job.params.steps if module == "run_steps" else [module]
        given = SimpleNamespace(
            rule=job.rule.name,
            **{part: getattr(job, part) for part in ("input", "output", "params", "wildcards", "log")},
        )
        jobs((importlib.import_module(step).main for step in steps), given)
    except BaseException:
        traceback.print_exc()  # it is in the log as well
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
