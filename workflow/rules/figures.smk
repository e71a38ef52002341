"""What do the results look like?

Needs: the result tables and the published values to compare them with.
Makes: results/{dataset}/figures/, each figure as PDF, SVG and PNG: which ones, the analyses say (scripts/*/analysis.yaml).
One job draws the figures of a data set, and one those of its factor analyses, which come last.
"""

from functools import partial

DRAWING = "figures/draw_figures.py"


def drawn(name):
    """Figures of a data set and, of those that each perspective has, whose: (entry, perspective or nothing)."""
    entries = given_to(FIGURES.values(), FEATURES[name])
    return [(entry, who) for entry in entries for who in (PERSPECTIVES[name] if entry.by_perspective else [""])]


def figure_groups():
    """Data sets that get the same figures, for which one rule does: figures -> data sets."""
    groups = {}
    for name in DATASETS:
        for by_perspective in (False, True):
            own = tuple((entry.name, who) for entry, who in drawn(name) if entry.by_perspective == by_perspective)
            if own:
                groups.setdefault(own, []).append(name)
    return [([(FIGURES[name], who) for name, who in own], names) for own, names in groups.items()]


def place(path, who):
    """A path below the results of a data set, with the perspective put in."""
    return f"{OF_DATASET}/{path.replace('{perspective}', who)}"


def reported_figure(entry, who):
    """Outputs of a rule: one figure of a data set; Snakemake's report shows the SVG."""
    files = figure_files(place(entry.stem, who))
    labels = {"what": f"figure: {entry.what}{f', {who}' if who else ''}"}
    caption = f"{ROOT}/workflow/report/figure_{entry.name}.rst"
    files["svg"] = report(files["svg"], caption=caption, category="{dataset}", subcategory="Figures", labels=labels)
    return {f"{entry.name}_{who}_{kind}": path for kind, path in files.items()}


def drawing(figures, wildcards):
    """What is drawn, for the script: the module of each figure, and what its `main` is given."""
    plan = []
    for entry, who in figures:
        given = {parameter: place(TABLES[name].path, who) for parameter, name in entry.tables.items()}
        given = {parameter: path.replace("{dataset}", wildcards.dataset) for parameter, path in given.items()}
        given |= {parameter: project_files(pattern) for parameter, pattern in entry.files.items()}
        stem = place(entry.stem, who).replace("{dataset}", wildcards.dataset)
        given["responses"] = f"results/{wildcards.dataset}/responses"
        given["figures"] = list(figure_files(stem).values())
        chosen = {parameter: setting(key) for parameter, key in entry.settings.items()}
        plan.append({"module": entry.module, "given": given, "settings": chosen})
    return plan


def setting(key):
    """A setting by its dotted name."""
    value = SETTINGS
    for part in key.split("."):
        value = value[part]
    return value


for number, (figures, datasets) in enumerate(figure_groups(), start=1):

    rule:
        """draw the figures"""
        name:
            f"draw_figures_{number}"
        input:
            responses=RESPONSES,
            tables=sorted({place(TABLES[name].path, who) for entry, who in figures for name in entry.tables.values()}),
            files=sorted(
                {path for entry, _ in figures for files in entry.files.values() for path in project_files(files)}
            ),
            style="scripts/figures/figures.mplstyle",
            scripts=sorted({f"scripts/{entry.module.replace('.', '/')}.py" for entry, _ in figures}),
            code=code(DRAWING, *(f"{entry.module.replace('.', '/')}.py" for entry, _ in figures)),
        output:
            **{name: path for entry, who in figures for name, path in reported_figure(entry, who).items()},
        wildcard_constraints:
            dataset="|".join(datasets),
        params:
            plan=partial(drawing, figures),
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
