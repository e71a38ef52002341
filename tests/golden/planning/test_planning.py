"""Power and widths against pwr, psych and lavaan; see SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pytest

from psychometrics.planning.assumptions import Assumptions, Design
from psychometrics.planning.power import lag_error, power_of_slope
from psychometrics.planning.precision import correlation_limits, half_width_of_alpha
from psychometrics.planning.slopes import Expected

GOLDEN = json.loads((Path(__file__).parent / "planning.json").read_text())
ALONE = Assumptions(therapist_alliance=0.0)  # clients are independent


@pytest.mark.parametrize("case", GOLDEN["slopes"], ids=lambda case: f"{case['df']}-{case['ratio']}")
def test_power_of_a_slope(case):
    found = power_of_slope(Expected(case["ratio"], 1.0, case["df"]))
    assert found == pytest.approx(case["power"], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("case", GOLDEN["r"], ids=lambda case: str(case["n"]))
def test_limits_of_a_correlation(case):
    assert correlation_limits(Design(case["n"], 1, 1), ALONE, 0.95) == pytest.approx(case["limits"], rel=1e-8)


@pytest.mark.parametrize("case", GOLDEN["alpha"], ids=lambda case: str(case["n"]))
def test_width_of_alpha(case):
    found = half_width_of_alpha(Design(case["n"], 1, 1), Assumptions(), 0.95)
    assert found == pytest.approx(case["half"], rel=1e-8)
    assert found == pytest.approx(case["feldt"], rel=0.05)


@pytest.mark.parametrize("case", GOLDEN["lags"], ids=lambda case: str(case["sessions"]))
def test_standard_error_of_a_lag(case):
    found = lag_error(Assumptions(), case["sessions"]) / np.sqrt(case["n"])
    assert found == pytest.approx(case["se"], rel=1e-5)
