"""Scripts from answers to tables, called as functions: each number again, by pandas alone, from the answers as given.

The clients of the two forms differ, one client answered nothing, and the clients' file is in another order: whatever is
joined by position instead of by client shows.
"""

import numpy as np
import pandas as pd
import pytest

from association.compare_correlations import main as compare_correlations
from association.correlate_scores import main as correlate_scores
from association.correlate_sessions import main as correlate_sessions
from ingest.ingest_dataset import write_all
from pipeline.data.assembling import from_answers
from pipeline.data.dataset import Dataset
from pipeline.data.raw_files import RawFiles
from pipeline.data.tables import read_table
from pipeline.steps.mtmm_cells import reliability_cells
from pipeline.steps.scores import score_columns
from psychometrics.variance.nesting import clients_in_therapists
from reliability.estimate_nesting import main as estimate_nesting
from reliability.estimate_reliability import main as estimate_reliability
from reliability.estimate_sessions import main as estimate_sessions
from score.assess_careless import main as assess_careless
from score.assess_missing import main as assess_missing
from score.assess_quality import main as assess_quality
from score.describe_participants import main as describe_participants
from score.score_responses import main as score_responses

CLIENTS, THERAPISTS, SESSIONS = 36, 6, (1, 2)
ONE = {"label": "One", "instrument": "X", "items": 4, "range": [1, 7], "continuous": False, "reverse": [2]}
TWO = {"label": "Two", "instrument": "Y", "items": 3, "range": [1, 5], "continuous": False, "reverse": [1]}
SHARED = {"key_status": "established", "perspectives": ["client"]}
FORMS = {"one": ONE | SHARED | {"scales": {"a": [1, 2], "b": [3, 4]}}, "two": TWO | SHARED | {"scales": {}}}
ENTRY = {"perspective": "client", "columns": "q{item}", "client": "id", "therapist": "th", "session": "s"}
ENTRY |= {"keep": {}, "missing_codes": [], "recode": {}, "sessions": {}}
HOW = {"level": 0.95, "draws": 0, "seed": 1}


def raw(form: str) -> pd.DataFrame:
    """Answers as given: of all clients but the first four for one form, but the last four for the other."""
    rng = np.random.default_rng(len(form) + FORMS[form]["items"])
    items, (low, high) = FORMS[form]["items"], FORMS[form]["range"]
    rows = []
    for number in range(CLIENTS):
        person = np.random.default_rng(number).normal()
        if (number < 4) if form == "one" else (number >= CLIENTS - 4):
            continue
        for session in SESSIONS:
            keyed = (low + high) / 2 + person + 0.4 * (number % THERAPISTS) + rng.normal(0, 0.8, items)
            answer = np.clip(np.rint(keyed), low, high)
            turned = [item - 1 for item in FORMS[form]["reverse"]]
            answer[turned] = low + high - answer[turned]
            rows.append([f"c{number:02d}", f"t{number % THERAPISTS}", session, *answer])
    frame = pd.DataFrame(rows, columns=["id", "th", "s", *(f"q{item}" for item in range(1, items + 1))])
    frame.loc[5, "q1"] = np.nan
    return frame.sample(frac=1, random_state=1)


def keyed(form: str) -> pd.DataFrame:
    frame = raw(form).set_index(["id", "s"]).sort_index()
    for item in FORMS[form]["reverse"]:
        frame[f"q{item}"] = sum(FORMS[form]["range"]) - frame[f"q{item}"]
    return frame


def score(form: str, *items: int, session: int = 2) -> pd.Series:
    """Mean of all items answered at a session; missing where fewer than 80% were."""
    columns = [f"q{item}" for item in items or range(1, FORMS[form]["items"] + 1)]
    answers = keyed(form)[columns].xs(session, level="s")
    return answers.mean(axis=1).where(answers.notna().mean(axis=1) >= 0.8)


