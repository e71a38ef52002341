"""How high are the alliances, and how good are the answers?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/scores/ (scale scores per administration, and their distribution) and results/{dataset}/quality/.
"""


rule score_responses:
    """score the scales"""
    input:
        responses=RESPONSES,
        code=code("score/score_responses.py"),
    output:
        **reported_table("descriptives", "descriptives"),
        scores=SCORES,
    params:
        **settings("level", minimum_share="minimum_answered"),
    script:
        "../../scripts/score/score_responses.py"


rule assess_quality:
    """audit the answers"""
    input:
        responses=RESPONSES,
        code=code("score/assess_quality.py"),
    output:
        **reported_table("quality"),
    params:
        **settings("level"),
    script:
        "../../scripts/score/assess_quality.py"
