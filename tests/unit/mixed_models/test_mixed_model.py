"""Closed forms of balanced designs, the other engine of the library, statsmodels; and what a model cannot bear."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, Residual, mixed_model
from psychometrics.not_computable import NotComputable
from psychometrics.variance.components import one_factor, two_factors

SYMMETRIC = Residual(by="role", within="client", correlated=True)


def test_balanced_one_with_many(one_with_many):
    """D are the mean cross-products within therapists, T what is left of those between them (Kenny et al., 2006)."""
    ratings, frame = one_with_many
    fit = mixed_model(frame, "rating", ["role"], [Block("therapist", ["role"])], residual=SYMMETRIC)
    means = ratings.reshape(12, 5, 2).mean(axis=1)
    deviations = ratings - np.repeat(means, 5, axis=0)
    within = deviations.T @ deviations / (60 - 12)
    between = (5 * np.cov(means.T) - within) / 5
    # the search ends where a step would lower the criterion by less than 1e-9: about 1e-5 of an estimate
    np.testing.assert_allclose(fit.residual_covariance, within, atol=2e-5)
    np.testing.assert_allclose(fit.covariances["therapist"], between, atol=2e-5)
    np.testing.assert_allclose(fit.fixed_effects()["estimate"], ratings.mean(axis=0), atol=1e-10)


def test_agrees_with_the_variance_components_of_scores(study):
    client, therapist, rater = (pd.factorize(study[name])[0] for name in ("client", "therapist", "rater"))
    values = study["y"].to_numpy()
    one = mixed_model(study, "y", ["1"], [Block("client")])
    assert one.covariances["client"].iloc[0, 0] == pytest.approx(one_factor(values, client).first, abs=2e-5)
    for other, name in ((therapist, "therapist"), (rater, "rater")):
        fit, expected = (
            mixed_model(study, "y", ["1"], [Block(name), Block("client")]),
            two_factors(values, client, other),
        )
        found = (
            fit.covariances["client"].iloc[0, 0],
            fit.covariances[name].iloc[0, 0],
            fit.residual_covariance.iloc[0, 0],
        )
        assert found == pytest.approx(expected[:3], abs=2e-5)
        assert fit.fixed_effects()["estimate"].item() == pytest.approx(expected.mean, abs=1e-5)


def test_agrees_with_statsmodels():
    # by one worker of the tests, not by all that collect this file
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(4)
    client, session = np.repeat(np.arange(40), 6), np.tile(np.arange(6.0), 40)
    y = 3 + rng.normal(size=40)[client] + 0.5 * rng.normal(size=40)[client] * session + rng.normal(size=240)
    data = pd.DataFrame({"client": client, "session": session, "y": y})
    design = np.column_stack([np.ones(240), session])
    for restricted in (True, False):
        fit = mixed_model(data, "y", ["1", "session"], [Block("client", ["1", "session"])], restricted=restricted)
        other = MixedLM(y, design, groups=client, exog_re=design).fit(reml=restricted)
        # statsmodels ends at a gradient of about 1e-3 of its log-likelihood
        assert fit.log_likelihood == pytest.approx(other.llf, abs=1e-5)
        np.testing.assert_allclose(fit.fixed_effects()["estimate"], other.fe_params, atol=1e-4)
        np.testing.assert_allclose(fit.covariances["client"], other.cov_re, atol=1e-3)


def test_the_order_of_rows_and_the_units_do_not_matter(study):
    blocks = [Block("therapist"), Block("client", ["1", "session"])]
    fit = mixed_model(study, "y", ["1", "session"], blocks)
    other = study.sample(frac=1, random_state=1).assign(y=lambda data: 10 + 100 * data["y"])
    scaled = mixed_model(other, "y", ["1", "session"], blocks)
    np.testing.assert_allclose(scaled.covariances["client"], 1e4 * fit.covariances["client"], rtol=1e-3, atol=1e-3)
    effects, scaled_effects = fit.fixed_effects(), scaled.fixed_effects()
    np.testing.assert_allclose(scaled_effects["estimate"], 100 * effects["estimate"] + [10, 0], rtol=1e-5)
    np.testing.assert_allclose(scaled_effects["se"], 100 * effects["se"], rtol=1e-4)
    assert scaled.deviance == pytest.approx(fit.deviance + (fit.n - 2) * np.log(1e4), abs=1e-6)


def test_criteria_of_information(study):
    fit = mixed_model(study, "y", ["1"], [Block("client")], restricted=False)
    assert fit.n_parameters == 3
    assert fit.aic == pytest.approx(fit.deviance + 6)
    assert fit.bic == pytest.approx(fit.deviance + 3 * np.log(len(study)))
    assert fit.aicc == pytest.approx(fit.aic + 2 * 3 * 4 / (len(study) - 4))


def test_gaps_between_sessions_are_kept():
    """Two sessions far apart say nothing about the serial correlation; next to each other they do."""
    rng = np.random.default_rng(1)
    near = np.repeat([[1, 2]], 200, axis=0).ravel()
    errors = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 200).ravel()
    data = pd.DataFrame({"client": np.repeat(np.arange(200), 2), "session": near, "y": errors})
    found = mixed_model(data, "y", ["1"], [], residual=Residual(within="client", time="session"))
    twice = mixed_model(
        data.assign(session=2 * data["session"]), "y", ["1"], [], residual=Residual(within="client", time="session")
    )
    assert found.serial_correlation == pytest.approx(0.5, abs=0.1)
    assert twice.serial_correlation**2 == pytest.approx(found.serial_correlation, abs=1e-5)
    apart = data.assign(session=data["session"] / 2)
    continuous = mixed_model(apart, "y", ["1"], [], residual=Residual(within="client", time="session"))
    assert continuous.serial_correlation**0.5 == pytest.approx(found.serial_correlation, abs=1e-5)


def test_negative_serial_correlation_of_whole_sessions():
    rng = np.random.default_rng(2)
    errors = rng.multivariate_normal([0, 0], [[1, -0.5], [-0.5, 1]], 200).ravel()
    data = pd.DataFrame({"client": np.repeat(np.arange(200), 2), "session": np.tile([1, 2], 200), "y": errors})
    fit = mixed_model(data, "y", ["1"], [], residual=Residual(within="client", time="session"))
    assert fit.serial_correlation == pytest.approx(-0.5, abs=0.1)


def test_crossed_groups_have_no_robust_errors(study):
    rows = mixed_model(study, "y", ["1"], [Block("client"), Block("rater")]).fixed_effects()
    assert rows["se"].isna().all() and "groups cross" in rows["note"].item()
    assert rows["upper"].item() == pytest.approx(rows["estimate"].item() + 1.959964 * rows["se_model"].item())


def test_one_client_for_nearly_every_therapist(study):
    """Sessions of 24 clients, the last two of whom share a therapist."""
    client = pd.factorize(study["client"])[0]
    therapist = np.minimum(client, client.max() - 1)
    fit = mixed_model(
        study.assign(client=client, therapist=therapist), "y", ["1"], [Block("therapist"), Block("client")]
    )
    assert fit.notes == [
        f"{client.max() - 1} of {client.max()} therapists have one client: "
        "variance between therapists can hardly be told from that between clients"
    ]


@pytest.mark.parametrize(
    ("change", "blocks", "reason"),
    [
        ({"therapist": 1}, [Block("therapist")], "there is one therapist"),
        ({"therapist": "client"}, [Block("therapist"), Block("client")], "every .* has one .*: variance between"),
        ({}, [Block("therapist", ["1", "session", "rater"])], "6 variances and covariances by therapist are too many"),
        ({}, [Block(["client", "session", "role"])], "cannot be told from the residuals of"),
        ({"y": 3.0}, [Block("client")], "y does not vary"),
        ({"y": np.nan}, [Block("client")], "no row is complete"),
    ],
)
def test_what_the_people_do_not_bear_is_said_before_the_search(study, change, blocks, reason, monkeypatch):
    changed = study.assign(**{k: study[v] if v == "client" else v for k, v in change.items()})
    monkeypatch.setattr("psychometrics.mixed_models.mixed_model.minimize_each", None)
    with pytest.raises(NotComputable, match=reason):
        mixed_model(changed, "y", ["1"], blocks)


def test_too_many_fixed_effects(study):
    some = study.iloc[:12].assign(**{f"x{i}": np.arange(12.0) ** i for i in range(1, 11)})
    with pytest.raises(NotComputable, match="13 parameters for 12 rows"):
        mixed_model(some, "y", ["1", *(f"x{i}" for i in range(1, 11))], [Block("client")])
    with pytest.raises(NotComputable, match="twice follows from the other fixed effects"):
        mixed_model(study.assign(twice=2 * study["session"]), "y", ["1", "session", "twice"], [Block("client")])


@pytest.mark.parametrize(
    ("blocks", "residual", "reason"),
    [
        ([Block("practice")], None, "no column 'practice'"),
        ([Block("client"), Block("client", ["session"])], None, "two blocks of the same groups"),
        ([], Residual(correlated=True), "need a column of roles"),
        ([], Residual(time="session"), "need the groups within which"),
        ([], Residual(by="role", within="client"), "need correlated=True or a column of times"),
        ([Block("client")], Residual(within="therapist", time="session", by="role"), "do not lie within client"),
        ([], Residual(by="role", within="client", correlated=True), "the same role twice"),
        ([], Residual(within="client", time="session"), "the same time twice"),
    ],
)
def test_mistakes_of_the_caller(study, blocks, residual, reason):
    with pytest.raises(ValueError, match=reason):
        mixed_model(study, "y", ["1"], blocks, residual=residual)


def test_names_of_groups_from_several_columns(study):
    once = study.assign(number=study["client"].str.split("_").str[1])
    fit = mixed_model(once, "y", ["1"], [Block("therapist"), Block(["therapist", "number"])])
    same = mixed_model(study, "y", ["1"], [Block("therapist"), Block("client")])
    found, expected = fit.random_effects("therapist:number"), same.random_effects("client")
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert found.index[0] == (0, "0") and expected.index[0] == "0_0"
    with pytest.raises(KeyError):
        fit.random_effects("client")


def test_random_effects_of_the_groups_within_which_residuals_correlate(one_with_many):
    _, frame = one_with_many
    with pytest.raises(NotComputable, match="effects by client cannot be told from residuals"):
        mixed_model(frame, "rating", ["role"], [Block("client")], residual=SYMMETRIC)


def test_variances_that_cannot_be_told_from_each_other():
    """Serial correlation of clients with one session each: nothing says what it is."""
    rng = np.random.default_rng(3)
    group, client = np.repeat(np.arange(20), 6), np.arange(120)
    data = pd.DataFrame(
        {"group": group, "client": client, "session": 1, "y": rng.normal(size=120) + rng.normal(size=20)[group]}
    )
    fit = mixed_model(data, "y", ["1"], [Block("group")], residual=Residual(within="client", time="session"))
    assert fit.notes == ["the likelihood is level: some variances cannot be told from each other"]
