"""How much of the outcome does the alliance explain, within and between therapists?

Needs: results/{dataset}/responses/, scale scores, correlations and data/published/claims.yaml.
Makes: in results/{dataset}/outcome/ strength.csv, levels.csv, account.csv, early_gains.csv and compensation.csv, in the job
that estimates shared variance from the same inputs (shared_variance.smk).
"""
