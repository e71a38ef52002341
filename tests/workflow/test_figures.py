"""The figures of a data set, drawn from small tables: files, bytes, words, and nothing on top of anything else."""

import hashlib
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.text import Text

from association.plot_correlations import main as plot_correlations
from association.plot_mtmm import main as plot_mtmm
from factors.plot_content_structure import main as plot_content_structure
from factors.plot_loadings import main as plot_loadings
from factors.plot_scree import main as plot_scree
from pipeline.data.dataset import Dataset
from pipeline.drawing import style
from pipeline.drawing.look import Look, drawn_as
from pipeline.steps.scores import score_columns
from psychometrics.association.mtmm import cell_kinds
from psychometrics.association.mtmm_design import mtmm_designs
from reliability.plot_reliability import main as plot_reliability
from reliability.plot_reliability import marks_of
from shared_variance.plot_overlap import distance_of_circles
from shared_variance.plot_overlap import main as plot_overlap
from shared_variance.plot_shared_variance import main as plot_shared_variance
from shared_variance.plot_variance_split import main as plot_variance_split

ROOT = Path(__file__).parents[2]
CLAIMS = ROOT / "data/published/claims.yaml"
PUBLISHED = ROOT / "data/published/reliabilities.yaml"
INSTRUMENTS = sorted((ROOT / "data/instruments").glob("*.yaml"))
WAI = {"task": [1, 2], "bond": [3, 4], "goal": [5, 6], "total": [1, 2, 3, 4, 5, 6]}
CALPAS = {"PC": [1, 2], "PWC": [3, 4], "TUI": [5, 6], "WSC": [7, 8], "total": [1, 2, 3, 4, 5, 6, 7, 8]}
NO_PEOPLE = "a matrix has no people to resample, so there is no interval"


def form(name, perspective, label, instrument, scales, key_status="established"):
    return {
        "name": name,
        "perspective": perspective,
        "label": label,
        "instrument": instrument,
        "items": len(scales["total"]),
        "range": [1, 7],
        "scales": scales,
        "reverse": [],
        "key_status": key_status,
        "overrides": [],
        "counts": {},
    }


STUDY = [
    form("wai_s", "client", "WAI-S", "WAI", WAI),
    form("wai_s", "therapist", "WAI-S", "WAI", WAI),
    form("calpas_p", "client", "CALPAS-P", "CALPAS", CALPAS, "provisional"),
    form("haq2", "client", "HAq-II", "HAq", {"total": list(range(1, 20))}),
    form("haq2", "therapist", "HAq-II", "HAq", {"total": list(range(1, 20))}),
]


def responses(folder, forms, *, simulated=False, matrix=False):
    """What ingest says about a data set."""
    folder.mkdir()
    content = {
        "name": "study",
        "title": "A small study",
        "source": "a test",
        "simulated": simulated,
        "occasion": 3,
        "variables": {},
        "people": 280,
        "is_matrix": matrix,
        "item_codes": False,
        "loadings": False,
        "forms": forms,
    }
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


def write(rows, path):
    pd.DataFrame(rows).assign(dataset="study").to_csv(path, index=False)
    return path


@pytest.fixture
def study(tmp_path):
    return responses(tmp_path / "study", STUDY, simulated=True)


@pytest.fixture
def single(tmp_path):
    return responses(tmp_path / "single", [form("wai_sr", "client", "WAI-SR", "WAI", WAI)], matrix=True)


@pytest.fixture
def drawn(monkeypatch):
    """Every text that reaches the paper, by its object: words, size, box. Title and note are drawn, as for slides."""
    found = {}
    original = Text.draw

    def draw(self, renderer):
        if self.get_visible() and self.get_text().strip():
            found[id(self)] = (self.get_text(), self.get_fontsize(), self.get_window_extent(renderer), self)
        original(self, renderer)

    monkeypatch.setattr(Text, "draw", draw)
    with drawn_as(Look(lettering=True)):
        yield found


def words(drawn):
    return [" ".join(text.split()) for text, *_ in drawn.values()]


def check(drawn, paths, draw):
    """Readable type, and no text on another."""
    drawn.clear()
    draw(paths[2:])
    assert min(size for _, size, *_ in drawn.values()) >= 8
    for (one, _, box, _), (two, _, other, _) in combinations(drawn.values(), 2):
        # a third of a point at the edge is the space that a font leaves around its letters
        assert not box.padded(-0.36).overlaps(other.padded(-0.36)), f"{one!r} lies on {two!r}"


@pytest.fixture
def paths(tmp_path):
    return [tmp_path / f"figure.{kind}" for kind in ("pdf", "png", "svg")]


