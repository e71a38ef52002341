"""What is there to read?

Needs: the tables and figures of every data set, and the content analysis.
Makes: results/{dataset}/report.html, self-contained, and results/index.html, which links them.
"""
REPORT_TABLES = {
    "descriptives": "scores/descriptives.csv",
    "quality": "quality/quality.csv",
    "reliability": "reliability/reliability.csv",
    "correlations": "association/correlations.csv",
    "shared_variance": "shared_variance/shared_variance.csv",
    "suitability": "factors/suitability.csv",
    "retention": "factors/retention.csv",
    "fit": "factors/fit.csv",
    "loadings": "factors/loadings.csv",
    "general": "factors/general_factor.csv",
    "common_factor": "factors/common_factor.csv",
    "about": "factors/correlations.json",
}
REPORT_FIGURES = ["correlations", "shared_variance", "scree", "loadings"]
PARTS = ["workflow/templates/style.html.j2", "workflow/templates/table.html.j2"]


rule render_report:
    input:
        **{name: f"results/{{dataset}}/{path}" for name, path in REPORT_TABLES.items()},
        **{f"figure_{name}": f"results/{{dataset}}/figures/{name}.svg" for name in REPORT_FIGURES},
        responses="results/{dataset}/responses",
        settings=[
            f"results/{{dataset}}/{path.replace('.csv', '.settings.json')}"
            for path in REPORT_TABLES.values()
            if path.endswith(".csv")
        ],
        template="workflow/templates/report.html.j2",
        parts=PARTS,
        captions=expand("workflow/report/figure_{name}.rst", name=REPORT_FIGURES),
        code=code("render_report.py"),
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
    params:
        tables=list(REPORT_TABLES),
        figures=REPORT_FIGURES,
        config=SETTINGS,
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: write the report"
    script:
        "../../scripts/render_report.py"


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
        code=code("render_index.py"),
    output:
        page="results/index.html",
    log:
        "logs/render_index.log",
    params:
        config=SETTINGS,
    conda:
        "../../envs/environment.yaml"
    message:
        "write the page that links all reports"
    script:
        "../../scripts/render_index.py"


# Every data set is a target by its name: `snakemake example`.
for dataset in DATASETS:

    rule:
        name:
            dataset
        input:
            f"results/{dataset}/report.html",
