"""How high are the alliances, and how good are the answers?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/scores/ (scale scores per administration, and their distribution) and results/{dataset}/quality/.
"""


rule score_responses:
    input:
        responses="results/{dataset}/responses",
        code=code("score/score_responses.py"),
    output:
        scores="results/{dataset}/scores/scores.parquet",
        descriptives=report(
            "results/{dataset}/scores/descriptives.csv",
            caption="../report/descriptives.rst",
            category="{dataset}",
            subcategory="Data and quality",
            labels={"what": "scale scores"},
        ),
        settings="results/{dataset}/scores/descriptives.settings.json",
    log:
        "logs/{dataset}/score_responses.log",
    conda:
        "../../envs/environment.yaml"
    params:
        minimum_share=SETTINGS["minimum_answered"],
        level=SETTINGS["level"],
    message:
        "{wildcards.dataset}: score the scales"
    script:
        "../../scripts/score/score_responses.py"


rule assess_quality:
    input:
        responses="results/{dataset}/responses",
        code=code("score/assess_quality.py"),
    output:
        table=report(
            "results/{dataset}/quality/quality.csv",
            caption="../report/quality.rst",
            category="{dataset}",
            subcategory="Data and quality",
            labels={"what": "quality of the answers"},
        ),
        settings="results/{dataset}/quality/quality.settings.json",
    log:
        "logs/{dataset}/assess_quality.log",
    conda:
        "../../envs/environment.yaml"
    params:
        level=SETTINGS["level"],
    message:
        "{wildcards.dataset}: audit the answers"
    script:
        "../../scripts/score/assess_quality.py"
