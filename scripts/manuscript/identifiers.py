"""Whether anything of an archive tells who answered: rows of single people, pseudonyms, codes of the raw files."""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from pipeline.data.pseudonyms import PEOPLE

TEXTS = (".bib", ".csv", ".html", ".json", ".md", ".svg", ".tex", ".txt", ".yaml")
PICTURES = (".pdf", ".png")  # drawn from tables that are in the archive as well, and not searched
SHORTEST = 3  # characters; a shorter code says nothing that a number or an abbreviation could not say


def findings(files: Mapping[str, bytes], codes: Iterable[str], pseudonyms: Iterable[str]) -> list[str]:
    """Find what must not leave the computer.

    Parameters
    ----------
    files : mapping of str to bytes
        Path in the archive -> content.
    codes : iterable of str
        Codes of people in the raw files; see `searchable`.
    pseudonyms : iterable of str
        What stands for them in the results.

    Returns
    -------
    list of str
        One sentence for each finding; it names the file and the kind, never the code.
    """
    secret = {"a code of the raw files": set(filter(searchable, codes)), "a pseudonym of a person": set(pseudonyms)}
    found = []
    for path, content in sorted(files.items()):
        ending = path[path.rfind(".") :].lower()
        if ending not in (*TEXTS, *PICTURES, ".docx", ".lock"):
            found.append(f"{path}: files of this kind are not archived.")
            continue
        if ending == ".csv" and (columns := columns_of_people(content)):
            found.append(f"{path}: the column {columns[0]} has rows of single people.")
        words = words_of(content, ending)
        found += [f"{path}: holds {kind}." for kind, known in secret.items() if words & known]
    return found


def searchable(code: str) -> bool:
    """Whether a code can be told from a number or a short word: three characters at least, with a letter among them."""
    return len(code) >= SHORTEST and any(letter.isalpha() for letter in code)


def columns_of_people(content: bytes) -> list[str]:
    """Columns of a table that name people."""
    return sorted(set(content.split(b"\n", 1)[0].decode().split(",")) & set(PEOPLE))


def words_of(content: bytes, ending: str) -> set[str]:
    """Every word that people read in a file: letters, digits, and hyphens and the like between them."""
    if ending in PICTURES:
        return set()
    if ending == ".docx":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            text = " ".join(
                " ".join(ElementTree.fromstring(parts.read(name)).itertext())
                for name in parts.namelist()
                if name.endswith(".xml")
            )
    else:
        text = content.decode()
        if ending in (".html", ".svg"):
            text = re.sub(r"data:[^\"')]*", " ", text)
            text = re.sub(r"\b(?:d|transform|points|style|href|id|class)=\"[^\"]*\"", " ", text)
            text = html.unescape(
                re.sub(r"<style.*?</style>|<[^>]*>", lambda tag: quoted(tag[0]), text, flags=re.DOTALL)
            )
    return set(re.findall(r"\w+(?:[-./@]\w+)*", text)) | set(re.findall(r"\w+", text))


def quoted(tag: str) -> str:
    """What a tag says to those who hear the page: its values in quotation marks."""
    if tag.startswith("<style"):
        return " "
    return " ".join(["", *re.findall('"([^"]*)"', tag), ""])
