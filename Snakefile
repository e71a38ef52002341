"""What do measures of the therapeutic alliance have in common? From raw answers to figures, tables and a report."""
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/reliability.smk"
include: "workflow/rules/association.smk"
include: "workflow/rules/factors.smk"
include: "workflow/rules/content.smk"


rule all:
    default_target: True
    input:
        expand("results/{dataset}/quality/quality.csv", dataset=DATASETS),
        expand("results/{dataset}/scores/descriptives.csv", dataset=DATASETS),
        expand("results/{dataset}/reliability/reliability.csv", dataset=DATASETS),
        expand("results/{dataset}/association/correlations.csv", dataset=DATASETS),