def correlation_rows(folder):
    """Every pair of scores; a total with its own scale is marked, one pair is missing, one is above 1."""
    columns = score_columns(Dataset(folder)).to_dict("records")
    rows = []
    for one, two in combinations(columns, 2):
        pair = {key: one[key] for key in ("perspective", "form", "scale")}
        pair |= {f"{key}_2": two[key] for key in ("perspective", "form", "scale")}
        own = all(one[key] == two[key] for key in ("perspective", "form")) and "total" in (one["scale"], two["scale"])
        note = "part-whole" if own else ""
        rows += [
            pair
            | {
                "statistic": "r_pearson",
                "estimate": 0.41,
                "lower": -0.302,
                "upper": 0.53,
                "level": 0.95,
                "n": 200 + len(rows),
                "note": note,
            },
            pair | {"statistic": "r_disattenuated", "estimate": np.nan if own else 0.52, "n": 200, "note": note},
        ]
    rows[0]["estimate"], rows[1]["estimate"] = np.nan, 1.07
    return rows


def tables_of_correlations(folder, tmp_path, rows):
    """Correlations, and what is known of each score: reliability (not of CALPAS-P), mean and standard deviation."""
    columns = score_columns(Dataset(folder))[["perspective", "form", "scale"]].to_dict("records")
    about = {"item": np.nan, "method": "", "note": "", "lower": np.nan, "upper": np.nan, "level": 0.95}
    alphas = [one | about | {"statistic": "alpha", "estimate": 0.84} for one in columns if one["form"] != "calpas_p"]
    moments = [
        one | {"group": np.nan, "statistic": name, "estimate": value}
        for one in columns
        for name, value in (("mean", 4.12), ("sd", 0.97))
    ]
    return (
        write(rows, tmp_path / "correlations.csv"),
        write(alphas, tmp_path / "reliability.csv"),
        write(moments, tmp_path / "descriptives.csv"),
    )


def test_correlations(study, tmp_path, paths, drawn):
    tables = tables_of_correlations(study, tmp_path, correlation_rows(study))
    check(drawn, paths, lambda to: plot_correlations(study, *tables, INSTRUMENTS, to))
    said = words(drawn)
    for text in (
        "A small study",
        "Correlations between totals and scales, session 3",
        "Client",
        "Therapist",
        "Simulated data; provisional key: CALPAS-P",
        "WAI-S task",
        "CALPAS-P TUI",
        ".41",
        "−.30",
        ".53",
        ".52",
        "1.07",
        "–",
        ".84",
        "M",
        "SD",
        "4.12",
        "0.97",
    ):
        assert text in said
    assert said.count(".84") == 10 and said.count("4.12") == 15  # of the scores with a reliability; of all
    assert any("with the limits of their 95% intervals." in text for text in said)
    framed = [patch for patch in figure_of(drawn).axes[0].patches if not patch.get_fill()]
    assert len(framed) == 1
    assert any("TUI: therapist understanding and involvement" in text for text in said)


def test_correlations_of_one_form_say_whose_they_are(single, tmp_path, paths, drawn):
    tables = tables_of_correlations(single, tmp_path, correlation_rows(single))
    check(drawn, paths, lambda to: plot_correlations(single, *tables, INSTRUMENTS, to))
    said = words(drawn)
    assert "Correlations between totals and scales, client perspective" in said
    assert "Client" not in said and not any("Simulated" in text or "provisional" in text for text in said)


def test_correlations_without_intervals(single, tmp_path, paths, drawn):
    rows = [row | {"lower": np.nan, "upper": np.nan} for row in correlation_rows(single)]
    rows[2]["estimate"] = -0.3
    plot_correlations(single, *tables_of_correlations(single, tmp_path, rows), INSTRUMENTS, paths[2:])
    assert not any("limits" in text for text in words(drawn)) and "−.30" in words(drawn)


def test_too_many_correlations_are_colours_with_a_bar(tmp_path, paths, drawn):
    """Cells of 32 scores have no room for numbers of 8 points; the bar reaches to negative ones if there are any."""
    many = [form(f"wai_{name}", "client", f"WAI-{name.upper()}", "WAI", WAI) for name in "abcdefgh"]
    folder = responses(tmp_path / "many", many)
    rows = correlation_rows(folder)
    check(
        drawn,
        paths,
        lambda to: plot_correlations(folder, *tables_of_correlations(folder, tmp_path, rows), INSTRUMENTS, to),
    )
    said = words(drawn)
    assert "Correlation" in said and ".52" not in said and "−1.0" not in said
    assert any("too many scores to print numbers" in text for text in said)
    rows[2]["estimate"] = -0.3
    plot_correlations(folder, *tables_of_correlations(folder, tmp_path, rows), INSTRUMENTS, paths[2:])
    assert "−1.0" in words(drawn)


