"""One page per data set that a researcher reads from top to bottom."""
import json
from pathlib import Path

from pipeline import report_factors as factors
from pipeline import report_tables as tables
from pipeline.captions import caption
from pipeline.dataset import Dataset
from pipeline.html import inline_svg, write_page
from pipeline.job import job
from pipeline.tables import read_table
from pipeline.words import brief, common_factor_sentences, quality_remarks, retention_sentence, shared_sentences


def main(responses: Path, files: dict[str, Path], figures: dict[str, Path], settings: list[Path], template: Path,
         captions: list[Path], page: Path, *, config: dict) -> None:
    dataset = Dataset(responses)
    frame = {name: read_table(path) for name, path in files.items() if path.suffix == ".csv"}
    about = json.loads(files["about"].read_text())
    labels = {form.name: form.label for form in dataset.forms}
    instruments = dataset.instrument_of_items(config["factors"]["perspective"]).to_dict()
    shown = {
        "forms": tables.forms_table(dataset),
        "scales": tables.scales_table(frame["descriptives"], labels),
        "quality": tables.quality_table(frame["quality"], labels),
        "reliability": tables.reliability_table(frame["reliability"], labels),
        "association": tables.association_table(frame["correlations"], labels),
    }
    why_not = factors.reason(frame["loadings"])
    if not why_not:
        shown |= {
            "suitability": factors.suitability_table(frame["suitability"]),
            "retention": factors.retention_rows(frame["retention"]),
            "fit": factors.fit_table(frame["fit"]),
            "phi": factors.factor_correlations(frame["loadings"]),
            "loadings": factors.loadings_table(frame["loadings"], instruments, config["factors"]["salient"]),
            "breadth": factors.breadth_table(frame["common_factor"]),
            "outcome": factors.outcome_table(frame["common_factor"]),
            "general": factors.general_table(frame["general"]),
        }
    write_page(
        template, page, dataset=dataset, tables=shown, why_not=why_not,
        provisional=[form for form in dataset.forms if form.key_status == "provisional"],
        warnings=[] if why_not else factors.warnings_of(frame["loadings"], about["notes"]),
        brief=brief(dataset, frame, why_not), remarks=quality_remarks(frame["quality"], labels),
        shared=shared_sentences(frame["shared_variance"]),
        retention="" if why_not else retention_sentence(frame["retention"], about),
        common=[] if why_not else common_factor_sentences(frame["common_factor"], config["factors"]["markers"]),
        figures={name: inline_svg(path) for name, path in figures.items()},
        captions={path.stem.removeprefix("figure_"): caption(path, config, {"dataset": dataset.name})
                  for path in captions},
        config=config, provenance=[(path.name, json.loads(path.read_text())) for path in sorted(settings)],
    )


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            files={name: Path(snakemake.input[name]) for name in snakemake.params.tables},
            figures={name: Path(snakemake.input[f"figure_{name}"]) for name in snakemake.params.figures},
            settings=[Path(path) for path in snakemake.input.settings],
            template=Path(snakemake.input.template),
            captions=[Path(path) for path in snakemake.input.captions],
            page=Path(snakemake.output.page),
            config=snakemake.params.config,
        )
