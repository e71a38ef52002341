"""What do the instruments share beyond pairs of totals: which parts of a total are common to all, which its own?

Needs: results/{dataset}/responses/, results/{dataset}/scores/scores.parquet and the factor analysis of every perspective.
Makes: in results/{dataset}/shared_variance/ variance_split.csv, canonical.csv, commonality.csv and paragraph.txt; the figures of the split and of the overlap.
"""

DESCRIBED = {
    "shared_variance": "results/{dataset}/shared_variance/shared_variance.csv",
    "correlations": "results/{dataset}/association/correlations.csv",
    "course": "results/{dataset}/association/sessions.csv",
    "variance_split": "results/{dataset}/shared_variance/variance_split.csv",
    "canonical": "results/{dataset}/shared_variance/canonical.csv",
    "commonality": "results/{dataset}/shared_variance/commonality.csv",
}


rule split_variance:
    input:
        responses="results/{dataset}/responses",
        matrices=of_all_perspectives(CORRELATIONS["matrix"]),
        solutions=of_all_perspectives(SOLVED["solution"]),
        pieces=of_all_perspectives(SOLVED["pieces"]),
        code=code("shared_variance/split_variance.py"),
    output:
        table=report(
            "results/{dataset}/shared_variance/variance_split.csv",
            caption="../report/variance_split.rst",
            category="{dataset}",
            subcategory="Shared variance",
            labels={"what": "parts of each total's variance"},
        ),
        settings="results/{dataset}/shared_variance/variance_split.settings.json",
    log:
        "logs/{dataset}/split_variance.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
    message:
        "{wildcards.dataset}: parts of each total's variance"
    script:
        "../../scripts/shared_variance/split_variance.py"


rule relate_score_sets:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("shared_variance/relate_score_sets.py"),
    output:
        table=report(
            "results/{dataset}/shared_variance/canonical.csv",
            caption="../report/canonical.rst",
            category="{dataset}",
            subcategory="Shared variance",
            labels={"what": "canonical correlations and redundancy"},
        ),
        settings="results/{dataset}/shared_variance/canonical.settings.json",
    log:
        "logs/{dataset}/relate_score_sets.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: canonical correlations between the instruments"
    script:
        "../../scripts/shared_variance/relate_score_sets.py"


rule analyse_commonality:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("shared_variance/analyse_commonality.py"),
    output:
        table=report(
            "results/{dataset}/shared_variance/commonality.csv",
            caption="../report/commonality.rst",
            category="{dataset}",
            subcategory="Shared variance",
            labels={"what": "commonality and dominance"},
        ),
        settings="results/{dataset}/shared_variance/commonality.settings.json",
    log:
        "logs/{dataset}/analyse_commonality.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
        missing=SETTINGS["missing"],
    message:
        "{wildcards.dataset}: what the instruments explain alone and in common"
    script:
        "../../scripts/shared_variance/analyse_commonality.py"


rule describe_shared_variance:
    input:
        **DESCRIBED,
        responses="results/{dataset}/responses",
        claims="data/published/claims.yaml",
        code=code("shared_variance/describe_shared_variance.py"),
    output:
        paragraph=report(
            "results/{dataset}/shared_variance/paragraph.txt",
            caption="../report/paragraph.rst",
            category="{dataset}",
            subcategory="Shared variance",
            labels={"what": "what these data say, in sentences"},
        ),
    log:
        "logs/{dataset}/describe_shared_variance.log",
    conda:
        "../../envs/environment.yaml"
    params:
        tables=list(DESCRIBED),
    message:
        "{wildcards.dataset}: describe the shared variance in sentences"
    script:
        "../../scripts/shared_variance/describe_shared_variance.py"


rule plot_variance_split:
    input:
        responses="results/{dataset}/responses",
        split="results/{dataset}/shared_variance/variance_split.csv",
        code=figure_code("figures/plot_variance_split.py"),
    output:
        **reported_figure("variance_split", "figure: parts of each total's variance"),
    log:
        "logs/{dataset}/plot_variance_split.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the parts of each total's variance"
    script:
        "../../scripts/figures/plot_variance_split.py"


rule plot_overlap:
    input:
        responses="results/{dataset}/responses",
        commonality="results/{dataset}/shared_variance/commonality.csv",
        code=figure_code("figures/plot_overlap.py"),
    output:
        **reported_figure("overlap", "figure: overlap of the totals"),
    log:
        "logs/{dataset}/plot_overlap.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: draw the overlap of the totals"
    script:
        "../../scripts/figures/plot_overlap.py"
