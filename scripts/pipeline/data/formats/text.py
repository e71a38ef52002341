"""Text files with fields: any delimiter, encoding, decimal mark and line end, found out and stated."""

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from pipeline.data.formats.bounds import Unreadable, check_cells, check_columns
from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.job import first_of

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LOOKED_AT = 50  # records from which the delimiter is judged
LONGEST_RECORD = 10_000_000  # characters of one record
DECIMAL_COMMA, DECIMAL_POINT = r"\s*[-+]?\d*,\d+\s*", r"\s*[-+]?\d*\.\d+\s*"
IMPORT_ID = re.compile(r'\s*\{"ImportId"')


def read_text(path: Path, options: ReadOptions) -> RawTable:
    """Read a text file with a line of names.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        What is known about it.

    Returns
    -------
    RawTable
        All values are text.

    Raises
    ------
    Unreadable
        The encoding does not fit, records do not have as many fields as there are names, or decimal marks are mixed.
    """
    text, encoding = decoded(path.read_bytes(), options.encoding)
    first = _first_records(text, ",", options.header)
    delimiter = options.delimiter or found_delimiter(
        text, options.header, "\t" if path.suffix.lower() == ".tsv" else ""
    )
    first = _first_records(text, delimiter, options.header)
    names = first.records[-1]
    check_columns(len(names), options.limits)
    check_cells(text.count("\n") + 1, len(names), options.limits)
    frame = _fields(text, delimiter, names, first.lines, options.header)
    said = [f"text, {DELIMITERS.get(delimiter, repr(delimiter))}-separated, {encoding}"]
    if len(frame) > 1 and _is_import_id(frame.iloc[1]):
        frame = frame.iloc[2:]
        said.append("two further header lines of Qualtrics skipped")
    frame, comma = _with_decimal_points(frame, options.decimal)
    if comma:
        said.append("decimal comma")
    if options.header > 1:
        said.append(f"names in row {options.header}")
    return RawTable(frame, "; ".join(said))


def decoded(content: bytes, encoding: str | None) -> tuple[str, str]:
    """Turn bytes into text: by the given encoding, a byte order mark, UTF-8, or Windows-1252, in this order.

    Parameters
    ----------
    content : bytes
        Of the file.
    encoding : str or None
        Name of an encoding that Python knows.

    Returns
    -------
    text : str
        Without byte order mark.
    encoding : str
        The name of the encoding, for people.

    Raises
    ------
    Unreadable
        The bytes are not text in that encoding.
    """
    marked = next((name for mark, name in MARKS.items() if content.startswith(mark)), None)
    candidates = [encoding] if encoding else [marked] if marked else ["utf-8", "cp1252"]
    for candidate in candidates:
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise Unreadable(f"there is no encoding '{candidate}'; utf-8, cp1252 and utf-16 are usual ones") from None
        if "\0" in text:
            break
        named = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
        return text.removeprefix("\ufeff"), named.get(candidate.lower(), candidate)
    if "\0" in content[:1000].decode("latin-1"):
        raise Unreadable("contains no text, or UTF-16 without a mark; say `encoding: utf-16-le`, or save it as UTF-8")
    raise Unreadable(f"is not text in {encoding or 'UTF-8 or Windows-1252'}; give its `encoding:`")


class _Records:
    """The first records of a text, and how many lines they take."""

    def __init__(self, records: list[list[str]], lines: int):
        self.records, self.lines = records, lines


def _first_records(text: str, delimiter: str, count: int) -> _Records:
    csv.field_size_limit(LONGEST_RECORD)
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append([field.strip() for field in record])
            if len(records) == count:
                break
    except csv.Error as error:
        raise Unreadable(f"is not readable as text with fields ({error})") from None
    if len(records) < count or not any(records[-1]):
        raise Unreadable("has no rows of data" if not records else f"has no names of columns in row {count}")
    return _Records(records, reader.line_num)


