"""Score tests against the model in which the parameter is free, and against other ways to say the same."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from psychometrics import fit_covariance_structure
from psychometrics.covariance_structures.ordinal_sample import ordinal_sample
from psychometrics.covariance_structures.preparation import prepare
from psychometrics.covariance_structures.score_tests import Release, ReleasedModel, _p_value
from psychometrics.covariance_structures.syntax import parse_model

EQUAL = "f =~ a*x1 + b*x2 + b*x3 + x4 + x5"
FREE = "f =~ a*x1 + b*x2 + c*x3 + x4 + x5; apart := c - b"


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    factor = rng.normal(size=2000)
    latent = factor[:, None] * np.array([0.8, 0.7, 0.6, 0.7, 0.6]) + 0.7 * rng.normal(size=(2000, 5))
    return pd.DataFrame(latent, columns=[f"x{item}" for item in range(1, 6)])


@pytest.mark.parametrize("ordinal", [True, False])
def test_a_score_test_is_near_the_wald_test_and_one_step_near_the_free_model(answers, ordinal):
    data = pd.DataFrame(np.digitize(answers, [-0.8, 0.1, 1.0]), columns=answers.columns) if ordinal else answers
    how = {"ordered": ordinal, "estimator": "DWLS" if ordinal else "MLR", "std_lv": True, "means": True}
    equal, free = (fit_covariance_structure(model, data, **how) for model in (EQUAL, FREE))
    apart = free.estimates.set_index("lhs").loc["apart"]
    prepared = prepare(parse_model(EQUAL), data, ordered=ordinal, missing="listwise", group=None, cluster=None)
    wanted = [Release("f=~x3")]
    given = {"sample": ordinal_sample(prepared)} if ordinal else {"prepared": prepared}
    model = ReleasedModel(equal, wanted, **given)
    # equal to first order: 1% of a statistic of about 10
    assert model.test(wanted)["score_test"] == pytest.approx(apart["z"] ** 2, rel=0.05)
    change, covariance = model.one_step(wanted)
    assert np.sqrt(covariance[0, 0]) > 0
    moved = model.moved(wanted, change)
    for name in ("f=~x1", "f=~x2", "f=~x3"):
        assert moved[name, 0] == pytest.approx(free.estimates.set_index("rhs")["estimate"][name[3:]].iloc[0], abs=2e-3)


def test_p_of_one_parameter_and_few_clusters_is_that_of_t():
    # T^2 with one slope and 11 clusters: F with 1 and 10 degrees of freedom, the square of t
    assert _p_value(2.0**2, 1, 11) == pytest.approx(2 * t.sf(2.0, 10))
    assert np.isnan(_p_value(3.0, 5, 5))


def test_what_is_free_or_unknown_is_refused(answers):
    fit = fit_covariance_structure(EQUAL, answers, std_lv=True, means=True)
    prepared = prepare(parse_model(EQUAL), answers, ordered=False, missing="listwise", group=None, cluster=None)
    with pytest.raises(ValueError, match="free already"):
        ReleasedModel(fit, [Release("f=~x1")], prepared=prepared)
    with pytest.raises(ValueError, match="no parameter"):
        ReleasedModel(fit, [Release("f=~x9")], prepared=prepared)
    with pytest.raises(ValueError, match="need the answers"):
        ReleasedModel(fit, [Release("f=~x3")])
