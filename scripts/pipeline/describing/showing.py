"""What files hold, shown in numbers: no code of a person and no single answer."""

from pipeline.data.description_text import Part
from pipeline.describing.columns import Column, client_columns, session_columns, therapist_columns, variable_columns
from pipeline.describing.described_file import File, items_recognised, pattern_of
from pipeline.describing.dialog import heading
from pipeline.describing.option_values import listed

MOST_SHOWN = 60  # columns that are listed


def show(file: File) -> None:
    """What the file holds, in numbers."""
    rows = len(file.table.frame)
    print(heading(f"\n{file.path.name}"))
    print(f"  {file.table.read_as}; {rows} rows, {len(file.columns)} columns")
    if file.table.twice:
        print(f"  left out, because they appear twice: {', '.join(file.table.twice)}")
    if len(file.table.sheets) > 1:
        print(f"  sheets: {', '.join(file.table.sheets)}")
    for one in file.found:
        pattern = pattern_of(one.block)
        parts = [f"{one.block.items} items"]
        parts += [f"{len(one.block.sessions)} sessions in the names"] if one.block.sessions else []
        parts += [f"answers {one.low:g} to {one.high:g}"] if one.low == one.low else []
        parts += [f"{len(one.words)} answers in words"] if one.words else []
        parts += [f"{listed(one.codes)} look like codes for missing"] if one.codes else []
        if one.labels:
            ends = [f"{value:g} '{one.labels[value]}'" for value in sorted({min(one.labels), max(one.labels)})]
            parts.append(f"labels {' to '.join(ends)}")
        meant = (
            " or ".join(one.forms) if one.forms else f"{one.instrument}, of which no form has {one.block.items} items"
        )
        known = f" -> {meant}" if one.instrument else " (no known form)"
        print(f"  {pattern}: {', '.join(parts)}{known}" + (f", {one.perspective}" if one.perspective else ""))
    if not items_recognised(file):
        print("  the names of the columns point to no form; their positions are:")
        for place, (name, about) in list(enumerate(file.columns.items(), start=1))[:MOST_SHOWN]:
            texts = "1 text" if about.distinct == 1 else f"{about.distinct} different texts"
            values = span_of(about) if about.numeric or about.strays else texts if about.n else "empty"
            print(f"    #{place} {name[:50]}{'...' if len(name) > 50 else ''}: n = {about.n}, {values}")
    taken = {name for one in file.found for name in one.block.names}
    for what, candidates in (
        ("clients", client_columns(file.columns, rows, taken)),
        ("therapists", therapist_columns(file.columns, taken)),
        ("sessions", session_columns(file.columns, taken)),
    ):
        if candidates:
            print(f"  {what}: " + ", ".join(f"{one} ({file.columns[one].distinct} values)" for one in candidates[:3]))
    for column, meant_by in file.perspectives.items():
        print(f"  who answered: {column} ({', '.join(meant_by.values())})")


def span_of(about: Column) -> str:
    """The least and the greatest number, and the texts that stand among the numbers."""
    strays = " and ".join(f"'{text}'" for text in about.strays)
    return f"{about.low:g} to {about.high:g}" + (f" and {strays}" if strays else "")


def show_variables(files: list[File]) -> None:
    """Other columns with n, minimum and maximum."""
    print(heading("\nOther columns"))
    for file in files:
        for column, role in variable_columns(file.columns, file.taken).items():
            about = file.columns[column]
            values = f"{about.low:g} to {about.high:g}" if about.numeric else f"{about.distinct} levels"
            print(f"  {column}: n = {about.n}, {values}" + (f" ({role}?)" if role != "number" else ""))


def unused_lines(files: list[File], clients: Part | None) -> list[str]:
    """Comments about columns that could be outcomes, baselines or groups."""
    used = {about.get("column", name) for name, about in (clients.content["variables"] if clients else {}).items()}
    lines = []
    for file in files:
        for column, role in variable_columns(file.columns, file.taken).items():
            if column not in used and role != "number":
                lines.append(f"{column} in {file.path.name} could be: {role}")
    return ["Columns that are not used (see clients: in docs/data.md):", *lines[:20]] if lines else []