def found_delimiter(text: str, header: int, usual: str = "") -> str:
    """Find the delimiter: the one that cuts the line of names into most fields and the records into as many.

    Parameters
    ----------
    text : str
        Of the file.
    header : int
        The record with the names.
    usual : str, default ""
        The delimiter that the file's ending promises; it is preferred where it does not do worse.

    Returns
    -------
    str
        One of `DELIMITERS`; the usual one, or a comma, where the file has a single column.
    """
    best, most = usual or ",", 1
    for delimiter in sorted(DELIMITERS, key=lambda one: one != usual):
        reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
        try:
            records = [record for record, _ in zip(reader, range(header + LOOKED_AT), strict=False)][header - 1 :]
        except csv.Error:
            continue
        records = [record for record in records if any(record)]
        fields = len(records[0]) if records else 0
        alike = sum(len(record) - fields in (0, 1) for record in records)
        if fields > most and alike > len(records) / 2:
            best, most = delimiter, fields
    return best


def _fields(text: str, delimiter: str, names: list[str], lines: int, header: int) -> pd.DataFrame:
    """The records below the names; each has as many fields, but for a delimiter that ends every line."""
    frame, wrong = _parsed(text, delimiter, names, lines)
    if wrong and len(frame) == 0 and {actual for _, actual in wrong} == {len(names) + 1}:
        longer, still_wrong = _parsed(text, delimiter, [*names, "\0"], lines)
        if not still_wrong and longer["\0"].isna().all():
            frame, wrong = longer.drop(columns="\0"), []
    if wrong:
        actual = wrong[0][1]
        rows = [row - lines + header for row, _ in wrong]
        raise Unreadable(
            f"{first_of(rows)}: {actual} fields where the header names {len(names)} columns; look for "
            "a name that is missing in the header, or a delimiter or quotation mark inside a text"
        )
    return frame.set_axis(range(header + 1, header + 1 + len(frame)))


def _parsed(text: str, delimiter: str, names: list[str], lines: int) -> tuple[pd.DataFrame, list[tuple[int, int]]]:
    """The records of the right length, and row and number of fields of the others."""
    wrong: list[tuple[int, int]] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        wrong.append((row.number, row.actual_columns))
        return "skip"

    unique = [f"{place}" for place in range(len(names))]  # the names may repeat, which is seen later
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=unique, skip_rows=lines),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(unique, pa.dictionary(pa.int32(), pa.string())),
                strings_can_be_null=True,
                null_values=["", "NA"],
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pd.DataFrame(columns=names), []
        raise Unreadable(f"is not readable as text with fields ({_plain(error)})") from None
    return table.to_pandas().set_axis(names, axis=1), wrong


def _plain(error: Exception) -> str:
    """The kind of a parser's complaint without the text of the file, which may name a person."""
    return str(error).partition(":")[0].partition("\n")[0]


def _is_import_id(row: pd.Series) -> bool:
    return bool(row.notna().any()) and bool(row.dropna().map(lambda value: bool(IMPORT_ID.match(value))).all())


def _with_decimal_points(frame: pd.DataFrame, decimal: str | None) -> tuple[pd.DataFrame, bool]:
    """Numbers with a point, and whether the file has a decimal comma."""
    if decimal == ".":
        return frame, False
    values = {name: pd.Series(column.cat.categories, dtype=object) for name, column in _columns(frame)}
    comma = [place for place, of in values.items() if of.str.fullmatch(DECIMAL_COMMA).any()]
    if not comma:
        return frame, False
    if decimal is None and any(of.str.fullmatch(DECIMAL_POINT).any() for of in values.values()):
        raise Unreadable("some numbers have a decimal comma and some a decimal point; say which with `decimal:`")
    frame = frame.copy()
    for place in comma:
        column = frame.iloc[:, place]
        turned = [_point(text) for text in column.cat.categories]
        points = column.astype(object).map(dict(zip(column.cat.categories, turned, strict=True)))
        frame.isetitem(place, points.to_numpy())
    return frame, True


def _point(text: str) -> str:
    return text.replace(",", ".") if re.fullmatch(DECIMAL_COMMA, text) else text


def _columns(frame: pd.DataFrame) -> list[tuple[int, pd.Series]]:
    return [(place, frame.iloc[:, place]) for place in range(frame.shape[1])]