def mtmm_rows(folder):
    """Both matrices of the study, as the table has them: one validity without a value, and what is left out."""
    rows = [{"group": "instruments", "statistic": "left_out", "note": "CALPAS is left out: only the client has it"}]
    for design in mtmm_designs(score_columns(Dataset(folder))):
        measures = design.measures[["perspective", "form", "scale"]].to_dict("records")
        rows += [
            one
            | {f"{key}_2": value for key, value in one.items()}
            | {"group": design.group, "statistic": "reliability", "estimate": 0.86}
            for one in measures
        ]
        for kind, (one, two) in zip(cell_kinds(design.measures), combinations(measures, 2), strict=True):
            rows.append(
                one
                | {f"{key}_2": value for key, value in two.items()}
                | {
                    "group": design.group,
                    "statistic": kind,
                    "estimate": -0.31 if "mono" in kind else 0.42,
                    "lower": 0.2,
                    "upper": 0.55,
                    "level": 0.95,
                    "n": 210 + len(rows),
                }
            )
    unknown = next(row for row in rows if row["statistic"] == "validity")
    unknown |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "note": "fewer than four clients"}
    return [{"note": ""} | row for row in rows]


@pytest.mark.parametrize("perspectives", [("client", "therapist"), ("client", "therapist", "observer")])
def test_mtmm(tmp_path, paths, drawn, perspectives):
    scales = [("wai_s", "WAI-S", "WAI", WAI), ("haq2", "HAq-II", "HAq", {"total": [1, 2, 3]})]
    folder = responses(
        tmp_path / "study",
        [form(name, who, label, instrument, own) for who in perspectives for name, label, instrument, own in scales],
        simulated=True,
    )
    table = write(mtmm_rows(folder), tmp_path / "mtmm.csv")
    check(drawn, paths, lambda to: plot_mtmm(folder, table, INSTRUMENTS, to))
    said = words(drawn)
    for text in (
        "Multitrait-multimethod matrices, session 3",
        "Instruments",
        "Scales of WAI",
        "Client",
        "Therapist",
        "WAI-S",
        "HAq-II",
        "bond",
        "(.86)",
        ".42",
        "−.31",
        ".20",
        ".55",
        "–",
        "Simulated data",
        "same trait, two perspectives: validity",
        "different traits, one perspective",
    ):
        assert text in said
    assert any("CALPAS is left out: only the client has it." in text for text in said)
    panels = figure_of(drawn).axes[1:3]
    frames = [sum(not patch.get_fill() for patch in axis.patches) for axis in panels]
    of_methods = len(perspectives) * (len(perspectives) - 1) // 2
    assert frames == [len(scales) * of_methods, 3 * of_methods]  # one for each validity


def test_mtmm_of_one_perspective_is_the_reason(single, tmp_path, paths, drawn):
    rows = [
        {"group": "instruments", "statistic": "validity", "estimate": np.nan, "form": np.nan, "note": "one perspective"}
    ]
    plot_mtmm(single, write(rows, tmp_path / "mtmm.csv"), INSTRUMENTS, paths[2:])
    assert any("Not drawn. One perspective." in text for text in words(drawn))


def shared_rows():
    keys = ("perspective", "perspective_2", "form", "form_2")
    pairs = [
        ("client", "client", "wai_s", "calpas_p"),
        ("therapist", "therapist", "wai_s", "haq2"),
        ("client", "client", "calpas_p", "haq2"),
        ("client", "therapist", "wai_s", "wai_s"),
    ]
    rows = []
    for number, pair in enumerate(pairs):
        for statistic, estimate in (("r2", 0.31), ("r2_disattenuated", 0.44), ("p_r2_below_0.50", 0.001)):
            rows.append(
                dict(zip(keys, pair, strict=True))
                | {
                    "scale": "total",
                    "scale_2": "total",
                    "statistic": statistic,
                    "estimate": estimate,
                    "lower": estimate - 0.1,
                    "upper": estimate + 0.1,
                    "level": 0.95,
                    "n": 211 + number,
                    "note": "",
                }
            )
    rows[1] |= {"estimate": 1.04, "lower": np.nan, "upper": np.nan}
    return rows


