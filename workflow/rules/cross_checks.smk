"""Do independent packages find the same headline numbers?

Needs: results/{dataset}/responses/, and of that data set the tables of reliability, association and shared variance and,
of every perspective, the correlations, suitability, solution and loadings of the factor analysis.
Makes: results/{dataset}/cross_checks.csv: our numbers beside those that pingouin, statsmodels and factor_analyzer make of
the same responses, the difference, and a verdict. No other table depends on these packages.
"""

CHECKED = [entry for entry in TABLES.values() if entry.cross_checked]
BESIDE_SOLUTION = [CORRELATIONS[name] for name in ("matrix", "pairs", "about")]
BESIDE_SOLUTION += [table("suitability"), table("loadings")]


rule cross_check:
    """headline numbers made again by other packages"""
    input:
        responses=RESPONSES,
        tables=lambda wildcards: [
            f"results/{wildcards.dataset}/{entry.path}" for entry in given_to(CHECKED, FEATURES[wildcards.dataset])
        ],
        solutions=of_all_perspectives(SOLUTION_FILE),
        beside=of_all_perspectives(BESIDE_SOLUTION),
    output:
        **reported_table("cross_checks"),
    group:
        "pages"
    resources:
        **needs("answers"),
    params:
        **settings("missing", minimum_share="minimum_answered"),
        code=code("cross_checks/cross_check.py"),
    script:
        "../../scripts/cross_checks/cross_check.py"
