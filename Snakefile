"""What do measures of the therapeutic alliance have in common? From raw answers to figures, tables and a report.

Targets: all (default), figures, content, and every data set by its name.
"""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/reliability.smk"
include: "workflow/rules/association.smk"
include: "workflow/rules/factors.smk"
include: "workflow/rules/shared_variance.smk"
include: "workflow/rules/content.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "results/index.html",


fill_in(workflow.rules)
