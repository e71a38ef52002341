"""Seconds and peak memory of every rule of the main job, from 2,000 to a million people.

Run from the project's root: python benchmarks/people.py FOLDER --people 2000 20000 200000 1000000
The folder keeps the data, the results and `people.csv`, with which a run that was ended goes on; a table for
docs/performance.md is printed at the end (`--table` prints it only). A million people need some 25 GB of disk.

Simulated from the example's truth: WAI-S by client and therapist (12 items), HAq-I by client (11 items), clients in
therapists as the example has them, two sessions, 3% of the answers missing. One process, one rule at a time, few draws
and resamples: the question is how a rule grows with the people. Seconds are those of the processor, without starting
Snakemake.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.simulation.answers import simulate

ROOT = Path(__file__).parents[1]
FEW = {  # the fewest that the settings allow
    "resamples": 100,
    "session_resamples": 50,
    "factors": {"draws": 20, "comparison_draws": 20, "starts": 2, "resamples": 20, "splits": 20, "pieces": 1},
}
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "1", "--rerun-triggers", "mtime", "--rerun-incomplete"]
NOT_RULES = ("all", "total")
FORMS = {"wai_s": ["client", "therapist"], "haq1": ["client"]}
MOST_MEMORY = 16 * 2**30  # a job that asks for more is ended, so that the machine stays alive


def truth_of(people: int) -> dict:
    """The example's truth with more therapists, and the HAq-I in the place of the longer forms."""
    truth = yaml.safe_load((ROOT / "data/datasets/example/truth.yaml").read_text())
    haq = truth["forms"]["haq2"]
    forms = {"wai_s": truth["forms"]["wai_s"], "haq1": haq}
    haq |= {"perspectives": ["client"], "reverse": [], "items": {item: haq["items"][item] for item in range(1, 12)}}
    caseloads = np.resize(truth["caseloads"], people)
    last = np.searchsorted(np.cumsum(caseloads), people)
    caseloads = caseloads[: last + 1]
    caseloads[-1] -= caseloads.sum() - people
    return truth | {"forms": forms, "caseloads": caseloads.tolist()}


def write_data(people: int, folder: Path) -> None:
    """A data set of so many clients, in Parquet."""
    folder.mkdir(parents=True)
    frames = simulate(truth_of(people))
    entries = []
    for form, perspectives in FORMS.items():
        for perspective in perspectives:
            file = f"{form}_{perspective}.parquet"
            frames[f"{form}.{perspective}"].to_parquet(folder / file)
            entries.append(
                {"file": file, "form": form, "perspective": perspective, "columns": "i{item:02d}", "client": "client"}
                | {"therapist": "therapist", "session": "session"}
            )
    frames["clients"].to_parquet(folder / "clients.parquet")
    variables = {name: {"column": name, "role": name, "label": name} for name in ("baseline", "outcome")}
    content = {
        "title": f"{people:,} simulated people",
        "source": "benchmarks/people.py",
        "simulated": True,
        "responses": entries,
        "clients": {"file": "clients.parquet", "client": "client", "variables": variables},
    }
    (folder / "dataset.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def project_of(people: int, folder: Path) -> Path:
    """A copy of the project as it stands, with the data set of so many people as its only one."""
    place = folder / f"{people}"
    for name in ("scripts", "workflow", "data/instruments", "data/published"):
        shutil.copytree(ROOT / name, place / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "Snakefile", place)
    shutil.copytree(ROOT / "envs", place / "envs", dirs_exist_ok=True)
    (place / "config.yaml").write_text(yaml.safe_dump({"datasets": ["people"]} | FEW))
    if not (data := place / "data/datasets/people").exists():
        write_data(people, data)
    return place


def rules_left(place: Path) -> list[str]:
    """Rules that have something to do, in their order."""
    plan = subprocess.run([*SNAKEMAKE, "--dry-run"], cwd=place, capture_output=True, text=True, check=False)
    if plan.returncode:
        sys.exit(plan.stdout[-2000:] + plan.stderr[-2000:])
    rules = re.findall(r"^(\w+) +\d+$", plan.stdout + plan.stderr, re.MULTILINE)
    return [rule for rule in dict.fromkeys(rules) if rule not in NOT_RULES]


def run(place: Path, rule: str, limit: float) -> tuple[float, float, str]:
    """Seconds, GB at most and a note, of one rule with everything before it done already."""
    environment = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    log = place / "snakemake.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [*SNAKEMAKE, "--until", rule],
            cwd=place,
            env=environment,
            stdout=written,
            stderr=written,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY)),
        )
        started, note = time.monotonic(), ""
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if not note and time.monotonic() - started > limit:
                note = f"ended after {limit:.0f} s"
                os.killpg(process.pid, 15)
            time.sleep(0.05)
    if status and not note:
        lines = [line for line in log.read_text().splitlines() if "Error" in line]
        note = f"failed: {lines[-1].strip() if lines else status}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, note


def table(found: pd.DataFrame) -> str:
    """Rules in rows, numbers of people in columns: seconds, and GB at most."""
    sizes = sorted(found["people"].unique())
    lines = ["| rule | " + " | ".join(f"{size:,}" for size in sizes) + " |", "| --- " * (len(sizes) + 1) + "|"]
    for rule, rows in found.groupby("rule", sort=False):
        cells = []
        for size in sizes:
            row = rows[rows["people"] == size].tail(1)
            if row.empty:
                cells.append("")
                continue
            (seconds, memory, note) = row[["seconds", "memory", "note"]].iloc[0]
            cells.append(note or f"{seconds:.0f} s, {memory:.1f} GB")
        lines.append(f"| `{rule}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, nargs="+", default=[2_000, 20_000, 200_000, 1_000_000])
    parser.add_argument("--limit", type=float, default=1_800, help="seconds after which a rule is ended")
    parser.add_argument("--table", action="store_true", help="print the table of what was found before")
    options = parser.parse_args()
    file = options.folder.absolute() / "people.csv"
    for people in [] if options.table else options.people:
        place = project_of(people, options.folder.absolute())
        start, *_ = run(place, "nothing", options.limit)
        while rules := rules_left(place):
            known = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=["people", "rule", "note"])
            failed = set(known.loc[(known["people"] == people) & known["note"].notna(), "rule"])
            if not (open_ := [rule for rule in rules if rule not in failed]):
                break
            seconds, memory, note = run(place, open_[0], options.limit)
            row = {"people": people, "rule": open_[0], "seconds": max(seconds - start, 0), "memory": memory}
            pd.DataFrame([row | {"note": note}]).to_csv(file, mode="a", header=not file.exists(), index=False)
            print(f"{people:>9,} {open_[0]:<28} {seconds - start:8.1f} s {memory:6.2f} GB  {note}", flush=True)
    print(table(pd.read_csv(file, keep_default_na=False)))


if __name__ == "__main__":
    main()
