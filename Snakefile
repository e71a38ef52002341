"""What do measures of the therapeutic alliance have in common? From raw answers to figures, tables and a report.

Targets: all (default), figures, content, manuscript, planning, and every data set by its name.
"""

from snakemake.utils import min_version

min_version("9.0")


# as a module of another workflow it works in the folder of that workflow
if MAIN := workflow.modifier.is_main_snakefile():

    # from wherever it is called, unless another folder is given with --directory
    workdir: workflow.current_basedir


report: "workflow/report/workflow.rst"


include: "workflow/rules/shortcuts.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/outputs.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/figures.smk"


# every analysis has a folder of scripts and a file of rules of the same name, in the order of the report
for analysis in ANALYSES:

    include: f"workflow/rules/{analysis.name}.smk"


include: "workflow/rules/published.smk"
include: "workflow/rules/manuscript.smk"
include: "workflow/rules/planning.smk"


rule all:
    default_target: MAIN
    input:
        "results/index.html",
        expand("results/{dataset}/report.html", dataset=MISTAKES),


# With its limit on starts per second Snakemake looks for new work once a second for every job that has ended, which
# makes it the busiest program of all; without, when a job ends. Only clusters need the limit.
onstart:
    if workflow.execution_settings.lock:
        checked(begin)
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
        if workflow.is_main_process and FITS == snakemake.__version__:
            start_fast(PROJECT / "scripts", PYTHON)


onerror:
    say_what_stopped()


fill_in(workflow.rules)
keep_known()
