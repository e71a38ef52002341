"""From a file to data/datasets/NAME/dataset.yaml: make dataset FILE=answers.sav NAME=my_study.

Shows what the file holds, asks what it cannot decide, writes the description, and runs all checks. Every question has
an option, so that it also works without a terminal. No code of a person and no single answer is shown.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.data.checking import mistakes
from pipeline.data.configuration import known_forms, read_config, read_instruments, validated
from pipeline.data.description_text import Part, description_text, flow
from pipeline.data.job import InputError
from pipeline.data.session_dates import RULES
from pipeline.data.yaml_files import read_yaml
from pipeline.describing.client_part import client_part
from pipeline.describing.data_dictionary import choices_of, is_dictionary
from pipeline.describing.described_file import File, limits_given, read_file
from pipeline.describing.dialog import Dialog, heading
from pipeline.describing.entries import entries
from pipeline.describing.identifying import identify
from pipeline.describing.option_values import plain_name
from pipeline.describing.score_part import score_part
from pipeline.describing.showing import show, unused_lines
from pipeline.describing.whom_to_leave_out import accepted_part, exclusion_part
from pipeline.describing.writing import check_files, check_name, parsed, write

SOURCE = "Not stated yet: say who collected the data, and where they are described"


def parser() -> argparse.ArgumentParser:
    """Every question of the dialog as an option."""
    it = argparse.ArgumentParser(
        description="Describe a file of answers: writes data/datasets/NAME/dataset.yaml and runs all checks.",
        epilog="Example: --file answers.sav --name my_study --client id --outcome bdi_end=0..63 --yes",
    )
    add = it.add_argument
    add("--file", action="append", required=True, type=Path, help="a file of answers or client variables; repeatable")
    add("--name", help="name of the data set; forms of its own may lie in data/datasets/NAME/*.instrument.yaml already")
    add("--title", help="title in figures and reports")
    add("--source", help="who collected the data, and where they are described")
    add("--form", action="append", default=[], metavar="FORM[:PERSPECTIVE][=COLUMNS]",
        help="form of a block of items (make forms lists them); COLUMNS is a pattern such as wai_{item}, or names, "
        "positions (#4) and first..last, separated by commas; repeatable; with COLUMNS, nothing else is used",
    )  # fmt: skip
    add("--score", action="append", default=[], metavar="COLUMN=FORM:PERSPECTIVE[:SCALE][,KNOWN]",
        help="column with a scale score, if the file contains no items; KNOWN is range=4..28, reliability=.85 or both "
        "with a comma between them; repeatable")  # fmt: skip
    add("--perspective", choices=["client", "therapist", "observer"], help="who answered, where the file does not say")
    add("--perspective-column", help="column that says who answered, as in role:1=client,2=therapist; or none")
    add("--client", help="column with the client's code; row if there is none")
    add("--therapist", help="column with the therapist's code, or none")
    add("--session", help="column with the session, or none")
    add(
        "--sessions",
        help=f"numbers of sessions that are texts, as in pre=1,post=2; or {', '.join(RULES)}",
    )
    add("--rater", help="column with the rater's code, or none")
    add("--keep", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows; repeatable")
    add("--exclude", action="append", default=[], metavar="REASON=WHOM",
        help="whom to leave out, as in 'entered twice=rows:27,40', 'withdrew consent=clients:017', 'test "
        "entries=where:site:pilot' or 'failed the check=where_not:check:1'; repeatable")  # fmt: skip
    add("--accept", action="append", default=[], metavar="FINDING=REASON",
        help="a finding that the checks name under accept: and that is right, with the reason, as in "
        "'against_other_forms=it measures distress'; repeatable")  # fmt: skip
    add("--missing-codes", action="append", default=[], metavar="[COLUMN=]CODES",
        help="codes for missing answers and values, as in 9,99; of one score, outcome or baseline as in bdi=99; or "
        "none; repeatable")  # fmt: skip
    add("--recode", help="answers in words, as in never=1,always=7")
    add("--range", help="lowest and highest answer of this edition, as in 0..6")
    add("--turned", choices=["yes", "no"], help="whether reverse-keyed items were already reversed in the file")
    for role in ("outcome", "baseline"):
        add(f"--{role}", action="append", default=[], metavar="COLUMN[=LOW..HIGH]",
            help=f"column that is an {role}, with its possible range; of scale scores at several sessions also "
            f"COLUMN@{'first' if role == 'baseline' else 'last'}; repeatable".replace("an b", "a b"))  # fmt: skip
    add("--group", action="append", default=[], metavar="COLUMN", help="column with a group; repeatable")
    add("--sheet", help="sheet of a workbook")
    add("--header", type=int, help="row with the names of the columns")
    add("--encoding", help="encoding of a text file")
    add("--delimiter", help="delimiter of a text file")
    add("--decimal", choices=[".", ","], help="decimal mark of a text file")
    add("--limits", help="the most that is read of a file, as in mebibytes=1024,columns=20000,cells=400000000")
    add("--yes", action="store_true", help="take every suggestion and ask nothing")
    add("--show", action="store_true", help="only show what the files hold; nothing is asked or written")
    add("--replace", action="store_true", help="overwrite an existing description")
    add("--root", type=Path, default=Path(__file__).parents[2], help="folder of the project")
    return it


def main(arguments: list[str] | None = None) -> int:
    """Run the dialog; 0 where the data set can be computed."""
    given = parser().parse_args(arguments)
    dialog = Dialog(sys.stdin.isatty() and sys.stdout.isatty(), given.yes)
    try:
        return describe(given, dialog)
    except InputError as mistake:
        print(mistake, file=sys.stderr)
    except (EOFError, KeyboardInterrupt):
        print("\nStopped; nothing was written.", file=sys.stderr)
    return 1


def describe(given: argparse.Namespace, dialog: Dialog) -> int:
    """Read, show, ask, write, check."""
    root: Path = given.root
    check_files(given.file)
    dictionaries = [path for path in given.file if path.is_file() and is_dictionary(path)]
    given.file = [path for path in given.file if path not in dictionaries]
    given.choices = {field: of for path in dictionaries for field, of in choices_of(path).items()}
    if not given.file:
        raise InputError(f"{dictionaries[0].name}: a data dictionary contains no answers; name the file of answers.")
    forms = known_forms(given.name, root) if given.name else read_instruments(root)
    files = [read_file(path, given, forms) for path in given.file]
    for said in given.missing_codes:
        column = said.rpartition("=")[0].strip()
        if column and not any(column in file.columns for file in files):
            raise InputError(f"--missing-codes {said}: there is no column '{column}'.")
    for file in files:
        show(file)
    if given.show:
        return 0
    name = given.name or dialog.write("Name of the data set", "--name", plain_name(given.file[0].stem))
    folder = root / "data/datasets" / name
    check_name(name, folder, given.replace)
    responses: list[Part] = []
    for file in files:
        identify(file, given, dialog)
        responses += [] if given.score else entries(file, given, dialog, forms)
    scores = _scores(files, given, dialog, forms)
    without = list(dict.fromkeys(part.content["file"] for part in responses if part.content["client"] == "row"))
    if len(without) > 1:
        raise InputError(
            f"{' and '.join(without)} have no column of codes, so nobody can be matched; say --client, or "
            "describe each file as a data set of its own."
        )
    if not responses and scores is None:
        raise InputError(
            "No form was recognized from the names of the columns: say --form KEY=COLUMNS, as in "
            "--form wai_sr:client=q{item}, --form wai_sr:client=first..last or --form wai_sr:client=#4..#15 "
            "(`make forms` lists the keys); or, of scale "
            "scores without items, --score COLUMN=FORM:PERSPECTIVE:SCALE."
        )
    clients, made = client_part(files, given, dialog) if scores is None else (None, {})
    title = given.title or name.replace("_", " ").replace("-", " ").capitalize()
    unused = unused_lines(files, clients or scores)
    left_out, accepted = exclusion_part(files, given), accepted_part(given)
    text = description_text(title, given.source or SOURCE, responses, clients, unused, scores, left_out, accepted)
    if given.limits:
        text += f"\nlimits: {flow(limits_given(given))}\n"
    validated(parsed(text), "dataset", root, f"data/datasets/{name}/dataset.yaml")
    write(folder, text, given.file, made)
    print(heading("\nWritten"))
    print(f"data/datasets/{name}/dataset.yaml")
    return check(name, root, dialog)


def _scores(files: list[File], given: argparse.Namespace, dialog: Dialog, forms: dict[str, dict]) -> Part | None:
    """Scale scores, where --score names their columns; nothing else is then taken."""
    if not given.score:
        return None
    if len(files) > 1:
        raise InputError("--score: scale scores, outcomes and baselines have to be in one file.")
    return score_part(files[0], given, dialog, forms)


def check(name: str, root: Path, dialog: Dialog) -> int:
    """All checks, and what to do next."""
    config = read_yaml(root / "config.yaml", "config.yaml") or {}
    settings = read_config(config | {"datasets": [name]}, root)
    found, _ = mistakes(name, root, settings["occasion"])
    print(heading("\nChecked"))
    for mistake in found:
        print(f"- {mistake}")
    asked = f"{dialog.asked} {'question' if dialog.asked == 1 else 'questions'} asked. " if dialog.asked else ""
    if found:
        print(f"\n{asked}Correct data/datasets/{name}/dataset.yaml, then: make check NAME={name}")
        return 1
    listed = config.get("datasets", [])
    entry = "" if name in listed else f"add {name} to datasets: in config.yaml, then "
    print(f"nothing stops a run\n\n{asked}Next: {entry}make")
    return 0


if __name__ == "__main__":
    sys.exit(main())
