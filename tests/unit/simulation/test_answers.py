"""The simulation: formulas as loops, planted facts in large samples, and independence of the order in the file."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from psychometrics.simulation.answers import (
    FURTHER,
    check_truth,
    draw_answers,
    draw_outcome,
    draw_scores,
    explained_outcome,
    ordinal_answers,
    passing_correlation,
    reverse_answers,
)
from psychometrics.simulation.course_values import course_values
from psychometrics.simulation.data_set import draw_symptoms, simulate
from psychometrics.simulation.observers import draw_views
from psychometrics.simulation.true_values import (
    Moments,
    expected_answers,
    factor_correlation,
    pattern,
    population_correlation,
    population_values,
    true_schmid_leiman,
)

EXAMPLE = Path(__file__).parents[3] / "data/datasets/example"
FORMS = ["wai_s", "haq2", "calpas_p"]


@pytest.fixture
def truth():
    return yaml.load((EXAMPLE / "truth.yaml").read_text(), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def many():
    """20,000 clients, four for each of 5,000 therapists: standard errors of correlations are about .007."""
    truth = yaml.load((EXAMPLE / "truth.yaml").read_text(), yaml.CSafeLoader)
    therapist, rng = np.repeat(np.arange(5_000), 4), np.random.default_rng(7)
    scores = draw_scores(truth, therapist, rng)
    outcome = draw_outcome(truth, scores["client"][0], scores["level"], rng)
    return truth, scores, draw_answers(truth, scores, rng), outcome


# --- the latent population


def test_answers_count_the_thresholds_below():
    latent, thresholds = np.random.default_rng(1).normal(size=(30, 4)), [-1.5, -0.2, 0.3, 1.1]
    by_definition = [[2 + sum(t < y for t in thresholds) for y in row] for row in latent]
    np.testing.assert_array_equal(ordinal_answers(latent, thresholds, lowest=2), by_definition)


def test_an_answer_on_a_threshold_is_not_above_it():
    np.testing.assert_array_equal(ordinal_answers(np.array([-0.1, 0.0, 0.1]), np.array([0.0])), [1, 1, 2])


def test_thresholds_must_rise():
    with pytest.raises(ValueError, match="must rise"):
        ordinal_answers(np.zeros(3), [0.0, 0.0])


def test_latent_correlations_follow_from_loadings_and_factors(truth):
    loadings, phi = pattern(truth, FORMS), factor_correlation(truth)
    found = population_correlation(loadings, phi).to_numpy()
    for i in (0, 3, 20, 54):
        for j in (1, 7, 30, 54):
            expected = 0.0
            for a in range(5):
                for b in range(5):
                    expected += loadings.iloc[i, a] * phi.iloc[a, b] * loadings.iloc[j, b]
            assert found[i, j] == pytest.approx(1.0 if i == j else expected, abs=1e-12)


def test_an_item_without_unique_variance_is_refused():
    with pytest.raises(ValueError, match="no unique variance"):
        population_correlation(pd.DataFrame({"f": [1.0, 0.5]}), pd.DataFrame([[1.0]]))


def test_general_and_group_loadings_reproduce_the_correlations(truth):
    solution = true_schmid_leiman(truth, FORMS).to_numpy()
    implied = population_correlation(pattern(truth, FORMS), factor_correlation(truth)).to_numpy()
    off = ~np.eye(len(implied), dtype=bool)
    np.testing.assert_allclose((solution @ solution.T)[off], implied[off], atol=1e-12)


def test_schmid_leiman_worked_by_hand(truth):
    # item 12 of the WAI-S loads .86 on confident collaboration, which loads .75 on the general factor
    row = true_schmid_leiman(truth, ["wai_s"]).loc["wai_s_12"]
    assert row["general"] == pytest.approx(0.645)
    assert row["confident_collaboration"] == pytest.approx(0.86 * 0.4375**0.5)
    assert row.drop(["general", "confident_collaboration"]).abs().max() == 0


# --- drawn people: tolerances are four standard errors


def test_course_of_the_components(many):
    truth, scores, _, _ = many
    first, second = scores["client"]
    for component in range(first.shape[1]):
        assert np.corrcoef(first[:, component], second[:, component])[0, 1] == pytest.approx(0.70, abs=0.03)
    shift = (second - first).mean(axis=0)
    assert shift[0] == pytest.approx(truth["client"]["growth"], abs=0.03)
    np.testing.assert_allclose(shift[1:], 0, atol=0.03)
    np.testing.assert_allclose(first.std(axis=0), 1, atol=0.03)


@pytest.mark.parametrize("perspective, icc", [("client", 0.08), ("therapist", 0.41**2 * 0.08 + (1 - 0.41**2) * 0.15)])
def test_share_of_variance_between_therapists(many, perspective, icc):
    components = many[1][perspective][0].reshape(5_000, 4, -1)
    pairs = np.mean([(components[:, a] * components[:, b]).mean() for a in range(4) for b in range(a)])
    assert pairs == pytest.approx(icc, abs=0.01)


def test_therapists_see_the_same_factors_with_the_planted_correlation(many):
    scores = many[1]
    crossed = np.corrcoef(scores["client"][0].T, scores["therapist"][0].T)[:6, 6:]
    np.testing.assert_allclose(crossed, 0.41 * np.eye(6), atol=0.03)


def test_means_follow_from_the_thresholds(many):
    truth, _, answers, _ = many
    for (form, perspective), keyed in answers.items():
        np.testing.assert_allclose(keyed[0].mean(axis=0), expected_answers(truth, form, perspective), atol=0.04)


def test_outcome_has_the_planted_correlations(many):
    """The alliance of a session holds sqrt(.70) of what stays, on which the outcome depends."""
    _, scores, _, (baseline, outcome, gain) = many
    general, common = scores["client"][0][:, 0], scores["client"][0][:, 3]  # after bond and commitment
    assert np.corrcoef(general, baseline)[0, 1] == pytest.approx(-0.15, abs=0.03)
    assert np.corrcoef(general, gain)[0, 1] == pytest.approx(0.25, abs=0.03)
    assert np.corrcoef(scores["level"][:, 3], outcome)[0, 1] == pytest.approx(0.42, abs=0.03)
    assert np.corrcoef(common, outcome)[0, 1] == pytest.approx(0.42 * 0.70**0.5, abs=0.03)
    expected = 0.13 * 0.70**0.5 + 0.35 * 0.15 + 0.15 * 0.25
    assert np.corrcoef(general, outcome)[0, 1] == pytest.approx(expected, abs=0.03)
    assert np.std(outcome) == pytest.approx(1, abs=0.03)


def test_predictors_explain_what_the_truth_implies(many):
    truth, scores, _, (baseline, outcome, gain) = many
    predictors = np.column_stack([np.ones_like(gain), scores["level"][:, [0, 3]], baseline, gain])
    fitted = predictors @ np.linalg.lstsq(predictors, outcome, rcond=None)[0]
    assert fitted.var() / outcome.var() == pytest.approx(explained_outcome(truth), abs=0.03)
    assert explained_outcome(truth) < truth["outcome"]["reliability"]


def test_what_stays_correlates_with_every_session_as_planted(many):
    _, scores, _, _ = many
    for session in scores["client"]:
        assert np.corrcoef(session[:, 0], scores["level"][:, 0])[0, 1] == pytest.approx(0.70**0.5, abs=0.03)


def test_stored_population_values_are_those_of_this_truth(truth):
    """With 40,000 other clients: four standard errors of a correlation are .02; other statistics get twice that."""
    stored = pd.DataFrame(yaml.load((EXAMPLE / "population.yaml").read_text(), yaml.CSafeLoader)["values"]).fillna("")
    fresh = population_values(truth, n=40_000, seed=2)
    keys = [column for column in fresh if column not in ("estimate", "n")]
    both = stored.merge(fresh, on=keys, validate="one_to_one")
    assert len(both) == len(fresh) == len(stored)
    tolerance = np.where(both["statistic"].isin(["mean", "sd", "r_disattenuated"]), 0.04, 0.02)
    assert ((both["estimate_x"] - both["estimate_y"]).abs() < tolerance).all()


def test_alpha_of_moments_worked_by_hand():
    # three items with variance 1 and covariance .5: alpha = 3/2 (1 - 3/6) = .75
    moments = Moments({}, np.zeros(3), np.full((3, 3), 0.5) + 0.5 * np.eye(3))
    assert moments.alpha([0, 1, 2]) == pytest.approx(0.75)


# --- the data set


def reversed_order(part):
    """The same mapping with every mapping in it in reverse order."""
    return {key: reversed_order(part[key]) for key in reversed(part)} if isinstance(part, dict) else part


def test_the_order_in_the_file_does_not_matter(truth):
    for name, frame in simulate(reversed_order(truth)).items():
        pd.testing.assert_frame_equal(frame, simulate(truth)[name])


def test_changing_one_part_leaves_the_others_alone(truth):
    changed = copy.deepcopy(truth)
    changed["codes"]["accuracy"] = 1.0
    changed["outcome"]["coefficients"]["general"] = 0.0
    before, after = simulate(truth), simulate(changed)
    pd.testing.assert_frame_equal(before["calpas_p.client"], after["calpas_p.client"])
    assert not before["clients"].equals(after["clients"])
    codes = after["item_codes"].drop(columns="coder")
    assert codes.duplicated().sum() == len(codes) / 2  # coders who never err agree everywhere


def test_reverse_keyed_answers_are_stored_as_given(truth):
    spec = truth["forms"]["wai_s"]
    keyed = np.full((1, 12), 6.0)
    np.testing.assert_array_equal(reverse_answers(keyed, spec)[0], [6, 6, 6, 2, 6, 6, 6, 6, 6, 2, 6, 6])
    np.testing.assert_array_equal(reverse_answers(reverse_answers(keyed, spec), spec), keyed)


def test_answers_stay_in_the_range(truth):
    for name, frame in simulate(truth).items():
        if "." in name and not name.endswith(".observer"):
            low, high = truth["forms"][name.split(".")[0]]["range"]
            answers = frame.filter(regex=r"^i\d+$").melt()["value"].dropna()
            assert answers.between(low, high).all()


def change(truth, path, value):
    for key in path[:-1]:
        truth = truth[key]
    truth[path[-1]] = value


@pytest.mark.parametrize(
    "path, value, reason",
    [
        (["extra"], 1, "exactly these sections"),
        (["factors", "bond", "general"], 1.0, "below 1"),
        (["forms", "haq2", "thresholds"], [0, 1, 2], "5 rising thresholds"),
        (["forms", "wai_s", "items", 14], ["bond", 0.5, 0.0], "numbered 1 to 13"),
        (["forms", "wai_s", "items", 1], ["trust", 0.5, 0.0], "known factor"),
        (["client", "retest"], 0.05, "between `icc` and 1"),
        (["therapist", "biased", "wai_s", 13], -0.5, "wai_s has no item 13"),
        (["outcome", "reliability"], 0.2, "more than the `reliability` leaves"),
    ],
)
def test_a_truth_that_is_none_says_why(truth, path, value, reason):
    change(truth, path, value)
    with pytest.raises(ValueError, match=reason):
        check_truth(truth)


# --- all sessions


@pytest.fixture(scope="module")
def course():
    """5,000 clients of 1,250 therapists over all sessions: standard errors of correlations are about .014."""
    truth = yaml.load((EXAMPLE / "truth.yaml").read_text(), yaml.CSafeLoader)
    therapist = np.repeat(np.arange(1_250), 4)
    return truth, draw_scores(truth, therapist, np.random.default_rng(5), np.random.default_rng(6))


def test_the_first_two_sessions_have_the_same_answers_with_and_without_the_others(truth):
    """But for the items to which therapists agree less, nothing at sessions 3 and 8 depends on the new sections."""
    alone = simulate({section: part for section, part in truth.items() if section not in FURTHER})
    whole = simulate(truth)
    for name, frame in alone.items():
        if "." in name:
            there = whole[name][whole[name]["session"].isin(truth["sessions"])].reset_index(drop=True)
            pd.testing.assert_frame_equal(there, frame)
    pd.testing.assert_frame_equal(whole["clients"].drop(columns="ending"), alone["clients"])


def test_the_biased_item_alone_is_moved(truth):
    unbiased = copy.deepcopy(truth)
    unbiased["therapist"]["biased"] = {}
    before, after = simulate(unbiased), simulate(truth)
    for name in before:
        differ = [column for column in before[name] if not before[name][column].equals(after[name][column])]
        assert differ == (["i09"] if name == "wai_s.therapist" else [])
    moved = after["wai_s.therapist"]["i09"].mean() - before["wai_s.therapist"]["i09"].mean()
    assert -1.1 < moved < -0.6  # .70 of a latent standard deviation, about 1.2 answers wide


def test_what_passes_falls_to_nothing_in_equal_steps():
    found = passing_correlation(np.arange(1, 8), carried=0.4, reach=5)
    np.testing.assert_allclose(found[0], [1, 0.4, 0.3, 0.2, 0.1, 0, 0])
    assert np.linalg.eigvalsh(found)[0] > 0


@pytest.mark.parametrize(
    "one, two, expected", [(3, 8, 0.70), (3, 16, 0.70), (3, 4, 0.82), (7, 8, 0.82), (11, 13, 0.79)]
)
def test_sessions_correlate_by_what_stays_and_what_is_carried_over(course, one, two, expected):
    """.70 + .30 times .40, .30, .20, .10 or nothing."""
    _, scores = course
    for who in ("client", "therapist"):
        r = np.corrcoef(scores[who][one - 1][:, 2], scores[who][two - 1][:, 2])[0, 1]
        assert r == pytest.approx(expected, abs=0.04)


def test_growth_goes_on_by_the_same_steps(course):
    truth, scores = course
    means = scores["client"][:, :, 0].mean(axis=1)
    np.testing.assert_allclose(means, truth["client"]["growth"] / 5 * (np.arange(1, 17) - 3), atol=0.06)


def test_therapies_end_as_planted(truth):
    frames = simulate(truth)
    last = frames["sessions"].groupby("client")["session"].max()
    ending = frames["clients"].set_index("client")["ending"]
    left = frames["clients"].set_index("client")["outcome"].isna()
    assert last[left].between(3, 7).all() and last[~left].between(8, 16).all()
    assert set(ending.dropna()) == {"completed", "dropped out"}
    assert (ending[last == 16].dropna() == "completed").all() and (ending[left].dropna() == "dropped out").all()
    for name, frame in frames.items():
        if "session" in frame and "client" in frame:
            assert (frame["session"] <= frame["client"].map(last)).all(), name
    assert set(frames["calpas_p.client"]["session"]) == {3, 8, 16}
    assert set(frames["wai_s.therapist"]["session"]) == set(range(1, 17))


def test_symptoms_go_with_the_early_gain_and_the_level_of_the_alliance(course):
    truth, scores = course
    rng = np.random.default_rng(8)
    baseline, _, gain = draw_outcome(truth, scores["client"][2], scores["level"], rng)
    symptoms = draw_symptoms(truth, scores, baseline, gain, rng)
    about = truth["symptoms"]
    early = np.polyfit(gain, symptoms[2] - symptoms[0], 1)[0]
    # the gain of session 3 goes with G of session 3 and so with its level, whose slope and steps are small
    assert early == pytest.approx(-about["early_gain"], abs=0.05)
    falls = (symptoms[15] - symptoms[2]).mean()
    assert falls == pytest.approx(-13 * about["fall"], abs=0.05)
    slope = np.polyfit(scores["level"][:, 0], symptoms[15] - symptoms[2], 1)[0]
    assert slope == pytest.approx(-13 * about["fall_by_level"], abs=0.05)


def test_observers_agree_with_each_other_and_with_the_client_as_planted(course):
    truth, scores = course
    views = draw_views(truth, scores["client"][[2]], np.random.default_rng(9))[:, 0]
    assert np.corrcoef(views[0][:, 1], views[1][:, 1])[0, 1] == pytest.approx(0.65, abs=0.03)
    assert np.corrcoef(views[0][:, 1], scores["client"][2][:, 1])[0, 1] == pytest.approx(0.35, abs=0.04)


def test_two_observers_rate_each_recording(truth):
    frames = simulate(truth)
    for form, items, (low, high) in (("wai_s", 12, (1, 7)), ("vtas", 44, (0, 5))):
        frame = frames[f"{form}.observer"]
        assert (frame.groupby(["client", "session"]).size() == 2).all() and set(frame["observer"]) == {"A", "B"}
        answers = frame.filter(regex=r"^i\d+$")
        assert answers.shape[1] == items and answers.min().min() == low and answers.max().max() == high


def test_a_mean_of_sessions_predicts_the_outcome_as_its_reliability_says(truth):
    """r of the mean of m sessions that share only what stays: sqrt(G(m) / G(1)) times that of one (Spearman-Brown)."""
    found = course_values(truth, n=20_000, seed=3)
    by = found[found["perspective"].eq("client") & found["statistic"].eq("r_outcome_of_sessions")]
    by = by.set_index("session")["estimate"]
    one = found[found["perspective"].eq("client") & found["statistic"].eq("r_between_sessions")]["estimate"].iloc[0]
    assert one == pytest.approx(0.64, abs=0.02)
    # neighbouring sessions share more than what stays, so that eight gain less than eight distant ones would
    bound = by[1] * np.sqrt(8 / (1 + 7 * one) / 1)
    assert by[1] < by[2] < by[8] < bound


def test_stored_values_of_the_course_are_those_of_this_truth(truth):
    """With 20,000 other clients: four standard errors of a correlation are .03, of a mean of symptoms .5."""
    stored = pd.DataFrame(yaml.load((EXAMPLE / "population.yaml").read_text(), yaml.CSafeLoader)["course"])
    fresh = course_values(truth, n=20_000, seed=4)
    keys = [column for column in fresh if column not in ("estimate", "n")]
    stored, fresh = (table.astype(dict.fromkeys(keys, object)).fillna("") for table in (stored, fresh))
    both = stored.merge(fresh, on=keys, validate="one_to_one")
    assert len(both) == len(fresh) == len(stored)
    tolerance = np.where(both["statistic"].str.startswith("symptom_"), 0.5, 0.03)
    assert ((both["estimate_x"] - both["estimate_y"]).abs() < tolerance).all()
