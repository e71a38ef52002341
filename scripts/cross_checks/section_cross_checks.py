"""The section on cross-checks, and a warning on the first screen where another package finds another number."""

import pandas as pd

from pipeline.data.codebook import entry_of
from pipeline.report.blocks import Block, Folded, Sentences, Table, Warning
from pipeline.report.results import Results
from pipeline.report.wording import words
from pipeline.steps.cross_checks.comparison import AGREES, DIFFERS, IDENTITY, UNCHECKED, differing

PLACE = ("perspective", "form", "scale", "group")
SECOND = ("perspective_2", "form_2", "scale_2")
NAMED = 3  # differences that the warning names


def section(results: Results) -> list[Block]:
    """How many numbers agree, with which packages, and every comparison on demand."""
    checks = results.table("cross_checks")
    checks = checks.assign(reason=checks["reason"].astype(object).fillna(""))  # a file has an empty cell there
    counts = checks["verdict"].value_counts()
    packages = sorted(checks.loc[checks["verdict"] != UNCHECKED, "package"].unique())
    explained = int(((checks["verdict"] == DIFFERS) & (checks["reason"] != "")).sum())
    told = words("cross_checks").summary(
        int(counts.get(AGREES, 0)), int(counts.get(UNCHECKED, 0)), explained, packages, len(differing(checks))
    )
    return [Sentences([told]), Folded(words("cross_checks").title_of_table(), [checks_table(checks, results.labels)])]


def brief(results: Results) -> list[Block]:
    """A warning where a difference has no known reason; nothing otherwise."""
    text = warning_of(results.table("cross_checks"))
    return [Warning(words("cross_checks").title_of_warning(), text)] if text else []


def warning_of(checks: pd.DataFrame) -> str:
    """Which numbers another package contradicts for no known reason, the worst by name; empty where there are none."""
    found = differing(checks)
    if found.empty:
        return ""
    compared = int((checks["verdict"] != UNCHECKED).sum())
    named = [difference_of(row) for row in found.head(NAMED).to_dict("records")]
    return words("cross_checks").warning(len(found), compared, named, len(found) - len(named))


def difference_of(row: dict) -> dict:
    """A row of the table for the warning: which number it is, of what, and both values as text."""
    place = " ".join(str(row[name]) for name in IDENTITY if name in row and pd.notna(row[name]) and row[name] != "")
    return row | {"place": place, "ours": f"{row['ours']:.4g}", "theirs": f"{row['theirs']:.4g}"}


def _named(row: dict, keys: tuple[str, ...], labels: dict[str, str]) -> list[str]:
    return [labels.get(str(row[key]), str(row[key])) for key in keys if key in row and pd.notna(row[key])]


def checks_table(checks: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per comparison."""
    table = Table(
        ["Number", "Of", "Ours", "Theirs", "Package", "Verdict", "Reason"],
        source="cross_checks.csv",
        title="Our numbers beside those of other packages",
    )
    sessions = set(checks["session"].dropna()) if "session" in checks else set()
    for row in checks.to_dict("records"):
        entry = entry_of(row["statistic"])
        place = _named(row, PLACE, labels)
        if other := _named(row, SECOND, labels):
            place[-1] += f" with {', '.join(other)}"
        if len(sessions) > 1 and pd.notna(row["session"]):
            number = str(row["session"])
            place.append(f"session {number}" if number.isdigit() else f"{number} session")
        table.rows.append(
            [
                entry.label if entry else row["statistic"],
                ", ".join(place),
                *("–" if pd.isna(row[name]) else f"{row[name]:.6g}".replace("-", "−") for name in ("ours", "theirs")),
                f"{row['package']}: {row['function']}",
                row["verdict"],
                row["reason"],
            ]
        )
    return table
