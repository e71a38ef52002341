"""What goes into the paper?

Needs: everything that the report of a data set is written from, and the content analysis.
Makes: results/{dataset}/manuscript/: tables for Word and LaTeX, Method and Results as text with references, checklists,
figures without lettering with their captions, scores of the clients; results/content/manuscript/ for the content analysis.
Not a part of the main job: `snakemake manuscript`.
"""

WRITING = "manuscript/write_manuscript.py"


rule manuscript:
    input:
        expand(f"{OF_DATASET}/manuscript", dataset=DATASETS),
        "results/content/manuscript",


rule write_manuscript:
    """write tables, text, checklists, figures and scores for the paper"""
    input:
        tables=lambda wildcards: sorted(described_files(wildcards.dataset).values()),
        settings=f"{OF_DATASET}/reliability/reliability.settings.json",
        responses=RESPONSES,
        scores=SCORES,
        factor_scores=of_all_perspectives(f"{FOLDER}/scores.parquet"),
        instruments=lambda wildcards: project_files("data/instruments/*.yaml")
        + project_files(f"data/datasets/{wildcards.dataset}/{OWN_INSTRUMENTS}"),
        references="workflow/references.yaml",
        lists="workflow/checklists.yaml",
        citation="CITATION.cff",
        results=lambda wildcards: sorted(
            {
                place(path, who).replace("{dataset}", wildcards.dataset)
                for entry, who in drawn(wildcards.dataset)
                for path in entry.results.values()
            }
        ),
        style=STYLE,
        words=words_of(WRITING, *(script_of(entry.module) for entry in FIGURES.values())),
    output:
        manuscript=directory(f"{OF_DATASET}/manuscript"),
    resources:
        **needs("figures"),
    params:
        code=code(WRITING, *(script_of(entry.module) for entry in FIGURES.values())),
        plan=lambda wildcards: {"tables": described_files(wildcards.dataset)},
        figures=lambda wildcards: drawing(figures_of(wildcards.dataset), wildcards),
        look=SETTINGS["figures"],
        config=settings_of_text(),
    script:
        f"../../scripts/{WRITING}"


rule write_content_tables:
    """write the tables of the content analysis for the paper"""
    input:
        tables=[f"results/content/table_{number}.csv" for number in ("1", "2a", "2b", "2c", "2d")],
        instruments=project_files("data/instruments/*.yaml"),
        references="workflow/references.yaml",
        words=words_of("manuscript/write_content_tables.py"),
    output:
        manuscript=directory("results/content/manuscript"),
    localrule: True
    resources:
        **needs("tables"),
    params:
        code=code("manuscript/write_content_tables.py"),
    script:
        "../../scripts/manuscript/write_content_tables.py"
