"""The README's Python runs as it stands, and the files it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


def test_the_python_of_the_readme_runs(capsys):
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(code, {})
    said = capsys.readouterr().out
    assert "alpha_jackknife" in said and "omega_total" in said and "F3" in said


# paths of the project in backticks, but for patterns and what the pipeline makes
NAMED = [
    path
    for path in re.findall(r"`((?:docs|scripts|workflow|data|envs|benchmarks)/[\w./-]+)`", TEXT)
    if not path.startswith("data/datasets/")
]


@pytest.mark.parametrize("path", sorted(set(NAMED)))
def test_named_files_exist(path):
    assert (ROOT / path).exists()
