"""How consistent are the scales?

Needs: results/{dataset}/responses/ and, for nesting and sessions, results/{dataset}/scores/scores.parquet.
Makes: results/{dataset}/reliability/reliability.csv, per form, perspective, session and scale; response_categories.csv,
how often each answer to each item was given; nesting.csv, clients within therapists and sessions within clients;
raters.csv, agreement of raters; sessions.csv, reliability over repeated sessions; d_study.csv, how many are enough.
"""


rule estimate_reliability:
    input:
        responses="results/{dataset}/responses",
        code=code("reliability/estimate_reliability.py"),
    output:
        table=report(
            "results/{dataset}/reliability/reliability.csv",
            caption="../report/reliability.rst",
            category="{dataset}",
            subcategory="Reliability",
            labels={"what": "reliability of the scales"},
        ),
        settings="results/{dataset}/reliability/reliability.settings.json",
        categories="results/{dataset}/reliability/response_categories.csv",
        categories_settings="results/{dataset}/reliability/response_categories.settings.json",
    log:
        "logs/{dataset}/estimate_reliability.log",
    conda:
        "../../envs/environment.yaml"
    params:
        missing=SETTINGS["missing"],
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: reliability of the scales"
    script:
        "../../scripts/reliability/estimate_reliability.py"


rule estimate_nesting:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("reliability/estimate_nesting.py"),
    output:
        table=report(
            "results/{dataset}/reliability/nesting.csv",
            caption="../report/nesting.rst",
            category="{dataset}",
            subcategory="Reliability",
            labels={"what": "clients within therapists, sessions within clients"},
        ),
        settings="results/{dataset}/reliability/nesting.settings.json",
    log:
        "logs/{dataset}/estimate_nesting.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: clients within therapists, sessions within clients"
    script:
        "../../scripts/reliability/estimate_nesting.py"


rule compare_raters:
    input:
        responses="results/{dataset}/responses",
        code=code("reliability/compare_raters.py"),
    output:
        table=report(
            "results/{dataset}/reliability/raters.csv",
            caption="../report/raters.rst",
            category="{dataset}",
            subcategory="Reliability",
            labels={"what": "agreement of raters"},
        ),
        settings="results/{dataset}/reliability/raters.settings.json",
    log:
        "logs/{dataset}/compare_raters.log",
    conda:
        "../../envs/environment.yaml"
    params:
        minimum_share=SETTINGS["minimum_answered"],
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: agreement of raters"
    script:
        "../../scripts/reliability/compare_raters.py"


rule estimate_sessions:
    input:
        responses="results/{dataset}/responses",
        scores="results/{dataset}/scores/scores.parquet",
        code=code("reliability/estimate_sessions.py"),
    output:
        table=report(
            "results/{dataset}/reliability/sessions.csv",
            caption="../report/reliability_sessions.rst",
            category="{dataset}",
            subcategory="Reliability",
            labels={"what": "reliability over repeated sessions"},
        ),
        settings="results/{dataset}/reliability/sessions.settings.json",
        study=report(
            "results/{dataset}/reliability/d_study.csv",
            caption="../report/d_study.rst",
            category="{dataset}",
            subcategory="Reliability",
            labels={"what": "how many sessions and items are enough"},
        ),
        study_settings="results/{dataset}/reliability/d_study.settings.json",
    log:
        "logs/{dataset}/estimate_sessions.log",
    conda:
        "../../envs/environment.yaml"
    params:
        pair=lambda wildcards: DATASETS[wildcards.dataset].get("retest"),
        level=SETTINGS["level"],
        draws=SETTINGS["session_resamples"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: reliability over repeated sessions"
    script:
        "../../scripts/reliability/estimate_sessions.py"
