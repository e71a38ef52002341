"""Histograms of the outcomes and baselines of the clients, with bars in which no person shows."""

from pathlib import Path
from textwrap import fill

from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, PALE
from pipeline.drawing.frame import draw_reason, finish
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import as_given, number
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ACROSS, HEIGHT = 3, 44  # panels beside each other; mm of a panel
LABEL = 28  # characters of a line below a panel
SUBJECT = "Outcomes and baselines of the clients"


def main(responses: Path, variables: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    rows = read_table(variables)
    drawn = rows[(rows["statistic"] == "value_bar_count") & rows["estimate"].notna()]
    with figure_style():
        if drawn.empty:
            draw_reason(rows[rows["statistic"].str.startswith("value_")], SUBJECT, dataset, [], figures)
            return
        names = list(dict.fromkeys(drawn["variable"]))
        across = min(len(names), 1 if in_one_column() else ACROSS)
        down = -(-len(names) // across)
        whole = width(1) if in_one_column() else width() * across / ACROSS
        figure = Figure(figsize=(whole * MM, down * HEIGHT * MM))
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for axis in axes[len(names) :]:
            axis.axis("off")
        for axis, name in zip(axes, names, strict=False):
            of_name = rows[rows["variable"] == name]
            bars = drawn[drawn["variable"] == name]
            wide = bars["bar_to"] - bars["bar_from"]
            unit = wide.min()
            axis.bar(bars["bar_from"], bars["estimate"] * unit / wide, wide, align="edge", color=PALE,
                     edgecolor="white", linewidth=0.5)  # fmt: skip
            for bar in bars.itertuples():
                about = f"{as_given(bar.bar_from)} to {as_given(bar.bar_to)}: {bar.estimate:.0f} clients"
                tell(axis, (bar.bar_from, bar.bar_to), (0, bar.estimate * unit / (bar.bar_to - bar.bar_from)), about)
            values = of_name.set_index("statistic")["estimate"]
            axis.axvline(values["value_mean"], color=INK, linewidth=1.2)
            axis.set_xlabel(fill(f"{name} ({of_name['role'].iloc[0]})", LABEL))
            axis.set_ylabel(f"Clients per {as_given(unit)}")
            n = bars["n"].iloc[0]
            moments = f"n = {n:.0f}, M = {number(values['value_mean'])}, SD = {number(values['value_sd'])}"
            axis.set_title(moments, size=8, weight="normal")
        finish(figure, SUBJECT, [words("data").figure_variables()], dataset, [], figures)
