"""Facts for the Method section: data, forms, settings, versions. The wording stands in workflow/words/manuscript.j2."""

import json
from typing import Any

import pandas as pd

from manuscript import apa_course, apa_invariance, apa_lags, apa_ruptures
from manuscript.apa_pattern import rotation_name
from manuscript.material import Material
from manuscript.measures import scale_name
from pipeline.data.dataset import Dataset, Form
from pipeline.data.tables import installed, settings_path
from pipeline.data.yaml_files import read_yaml
from pipeline.manuscript.apa_numbers import listed
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import ordinal
from pipeline.report.wording import words
from psychometrics.factors.retention.criteria import counted
from score.section_data import doubtful_keys

SOURCES = {
    "wai36": "horvath_greenberg_1989",
    "wai_s": "tracey_kokotovic_1989",
    "wai_sr": "hatcher_gillaspy_2006",
    "haq2": "luborsky_1996",
    "calpas_p": "gaston_1991",
}


def paragraphs(material: Material) -> dict[str, list[str]]:
    """Write the paragraphs of the Method section.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    dict
        Heading -> paragraphs, with keys of the literature.
    """
    return {"data": about_data(material), "measures": about_measures(material), "analysis": about_analysis(material)}


def about_data(material: Material) -> list[str]:
    """Say who answered what, and what is known of the clients besides."""
    say, dataset = words("manuscript"), material.dataset
    title, source = literal(dataset.title), literal(dataset.source.rstrip("."))
    made = [say.simulated()] if dataset.simulated else []
    if dataset.is_matrix:
        made.append(
            say.scores_of_persons(title, source, dataset.people, len(set(dataset.therapist_of)), len(dataset.sessions))
            if dataset.of_persons
            else say.matrix(title, source, dataset.people, dataset.has_items)
        )
    else:
        therapists = len(set(dataset.therapist_of)) if len(dataset.therapist_of) else 0
        returned = sum(form.counts.get("administrations", 0) for form in dataset.forms)
        sentences = [say.answers(title, source, dataset.people, therapists, len(dataset.sessions), returned)]
        sentences += [say.one_therapist()] if dataset.one_therapist else []
        told = flow(dataset)
        sentences += [say.flow(told)] if told else []
        made.append(" ".join(sentences))
    roles: dict[str, list[str]] = {}
    for part in dataset.variables.values():
        roles.setdefault(part["role"], []).append(literal(part["label"]))
    made += [say.variables(roles)] if roles else []
    doubts = doubtful_keys(material.results.table("quality"), material.results.labels)
    made += [say.doubtful_keys([literal(doubt) for doubt in doubts])] if doubts else []
    made += [say.accepted([literal(what) for what in dataset.accepted])] if dataset.accepted else []
    return made


def flow(dataset: Dataset) -> dict[str, Any]:
    """Count who was recruited and what was excluded; nothing where neither is known."""
    overall = [row for row in dataset.flow if not row["form"]]
    known = {row["stage"]: row for row in overall}
    excluded = [row | {"reason": literal(row["reason"])} for row in overall if row["stage"] == "excluded"]
    recruited = known.get("recruited", {}).get("clients")
    if not excluded and not recruited:
        return {}
    return {"recruited": recruited, "returned": known["returned"]["clients"], "excluded": excluded}


def about_measures(material: Material) -> list[str]:
    """Describe each form once, whoever answered it."""
    say, dataset, made = words("manuscript"), material.dataset, []
    known = {
        content["instrument"]: content for content in (read_yaml(path, path.name) for path in material.instruments)
    }
    for name in dict.fromkeys(form.name for form in dataset.forms):
        forms = [form for form in dataset.forms if form.name == name]
        about = known.get(forms[0].instrument, {})
        made.append(say.form(_form(dataset, forms, about)))
    return made


PARTS_OF_KEY = {"range ": "range of answers", "scales ": "scales", "reverse ": "reverse-keyed items"}


def _form(dataset: Dataset, forms: list[Form], about: dict[str, Any]) -> dict[str, Any]:
    first = forms[0]
    names = about.get("scale_names", {})
    printed = about.get("forms", {}).get(first.name, {}).get("source") or about.get("source", "")
    missing = [form.counts.get("missing_answers") for form in forms]
    shares = [
        f"{100 * share:.1f}% ({form.perspective})"
        for form, share in zip(forms, missing, strict=True)
        if share is not None
    ]
    return {
        "label": literal(first.label),
        "name": literal(about.get("name", first.instrument)),
        "source": f"@@{SOURCES[first.name]}" if first.name in SOURCES else literal(printed or "no source named"),
        "who": [_who(form) for form in forms],
        "number_of_items": first.items,
        "low": f"{first.range[0]:g}",
        "high": f"{first.range[1]:g}",
        "anchors": ", ".join(
            f"{end} = {literal(str(text).removeprefix(f'{end} '))}"  # value labels often begin with their value
            for end, text in first.anchors.items()
        ),
        "scales": [
            f"{scale_name(scale)} ({names[scale]})" if names.get(scale, scale) != scale else scale_name(scale)
            for scale in first.scales
        ],
        "reverse": first.reverse,
        "provisional": first.key_status == "provisional",
        "supplied": first.key_status == "supplied",
        "replaced": [
            what for part, what in PARTS_OF_KEY.items() if any(own.startswith(part) for own in first.overrides)
        ],
        "left_out": [f"item {int(item[1:])}: {literal(why)}" for item, why in first.left_out.items()],
        "missing": words("manuscript").missing_of_form(listed(shares)) if shares else "",
    }


