"""Tables for LaTeX: booktabs and longtable, with the numbers aligned by what is left free around them."""

from collections.abc import Sequence

from pipeline.manuscript.apa_table import ApaTable, Row
from pipeline.manuscript.rich import runs

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\textbar{}",
    "[": "{[}",  # a bracket at the start of a row would be read as the length of \\
    "]": "{]}",
    '"': "''",
    "*": "{*}",  # one at the start of a row would belong to the \\ before it
    "±": r"\ensuremath{\pm}",
    "≈": r"\ensuremath{\approx}",
    "³": r"\textsuperscript{3}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "—": "---",
    "–": "--",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\ldots{}",
    "\N{NO-BREAK SPACE}": "~",
    "²": r"\textsuperscript{2}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
}
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi "
        "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
MANY = 12  # columns beside each other in letters of 10 points
NARROW = r"\scriptsize\setlength{\tabcolsep}{2pt}"
PREAMBLE = r"""% Tables of {title}.
% They need array, booktabs, longtable, pdflscape and caption; each table can be copied alone.
\documentclass[12pt]{{article}}
\usepackage[T1]{{fontenc}}
\usepackage[utf8]{{inputenc}}
\usepackage{{mathptmx}}
\usepackage[letterpaper,margin=1in]{{geometry}}
\usepackage{{array,booktabs,longtable,pdflscape,caption}}
\captionsetup{{labelfont=bf,textfont=it,labelsep=newline,justification=raggedright,singlelinecheck=false,skip=6pt}}
\setlength{{\LTleft}}{{0pt}}
\setlength{{\LTright}}{{0pt}}
\setlength{{\tabcolsep}}{{4pt}}
\begin{{document}}
"""


def escaped(line: str) -> str:
    """Return a line with italics, bold and raised parts, in which nothing of the text is a command.

    Parameters
    ----------
    line : str
        Text with the signs of :mod:`pipeline.manuscript.rich`.

    Returns
    -------
    str
        LaTeX.
    """
    parts = []
    for run in runs(line):
        text = "".join(_letter(letter, run.italic) for letter in run.text)
        for wanted, command in ((run.raised, "textsuperscript"), (run.bold, "textbf"), (run.italic, "textit")):
            text = f"\\{command}{{{text}}}" if wanted else text
        parts.append(text)
    return "".join(parts)


def _letter(letter: str, italic: bool) -> str:
    if letter in GREEK:
        return f"\\ensuremath{{\\{GREEK[letter]}}}"
    return SPECIAL.get(letter, letter)


def document(tables: Sequence[ApaTable], title: str) -> str:
    """Return a document of tables that can be compiled as it is.

    Parameters
    ----------
    tables : sequence of ApaTable
        Each with its number.
    title : str
        What they are about, for the comment on top.

    Returns
    -------
    str
        LaTeX.
    """
    comment = " ".join(title.split()).replace("{", "(").replace("}", ")")
    return "\n\\clearpage\n".join([PREAMBLE.format(title=comment), *map(longtable, tables), "\\end{document}\n"])


def longtable(table: ApaTable) -> str:
    """Return one table.

    Parameters
    ----------
    table : ApaTable
        With its number.

    Returns
    -------
    str
        LaTeX, a `longtable` that may go over pages.
    """
    count = len(table.columns)
    size = r"\small" if not table.landscape else r"\footnotesize" if count <= MANY else NARROW
    head = [*_spanners(table), _line([_head(column.head) for column in table.columns])]
    paddings = [table.padding(column) for column in range(count)]
    body = [_row(table, row, [padding[place] for padding in paddings]) for place, row in enumerate(table.rows)]
    continued = [row.follows for row in table.rows[1:]] + [False]
    body = [f"{line}*" if more else line for line, more in zip(body, continued, strict=True)]
    # in a box without width: one as wide as the page would widen the last column
    notes = [
        f"\\multicolumn{{{count}}}{{@{{}}l@{{}}}}{{\\makebox[0pt][l]{{\\parbox[t]{{\\linewidth}}"
        f"{{\\footnotesize\\strut {text}\\strut}}}}}} \\\\"
        for text in _notes(table)
    ]
    lines = [
        "\\begin{landscape}" if table.landscape else "",
        f"{{{size}\\setlength{{\\LTcapwidth}}{{\\linewidth}}",
        f"\\renewcommand{{\\thetable}}{{{escaped(table.number)}}}",
        f"\\begin{{longtable}}{{@{{\\extracolsep{{\\fill}}}}{_columns(table)}@{{}}}}",
        f"\\caption{{{escaped(table.title)}}}\\label{{tab:{table.name.replace('_', '-')}}}\\\\",
        "\\toprule",
        *head,
        "\\midrule",
        "\\endfirsthead",
        "\\toprule",
        *head,
        "\\midrule",
        "\\endhead",
        "\\bottomrule",
        "\\endfoot",
        "\\bottomrule",
        *notes,
        "\\endlastfoot",
        *body,
        "\\end{longtable}}",
        "\\end{landscape}" if table.landscape else "",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _columns(table: ApaTable) -> str:
    """Texts break within a width of their own; numbers are centred with equal room around the point."""
    whole = sum(column.width for column in table.columns)
    breaking = ">{\\raggedright\\arraybackslash}"
    return "".join(
        f"{breaking}p{{{0.9 * column.width / whole:.3f}\\linewidth}}" if column.align == "left" else "c"
        for column in table.columns
    )


def _head(head: str) -> str:
    """A heading on as many lines as it has."""
    parts = [escaped(part) for part in head.split("\n")]
    return parts[0] if len(parts) == 1 else "\\shortstack{" + " \\\\ ".join(parts) + "}"


def _spanners(table: ApaTable) -> list[str]:
    """The line of headings over several columns, and the rules below them."""
    if not table.spanners:
        return []
    cells, place = [""], 1
    for one in sorted(table.spanners, key=lambda spanner: spanner.first):
        cells += [""] * (one.first - place)
        cells.append(f"\\multicolumn{{{one.last - one.first + 1}}}{{c}}{{{escaped(one.head)}}}")
        place = one.last + 1
    cells += [""] * (len(table.columns) - place)
    rules = [f"\\cmidrule(lr){{{one.first + 1}-{one.last + 1}}}" for one in table.spanners]
    return [_line(cells), " ".join(rules)]


def _row(table: ApaTable, row: Row, paddings: Sequence[tuple[str, str]]) -> str:
    rule = "\\midrule\n" if row.rule else ""
    if row.heads_rows:
        indent = "\\hspace*{1em}" * row.indent
        return f"{rule}\\multicolumn{{{len(table.columns)}}}{{@{{}}l}}{{{indent}{escaped(row.cells[0])}}} \\\\*"
    cells = []
    for text, (before, behind) in zip(row.cells, paddings, strict=True):
        left, right = (f"\\phantom{{{room}}}" if room else "" for room in (before, behind))
        cells.append(f"{left}{escaped(text)}{right}")
    cells[0] = "\\hspace*{1em}" * row.indent + cells[0]
    return rule + _line(cells)


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + " \\\\"


def _notes(table: ApaTable) -> list[str]:
    """The notes in the order of APA Style: general, specific, probability."""
    general = f"\\textit{{Note.}} {escaped(table.general)}" if table.general else ""
    specific = " ".join(escaped(note) for note in table.specific)
    return [note for note in (general, specific, escaped(table.probability)) if note]
