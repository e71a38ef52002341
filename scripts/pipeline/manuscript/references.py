"""Citations in APA Style (7th edition): put into a text, and the list and the BibTeX file of what it cites.

A text cites as in pandoc: ``[@cronbach_1951; @mcdonald_1999]`` in parentheses, ``@cronbach_1951`` within the sentence,
and ``@@cronbach_1951`` for author and year within parentheses that are there already.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.data.yaml_files import read_yaml
from pipeline.manuscript.rich import literal

KEY = r"[a-z][a-z0-9_]*"
GROUP = re.compile(rf"\[@{KEY}(?:; @{KEY})*\]")
BARE = re.compile(rf"@@({KEY})")
SINGLE = re.compile(rf"(?<![\w.@])@({KEY})")
BIBTEX = str.maketrans(
    {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "—": "---", "–": "--", "’": "'", "“": "``", "”": "''"}
    | {"χ": r"$\chi$", "²": "$^2$", "α": r"$\alpha$", "β": r"$\beta$", "ω": r"$\omega$"}
)


@dataclass(frozen=True)
class Reference:
    """One entry of the literature.

    Attributes
    ----------
    key : str
        By which texts cite it.
    kind : {"article", "book", "chapter", "report", "software"}
        What it is.
    names : list of (family, initials)
        The authors; a body has no initials.
    year, title : str
        As printed.
    rest : dict
        Journal, volume, issue, pages, book, editors, publisher, doi, version.
    """

    key: str
    kind: Literal["article", "book", "chapter", "report", "software"]
    names: list[tuple[str, str]]
    year: str
    title: str
    rest: dict[str, Any]

    @property
    def families(self) -> list[str]:
        """Family names of the authors."""
        return [family for family, _ in self.names]


def read_references(path: Path) -> dict[str, Reference]:
    """Read the literature.

    Parameters
    ----------
    path : Path
        `workflow/references.yaml`.

    Returns
    -------
    dict
        Key -> entry.
    """
    found = {}
    for key, content in read_yaml(path, path.name).items():
        rest = {name: value for name, value in content.items() if name not in ("kind", "names", "year", "title")}
        names = [_name(name) for name in content["names"]]
        found[key] = Reference(key, content["kind"], names, str(content["year"]), content["title"], rest)
    return found


def _name(name: Any) -> tuple[str, str]:
    """`[Cronbach, L. J.]` is read as family and initials, or as one text with a comma between them."""
    if isinstance(name, Mapping):
        return str(name["group"]), ""
    family, *initials = [str(part) for part in name]
    return family, ", ".join(initials)


@dataclass
class Citations:
    """Puts citations into texts and remembers what was cited.

    Attributes
    ----------
    known : dict
        Key -> entry.
    cited : set of str
        The keys so far.
    """

    known: Mapping[str, Reference]
    cited: set[str] = field(default_factory=set)

    def put_into(self, text: str) -> str:
        """Replace the keys in a text by authors and years.

        Parameters
        ----------
        text : str
            With keys as in pandoc.

        Returns
        -------
        str
            `(Cronbach, 1951; McDonald, 1999)`, `Cronbach (1951)`.
        """

        def group(found: re.Match[str]) -> str:
            entries = sorted((self._cite(key) for key in SINGLE.findall(found[0])), key=_order)
            return "(" + "; ".join(f"{authors(entry, '&')}, {entry.year}" for entry in entries) + ")"

        def single(found: re.Match[str]) -> str:
            entry = self._cite(found[1])
            return f"{authors(entry, 'and')} ({entry.year})"

        def bare(found: re.Match[str]) -> str:
            entry = self._cite(found[1])
            return f"{authors(entry, '&')}, {entry.year}"

        return SINGLE.sub(single, BARE.sub(bare, GROUP.sub(group, text)))

    def _cite(self, key: str) -> Reference:
        if key not in self.known:
            raise KeyError(f"references.yaml has no {key}, which a text cites")
        self.cited.add(key)
        return self.known[key]

    @property
    def entries(self) -> list[Reference]:
        """What was cited, in the order of the list."""
        return sorted((self.known[key] for key in self.cited), key=_order)


def _order(entry: Reference) -> tuple[str, str]:
    families = " ".join(family.removeprefix("The ").casefold() for family in entry.families)
    return families.replace("ö", "o").replace("’", ""), entry.year


def authors(entry: Reference, joined_by: str) -> str:
    """Return the authors as a citation has them: one, two, or the first *et al.*"""
    families = entry.families
    if len(families) > 2:
        return f"{families[0]} et al."
    return f" {joined_by} ".join(families)


def formatted(entry: Reference, version: str = "") -> str:
    """Return an entry of the list of references.

    Parameters
    ----------
    entry : Reference
        What was cited.
    version : str
        Of software.

    Returns
    -------
    str
        With the signs of :mod:`pipeline.manuscript.rich`.
    """
    names, rest = (
        _listed(entry.names),
        {name: literal(value) for name, value in entry.rest.items() if name != "editors"},
    )
    front = f"{literal(names)}{'' if names.endswith('.') else '.'} ({entry.year})."
    title, doi = literal(entry.title), f" https://doi.org/{rest['doi']}" if "doi" in rest else ""
    if entry.kind == "article":
        issue = f"({rest['issue']})" if "issue" in rest else ""
        where = f"*{rest['journal']}*, *{rest['volume']}*{issue}, {_pages(rest['pages'])}."
        return f"{front} {title}. {where}{doi}"
    if entry.kind == "chapter":
        editors = literal(_editors(entry.rest["editors"]))
        return f"{front} {title}. In {editors}, *{rest['book']}* (pp. {rest['pages']}). {rest['publisher']}.{doi}"
    if entry.kind == "software":
        return f"{front} *{title}*{f' (Version {literal(version)})' if version else ''} [Computer software]."
    return f"{front} *{title}*. {rest['publisher']}.{doi}"


def _pages(pages: str) -> str:
    """Pages, or the number of an article without pages."""
    return pages if "–" in pages else f"Article {pages}"


def _listed(names: Iterable[tuple[str, str]]) -> str:
    """`Harman, H. H., & Jones, W. H.`; of more than twenty the first nineteen and the last."""
    shown = [f"{family}, {initials}" if initials else family for family, initials in names]
    if len(shown) > 20:
        return f"{', '.join(shown[:19])}, . . . {shown[-1]}"
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])}, & {shown[-1]}"


def _editors(names: Iterable[Any]) -> str:
    """`A. von Eye & C. C. Clogg (Eds.)`."""
    shown = [f"{initials} {family}" for family, initials in map(_name, names)]
    return f"{' & '.join(shown)} ({'Eds.' if len(shown) > 1 else 'Ed.'})"


def bibtex(entries: Iterable[Reference], version: str = "") -> str:
    """Return entries as BibTeX.

    Parameters
    ----------
    entries : iterable of Reference
        In order.
    version : str
        Of software.

    Returns
    -------
    str
        One entry after the other.
    """
    kinds = {
        "article": "article",
        "book": "book",
        "chapter": "incollection",
        "report": "techreport",
        "software": "misc",
    }
    made = []
    for entry in entries:
        rest = entry.rest
        names = " and ".join(
            f"{family}, {initials}" if initials else f"{{{family}}}" for family, initials in entry.names
        )
        fields = {"author": names, "title": f"{{{entry.title}}}", "year": entry.year}
        for ours, theirs in (
            ("journal", "journal"),
            ("volume", "volume"),
            ("issue", "number"),
            ("pages", "pages"),
            ("book", "booktitle"),
            ("publisher", "institution" if entry.kind == "report" else "publisher"),
        ):
            if ours in rest:
                fields[theirs] = str(rest[ours])
        if "editors" in rest:
            fields["editor"] = " and ".join(f"{family}, {initials}" for family, initials in map(_name, rest["editors"]))
        if entry.kind == "software":
            fields["note"] = "Computer software" + (f", version {version}" if version else "")
        lines = [f"  {name} = {{{value.translate(BIBTEX)}}}" for name, value in fields.items()]
        if "doi" in rest:
            lines.append(f"  doi = {{{rest['doi']}}}")
        made.append(f"@{kinds[entry.kind]}{{{entry.key},\n" + ",\n".join(lines) + "\n}\n")
    return "\n".join(made)
