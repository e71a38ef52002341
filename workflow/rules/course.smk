"""How does the alliance develop over a therapy?

Needs: results/{dataset}/responses/, scale scores, reliability over sessions and that of change in the resamples.
Makes: results/{dataset}/course/: sessions.csv, scores at the top of the scale session by session; lags.csv, alliance and
symptoms, each on both one session before. All steps run in one job.
"""

# each is a script whose `main` takes what it needs of the inputs, outputs and params below by name
FOLLOWING = [
    "course.describe_sessions",
    "course.relate_lags",
]


rule estimate_course:
    """the course of the alliance"""
    input:
        responses=RESPONSES,
        scores=SCORES,
        reliability_sessions=table("reliability_sessions"),
        change_draws=f"{OF_DATASET}/reliability/change_draws.parquet",
    output:
        **reported_table("course_sessions"),
        **reported_table("course_lags"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", "seed", session_draws="session_resamples"),
        code=code_of(FOLLOWING),
        steps=FOLLOWING,
    script:
        "../../scripts/run_steps.py"
