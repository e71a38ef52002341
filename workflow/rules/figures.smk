"""What do the results look like?

Needs: the result tables and the published values to compare them with.
Makes: results/{dataset}/figures/, each figure as PDF, SVG and PNG: which ones, the analyses say (scripts/*/analysis.yaml).
One job draws the figures of a data set, and one those of the factor analysis of a perspective.
"""

from functools import partial


def figure_groups():
    """Data sets that get the same figures, for which one rule does: (by perspective or not, figures, data sets)."""
    groups = {}
    for name, has in FEATURES.items():
        for by_perspective in (False, True):
            if by_perspective and not PERSPECTIVES[name]:
                continue
            own = [entry.name for entry in given_to(FIGURES.values(), has) if entry.by_perspective == by_perspective]
            if own:
                groups.setdefault((by_perspective, tuple(own)), []).append(name)
    return [(by, [FIGURES[name] for name in own], names) for (by, own), names in groups.items()]


def drawing(entries, wildcards):
    """What is drawn, for the script: the module of each figure, and what its `main` is given."""
    folder = f"results/{wildcards.dataset}"
    who = {"perspective": wildcards.perspective} if "perspective" in wildcards.keys() else {}
    plan = []
    for entry in entries:
        stem = f"{folder}/{entry.stem.format(**who)}"
        given = {parameter: f"{folder}/{TABLES[name].path.format(**who)}" for parameter, name in entry.tables.items()}
        given |= {parameter: project_files(pattern) for parameter, pattern in entry.files.items()}
        plan.append(
            {
                "module": entry.module,
                "given": given | {"responses": f"{folder}/responses", "figures": list(figure_files(stem).values())},
                "settings": {parameter: setting(key) for parameter, key in entry.settings.items()},
            }
        )
    return plan


def setting(key):
    """A setting by its dotted name."""
    value = SETTINGS
    for part in key.split("."):
        value = value[part]
    return value


for number, (by_perspective, entries, datasets) in enumerate(figure_groups(), start=1):

    rule:
        """draw the figures"""
        name:
            f"draw_figures_{number}"
        input:
            responses=RESPONSES,
            tables=sorted({table(name) for entry in entries for name in entry.tables.values()}),
            files=sorted(
                {path for entry in entries for pattern in entry.files.values() for path in project_files(pattern)}
            ),
            style="scripts/figures/figures.mplstyle",
            code=code("figures/draw_figures.py", *(f"{entry.module.replace('.', '/')}.py" for entry in entries)),
            scripts=[f"scripts/{entry.module.replace('.', '/')}.py" for entry in entries],
        output:
            **{name: path for entry in entries for name, path in reported_figure(entry).items()},
        wildcard_constraints:
            dataset="|".join(datasets),
        params:
            plan=partial(drawing, entries),
        script:
            "../../scripts/figures/draw_figures.py"


rule figures:
    input:
        [
            path
            for name, has in FEATURES.items()
            for entry in given_to(FIGURES.values(), has)
            for stem in for_each_perspective(entry.stem, name).values()
            for path in figure_files(stem).values()
        ],
