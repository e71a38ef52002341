"""What do the questionnaires ask about?

Needs: data/published/krause_2011_content.yaml, the published content analysis of six forms; no data set.
Makes: results/content/: tables 1 and 2a to 2d recomputed, an audit of the printed figures, the association of form and
category, the similarity of the forms, and a figure of the four facets.
"""

FACET_TABLES = {"table_2a": "voice", "table_2b": "dimension", "table_2c": "domain", "table_2d": "theme"}
CONTENT = ["content.tabulate_content", "content.plot_content_facets"]
CONTENT_TABLES = {
    "table_1": ("content_table_1", "table 1: forms and items"),
    **{name: ("content_table_2", f"{name.replace('_', ' ')}: {facet}") for name, facet in FACET_TABLES.items()},
    "audit": ("content_audit", "audit of the published figures"),
    "association": ("content_association", "association of form and category"),
    "similarity": ("content_similarity", "similarity of the forms"),
}


rule content:
    input:
        **figure_files("results/content/figures/content_facets"),
        tables=expand("results/content/{table}.csv", table=CONTENT_TABLES),


rule tabulate_content:
    """recompute, audit, compare and draw the published tables"""
    input:
        published="data/published/krause_2011_content.yaml",
        schema="workflow/schemas/published_content.schema.yaml",
        style="scripts/figures/figures.mplstyle",
        words=project_files("workflow/words/*.j2"),
    output:
        tables=[reported_content(f"{name}.csv", *about) for name, about in CONTENT_TABLES.items()],
        settings_of_tables=expand("results/content/{table}.settings.json", table=CONTENT_TABLES),
        figures=[
            "results/content/figures/content_facets.pdf",
            reported_content("figures/content_facets.svg", "content_facets", "figure: the four facets"),
            "results/content/figures/content_facets.png",
        ],
    params:
        **settings("level", "seed"),
        code=code_of(CONTENT),
        steps=CONTENT,
        root=".",
        draws=10_000,
    script:
        "../../scripts/run_steps.py"
