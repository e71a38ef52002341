"""How does the alliance develop over a therapy?

Needs: results/{dataset}/responses/, scale scores, reliability over sessions and that of change in the resamples.
Makes: results/{dataset}/course/: sessions.csv, scores at the top of the scale session by session; variance.csv, where the
variance lies; growth.csv, which shape the course has and how clients differ in it; dropout.csv, who leaves; phases.csv and
items.csv, early against late; lags.csv, alliance and symptoms, each on both one session before; shape.csv, what
describes single courses and how reliable it is; ruptures.csv, ruptures seen and expected; rupture_agreement.csv, who sees the
same ones; rupture_outcome.csv, ruptures and the outcome; examples.csv, single courses without names. All steps run in one job.
"""

# each is a script whose `main` takes what it needs of the inputs, outputs and params below by name
FOLLOWING = [
    "course.describe_sessions",
    "course.estimate_variance",
    "course.estimate_growth",
    "course.describe_phases",
    "course.relate_lags",
    "course.describe_shape",
    "course.find_ruptures",
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
        **reported_table("course_variance"),
        **reported_table("course_growth"),
        **reported_table("course_dropout"),
        **reported_table("course_phases"),
        **reported_table("course_items"),
        **reported_table("course_lags"),
        **reported_table("course_shapes"),
        **reported_table("course_ruptures"),
        **reported_table("course_rupture_agreement"),
        **reported_table("course_rupture_outcome"),
        **reported_table("course_examples"),
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings(
            "level",
            "seed",
            "course",
            "ruptures",
            "growth_classes",
            draws="resamples",
            session_draws="session_resamples",
        ),
        code=code_of(FOLLOWING),
        steps=FOLLOWING,
    script:
        "../../scripts/run_steps.py"
