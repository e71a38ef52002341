"""Files that are small and claim to hold more than a computer has, or are not what they seem; by name."""

import gzip
import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
import pandas as pd

MIB = 2**20
OLD_CONTAINER = bytes.fromhex("d0cf11e0a1b11ae1")
HEAD = ["id", *(f"wai_{item}" for item in range(1, 13))]
ROWS = [[f"P{number:03d}", *(1 + (number * item) % 5 for item in range(12))] for number in range(1, 31)]
ENTITIES = (
    b'<!DOCTYPE lolz [<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))
    + b"]>"
)


def xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(path)


def ods(path: Path) -> None:
    pd.DataFrame(ROWS, columns=HEAD).to_excel(path, engine="odf", index=False)


def changed(path: Path, part: str, change: Callable[[bytes], Iterable[bytes]]) -> None:
    """Write one part of a zip archive anew."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            with archive.open(name, "w", force_zip64=True) as file:
                for chunk in change(content) if name == part else [content]:
                    file.write(chunk)


def padded(end: bytes) -> Callable[[bytes], Iterable[bytes]]:
    """300 MiB of rows before the end of a sheet."""

    def change(content: bytes) -> Iterable[bytes]:
        place = content.rindex(end)
        yield content[:place]
        chunk = b" " * MIB
        for _ in range(300):
            yield chunk
        yield content[place:]

    return change


def with_entities(before: bytes) -> Callable[[bytes], Iterable[bytes]]:
    """Names that stand for ten names each, nine times over, used in the first text."""

    def change(content: bytes) -> Iterable[bytes]:
        start = content.index(b"?>") + 2 if content.startswith(b"<?xml") else 0
        place = content.index(before) + len(before)
        yield content[:start] + ENTITIES + content[start:place] + b"&l9;" + content[place:]

    return change


def far_cell_ods(content: bytes) -> Iterable[bytes]:
    end = content.rindex(b"</table:table>")
    yield content[:end]
    yield b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    yield b'<table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
    yield b'<table:table-cell office:value-type="float" office:value="1"/></table:table-row>'
    yield content[end:]


def zip_bomb(path: Path) -> None:
    xlsx(path)
    changed(path, "xl/worksheets/sheet1.xml", padded(b"</sheetData>"))


def zip_bomb_ods(path: Path) -> None:
    ods(path)
    changed(path, "content.xml", padded(b"</table:table>"))


def xml_bomb(path: Path) -> None:
    xlsx(path)
    changed(path, "xl/workbook.xml", with_entities(b' name="'))


def xml_bomb_ods(path: Path) -> None:
    ods(path)
    changed(path, "content.xml", with_entities(b"<text:p>"))


def far_cell(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.active["XFD1048576"] = 1
    book.save(path)


def far_ods(path: Path) -> None:
    ods(path)
    changed(path, "content.xml", far_cell_ods)


def broken_xml(path: Path) -> None:
    xlsx(path)
    changed(path, "xl/worksheets/sheet1.xml", lambda content: [content[: len(content) // 2]])


def no_sheet(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "no workbook")


def password(path: Path) -> None:
    """As Excel writes one: the encrypted workbook in the container of an old one, whose directory names it."""
    path.write_bytes(OLD_CONTAINER + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(2000))


def old_container(path: Path) -> None:
    path.write_bytes(OLD_CONTAINER + bytes(4000))


def wide_line(path: Path) -> None:
    path.write_text(",".join(f"c{place}" for place in range(1_400_000)) + "\n" + "," * 1_399_999 + "\n")


def wide_record(path: Path) -> None:
    rows = "\n".join(",".join(map(str, row)) for row in (HEAD, *ROWS))
    path.write_text(f"{rows}\n{',' * 1_400_000}\n")


def long_field(path: Path) -> None:
    path.write_text("a" * 12_000_000)


def rds_bomb(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(300):
            file.write(bytes(MIB))


def parquet_of_many_cells(path: Path) -> None:
    """Equal values are stored once."""
    one = pd.Categorical.from_codes([0] * 2_000_000, categories=["x"])
    pd.DataFrame({f"x{place}": one for place in range(60)}).to_parquet(path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_outside(path: Path) -> None:
    target = path.parents[1] / "outside.csv"
    target.write_text("\n".join(",".join(map(str, row)) for row in (HEAD, *ROWS)))
    path.symlink_to(target)
