"""What do the results look like?

Needs: results/{dataset}/responses/, the tables of association, shared variance and factors; the published claims.
Makes: results/{dataset}/figures/: correlations, shared variance, eigenvalues and loadings as PDF, SVG and PNG.
"""


rule figures:
    input:
        [figure_files(stem).values() for name in DATASETS for stem in figure_stems(name).values()],
        rules.plot_content_facets.output,


rule plot_correlations:
    input:
        responses="results/{dataset}/responses",
        correlations="results/{dataset}/association/correlations.csv",
        instruments=sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("data/instruments/*.yaml")),
        code=figure_code("figures/plot_correlations.py"),
    output:
        **reported_figure("correlations", "figure: correlations between totals and scales"),
    log:
        "logs/{dataset}/plot_correlations.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the correlations"
    script:
        "../../scripts/figures/plot_correlations.py"


rule plot_mtmm:
    input:
        responses="results/{dataset}/responses",
        matrices="results/{dataset}/association/mtmm.csv",
        instruments=sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("data/instruments/*.yaml")),
        code=figure_code("figures/plot_mtmm.py"),
    output:
        **reported_figure("mtmm", "figure: multitrait-multimethod matrices"),
    log:
        "logs/{dataset}/plot_mtmm.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the multitrait-multimethod matrices"
    script:
        "../../scripts/figures/plot_mtmm.py"


rule plot_shared_variance:
    input:
        responses="results/{dataset}/responses",
        shared="results/{dataset}/shared_variance/shared_variance.csv",
        claims="data/published/claims.yaml",
        code=figure_code("figures/plot_shared_variance.py"),
    output:
        **reported_figure("shared_variance", "figure: variance that the instruments share"),
    log:
        "logs/{dataset}/plot_shared_variance.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the shared variance"
    script:
        "../../scripts/figures/plot_shared_variance.py"


rule plot_scree:
    input:
        responses="results/{dataset}/responses",
        eigenvalues="results/{dataset}/factors/{perspective}/eigenvalues.csv",
        retention="results/{dataset}/factors/{perspective}/retention.csv",
        code=figure_code("figures/plot_scree.py"),
    output:
        **reported_figure("scree", "figure: eigenvalues and parallel analysis, {perspective}", ".{perspective}"),
    log:
        "logs/{dataset}/plot_scree.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        percentile=SETTINGS["factors"]["percentile"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: draw the eigenvalues"
    script:
        "../../scripts/figures/plot_scree.py"


rule plot_loadings:
    input:
        responses="results/{dataset}/responses",
        loadings="results/{dataset}/factors/{perspective}/loadings.csv",
        general="results/{dataset}/factors/{perspective}/general_factor.csv",
        common="results/{dataset}/factors/{perspective}/common_factor.csv",
        code=figure_code("figures/plot_loadings.py"),
    output:
        **reported_figure("loadings", "figure: loadings of the items, {perspective}", ".{perspective}"),
    log:
        "logs/{dataset}/plot_loadings.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        salient=SETTINGS["factors"]["salient"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: draw the loadings"
    script:
        "../../scripts/figures/plot_loadings.py"


rule plot_content_structure:
    input:
        responses="results/{dataset}/responses",
        structure="results/{dataset}/factors/{perspective}/content_structure.csv",
        code=figure_code("figures/plot_content_structure.py"),
    output:
        **reported_figure("content_structure", "figure: content and structure, {perspective}", ".{perspective}"),
    log:
        "logs/{dataset}/plot_content_structure.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}, {wildcards.perspective}: draw content and structure"
    script:
        "../../scripts/figures/plot_content_structure.py"


rule plot_reliability:
    input:
        responses="results/{dataset}/responses",
        reliability="results/{dataset}/reliability/reliability.csv",
        published="data/published/reliabilities.yaml",
        instruments=sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("data/instruments/*.yaml")),
        code=figure_code("figures/plot_reliability.py"),
    output:
        **reported_figure("reliability", "figure: reliability of the scales"),
    log:
        "logs/{dataset}/plot_reliability.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the reliabilities"
    script:
        "../../scripts/figures/plot_reliability.py"


rule plot_d_study:
    input:
        responses="results/{dataset}/responses",
        study="results/{dataset}/reliability/d_study.csv",
        code=figure_code("figures/plot_d_study.py"),
    output:
        **reported_figure("d_study", "figure: reliability of means over sessions"),
    log:
        "logs/{dataset}/plot_d_study.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the reliability of means over sessions"
    script:
        "../../scripts/figures/plot_d_study.py"
