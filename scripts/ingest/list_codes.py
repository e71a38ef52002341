"""Which pseudonym stands for which code of a data set: written beside the raw files, and only when asked for.

make codes NAME=my_study
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from pipeline.data.assembling import from_answers
from pipeline.data.configuration import known_forms, raw_files, read_dataset
from pipeline.data.job import InputError
from pipeline.data.pseudonyms import pseudonyms

ROOT = Path(__file__).resolve().parents[2]


def main(dataset: str, root: Path) -> Path:
    forms = known_forms(dataset, root)
    content = read_dataset(dataset, root, forms)
    if "responses" not in content:
        raise InputError(f"data/datasets/{dataset}: a published matrix has no codes of people.")
    folder = root / "data/datasets" / dataset
    files, _ = from_answers(content, raw_files(folder, content), forms)
    names = pseudonyms({name: table for name, table in files.items() if isinstance(table, pd.DataFrame)})
    rows = [(who, code, name) for who, codes in names.items() for code, name in codes.items()]
    target = folder / "codes.csv"
    target.touch(mode=0o600)
    pd.DataFrame(rows, columns=["who", "code", "pseudonym"]).to_csv(target, index=False)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="folder under data/datasets/")
    try:
        print(
            f"Written: {main(parser.parse_args().dataset, ROOT).relative_to(ROOT)}. Keep it as safe as the raw files."
        )
    except InputError as mistake:
        sys.exit(str(mistake))
