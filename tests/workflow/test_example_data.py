"""The shipped example: written again it is the same, and it shows what was planted."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml

from example import simulate_example
from ingest import ingest_dataset
from pipeline.data.dataset import Dataset
from psychometrics.correlation.polychoric import encode, pair_tables, polychoric
from psychometrics.factors.common_factor import common_factor
from psychometrics.factors.solution import fit_solution
from psychometrics.simulation.data_set import simulate
from psychometrics.simulation.observers import form_of
from psychometrics.simulation.true_values import expected_answers, pattern, true_schmid_leiman

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "data/datasets/example"
CHATBOT = ROOT / "data/datasets/wai_sr_chatbot"
FORMS = ["wai_s", "haq2", "calpas_p"]
TRUTH = yaml.load((EXAMPLE / "truth.yaml").read_text(), yaml.CSafeLoader)
POPULATION = yaml.load((EXAMPLE / "population.yaml").read_text(), yaml.CSafeLoader)


def population(statistic, **key):
    """The one value of the large sample with this statistic and these keys."""
    found = [
        row["estimate"]
        for row in POPULATION["values"]
        if row["statistic"] == statistic and all(row.get(name) == value for name, value in key.items())
    ]
    assert len(found) == 1
    return found[0]


def sampling_error(r, n, units=3.5):
    """Three and a half standard errors of a correlation: among about thirty checks a chance alarm is unlikely."""
    return units * (1 - r**2) / np.sqrt(n - 3)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("responses") / "example"
    ingest_dataset.main("example", ROOT, "first", folder)
    return Dataset(folder)


def own_forms(dataset):
    """The forms of clients and therapists."""
    return [form for form in dataset.forms if form.perspective != "observer"]


@pytest.fixture(scope="module")
def course(dataset):
    """Mean scores of the totals, one row per client and session: (form, perspective) -> scores."""
    found = {}
    for form in dataset.forms:
        rows = dataset.keyed_ratings(form)
        total = rows[form.scale_columns["total"]].mean(axis=1)
        found[form.name, form.perspective] = rows[["client", "session", "rater"]].assign(score=total)
    return found


@pytest.fixture(scope="module")
def keyed(dataset):
    """Keyed answers at session 3, one row per client: (form, perspective) -> items, but for observers."""
    return {
        (form.name, form.perspective): dataset.at_occasion(dataset.keyed(form)).set_index("client")[form.columns]
        for form in own_forms(dataset)
    }


@pytest.fixture(scope="module")
def totals(keyed):
    return {key: answers.mean(axis=1) for key, answers in keyed.items()}


# --- the files


def test_written_again_every_cell_is_the_same(tmp_path):
    simulate_example.main(EXAMPLE / "truth.yaml", tmp_path)
    for name in ("wai.csv", "clients.csv", "sessions.csv", "observers.csv", "item_codes.csv"):
        assert (tmp_path / name).read_text() == (EXAMPLE / name).read_text()
    pd.testing.assert_frame_equal(pd.read_excel(tmp_path / "haq.xlsx"), pd.read_excel(EXAMPLE / "haq.xlsx"))
    again, shipped = (pyreadstat.read_sav(folder / "calpas.sav", user_missing=True) for folder in (tmp_path, EXAMPLE))
    pd.testing.assert_frame_equal(again[0], shipped[0])
    assert again[1].variable_value_labels == shipped[1].variable_value_labels
    assert again[1].missing_ranges == shipped[1].missing_ranges


def test_the_pipeline_reads_back_what_was_simulated(dataset):
    frames = simulate(TRUTH)
    assert dataset.simulated
    assert len(own_forms(dataset)) == 5 and len(dataset.forms) == 7
    for form in dataset.forms:
        assert bool(form.overrides) == (form.name == "vtas")
        expected = frames[f"{form.name}.{form.perspective}"]
        found = dataset.ratings(form)
        given = expected.assign(client=expected["client"].str.lower())  # C001 is c001: codes are numbered in order
        assert found[["client", "session"]].to_numpy().tolist() == given[["client", "session"]].to_numpy().tolist()
        np.testing.assert_array_equal(
            found[form.columns].to_numpy("float64", na_value=np.nan),
            expected[form.columns].to_numpy("float64", na_value=np.nan),
        )


def test_calpas_holds_both_kinds_of_missing_answers():
    file = EXAMPLE / "calpas.sav"
    answers = pyreadstat.read_sav(file)[0].filter(like="calpas_")
    with_codes = pyreadstat.read_sav(file, user_missing=True)[0].filter(like="calpas_")
    declared, left_empty = (with_codes == 9).sum().sum(), with_codes.isna().sum().sum()
    assert min(declared, left_empty) > 100
    assert answers.isna().sum().sum() == declared + left_empty


def test_no_item_of_the_example_is_worded_and_no_file_is_large():
    for path in EXAMPLE.glob("*.csv"):
        longest = max((len(str(column)) for column in pd.read_csv(path, nrows=1)), default=0)
        assert longest <= len("functioning_end"), path.name
    assert sum(path.stat().st_size for path in EXAMPLE.iterdir()) < 1_000_000


def test_symptoms_endings_and_phases_are_read_as_they_were_written(dataset):
    frames = simulate(TRUTH)
    symptoms = dataset.session_variables
    assert symptoms["symptoms"].tolist() == frames["sessions"]["symptoms"].tolist()
    ending = frames["clients"]["ending"].map({"completed": "planned", "dropped out": "dropped"}).fillna("unknown")
    assert dataset.endings.tolist() == ending.tolist()
    assert dataset.phase_names == ["early", "middle", "late"] and dataset.phase_of(symptoms).notna().all()
    outcome = dataset.variables["outcome"]
    assert outcome["reliability"] == TRUTH["outcome"]["reliability"] and outcome["rated_by"] == "client"


def test_keys_of_the_truth_are_those_of_the_instruments(dataset):
    for form in dataset.forms:
        spec = form_of(TRUTH, form.name)
        assert (form.instrument, form.reverse, list(form.range)) == (spec["instrument"], spec["reverse"], spec["range"])
        assert form.scales == spec["scales"] | {"total": list(range(1, form.items + 1))}


def test_codes_use_the_published_categories():
    codes = pd.read_csv(EXAMPLE / "item_codes.csv")
    published = yaml.load((ROOT / "data/published/krause_2011_content.yaml").read_text(), yaml.CSafeLoader)["facets"]
    assert {facet: list(categories) for facet, categories in published.items()} == TRUTH["codes"]["facets"]
    assert len(codes) == 2 * (12 + 19 + 24)
    for facet in published:
        assert set(codes[facet]) <= set(published[facet])


def test_chatbot_matrix_is_the_published_one():
    published = yaml.load((ROOT / "tests/golden/data/wai_sr_published.yaml").read_text(), yaml.CSafeLoader)
    matrix = pd.read_csv(CHATBOT / "correlations.csv", index_col="item")
    moments = pd.read_csv(CHATBOT / "moments.csv")
    assert list(matrix.index) == list(matrix) == list(moments["item"]) == [f"wai_sr_{i:02d}" for i in range(1, 13)]
    np.testing.assert_array_equal(matrix, matrix.T)
    for row, values in published["lower_triangle"].items():
        assert matrix.iloc[row - 1, : row - 1].tolist() == values
    assert (moments["mean"].tolist(), moments["sd"].tolist()) == (published["mean"], published["sd"])


# --- planted facts in the shipped sample; tolerances are three and a half standard errors


def test_who_took_part_and_what_is_missing(dataset):
    clients = pd.read_csv(EXAMPLE / "clients.csv")
    assert sorted(clients.groupby("therapist_id").size()) == TRUTH["caseloads"]
    n, missing = len(clients), TRUTH["missing"]
    left = clients["functioning_end"].isna().mean()
    assert left == pytest.approx(missing["dropout"], abs=3.5 * np.sqrt(0.15 * 0.85 / n))
    for form in own_forms(dataset):
        answers = dataset.answers(form)
        share = missing["form"][form.perspective]
        returned = (answers["session"] == 3).sum() / n
        assert returned == pytest.approx(1 - share, abs=3.5 * np.sqrt(share * (1 - share) / n))
        cells = answers[form.columns].isna().to_numpy()
        assert cells.mean() == pytest.approx(missing["item"], abs=3.5 * np.sqrt(0.03 * 0.97 / cells.size))


def test_means_and_ceiling(keyed):
    for (form, perspective), answers in keyed.items():
        for scale, items in TRUTH["forms"][form]["scales"].items():
            score = answers.iloc[:, [item - 1 for item in items]].mean(axis=1)
            key = {"form": form, "perspective": perspective, "scale": scale}
            # therapists' shares of variance widen the error of a mean: design effect 1 + (mean caseload - 1) icc
            design = 1 + 7 * population("icc_therapist", **key)
            error = 3.5 * population("sd", **key) * np.sqrt(design / len(score))
            assert score.mean() == pytest.approx(population("mean", **key), abs=error)


def test_reliability(keyed):
    for (form, perspective), answers in keyed.items():
        for scale, items in TRUTH["forms"][form]["scales"].items():
            part = answers.iloc[:, [item - 1 for item in items]].dropna()
            k, n = part.shape[1], len(part)
            alpha = k / (k - 1) * (1 - part.var().sum() / part.sum(axis=1).var())
            expected = population("alpha", form=form, perspective=perspective, scale=scale)
            # standard error of log(1 - alpha): sqrt(2k / ((k - 1) n)), Bonett (2002); skewed answers need some room
            assert np.log(1 - alpha) == pytest.approx(np.log(1 - expected), abs=4 * np.sqrt(2 * k / ((k - 1) * n)))


def test_instruments_share_less_than_half_and_more_than_a_fifth(totals):
    for first, second in itertools.combinations(sorted(FORMS), 2):
        pair = pd.concat([totals[first, "client"], totals[second, "client"]], axis=1).dropna()
        r = pair.corr().iloc[0, 1]
        expected = population("r", form=first, form_2=second, perspective="client", perspective_2="client")
        assert r == pytest.approx(expected, abs=sampling_error(expected, len(pair)))
        assert 0.20 < r**2 < 0.50


@pytest.mark.parametrize("form", ["wai_s", "haq2"])
def test_clients_and_therapists_agree_moderately(totals, form):
    pair = pd.concat([totals[form, "client"], totals[form, "therapist"]], axis=1).dropna()
    expected = population("r", form=form, form_2=form, perspective="client", perspective_2="therapist")
    assert pair.corr().iloc[0, 1] == pytest.approx(expected, abs=sampling_error(expected, len(pair)))


def test_therapists_differ_a_little(dataset, totals):
    """One-way intraclass correlation; its standard error at 40 therapists with 7 clients each is about .05."""
    for (form, perspective), score in totals.items():
        groups = score.groupby(dataset.therapist_of.reindex(score.index))
        sizes = groups.size()
        between = (sizes * (groups.mean() - score.mean()) ** 2).sum() / (len(sizes) - 1)
        within = ((score - groups.transform("mean")) ** 2).sum() / (len(score) - len(sizes))
        typical = (len(score) - (sizes**2).sum() / len(score)) / (len(sizes) - 1)
        icc = (between - within) / (between + (typical - 1) * within)
        expected = population("icc_therapist", form=form, perspective=perspective, scale="total")
        assert icc == pytest.approx(expected, abs=0.15)
        assert icc > 0


def test_outcome(dataset, totals):
    outcome = dataset.clients["outcome"]
    for (form, perspective), score in totals.items():
        pair = pd.concat([score, outcome], axis=1).dropna()
        expected = population("r_outcome", form=form, perspective=perspective, scale="total")
        assert pair.corr().iloc[0, 1] == pytest.approx(expected, abs=sampling_error(expected, len(pair)))


def in_course(statistic, **key):
    """The value of the large sample of the course."""
    rows = [row for row in POPULATION["course"] if row["statistic"] == statistic]
    found = [row["estimate"] for row in rows if all(row.get(name) == value for name, value in key.items())]
    assert len(found) == 1
    return found[0]


def paired(course, session=None):
    """WAI-S totals of client and therapist of the same session, and their difference."""
    both = course["wai_s", "client"].merge(course["wai_s", "therapist"], on=["client", "session"])
    both = both[both["session"] == session] if session else both
    return both.assign(gap=both["score_x"] - both["score_y"])


@pytest.mark.parametrize("session", [1, 3, 5, 8, 12, 16])
def test_therapists_rate_lower_and_less_so_late(course, session):
    """Those who stay to the end are taken as alike: endings are drawn apart from the alliance."""
    gap = paired(course, session)["gap"]
    design = 1 + 6 * 0.15  # therapists' own share of their view, seven clients each
    error = 3.5 * gap.std() * np.sqrt(design / len(gap))
    assert gap.mean() == pytest.approx(in_course("mean_difference", session=session), abs=error)


def test_one_item_is_biased_between_perspectives(keyed):
    """All items differ by about the same, but for the ninth."""
    client, therapist = keyed["wai_s", "client"].mean(), keyed["wai_s", "therapist"].mean()
    gaps = client - therapist
    assert gaps.idxmax() == "i09" and gaps["i09"] > gaps.drop("i09").max() + 0.3
    moved = expected_answers(TRUTH, "wai_s", "client") - expected_answers(TRUTH, "wai_s", "therapist")
    np.testing.assert_allclose(gaps, moved, atol=3.5 * 1.7 * np.sqrt(1.9 / 250))  # items have SDs up to 1.5


def test_therapists_follow_their_clients_between_dyads_and_from_session_to_session(course):
    both = paired(course)
    means = both.groupby("client")[["score_x", "score_y"]].transform("mean")
    within = both[["score_x", "score_y"]] - means
    between = means.loc[both["client"].drop_duplicates().index]
    # planted .41 on the latent scale at both levels; single sessions have much error of measurement, means little
    assert 0.15 < within.corr().iloc[0, 1] < 0.41
    assert 0.25 < between.corr().iloc[0, 1] < 0.60


def test_a_mean_of_sessions_predicts_the_outcome_better_than_one(dataset, course):
    scores = course["wai_s", "client"].pivot(index="client", columns="session", values="score")
    outcome = dataset.clients["outcome"].reindex(scores.index)
    for last in (1, 4, 8):
        mean = scores.loc[:, 1:last].mean(axis=1)
        r = mean.corr(outcome)
        expected = in_course("r_outcome_of_sessions", perspective="client", session=last)
        assert r == pytest.approx(expected, abs=sampling_error(expected, int(outcome.notna().sum())))


def test_sessions_of_a_client_correlate_as_planted(course):
    scores = course["wai_s", "client"].pivot(index="client", columns="session", values="score")
    for one, two in ((1, 8), (2, 12), (3, 8), (5, 16)):
        pair = scores[[one, two]].dropna()
        expected = in_course("r_between_sessions", perspective="client")
        assert pair.corr().iloc[0, 1] == pytest.approx(expected, abs=sampling_error(expected, len(pair)))


@pytest.mark.parametrize("session", [3, 8, 16])
def test_symptoms_fall_and_go_with_the_alliance(dataset, course, session):
    symptoms = dataset.session_variables
    own = symptoms[symptoms["session"] == session].set_index("client")["symptoms"]
    mean, sd = (in_course(f"symptom_{name}", session=session) for name in ("mean", "sd"))
    assert own.mean() == pytest.approx(mean, abs=3.5 * sd / np.sqrt(len(own)))
    alliance = course["wai_s", "client"].query("session == @session").set_index("client")["score"]
    expected = in_course("r_symptoms", session=session)
    both = pd.concat([own, alliance], axis=1).dropna()
    assert both.corr().iloc[0, 1] == pytest.approx(expected, abs=sampling_error(expected, len(both)))


@pytest.mark.parametrize("form", ["wai_s", "vtas"])
def test_observers_agree_and_see_something_of_what_clients_see(course, form):
    ratings = course[form, "observer"].query("session == 3").pivot(index="client", columns="rater", values="score")
    assert len(ratings) == TRUTH["observers"]["clients"] and ratings.shape[1] == 2
    error = 3.5 * (1 - 0.57**2) / np.sqrt(len(ratings))
    shared = ratings.cov().iloc[0, 1]
    single = shared / (ratings.var().mean() + ratings.mean().var())
    assert single == pytest.approx(in_course("icc_raters", form=form), abs=error)
    client = course["wai_s", "client"].query("session == 3").set_index("client")["score"]
    expected = in_course("r_client", form=form)
    both = pd.concat([ratings.mean(axis=1), client], axis=1).dropna()
    assert both.corr().iloc[0, 1] == pytest.approx(expected, abs=sampling_error(expected, len(both)))


def test_coders_agree_on_four_codes_of_five():
    codes = pd.read_csv(EXAMPLE / "item_codes.csv").set_index(["form", "item", "coder"]).unstack()
    for facet in TRUTH["codes"]["facets"]:
        agreement = (codes[facet, "A"] == codes[facet, "B"]).mean()
        assert agreement == pytest.approx(0.81, abs=3.5 * np.sqrt(0.81 * 0.19 / 55))


def test_planted_factors_are_recovered_and_the_common_one_is_named(dataset):
    """Polychoric, minres, oblimin as by default; .95 is the usual bound of factors that count as equal."""
    answers = dataset.joint_answers("client")
    codes, _ = encode(answers)
    found = polychoric(pair_tables(codes, 7))
    assert np.linalg.eigvalsh(found.rho)[0] > 0.01
    matrix = pd.DataFrame(found.rho, index=answers.columns, columns=answers.columns)
    solution = fit_solution(matrix, n=int(np.median(found.n)), k=5)
    planted = pattern(TRUTH, FORMS).loc[matrix.index]
    lengths = np.outer(np.linalg.norm(solution.pattern, axis=0), np.linalg.norm(planted, axis=0))
    congruence = pd.DataFrame(
        solution.pattern.to_numpy().T @ planted.to_numpy() / lengths,
        index=solution.pattern.columns,
        columns=planted.columns,
    )
    assert (congruence.max() > 0.95).all()
    assert congruence.idxmax().is_unique
    assert solution.heywood == ()
    common = common_factor(solution.pattern, dataset.instrument_of_items("client"), phi=solution.phi)
    assert common.name == congruence["confident_collaboration"].idxmax()
    breadth = common.table[common.table["statistic"] == "breadth"].set_index("factor")["estimate"]
    assert breadth[common.name] > 0.95
    assert breadth[congruence["bond"].idxmax()] < 0.70


def test_shares_of_variance_are_those_of_the_schmid_leiman_solution():
    squares = (true_schmid_leiman(TRUTH, FORMS) ** 2).sum()
    assert POPULATION["share_of_common_variance"] == pytest.approx((squares / squares.sum()).to_dict(), abs=1e-4)
