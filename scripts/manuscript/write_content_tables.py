"""Tables 1 and 2a to 2d of the published content analysis, computed anew, for Word and LaTeX."""

import shutil
from pathlib import Path

from manuscript.apa_content import facet_table, first_table
from pipeline.data.job import job
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.manuscript import latex, markdown, word
from pipeline.manuscript.apa_table import numbered
from pipeline.manuscript.references import Citations, bibtex, read_references


def main(tables: list[Path], instruments: list[Path], references: Path, manuscript: Path) -> None:
    """Write the folder.

    Parameters
    ----------
    tables : list of Path
        `content/table_1.csv`, `table_2a.csv` to `table_2d.csv`.
    instruments : list of Path
        The scoring keys, for the names of the instruments.
    references : Path
        `workflow/references.yaml`.
    manuscript : Path
        The folder to write.
    """
    known = [read_yaml(path, path.name) for path in instruments]
    names = {content["instrument"]: content["name"] for content in known}
    first, *facets = sorted(tables)
    made = [first_table(read_table(first), names)]
    made += [facet_table(read_table(path), path.stem.removeprefix("table_"), names) for path in facets]
    citations = Citations(read_references(references))
    for table in numbered(made):
        table.general = citations.put_into(table.general)
    partial = manuscript.with_name(f".{manuscript.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    (partial / "tables.docx").write_bytes(word.table_file(made, "Content of alliance questionnaires"))
    (partial / "tables.tex").write_text(latex.document(made, "the content analysis"))
    (partial / "tables.md").write_text(markdown.tables(made))
    (partial / "references.bib").write_text(bibtex(citations.entries))
    shutil.rmtree(manuscript, ignore_errors=True)
    partial.rename(manuscript)


if __name__ == "__main__":
    job(main, snakemake)
