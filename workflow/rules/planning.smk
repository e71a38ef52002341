"""How large does a study have to be?

Needs: the settings under planning:, and with a pilot its results.
Makes: results/planning/: planning.csv, the smallest studies that reach each goal; proposal.txt, a sentence on one of them;
a figure. Not a part of the main job: `snakemake planning`.
"""

PLANNING = ["planning.plan_study", "planning.plot_planning"]
PILOT_TABLES = [
    "outcome_strength",
    "outcome_account",
    "nesting",
    "reliability",
    "perspective_levels",
    "course_lags",
    "course_ruptures",
]

# tables of the data set whose results are taken as true, by name
PILOT = SETTINGS["planning"]["pilot"]
PILOT_FILES = {name: path for name, path in (described_files(PILOT) if PILOT else {}).items() if name in PILOT_TABLES}


rule planning:
    input:
        "results/planning/planning.csv",
        "results/planning/proposal.txt",
        **figure_files("results/planning/planning"),


rule plan_study:
    """plan a study"""
    input:
        tables=list(PILOT_FILES.values()),
        style=STYLE,
        words=words_of(*map(script_of, PLANNING)),
    output:
        study="results/planning/planning.csv",
        sentence="results/planning/proposal.txt",
        settings_of_study="results/planning/planning.settings.json",
        figures=list(figure_files("results/planning/planning").values()),
    localrule: True
    resources:
        **needs("tables"),
    params:
        **settings("level", "planning"),
        code=code_of(PLANNING),
        steps=PLANNING,
        pilot=PILOT_FILES,
        look=SETTINGS["figures"],
    script:
        "../../scripts/run_steps.py"
