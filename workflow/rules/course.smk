"""How does the alliance develop over a therapy?

Needs: results/{dataset}/responses/, scale scores, reliability over sessions and that of change in the resamples.
Makes: results/{dataset}/course/: sessions.csv, scores at the top of the scale session by session. All steps run in one job.
"""

# each is a script whose `main` takes what it needs of the inputs, outputs and params below by name
FOLLOWING = [
    "course.describe_sessions",
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