def test_shared_variance(study, tmp_path, paths, drawn):
    table = write(shared_rows(), tmp_path / "shared_variance.csv")
    check(drawn, paths, lambda to: plot_shared_variance(study, table, CLAIMS, to))
    said = words(drawn)
    for text in (
        "A small study",
        "Simulated data; provisional key: CALPAS-P",
        "Shared variance (%)",
        "published 20%",
        "published 50%",
        "WAI-S – CALPAS-P",
        "CALPAS-P – HAq-II",
        "WAI-S",
        "31 [21, 41]",
        "44 [34, 54]",
        "104",
        "211",
        "214",
    ):
        assert text in said
    heights = {text: box.y0 for text, _, box, _ in drawn.values()}
    groups = ["Client: two instruments", "Therapist: two instruments", "Client and therapist: same instrument"]
    assert sorted(groups, key=heights.get, reverse=True) == groups
    assert heights["CALPAS-P – HAq-II"] > heights["Therapist: two instruments"]


def test_shared_variance_names_no_key_of_a_form_that_is_not_shown(study, tmp_path, paths, drawn):
    rows = [row for row in shared_rows() if "calpas_p" not in (row["form"], row["form_2"])]
    plot_shared_variance(study, write(rows, tmp_path / "shared_variance.csv"), CLAIMS, paths[2:])
    assert "Simulated data" in words(drawn) and not any("key" in text for text in words(drawn))


def split_rows(lower=True):
    """Three totals of clients, one of them sharing with two others apart; the therapist's could not be split."""
    parts = {
        "wai_s": [
            ("common_share", "", 0.6),
            ("shared_share", "CALPAS", 0.1),
            ("shared_share", "HAq", 0.08),
            ("specific_share", "", 0.1),
            ("minor_share", "", 0.02),
            ("unique_share", "", 0.1),
        ],
        "haq2": [
            ("common_share", "", 0.55),
            ("shared_share", "WAI", 0.05),
            ("specific_share", "", 0.3),
            ("minor_share", "", 0.0),
            ("unique_share", "", 0.1),
        ],
        "calpas_p": [("common_share", "", 0.5), ("specific_share", "", 0.45), ("unique_share", "", 0.05)],
    }
    rows = [
        {
            "perspective": "client",
            "form": form,
            "group": group,
            "statistic": statistic,
            "estimate": share,
            "lower": share - 0.01 if lower else np.nan,
            "upper": share + 0.02,
            "level": 0.95,
            "note": "",
        }
        for form, own in parts.items()
        for statistic, group, share in own
    ]
    return [*rows, {"perspective": "therapist", "statistic": "common_share", "estimate": np.nan, "note": "no solution"}]


def test_variance_split(study, tmp_path, paths, drawn):
    table = write(split_rows(), tmp_path / "split.csv")
    check(drawn, paths, lambda to: plot_variance_split(study, table, INSTRUMENTS, to))
    said = words(drawn)
    for text in (
        "What the total scores are made of, session 3",
        "Client",
        "WAI-S",
        "60 [59, 62]",
        "with HAq",
        "with CALPAS",
        "with WAI",
        "8 [7, 10]",
        "–",
        "Simulated data; provisional key: CALPAS-P",
    ):
        assert text in said
    assert "Therapist" not in said and any("Therapist: no solution." in text for text in said)


def test_variance_split_without_intervals(study, tmp_path, paths, drawn):
    table = write(split_rows(lower=False), tmp_path / "split.csv")
    check(drawn, paths, lambda to: plot_variance_split(study, table, INSTRUMENTS, to))
    assert "55" in words(drawn) and not any("interval" in text for text in words(drawn))


def test_totals_without_a_split_are_drawn_as_the_reason(study, tmp_path, paths, drawn):
    table = write(split_rows()[-1:], tmp_path / "split.csv")
    plot_variance_split(study, table, INSTRUMENTS, paths[2:])
    assert any("Not drawn. No solution." in text for text in words(drawn))


def overlap_rows():
    """Three totals of clients, one part below 0; two of therapists; and an outcome, which is not drawn."""

    def part(perspective, form, statistic, group, share):
        return {
            "perspective": perspective,
            "form": form,
            "group": group,
            "statistic": statistic,
            "estimate": share,
            "lower": share - 0.04,
            "upper": share + 0.05,
            "level": 0.95,
            "note": "",
        }

    rows = [part("client", np.nan, "r2", np.nan, 0.91)]
    for form, one, two in (("wai_s", "calpas_p", "haq2"), ("calpas_p", "wai_s", "haq2"), ("haq2", "wai_s", "calpas_p")):
        rows += [
            part("client", form, "r2", np.nan, 0.3),
            part("client", form, "commonality", one, 0.2),
            part("client", form, "commonality", two, 0.16),
            part("client", form, "commonality", f"{one}, {two}", -0.06),
        ]
    for form, other in (("wai_s", "haq2"), ("haq2", "wai_s")):
        rows += [part("therapist", form, "r2", np.nan, 0.25), part("therapist", form, "commonality", other, 0.25)]
    return rows


