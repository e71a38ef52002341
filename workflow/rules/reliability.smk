"""How consistent are the scales?

Needs: results/{dataset}/responses/ and, for nesting and sessions, results/{dataset}/scores/scores.parquet.
Makes: results/{dataset}/reliability/reliability.csv, per form, perspective, session and scale; response_categories.csv,
how often each answer to each item was given; nesting.csv, clients within therapists and sessions within clients;
raters.csv, agreement of raters; sessions.csv, reliability over repeated sessions, and change_draws.parquet, that of change in
the resamples; d_study.csv, how many are enough; and the tables of perspectives.smk.
"""

NESTED = [
    "reliability.estimate_nesting",
    "reliability.compare_raters",
    "reliability.estimate_sessions",
    "perspectives.compare_levels",
    "perspectives.split_dyads",
    "perspectives.track_ratings",
    "perspectives.relate_partners",
    "perspectives.compare_profiles",
    "perspectives.compare_items",
    "perspectives.fit_surfaces",
    "perspectives.judge_statements",
]


rule estimate_reliability:
    """reliability of the scales"""
    input:
        responses=RESPONSES,
    output:
        **reported_table("reliability"),
        **reported_table("response_categories"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    priority: SOON
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("missing", "level", "seed", draws="resamples"),
        code=code("reliability/estimate_reliability.py"),
    script:
        "../../scripts/reliability/estimate_reliability.py"


rule estimate_sessions:
    """clients within therapists, raters of one session, reliability over repeated sessions, two perspectives"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        statements="data/published/perspective_statements.yaml",
    output:
        **reported_table("nesting"),
        **reported_table("raters"),
        **reported_table("reliability_sessions"),
        **reported_table("d_study"),
        **reported_table("perspective_levels"),
        **reported_table("one_with_many"),
        **reported_table("truth_and_bias"),
        **reported_table("actor_partner"),
        **reported_table("perspective_profiles"),
        **reported_table("perspective_items"),
        **reported_table("perspective_phases"),
        **reported_table("response_surfaces"),
        **reported_table("perspective_statements"),
        change_draws=f"{OF_DATASET}/reliability/change_draws.parquet",
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", "seed", minimum_share="minimum_answered", session_draws="session_resamples"),
        steps=NESTED,
        code=code_of(NESTED),
        pair=lambda wildcards: DATASETS[wildcards.dataset].get("retest"),
    script:
        "../../scripts/run_steps.py"
