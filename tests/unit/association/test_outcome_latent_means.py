"""Latent therapist means undo what unreliable manifest ones do; what cannot be told."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.low_outliers import KEPT
from psychometrics.association.outcome_latent_means import NOTHING_BETWEEN, latent_therapist_means
from psychometrics.association.outcome_levels import FEW, SINGLE, outcome_within_between
from psychometrics.not_computable import NotComputable


def clients(therapists: int = 30, each: int = 4, seed: int = 1) -> pd.DataFrame:
    """Slope 1 between therapists, 0.2 within them."""
    rng = np.random.default_rng(seed)
    therapist = np.repeat(np.arange(therapists), each)
    of_therapist, of_client = 0.6 * rng.normal(size=therapists)[therapist], 0.8 * rng.normal(size=therapists * each)
    outcome = of_therapist + 0.2 * of_client + 0.3 * rng.normal(size=therapists)[therapist]
    outcome = outcome + 0.8 * rng.normal(size=len(outcome))
    return pd.DataFrame({"therapist": therapist, "alliance": of_therapist + of_client, "outcome": outcome})


def latent(data: pd.DataFrame, draws: int = 0, **given) -> pd.DataFrame:
    found = latent_therapist_means(data["outcome"], data["alliance"], data["therapist"], draws=draws, **given)
    return found.set_index("statistic")


def test_balanced_design_by_the_formula_of_the_manifest_mean():
    data = clients(80, 4)  # enough that no correlation between therapists is estimated as 1
    rows = outcome_within_between(data["outcome"], data["alliance"], data["therapist"], treatments=[KEPT])
    manifest = rows.set_index("statistic")["estimate"]
    reliability = rows[(rows["statistic"] == "therapist_mean_reliability") & rows["clients"].isna()]["estimate"].item()
    found = latent(data)["estimate"]
    within, between = found["within_slope_latent"], found["between_slope_latent"]
    # two searches of the same likelihood
    assert within == pytest.approx(manifest["within_slope"], rel=1e-5)
    assert manifest["between_slope"] == pytest.approx(reliability * between + (1 - reliability) * within, rel=1e-4)
    assert found["context_effect_latent"] == pytest.approx(between - within)


def test_many_therapists_show_what_was_planted():
    found = latent(clients(1500, 3, seed=2), draws=200)
    assert found.loc["between_slope_latent", "lower"] < 1 < found.loc["between_slope_latent", "upper"]
    assert found.loc["within_slope_latent", "lower"] < 0.2 < found.loc["within_slope_latent", "upper"]
    assert found.loc["context_effect_latent", "lower"] > 0.4


def test_baseline_that_is_the_outcome_but_for_chance_takes_its_part():
    data = clients(60, 5)
    rng = np.random.default_rng(3)
    before = pd.DataFrame({"before": 2 * rng.normal(size=len(data))})
    data["outcome"] += before["before"]
    plain, held = latent(data), latent(data, baseline=before)
    assert held.loc["within_slope_latent", "estimate"] == pytest.approx(0.2, abs=0.2)  # two standard errors
    assert not np.isclose(plain.loc["within_slope_latent", "estimate"], held.loc["within_slope_latent", "estimate"])


def test_lacks():
    data = clients(6, 5)
    found = latent(data, draws=50)
    assert found["lower"].isna().all() and found.loc["between_slope_latent", "note"] == f"no interval: {FEW}"
    # the same alliance on average of every therapist
    flat = clients()
    flat["alliance"] -= flat.groupby("therapist")["alliance"].transform("mean")
    flat["alliance"] += 1e-6 * flat["therapist"]
    found = latent(flat, draws=50)
    assert found.loc["between_slope_latent", "note"].endswith(NOTHING_BETWEEN)
    assert found.loc[["between_slope_latent", "context_effect_latent"], "estimate"].isna().all()
    assert np.isfinite(found.loc["within_slope_latent", "estimate"])
    with pytest.raises(NotComputable, match=SINGLE):
        latent(clients(20, 1))
