"""Agreement of coders: each formula written out slowly, orders that must not matter, and what is undefined."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from psychometrics.content.agreement import (
    agreement_by_facet,
    category_confusion,
    confusion_by_facet,
    nominal_agreement,
)

LETTERS = "abcd"


def coded(items=25, coders=3, missing=0.0, seed=3, shares=(0.5, 0.3, 0.15, 0.05)):
    rng = np.random.default_rng(seed)
    true = rng.choice(list(LETTERS), items, p=shares)
    codes = [np.where(rng.random(items) < 0.7, true, rng.choice(list(LETTERS), items)) for _ in range(coders)]
    table = pd.DataFrame(dict(zip("UVWXYZ", codes, strict=False))).astype(object)
    return table.mask(rng.random(table.shape) < missing)


DESIGNS = {
    "two coders": coded(coders=2),
    "three coders": coded(),
    "codes missing": coded(coders=4, missing=0.3),
    "many items of one coder": coded(items=40, missing=0.55),
    "items and a coder without codes": pd.concat([coded(missing=0.3), pd.DataFrame(index=[90, 91])]).assign(Z=None),
}


@pytest.fixture(params=DESIGNS)
def table(request):
    return DESIGNS[request.param]


def values_of(table):
    return [[code for code in row if not pd.isna(code)] for row in table.to_numpy()]


def weighted_mean(values, weights):
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def observed(items, weights):
    """Share of agreeing pairs of coders, mean over items of two coders or more, each item as often as its weight."""
    shares, of = [], []
    for codes, weight in zip(items, weights, strict=True):
        if len(codes) > 1:
            shares.append(np.mean([one == other for one, other in combinations(codes, 2)]))
            of.append(weight)
    return weighted_mean(shares, of)


def prevalences(items, weights):
    coded_items = [(codes, weight) for codes, weight in zip(items, weights, strict=True) if codes]
    of = [weight for _, weight in coded_items]
    return [weighted_mean([codes.count(k) / len(codes) for codes, _ in coded_items], of) for k in LETTERS]


def share(table, weights):
    return observed(values_of(table), weights)


def corrected(agreed, chance):
    return (agreed - chance) / (1 - chance)


def fleiss(table, weights):
    items = values_of(table)
    return corrected(observed(items, weights), sum(p**2 for p in prevalences(items, weights)))


def gwet(table, weights):
    items = values_of(table)
    chance = sum(p * (1 - p) for p in prevalences(items, weights)) / (len(LETTERS) - 1)
    return corrected(observed(items, weights), chance)


def conger(table, weights):
    margins = []
    for coder in table.dropna(axis=1, how="all"):
        by = [(code, weight) for code, weight in zip(table[coder], weights, strict=True) if not pd.isna(code)]
        margins.append([sum(w for code, w in by if code == k) / sum(w for _, w in by) for k in LETTERS])
    chance = np.mean([sum(p * q for p, q in zip(one, two, strict=True)) for one, two in combinations(margins, 2)])
    return corrected(observed(values_of(table), weights), chance)


def krippendorff(table, weights, *, small=True):
    """From the coincidences: each ordered pair of codes of an item adds 1 / (its coders - 1)."""
    coincidences = dict.fromkeys([(c, k) for c in LETTERS for k in LETTERS], 0.0)
    for codes, weight in zip(values_of(table), weights, strict=True):
        for i, one in enumerate(codes):
            for j, other in enumerate(codes):
                if i != j:
                    coincidences[one, other] += weight / (len(codes) - 1)
    n = {c: sum(coincidences[c, k] for k in LETTERS) for c in LETTERS}
    total = sum(n.values())
    apart = sum(value for (c, k), value in coincidences.items() if c != k) / total
    chance = sum(n[c] * n[k] for c in LETTERS for k in LETTERS if c != k) / (total * (total - 1 if small else total))
    return 1 - apart / chance


SLOW = {
    "agreement_share": share,
    "krippendorff_alpha": krippendorff,
    "gwet_ac1": gwet,
    "fleiss_kappa": fleiss,
    "conger_kappa": conger,
}


def together(table):
    """The rows of all coders together."""
    rows = nominal_agreement(table, categories=list(LETTERS)).set_index("statistic")
    return rows[rows["coder"] == ""]


def test_estimates_are_those_of_the_formulas_written_out(table):
    rows = together(table)
    for statistic, estimate in rows["estimate"].items():
        # sums of at most a few hundred terms in another order
        assert estimate == pytest.approx(SLOW[statistic](table, np.ones(len(table))), rel=1e-12)


def test_standard_errors_are_linearized(table):
    """The influence of an item is the derivative to its weight, here by differences."""
    step = 1e-5
    pairable = (table.notna().sum(axis=1) > 1).to_numpy()
    for statistic, se in together(table)["se"].items():
        slow, enters = SLOW[statistic], pairable if statistic == "krippendorff_alpha" else table.notna().any(axis=1)
        slow = (lambda t, w: krippendorff(t, w, small=False)) if statistic == "krippendorff_alpha" else slow
        n = int(np.sum(enters))
        derivatives = []
        for i in np.flatnonzero(enters):
            up, down = np.ones(len(table)), np.ones(len(table))
            up[i], down[i] = 1 + step, 1 - step
            derivatives.append(n * (slow(table, up) - slow(table, down)) / (2 * step))
        # the central difference is exact to the square of the step; n times rounding of 1e-16 over it is less
        assert se == pytest.approx(np.sqrt(np.sum(np.square(derivatives)) / (n * (n - 1))), rel=1e-7)


def test_cohens_kappa_and_its_variance_from_the_table():
    table = coded(coders=3, missing=0.25)
    rows = nominal_agreement(table).query("statistic == 'cohen_kappa'")
    assert list(zip(rows["coder"], rows["coder_2"], strict=True)) == [("U", "V"), ("U", "W"), ("V", "W")]
    for row in rows.itertuples():
        both = table[[row.coder, row.coder_2]].dropna()
        p = pd.crosstab(both[row.coder], both[row.coder_2]).reindex(index=list(LETTERS), columns=list(LETTERS))
        p = p.fillna(0).to_numpy() / len(both)
        one, two = p.sum(axis=1), p.sum(axis=0)
        agreed, chance = np.trace(p), one @ two
        kappa = (agreed - chance) / (1 - chance)
        # Fleiss, Cohen and Everitt (1969), equation 13, term by term
        first = sum(p[i, i] * ((1 - chance) - (two[i] + one[i]) * (1 - agreed)) ** 2 for i in range(4))
        second = sum(p[i, j] * (two[i] + one[j]) ** 2 for i in range(4) for j in range(4) if i != j)
        third = (agreed * chance - 2 * chance + agreed) ** 2
        variance = (first + (1 - agreed) ** 2 * second - third) / (len(both) * (1 - chance) ** 4)
        assert row.n == len(both) and row.coders == 2
        # closed forms in double precision
        assert (row.estimate, row.se) == pytest.approx((kappa, np.sqrt(variance)), rel=1e-12)


def test_the_share_of_two_coders_has_wilsons_interval():
    table = coded(items=40, coders=2)
    row = nominal_agreement(table, level=0.9).set_index("statistic").loc["agreement_share"]
    n, p, t = 40, (table["U"] == table["V"]).mean(), 1.68487512171  # qt(0.95, 39) of R
    middle, half = (
        (p + t**2 / (2 * n)) / (1 + t**2 / n),
        t / (1 + t**2 / n) * np.sqrt(p * (1 - p) / n + t**2 / 4 / n**2),
    )
    assert (row["lower"], row["upper"]) == pytest.approx((middle - half, middle + half), rel=1e-10)  # digits of t


@pytest.mark.parametrize("design", ["codes missing", "many items of one coder"])
def test_orders_and_names_do_not_matter(design):
    table = DESIGNS[design]
    one = nominal_agreement(table)
    numbers = ["estimate", "se", "lower", "upper", "n", "coders"]
    shuffled = table.sample(frac=1, random_state=1)
    # sums in another order
    pd.testing.assert_frame_equal(nominal_agreement(shuffled)[numbers], one[numbers], rtol=1e-10)
    renamed = table.replace({"a": "z", "b": "y", "c": "x", "d": "w"})
    pd.testing.assert_frame_equal(nominal_agreement(renamed)[numbers], one[numbers], rtol=1e-10)
    turned = nominal_agreement(table[table.columns[::-1]])
    several = one["statistic"] != "cohen_kappa"
    pd.testing.assert_frame_equal(turned.loc[several, numbers], one.loc[several, numbers], rtol=1e-10)
    pairs = {frozenset((r.coder, r.coder_2)): r.estimate for r in turned[~several].itertuples()}
    for row in one[~several].itertuples():
        assert pairs[frozenset((row.coder, row.coder_2))] == pytest.approx(row.estimate, rel=1e-10)


def test_intervals_hold_the_estimate_and_stay_in_range():
    for seed in range(60):
        coders = 2 + seed % 3
        table = coded(
            items=3 + seed % 9, coders=coders, missing=0.2 * (seed % 2), seed=seed, shares=(0.85, 0.1, 0.05, 0)
        )
        rows = nominal_agreement(table).dropna(subset=["estimate"])
        assert (rows["lower"] <= rows["estimate"]).all() and (rows["estimate"] <= rows["upper"]).all()
        assert (rows["upper"] <= 1).all() and (rows["lower"] < rows["upper"]).all()
        least = rows["statistic"].map({"agreement_share": 0.0}).fillna(-1.0)
        assert (rows["lower"] >= np.minimum(least, rows["estimate"])).all()


def test_systematic_disagreement():
    table = pd.DataFrame({"A": list("abab"), "B": list("baba")})
    rows = nominal_agreement(table).set_index("statistic")
    # all pairs disagree; with equal margins kappa is -1, alpha -1 / (1 - 1 / 8) + 1 - 1 / 8 over it: 1 - 7 / 4
    assert rows["estimate"].to_dict() == pytest.approx(
        {"agreement_share": 0, "krippendorff_alpha": -0.75, "gwet_ac1": -1, "cohen_kappa": -1}
    )
    assert (rows["lower"] <= rows["estimate"]).all() and (rows["upper"] > rows["estimate"]).all()


def test_full_agreement_has_an_interval_and_no_standard_error():
    rows = nominal_agreement(pd.DataFrame({"A": list("aabbc"), "B": list("aabbc")})).set_index("statistic")
    assert (rows["estimate"] == 1).all() and (rows["upper"] == 1).all() and rows["se"].isna().all()
    assert rows["note"].str.contains("no disagreement").all()
    # Wilson's limit with no disagreement among five: n / (n + t^2), t = qt(0.975, 4) of R
    assert rows.loc["agreement_share", "lower"] == pytest.approx(5 / (5 + 2.7764451052**2), rel=1e-10)


def test_pairs_of_coders_are_at_most_independent():
    # in every item two of three coders agree: the shares do not vary, and n is that of all pairs, 3 times 4
    table = pd.DataFrame({"A": list("aabb"), "B": list("abba"), "C": list("bbaa")})
    row = nominal_agreement(table).set_index("statistic").loc["agreement_share"]
    p, n, t = 1 / 3, 12, 3.18244630528  # qt(0.975, 3) of R
    middle, half = (
        (p + t**2 / (2 * n)) / (1 + t**2 / n),
        t / (1 + t**2 / n) * np.sqrt(p * (1 - p) / n + t**2 / 4 / n**2),
    )
    assert row["estimate"] == pytest.approx(p) and row["se"] == pytest.approx(0, abs=1e-9)
    assert (row["lower"], row["upper"]) == pytest.approx((middle - half, middle + half), rel=1e-10)  # digits of t


def test_the_least_kappa_depends_on_the_fewest_coders_of_an_item():
    table = pd.DataFrame({coder: list("aaaab") for coder in "ABC"})
    kappa = nominal_agreement(table).set_index("statistic").loc["fleiss_kappa"]
    assert (kappa["estimate"], kappa["lower"]) == (1, -0.5)  # three coders cannot all disagree pairwise on two
    table.loc[0, "A"] = None
    assert -1 <= nominal_agreement(table).set_index("statistic").loc["fleiss_kappa", "lower"] < -0.5


def test_a_category_nobody_used_counts_for_ac1_only():
    table = coded(coders=2)
    one, two = (nominal_agreement(table, categories=known).set_index("statistic") for known in (None, list("abcdef")))
    others = one.index != "gwet_ac1"
    pd.testing.assert_frame_equal(one[others], two[others], rtol=1e-12)
    assert two.loc["gwet_ac1", "estimate"] > one.loc["gwet_ac1", "estimate"]
    assert "q = 6" in two.loc["gwet_ac1", "method"]


@pytest.mark.parametrize(
    "table, reason",
    [
        (pd.DataFrame({"A": [], "B": []}), "no codes"),
        (pd.DataFrame({"A": [None, None], "B": [None, None]}), "no codes"),
        (pd.DataFrame({"A": list("abc")}), "only one coder"),
        (pd.DataFrame({"A": list("abc"), "B": None}), "only one coder"),
        (pd.DataFrame({"A": ["a", "b", None], "B": ["a", None, "c"]}), "fewer than two items were coded by two coders"),
    ],
    ids=["empty", "all missing", "one coder", "one coder with codes", "one item of two"],
)
def test_what_cannot_be_told_has_a_reason(table, reason):
    rows = nominal_agreement(table)
    assert list(rows["statistic"]) == ["agreement_share", "krippendorff_alpha", "gwet_ac1", "cohen_kappa"]
    assert rows[["estimate", "se", "lower", "upper"]].isna().all(axis=None) and (rows["note"] == reason).all()


def test_one_category_only():
    rows = nominal_agreement(pd.DataFrame({"A": list("aaa"), "B": list("aaa")})).set_index("statistic")
    assert rows.loc["agreement_share", "estimate"] == 1
    undefined = rows.drop("agreement_share")
    assert undefined["estimate"].isna().all() and (undefined["note"] == "only one category was used").all()
    # AC1 of a form that uses one of several categories: chance agreement is 0
    wider = nominal_agreement(pd.DataFrame({"A": list("aaa"), "B": list("aaa")}), categories=["a", "b"])
    assert wider.set_index("statistic").loc["gwet_ac1", "estimate"] == 1


def test_a_pair_without_common_items_does_not_stop_the_others():
    table = coded(coders=3)
    table.loc[:11, "U"], table.loc[12:, "V"] = None, None
    rows = nominal_agreement(table)
    assert rows["estimate"].isna().sum() == 1
    assert rows[rows["estimate"].isna()][["coder", "coder_2", "note"]].to_numpy().tolist() == [
        ["U", "V", "fewer than two items were coded by two coders"]
    ]


def test_an_unknown_category_and_a_level_out_of_range_are_mistakes():
    with pytest.raises(ValueError, match="'d' is none of the categories a, b, c"):
        nominal_agreement(coded(), categories=list("abc"))
    with pytest.raises(ValueError, match="level"):
        nominal_agreement(coded(), level=95)


def test_confusion_counts_every_pair_of_coders_once(table):
    rows = category_confusion(table, categories=list(LETTERS))
    slow = dict.fromkeys([(c, k) for i, c in enumerate(LETTERS) for k in LETTERS[i:]], 0)
    for codes in values_of(table):
        for one, other in combinations(codes, 2):
            slow[tuple(sorted((one, other)))] += 1
    wide = rows.pivot(index=["category", "category_2"], columns="statistic", values="estimate")
    assert wide["coder_pairs"].to_dict() == slow
    assert wide["coder_pairs_share"].sum() == pytest.approx(1)
    assert (rows["n"] == sum(slow.values())).all()


def test_confusion_adds_up_to_the_share_of_agreement():
    table = coded()
    rows = category_confusion(table).query("statistic == 'coder_pairs_share' and category == category_2")
    agreed = nominal_agreement(table).set_index("statistic").loc["agreement_share", "estimate"]
    assert rows["estimate"].sum() == pytest.approx(agreed)


def test_confusion_without_pairs_has_a_reason():
    for table, reason in ((pd.DataFrame({"A": list("ab")}), "only one coder"), (pd.DataFrame(), "no codes")):
        row = category_confusion(table).iloc[0]
        assert row["n"] == 0 and np.isnan(row["estimate"]) and row["note"] == reason


@pytest.fixture
def item_codes():
    table = coded(items=20, coders=3, missing=0.1)
    long = table.reset_index(names="item").melt("item", var_name="coder", value_name="voice").dropna()
    long["form"] = np.where(long["item"] < 12, "wai_s", "haq2")
    return long.assign(theme=long["voice"].replace({"c": "a", "d": "a"}), item=long["item"] + 1)


def test_facets_and_forms(item_codes):
    rows = agreement_by_facet(item_codes, facets=["voice", "theme"])
    assert rows[["form", "group"]].drop_duplicates().to_numpy().tolist() == [
        [form, facet] for form in ("all forms", "wai_s", "haq2") for facet in ("voice", "theme")
    ]
    part = item_codes[item_codes["form"] == "haq2"].pivot(index="item", columns="coder", values="voice")
    alone = nominal_agreement(part, categories=list(LETTERS))
    found = rows.query("form == 'haq2' and group == 'voice'").drop(columns=["form", "group"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, alone)
    assert (rows.query("group == 'theme' and statistic == 'gwet_ac1'")["method"].str.contains("q = 2")).all()


def test_the_categories_of_a_facet_are_those_of_all_forms(item_codes):
    codes = item_codes.assign(theme=item_codes["theme"].mask(item_codes["form"] == "haq2", "a"))
    rows = agreement_by_facet(codes, facets=["theme"]).query("form == 'haq2'").set_index("statistic")
    assert rows.loc["gwet_ac1", "estimate"] == 1 and "q = 2" in rows.loc["gwet_ac1", "method"]
    assert rows.loc["krippendorff_alpha", "note"] == "only one category was used"
    assert set(confusion_by_facet(codes, facets=["theme"]).query("form == 'haq2'")["category_2"]) == {"a", "b"}


def test_the_same_item_number_in_two_forms_is_two_items(item_codes):
    rows = agreement_by_facet(item_codes.assign(item=(item_codes["item"] - 1) % 12 + 1), facets=["voice"])
    numbers = ["estimate", "n"]
    pd.testing.assert_frame_equal(rows[numbers], agreement_by_facet(item_codes, facets=["voice"])[numbers], rtol=1e-12)


def test_confusion_by_facet(item_codes):
    rows = confusion_by_facet(item_codes, facets=["theme"])
    counts = rows[rows["statistic"] == "coder_pairs"].pivot(
        index=["category", "category_2"], columns="form", values="estimate"
    )
    assert (counts["wai_s"] + counts["haq2"] == counts["all forms"]).all()


def test_codes_that_are_wrong(item_codes):
    with pytest.raises(ValueError, match="the item codes have no column domain"):
        agreement_by_facet(item_codes, facets=["domain"])
    doubled = pd.concat([item_codes, item_codes.iloc[[0]]])
    with pytest.raises(ValueError, match=r"coder U has two rows for item 1 of wai_s"):
        confusion_by_facet(doubled, facets=["voice"])
