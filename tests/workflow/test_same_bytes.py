"""The same data and seed give the same bytes, wherever and however the pipeline runs.

The shipped data go through a cluster in `test_cluster.py`, in another folder, locale, time zone and hash seed.
"""

import pytest
from tests.conftest import small_project


@pytest.mark.slow
def test_the_same_bytes_elsewhere_with_one_core_and_another_locale(small, tmp_path):
    """Another folder, one core, another locale, time zone and hash seed: every result is the same."""
    other = small_project(tmp_path / "elsewhere")
    outcome = other.run(cores=1, LC_ALL="C", TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    one, two = other.results(), small.results()
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