def test_overlap(study, tmp_path, paths, drawn):
    table = write(overlap_rows(), tmp_path / "commonality.csv")
    check(drawn, paths, lambda to: plot_overlap(study, table, INSTRUMENTS, to))
    said = words(drawn)
    for text in (
        "How the total scores overlap, session 3",
        "Client",
        "Therapist",
        "only HAq-II",
        "20 [16, 25]",
        "−6 [−10, −1]",
        "70 [65, 74]",
        "25 [21, 30]",
        "–",
    ):
        assert text in said
    assert not any("91" in text or "Circles" in text for text in said)


def test_overlap_of_two_totals_as_circles(study, tmp_path, paths, drawn):
    rows = [row for row in overlap_rows() if row["perspective"] == "therapist"]
    table = write(rows, tmp_path / "commonality.csv")
    check(drawn, paths, lambda to: plot_overlap(study, table, INSTRUMENTS, to))
    said = words(drawn)
    assert {"in common: 25 [21, 30]", "25"} <= set(said) and any("Circles" in text for text in said)


def test_overlap_of_one_instrument_is_the_reason(single, tmp_path, paths, drawn):
    rows = [
        {"perspective": "client", "form": "wai_sr", "statistic": "r2", "estimate": np.nan, "note": "one instrument"}
    ]
    plot_overlap(single, write(rows, tmp_path / "commonality.csv"), INSTRUMENTS, paths[2:])
    assert any("Not drawn. One instrument." in text for text in words(drawn))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_circles_overlap_by_the_share(share):
    """Area by counting points of a fine grid."""
    distance, radius = distance_of_circles(share), np.pi**-0.5
    x, y = np.meshgrid(np.linspace(-0.6, 1.8, 1200), np.linspace(-0.6, 0.6, 600))
    both = (x**2 + y**2 <= radius**2) & ((x - distance) ** 2 + y**2 <= radius**2)
    assert both.mean() * 2.4 * 1.2 == pytest.approx(share, abs=3e-3)


def test_a_provisional_key_is_named_in_real_data_too(tmp_path, paths, drawn):
    folder = responses(tmp_path / "real", STUDY)
    plot_shared_variance(folder, write(shared_rows(), tmp_path / "shared_variance.csv"), CLAIMS, paths[2:])
    assert "Provisional key: CALPAS-P" in words(drawn)


def reliability_rows(folder):
    """Alpha and omega of every scale, of another session as well, one without a value and one below zero."""
    rows = []
    for part in Dataset(folder).forms:
        for scale in part.scales:
            for session in (3, 8):
                for statistic, estimate in (("alpha", 0.85), ("omega_total", 0.86)):
                    rows.append(
                        {
                            "perspective": part.perspective,
                            "form": part.name,
                            "scale": scale,
                            "item": np.nan,
                            "session": session,
                            "statistic": statistic,
                            "estimate": estimate - session / 100,
                            "lower": 0.7,
                            "upper": 0.9,
                            "level": 0.95,
                            "n": 160,
                            "note": "",
                        }
                    )
    rows[0] |= {"estimate": -0.21, "lower": -0.4, "upper": 0.1, "note": "negative: check the keying of the items"}
    rows[1] |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "note": "two items"}
    return rows


def test_reliability(study, tmp_path, paths, drawn):
    table = write(reliability_rows(study), tmp_path / "reliability.csv")
    check(drawn, paths, lambda to: plot_reliability(study, table, PUBLISHED, INSTRUMENTS, to))
    said = words(drawn)
    for text in (
        "Reliability of the scales, session 3",
        "WAI-S, client",
        "CALPAS-P, client",
        "PWC",
        "alpha",
        "omega total",
        "−.21 [−.40, .10]",
        "–",
        ".82 [.70, .90]",
    ):
        assert text in said
    assert not any(".77" in text for text in said)  # that of the other session
    assert any("Gaston 1991; Marcolino & Iacoponi 2001" in text for text in said)


def test_published_reliabilities_are_those_of_the_form_scale_and_perspective(study):
    marks = pd.concat([marks_of(part, yaml.safe_load(PUBLISHED.read_text())) for part in Dataset(study).forms])
    calpas = marks[marks["form"] == "calpas_p"]
    one = calpas[(calpas["scale"] == "PWC") & (calpas["lower"] == calpas["upper"])]
    assert one["lower"].tolist() == [0.56]  # Marcolino & Iacoponi (2001)
    assert calpas[calpas["scale"] == "total"]["lower"].tolist() == [0.83, 0.90]
    total = marks[marks["form"] == "wai_s"]
    assert set(total["scale"]) == {"total"} and total[["lower", "upper"]].to_numpy().tolist() == [[0.79, 0.97]] * 2
    assert marks[marks["form"] == "haq2"].empty


