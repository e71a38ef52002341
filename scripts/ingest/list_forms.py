"""Print the forms that are known: make forms."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.data.configuration import read_instruments
from pipeline.data.form_list import HEADINGS, as_columns, form_rows
from pipeline.data.job import InputError


def main(arguments: list[str] | None = None) -> int:
    """Print the list; 1 where an instrument file has a mistake."""
    parser = argparse.ArgumentParser(description="List the forms under data/instruments/.")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="folder of the project")
    given = parser.parse_args(arguments)
    try:
        rows = form_rows(read_instruments(given.root))
    except InputError as mistake:
        print(mistake, file=sys.stderr)
        return 1
    print("\n".join(as_columns([HEADINGS, *rows])))
    print("\nA form that is not here: docs/data.md, 'A form of your own'.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
