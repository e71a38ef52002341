"""No interval leaves out its estimate or the possible: in the tables of whole runs, and of data of many kinds."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT

from pipeline.data.codebook import not_holding, outside_range, table_name
from pipeline.data.tables import read_table
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.differences import score_differences
from psychometrics.association.disattenuation import disattenuate
from psychometrics.association.htmt import htmt_of_answers
from psychometrics.association.latent import latent_correlations
from psychometrics.association.partial import partial_correlations
from psychometrics.association.scores import correlate_scores
from psychometrics.association.within_between import repeated_correlations
from psychometrics.items.scoring import describe_scores
from psychometrics.reliability.omega_hierarchical import omega_rows
from psychometrics.reliability.scale_reliability import reliability_coefficients
from psychometrics.shared_variance.canonical_rows import relate_sets
from psychometrics.shared_variance.commonality import commonality_analysis
from psychometrics.shared_variance.pairs import shared_variance_of_pairs
from psychometrics.simulation.answers import FURTHER
from psychometrics.simulation.data_set import simulate
from psychometrics.variance.nesting import clients_in_therapists, sessions_in_clients
from psychometrics.variance.retest import retest
from psychometrics.variance.sessions import repeated_sessions

DRAWS = 60


def assert_possible(rows: pd.DataFrame, table: str) -> None:
    for wrong, what in ((not_holding(rows), "limits without the estimate"), (outside_range(rows, table), "impossible")):
        shown = wrong.reindex(columns=["statistic", "estimate", "uncorrected", "lower", "upper", "note"]).head(5)
        assert wrong.empty, f"{table}, {what}:\n{shown.to_string()}"


def test_tables_of_a_small_run(small):
    assert_tables_possible(small.folder / "results")


def test_tables_of_the_main_job(finished):
    assert_tables_possible(finished.folder / "results")


def assert_tables_possible(results: Path) -> None:
    for path in sorted(results.rglob("*.csv")):
        rows = read_table(path)
        if "statistic" in rows and path.name != "cross_checks.csv":
            assert_possible(rows, table_name(Path(path.relative_to(results))))


FORMS = {
    "one": {"items": {j + 1: ["bond" if j < 4 else "task", 0.75 - 0.05 * (j % 4), 0.3] for j in range(8)},
            "scales": {"b": [1, 2, 3, 4], "t": [5, 6, 7, 8], "total": [*range(1, 9)]}},
    "two": {"items": {j + 1: ["bond" if j % 2 else "task", 0.7 - 0.05 * (j % 3), 0.3] for j in range(6)},
            "scales": {"b": [2, 4, 6], "t": [1, 3, 5], "total": [*range(1, 7)]}},
}  # fmt: skip
SIX = [-1.6, -0.9, -0.2, 0.6, 1.3]


def population(**changes) -> dict:
    """The truth of the example with two small forms, two factors and two sessions, changed."""
    truth = yaml.load((ROOT / "data/datasets/example/truth.yaml").read_text(), yaml.CSafeLoader)
    truth = {section: part for section, part in truth.items() if section not in FURTHER}
    truth["therapist"]["biased"] = {}
    truth["factors"] = {name: {"general": 0.7} for name in ("bond", "task", "confident_collaboration")}
    truth["codes"]["shares"] |= {"task": truth["codes"]["shares"]["goals_and_tasks"]}
    truth["caseloads"] = [5] * 12
    given = {
        "instrument": "X",
        "perspectives": ["client", "therapist"],
        "range": [1, 6],
        "thresholds": SIX,
        "reverse": [],
    }
    truth["forms"] = {name: given | form for name, form in deepcopy(FORMS).items()}
    for path, value in changes.items():
        *parents, last = path.split("__")
        for section in [truth, *truth["forms"].values()] if path in ("thresholds", "range") else [truth]:
            if path in ("thresholds", "range") and section is truth:
                continue
            for parent in parents:
                section = section[parent]
            section[last] = value
    return truth


def with_loadings(scale: float, general: float = 0.7) -> dict:
    truth = population()
    for form in truth["forms"].values():
        form["items"] = {j: [of, min(0.99, scale * loading), ease] for j, (of, loading, ease) in form["items"].items()}
    truth["factors"] = {name: {"general": general} for name in truth["factors"]}
    return truth


def misplaced() -> dict:
    truth = population()
    items = truth["forms"]["one"]["items"]
    items[1][0], items[5][0] = "task", "bond"
    return truth


KINDS = {
    "ordinary": lambda: population(),
    "twenty people": lambda: population(caseloads=[2] * 10),
    "twelve people": lambda: population(caseloads=[1] * 12),
    "a ceiling": lambda: population(thresholds=[-3.0, -2.5, -2.0, -1.2, -0.2]),
    "hardly an answer but the highest": lambda: population(thresholds=[-3.5, -3.0, -2.5, -1.8, -0.9]),
    "no therapist has two": lambda: population(caseloads=[1] * 80),
    "three therapists": lambda: population(caseloads=[10, 15, 30]),
    "therapists make half": lambda: population(client__icc=0.5),
    "nothing changes": lambda: population(client__retest=0.99),
    "everything changes": lambda: population(client__retest=0.09),
    "one factor": lambda: with_loadings(1.0, 0.99),
    "factors with nothing in common": lambda: with_loadings(1.0, 0.05),
    "items nearly without error": lambda: with_loadings(1.3),
    "items nearly without a common source": lambda: with_loadings(0.3),
    "items of the other subscale": misplaced,
    "two categories": lambda: population(thresholds=[-0.4], range=[0, 1]),
    "eleven categories": lambda: population(thresholds=[*np.linspace(-2, 1.2, 10)], range=[0, 10]),
    "a fifth missing": lambda: population(missing__item=0.2),
    "perspectives agree": lambda: population(therapist__agreement=0.98),
    "perspectives have nothing in common": lambda: population(therapist__agreement=0.0),
}
QUICK = ("twenty people", "hardly an answer but the highest", "items nearly without a common source")


@pytest.mark.parametrize("kind", [pytest.param(k, marks=() if k in QUICK else pytest.mark.slow) for k in KINDS])
def test_tables_of_data_of_many_kinds(kind):
    truth = KINDS[kind]()
    frames = simulate(truth)
    for table, rows in analyses(truth, frames):
        assert_possible(rows, table)


def analyses(truth: dict, frames: dict[str, pd.DataFrame]):
    """The tables of the answers, with few draws."""
    client = {form: frames[f"{form}.client"] for form in FORMS}
    names = {form: [f"i{j:02d}" for j in range(1, 1 + len(FORMS[form]["items"]))] for form in FORMS}
    first = {form: frame[frame["session"] == frame["session"].min()] for form, frame in client.items()}
    for form, frame in first.items():
        scales = {name: [f"i{j:02d}" for j in items] for name, items in FORMS[form]["scales"].items()}
        subscales = {name: items for name, items in scales.items() if name != "total"}
        units = frame["therapist"].to_numpy()
        for name, items in scales.items():
            answers = frame[items].astype(float)
            yield "reliability/reliability.csv", reliability_coefficients(answers, units=units, draws=DRAWS)
            own = subscales if name == "total" else None
            yield "reliability/reliability.csv", omega_rows(answers, subscales=own, units=units, draws=DRAWS)
    yield from of_sessions(client["one"], names["one"])
    yield from of_totals(first, names, frames)


def of_sessions(frame: pd.DataFrame, items: list[str]):
    answers = frame[items].astype(float)
    who = {"clients": frame["client"], "sessions": frame["session"], "units": frame["therapist"].to_numpy()}
    found = repeated_sessions(answers, **who, draws=DRAWS)
    yield "reliability/sessions.csv", found.rows
    yield "reliability/d_study.csv", found.study
    score = answers.mean(axis=1)
    wide = frame.assign(score=score).pivot(index="client", columns="session", values="score").dropna()
    yield "reliability/sessions.csv", retest(wide.iloc[:, 0], wide.iloc[:, 1], draws=DRAWS)
    at_first = frame["session"] == frame["session"].min()
    yield "reliability/nesting.csv", clients_in_therapists(score[at_first], frame["therapist"][at_first])
    yield "reliability/nesting.csv", sessions_in_clients(score, frame["client"], frame["therapist"], draws=200)
    yield "scores/descriptives.csv", describe_scores(frame.assign(mean=score, scale="total"), ["scale"])


def of_totals(first: dict[str, pd.DataFrame], names: dict[str, list[str]], frames: dict[str, pd.DataFrame]):
    indexed = {form: frame.set_index("client") for form, frame in first.items()}
    blocks = {f"client/{form}/total": indexed[form][names[form]].astype(float) for form in FORMS}
    therapist = frames["one.therapist"]
    therapist = therapist[therapist["session"] == therapist["session"].min()].set_index("client")
    blocks["therapist/one/total"] = therapist[names["one"]].astype(float)
    clients = frames["clients"].set_index("client")
    blocks = {name: block.reindex(clients.index) for name, block in blocks.items()}
    scores = pd.DataFrame({name: block.mean(axis=1) for name, block in blocks.items()})
    parts = [name.split("/") for name in blocks]
    columns = pd.DataFrame(parts, columns=["perspective", "form", "scale"], index=list(blocks)).assign(
        instrument=[form for _, form, _ in parts]
    )
    units = clients["therapist"].to_numpy()
    correlations = [correlate_scores(scores, columns, method=name, units=units) for name in ("pearson", "spearman")]
    correlations.append(disattenuate(scores, blocks, columns, resamples=resample_units(units, DRAWS, 1)))
    forms = {name: f"{row.perspective} {row.form}" for name, row in columns.iterrows()}
    answers = {forms[name]: block for name, block in blocks.items()}
    scales = {name: (forms[name], list(block.columns)) for name, block in blocks.items()}
    correlations.append(latent_correlations(answers, scales, columns, units=units))
    held = scores.join(clients["baseline"].astype(float))
    correlations.append(partial_correlations(held, columns, {"baseline": "baseline"}, units=units))
    for rows in correlations:
        yield "association/correlations.csv", rows
    yield "shared_variance/shared_variance.csv", shared_variance_of_pairs(pd.concat(correlations), columns)
    yield "association/differences.csv", score_differences(scores, columns, units=units)
    both = pd.concat([blocks["client/one/total"], blocks["client/two/total"].add_prefix("b")], axis=1)
    yield "association/mtmm.csv", htmt_of_answers(both, len(names["one"]), units=units)
    outcome = clients["outcome"].astype(float)
    yield "shared_variance/commonality.csv", commonality_analysis(scores.iloc[:, :2], outcome, units=units, draws=DRAWS)
    one, two = (pd.DataFrame({"b": block.iloc[:, :3].mean(axis=1), "t": block.iloc[:, 3:].mean(axis=1)})
                for block in list(blocks.values())[:2])  # fmt: skip
    yield "shared_variance/canonical.csv", relate_sets(one, two, units=units, draws=DRAWS)
    all_sessions = [
        frames[f"{form}.client"].set_index(["client", "session"])[names[form]].astype(float) for form in FORMS
    ]
    means = pd.concat([frame.mean(axis=1) for frame in all_sessions], axis=1, keys=list(blocks)[:2])
    therapists = clients["therapist"].reindex(means.index.get_level_values("client").unique()).to_numpy()
    yield (
        "association/sessions.csv",
        repeated_correlations(
            means.reset_index(drop=True),
            means.index.get_level_values("client"),
            columns.iloc[:2],
            units=therapists,
        ),
    )