def eigenvalue_rows(p, bases=("factor", "component")):
    rows = []
    for basis in bases:
        for position in range(1, p + 1):
            for statistic, value in (
                ("observed", 9 / position**1.5),
                ("random_mean", 1.6 - position / p),
                ("random_percentile", 1.7 - position / p),
            ):
                rows.append(
                    {
                        "perspective": "client",
                        "group": basis,
                        "position": position,
                        "n": 280,
                        "note": "",
                        "statistic": f"eigenvalue_{statistic}",
                        "estimate": value,
                    }
                )
    return rows


def retention_rows(k, method="parallel analysis"):
    estimates = {"parallel_analysis_factor": k, "parallel_analysis_component": k + 1, "factors_extracted": k}
    return [{"statistic": name, "estimate": value, "method": method, "note": ""} for name, value in estimates.items()]


@pytest.mark.parametrize(("p", "k"), [(55, 5), (55, 24), (12, 2), (6, 0)])
def test_scree(study, tmp_path, paths, drawn, p, k):
    tables = (
        write(eigenvalue_rows(p), tmp_path / "eigenvalues.csv"),
        write(retention_rows(k), tmp_path / "retention.csv"),
    )
    check(drawn, paths, lambda to: plot_scree(study, *tables, to, percentile=95))
    said = words(drawn)
    for text in (
        "a Factors",
        "b Components",
        "Factor number",
        "Eigenvalue of the reduced matrix",
        "observed",
        "random data, 95th percentile",
        "random data, mean",
        f"{k} retained",
        f"{k + 1} retained",
        "Simulated data; provisional key: CALPAS-P",
    ):
        assert text in said
    assert any(f"Factors extracted: {k} (parallel analysis)." in text for text in said)
    assert any("eigenvalues are shown" in text for text in said) == (p == 55)


def test_scree_of_one_basis(single, tmp_path, paths, drawn):
    tables = (
        write(eigenvalue_rows(12, ["component"]), tmp_path / "eigenvalues.csv"),
        write(retention_rows(2, "as config.yaml says"), tmp_path / "retention.csv"),
    )
    check(drawn, paths, lambda to: plot_scree(single, *tables, to, percentile=99))
    assert {"Components", "random data, 99th percentile"} <= set(words(drawn)) and "a Components" not in words(drawn)


def loading_tables(folder, tmp_path, factors, *, intervals=True, common=None, general=True):
    """Tables of a solution whose items load on one factor in turn; items as the forms of the clients have them."""
    items = [label for part in Dataset(folder).forms if part.perspective == "client" for label in part.labels]
    rows = []
    for number, item in enumerate(items):
        for position, factor in enumerate(factors):
            value = 0.71 if number % len(factors) == position else -0.12
            rows.append({"item": item, "factor": factor, "statistic": "loading", "estimate": value, "n": 280})
    above = [{"item": item, "statistic": "general_loading", "estimate": 0.5, "n": 280} for item in items]
    for row in rows + above:
        near = (
            {"lower": row["estimate"] - 0.1, "upper": row["estimate"] + 0.1, "note": ""}
            if intervals
            else {"lower": np.nan, "upper": np.nan, "note": NO_PEOPLE}
        )
        row.update(near, level=0.95, perspective="client")
    if not general:
        note = "one factor has no general factor above it"
        above = [{"statistic": "general_loading", "estimate": np.nan, "note": note}]
    name = {
        "statistic": "common_factor",
        "factor": common,
        "estimate": 0.87 if common else np.nan,
        "note": "" if common else "one instrument only: there is no factor to share",
    }
    return [
        write(rows, tmp_path / "loadings.csv"),
        write(above, tmp_path / "general_factor.csv"),
        write([name], tmp_path / "common_factor.csv"),
    ]


def test_loadings(study, tmp_path, paths, drawn):
    tables = loading_tables(study, tmp_path, ["F1", "F2", "F3", "F4", "F5"], common="F2")
    check(drawn, paths, lambda to: plot_loadings(study, *tables, INSTRUMENTS, to, salient=0.4))
    said = words(drawn)
    for text in (
        "A small study",
        "Loadings of the items, client perspective, session 3",
        "F1",
        "F2 common factor",
        "General factor",
        "WAI-S 4",
        "CALPAS-P 8",
        "HAq-II 19",
        "Loading",
        "Simulated data; provisional key: CALPAS-P",
    ):
        assert text in said
    assert any("95% intervals" in text and "87% of the resamples pick it" in text for text in said)
    frames = {axis.get_title(): axis.spines["top"].get_visible() for axis in figure_of(drawn).axes}
    assert [title for title, framed in frames.items() if framed] == ["F2\ncommon\nfactor"]


