"""Seconds and peak memory of every rule of the main job, with many people, items, forms or sessions.

Run from the project's root: python benchmarks/scale.py FOLDER --designs 2000 20000 200000 1000000, or with the names of
`SHAPES`. The folder keeps the data, the results and `scale.csv`, with which a run that was ended goes on; a table for
docs/performance.md is printed at the end (`--table` prints it only). A million people need some 25 GB of disk.

A number is one of people, simulated from the example's truth: WAI-S by client and therapist (12 items), HAq-I by client
(11 items), clients in therapists as the example has them, two sessions, 3% of the answers missing; one rule at a time,
in seconds of the processor without starting Snakemake. A shape has forms made for it, whose items share a general and a
group factor, and is measured as one run, Snakemake included. One process; few draws, since the question is
how a rule grows.
"""

import argparse
import json
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

from psychometrics.simulation.answers import FURTHER
from psychometrics.simulation.data_set import simulate

ROOT = Path(__file__).parents[1]
FEW = {  # the fewest that the settings allow
    "resamples": 100,
    "session_resamples": 50,
    "factors": {"draws": 20, "comparison_draws": 20, "starts": 2, "resamples": 20, "splits": 20},
}
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "1", "--rerun-triggers", "mtime", "--rerun-incomplete"]
NOT_RULES = ("all", "total")
FORMS = {"wai_s": ["client", "therapist"], "haq1": ["client"]}
COLUMNS = ["design", "rule", "seconds", "memory", "note"]
MOST_MEMORY = 16 * 2**30  # a job that asks for more is ended, so that the machine stays alive


SHAPES = {  # forms, items of each, perspectives, clients, sessions
    "200 items": (5, 40, ("client",), 400, 1),
    "20 forms": (20, 8, ("client",), 300, 1),
    "60 sessions": (1, 12, ("client", "therapist"), 100, 60),
    "3,000 clients": (3, 12, ("client", "therapist"), 3_000, 2),
    "10 instruments, 3 perspectives": (10, 10, ("client", "therapist", "observer"), 300, 1),
}


def truth_of(people: int) -> dict:
    """The example's truth at two sessions with more therapists, and the HAq-I in the place of the longer forms."""
    truth = yaml.safe_load((ROOT / "data/datasets/example/truth.yaml").read_text())
    truth = {section: part for section, part in truth.items() if section not in FURTHER}
    haq = truth["forms"]["haq2"]
    forms = {"wai_s": truth["forms"]["wai_s"], "haq1": haq}
    haq |= {"perspectives": ["client"], "reverse": [], "items": {item: haq["items"][item] for item in range(1, 12)}}
    caseloads = np.resize(truth["caseloads"], people)
    last = np.searchsorted(np.cumsum(caseloads), people)
    caseloads = caseloads[: last + 1]
    caseloads[-1] -= caseloads.sum() - people
    return truth | {"forms": forms, "caseloads": caseloads.tolist()}


