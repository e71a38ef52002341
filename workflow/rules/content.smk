"""What do the questionnaires ask about?

Needs: data/published/krause_2011_content.yaml, the published content analysis of six forms; no data set.
Makes: results/content/: tables 1 and 2a to 2d recomputed, an audit of the printed figures, the association of form and
category, the similarity of the forms, and a figure of the four facets.
"""

FACET_TABLES = ["table_2a", "table_2b", "table_2c", "table_2d"]
CONTENT_TABLES = ["table_1", *FACET_TABLES, "audit", "association", "similarity"]


rule content:
    input:
        **figure_files("results/content/figures/content_facets"),
        tables=expand("results/content/{table}.csv", table=CONTENT_TABLES),


rule tabulate_content:
    input:
        published="data/published/krause_2011_content.yaml",
        schema="workflow/schemas/published_content.schema.yaml",
        code=code("content/tabulate_content.py"),
    output:
        table_1=report(
            "results/content/table_1.csv",
            caption="../report/content_table_1.rst",
            category="Content analysis",
            labels={"what": "table 1: forms and items"},
        ),
        table_2a=report(
            "results/content/table_2a.csv",
            caption="../report/content_table_2.rst",
            category="Content analysis",
            labels={"what": "table 2a: voice"},
        ),
        table_2b=report(
            "results/content/table_2b.csv",
            caption="../report/content_table_2.rst",
            category="Content analysis",
            labels={"what": "table 2b: dimension"},
        ),
        table_2c=report(
            "results/content/table_2c.csv",
            caption="../report/content_table_2.rst",
            category="Content analysis",
            labels={"what": "table 2c: domain"},
        ),
        table_2d=report(
            "results/content/table_2d.csv",
            caption="../report/content_table_2.rst",
            category="Content analysis",
            labels={"what": "table 2d: theme"},
        ),
        audit=report(
            "results/content/audit.csv",
            caption="../report/content_audit.rst",
            category="Content analysis",
            labels={"what": "audit of the published figures"},
        ),
        association=report(
            "results/content/association.csv",
            caption="../report/content_association.rst",
            category="Content analysis",
            labels={"what": "association of form and category"},
        ),
        similarity=report(
            "results/content/similarity.csv",
            caption="../report/content_similarity.rst",
            category="Content analysis",
            labels={"what": "similarity of the forms"},
        ),
        settings=expand("results/content/{table}.settings.json", table=CONTENT_TABLES),
    log:
        "logs/content/tabulate_content.log",
    conda:
        "../../envs/environment.yaml"
    params:
        root=".",
        draws=10_000,
        seed=SETTINGS["seed"],
        level=SETTINGS["level"],
    message:
        "content analysis: recompute, audit and compare the published tables"
    script:
        "../../scripts/content/tabulate_content.py"


rule plot_content_facets:
    input:
        tables=expand("results/content/{table}.csv", table=FACET_TABLES),
        code=figure_code("figures/plot_content_facets.py"),
    output:
        pdf="results/content/figures/content_facets.pdf",
        svg=report(
            "results/content/figures/content_facets.svg",
            caption="../report/content_facets.rst",
            category="Content analysis",
            labels={"what": "figure: the four facets"},
        ),
        png="results/content/figures/content_facets.png",
    log:
        "logs/content/plot_content_facets.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "content analysis: draw the four facets"
    script:
        "../../scripts/figures/plot_content_facets.py"