def test_salient_loadings_are_filled(study, tmp_path, paths, drawn):
    tables = loading_tables(study, tmp_path, ["F1", "F2"], common="F1")
    plot_loadings(study, *tables, INSTRUMENTS, paths[2:], salient=0.4)
    for axis in figure_of(drawn).axes:
        points = [line for line in axis.lines if line.get_marker() == "o"]
        assert sum(len(alike.get_xdata()) for alike in points) == 6 + 8 + 19
        for alike in points:
            salient = np.abs(alike.get_xdata()) >= 0.4
            assert (salient if alike.get_markerfacecolor() != "white" else ~salient).all()


def test_a_long_figure_names_its_columns_again(tmp_path, paths, drawn):
    """200 items, of an instrument without a colour of its own among others: every row named, and on every page the
    factors as well."""
    forms = [
        form("own", "client", "OWN-90", "OWN", {"total": list(range(1, 91))}),
        form("wai36", "client", "WAI", "WAI", {"total": list(range(1, 111))}),
    ]
    folder = responses(tmp_path / "long", forms)
    tables = loading_tables(folder, tmp_path, ["F1", "F2"], common="F2")
    check(drawn, paths, lambda to: plot_loadings(folder, *tables, INSTRUMENTS, to, salient=0.4))
    said = words(drawn)
    assert {f"OWN-90 {number}" for number in range(1, 91)} | {f"WAI {number}" for number in range(1, 111)} <= set(said)
    # 40, 40 and 10 items of the one, 40, 40 and 30 of the other
    named = ("F1", "F2", "F2 common factor", "General", "General factor")
    assert [said.count(name) for name in named] == [6, 5, 1, 5, 1]


@pytest.mark.parametrize("factors", [["F1"], ["F1", "F2"], [f"F{number}" for number in range(1, 9)]])
def test_loadings_of_a_matrix(single, tmp_path, paths, drawn, factors):
    tables = loading_tables(single, tmp_path, factors, intervals=False, general=len(factors) > 1)
    check(drawn, paths, lambda to: plot_loadings(single, *tables, INSTRUMENTS, to, salient=0.4))
    said = " ".join(words(drawn))
    assert NO_PEOPLE in said and "No common factor (one instrument only: there is no factor to share)." in said
    assert ("No general factor (one factor has no general factor above it)." in said) == (len(factors) == 1)
    assert not any(axis.spines["top"].get_visible() for axis in figure_of(drawn).axes)


def structure_rows(*, intervals=True):
    """Two facets; the categories in the order of the alphabet, not of their shares; one of them has one item."""
    rows = []
    for facet, category, share, n in (
        ("voice", "first person", 0.2, 9),
        ("voice", "inference about dyad", 0.5, 1),
        ("theme", "acceptance", 0.1, 3),
        ("theme", "therapist's expertise", 0.3, 4),
        ("theme", "understanding", 0.6, 12),
    ):
        for statistic, estimate in (
            ("mean_general", share),
            ("mean_specific", 0.7 - share),
            ("mean_unique", 0.3),
            ("difference_general", -0.2),
        ):
            row = {
                "perspective": "client",
                "facet": facet,
                "category": category,
                "statistic": statistic,
                "n": n,
                "estimate": estimate,
                "lower": estimate - 0.1,
                "upper": estimate + 0.1,
                "level": 0.95,
                "note": "",
            }
            rows.append(row if intervals else row | {"lower": np.nan, "upper": np.nan})
    left = {"perspective": "client", "statistic": "left_out", "estimate": np.nan, "note": "tie of a, b"}
    return [*rows, *(left | {"facet": "theme", "item": item} for item in ("wai_s_01", "haq2_03"))]


def test_content_structure(study, tmp_path, paths, drawn):
    table = write(structure_rows(), tmp_path / "content_structure.csv")
    check(drawn, paths, lambda to: plot_content_structure(study, table, to))
    said = words(drawn)
    for text in (
        "A small study",
        "Content of the items and what they share, client perspective, session 3",
        "Voice",
        "Theme",
        "inference about dyad (1)",
        "general factor",
        "group factors",
        "Simulated data; provisional key: CALPAS-P",
    ):
        assert text in said
    assert any("Lines: 95% intervals." in text and "agree on no category: theme 2." in text for text in said)
    voice, theme = figure_of(drawn).axes
    assert [label.get_text() for label in voice.get_yticklabels()] == ["inference about dyad (1)", "first person (9)"]
    shares = {line.get_label(): line.get_xdata().tolist() for line in theme.lines if line.get_linestyle() == "None"}
    np.testing.assert_allclose(shares["general factor"], [10, 30, 60])
    np.testing.assert_allclose(shares["group factors"], [60, 40, 10])


