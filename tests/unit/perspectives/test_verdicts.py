"""What an interval says of a statement."""

import numpy as np
import pytest

from psychometrics.perspectives.verdicts import HELD, NOT_HELD, NOT_TESTABLE, UNDECIDED, verdict_of_interval


@pytest.mark.parametrize(
    ("lower", "upper", "how", "verdict"),
    [
        (0.1, 0.3, {"above": True}, HELD),
        (-0.3, -0.1, {"above": True}, NOT_HELD),
        (-0.1, 0.3, {"above": True}, UNDECIDED),
        (-0.3, -0.1, {"above": False}, HELD),
        (0.1, 0.3, {"above": False}, NOT_HELD),
        (0.02, 0.08, {"above": False, "limit": 0.1}, HELD),
        (0.05, 0.15, {"above": False, "limit": 0.1}, UNDECIDED),
        # a little is as good as nothing
        (0.0, 0.08, {"above": True, "otherwise": 0.1}, NOT_HELD),
        (0.0, 0.3, {"above": True, "otherwise": 0.1}, UNDECIDED),
        (0.01, 0.08, {"above": True, "otherwise": 0.1}, HELD),
        (np.nan, np.nan, {"above": True}, NOT_TESTABLE),
    ],
)
def test_verdicts(lower, upper, how, verdict):
    assert verdict_of_interval(lower, upper, **how) == verdict
