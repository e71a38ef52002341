"""What is there to read?

Needs: the tables and figures of every data set, and the content analysis.
Makes: results/{dataset}/report.html, self-contained, and results/index.html, which links them.
"""

REPORT_TABLES = {
    "descriptives": "scores/descriptives.csv",
    "quality": "quality/quality.csv",
    "reliability": "reliability/reliability.csv",
    "categories": "reliability/response_categories.csv",
    "nesting": "reliability/nesting.csv",
    "sessions": "reliability/sessions.csv",
    "d_study": "reliability/d_study.csv",
    "raters": "reliability/raters.csv",
    "correlations": "association/correlations.csv",
    "differences": "association/differences.csv",
    "course": "association/sessions.csv",
    "mtmm": "association/mtmm.csv",
    "shared_variance": "shared_variance/shared_variance.csv",
    "variance_split": "shared_variance/variance_split.csv",
    "canonical": "shared_variance/canonical.csv",
    "commonality": "shared_variance/commonality.csv",
    "paragraph": "shared_variance/paragraph.txt",
    "perspective_content": "factors/perspective_content.csv",
}
FACTOR_TABLES = {
    "about": "correlations.json",
    "suitability": "suitability.csv",
    "retention": "retention.csv",
    "fit": "fit.csv",
    "loadings": "loadings.csv",
    "general": "general_factor.csv",
    "bifactor": "bifactor.csv",
    "common_factor": "common_factor.csv",
    "replicability": "replicability.csv",
    "content_structure": "content_structure.csv",
}
CAPTIONED = [
    "reliability",
    "d_study",
    "correlations",
    "mtmm",
    "shared_variance",
    "variance_split",
    "overlap",
    "scree",
    "loadings",
    "content_structure",
]
PARTS = ["workflow/templates/style.html.j2", "workflow/templates/table.html.j2"]


rule render_report:
    input:
        unpack(report_inputs),
        responses="results/{dataset}/responses",
        template="workflow/templates/report.html.j2",
        parts=PARTS,
        captions=expand("workflow/report/figure_{name}.rst", name=CAPTIONED),
        code=code("report/render_report.py"),
    output:
        page=report(
            "results/{dataset}/report.html",
            caption="../report/report.rst",
            category="{dataset}",
            subcategory="Report",
            labels={"what": "report"},
        ),
    log:
        "logs/{dataset}/render_report.log",
    conda:
        "../../envs/environment.yaml"
    params:
        config=SETTINGS,
    message:
        "{wildcards.dataset}: write the report"
    script:
        "../../scripts/report/render_report.py"


rule render_index:
    input:
        responses=expand("results/{dataset}/responses", dataset=DATASETS),
        reports=expand("results/{dataset}/report.html", dataset=DATASETS),
        figures=rules.figures.input,
        tables=rules.content.input,
        audit="results/content/audit.csv",
        similarity="results/content/similarity.csv",
        figure="results/content/figures/content_facets.svg",
        template="workflow/templates/index.html.j2",
        parts=PARTS,
        captions="workflow/report/content_facets.rst",
        code=code("report/render_index.py"),
    output:
        page="results/index.html",
    log:
        "logs/render_index.log",
    conda:
        "../../envs/environment.yaml"
    params:
        config=SETTINGS,
    message:
        "write the page that links all reports"
    script:
        "../../scripts/report/render_index.py"


# Every data set is a target by its name: `snakemake example`.
for dataset in DATASETS:

    rule:
        name:
            dataset
        input:
            f"results/{dataset}/report.html",
