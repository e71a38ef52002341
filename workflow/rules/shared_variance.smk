"""How much variance do the measures share, and which parts of a total are common to all, which its own?

Needs: results/{dataset}/responses/, scale scores, correlations and the factor analysis of every perspective.
Makes: in results/{dataset}/shared_variance/ shared_variance.csv, canonical.csv and commonality.csv; variance_split.csv comes
from the factors (factors.smk). In the same job, which has all that they need, the tables of outcome (outcome.smk).
"""

SHARING = [
    "shared_variance.estimate_shared_variance",
    "shared_variance.relate_score_sets",
    "shared_variance.analyse_commonality",
    "outcome.relate_strength",
    "outcome.relate_levels",
    "outcome.relate_account",
    "outcome.relate_early_gains",
    "outcome.relate_compensation",
]


rule estimate_shared_variance:
    """shared variance, canonical correlations, what the instruments explain of each other and of the outcome"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        correlations=table("correlations"),
        claims="data/published/claims.yaml",
    output:
        **reported_table("shared_variance"),
        **reported_table("canonical"),
        **reported_table("commonality"),
        **reported_table("outcome_strength"),
        **reported_table("outcome_levels"),
        **reported_table("outcome_account"),
        **reported_table("outcome_early_gains"),
        **reported_table("outcome_compensation"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", "seed", "missing", draws="resamples"),
        code=code_of(SHARING),
        steps=SHARING,
    script:
        "../../scripts/run_steps.py"
