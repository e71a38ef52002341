"""One page per data set that a researcher reads from top to bottom."""

import json
from pathlib import Path

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table
from pipeline.report import association_tables as shared
from pipeline.report import factor_tables as factors
from pipeline.report import mtmm_tables as traits
from pipeline.report import reliability_tables as reliable
from pipeline.report import tables as tables
from pipeline.report.captions import caption
from pipeline.report.page import inline_svg, write_page
from pipeline.report.words import brief, common_factor_sentences, quality_remarks, retention_sentence
from pipeline.report.words_reliability import reliability_sentences, with_bootstrapped_alpha


def main(
    inputs: dict[str, Path], settings: list[Path], template: Path, captions: list[Path], page: Path, *, config: dict
) -> None:
    dataset = Dataset(inputs["responses"])
    frame = {name: read_table(path) for name, path in inputs.items() if path.suffix == ".csv"}
    frame["reliability"] = with_bootstrapped_alpha(dataset.results_at_occasion(frame["reliability"]))
    labels = {form.name: form.label for form in dataset.forms}
    variables = {name: part["label"] for name, part in dataset.variables.items()}
    shown = {
        "forms": tables.forms_table(dataset),
        "scales": tables.scales_table(frame["descriptives"], labels),
        "quality": tables.quality_table(frame["quality"], labels),
        "reliability": tables.reliability_table(frame["reliability"], labels),
        "omegas": reliable.omegas_table(frame["reliability"], labels),
        "categories": reliable.categories_table(dataset.results_at_occasion(frame["categories"]), labels),
        "nesting": reliable.nesting_table(dataset.results_at_occasion(frame["nesting"]), labels),
        "sessions": reliable.sessions_table(frame["sessions"], frame["d_study"], labels),
        "raters": reliable.raters_table(dataset.results_at_occasion(frame["raters"]), labels),
        "association": tables.association_table(frame["correlations"], labels),
        "differences": shared.differences_table(frame["differences"], labels),
        "course": shared.course_table(frame["course"], labels),
        "criteria": traits.criteria_table(frame["mtmm"]),
        "comparisons": traits.comparisons_table(frame["mtmm"], labels),
        "htmt": traits.htmt_table(frame["mtmm"], labels),
        "canonical": shared.canonical_table(frame["canonical"], labels),
        "commonality": shared.commonality_table(frame["commonality"], labels | variables),
        "perspectives": factors.perspectives_table(frame["perspective_content"]),
    }
    analyses = {
        perspective: factor_section(dataset, perspective, frame, inputs[f"about_{perspective}"], config)
        for perspective in (dataset.perspectives if dataset.has_items else [])
    }
    write_page(
        template,
        page,
        dataset=dataset,
        tables=shown,
        analyses=analyses,
        provisional=[form for form in dataset.forms if form.key_status == "provisional"],
        brief=brief(dataset, frame, {name: part["common"] for name, part in analyses.items()}),
        remarks=quality_remarks(frame["quality"], labels),
        traits=traits.mtmm_sentences(frame["mtmm"]),
        pasted=reliability_sentences(frame["reliability"], labels),
        paragraphs=inputs["paragraph"].read_text().strip().split("\n\n"),
        figures={
            name.removeprefix("figure_"): inline_svg(path)
            for name, path in inputs.items()
            if name.startswith("figure_")
        },
        captions={
            path.stem.removeprefix("figure_"): caption(path, config, {"dataset": dataset.name}) for path in captions
        },
        config=config,
        provenance=[(path.relative_to(page.parent), json.loads(path.read_text())) for path in settings],
    )


def factor_section(dataset: Dataset, perspective: str, frame: dict, about: Path, config: dict) -> dict:
    """Tables and sentences of the joint factor analysis of one perspective."""
    own = {name.removesuffix(f"_{perspective}"): table for name, table in frame.items()}
    why_not = factors.reason(own["loadings"])
    if why_not:
        return {"why_not": why_not, "common": [f"No joint factor analysis ({perspective}): {why_not}."]}
    described = json.loads(about.read_text())
    instruments = dataset.instrument_of_items(perspective).to_dict()
    return {
        "why_not": "",
        "warnings": factors.warnings_of(own["loadings"], described["notes"]),
        "retention": retention_sentence(own["retention"], described),
        "common": common_factor_sentences(own["common_factor"], perspective, config["factors"]["markers"]),
        "tables": {
            "suitability": factors.suitability_table(own["suitability"]),
            "retention": factors.retention_rows(own["retention"]),
            "fit": factors.fit_table(own["fit"]),
            "phi": factors.factor_correlations(own["loadings"]),
            "loadings": factors.loadings_table(own["loadings"], instruments, config["factors"]["salient"]),
            "breadth": factors.breadth_table(own["common_factor"]),
            "outcome": factors.outcome_table(own["common_factor"]),
            "general": factors.general_table(own["general"]),
            "bifactor": factors.general_table(own["bifactor"]),
            "replicability": factors.replicability_table(own["replicability"]),
        },
    }


if __name__ == "__main__":
    with job(snakemake):
        main(
            inputs={name: Path(path) for name, path in snakemake.input.items() if isinstance(path, str)},
            settings=[Path(path) for path in snakemake.input.settings],
            template=Path(snakemake.input.template),
            captions=[Path(path) for path in snakemake.input.captions],
            page=Path(snakemake.output.page),
            config=snakemake.params.config,
        )
