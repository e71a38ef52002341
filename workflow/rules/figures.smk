"""What do the results look like?

Needs: results/{dataset}/responses/, the tables of association, shared variance and factors; the published claims.
Makes: results/{dataset}/figures/: correlations, shared variance, eigenvalues and loadings as PDF, SVG and PNG.
"""
FIGURES = ["correlations", "shared_variance", "scree", "loadings"]


rule figures:
    input:
        expand("results/{dataset}/figures/{figure}.{kind}", dataset=DATASETS, figure=FIGURES, kind=["pdf", "svg", "png"]),
        rules.plot_content_facets.output,


rule plot_correlations:
    input:
        responses="results/{dataset}/responses",
        correlations="results/{dataset}/association/correlations.csv",
        instruments=sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("data/instruments/*.yaml")),
        code=figure_code("plot_correlations.py"),
    output:
        **reported_figure("correlations", "figure: correlations between totals and scales"),
    log:
        "logs/{dataset}/plot_correlations.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the correlations"
    script:
        "../../scripts/plot_correlations.py"


rule plot_shared_variance:
    input:
        responses="results/{dataset}/responses",
        shared="results/{dataset}/shared_variance/shared_variance.csv",
        claims="data/published/claims.yaml",
        code=figure_code("plot_shared_variance.py"),
    output:
        **reported_figure("shared_variance", "figure: variance that the instruments share"),
    log:
        "logs/{dataset}/plot_shared_variance.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the shared variance"
    script:
        "../../scripts/plot_shared_variance.py"


rule plot_scree:
    input:
        responses="results/{dataset}/responses",
        eigenvalues="results/{dataset}/factors/eigenvalues.csv",
        retention="results/{dataset}/factors/retention.csv",
        code=figure_code("plot_scree.py"),
    output:
        **reported_figure("scree", "figure: eigenvalues and parallel analysis"),
    log:
        "logs/{dataset}/plot_scree.log",
    params:
        percentile=SETTINGS["factors"]["percentile"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the eigenvalues"
    script:
        "../../scripts/plot_scree.py"


rule plot_loadings:
    input:
        responses="results/{dataset}/responses",
        loadings="results/{dataset}/factors/loadings.csv",
        general="results/{dataset}/factors/general_factor.csv",
        common="results/{dataset}/factors/common_factor.csv",
        code=figure_code("plot_loadings.py"),
    output:
        **reported_figure("loadings", "figure: loadings of the items"),
    log:
        "logs/{dataset}/plot_loadings.log",
    params:
        salient=SETTINGS["factors"]["salient"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the loadings"
    script:
        "../../scripts/plot_loadings.py"
