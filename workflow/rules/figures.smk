"""What do the results look like?

Needs: the result tables, the published values to compare them with, and the words of the notes below.
Makes: results/{dataset}/figures/, each figure as SVG and in the formats of config.yaml: which ones, the analyses say
(scripts/*/analysis.yaml).
One or two jobs draw the figures of a data set, and one those of its factor analyses, which come last.
"""

from functools import partial

DRAWING = "figures/draw_figures.py"


for number, (figures, datasets) in enumerate(figure_groups(), start=1):

    rule:
        """draw the figures"""
        name:
            f"draw_figures_{number}"
        input:
            responses=RESPONSES,
            tables=sorted({place(TABLES[name].path, who) for entry, who in figures for name in entry.tables.values()}),
            files=[ancient(path) for path in read_by(figures)],  # what they say decides, see params
            results=sorted({place(path, who) for entry, who in figures for path in entry.results.values()}),
            style=STYLE,
            words=words_of(DRAWING, *(script_of(entry.module) for entry, _ in figures)),
        output:
            **{name: path for entry, who in figures for name, path in reported_figure(entry, who).items()},
        wildcard_constraints:
            dataset="|".join(datasets),
        priority: LATE + len(figures)
        group:
            "pages"
        resources:
            **needs("figures"),
        params:
            code=code(DRAWING, *(script_of(entry.module) for entry, _ in figures)),
            plan=partial(drawing, figures),
            said=list(map(said_in, read_by(figures))),
            look=SETTINGS["figures"],
        script:
            f"../../scripts/{DRAWING}"


rule figures:
    input:
        [
            path.replace("{dataset}", name)
            for name in DATASETS
            for entry, who in drawn(name)
            for path in figure_files(place(entry.stem, who)).values()
        ],
