"""Do both members of a dyad rate the alliance alike, whose doing is a rating, and who follows whom?

Needs: results/{dataset}/responses/, results/{dataset}/scores/scores.parquet, the reliability of change over sessions and
data/published/perspective_statements.yaml.
Makes: results/{dataset}/perspectives/: levels.csv, who rates higher and how far both agree; one_with_many.csv, what of the
ratings is the therapist's, the dyad's and the session's; truth_and_bias.csv, who rates lower and follows whom over sessions;
actor_partner.csv, whose alliance counts for the outcome; profiles.csv, whether both answer the same items alike; items.csv
and phases.csv, where and when they differ; surfaces.csv, the outcome over both ratings; statements.csv, what was said of
both, set against all this. Nothing here: they are made in the job of estimate_sessions (reliability.smk), which reads the
same, so that no further Python has to start.
"""
