"""The data dictionary of a REDCap project: what the numbers of each field mean."""

from pathlib import Path

from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.reading import as_text, read_raw

FIELD, CHOICES = "Variable / Field Name", "Choices, Calculations, OR Slider Labels"


def is_dictionary(path: Path) -> bool:
    """Whether a file is the data dictionary of a REDCap project, by its first line."""
    if path.suffix.lower() != ".csv":
        return False
    with path.open("rb") as file:
        first = file.readline(10_000).decode("utf-8", errors="replace")
    return FIELD in first and CHOICES in first


def choices_of(path: Path) -> dict[str, dict[float, str]]:
    """Labels of the choices of each field, as in ``1, Never | 2, Rarely``; other fields have none."""
    frame = read_raw(path, path.name, ReadOptions(picked=True)).frame
    found = {}
    for field, choices in zip(as_text(frame[FIELD]), as_text(frame[CHOICES]), strict=True):
        pairs = [choice.partition(",") for choice in (choices or "").split("|")]
        codes = [code.strip() for code, comma, _ in pairs if comma]
        if field and len(codes) == len(pairs) and all(code.lstrip("-").isdigit() for code in codes):
            found[field] = {float(code): label.strip() for code, _, label in pairs}
    return found
