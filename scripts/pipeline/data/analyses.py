"""What every analysis adds to the results, read from the file ``analysis.yaml`` in its folder of scripts.

An analysis states there its tables, its figures, its sections and its place in the report. Rules, the report, the index
and the tests take their lists from here, so that a new analysis changes no list.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pipeline.data.yaml_files import read_yaml

KEYS = {"title", "order", "sections", "tables", "figures", "files", "texts", "index"}
NEEDS = ("answers", "items", "sessions", "item_codes")  # what a data set can have; see `features`


@dataclass(frozen=True)
class TableEntry:
    """A result table: its path below the results of a data set, and what Snakemake's report calls it.

    `cross_checked` where other packages make its numbers again; `caption` where tables share one.
    """

    name: str
    path: str
    what: str
    title: str
    needs: tuple[str, ...] = ()
    cross_checked: bool = False
    caption: str = ""

    @property
    def by_perspective(self) -> bool:
        """Whether each perspective has its own."""
        return "{perspective}" in self.path


@dataclass(frozen=True)
class FigureEntry:
    """A figure: the module that draws it, and what its ``main`` is given.

    `tables`, `results`, `files` and `settings` map parameters of ``main`` to names of tables (of any analysis), paths
    below the results of the data set, paths of the project (or a glob) and dotted keys of the configuration.
    """

    name: str
    module: str
    what: str
    alt: str
    title: str
    tables: dict[str, str]
    results: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    by_perspective: bool = False

    @property
    def stem(self) -> str:
        """Its path below the results of a data set, without ending."""
        return f"figures/{self.name}.{{perspective}}" if self.by_perspective else f"figures/{self.name}"


@dataclass(frozen=True)
class IndexSection:
    """A section of the page of all data sets: what it is written from, by name, with paths below `results`.

    A figure has a `path` (of its SVG), says `what` it shows, and has the words `alt` for those who do not see it.
    `of_data_sets` names tables of which every data set has its own, `files` are those of the project.
    """

    name: str
    module: str
    title: str
    tables: dict[str, TableEntry]
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    of_data_sets: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


Entry = TypeVar("Entry", TableEntry, FigureEntry)


@dataclass(frozen=True)
class Analysis:
    """One folder of scripts: its tables, figures and sections."""

    name: str
    title: str
    order: float
    sections: dict[str, str]  # id -> title
    tables: dict[str, TableEntry]
    figures: dict[str, FigureEntry]
    files: dict[str, str]  # further files that its sections read: of the results, or of the project if below data/
    texts: dict[str, TableEntry]  # text files that its sections write
    index: dict[str, IndexSection]  # sections about all data sets or none, on the page that links the reports

    def module_of(self, section: str) -> str:
        """The module that describes one of its sections of the report."""
        return f"{self.name}.section_{section}"


def read_analyses(scripts: Path) -> list[Analysis]:
    """Read the home of every analysis.

    Parameters
    ----------
    scripts : Path
        The folder `scripts/`; every folder in it with an `analysis.yaml` is an analysis.

    Returns
    -------
    list of Analysis
        In the order of the report.

    Raises
    ------
    ValueError
        A key is unknown, a figure draws a table that no analysis makes, or two analyses make the same table.
    """
    contents = {path: read_yaml(path, path.name) for path in sorted(scripts.glob("*/analysis.yaml"))}
    by_table = {
        name: "{perspective}" in entry["path"]
        for content in contents.values()
        for name, entry in (content.get("tables") or {}).items()
    }
    found = [_analysis(path, content, by_table) for path, content in contents.items()]
    names = [name for analysis in found for name in (*analysis.tables, *analysis.figures)]
    tables = [name for analysis in found for name in analysis.tables]
    if len(set(tables)) < len(tables):
        raise ValueError(f"two analyses name a table alike: {sorted(names)}")
    return sorted(found, key=lambda analysis: (analysis.order, analysis.name))


def _analysis(path: Path, content: dict, by_table: dict[str, bool]) -> Analysis:
    """One home; `by_table` says of every table of any analysis whether each perspective has its own."""
    if unknown := set(content) - KEYS:
        raise ValueError(f"{path}: unknown key {sorted(unknown)[0]}; known are {', '.join(sorted(KEYS))}")
    folder, title = path.parent.name, content["title"]
    for name, entry in (content.get("tables", {}) | content.get("figures", {})).items():
        if missing := set(entry.get("needs", [])) - set(NEEDS):
            raise ValueError(f"{path}: {name} needs {sorted(missing)[0]}; known are {', '.join(NEEDS)}")
        entry["needs"] = tuple(entry.get("needs", ()))
    tables = {name: TableEntry(name=name, title=title, **entry) for name, entry in content.get("tables", {}).items()}
    figures = {}
    for name, entry in content.get("figures", {}).items():
        drawn = entry["tables"].values()
        if missing := set(drawn) - set(by_table):
            raise ValueError(f"{path}: the figure {name} draws {sorted(missing)[0]}, which is no table of an analysis")
        places = entry.get("results", {}).values()
        figures[name] = FigureEntry(
            name=name,
            title=title,
            module=f"{folder}.plot_{name}",
            by_perspective=any(by_table[table] for table in drawn) or any("{perspective}" in one for one in places),
            **entry,
        )
    return Analysis(
        name=folder,
        title=title,
        order=content["order"],
        sections=content.get("sections", {}),
        tables=tables,
        figures=figures,
        files=content.get("files", {}),
        texts={name: TableEntry(name=name, title=title, **entry) for name, entry in content.get("texts", {}).items()},
        index={
            name: IndexSection(
                name=name,
                module=f"{folder}.section_{name}",
                title=entry["title"],
                tables={
                    key: TableEntry(name=key, title=title, **table) for key, table in entry.get("tables", {}).items()
                },
                figures=entry.get("figures", {}),
                of_data_sets=tuple(entry.get("of_data_sets", ())),
                files=entry.get("files", {}),
            )
            for name, entry in content.get("index", {}).items()
        },
    )


def features(description: dict) -> set[str]:
    """What a data set has, as far as its description says: see `NEEDS`.

    Sessions: a column of sessions, or more than one number; only ingest knows whether the column holds several.
    """
    entries = description.get("responses", [])
    sessions = {entry.get("session", 1) for entry in entries}
    repeated = len(sessions) > 1 or any(isinstance(session, str) for session in sessions)
    has = {
        "answers": bool(entries),
        "items": bool(entries) or "matrix" in description,
        "sessions": repeated,
        "item_codes": "item_codes" in description,
    }
    return {name for name, there in has.items() if there}


def perspectives_of(description: dict) -> list[str]:
    """Whose items are factor-analysed, in the order of the description; nobody's where only scores were published."""
    entries = description.get("responses", [description["matrix"]] if "matrix" in description else [])
    answered = dict.fromkeys(entry["perspective"] for entry in entries)
    return [who for who in answered if who in description.get("factor_perspectives", answered)]


def given_to(entries: Iterable[Entry], has: set[str]) -> list[Entry]:
    """Those of the tables or figures that a data set with these features gets."""
    return [entry for entry in entries if set(entry.needs) <= has]
