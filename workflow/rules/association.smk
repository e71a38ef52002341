"""How strongly do the measures correlate?

Needs: results/{dataset}/responses/ and results/{dataset}/scores/scores.parquet; reliabilities for the matrices.
Makes: results/{dataset}/association/: correlations.csv, sessions.csv, differences.csv and mtmm.csv.
"""

CORRELATING = ["association.correlate_scores", "association.correlate_sessions", "association.compare_correlations"]


rule correlate_scores:
    """correlations between the scales, over the sessions, and their differences"""
    input:
        responses=RESPONSES,
        scores=SCORES,
    output:
        **reported_table("correlations"),
        **reported_table("association_sessions"),
        **reported_table("differences"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", "seed", "missing", draws="resamples"),
        code=code_of(CORRELATING),
        steps=CORRELATING,
    script:
        "../../scripts/run_steps.py"


rule tabulate_mtmm:
    """multitrait-multimethod matrices"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        correlations=table("correlations"),
        reliability=table("reliability"),
    output:
        **reported_table("mtmm"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", "seed", "missing", draws="resamples"),
        code=code("association/tabulate_mtmm.py"),
    script:
        "../../scripts/association/tabulate_mtmm.py"
