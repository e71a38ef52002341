"""By hand, and the value that the manual of tipr prints."""

import numpy as np
import pytest

from psychometrics.association.low_outliers import TREATMENTS, treat_low_outliers
from psychometrics.association.robustness import robustness_value


@pytest.mark.parametrize(
    ("t", "df", "value"),
    [
        (0, 10, 0),
        (3, 18, 0.5),  # f² = 1/2: (sqrt(1/4 + 2) - 1/2) / 2 = (3/2 - 1/2) / 2
        (-3, 18, 0.5),
        (5, 102, 0.387467),  # tipr::r_value(.5, .1, 102), as its manual prints it, to six digits
    ],
)
def test_robustness_value(t, df, value):
    assert robustness_value(t, df) == pytest.approx(value, abs=5e-7)


def test_a_confounder_of_that_strength_takes_the_slope_away():
    """The bias of the slope is as large as the slope where both partial R² are the robustness value."""
    share = robustness_value(3.7, 55)
    # Cinelli & Hazlett (2020), equation 14: bias = se sqrt(df) sqrt(R²_y R²_d / (1 - R²_d)), here for se = 1
    assert np.sqrt(55 * share * share / (1 - share)) == pytest.approx(3.7, rel=1e-12)


def test_low_outliers():
    values = np.array([7.0, 7, 7, 7, 7, 7, 7, 7, 1, -7])  # mean 5, squares 8 * 4 + 16 + 144 = 192, SD 4.62
    limit = 5 - 2 * np.sqrt(192 / 9)
    found = {treatment.name: treat_low_outliers(values, treatment) for treatment in TREATMENTS}
    for same in ("kept", "dropped below 3 SD", "winsorized at 3 SD"):  # 5 - 3 * 4.619 = -8.86
        np.testing.assert_array_equal(found[same], values)
    np.testing.assert_array_equal(found["dropped below 2 SD"], [*values[:9], np.nan])
    np.testing.assert_allclose(found["winsorized at 2 SD"], [*values[:9], limit], rtol=1e-12)
