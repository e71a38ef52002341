"""Shared by the rules that draw and report: which figures a data set gets, and what scripts are told of them.

Needs: common.smk.
Makes: nothing.
"""

MOST_FIGURES = 16  # that one job draws


def drawn(name):
    """Figures of a data set and, of those that each perspective has, whose: (entry, perspective or nothing)."""
    entries = given_to(FIGURES.values(), FEATURES[name])
    return [(entry, who) for entry in entries for who in (PERSPECTIVES[name] if entry.by_perspective else [""])]


def figure_groups():
    """Figures -> the data sets that get just these, which share a rule.

    More than a few figures are drawn by several jobs side by side.
    """
    groups = {}
    for name in DATASETS:
        for by_perspective in (False, True):
            own = [(entry.name, who) for entry, who in drawn(name) if entry.by_perspective == by_perspective]
            jobs = -(-len(own) // MOST_FIGURES)
            for job in range(jobs):
                part = own[job * len(own) // jobs : (job + 1) * len(own) // jobs]
                groups.setdefault(tuple(part), []).append(name)
    return [([(FIGURES[name], who) for name, who in own], names) for own, names in groups.items()]


def place(path, who):
    """A path below the results of a data set, with the perspective put in."""
    return f"{OF_DATASET}/{path.replace('{perspective}', who)}"


def reported_figure(entry, who):
    """Outputs of a rule: one figure of a data set; Snakemake's report shows the SVG.

    A figure of numbers that these data do not give is a file as well, since Snakemake has to know the files beforehand; it
    holds the reasons as text, and the report puts it apart from the figures.
    """
    files = figure_files(place(entry.stem, who))
    svg = files["svg"]

    def heading(wildcards):
        from pipeline.report.page import is_drawn  # takes long, and is needed for the report only

        return "Figures" if is_drawn(Path(svg.format(**wildcards))) else "Not drawn, and why"

    labels = {"what": f"figure: {entry.what}{f', {who}' if who else ''}"}
    caption = f"{ROOT}/workflow/report/figure_{entry.name}.rst"
    files["svg"] = report(files["svg"], caption=caption, category="{dataset}", subcategory=heading, labels=labels)
    return {f"{entry.name}_{who}_{kind}": path for kind, path in files.items()}


def drawing(figures, wildcards):
    """What is drawn, for the script: the module of each figure, and what its `main` is given."""
    plan = []
    for entry, who in figures:
        given = {parameter: place(TABLES[name].path, who) for parameter, name in entry.tables.items()}
        given = {parameter: path.replace("{dataset}", wildcards.dataset) for parameter, path in given.items()}
        own = {parameter: place(path, who) for parameter, path in entry.results.items()}
        given |= {parameter: path.replace("{dataset}", wildcards.dataset) for parameter, path in own.items()}
        given |= {parameter: project_files(pattern) for parameter, pattern in entry.files.items()}
        if entry.files.get("instruments"):  # colours and names of scales of forms that the data set brings
            given["instruments"] += project_files(f"data/datasets/{wildcards.dataset}/{OWN_INSTRUMENTS}")
        stem = place(entry.stem, who).replace("{dataset}", wildcards.dataset)
        given["responses"] = f"results/{wildcards.dataset}/responses"
        given["figures"] = list(figure_files(stem).values())
        chosen = {parameter: setting(key) for parameter, key in entry.settings.items()}
        plan.append({"module": entry.module, "given": given, "settings": chosen})
    return plan


def read_by(figures):
    """Files of the project that figures read, such as the names of scales."""
    patterns = {pattern for entry, _ in figures for pattern in entry.files.values()}
    return sorted({path for pattern in patterns for path in project_files(pattern)})


def figures_of(dataset):
    """What is drawn of a data set, one perspective after the other, in the order of the analyses."""
    return sorted(drawn(dataset), key=lambda figure: figure[0].by_perspective)


def setting(key):
    """A setting by its dotted name."""
    value = SETTINGS
    for part in key.split("."):
        value = value[part]
    return value


def described_files(dataset):
    """Tables and other files that the sections of a data set are written from, by name."""
    found = {}
    for analysis in ANALYSES:
        tables = given_to(analysis.tables.values(), FEATURES[dataset])
        paths = {entry.name: entry.path for entry in tables} | analysis.files
        for name, path in paths.items():
            places = {"": path} if path.startswith("data/") else for_each_perspective(path, dataset)
            found |= {f"{name}{end}": place for end, place in places.items()}
    return found


def described_figures(dataset):
    """Figures that a data set gets, by name: path below its results, words for those who do not see it, and caption."""
    return {
        f"{entry.name}.{who}" if who else entry.name: {
            "path": f"{entry.stem.replace('{perspective}', who)}.svg",
            "alt": entry.alt,
            "caption": f"workflow/report/figure_{entry.name}.rst",
        }
        for entry, who in drawn(dataset)
    }


def report_plan(wildcards):
    """What the script that writes the sections is told: where everything lies, and which sections there are."""
    return {
        "tables": described_files(wildcards.dataset),
        "figures": described_figures(wildcards.dataset),
        "sections": [
            {"id": name, "title": analysis.sections[name], "module": analysis.module_of(name)}
            for name, analysis in SECTIONS
        ],
    }
