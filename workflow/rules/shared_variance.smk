"""How much variance do the measures share, and which parts of a total are common to all, which its own?

Needs: results/{dataset}/responses/, scale scores, correlations and the factor analysis of every perspective.
Makes: in results/{dataset}/shared_variance/ shared_variance.csv, variance_split.csv, canonical.csv and commonality.csv.
"""


rule estimate_shared_variance:
    """shared variance of the instruments"""
    input:
        responses=RESPONSES,
        correlations=table("correlations"),
        claims="data/published/claims.yaml",
        code=code("shared_variance/estimate_shared_variance.py"),
    output:
        **reported_table("shared_variance"),
    script:
        "../../scripts/shared_variance/estimate_shared_variance.py"


rule split_variance:
    """parts of each total's variance"""
    input:
        responses=RESPONSES,
        matrices=of_all_perspectives(CORRELATIONS["matrix"]),
        solutions=of_all_perspectives(SOLVED["solution"]),
        pieces=of_all_perspectives(SOLVED["pieces"]),
        code=code("shared_variance/split_variance.py"),
    output:
        **reported_table("variance_split"),
    params:
        **settings("level"),
    script:
        "../../scripts/shared_variance/split_variance.py"


rule relate_score_sets:
    """canonical correlations between the instruments"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("shared_variance/relate_score_sets.py"),
    output:
        **reported_table("canonical"),
    params:
        **settings("level", "seed", draws="resamples"),
    script:
        "../../scripts/shared_variance/relate_score_sets.py"


rule analyse_commonality:
    """what the instruments explain alone and in common"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("shared_variance/analyse_commonality.py"),
    output:
        **reported_table("commonality"),
    params:
        **settings("level", "seed", "missing", draws="resamples"),
    script:
        "../../scripts/shared_variance/analyse_commonality.py"