def _who(form: Form) -> str:
    """`clients (*n* = 280)`."""
    n = form.counts.get("clients")
    who = "clients" if form.perspective == "client" else f"{form.perspective}s"
    if not n:
        return who
    return f"{who} (*n* = {n:,})" if form.perspective == "client" else f"{who} (for {n:,} clients)"


def about_analysis(material: Material) -> list[str]:
    """Say how everything was computed, setting by setting."""
    say, dataset, config = words("manuscript"), material.dataset, material.config
    answers = not dataset.is_matrix
    first = (
        [say.occasion(material.results.occasion, len(dataset.sessions) if len(dataset.sessions) > 1 else 0)]
        if dataset.has_people
        else []
    )
    first += [say.scoring(config["minimum_answered"])] if answers else []
    first += [say.missing(config["missing"])] if answers and dataset.has_items else []
    methods = material.reliability["method"].fillna("")
    interval = (
        "jackknife"
        if methods.str.contains("jackknife").any() and answers
        else "Feldt"
        if methods.str.contains("Feldt").any()
        else ""
    )
    second = (
        [say.reliability(interval, dataset.resampled, config["manuscript"]["ordinal"])]
        if dataset.has_items
        else [say.published_reliability(dataset.of_persons)]
    )
    by = {"draws": config["resamples"], "units": dataset.resampled} if answers else {}
    second += [say.association(material.level, material.left_out(), by, material.ranks)]
    made = [" ".join(filter(None, first)), " ".join(second), say.shared()]
    made += [say.mtmm()] if len(dataset.perspectives) > 1 else []
    tested = apa_invariance.tables(material)
    made += [say.invariance(dataset.resampled == "therapists")] if tested else []
    if apa_course.courses(material):
        by_therapist = dataset.resampled == "therapists"
        unit = dataset.time.removesuffix("s")
        made.append(say.course(unit, bool(dataset.phase_names), not dataset.endings.empty, by_therapist))
    if apa_ruptures.table(material):
        depths = [f"{depth:g}" for depth in sorted(config["ruptures"]["depths"])]
        limit = f"{config['ruptures']['limit']:g}"
        made.append(say.ruptures(config["ruptures"] | {"depths": depths, "limit": limit}))
    made += [say.lags()] if apa_lags.table(material) else []
    if dataset.has_items:
        made += factoring(material)
    made.append(f"{say.intervals(material.level)} {say.software(software(material))}")
    return [text for text in made if text]


def factoring(material: Material) -> list[str]:
    """Say how the items were factored and resampled, and how the number of factors was judged."""
    say, dataset, chosen = words("manuscript"), material.dataset, material.config["factors"]
    table = next((material.results.table("retention", who) for who in dataset.factored if _ran(material, who)), None)
    about = [json.loads(material.results.path("about", who).read_text()) for who in dataset.factored]
    fit = material.results.table("fit", dataset.factored[0])
    own = {
        "correlation": about[0].get("method", chosen["correlation"]),
        "extraction": chosen["extraction"],
        "starts": chosen["starts"],
        "salient": chosen["salient"],
        "adjusted": bool(fit["method"].str.contains("adjusted", na=False).any()) if "method" in fit else False,
    }
    made = [say.factoring(own | rotation_facts(chosen))]
    if table is not None:
        rows = counted(table)
        applied = list(rows[rows["estimate"].notna()]["statistic"])
        parallel = any(name.startswith("parallel") for name in applied)
        own = {"criteria": applied, "k": chosen["k"], "draws": chosen["draws"]}
        made.append(say.retention(own | {"percentile": ordinal(chosen["percentile"]) if parallel else ""}))
    names = {item: f"{form.label} {int(item[-2:])}" for form in dataset.forms for item in form.labels}
    markers = [literal(names.get(item, item)) for item in chosen["markers"]]
    made.append(say.general(kind_of_rotation(chosen["rotation"]), markers))
    made.append(
        say.resampling(
            {
                "matrix": dataset.is_matrix,
                "resamples": chosen["resamples"],
                "splits": chosen["splits"],
                "units": dataset.resampled,
            }
        )
    )
    made += [say.scores()] if not dataset.is_matrix else []
    return made


def rotation_facts(chosen: dict[str, Any]) -> dict[str, Any]:
    """Name the rotation, and say whether the loadings are normalized before it."""
    method, kaiser = chosen["rotation"], chosen["kaiser"]
    normalized = kaiser is True or (kaiser == "default" and method == "varimax")
    return {"rotation": rotation_name(chosen), "method": method, "kaiser": normalized}


def kind_of_rotation(name: str) -> str:
    """Name what a rotation does: bifactor, oblique or orthogonal, as factors that are not rotated are."""
    if name.startswith("bifactor"):
        return "bifactor"
    return "oblique" if name.endswith("_q") or name in ("oblimin", "promax") else "orthogonal"


def _ran(material: Material, perspective: str) -> bool:
    retention = material.results.table("retention", perspective)
    return (retention["statistic"] == "factors_extracted").any()


def software(material: Material) -> dict[str, Any]:
    """Versions and seed, as the tables were made with, and the verdict of the cross-checks."""
    beside = settings_path(material.results.path("reliability"))
    versions = json.loads(beside.read_text())["versions"]
    checks = material.results.table("cross_checks") if material.results.has("cross_checks") else pd.DataFrame()
    verdicts = checks["verdict"].dropna() if "verdict" in checks else pd.Series(dtype=object)
    return {
        "version": material.version,
        "python": versions["python"],
        "numpy": versions["numpy"],
        "scipy": versions["scipy"],
        "pandas": versions["pandas"],
        "snakemake": installed("snakemake"),
        "seed": material.config["seed"],
        "checked": int(verdicts.isin(["agrees", "differs"]).sum()),
        "agreeing": int((verdicts == "agrees").sum()),
    }
