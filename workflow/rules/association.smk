"""How strongly do the measures correlate, and how much variance do they share?

Needs: results/{dataset}/responses/ and results/{dataset}/scores/scores.parquet; the published claims.
Makes: results/{dataset}/association/ (correlations.csv, sessions.csv, differences.csv, mtmm.csv) and results/{dataset}/shared_variance/shared_variance.csv.
"""


rule correlate_scores:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("association/correlate_scores.py"),
    output:
        table=report(
            "results/{dataset}/association/correlations.csv",
            caption="../report/correlations.rst",
            category="{dataset}",
            subcategory="Association",
            labels={"what": "correlations between scales"},
        ),
        settings="results/{dataset}/association/correlations.settings.json",
    log:
        "logs/{dataset}/correlate_scores.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
        missing=SETTINGS["missing"],
    message:
        "{wildcards.dataset}: correlations between the scales"
    script:
        "../../scripts/association/correlate_scores.py"


rule estimate_shared_variance:
    input:
        responses="results/{dataset}/responses",
        correlations="results/{dataset}/association/correlations.csv",
        claims="data/published/claims.yaml",
        code=code("shared_variance/estimate_shared_variance.py"),
    output:
        table=report(
            "results/{dataset}/shared_variance/shared_variance.csv",
            caption="../report/shared_variance.rst",
            category="{dataset}",
            subcategory="Shared variance",
            labels={"what": "shared variance of the instruments"},
        ),
        settings="results/{dataset}/shared_variance/shared_variance.settings.json",
    log:
        "logs/{dataset}/estimate_shared_variance.log",
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: shared variance of the instruments"
    script:
        "../../scripts/shared_variance/estimate_shared_variance.py"


rule correlate_sessions:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("association/correlate_sessions.py"),
    output:
        table=report(
            "results/{dataset}/association/sessions.csv",
            caption="../report/association_sessions.rst",
            category="{dataset}",
            subcategory="Association",
            labels={"what": "correlations within and between clients over the sessions"},
        ),
        settings="results/{dataset}/association/sessions.settings.json",
    log:
        "logs/{dataset}/correlate_sessions.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: correlations within and between clients over the sessions"
    script:
        "../../scripts/association/correlate_sessions.py"


rule compare_correlations:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("association/compare_correlations.py"),
    output:
        table=report(
            "results/{dataset}/association/differences.csv",
            caption="../report/differences.rst",
            category="{dataset}",
            subcategory="Association",
            labels={"what": "differences between correlations"},
        ),
        settings="results/{dataset}/association/differences.settings.json",
    log:
        "logs/{dataset}/compare_correlations.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: differences between correlations"
    script:
        "../../scripts/association/compare_correlations.py"


rule tabulate_mtmm:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        correlations="results/{dataset}/association/correlations.csv",
        reliability="results/{dataset}/reliability/reliability.csv",
        code=code("association/tabulate_mtmm.py"),
    output:
        table=report(
            "results/{dataset}/association/mtmm.csv",
            caption="../report/mtmm.rst",
            category="{dataset}",
            subcategory="Association",
            labels={"what": "multitrait-multimethod matrices and HTMT"},
        ),
        settings="results/{dataset}/association/mtmm.settings.json",
    log:
        "logs/{dataset}/tabulate_mtmm.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
        missing=SETTINGS["missing"],
    message:
        "{wildcards.dataset}: multitrait-multimethod matrices"
    script:
        "../../scripts/association/tabulate_mtmm.py"
