"""What a name holds is never a command of LaTeX."""

import pytest

from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner, numbered
from pipeline.manuscript.latex import document, escaped, longtable
from pipeline.manuscript.rich import literal


@pytest.mark.parametrize(
    "text, shown",
    [
        ("50% & more_than $5 #1", r"50\% \& more\_than \$5 \#1"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a^b~c", r"a\textasciicircum{}b\textasciitilde{}c"),
        ("−.07 [.1, .2]", r"\ensuremath{-}.07 {[}.1, .2{]}"),
        ("*first", "{*}first"),
        ("α and ω", r"\ensuremath{\alpha} and \ensuremath{\omega}"),
    ],
)
def test_signs_are_escaped(text, shown):
    assert escaped(literal(text)) == shown


def test_looks():
    assert escaped("*r*^2^ **.59**") == r"\textit{r}\textsuperscript{2} \textbf{.59}"


def test_a_table():
    own = ApaTable(
        "mood",
        "Mood & Session",
        [Column("Scale", "left"), Column("*M*"), Column("*SD*")],
        [Row(["Client"]), Row(["Up_1", "10.50", "1.25"], indent=1), Row(["Down", "9.00", "—"], indent=1)],
        [Spanner("Score", 1, 2)],
        general="*M* = mean.",
        probability="\\**p* < .05.",
    )
    lines = longtable(numbered([own])[0]).splitlines()
    assert r"\caption{Mood \& Session}\label{tab:mood}\\" in lines
    assert r" & \multicolumn{2}{c}{Score} \\" in lines
    assert r"\cmidrule(lr){2-3}" in lines
    assert r"\multicolumn{3}{@{}l}{Client} \\*" in lines
    assert r"\hspace*{1em}Up\_1 & 10.50 & 1.25 \\" in lines
    assert r"\hspace*{1em}Down & \phantom{0}9.00 & --- \\" in lines
    assert sum(line.startswith((r"\toprule", r"\bottomrule")) for line in lines) == 4
    assert not [line for line in lines if "|" in line or r"\hline" in line]  # horizontal rules of booktabs only
    assert document([own], "x").count(r"\begin{") == document([own], "x").count(r"\end{")