def write_people(people: int, folder: Path) -> None:
    """A data set of so many clients, in Parquet."""
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
        "source": "benchmarks/scale.py",
        "simulated": True,
        "responses": entries,
        "clients": {"file": "clients.parquet", "client": "client", "variables": variables},
    }
    (folder / "dataset.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def write_shape(shape: str, folder: Path) -> None:
    """A data set with forms of its own: half of the variance of an answer is common, and half of that general."""
    forms, items, perspectives, clients, sessions = SHAPES[shape]
    rng = np.random.default_rng(8)
    entries = []
    therapist = np.arange(clients) // 7
    general = 0.3 * rng.normal(size=therapist[-1] + 1)[therapist, None] + rng.normal(size=(clients, sessions))
    for number in range(1, forms + 1):
        form = f"form_{number}"
        half = items // 2
        key = {
            "label": f"Form {number}",
            "perspectives": list(perspectives),
            "items": items,
            "range": [1, 5],
            "scales": {"one": list(range(1, half + 1)), "two": list(range(half + 1, items + 1))},
            "reverse": [2],
            "key_status": "established",
            "grades": {"scales": "A", "reverse": "A", "range": "A"},
        }
        instrument = {"instrument": f"I{number}", "name": f"Instrument {number}", "source": "benchmarks/scale.py"}
        (folder / f"{form}.instrument.yaml").write_text(yaml.safe_dump(instrument | {"forms": {form: key}}))
        for perspective in perspectives:
            own = rng.normal(size=(clients, sessions, 2))
            common = (general[..., None] + own)[..., np.arange(items) // (items - half) % 2]
            answers = np.clip(np.round(3.4 + 0.6 * common + 0.8 * rng.normal(size=common.shape)), 1, 5)
            answers[..., 1] = 6 - answers[..., 1]
            answers[rng.random(answers.shape) < 0.03] = np.nan
            frame = pd.DataFrame(answers.reshape(-1, items), columns=[f"i{item}" for item in range(1, items + 1)])
            keys = {
                "client": np.repeat(np.arange(clients), sessions),
                "therapist": np.repeat(therapist, sessions),
                "session": np.tile(np.arange(1, sessions + 1), clients),
            }
            file = f"{form}_{perspective}.parquet"
            frame.assign(**keys).to_parquet(folder / file)
            entries.append(
                {"file": file, "form": form, "perspective": perspective, "columns": "i{item}"}
                | dict(zip(keys, keys, strict=True))
            )
    outcome = {"client": range(clients), "outcome": (general.mean(axis=1) + rng.normal(size=clients)).round(2)}
    pd.DataFrame(outcome).to_parquet(folder / "clients.parquet")
    variables = {"outcome": {"role": "outcome", "label": "outcome"}}
    content = {
        "title": shape,
        "source": "benchmarks/scale.py",
        "simulated": True,
        "responses": entries,
        "clients": {"file": "clients.parquet", "client": "client", "variables": variables},
    }
    (folder / "dataset.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def project_of(design: str, folder: Path) -> Path:
    """A copy of the project as it stands, with the data set of the design as its only one."""
    place = folder / design.replace(" ", "_")
    for name in ("scripts", "workflow", "data/instruments", "data/published"):
        shutil.copytree(ROOT / name, place / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "Snakefile", place)
    shutil.copytree(ROOT / "envs", place / "envs", dirs_exist_ok=True)
    (place / "config.yaml").write_text(yaml.safe_dump({"datasets": ["people"]} | FEW))
    if not (data := place / "data/datasets/people").exists():
        data.mkdir(parents=True)
        write_shape(design, data) if design in SHAPES else write_people(int(design), data)
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


def longest(place: Path, count: int = 3) -> str:
    """The rules that took longest, from what Snakemake notes of each result, with their share of the time."""
    spans = {}
    for note in (place / ".snakemake/metadata").iterdir():
        about = json.loads(note.read_text())
        spans[about["rule"], about["starttime"]] = about["endtime"] - about["starttime"]
    seconds = pd.Series(spans).groupby(level=0).sum().sort_values(ascending=False)
    return ", ".join(f"`{rule}` {share:.0%}" for rule, share in (seconds / seconds.sum()).head(count).items())


def table(found: pd.DataFrame) -> str:
    """Rules in rows, designs in columns: seconds, and GB at most."""
    designs = list(dict.fromkeys(found["design"]))
    heads = [f"{int(design):,}" if design.isdigit() else design for design in designs]
    lines = ["| rule | " + " | ".join(heads) + " |", "| --- " * (len(designs) + 1) + "|"]
    for rule, rows in found.groupby("rule", sort=False):
        cells = []
        for design in designs:
            row = rows[rows["design"] == design].tail(1)
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
    parser.add_argument("--designs", nargs="+", default=["2000", "20000", "200000", "1000000", *SHAPES])
    parser.add_argument("--limit", type=float, default=1_800, help="seconds after which a rule is ended")
    parser.add_argument("--table", action="store_true", help="print the table of what was found before")
    options = parser.parse_args()
    file = options.folder.absolute() / "scale.csv"
    for design in [] if options.table else options.designs:
        place = project_of(design, options.folder.absolute())
        if design in SHAPES:  # as one run, of which the rules are told by name only
            seconds, memory, note = run(place, "all", options.limit)
            print(f"| {design} | {seconds:.0f} s, {memory:.1f} GB | {note or longest(place)} |", flush=True)
            continue
        start, *_ = run(place, "nothing", options.limit)
        while rules := rules_left(place):
            known = pd.read_csv(file, dtype={"design": str}) if file.exists() else pd.DataFrame(columns=COLUMNS)
            failed = set(known.loc[(known["design"] == design) & known["note"].notna(), "rule"])
            if not (open_ := [rule for rule in rules if rule not in failed]):
                break
            seconds, memory, note = run(place, open_[0], options.limit)
            row = dict(zip(COLUMNS, (design, open_[0], max(seconds - start, 0), memory, note), strict=True))
            pd.DataFrame([row]).to_csv(file, mode="a", header=not file.exists(), index=False)
            print(f"{design:>9} {open_[0]:<28} {seconds - start:8.1f} s {memory:6.2f} GB  {note}", flush=True)
    if file.exists():
        print(table(pd.read_csv(file, dtype={"design": str}, keep_default_na=False)))


if __name__ == "__main__":
    main()
