"""Read and check one data set; write its answers only when everything is right."""

import json
import shutil
from pathlib import Path

import pandas as pd

from pipeline.data.checking import assembled
from pipeline.data.job import job
from pipeline.data.pseudonyms import pseudonymised
from pipeline.data.tables import write_parquet


def main(dataset: str, root: Path, occasion: str | int, responses: Path) -> None:
    write_all(pseudonymised(assembled(dataset, root, occasion)), responses)


def write_all(files: dict, folder: Path) -> None:
    """Write into a folder beside the real one, then put it in place: all of it or nothing."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(mode=0o700)
    try:
        for file, content in files.items():
            if isinstance(content, pd.DataFrame) and file.endswith(".parquet"):
                write_parquet(content, partial / file)
            elif isinstance(content, pd.DataFrame):
                content.to_csv(partial / file, index=False)
            else:
                (partial / file).write_text(json.dumps(content, indent=1) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:  # no answers stay behind where the disk was full
        shutil.rmtree(partial, ignore_errors=True)


if __name__ == "__main__":
    job(main, snakemake)
