"""Each package's adaptor against published and hand-worked numbers, and against solutions that are sound or spoilt."""

from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.steps.cross_checks import by_factor_analyzer, by_pingouin, by_statsmodels
from pipeline.steps.cross_checks.comparison import CannotBeChecked, carry_out
from pipeline.steps.cross_checks.factoring import Factored
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.solution import FactorSolution, fit_solution
from psychometrics.factors.suitability import suitability

# Shrout & Fleiss (1979), Psychol. Bull. 86, table 2: six targets, four judges
JUDGES = pd.DataFrame([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


class TestPingouin:
    def test_intraclass_correlations_of_shrout_and_fleiss(self):
        found = by_pingouin.intraclass(JUDGES)
        # as printed in their table 4
        expected = {"icc_1": 0.17, "icc_a1": 0.29, "icc_c1": 0.71, "icc_1k": 0.44, "icc_ak": 0.62, "icc_ck": 0.91}
        assert found.round(2).to_dict() == expected

    def test_alpha_under_each_rule(self):
        answers = pd.DataFrame({"a": [1.0, 2, 3, 4, np.nan], "b": [2.0, 1, 4, 3, 5]})
        material = SimpleNamespace(items=lambda row: answers)
        row = pd.Series({"method": "covariances"})
        # complete people: variances 5/3 each, covariance 1: 2 (1 - (10/3) / (10/3 + 2))
        assert by_pingouin.alpha(material, row, "listwise") == pytest.approx(0.75)
        # pairwise: variance of b 5/2
        assert by_pingouin.alpha(material, row, "pairwise") == pytest.approx(2 * (1 - (25 / 6) / (25 / 6 + 2)))
        with pytest.raises(CannotBeChecked, match="no covariances by EM"):
            by_pingouin.alpha(material, row, "em")
        with pytest.raises(CannotBeChecked, match="published without the items"):
            by_pingouin.alpha(material, pd.Series({"method": "as published"}), "pairwise")

    def test_correlation_within_clients_by_hand(self):
        sessions = pd.MultiIndex.from_product([["a", "b"], [1, 2, 3]], names=["client", "session"])
        scores = pd.DataFrame({"x": [1.0, 2, 3, 7, 5, 6], "y": [2.0, 1, 3, 9, 8, 7]}, index=sessions)
        # one client of a single session, who says nothing about change
        scores.loc[("d", 1), :] = [100.0, -100.0]
        scores.loc[("c", 1), :], scores.loc[("c", 2), :] = [4.0, 5.0], [6.0, 5.0]
        material = SimpleNamespace(sessions=scores, column=lambda row, end="": "y" if end else "x")
        # less the means: x -1 0 1, 1 -1 0, -1 1; y 0 -1 1, 1 0 -1, 0 0; products sum to 2, squares to 6 and 4
        assert by_pingouin.r_within(material, pd.Series(dtype=object)) == pytest.approx(2 / 24**0.5)

    def test_too_many_clients_for_it(self, monkeypatch):
        monkeypatch.setattr(by_pingouin, "MOST_CLIENTS", 1)
        sessions = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["client", "session"])
        scores = pd.DataFrame({"x": [1.0, 2, 3, 7], "y": [2.0, 1, 3, 9]}, index=sessions)
        material = SimpleNamespace(sessions=scores, column=lambda row, end="": "y" if end else "x")
        with pytest.raises(CannotBeChecked, match="more than 1 clients"):
            by_pingouin.r_within(material, pd.Series(dtype=object))

    def test_incomplete_ratings_cannot_be_checked(self):
        material = SimpleNamespace(ratings=lambda row: JUDGES.where(JUDGES < 10))
        with pytest.raises(CannotBeChecked, match="no incomplete designs"):
            by_pingouin.agreement(material, pd.DataFrame({"statistic": ["icc_1"]}))


class TestCorrelationsByStatsmodels:
    scores = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 40], "held": [1.0, -1, -1, 1]})

    def material(self, has_people: bool = True) -> SimpleNamespace:
        return SimpleNamespace(
            dataset=SimpleNamespace(has_people=has_people, variables_of=lambda role: ["held"]),
            people=lambda names: self.scores[names],
            column=lambda row, end="": "y" if end else "x",
        )

    def test_by_hand(self):
        material = self.material()
        # deviations of x -1.5 -0.5 0.5 1.5, of y -10.5 -8.5 -9.5 28.5: products 58, squares 5 and 1085
        assert by_statsmodels.r(material, "x", "y") == pytest.approx(58 / (5 * 1085) ** 0.5)
        # ranks of y 1 3 2 4: two neighbours change places
        assert by_statsmodels.r_spearman(material, "x", "y") == pytest.approx(0.8)
        # held is orthogonal to x, and its product with y is 36: it takes 36^2 / 4 from the squares of y
        assert by_statsmodels.r_partial(material, "x", "y") == pytest.approx(58 / (5 * (1085 - 324)) ** 0.5)

    def test_a_row_without_an_estimate_of_ours_is_left_out(self):
        rows = pd.DataFrame({"estimate": [0.1, np.nan]})
        found = by_statsmodels.each_estimated(self.material(), rows, by_statsmodels.r_spearman)
        assert found[0] == pytest.approx(0.8) and np.isnan(found[1])

    def test_ranks_need_people(self):
        with pytest.raises(CannotBeChecked, match="raw answers"):
            by_statsmodels.r_spearman(self.material(has_people=False), "x", "y")


