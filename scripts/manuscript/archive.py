"""Put the results of a data set into one zip file: make archive NAME=my_study."""

import argparse
import io
import json
import os
import re
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from manuscript.identifiers import findings
from pipeline.data.assembling import from_answers, from_scores
from pipeline.data.configuration import OWN_INSTRUMENTS, known_forms, raw_files, read_config, read_dataset
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError
from pipeline.data.pseudonyms import pseudonyms
from pipeline.data.tables import installed, write_atomically
from pipeline.data.yaml_files import read_yaml
from pipeline.manuscript.ro_crate import FORMATS, metadata
from pipeline.report.wording import Words, words

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold
OF_PEOPLE = re.compile(r"(^|/)(responses/|\.|scores\.(parquet|csv|sav)$)|\.(parquet|npz|partial)$")
NO_LICENCE = "No licence is stated: ask the authors."


def main(arguments: list[str] | None = None) -> int:
    """Write the archive; 1 where something in it would tell who answered."""
    parser = argparse.ArgumentParser(description="Put results, settings, keys, versions and seed into one zip file.")
    parser.add_argument("name", help="folder below data/datasets/")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="folder of the project")
    parser.add_argument("--date", default=_today(), help="of publication, as 2026-11-27; today if not given")
    parser.add_argument("--licence", default=NO_LICENCE, help="address or name of the licence of the results")
    parser.add_argument("--harmless", action="append", default=[], help="a word that is found and is no code")
    given = parser.parse_args(arguments)
    try:
        target, number = archive(given.name, given.root, given.date, given.licence, given.harmless)
    except InputError as mistake:
        print(mistake, file=sys.stderr)
        return 1
    print(f"Written: {target.relative_to(given.root)}, {number} files.")
    return 0


def _today() -> str:
    """Today, or the day that SOURCE_DATE_EPOCH names."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return (date.fromtimestamp(int(epoch)) if epoch else date.today()).isoformat()


def archive(name: str, root: Path, published: str, licence: str, harmless: list[str]) -> tuple[Path, int]:
    """Collect, check and write.

    Parameters
    ----------
    name : str
        Of the data set.
    root : Path
        Of the project.
    published : str
        The date in the metadata.
    licence : str
        Of the results.
    harmless : list of str
        Words that look like codes and are none.

    Returns
    -------
    target : Path
        The zip file.
    number : int
        How many files it holds.

    Raises
    ------
    InputError
        There are no results, or something in them would tell who answered; nothing is written then.
    """
    if not (root / "results" / name / "report.html").exists():
        raise InputError(f"results/{name}: there is no report; run `snakemake {name}` first.")
    dataset = Dataset(root / "results" / name / "responses")
    files = collected(name, root)
    codes, own = people(name, root, dataset)
    wrong = findings(files, codes - set(harmless), own - set(harmless))
    if wrong:
        raise InputError("Nothing was written, because the archive would tell who answered:\n" + "\n".join(wrong))
    config = read_config(read_yaml(root / "config.yaml", "config.yaml") or {}, root)
    version = yaml.safe_load((root / "CITATION.cff").read_text())["version"]
    say, versions = words("manuscript_archive"), versions_of(files)
    about = {"name": name, "title": dataset.title, "source": dataset.source, "version": version}
    files["README.md"] = readme(say, about | {"seed": config["seed"], "published": published}).encode()
    files["versions.json"] = (json.dumps(versions, indent=1, sort_keys=True) + "\n").encode()
    crate = metadata(
        files,
        name=say.name(dataset.title),
        description=say.description(dataset.source),
        date=published,
        licence=licence,
        version=version,
        versions=versions,
        seed=config["seed"],
    )
    target = root / "results" / f"{name}.zip"
    write_atomically(target, zipped(files | {"ro-crate-metadata.json": crate.encode()}))
    return target, len(files) + 1


def collected(name: str, root: Path) -> dict[str, bytes]:
    """Everything that goes in: results without a row per person, settings, keys, the lock of the environment."""
    folders = [root / "results" / name, root / "results/content"]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in paths if not OF_PEOPLE.search(path.relative_to(root / "results").as_posix())]
    kept += [root / "results" / name / "responses/dataset.json", root / "config.yaml", root / "envs/requirements.lock"]
    kept += [*(root / "data/instruments").glob("*.yaml"), *(root / "data/datasets" / name).glob(OWN_INSTRUMENTS)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(kept) if path.suffix in FORMATS}


def people(name: str, root: Path, dataset: Dataset) -> tuple[set[str], set[str]]:
    """Codes of people in the raw files, and their pseudonyms."""
    if not dataset.has_people:
        return set(), set()
    forms = known_forms(name, root)
    content = read_dataset(name, root, forms)
    assemble = from_scores if dataset.of_persons else from_answers
    read, _ = assemble(content, raw_files(root / "data/datasets" / name, content), forms)
    names = pseudonyms({file: table for file, table in read.items() if isinstance(table, pd.DataFrame)})
    return {str(code) for known in names.values() for code in known}, {
        one for known in names.values() for one in known.values()
    }


def readme(say: Words, about: dict[str, Any]) -> str:
    """What stands on top of the archive, a heading and three paragraphs."""
    parts = [say.heading(about), say.source(about), say.contents(about), say.left_out()]
    return "\n\n".join(parts) + "\n"


def versions_of(files: dict[str, bytes]) -> dict[str, str]:
    """Versions that the tables were made with, and of what runs them."""
    found: dict[str, str] = {"snakemake": installed("snakemake"), "python-docx": installed("python-docx")}
    for path, content in files.items():
        if path.endswith(".settings.json"):
            found |= json.loads(content)["versions"]
    return found


def zipped(files: dict[str, bytes]) -> bytes:
    """One zip file with the same bytes for the same content."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(entry, files[path])
    return made.getvalue()


if __name__ == "__main__":
    sys.exit(main())
