"""How consistent are the scales?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/reliability/reliability.csv, per form, perspective, session and scale, and
response_categories.csv, how often each answer to each item was given.
"""


rule estimate_reliability:
    input:
        responses="results/{dataset}/responses",
        code=code("estimate_reliability.py"),
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
    params:
        missing=SETTINGS["missing"],
        level=SETTINGS["level"],
        draws=SETTINGS["resamples"],
        seed=SETTINGS["seed"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: reliability of the scales"
    script:
        "../../scripts/estimate_reliability.py"
