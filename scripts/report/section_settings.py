"""The section on what each table was made with."""

import json

from pipeline.data.tables import settings_path
from pipeline.report.blocks import Block, Folded, Verbatim
from pipeline.report.results import Results
from pipeline.report.wording import words


def section(results: Results) -> list[Block]:
    """Settings, checksums of the inputs and versions, table by table."""
    found: list[Block] = []
    for path in results.paths.values():
        beside = settings_path(path)
        if path.suffix == ".csv" and beside.exists():
            name = "/".join(beside.parts[beside.parts.index(results.dataset.name) + 1 :])
            found.append(Verbatim(name, json.dumps(json.loads(beside.read_text()), indent=1)))
    return [Folded(words("report").heading("settings"), found)]
