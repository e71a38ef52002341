"""The common factor: breadth by loop and by hand, the choice, and the reasons when there is none."""

import math

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.common_factor import batched_common_factor, common_factor

ITEMS = ["wai_1", "wai_2", "wai_3", "wai_4", "haq_1", "haq_2", "cal_1", "cal_2"]
INSTRUMENTS = pd.Series([item.split("_")[0].upper() for item in ITEMS], index=ITEMS)


def frame(**columns):
    return pd.DataFrame(columns, index=ITEMS)


@pytest.fixture
def loadings():
    return frame(
        F1=[0.7, 0.7, 0.6, 0.8, 0.1, 0.0, 0.0, 0.1],  # of the WAI alone
        F2=[0.1, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5, 0.2],  # of all three
        F3=[0.0, 0.1, 0.0, 0.0, 0.7, 0.6, 0.45, 0.0],  # of two
        F4=[0.1, 0.0, 0.2, 0.0, 0.1, 0.1, 0.0, 0.3],  # salient nowhere
    )


def row(result, factor, statistic, group=None):
    table = result.table
    chosen = (table["factor"] == factor) & (table["statistic"] == statistic)
    chosen &= table["group"].isna() if group is None else table["group"] == group
    return table[chosen].iloc[0]


def breadth_by_definition(column, salient=0.4):
    mean = {}
    for instrument in INSTRUMENTS.unique():
        own = [item for item in ITEMS if INSTRUMENTS[item] == instrument]
        mean[instrument] = sum(column[i] ** 2 for i in own if abs(column[i]) >= salient) / len(own)
    shares = [value / sum(mean.values()) for value in mean.values() if value > 0]
    return -sum(share * math.log(share) for share in shares) / math.log(len(mean))


def test_breadth_by_definition(loadings):
    result = common_factor(loadings, INSTRUMENTS)
    for factor in ("F1", "F2", "F3"):
        assert row(result, factor, "breadth").estimate == pytest.approx(breadth_by_definition(loadings[factor]))


def test_by_hand(loadings):
    result = common_factor(loadings, INSTRUMENTS)
    # F2: mean squares .125, .25, .125 of the three instruments, so shares 1/4, 1/2, 1/4 and 1.5 ln 2 / ln 3
    assert row(result, "F2", "breadth").estimate == pytest.approx(1.5 * math.log(2) / math.log(3))
    assert row(result, "F2", "salient_items").estimate == 5
    assert row(result, "F2", "salient_share", "WAI").estimate == 0.5
    assert row(result, "F2", "salient_share", "HAQ").estimate == 1
    assert row(result, "F1", "breadth").estimate == 0
    assert "one instrument only" in row(result, "F1", "breadth").note


def test_the_broadest_factor_is_the_common_one(loadings):
    result = common_factor(loadings, INSTRUMENTS)
    assert (result.name, result.note) == ("F2", "largest breadth")


def test_every_instrument_weighs_the_same(loadings):
    # the items of one instrument, all given twice
    doubled = [*ITEMS, *(item for item in ITEMS if item.startswith("wai"))]
    again = loadings.loc[doubled].set_axis([f"{item}_{j}" for j, item in enumerate(doubled)])
    instruments = pd.Series(INSTRUMENTS.loc[doubled].to_numpy(), index=again.index)
    one, other = common_factor(loadings, INSTRUMENTS), common_factor(again, instruments)
    for factor in ("F1", "F2", "F3"):
        wanted = row(one, factor, "breadth").estimate
        assert row(other, factor, "breadth").estimate == pytest.approx(wanted)


def test_order_of_items_and_direction_do_not_matter(loadings):
    one, other = common_factor(loadings, INSTRUMENTS), common_factor(-loadings.iloc[::-1], INSTRUMENTS)
    assert one.name == other.name
    for factor in loadings:
        for statistic in ("breadth", "share_of_common_variance", "salient_items"):
            assert row(other, factor, statistic).estimate == pytest.approx(
                row(one, factor, statistic).estimate, nan_ok=True
            )