def test_content_structure_without_intervals(single, tmp_path, paths, drawn):
    table = write(structure_rows(intervals=False), tmp_path / "content_structure.csv")
    check(drawn, paths, lambda to: plot_content_structure(single, table, to))
    assert any("No intervals." in text for text in words(drawn))


@pytest.mark.parametrize(
    "figure", ["reliability", "correlations", "shared_variance", "scree", "loadings", "content_structure"]
)
def test_three_files_and_the_same_bytes_when_drawn_again(single, study, tmp_path, paths, figure, monkeypatch):
    monkeypatch.setitem(style.RESOLUTION, ".png", 100)  # as for print, only quicker

    def draw():
        if figure == "reliability":
            table = write(reliability_rows(study), tmp_path / "reliability.csv")
            plot_reliability(study, table, PUBLISHED, INSTRUMENTS, paths)
        elif figure == "correlations":
            tables = tables_of_correlations(single, tmp_path, correlation_rows(single))
            plot_correlations(single, *tables, INSTRUMENTS, paths)
        elif figure == "shared_variance":
            plot_shared_variance(study, write(shared_rows(), tmp_path / "shared_variance.csv"), CLAIMS, paths)
        elif figure == "scree":
            tables = (
                write(eigenvalue_rows(12), tmp_path / "eigenvalues.csv"),
                write(retention_rows(2), tmp_path / "retention.csv"),
            )
            plot_scree(single, *tables, paths, percentile=95)
        elif figure == "content_structure":
            plot_content_structure(study, write(structure_rows(), tmp_path / "content_structure.csv"), paths)
        else:
            plot_loadings(single, *loading_tables(single, tmp_path, ["F1", "F2"]), INSTRUMENTS, paths, salient=0.4)
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]

    assert draw() == draw()


def figure_of(drawn):
    """The figure that was drawn last."""
    return list(drawn.values())[-1][3].get_figure(root=True)


def test_a_table_without_estimates_is_drawn_as_its_reason(study, tmp_path, paths, drawn):
    reason = "the CALPAS-P has no variance"
    row = {"perspective": "client", "estimate": np.nan, "note": reason}
    tables = {
        name: write([row | {"statistic": name}], tmp_path / f"{name}.csv")
        for name in ("r2", "eigenvalues", "loading", "mean_general")
    }
    scale = {"form": "calpas_p", "scale": "total", "item": np.nan, "lower": np.nan, "statistic": "alpha"}
    tables["alpha"] = write([row | scale], tmp_path / "alpha.csv")
    pair = {"form": np.nan, "form_2": np.nan, "statistic": "r_pearson"}
    tables["r_pearson"] = write([row | pair], tmp_path / "r_pearson.csv")
    for draw in (
        lambda to: plot_reliability(study, tables["alpha"], PUBLISHED, INSTRUMENTS, to),
        lambda to: plot_correlations(study, *[tables["r_pearson"]] * 3, INSTRUMENTS, to),
        lambda to: plot_shared_variance(study, tables["r2"], CLAIMS, to),
        lambda to: plot_scree(study, tables["eigenvalues"], tables["eigenvalues"], to, percentile=95),
        lambda to: plot_loadings(
            study, tables["loading"], tables["loading"], tables["loading"], INSTRUMENTS, to, salient=0.4
        ),
        lambda to: plot_content_structure(study, tables["mean_general"], to),
    ):
        check(drawn, paths, draw)
        assert "Not drawn. The CALPAS-P has no variance." in words(drawn)
        assert "A small study" in words(drawn) and not figure_of(drawn).axes


def test_a_long_title_and_a_long_reason_are_wrapped(tmp_path, paths, drawn):
    folder = responses(tmp_path / "responses", STUDY)
    content = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(content | {"title": "A study with a long title " * 6}))
    row = {"statistic": "r2", "estimate": np.nan, "note": "a reason that goes on and on " * 12}
    check(drawn, paths, lambda to: plot_shared_variance(folder, write([row], tmp_path / "r2.csv"), CLAIMS, to))
    assert max(box.width for _, _, box, _ in drawn.values()) <= 180 / 25.4 * 72
