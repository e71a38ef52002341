"""Do items mean the same from both perspectives, at both ends of a therapy, and in groups of clients?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/invariance/: steps.csv, fit and difference of every step and whether means may be compared, and
items.csv, score tests, freed items and effect sizes.
"""


rule estimate_invariance:
    """measurement invariance over perspectives, sessions and groups"""
    input:
        responses=RESPONSES,
    output:
        **reported_table("invariance_steps"),
        **reported_table("invariance_items"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", "invariance"),
        code=code("invariance/estimate_invariance.py"),
    script:
        "../../scripts/invariance/estimate_invariance.py"
