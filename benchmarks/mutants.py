"""Do the tests see mistakes? Sixty deliberate ones (mutants.yaml), made one at a time in a copy of the project.

Run from the project's root, before a release: python benchmarks/mutants.py     (make mutants; about half an hour)
                                               python benchmarks/mutants.py --list
                                               python benchmarks/mutants.py --only 7 11
Fails when fewer than 57 are caught, each by a test that fails. Before that the tests must pass without a mistake.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
ENOUGH = 57
SECONDS = 900  # for the tests of one mistake; longer counts as not caught
OF_PIPELINE = ("tests/unit/pipeline", "tests/unit/report", "tests/golden/headline")
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".snakemake", "__pycache__", ".*_cache", "results", "logs", "_build", "reference"
)


@dataclass(frozen=True)
class Mistake:
    """One of mutants.yaml."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def made_in(self, root: Path) -> str:
        """The file's text with the mistake."""
        text = (root / self.file).read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} holds {text.count(self.old)} times: {self.old}")
        return text.replace(self.old, self.new)


def read_mistakes(path: Path = ROOT / "benchmarks/mutants.yaml") -> list[Mistake]:
    """All of them, with the tests of their chapter where none are named."""
    return [
        Mistake(**entry | {"tests": tuple(entry.get("tests", tests_of(entry["file"])))})
        for entry in yaml.safe_load(path.read_text())
    ]


def tests_of(file: str) -> list[str]:
    """The tests of a file's chapter."""
    _, _, inside = file.partition("scripts/psychometrics/")
    chapter = inside.partition("/")[0]
    wanted = (f"tests/unit/{chapter}", f"tests/golden/{chapter}") if chapter else OF_PIPELINE
    return [folder for folder in wanted if (ROOT / folder).is_dir()]


def copy_of_project(folder: Path) -> Path:
    return Path(shutil.copytree(ROOT, folder / "project", ignore=LEFT_OUT))


def run_tests(project: Path, tests: Iterable[str]) -> tuple[int, str]:
    """Exit code and output of pytest for one folder after the other, the quick ones first, up to the first failure."""
    end, code, output = time.monotonic() + SECONDS, 0, ""
    for each in tests:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", each],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=end - time.monotonic(),
            check=False,
        )
        code, output = done.returncode, done.stdout
        if code:
            break
    return code, output


def first_failure(output: str) -> str:
    """The test that failed, from pytest's summary."""
    lines = [line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return lines[0].split()[1] if lines else "?"


def try_out(mistake: Mistake) -> tuple[bool, str, float]:
    """Whether the tests see a mistake, the test that did, and the seconds it took."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder))
        (project / mistake.file).write_text(mistake.made_in(project))
        try:
            code, output = run_tests(project, mistake.tests)
            # 1: a test failed. Anything else but 0 says that the tests did not run
            caught, by = code == 1, first_failure(output) if code else "NOT CAUGHT"
        except subprocess.TimeoutExpired:
            caught, by = False, f"NOT CAUGHT in {SECONDS} s"
    return caught, by, time.monotonic() - begun


def check_tests(tests: Iterable[str]) -> None:
    """The tests pass without a mistake: else everything would count as caught."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder))
        for each in tests:
            code, output = run_tests(project, [each])
            if code:
                sys.exit(f"{first_failure(output)} fails without a mistake:\n{output[-3000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what the mistakes are, and make none")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="numbers of the list")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    options = parser.parse_args()
    mistakes = dict(enumerate(read_mistakes(), start=1))
    chosen = {number: mistakes[number] for number in options.only or mistakes}
    if options.list:
        for number, mistake in chosen.items():
            print(f"{number:3}  {mistake.file}: {mistake.what}")
        return
    check_tests(dict.fromkeys(test for mistake in chosen.values() for test in mistake.tests))
    count = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = pool.map(try_out, chosen.values())
        for (number, mistake), (caught, by, seconds) in zip(chosen.items(), outcomes, strict=True):
            count += caught
            print(f"{number:3}  {seconds:4.0f} s  {mistake.file}: {mistake.what}\n         {by}", flush=True)
    print(f"{count} of {len(chosen)} caught")
    if len(chosen) - count > len(mistakes) - ENOUGH:
        sys.exit(1)


if __name__ == "__main__":
    main()
