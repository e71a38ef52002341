"""An analysis that fails numerically is a row with its reason; a mistake in the code is not hidden."""

import numpy as np
import pandas as pd
import pytest

from pipeline.steps.attempts import attempted
from psychometrics.not_computable import NotComputable


def raises(error):
    def compute():
        raise error

    return compute


def test_rows_that_can_be_computed_stay():
    rows = pd.DataFrame({"statistic": ["alpha"], "estimate": [0.8]})
    assert attempted(lambda: rows, "alpha") is rows


def test_what_the_data_do_not_allow_is_a_row_with_the_reason():
    row = attempted(raises(NotComputable("no item varies")), "alpha").iloc[0]
    assert (row["statistic"], row["note"]) == ("alpha", "no item varies")
    assert np.isnan(row["estimate"])


def test_a_matrix_that_cannot_be_solved_is_a_row_with_the_reason():
    row = attempted(lambda: np.linalg.inv(np.zeros((2, 2))), "alpha").iloc[0]
    assert row["note"] == "a matrix of these data cannot be solved numerically (singular matrix)"


def test_any_other_error_is_a_bug():
    with pytest.raises(ValueError, match="operands"):
        attempted(raises(ValueError("operands could not be broadcast together")), "alpha")
