"""The main job on the shipped data, and the plan of 200 data sets: seconds here and at another commit, in one run.

    python benchmarks/main_job.py --against COMMIT

Both trees run in clones with the environment that runs this script, on two cores, one after the other; what the machine
does beside it slows both. The plan is a dry run of 200 data sets with four entries each.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[1]
FORMS, VIEWS = {"wai_s": (12, 7), "haq2": (19, 6)}, ("client", "therapist")  # items and highest answer
DATASETS, CLIENTS = 200, 30


def clone(commit: str, folder: Path) -> Path:
    """A clone of the project at a commit."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    subprocess.run(["git", "-C", folder, "checkout", "--quiet", commit], check=True)
    return folder


def timed(folder: Path, *arguments: str) -> tuple[float, float, int]:
    """Seconds, seconds of the processors, and number of jobs of one call of snakemake."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counted = [line.split()[1] for line in (done.stdout + done.stderr).splitlines() if line.startswith("total ")]
    return seconds, used, int(counted[0]) if counted else 0


def many(folder: Path) -> None:
    """200 small data sets; a plan reads and checks their answers."""
    entries = [
        {"file": "a.csv", "form": form, "perspective": who, "columns": f"{who}_{form}_{{item}}", "client": "c",
         "therapist": "t", "session": "s"}
        for form in FORMS
        for who in VIEWS
    ]  # fmt: skip
    names = [f"d{number:03d}" for number in range(DATASETS)]
    rng = np.random.default_rng(1)
    answers = pd.DataFrame({"c": range(CLIENTS), "t": np.arange(CLIENTS) % 5, "s": 1})
    for who in VIEWS:
        for form, (items, highest) in FORMS.items():
            columns = [f"{who}_{form}_{item}" for item in range(1, items + 1)]
            answers[columns] = rng.integers(1, highest + 1, (CLIENTS, items))
    text = answers.to_csv(index=False)
    for name in names:
        place = folder / "data/datasets" / name
        place.mkdir()
        (place / "dataset.yaml").write_text(yaml.safe_dump({"title": "t", "source": "s", "responses": entries}))
        (place / "a.csv").write_text(text)
    (folder / "config.yaml").write_text(yaml.safe_dump({"datasets": names}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", required=True, help="the commit to compare with")
    parser.add_argument("--plan-only", action="store_true")
    options = parser.parse_args()
    print(f"{'':>24} {'seconds':>9} {'processor':>10} {'jobs':>6}")
    with tempfile.TemporaryDirectory() as place:
        found: dict[str, dict[str, float]] = {}
        for label, commit in (("before", options.against), ("now", "HEAD")):
            folder = clone(commit, Path(place) / label)
            results = {} if options.plan_only else {"main job": timed(folder)}
            many(folder)
            results[f"plan of {DATASETS}"] = timed(folder, "--dry-run", "--quiet", "all")
            for what, (seconds, used, jobs) in results.items():
                print(f"{what + ', ' + label:>24} {seconds:9.1f} {used:10.1f} {jobs:6d}", flush=True)
                found.setdefault(what, {})[label] = seconds
        for what, seconds in found.items():
            print(f"{what}: {seconds['now'] / seconds['before']:.2f} of the time before")


if __name__ == "__main__":
    main()
