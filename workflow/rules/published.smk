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
    "invariance.estimate_invariance",
    *FOLLOWING,
    *MEASURING,
]


# tables of a data set that other rules make only where there are answers
UNMADE = [
    name
    for step in workflow.rules
    if step.wildcard_constraints.get("dataset") == WITH_ANSWERS
    for name in step.output.keys()
    if name in TABLES
]


rule tabulate_published:
    """tables of published correlations"""
    input:
        responses=RESPONSES,
        claims="data/published/claims.yaml",
        statements="data/published/perspective_statements.yaml",
    output:
        **{key: path for name in UNMADE for key, path in reported_table(name).items()},
        scores=SCORES,
    wildcard_constraints:
        dataset=WITHOUT_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings(
            "level",
            "seed",
            "missing",
            "invariance",
            "measurement",
            "course",
            "ruptures",
            "growth_classes",
            draws="resamples",
            session_draws="session_resamples",
            minimum_share="minimum_answered",
        ),
        code=code_of(TABULATING),
        steps=TABULATING,
        pair=None,
    script:
        "../../scripts/run_steps.py"