def balanced(therapists=6, clients=4, sessions=3, seed=1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    shape = (therapists, clients, sessions)
    score = rng.normal(size=shape) + rng.normal(size=shape[:2])[..., None] + rng.normal(size=shape[0])[:, None, None]
    therapist, client, _ = np.indices(shape)
    return pd.DataFrame(
        {
            "score": score.ravel(),
            "therapist": [f"t{i}" for i in therapist.ravel()],
            "client": [f"t{i}c{j}" for i, j in zip(therapist.ravel(), client.ravel(), strict=True)],
        }
    )


class TestStatsmodels:
    def test_variances_of_groups_are_those_of_the_analysis_of_variance(self):
        frame = balanced(clients=1, sessions=4)
        means = frame.groupby("therapist")["score"].mean()
        within = ((frame["score"] - frame["therapist"].map(means)) ** 2).sum() / (24 - 6)
        fit = by_statsmodels.fit_groups(frame, "therapist", "client")
        # REML of a balanced design is the analysis of variance; Powell's search stops some 1e-6 away
        assert fit.variances["client"] == pytest.approx(within, abs=1e-4)
        assert fit.variances["therapist"] == pytest.approx(means.var() - within / 4, abs=1e-4)

    def test_nested_variances_are_those_of_the_analysis_of_variance(self):
        frame = balanced()
        of_clients = frame.groupby(["therapist", "client"])["score"].mean()
        of_therapists = of_clients.groupby("therapist").mean()
        session = ((frame["score"] - frame.groupby("client")["score"].transform("mean")) ** 2).sum() / (72 - 24)
        between = of_clients.groupby("therapist").var().mean()  # of clients' means: client + session / 3
        fit = by_statsmodels.fit_nested(frame)
        assert fit.variances["session"] == pytest.approx(session, abs=1e-4)
        assert fit.variances["client"] == pytest.approx(between - session / 3, abs=1e-4)
        assert fit.variances["therapist"] == pytest.approx(of_therapists.var() - between / 4, abs=1e-4)

    def test_very_many_groups_are_left_out(self, monkeypatch):
        monkeypatch.setattr(by_statsmodels, "MOST_GROUPS", 5)
        for fit in (by_statsmodels.fit_nested, lambda frame: by_statsmodels.fit_groups(frame, "therapist", "client")):
            with pytest.raises(CannotBeChecked, match="takes the 6 groups one by one"):
                fit(balanced())

    def test_who_found_the_higher_likelihood(self):
        fit = by_statsmodels.fit_nested(balanced())
        rows = pd.DataFrame({"statistic": [f"variance_{name}" for name in fit.variances]})
        worse = rows.assign(estimate=np.array(list(fit.variances.values())) * [3, 1, 1])
        assert by_statsmodels.lower_likelihood(lambda: fit, worse) == ""
        stopped = replace(fit, likelihood=fit.likelihood - 1)
        same = rows.assign(estimate=list(fit.variances.values()))
        assert by_statsmodels.lower_likelihood(lambda: stopped, same).startswith(
            "statsmodels stops at a log-likelihood"
        )

    def test_holm(self):
        # by hand: 3 x .01, 2 x .02, then never less than the one before
        raw = pd.DataFrame({"estimate": [0.02, np.nan, 0.01, 0.03]})
        np.testing.assert_allclose(by_statsmodels.holm(raw), [0.04, np.nan, 0.03, 0.04])

    def test_the_clustered_error_of_r_squared_is_near_that_of_the_jackknife(self):
        rng = np.random.default_rng(5)
        units = np.repeat(np.arange(60), 5)
        x = rng.normal(size=300) + rng.normal(size=60)[units]
        y = 0.5 * x + rng.normal(size=300) + 0.5 * rng.normal(size=60)[units]
        people = pd.DataFrame({"outcome": y, "client.a.total": x})
        material = SimpleNamespace(
            dataset=SimpleNamespace(
                forms=[
                    SimpleNamespace(name="a", perspective="client", instrument="A", scales=["total"], has_total=True)
                ],
                units=lambda index: units[index],
                variables={},
            ),
            people=lambda names: people[names],
        )
        row = pd.Series({"perspective": "client", "form": np.nan, "outcome": "outcome", "model": "instruments"})
        without = [np.corrcoef(x[units != unit], y[units != unit])[0, 1] ** 2 for unit in range(60)]
        jackknife = np.sqrt(59 / 60 * np.sum((without - np.mean(without)) ** 2))
        # both are first-order approximations; with 60 units they differ by 1 to 3%
        assert by_statsmodels.clustered_error(material, row) == pytest.approx(jackknife, rel=0.05)
        row["statistic"] = "r2"
        assert by_statsmodels.explained(material, row) == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)

    def test_near_zero_the_linear_error_is_excused(self):
        assert by_statsmodels.near_zero(pd.Series({"estimate": 0.01, "se": 0.01})).startswith("R squared is within two")
        assert by_statsmodels.near_zero(pd.Series({"estimate": 0.3, "se": 0.05})) == ""

    def test_the_error_of_a_standard_error(self):
        assert by_statsmodels.error_of_errors(51, "commonality analysis") == pytest.approx(0.2)
        # .04 of 51 units and .04 of 51 draws
        assert by_statsmodels.error_of_errors(51, "51 of 60 resamples of therapists") == pytest.approx(0.08**0.5)


