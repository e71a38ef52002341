"""Which interval of alpha people see."""

import pandas as pd


def with_alpha_to_report(reliability: pd.DataFrame) -> pd.DataFrame:
    """The rows with the jackknife interval of alpha in place of Feldt's, where there is one.

    Feldt's interval presumes normal answers of independent people; the other one knows ceilings and therapists.
    """
    other = reliability[(reliability["statistic"] == "alpha_jackknife") & reliability["lower"].notna()]
    keys = ["form", "perspective", "scale"]
    known = reliability.set_index(keys).index.isin(other.set_index(keys).index)
    replaced = known & (reliability["statistic"] == "alpha")
    kept = reliability[~replaced & (reliability["statistic"] != "alpha_jackknife")]
    return pd.concat([other.assign(statistic="alpha"), kept]).sort_index(kind="stable")
