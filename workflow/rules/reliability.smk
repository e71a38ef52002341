"""How consistent are the scales?

Needs: results/{dataset}/responses/ and, for nesting and sessions, results/{dataset}/scores/scores.parquet.
Makes: results/{dataset}/reliability/reliability.csv, per form, perspective, session and scale; response_categories.csv,
how often each answer to each item was given; nesting.csv, clients within therapists and sessions within clients;
raters.csv, agreement of raters; sessions.csv, reliability over repeated sessions; d_study.csv, how many are enough.
"""


rule estimate_reliability:
    """reliability of the scales"""
    input:
        responses=RESPONSES,
        code=code("reliability/estimate_reliability.py"),
    output:
        **reported_table("reliability"),
        **reported_table("response_categories", "categories"),
    params:
        **settings("missing", "level", "seed", draws="resamples"),
    script:
        "../../scripts/reliability/estimate_reliability.py"


rule estimate_nesting:
    """clients within therapists, sessions within clients"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("reliability/estimate_nesting.py"),
    output:
        **reported_table("nesting"),
    params:
        **settings("level", "seed"),
    script:
        "../../scripts/reliability/estimate_nesting.py"


rule compare_raters:
    """agreement of raters"""
    input:
        responses=RESPONSES,
        code=code("reliability/compare_raters.py"),
    output:
        **reported_table("raters"),
    params:
        **settings("level", "seed", minimum_share="minimum_answered"),
    script:
        "../../scripts/reliability/compare_raters.py"


rule estimate_sessions:
    """reliability over repeated sessions"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        code=code("reliability/estimate_sessions.py"),
    output:
        **reported_table("reliability_sessions"),
        **reported_table("d_study", "study"),
    params:
        **settings("level", "seed", draws="session_resamples"),
        pair=lambda wildcards: DATASETS[wildcards.dataset].get("retest"),
    script:
        "../../scripts/reliability/estimate_sessions.py"
