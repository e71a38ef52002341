"""Read and check one data set; write its answers only when everything is right."""

import json
import shutil
from pathlib import Path

import pandas as pd

from pipeline.data.assembling import from_answers, from_matrix, from_scores
from pipeline.data.configuration import read_dataset, read_instruments
from pipeline.data.job import InputError, job
from pipeline.data.plausibility import review
from pipeline.data.pseudonyms import pseudonymised
from pipeline.data.raw_files import RawFiles
from pipeline.data.tables import write_persons

KINDS = {"responses": from_answers, "matrix": from_matrix, "scores": from_scores}


def main(dataset: str, root: Path, occasion: str | int, responses: Path) -> None:
    forms = read_instruments(root)
    content = read_dataset(dataset, root, forms)
    raw = RawFiles(root / "data/datasets" / dataset)
    try:
        assemble = next(KINDS[kind] for kind in KINDS if kind in content)
        files, findings = assemble(content, raw, forms)
        check_occasion(content.get("occasion", occasion), files["dataset.json"]["forms"])
        accepted = review(content, files, findings)
    except InputError as mistake:
        raise InputError(f"data/datasets/{dataset}/{mistake}") from None
    files["dataset.json"] |= {
        "name": dataset,
        "title": content["title"],
        "source": content["source"],
        "simulated": content["simulated"],
        "occasion": content.get("occasion", occasion),
        "files": raw.described,
    } | ({"accepted": accepted} if accepted else {})
    write_all(pseudonymised(files), responses)


def check_occasion(occasion: str | int, forms: list[dict]) -> None:
    """A session that is to be analysed has answers."""
    sessions = sorted({int(session) for form in forms for session in form["counts"].get("sessions", {})})
    if isinstance(occasion, int) and sessions and occasion not in sessions:
        known = ", ".join(map(str, sessions[:20])) + (", ..." if len(sessions) > 20 else "")
        raise InputError(f"dataset.yaml: occasion: nobody answered in session {occasion}; the sessions are {known}.")


def write_all(files: dict, folder: Path) -> None:
    """Write into a folder beside the real one, then put it in place: all of it or nothing."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(mode=0o700)
    for file, content in files.items():
        if isinstance(content, pd.DataFrame) and file.endswith(".parquet"):
            write_persons(content, partial / file)
        elif isinstance(content, pd.DataFrame):
            content.to_csv(partial / file, index=False)
        else:
            (partial / file).write_text(json.dumps(content, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


if __name__ == "__main__":
    job(main, snakemake)
