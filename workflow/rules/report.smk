"""What is there to read?

Needs: the tables and figures of every data set, and the content analysis.
Makes: results/{dataset}/sections.json, what the report says block by block; results/{dataset}/report.html, self-contained;
and results/sections.json and results/index.html, which links the reports.
"""

SECTIONS = [(name, analysis) for analysis in ANALYSES for name in analysis.sections]
DESCRIBED_BY = ["report/describe_data_set.py", *(script_of(analysis.module_of(name)) for name, analysis in SECTIONS)]


PARTS_OF_A_PAGE = [f"workflow/templates/{part}.html.j2" for part in ("style", "blocks", "script")]
INDEX_BY = ["report/render_index.py", *(script_of(entry.module) for entry in INDEX)]
INDEX_TABLES = {name: f"results/{entry.path}" for name, entry in COMMON_TABLES.items()}
for entry in INDEX:
    INDEX_TABLES |= entry.files
    INDEX_TABLES |= {
        f"{name}.{dataset}": table(name).replace("{dataset}", dataset)
        for name in entry.of_data_sets
        for dataset in DATASETS
    }
INDEX_FIGURES = {
    name: figure | {"caption": f"workflow/report/{name}.rst"}
    for entry in INDEX
    for name, figure in entry.figures.items()
}


rule describe_data_set:
    """write the sections of the report"""
    input:
        tables=lambda wildcards: sorted(described_files(wildcards.dataset).values()),
        settings=lambda wildcards: sorted(
            path.replace(".csv", ".settings.json")
            for path in described_files(wildcards.dataset).values()
            if path.endswith(".csv")
        ),
        captions=lambda wildcards: sorted({entry["caption"] for entry in described_figures(wildcards.dataset).values()}),
        responses=RESPONSES,
        words=words_of(*DESCRIBED_BY),
    output:
        **{
            name: report(
                f"{OF_DATASET}/{entry.path}",
                caption=f"{ROOT}/workflow/report/{name}.rst",
                category="{dataset}",
                subcategory=entry.title,
                labels={"what": entry.what},
            )
            for name, entry in TEXTS.items()
        },
        sections=f"{OF_DATASET}/sections.json",
    group:
        "pages"
    resources:
        **needs("tables"),
    params:
        code=code(*DESCRIBED_BY),
        plan=report_plan,
        config=settings_of_text(),
    script:
        "../../scripts/report/describe_data_set.py"


rule render_report:
    """write the report"""
    input:
        sections=f"{OF_DATASET}/sections.json",
        figures=lambda wildcards: [
            f"results/{wildcards.dataset}/{entry['path']}" for entry in described_figures(wildcards.dataset).values()
        ],
        template="workflow/templates/report.html.j2",
        parts=PARTS_OF_A_PAGE,
    output:
        page=report(
            f"{OF_DATASET}/report.html",
            caption="../report/report.rst",
            category="{dataset}",
            subcategory="Report",
            labels={"what": "report"},
        ),
    group:
        "pages"
    resources:
        **needs("tables"),
    params:
        code=code("report/render_report.py"),
    script:
        "../../scripts/report/render_report.py"


rule render_index:
    """write the page that links all reports"""
    input:
        responses=expand(RESPONSES, dataset=DATASETS),
        reports=expand(f"{OF_DATASET}/report.html", dataset=DATASETS),
        figures=rules.figures.input,
        content=rules.content.input,
        tables=list(INDEX_TABLES.values()),
        figures_shown=[f"results/{figure['path']}" for figure in INDEX_FIGURES.values()],
        captions=[figure["caption"] for figure in INDEX_FIGURES.values()],
        template="workflow/templates/report.html.j2",
        parts=PARTS_OF_A_PAGE,
        words=words_of(*INDEX_BY),
    output:
        sections="results/sections.json",
        page="results/index.html",
    localrule: True
    resources:
        **needs("tables"),
    params:
        code=code(*INDEX_BY),
        plan={
            "tables": INDEX_TABLES,
            "figures": INDEX_FIGURES,
            "sections": [{"id": entry.name, "title": entry.title, "module": entry.module} for entry in INDEX],
        },
        config=SETTINGS,
    script:
        "../../scripts/report/render_index.py"


# Every data set is a target by its name: `snakemake example`.
for dataset in [*DATASETS, *MISTAKES]:

    rule:
        name:
            dataset
        input:
            f"results/{dataset}/report.html",
