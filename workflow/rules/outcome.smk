"""How much of the outcome does the alliance explain, within and between therapists?

Needs: results/{dataset}/responses/, scale scores, correlations and data/published/claims.yaml.
Makes: results/{dataset}/outcome/strength.csv and levels.csv, in the job that estimates shared variance from the same inputs
(shared_variance.smk).
"""