def test_share_with_correlated_factors():
    pattern = frame(F1=[0.6] * 4 + [0.0] * 4, F2=[0.0] * 4 + [0.5] * 4)
    phi = pd.DataFrame([[1, 0.5], [0.5, 1]], index=["F1", "F2"], columns=["F1", "F2"])
    result = common_factor(pattern, INSTRUMENTS, phi=phi)
    # diag(Phi P'P) = (4 x .36, 4 x .25)
    assert row(result, "F1", "share_of_common_variance").estimate == pytest.approx(0.36 / 0.61)


def test_minimum_share(loadings):
    weak = loadings.assign(F2=0.0).assign(F5=[0.41, 0, 0, 0, 0.41, 0, 0.41, 0])
    assert common_factor(weak, INSTRUMENTS).name == "F5"
    assert common_factor(weak, INSTRUMENTS, minimum_share=0.2).name == "F3"
    none = common_factor(weak, INSTRUMENTS, minimum_share=0.9)
    assert none.name is None and "0.9 of the common variance" in none.note


def test_a_tie_goes_to_the_larger_share_and_is_told():
    tied = frame(F1=[0.5, 0, 0, 0, 0.5, 0, 0.5, 0], F2=[0, 0.6, 0, 0, 0, 0.6, 0, 0.6])
    result = common_factor(tied, INSTRUMENTS)
    assert result.name == "F2" and "shared by F2, F1" in result.note


def test_markers_name_the_factor(loadings):
    result = common_factor(loadings, INSTRUMENTS, markers=["wai_1", "wai_3"])
    assert result.name == "F1" and "2 marker items" in result.note
    for markers, reason in ((["x"], "marker x"), ([], "no marker")):
        with pytest.raises(ValueError, match=reason):
            common_factor(loadings, INSTRUMENTS, markers=markers)


def test_general_factor_is_described_but_no_candidate(loadings):
    general = pd.Series(0.6, index=ITEMS)
    result = common_factor(loadings, INSTRUMENTS, general=general)
    assert row(result, "general", "breadth").estimate == pytest.approx(1)
    assert result.name == "F2"
    share = 8 * 0.36 / np.sum(loadings.to_numpy() ** 2)
    assert row(result, "general", "share_of_common_variance").estimate == pytest.approx(share)


def test_no_salient_loading_has_no_breadth(loadings):
    result = common_factor(loadings, INSTRUMENTS)
    assert np.isnan(row(result, "F4", "breadth").estimate)
    assert row(result, "F4", "breadth").note == "no loading reaches 0.4"


def test_no_common_factor_says_why(loadings):
    alone = common_factor(loadings[["F1", "F4"]], INSTRUMENTS)
    assert alone.name is None and "two instruments" in alone.note
    one = common_factor(loadings, INSTRUMENTS.map(lambda _: "WAI"))
    assert one.name is None and "one instrument only" in one.note
    assert np.isnan(row(one, "F1", "breadth").estimate) and "not defined" in row(one, "F1", "breadth").note


def test_bad_arguments(loadings):
    with pytest.raises(ValueError, match="item wai_1"):
        common_factor(loadings, INSTRUMENTS[1:])
    with pytest.raises(ValueError, match="salient"):
        common_factor(loadings, INSTRUMENTS, salient=1.5)


@pytest.mark.parametrize("general", [None, np.empty((0, 4))])
def test_no_solution_at_all_gives_no_rows(general):
    """Every resample failed: as many columns as with one solution, and no row."""
    members = np.array([[True, True, False, False], [False, False, True, True]])
    rows = {}
    for m in (0, 1):
        above = None if general is None else np.full((m, 4), 0.5)
        pattern, phi = np.full((m, 4, 2), 0.5), np.broadcast_to(np.eye(2), (m, 2, 2))
        rows[m], _ = batched_common_factor(pattern, phi, members, salient=0.4, minimum_share=0.05, general=above)
    assert rows[0].shape == (0, rows[1].shape[1])
