"""What do the items of several instruments measure in common, and which model fits them?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/measurement/: models.csv, the fit of each model, and parameters.csv, its loadings, latent correlations
and reliabilities, consistency and specificity.
"""

MEASURING = ["measurement.compare_models"]


rule compare_measurement_models:
    """measurement models: instruments, scales of the WAI, two perspectives"""
    input:
        responses=RESPONSES,
    output:
        **reported_table("measurement_models"),
        **reported_table("measurement_parameters"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("factors"),
    params:
        **settings("level", "missing", "measurement", minimum_share="minimum_answered"),
        code=code_of(MEASURING),
        steps=MEASURING,
    script:
        "../../scripts/run_steps.py"
