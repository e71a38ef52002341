"""How high are the alliances, and how good are the answers?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/scores/ (scale scores per administration, and their distribution) and results/{dataset}/quality/
(the audit of the answers, what is missing, careless answers, the flow of participants, clients' variables).
"""

SCORING = [
    "score.score_responses",
    "score.assess_quality",
    "score.assess_missing",
    "score.assess_careless",
    "score.describe_participants",
]


rule score_and_audit:
    """score the scales, audit the answers"""
    input:
        responses=RESPONSES,
    output:
        **reported_table("descriptives"),
        **reported_table("quality"),
        **reported_table("missing"),
        **reported_table("careless"),
        **reported_table("flow"),
        **reported_table("variables"),
        scores=SCORES,
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    group:
        "scales"
    resources:
        **needs("answers"),
    params:
        **settings("level", minimum_share="minimum_answered"),
        code=code_of(SCORING),
        steps=SCORING,
    script:
        "../../scripts/run_steps.py"
