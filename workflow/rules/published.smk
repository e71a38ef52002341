"""What do published correlations of items or of scores say, where there are no answers?

Needs: results/{dataset}/responses/ of a data set that is a matrix.
Makes: every table that needs no factor analysis, in one job: what can be computed from a matrix takes no time, and the rest
is a row that says what it needs.
"""

TABULATING = [
    *SCORING,
    "reliability.estimate_reliability",
    *NESTED,
    *CORRELATING,
    "association.tabulate_mtmm",
    *SHARING,
]


rule tabulate_published:
    """tables of published correlations"""
    input:
        responses=RESPONSES,
        claims="data/published/claims.yaml",
    output:
        **reported_table("descriptives"),
        **reported_table("quality"),
        **reported_table("reliability"),
        **reported_table("response_categories"),
        **reported_table("nesting"),
        **reported_table("raters"),
        **reported_table("reliability_sessions"),
        **reported_table("d_study"),
        **reported_table("correlations"),
        **reported_table("association_sessions"),
        **reported_table("differences"),
        **reported_table("mtmm"),
        **reported_table("shared_variance"),
        **reported_table("canonical"),
        **reported_table("commonality"),
        scores=SCORES,
    wildcard_constraints:
        dataset=WITHOUT_ANSWERS,
    params:
        **settings(
            "level",
            "seed",
            "missing",
            draws="resamples",
            session_draws="session_resamples",
            minimum_share="minimum_answered",
        ),
        code=code_of(TABULATING),
        steps=TABULATING,
        pair=None,
    script:
        "../../scripts/run_steps.py"
