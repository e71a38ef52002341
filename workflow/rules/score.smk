"""How high are the alliances, and how good are the answers?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/scores/ (scale scores per administration, and their distribution) and results/{dataset}/quality/.
"""

SCORING = ["score.score_responses", "score.assess_quality"]


rule score_and_audit:
    """score the scales, audit the answers"""
    input:
        responses=RESPONSES,
    output:
        **reported_table("descriptives"),
        **reported_table("quality"),
        scores=SCORES,
    wildcard_constraints:
        dataset=WITH_ANSWERS,
    params:
        **settings("level", minimum_share="minimum_answered"),
        code=code_of(SCORING),
        steps=SCORING,
    script:
        "../../scripts/run_steps.py"