@pytest.fixture(scope="module")
def matrix():
    """Three factors, unequal in size so that the order after rotation differs from that before."""
    rng = np.random.default_rng(12)
    phi = [[1, 0.4, 0.2], [0.4, 1, -0.3], [0.2, -0.3, 1]]
    factors = rng.multivariate_normal([0, 0, 0], phi, size=300)
    people = factors[:, [0] * 3 + [1] * 5 + [2] * 4] + rng.normal(size=(300, 12))
    return pd.DataFrame(people, columns=[f"i{j:02d}" for j in range(12)]).corr()


def factored(matrix: pd.DataFrame, solution: FactorSolution) -> Factored:
    tables = {"loadings.csv": solution.tidy(), "suitability.csv": suitability(given_matrix(matrix, 300))}
    # as they are read again from files
    read = {name: pd.read_csv(StringIO(table.to_csv(index=False))) for name, table in tables.items()}
    return Factored("client", matrix, 300, solution, read, "")


def checked(found: Factored) -> pd.DataFrame:
    statsmodels = [check for check in by_statsmodels.factor_checks(found)]
    rows = carry_out([*statsmodels, *by_factor_analyzer.checks([found])])
    return rows.assign(package=rows["package"].str.partition(" ")[0]).set_index(["package", "statistic"])


@pytest.mark.parametrize("rotation", ["oblimin", "varimax", "quartimax", "geomin_q", "geomin_t", "none"])
@pytest.mark.parametrize("extraction", ["minres", "ml", "pa"])
def test_sound_solutions(matrix, rotation, extraction):
    rows = checked(factored(matrix, fit_solution(matrix, 300, 3, extraction=extraction, rotation=rotation)))
    assert (rows["verdict"] == "agrees").all(), rows[rows["verdict"] != "agrees"].iloc[0].to_dict()
    oblique = rotation in ("oblimin", "geomin_q")
    assert len(rows) == 7 if oblique else len(rows) == 6


def test_one_factor(matrix):
    rows = checked(factored(matrix, fit_solution(matrix, 300, 1)))
    assert (rows["verdict"] == "agrees").all() and "phi" not in rows.index.get_level_values("statistic")


def spoilt(found: Factored, table: str, statistic: str, change) -> Factored:
    rows = found.tables[table].copy()
    largest = rows.loc[rows["statistic"] == statistic, "estimate"].abs().idxmax()
    rows.loc[largest, "estimate"] = change(rows.loc[largest, "estimate"])
    return replace(found, tables=found.tables | {table: rows})


