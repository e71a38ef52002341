"""Do both members of a dyad rate the alliance alike, and whose doing is a rating?

Needs: results/{dataset}/responses/ and results/{dataset}/scores/scores.parquet.
Makes: results/{dataset}/perspectives/: levels.csv, who rates higher and how far both agree, and one_with_many.csv, what of
the ratings is the therapist's, the dyad's and the session's. Nothing here: both are made in the job of estimate_sessions
(reliability.smk), which reads the same, so that no further Python has to start.
"""
