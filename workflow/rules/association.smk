"""How strongly do the measures correlate?

Needs: results/{dataset}/responses/ and results/{dataset}/scores/scores.parquet; reliabilities for the matrices.
Makes: results/{dataset}/association/: correlations.csv, sessions.csv, differences.csv and mtmm.csv.
"""


rule correlate_scores:
    """correlations between the scales"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("association/correlate_scores.py"),
    output:
        **reported_table("correlations"),
    params:
        **settings("level", "seed", "missing", draws="resamples"),
    script:
        "../../scripts/association/correlate_scores.py"


rule correlate_sessions:
    """correlations within and between clients over the sessions"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("association/correlate_sessions.py"),
    output:
        **reported_table("association_sessions"),
    params:
        **settings("level", "seed", draws="resamples"),
    script:
        "../../scripts/association/correlate_sessions.py"


rule compare_correlations:
    """differences between correlations"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("association/compare_correlations.py"),
    output:
        **reported_table("differences"),
    params:
        **settings("level", "seed", draws="resamples"),
    script:
        "../../scripts/association/compare_correlations.py"


rule tabulate_mtmm:
    """multitrait-multimethod matrices"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        correlations=table("correlations"),
        reliability=table("reliability"),
        code=code("association/tabulate_mtmm.py"),
    output:
        **reported_table("mtmm"),
    params:
        **settings("level", "seed", "missing", draws="resamples"),
    script:
        "../../scripts/association/tabulate_mtmm.py"