@pytest.mark.parametrize(
    ("table", "statistic"),
    [
        ("suitability.csv", "kmo"),
        ("suitability.csv", "bartlett_chi2"),
        ("loadings.csv", "communality"),
        ("loadings.csv", "loading"),
        ("loadings.csv", "phi"),
    ],
)
def test_one_wrong_number_differs(matrix, table, statistic):
    found = spoilt(factored(matrix, fit_solution(matrix, 300, 3)), table, statistic, lambda value: 1.01 * value)
    rows = checked(found)
    wrong = rows[rows["verdict"] == "differs"]
    # a loading that differs changes the reproduced correlations, but no communality that is in the table
    assert set(wrong.index.get_level_values("statistic")) == {statistic} and (wrong["reason"] == "").all()


def test_factor_correlations_in_the_wrong_order_differ(matrix):
    solution = fit_solution(matrix, 300, 3)
    wrong = solution.phi.iloc[[1, 0, 2], [1, 0, 2]].set_axis(solution.labels).set_axis(solution.labels, axis=1)
    rows = checked(factored(matrix, replace(solution, phi=wrong)))
    assert rows.loc[("factor_analyzer", "phi"), "verdict"] == "differs"


def test_another_local_minimum_is_excused_where_it_is_worse(matrix):
    found = factored(matrix, fit_solution(matrix, 300, 3))
    ours, phi = found.pattern, found.phi
    other = fit_solution(matrix, 300, 3, rotation="varimax").pattern.to_numpy(), np.eye(3)
    assert "stops in another local minimum" in found.why_another_rotation(lambda: other, "factor_analyzer")
    theirs = factored(matrix, fit_solution(matrix, 300, 3, rotation="varimax"))
    theirs = replace(theirs, solution=replace(theirs.solution, rotation="oblimin"))
    assert theirs.why_another_rotation(lambda: (ours, phi), "factor_analyzer") == ""


def test_an_extraction_that_stops_early_is_excused(matrix):
    found = factored(matrix, fit_solution(matrix, 300, 3))
    unrotated = found.pattern @ np.linalg.cholesky(found.phi)
    assert found.why_another_extraction(lambda: unrotated, "statsmodels") == ""
    assert found.why_another_extraction(lambda: 0.9 * unrotated, "statsmodels").startswith(
        "statsmodels stops at a misfit"
    )
    improper = replace(found, solution=replace(found.solution, heywood=("i00",)))
    assert improper.why_another_extraction(lambda: unrotated, "statsmodels").startswith("a Heywood case (i00)")


@pytest.mark.parametrize(
    ("options", "statistic", "reason"),
    [
        ({"rotation": "bifactor_t"}, "loading", "factor_analyzer has no right bifactor_t"),
        ({"rotation": "oblimin", "gamma": -0.5}, "phi", "factor_analyzer has no right oblimin, gamma -0.5"),
        ({"rotation": "promax"}, "loading", "factor_analyzer has no right promax"),
    ],
)
def test_a_rotation_that_it_does_not_have_is_told(matrix, options, statistic, reason):
    rows = checked(factored(matrix, fit_solution(matrix, 300, 3, **options)))
    row = rows.loc[("factor_analyzer", statistic)]
    assert (row["verdict"], row["reason"]) == ("cannot be checked", reason)
    assert rows.loc[("factor_analyzer", "communality"), "verdict"] == "agrees"


def test_an_extraction_that_they_do_not_have_is_told(matrix):
    solution = replace(fit_solution(matrix, 300, 3), extraction="dwls")
    rows = checked(factored(matrix, solution))
    assert rows.loc[("statsmodels", "communality"), "reason"] == "statsmodels has no dwls"
    for statistic in ("communality", "loading", "phi"):
        assert rows.loc[("factor_analyzer", statistic), "reason"] == "factor_analyzer has no dwls"


def test_factor_analyzer_works_with_any_scikit_learn():
    """Its check_array takes the argument by the name that scikit-learn 1.8 took away, and by the new one."""
    by_factor_analyzer.package()
    from factor_analyzer.factor_analyzer import check_array

    one = np.ones((2, 2))
    assert check_array(one, force_all_finite=True).shape == check_array(one, ensure_all_finite=True).shape == (2, 2)
    assert np.isnan(check_array(one * np.nan, force_all_finite="allow-nan")).all()
    with pytest.raises(ValueError, match="NaN"):
        check_array(one * np.nan, force_all_finite=True)
