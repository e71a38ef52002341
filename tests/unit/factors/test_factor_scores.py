"""Factor scores: what defines each kind, determinacy by loop, missing answers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.smoothing import smooth
from psychometrics.factors.factor_scores import FROM_REPRODUCED, determinacy, factor_scores, score_weights
from psychometrics.factors.solution import fit_solution


@pytest.fixture
def answers():
    rng = np.random.default_rng(9)
    factors = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=150)
    people = factors[:, [0] * 5 + [1] * 4] + rng.normal(size=(150, 9))
    return pd.DataFrame(people, columns=[f"i{j}" for j in range(9)], index=[f"client{j}" for j in range(150)])


@pytest.fixture
def solution(answers):
    return fit_solution(answers.corr(), 150, 2)


def test_regression_scores_are_a_regression(answers, solution):
    # the normal equations R w = s, solved one factor at a time
    weights = score_weights(answers.corr(), solution, method="regression")
    for factor in solution.labels:
        wanted = np.linalg.lstsq(answers.corr().to_numpy(), solution.structure[factor].to_numpy(), rcond=None)[0]
        np.testing.assert_allclose(weights[factor], wanted, atol=1e-10)


def test_bartlett_scores_are_unbiased(answers, solution):
    weights = score_weights(answers.corr(), solution, method="bartlett")
    np.testing.assert_allclose(weights.T.to_numpy() @ solution.pattern.to_numpy(), np.eye(2), atol=1e-10)


def test_tenberge_scores_correlate_as_the_factors(answers, solution):
    scores = factor_scores(answers, score_weights(answers.corr(), solution, method="tenberge"))
    np.testing.assert_allclose(scores.cov(), solution.phi, atol=1e-10)


def test_determinacy_by_definition(answers, solution):
    rows = determinacy(answers.corr(), solution, method="regression").pivot(
        index="factor", columns="statistic", values="estimate"
    )
    inverse = np.linalg.inv(answers.corr().to_numpy()).tolist()
    for factor in solution.labels:
        s = solution.structure[factor].tolist()
        squared = sum(s[i] * inverse[i][j] * s[j] for i in range(9) for j in range(9))
        assert rows.loc[factor, "determinacy"] == pytest.approx(squared**0.5)
        assert rows.loc[factor, "minimum_correlation"] == pytest.approx(2 * squared - 1)
        # regression scores are the best there are
        assert rows.loc[factor, "validity"] == pytest.approx(squared**0.5)


@pytest.mark.parametrize("method", ["tenberge", "bartlett"])
def test_no_score_is_better_than_the_determinacy(answers, solution, method):
    rows = determinacy(answers.corr(), solution, method=method).pivot(
        index="factor", columns="statistic", values="estimate"
    )
    assert (rows["validity"] <= rows["determinacy"] + 1e-12).all()


def test_one_factor_of_parallel_items_by_hand():
    # the sum of four parallel items with r = .64 has the reliability 4 r / (1 + 3 r) (Spearman-Brown)
    items = ["a", "b", "c", "d"]
    matrix = pd.DataFrame(np.full((4, 4), 0.64) + 0.36 * np.eye(4), index=items, columns=items)
    rows = determinacy(matrix, fit_solution(matrix, 50, 1)).set_index("statistic")
    assert rows.estimate["determinacy"] ** 2 == pytest.approx(
        4 * 0.64 / (1 + 3 * 0.64), abs=1e-9
    )  # minres ends at the exact model


def test_factors_of_other_correlations_are_told():
    # four loadings of .8 and uncorrelated items: the squared multiple correlation is 4 x .64
    items = ["a", "b", "c", "d"]
    identity = pd.DataFrame(np.eye(4), index=items, columns=items)
    solution = fit_solution(0.64 + 0.36 * identity, 50, 1)
    rows = determinacy(identity, solution).set_index("statistic")
    assert rows.estimate["determinacy"] == pytest.approx(1.6, abs=1e-9)  # minres ends at the exact model
    assert (rows["note"] == "multiple correlation above one: the model does not fit these correlations").all()


def test_scores_keep_the_index_and_move_with_the_factors(answers, solution):
    matrix = answers.corr()
    scores = factor_scores(answers, score_weights(matrix, solution))
    assert scores.index.equals(answers.index) and list(scores.columns) == ["F1", "F2"]
    turned = factor_scores(answers, score_weights(matrix, solution.permuted([1, 0], [-1, 1])))
    np.testing.assert_allclose(turned["F1"], -scores["F2"], atol=1e-10)


def test_order_of_items_and_people_does_not_matter(answers, solution):
    weights = score_weights(answers.corr(), solution)
    shuffled = answers.sample(frac=1, random_state=0)[answers.columns[::-1]]
    pd.testing.assert_frame_equal(factor_scores(shuffled, weights).loc[answers.index], factor_scores(answers, weights))


def test_missing_answers(answers, solution):
    weights = score_weights(answers.corr(), solution)
    holes = answers.copy()
    holes.iloc[0, 0] = np.nan  # 8 of 9 answered: mean for the missing one
    holes.iloc[1, :2] = np.nan  # 7 of 9 is below .8
    scores = factor_scores(holes, weights, minimum_share=0.8)
    assert scores.iloc[1].isna().all() and scores.drop("client1").notna().all().all()
    z = (holes - holes.mean()) / holes.std()
    np.testing.assert_allclose(scores.iloc[0], z.iloc[0, 1:] @ weights.iloc[1:], atol=1e-12)
    assert factor_scores(holes, weights, minimum_share=0.7).notna().all().all()


def test_exactly_the_minimum_share_is_enough(answers, solution):
    holes = answers.copy()
    holes.iloc[0, 0] = np.nan
    scores = factor_scores(holes, score_weights(answers.corr(), solution), minimum_share=8 / 9)
    assert scores.notna().all(axis=None)


def test_integer_answers_with_missing(answers, solution):
    whole = answers.round().astype("Int64")
    whole.iloc[0, 0] = pd.NA
    assert factor_scores(whole, score_weights(answers.corr(), solution)).notna().all().all()


def test_what_cannot_be_scored_says_why(answers, solution):
    matrix = answers.corr()
    weights = score_weights(matrix, solution)
    with pytest.raises(ValueError, match="item i3 does not vary"):
        factor_scores(answers.assign(i3=4.0), weights)
    with pytest.raises(ValueError, match="item i3 are absent"):
        factor_scores(answers.drop(columns="i3"), weights)
    with pytest.raises(ValueError, match="unknown factor scores"):
        score_weights(matrix, solution, method="sum")
    matrix.iloc[0, 1] = matrix.iloc[1, 0] = -0.99
    improper = replace(solution, pattern=1.5 * solution.pattern)
    with pytest.raises(ValueError, match="Bartlett scores need communalities below one"):
        score_weights(answers.corr(), improper, method="bartlett")
    with pytest.raises(ValueError, match=r"minimum_share must lie in \(0, 1\], not 0"):
        factor_scores(answers, weights, minimum_share=0)
    with pytest.raises(ValueError, match="positive definite correlation matrix, observed or reproduced"):
        score_weights(matrix, improper)
    rows = determinacy(matrix, improper)
    assert rows["estimate"].isna().all() and rows["note"].str.contains("observed or reproduced").all()


def test_a_singular_matrix_is_scored_by_the_reproduced_one(answers, solution):
    """W = Psi^-1 P (Phi^-1 + P' Psi^-1 P)^-1, another form of the regression weights, needs no inverse of R."""
    singular, _ = smooth(answers.head(7).corr().to_numpy())
    singular = pd.DataFrame(singular, answers.columns, answers.columns)
    pattern, phi = solution.pattern.to_numpy(), solution.phi.to_numpy()
    weighted = pattern / (1 - solution.communality.to_numpy())[:, None]
    wanted = weighted @ np.linalg.inv(np.linalg.inv(phi) + pattern.T @ weighted)
    np.testing.assert_allclose(score_weights(singular, solution, method="regression"), wanted, atol=1e-10)
    # the scores of ten Berge correlate as the factors do, wherever the model holds
    weights = score_weights(singular, solution).to_numpy()
    np.testing.assert_allclose(weights.T @ solution.reproduced.to_numpy() @ weights, phi, atol=1e-10)
    rows = determinacy(singular, solution)
    assert (rows["note"] == FROM_REPRODUCED).all()
    of_model = determinacy(solution.reproduced, solution)
    np.testing.assert_array_equal(rows["estimate"], of_model["estimate"])
