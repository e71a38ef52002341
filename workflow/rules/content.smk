"""What do the questionnaires ask about?

Needs: data/published/krause_2011_content.yaml, the published content analysis of six forms; no data set.
Makes: results/content/: tables 1 and 2a to 2d recomputed, an audit of the printed figures, the association of form and
category, the similarity of the forms, and a figure of the four facets.
"""

CONTENT = ["content.tabulate_content", "content.plot_content_facets"]
ABOUT_CONTENT = next(section for section in INDEX if section.name == "content")
CONTENT_FACETS = ABOUT_CONTENT.figures["content_facets"]


rule content:
    input:
        **figure_files("results/content/figures/content_facets"),
        tables=[f"results/{entry.path}" for entry in ABOUT_CONTENT.tables.values()],


rule tabulate_content:
    """recompute, audit, compare and draw the published tables"""
    input:
        published="data/published/krause_2011_content.yaml",
        schema="workflow/schemas/published_content.schema.yaml",
        style=STYLE,
        words=words_of(*map(script_of, CONTENT)),
    output:
        tables=[reported_common_table(entry) for entry in ABOUT_CONTENT.tables.values()],
        settings_of_tables=[
            f"results/{entry.path.replace('.csv', '.settings.json')}" for entry in ABOUT_CONTENT.tables.values()
        ],
        figures=[
            reported_common(
                CONTENT_FACETS["path"], "content_facets", "Content analysis", f"figure: {CONTENT_FACETS['what']}"
            ),
            *(path for kind, path in figure_files("results/content/figures/content_facets").items() if kind != "svg"),
        ],
    localrule: True
    resources:
        **needs("tables"),
    params:
        **settings("level", "seed"),
        code=code_of(CONTENT),
        steps=CONTENT,
        root=".",
        draws=10_000,
        look=SETTINGS["figures"],
    script:
        "../../scripts/run_steps.py"
