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
from psychometrics.simulation.answers import simulate
from psychometrics.simulation.true_values import pattern, true_schmid_leiman

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "data/datasets/example"
CHATBOT = ROOT / "data/datasets/wai_sr_chatbot"
FORMS = ["wai_s", "haq2", "calpas_p"]
TRUTH = yaml.safe_load((EXAMPLE / "truth.yaml").read_text())
POPULATION = yaml.safe_load((EXAMPLE / "population.yaml").read_text())


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


@pytest.fixture(scope="module")
def keyed(dataset):
    """Keyed answers at session 3, one row per client: (form, perspective) -> items."""
    return {
        (form.name, form.perspective): dataset.at_occasion(dataset.keyed(form)).set_index("client")[form.columns]
        for form in dataset.forms
    }


@pytest.fixture(scope="module")
def totals(keyed):
    return {key: answers.mean(axis=1) for key, answers in keyed.items()}


# --- the files


def test_written_again_every_cell_is_the_same(tmp_path):
    simulate_example.main(EXAMPLE / "truth.yaml", tmp_path)
    for name in ("wai.csv", "clients.csv", "item_codes.csv"):
        assert (tmp_path / name).read_text() == (EXAMPLE / name).read_text()
    pd.testing.assert_frame_equal(pd.read_excel(tmp_path / "haq.xlsx"), pd.read_excel(EXAMPLE / "haq.xlsx"))
    again, shipped = (pyreadstat.read_sav(folder / "calpas.sav", user_missing=True) for folder in (tmp_path, EXAMPLE))
    pd.testing.assert_frame_equal(again[0], shipped[0])
    assert again[1].variable_value_labels == shipped[1].variable_value_labels
    assert again[1].missing_ranges == shipped[1].missing_ranges


def test_the_pipeline_reads_back_what_was_simulated(dataset):
    frames = simulate(TRUTH)
    assert dataset.simulated
    assert len(dataset.forms) == 5
    for form in dataset.forms:
        assert form.overrides == []
        expected = frames[f"{form.name}.{form.perspective}"]
        found = dataset.answers(form)
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


def test_keys_of_the_truth_are_those_of_the_instruments(dataset):
    for form in dataset.forms:
        spec = TRUTH["forms"][form.name]
        assert (form.instrument, form.reverse, list(form.range)) == (spec["instrument"], spec["reverse"], spec["range"])
        assert form.scales == spec["scales"]


def test_codes_use_the_published_categories():
    codes = pd.read_csv(EXAMPLE / "item_codes.csv")
    published = yaml.safe_load((ROOT / "data/published/krause_2011_content.yaml").read_text())["facets"]
    assert {facet: list(categories) for facet, categories in published.items()} == TRUTH["codes"]["facets"]
    assert len(codes) == 2 * (12 + 19 + 24)
    for facet in published:
        assert set(codes[facet]) <= set(published[facet])


def test_chatbot_matrix_is_the_published_one():
    published = yaml.safe_load((ROOT / "tests/golden/data/wai_sr_published.yaml").read_text())
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
    for form in dataset.forms:
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
