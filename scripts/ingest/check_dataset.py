"""Run all checks of a data set without computing or writing anything: make check NAME=my_study."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest.rows_to_check import rows_to_check
from pipeline.data.checking import mistakes
from pipeline.data.configuration import read_config
from pipeline.data.job import InputError
from pipeline.data.yaml_files import read_yaml


def main(arguments: list[str] | None = None) -> int:
    """Print what was read and every finding; 1 where something stops a run."""
    parser = argparse.ArgumentParser(description="Check data sets: every finding with its cure; nothing is computed.")
    parser.add_argument("name", nargs="+", help="folder below data/datasets/")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="folder of the project")
    given = parser.parse_args(arguments)
    try:
        config = read_yaml(given.root / "config.yaml", "config.yaml") or {}
        occasion = read_config(config | {"datasets": given.name}, given.root)["occasion"]
    except InputError as mistake:
        print(mistake, file=sys.stderr)
        return 1
    # a list: every data set is checked, also after one with a mistake
    return max([report(name, given.root, occasion) for name in given.name])


def report(name: str, root: Path, occasion: str | int) -> int:
    """Print what is known about one data set; 1 where something stops a run."""
    found, files = mistakes(name, root, occasion)
    if files:
        print("\n".join(summary(files["dataset.json"])))
    for mistake in found:
        print(f"\n{mistake}", file=sys.stderr)
    sys.stdout.flush()
    number = len(found)
    if found:
        print(f"\n{name}: {number} {'finding stops' if number == 1 else 'findings stop'} a run.", file=sys.stderr)
        return 1
    if rows := rows_to_check(name, root):
        print("\nTo look at (nothing is left out unless `exclusions:` of dataset.yaml says so):")
        print("\n".join(rows) + "\n")
    print(f"{name}: nothing stops a run.")
    return 0


def summary(about: dict) -> list[str]:
    """How the files were read, and how much each form holds; counts only."""
    lines = [f"{file['file']}: {file['read_as']}; {file['rows']} rows" for file in about.get("files", [])]
    for form in about["forms"]:
        counts = form["counts"]
        parts = [f"{form['items']} items" if form["items"] else "scores only"]
        parts += [f"{counts[what]} {what}" for what in ("clients", "therapists", "raters") if counts.get(what)]
        sessions = len(counts.get("sessions", {}))
        parts += [f"{sessions} sessions"] if sessions > 1 else []
        if counts.get("missing_answers"):
            parts.append(f"{100 * counts['missing_answers']:.1f}% of the answers missing")
        lines.append(f"{form['label']} ({form['perspective']}): {', '.join(parts)}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
