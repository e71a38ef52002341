"""Content and the difference between perspectives: gaps by hand, signs, pairs of draws, a planted gap."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.content.perspectives import perspective_content, structure_gaps
from psychometrics.factors.schmid_leiman import SchmidLeiman


def solution(items, general, communality, **more):
    general = pd.Series(general, index=items, dtype=float)
    return SchmidLeiman(
        general=general,
        group=pd.DataFrame(index=items),
        n=200,
        method="by hand",
        uniqueness=1 - pd.Series(communality, index=items, dtype=float),
        second_order_loadings=pd.Series(dtype=float),
        **more,
    )


def drawn(sl, noise):
    """Resamples that shift general loadings and communalities alike; noise (draws, p)."""
    return {"general": sl.general.to_numpy() + noise, "communality": 1 - sl.uniqueness.to_numpy() + noise}


def codes_of(items, **facets):
    return pd.DataFrame({"form": "f", "item": [int(item[2:]) for item in items], "coder": "A"} | facets)


def pick(table, statistic, facet):
    return table[(table["statistic"] == statistic) & (table["facet"] == facet)].set_index("category")


ITEMS = [f"f_{number:02d}" for number in range(1, 7)]
CODES = codes_of(ITEMS, voice=list("xxyyyx"), theme=list("ststst"))


@pytest.fixture
def client():
    """Five items of the form f in another order, and two of a form that only clients answered."""
    items = ["f_02", "g_01", "f_01", "f_03", "f_04", "f_05", "g_02"]
    return solution(items, [0.5, 0.9, 0.4, 0.3, 0.7, 0.6, 0.8], [0.6, 0.9, 0.5, 0.4, 0.8, 0.7, 0.9])


@pytest.fixture
def therapist():
    return solution(ITEMS, [0.1, 0.2, 0.4, 0.6, 0.6, 0.9], [0.3, 0.2, 0.4, 0.9, 0.7, 0.95])


@pytest.fixture
def draws(client, therapist):
    rng = np.random.default_rng(5)
    common = rng.normal(0, 0.1, (60, 1))
    return [drawn(sl, common + rng.normal(0, 0.02, (60, len(sl.general)))) for sl in (client, therapist)]


def test_gaps_by_hand(client, therapist, draws):
    items, gaps, resampled = structure_gaps(client, therapist, *draws)
    assert items == ["f_02", "f_01", "f_03", "f_04", "f_05"]
    np.testing.assert_allclose(gaps["general_gap"], [0.3, 0.3, -0.1, 0.1, 0.0], atol=1e-12)
    np.testing.assert_allclose(gaps["communality_gap"], [0.4, 0.2, 0.0, -0.1, 0.0], atol=1e-12)
    by_hand = draws[0]["general"][7, 2] - draws[1]["general"][7, 0]  # f_01 in draw 7
    assert resampled["general_gap"][7, 1] == pytest.approx(by_hand)


def test_means_of_voices_by_hand(client, therapist, draws):
    table = perspective_content(CODES, client, therapist, *draws)
    np.testing.assert_allclose(pick(table, "mean_general_gap", "voice")["estimate"], [0.3, 0.0], atol=1e-12)
    np.testing.assert_allclose(pick(table, "difference_general_gap", "voice")["estimate"], [0.3, -0.3], atol=1e-12)
    np.testing.assert_allclose(pick(table, "mean_communality_gap", "voice")["estimate"], [0.3, -0.1 / 3], atol=1e-12)
    assert pick(table, "mean_general_gap", "voice")["n"].tolist() == [2, 3]
    everything = table[table["facet"].isna()].groupby("statistic")["estimate"]
    assert everything.get_group("mean_general_gap").item() == pytest.approx(0.12)
    assert everything.size()["general_gap"] == 5


def test_the_other_direction_turns_every_gap(client, therapist, draws):
    one = perspective_content(CODES, client, therapist, *draws)
    two = perspective_content(CODES, therapist, client, *draws[::-1])
    keys = ["facet", "category", "item", "statistic"]
    both = one.merge(two, on=keys, suffixes=("", "_2"))
    both = both[both["statistic"].str.endswith("_gap")]
    assert len(both) == one["statistic"].str.endswith("_gap").sum()
    np.testing.assert_allclose(both["estimate_2"], -both["estimate"], atol=1e-12)
    items = both[both["facet"].isna()]  # elsewhere the random signs of the items differ
    np.testing.assert_allclose(items[["lower_2", "upper_2"]], -items[["upper", "lower"]], atol=1e-12)


def test_a_general_factor_that_points_down_is_the_same(client, therapist, draws):
    wanted = perspective_content(CODES, client, therapist, *draws)
    down = replace(client, general=-client.general)
    for turn in (-1, np.where(np.arange(60) % 3 == 0, -1, 1)[:, None]):
        turned = draws[0] | {"general": turn * draws[0]["general"]}
        pd.testing.assert_frame_equal(perspective_content(CODES, down, therapist, turned, draws[1]), wanted)


def test_what_moves_both_perspectives_alike_is_no_uncertainty_of_the_gap(client, therapist, draws):
    table = perspective_content(CODES, client, therapist, *draws)
    apart = perspective_content(
        CODES, client, therapist, draws[0], {name: values[::-1] for name, values in draws[1].items()}
    )
    se, too_wide = (found.loc[found["statistic"] == "general_gap", "se"] for found in (table, apart))
    assert se.to_numpy() == pytest.approx(0.02 * np.sqrt(2), rel=0.3)  # 60 draws: standard error 9%
    assert too_wide.min() > 3 * se.max()


def test_a_draw_that_failed_in_one_perspective_is_left_out(client, therapist, draws):
    for perspective, failed in zip(draws, ([0, 1], [1, 2, 3]), strict=True):
        for values in perspective.values():
            values[failed] = np.nan
    table = perspective_content(CODES, client, therapist, *draws, units="therapists")
    method = pick(table, "mean_general_gap", "voice")["method"].iloc[0]
    assert "56 of 60 resamples of therapists, the same in both perspectives, and items" in method
    assert method.endswith("; first: by hand, 7 items; second: by hand, 6 items")


@pytest.mark.slow
def test_a_planted_gap_is_found():
    """Items of voice x hang together less for therapists; the errors of both perspectives are half common."""
    rng = np.random.default_rng(8)
    items = [f"f_{number:02d}" for number in range(1, 31)]
    voice = np.where(np.arange(30) < 10, "x", "y")
    truth = [np.full(30, 0.6), np.where(voice == "x", 0.4, 0.6)]

    def errors(rows):
        common = rng.normal(0, 0.05, (rows, 30))
        return [common + rng.normal(0, 0.05, (rows, 30)) for _ in truth]

    covered = []
    for study in range(60):
        sls = [solution(items, true + error[0], np.full(30, 0.5)) for true, error in zip(truth, errors(1), strict=True)]
        noise = [drawn(sl, error) for sl, error in zip(sls, errors(100), strict=True)]
        table = perspective_content(codes_of(items, voice=voice), *sls, *noise, seed=study)
        row = pick(table, "difference_general_gap", "voice").loc["x"]
        # errors of 0.07 per item, means of 10 and of 20 items: almost four standard errors
        assert row["estimate"] == pytest.approx(0.2, abs=0.1)
        covered.append(row["lower"] <= 0.2 <= row["upper"])
    assert np.mean(covered) == pytest.approx(0.95, abs=0.06)  # two standard errors


def test_cautions_name_the_perspective(client, therapist, draws):
    doubtful = replace(therapist, notes=("a factor loads negatively on the general factor",))
    table = perspective_content(CODES, client, doubtful, *draws, names=("client", "therapist"))
    said = table["note"] == "therapist: a factor loads negatively on the general factor"
    assert set(table.loc[said, "statistic"]) >= {"general_gap", "mean_general_gap", "difference_general_gap"}
    assert not table["statistic"][said].str.contains("communality").any()
    assert (
        table.loc[table["statistic"] == "general_gap", "method"]
        .str.startswith("general loading, client minus therapist; ")
        .all()
    )


def test_what_cannot_be_compared(client, therapist, draws):
    few = solution(ITEMS[:3], [0.5] * 3, [0.5] * 3)
    with pytest.raises(ValueError, match="the two solutions have 3 items in common, and a comparison takes 4"):
        structure_gaps(client, few, draws[0], drawn(few, np.zeros((60, 3))))
    with pytest.raises(ValueError, match="different numbers of draws"):
        structure_gaps(client, therapist, draws[0], drawn(therapist, np.zeros((59, 6))))
