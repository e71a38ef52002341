"""What stops a run before anything is computed, and what does not."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from pipeline.data.dataset import Form
from pipeline.data.job import InputError
from pipeline.data.plausibility import against_others, review, same_columns

ITEMS = 6


def form(name, perspective="client", reverse=(), items=ITEMS):
    return Form(
        name, perspective, name.upper(), name.upper(), items, (1, 5), {"total": list(range(1, items + 1))},
        list(reverse), "established", [], {},
    )  # fmt: skip


def answers(n, latent=None, seed=1, items=ITEMS, noise=1.0):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n) if latent is None else latent
    values = np.clip(np.round(3 + common[:, None] + noise * rng.normal(size=(n, items))), 1, 5)
    frame = pd.DataFrame(values, columns=[f"i{item:02d}" for item in range(1, items + 1)]).astype("Int64")
    return frame.assign(client=[str(i) for i in range(n)], therapist=None, session=1, rater=None)


def reviewed(*parts, accept=None):
    """Forms with their answers."""
    files = {f"{one.name}.{one.perspective}.parquet": table for one, table in parts}
    files["dataset.json"] = {"forms": [asdict(one) for one, _ in parts]}
    return review({"responses": [], "accept": accept or {}}, files)


def mirrored(table):
    columns = [column for column in table if column.startswith("i")]
    return table.assign(**{column: 6 - table[column] for column in columns})


def latent(n, r, seed=5):
    """Two sources that correlate r."""
    rng = np.random.default_rng(seed)
    one = rng.normal(size=n)
    return one, r * one + np.sqrt(1 - r**2) * rng.normal(size=n)


@pytest.mark.parametrize("n", [8, 40])
def test_the_same_answers_from_two_people_stop(n):
    table = answers(n)
    with pytest.raises(InputError, match=r"a \(client\) and a \(therapist\) have the same answers in \d+ of \d+ admin"):
        reviewed((form("a"), table), (form("a", "therapist"), table))
    with pytest.raises(InputError, match="have the same answers reversed"):
        reviewed((form("a"), table), (form("a", "therapist"), mirrored(table)))


def test_a_copy_with_a_few_corrections_and_gaps_is_a_copy():
    table = answers(60)
    copy = table.copy()  # one person gave the same answer throughout and does not count
    copy.loc[3, "i02"] = 6 - copy.loc[3, "i02"] if copy.loc[3, "i02"] != 3 else 1
    copy.loc[8:12, "i04"] = pd.NA
    with pytest.raises(InputError, match=r"58 of 59 administrations .* `accept: same_answers:`"):
        reviewed((form("a"), table), (form("b"), copy))


def test_what_the_data_set_accepts_is_told_with_its_reason():
    table = answers(20)
    said = reviewed((form("a"), table), (form("a", "therapist"), table), accept={"same_answers": "a demonstration"})
    assert len(said) == 1 and said[0].endswith("; accepted in dataset.yaml: a demonstration")


def test_people_who_agree_pass():
    """Everybody at the ceiling, nearly all of it the same by chance; patterns that hardly vary; and few people."""
    top = answers(50, latent=np.full(50, 4.0))
    other = answers(50, latent=np.full(50, 4.0), seed=2)
    assert (top.filter(like="i0") == other.filter(like="i0")).all(axis=1).mean() > 0.5
    assert reviewed((form("a"), top), (form("a", "therapist"), other)) == []
    alike = answers(20).assign(**{f"i{item:02d}": 4 + item % 2 for item in range(1, ITEMS + 1)})
    assert reviewed((form("a"), alike), (form("a", "therapist"), alike)) == []  # one pattern that everybody gave
    constant = answers(20).assign(**{f"i{item:02d}": 5 for item in range(1, ITEMS + 1)})
    assert reviewed((form("a"), constant), (form("a", "therapist"), constant)) == []


@pytest.mark.parametrize("n", [12, 40, 200])
def test_a_form_that_runs_against_all_others_stops(n):
    source, _ = latent(n, 1)
    forms = [(form(name), answers(n, source, seed)) for seed, name in enumerate("abc", start=1)]
    assert reviewed(*forms) == []
    wrong = [*forms[:2], (form("c"), mirrored(forms[2][1]))]
    with pytest.raises(InputError) as stopped:
        reviewed(*wrong)
    said = str(stopped.value)
    assert said.startswith(
        "dataset.yaml: the total of c (client) correlates negatively with that of every other form of the client (a -0."
    )
    assert "`reverse:`" in said and said.endswith("say why under `accept: against_other_forms:`.")
    told = reviewed(*wrong, accept={"against_other_forms": "it measures ruptures"})
    assert len(told) == 1 and told[0].endswith("it measures ruptures")


def test_two_forms_that_run_against_each_other_stop_once():
    source, _ = latent(60, 1)
    pair = [(form("a"), answers(60, source, 1)), (form("b"), mirrored(answers(60, source, 2)))]
    with pytest.raises(InputError, match=r"the totals of a and b \(client\) correlate -0\.\d\d, so one of the two"):
        reviewed(*pair)
    assert len(reviewed(*pair, accept={"against_other_forms": "as meant"})) == 1


def test_forms_that_nobody_answered_together_are_not_judged():
    """Of three forms the first was answered by all, the others by one half each; the last one is turned round."""
    source, _ = latent(80, 1)
    first, second, third = (answers(80, source, seed) for seed in (1, 2, 3))
    parts = [(form("a"), first), (form("b"), second[:40]), (form("c"), mirrored(third)[40:])]
    with pytest.raises(InputError, match=r"the totals of c and a \(client\) correlate -0"):
        reviewed(*parts)
    assert reviewed(*parts[:2], (form("c"), third[40:])) == []


def test_the_key_turns_the_answers_before_they_are_compared():
    source, _ = latent(60, 1)
    turned = mirrored(answers(60, source, 2))
    assert reviewed((form("a"), answers(60, source, 1)), (form("b", reverse=range(1, 7)), turned)) == []


def test_client_and_therapist_may_disagree():
    one, two = latent(100, -0.6)
    assert reviewed((form("a"), answers(100, one, 1)), (form("a", "therapist"), answers(100, two, 2))) == []


def test_chance_hardly_ever_stops_small_samples():
    """Unrelated forms of one perspective: by the rule 0.5% are stopped; 12 of 800 lies 4 standard errors above 4."""
    rng = np.random.default_rng(3)
    forms, stopped = [form("a"), form("b")], 0
    names = [f"client.{one.name}.total" for one in forms]
    for _ in range(800):
        n = int(rng.integers(6, 30))
        r = pd.DataFrame(np.corrcoef(rng.normal(size=(2, n))), index=names, columns=names)
        stopped += len(list(against_others(forms, r, n)))
    assert 0 < stopped < 12


def test_a_small_negative_correlation_of_many_people_passes():
    names = ["client.a.total", "client.b.total"]
    for r, stopped in ((-0.19, 0), (-0.21, 1)):
        table = pd.DataFrame([[1, r], [r, 1]], index=names, columns=names)
        assert len(list(against_others([form("a"), form("b")], table, 10_000))) == stopped


ENTRY = {"file": "one.csv", "columns": "q{item}", "form": "a", "perspective": "client", "keep": {}}


@pytest.mark.parametrize(
    "changes, stops",
    [
        ({"perspective": "therapist"}, True),
        ({"form": "b"}, True),
        ({"session": 2}, True),
        ({"columns": "q{item:1d}"}, True),
        ({"columns": "t{item}"}, False),
        ({"file": "two.csv"}, False),
        ({"sheet": "second"}, False),
        ({"keep": {"who": "therapist"}}, False),
        ({"keep": {"arm": "one"}}, True),  # those of the arm stand in both
    ],
)
def test_columns_that_are_read_twice(changes, stops):
    entries = [ENTRY | {"keep": {"who": "client"}}, ENTRY | {"keep": {"who": "client"}} | changes]
    assert len(list(same_columns(entries))) == stops


def matrix(between, within=0.5, cells=()):
    labels = [label for name in "ab" for label in form(name).labels]
    r = np.where(np.kron(np.eye(2), np.ones((ITEMS, ITEMS))) > 0, within, between)
    for row, column, value in cells:
        r[row, column] = r[column, row] = value
    np.fill_diagonal(r, 1)
    return {
        "correlations.csv": pd.DataFrame(r, index=labels, columns=labels).rename_axis("item").reset_index(),
        "dataset.json": {"forms": [asdict(form(name)) for name in "ab"], "people": 100},
    }


def test_published_item_correlations():
    content = {"matrix": {}, "accept": {}}
    copied = [(item, item + ITEMS, 1.0) for item in range(ITEMS)]
    assert review(content, matrix(0.3)) == review(content, matrix(1.0, within=1.0)) == []
    with pytest.raises(InputError, match=r"every item of a \(client\) correlates 1 with the item of b \(client\)"):
        review(content, matrix(0.5, cells=copied))
    with pytest.raises(InputError, match="the totals of a and b"):
        review(content, matrix(-0.3))


@pytest.mark.parametrize(
    "r, stops", [(0.99, ""), (1.0, "a score of a .* correlates 1"), (-0.6, "the totals of a and b")]
)
def test_published_correlations_of_scores(r, stops):
    names = ["client.a.total", "client.b.total", "outcome"]
    values = pd.DataFrame(np.eye(3), index=names, columns=names)
    values.iloc[0, 1] = values.iloc[1, 0] = r
    values.iloc[0, 2] = values.iloc[2, 0] = 1.0  # an outcome is no form
    files = {
        "score_correlations.csv": values.rename_axis("score").reset_index(),
        "score_pairs.csv": pd.DataFrame(80, index=names, columns=names).rename_axis("score").reset_index(),
        "dataset.json": {"forms": [asdict(form(name, items=0)) for name in "ab"]},
    }
    if stops:
        with pytest.raises(InputError, match=stops):
            review({"scores": {}, "accept": {}}, files)
    else:
        assert review({"scores": {}, "accept": {}}, files) == []