def outside() -> pd.DataFrame:
    """Outcome and baseline of the clients and of one who never answered, whose code comes before all others."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"id": ["b99", *(f"c{number:02d}" for number in range(CLIENTS))]})
    frame["out"] = [90.0, *(50 + 10 * np.random.default_rng(number).normal() for number in range(CLIENTS))]
    frame["out"] += rng.normal(0, 5, len(frame))
    frame["before"] = rng.normal(40, 8, len(frame))
    frame["arm"] = np.where(np.arange(len(frame)) % 2, "A", "B")
    return frame.sample(frac=1, random_state=2)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    for form in FORMS:
        raw(form).to_csv(folder / f"{form}.csv", index=False)
    outside().to_csv(folder / "clients.csv", index=False)
    variables = {
        "out": {"role": "outcome", "label": "functioning", "missing_codes": []},
        "before": {"role": "baseline", "label": "symptoms", "missing_codes": []},
        "arm": {"role": "group", "label": "condition", "missing_codes": []},
    }
    content = {
        "responses": [ENTRY | {"file": f"{form}.csv", "form": form} for form in FORMS],
        "clients": {"file": "clients.csv", "client": "id", "variables": variables},
    }
    files = from_answers(content, RawFiles(folder), FORMS)[0]
    files["dataset.json"] |= {"name": "study", "title": "t", "source": "s", "simulated": False, "occasion": 2}
    write_all(files, folder / "responses")
    score_responses(
        folder / "responses", folder / "scores.parquet", folder / "d.csv", minimum_share=0.8, level=HOW["level"]
    )
    return folder


def found(table: pd.DataFrame, **keys) -> pd.Series:
    rows = table
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    assert len(rows) == 1, keys
    return rows.iloc[0]


def test_scores_on_three_metrics(study):
    table = read_table(study / "d.csv")
    table = table[table["group"].isna()]
    for metric, factor, shift in (
        ("mean of the items", 1, 0),
        ("sum of the items, prorated", 4, 0),
        ("percent of maximum possible", 100 / 6, 1),
    ):
        own = {"form": "one", "scale": "total", "session": 2, "method": metric}
        total = (score("one") - shift) * factor
        row = found(table, statistic="mean", **own)
        assert row["estimate"] == pytest.approx(total.mean(), abs=1e-10)
        assert row["n"] == total.notna().sum()
        assert found(table, statistic="sd", **own)["estimate"] == pytest.approx(total.std(), abs=1e-10)
    scale = found(table, form="one", scale="a", session=1, method="mean of the items", statistic="mean")
    assert scale["estimate"] == pytest.approx(score("one", 1, 2, session=1).mean(), abs=1e-10)


def test_scores_of_groups(study):
    table = read_table(study / "d.csv")
    own = found(
        table,
        form="two",
        scale="total",
        session=2,
        method="mean of the items",
        statistic="mean",
        group="condition: A",
    )
    arm = outside().set_index("id")["arm"].reindex(score("two").index)
    assert own["estimate"] == pytest.approx(score("two")[arm == "A"].mean(), abs=1e-10)


def test_correlations_go_by_client(study):
    correlate_scores(study / "responses", study / "scores.parquet", study / "r.csv", missing="pairwise", **HOW)
    table = read_table(study / "r.csv")
    one, two, clients = score("one"), score("two"), outside().set_index("id")
    total = {"form": "one", "scale": "total"}
    between = found(table, statistic="r_pearson", form_2="two", scale_2="total", **total)
    both = pd.concat([one, two], axis=1).dropna()
    assert between["n"] == len(both) > 20
    assert between["estimate"] == pytest.approx(both.corr().iloc[0, 1], abs=1e-10)
    ranks = found(table, statistic="r_spearman", form_2="two", scale_2="total", **total)
    assert ranks["estimate"] == pytest.approx(both.corr(method="spearman").iloc[0, 1], abs=1e-10)
    outcome = found(table, statistic="r_pearson", form_2="outcome", scale_2="functioning", **total)
    assert outcome["estimate"] == pytest.approx(one.corr(clients["out"]), abs=1e-10)
    # partial correlation by its formula
    frame = pd.concat([one, two, clients["before"]], axis=1).dropna().corr().to_numpy()
    r12, r13, r23 = frame[0, 1], frame[0, 2], frame[1, 2]
    partial = found(table, statistic="r_partial", form_2="two", scale_2="total", **total)
    expected = (r12 - r13 * r23) / np.sqrt((1 - r13**2) * (1 - r23**2))
    assert partial["estimate"] == pytest.approx(expected, abs=1e-10)
    alphas = []
    for form in FORMS:  # alpha of the pairwise covariances
        covariance = keyed(form).filter(regex="^q").xs(2, level="s").cov().to_numpy()
        k = len(covariance)
        alphas.append(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))
    corrected = found(table, statistic="r_disattenuated", form_2="two", scale_2="total", **total)
    assert corrected["estimate"] == pytest.approx(r12_of(both) / np.sqrt(np.prod(alphas)), abs=1e-10)


def r12_of(frame: pd.DataFrame) -> float:
    return frame.corr().iloc[0, 1]


def test_intervals_go_by_therapist(study):
    correlate_scores(
        study / "responses", study / "scores.parquet", study / "b.csv", missing="pairwise", **HOW | {"draws": 9}
    )
    total = {"form": "one", "scale": "total", "form_2": "two", "scale_2": "total"}
    own = found(read_table(study / "b.csv"), statistic="r_pearson", **total)
    assert own["method"].endswith(f"jackknife interval on the scale of Fisher's z, {THERAPISTS} units")
    corrected = found(read_table(study / "b.csv"), statistic="r_disattenuated", **total)
    assert f"resamples of {THERAPISTS} units" in corrected["method"]


def test_correlations_within_and_between_clients(study):
    correlate_sessions(study / "responses", study / "scores.parquet", study / "w.csv", level=0.95)
    own = {"form": "one", "scale": "total", "form_2": "two", "scale_2": "total"}
    rows = [pd.concat([score("one", session=s), score("two", session=s)], axis=1).assign(s=s) for s in SESSIONS]
    both = pd.concat(rows).dropna()
    values = both.iloc[:, :2]
    means = values.groupby(level="id").transform("mean")
    table = read_table(study / "w.csv")
    within = found(table, statistic="r_within", **own)
    assert within["estimate"] == pytest.approx(r12_of(values - means), abs=1e-10) and within["n"] == len(both)
    assert found(table, statistic="r_between", **own)["estimate"] == pytest.approx(r12_of(means), abs=1e-10)


def test_differences_between_groups(study):
    compare_correlations(study / "responses", study / "scores.parquet", study / "c.csv", level=0.95)
    table = read_table(study / "c.csv")
    own = table[(table["statistic"] == "r_first") & (table["group"].fillna("").str.startswith("condition"))]
    row = found(own, form="one", form_2="two", scale="total", scale_2="total")
    arm = outside().set_index("id")["arm"]
    both = pd.concat([score("one"), score("two")], axis=1).dropna()
    group = row["group"].removeprefix("condition: ")
    assert row["estimate"] == pytest.approx(r12_of(both[arm.reindex(both.index) == group]), abs=1e-10)


def test_reliability_of_keyed_answers_per_session(study):
    estimate_reliability(study / "responses", study / "rel.csv", study / "cat.csv", missing="pairwise", **HOW)
    table, used = read_table(study / "rel.csv"), read_table(study / "cat.csv")
    for session in SESSIONS:
        covariance = keyed("one").filter(regex="^q").xs(session, level="s").cov().to_numpy()
        alpha = 4 / 3 * (1 - np.trace(covariance) / covariance.sum())
        row = found(table, form="one", scale="total", session=session, statistic="alpha")
        assert row["estimate"] == pytest.approx(alpha, abs=1e-10)
    # categories are those of the answers as given: item 2 is reversed
    given = raw("one").query("s == 2")["q2"]
    share = found(used, form="one", session=2, item="i02", group=2, statistic="category_share")
    assert share["estimate"] == pytest.approx((given == 2).mean(), abs=1e-12)
    items = table[table["item"].notna() & (table["form"] == "one")]
    assert set(items["session"]) == {2}
    measures = score_columns(Dataset(study / "responses"))
    cells = reliability_cells(measures[measures["scale"] == "total"].reset_index(), table[table["session"] == 2])
    assert found(cells, form="one")["estimate"] == pytest.approx(alpha, abs=1e-10)


def test_therapists_and_sessions(study):
    estimate_nesting(study / "responses", study / "scores.parquet", study / "n.csv", level=0.95, seed=1)
    row = found(read_table(study / "n.csv"), form="two", scale="total", session=2, statistic="icc_therapist")
    assert row["groups"] == THERAPISTS and row["n"] == score("two").notna().sum()
    estimate_sessions(
        study / "responses",
        study / "scores.parquet",
        study / "s.csv",
        study / "g.csv",
        pair=None,
        level=0.95,
        session_draws=0,
        seed=1,
    )
    table = read_table(study / "s.csv")
    both = pd.concat([score("one", session=s) for s in SESSIONS], axis=1).dropna()
    retest = found(table, form="one", scale="total", statistic="retest_r")
    assert retest["estimate"] == pytest.approx(r12_of(both), abs=1e-10) and retest["n"] == len(both)
    # of keyed answers nearly all that differs between clients is in the items' mean
    assert found(table, form="one", scale="total", statistic="alpha_between")["estimate"] > 0.8


def test_quality_of_answers_as_given(study):
    assess_quality(study / "responses", study / "q.csv", level=0.95)
    table = read_table(study / "q.csv")
    assert found(table, form="one", item="i02", statistic="mean")["estimate"] == pytest.approx(raw("one")["q2"].mean())
    assert found(table, form="one", statistic="sign_audit")["estimate"] == 0


def test_what_is_missing(study):
    assess_missing(study / "responses", study / "m.csv", level=0.95)
    table = read_table(study / "m.csv")
    ids = {form: set(raw(form)["id"]) for form in FORMS}
    for session in SESSIONS:
        assert found(table, statistic="session_missing_share", session=session)["estimate"] == 0
        for form, who in ids.items():
            row = found(table, statistic="form_missing_share", session=session, form=form)
            assert (row["n"], row["estimate"]) == (CLIENTS, pytest.approx(1 - len(who) / CLIENTS))
    here = raw("one").set_index("s").loc[2]
    item = found(table, statistic="missing_share", form="one", session=2, item="i01")
    assert item["estimate"] == pytest.approx(here["q1"].isna().mean())
    # four clients have no form: too few to describe
    row = found(table, statistic="missing_difference", form="one", group="symptoms")
    assert (row["n"], row["n_missing"]) == (CLIENTS, 4)
    assert np.isnan(row["estimate"]) and row["note"] == "fewer than 5 people in one of the groups"
    missing = pd.Series({client: float(client not in ids["two"]) for client in sorted(ids["one"] | ids["two"])})
    therapists = [f"t{int(client[1:]) % THERAPISTS}" for client in missing.index]
    expected = clients_in_therapists(missing, therapists).iloc[0]
    row = found(table, statistic="missing_icc_therapist", form="two")
    assert (row["estimate"], row["upper"]) == pytest.approx((expected["estimate"], expected["upper"]))


def test_who_took_part(study):
    describe_participants(study / "responses", study / "f.csv", study / "v.csv")
    flow, variables = read_table(study / "f.csv"), read_table(study / "v.csv")
    whole = flow[flow["form"].isna()]
    assert found(whole, stage="returned", statistic="flow_clients")["estimate"] == CLIENTS
    assert found(whole, stage="analysed", statistic="flow_administrations")["estimate"] == 2 * 2 * (CLIENTS - 4)
    assert found(flow, stage="occasion", form="one", statistic="flow_clients")["estimate"] == CLIENTS - 4
    # the client who never answered has values, but is not among those who are analysed
    with_value = found(flow, stage="with value", reason="functioning", statistic="flow_clients")
    assert with_value["estimate"] == CLIENTS
    row = found(variables, variable="functioning", statistic="value_mean")
    assert (row["n"], row["estimate"]) == (CLIENTS + 1, pytest.approx(outside()["out"].mean()))
    fifth = found(variables, variable="symptoms", statistic="value_fifth_lowest")
    assert fifth["estimate"] == pytest.approx(outside()["before"].nsmallest(5).iloc[-1])
    assert found(variables, variable="condition", group="A")["estimate"] == (outside()["arm"] == "A").sum()


def test_careless_answers_of_the_occasion(study):
    assess_careless(study / "responses", study / "c.csv")
    table = read_table(study / "c.csv")
    here = raw("one").set_index("s").loc[2].filter(like="q")
    row = found(table, form="one", statistic="response_variability")
    assert (row["n"], row["estimate"]) == (CLIENTS - 4, pytest.approx(here.std(axis=1).median()))
    both = raw("two").set_index(["id", "s"]).filter(like="q").sort_index()
    first, second = (both.xs(session, level="s") for session in SESSIONS)
    same = (first == second).all(axis=1)
    varied = (first.max(axis=1) > first.min(axis=1)) | (second.max(axis=1) > second.min(axis=1))
    judged = varied & (first.notna() & second.notna()).all(axis=1)
    row = found(table, form="two", statistic="carried_forward_count")
    assert (row["estimate"], row["n"]) == ((same & judged).sum(), judged.sum())
