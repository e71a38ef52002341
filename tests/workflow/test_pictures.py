"""Figures against approved pictures, and what every figure keeps: width, fonts, formats, and legibility in grey.

`APPROVE=1 python -m pytest tests/workflow/test_pictures.py` writes the pictures of tests/approved anew; look at each of
them before it is committed, in colour and in grey.
"""

import os
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.testing.compare import calculate_rms
from PIL import Image
from tests.workflow.test_figures import (
    CLAIMS,
    INSTRUMENTS,
    PUBLISHED,
    STUDY,
    WAI,
    correlation_rows,
    eigenvalue_rows,
    form,
    loading_tables,
    mtmm_rows,
    overlap_rows,
    reliability_rows,
    responses,
    retention_rows,
    shared_rows,
    split_rows,
    structure_rows,
    tables_of_correlations,
    write,
)

from association.plot_correlations import main as plot_correlations
from association.plot_mtmm import main as plot_mtmm
from association.plot_published_correlations import main as plot_published_correlations
from factors.plot_content_structure import main as plot_content_structure
from factors.plot_item_correlations import main as plot_item_correlations
from factors.plot_loadings import main as plot_loadings
from factors.plot_path_diagram import main as plot_path_diagram
from factors.plot_scree import main as plot_scree
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError
from pipeline.drawing import style
from pipeline.drawing.colours import GREYS, colours_of_instruments, lightness, palette
from pipeline.drawing.look import Look, drawn_as
from pipeline.drawing.style import figure_style, save_figure
from pipeline.report.page import written_caption
from reliability.plot_reliability import main as plot_reliability
from score import plot_totals
from score.plot_answers import few_as_limit, without_small_cells
from score.plot_answers import main as plot_answers
from shared_variance.plot_overlap import main as plot_overlap
from shared_variance.plot_shared_variance import main as plot_shared_variance
from shared_variance.plot_variance_split import main as plot_variance_split

APPROVED = Path(__file__).parents[1] / "approved"
CORRELATIONS = Path(__file__).parents[2] / "data/published/correlations.yaml"
# Root mean square difference of 0 to 255. Releases of matplotlib and FreeType move edges of letters by part of a pixel,
# which makes 2 at most; a bar or a colour that changes makes 6 and more (the last test of the pictures).
TOLERANCE = 4.0


def answers_tables(folder, to):
    """Answers to three forms of six and eight items, mostly high; few low ones, of which some are of single people."""
    rows, missing = [], []
    for part in Dataset(folder).forms:
        low, high = (int(end) for end in part.range)
        weights = np.arange(1, high - low + 2) ** 2.0
        for place, item in enumerate(part.columns):
            shares = np.roll(weights / weights.sum(), place // 4)
            about = {"perspective": part.perspective, "form": part.name, "item": item, "session": 3, "note": ""}
            for answer, share in zip(range(low, high + 1), shares, strict=True):
                rows.append(about | {"group": answer, "statistic": "category_share", "estimate": share, "n": 200})
            missing.append(about | {"statistic": "missing_share", "estimate": place / 100, "n": 200})
    return write(rows, to / "categories.csv"), write(missing, to / "missing.csv")


def item_matrix(loadings, to):
    """Correlations that the loadings make, some of them negative."""
    rows = pd.read_csv(loadings)
    wide = rows.pivot(index="item", columns="factor", values="estimate").loc[list(dict.fromkeys(rows["item"]))]
    r = wide @ wide.T
    r = r.where(~np.eye(len(r), dtype=bool), 1.0)
    r.to_csv(to / "matrix.csv")
    return to / "matrix.csv"


def with_correlated_factors(tables, to):
    """The table of loadings with the correlations of the factors."""
    rows = pd.read_csv(tables[0])
    pairs = list(combinations(dict.fromkeys(rows["factor"]), 2))
    phi = [
        {"factor": one, "factor_2": two, "statistic": "phi", "estimate": 0.5 - 0.2 * place, "perspective": "client"}
        for place, (one, two) in enumerate(pairs)
    ]
    return write(pd.concat([rows, pd.DataFrame(phi)]), to / "with_phi.csv")


def six_items(name, who, label, instrument, key_status="established"):
    return form(name, who, label, instrument, WAI, key_status)


@pytest.fixture
def study(tmp_path):
    """One form from two perspectives, another from the client alone."""
    forms = [
        six_items("wai_s", "client", "WAI-S", "WAI"),
        six_items("wai_s", "therapist", "WAI-S", "WAI"),
        six_items("mood", "client", "Mood in session", "MOOD", "provisional"),
    ]
    return responses(tmp_path / "study", forms)


@pytest.fixture
def large(tmp_path):
    return responses(tmp_path / "large", STUDY)


def pictures(study, large, to):
    """Name of every picture -> what draws it."""
    factors = loading_tables(study, to, ["F1", "F2", "F3"], common="F2")
    phi = with_correlated_factors(factors, to)
    scree = write(eigenvalue_rows(20), to / "eigenvalues.csv"), write(retention_rows(3), to / "retention.csv")
    circles = [row for row in overlap_rows() if row["perspective"] == "therapist"]
    return {
        "correlations": lambda files: plot_correlations(
            study, *tables_of_correlations(study, to, correlation_rows(study)), INSTRUMENTS, files
        ),
        "mtmm": lambda files: plot_mtmm(large, write(mtmm_rows(large), to / "mtmm.csv"), INSTRUMENTS, files),
        "published_correlations": lambda files: plot_published_correlations(
            large, write(correlation_rows(large), to / "r.csv"), CORRELATIONS, files, level=0.95
        ),
        "shared_variance": lambda files: plot_shared_variance(
            large, write(shared_rows(), to / "shared.csv"), CLAIMS, files
        ),
        "variance_split": lambda files: plot_variance_split(
            large, write(split_rows(), to / "split.csv"), INSTRUMENTS, files
        ),
        "overlap": lambda files: plot_overlap(large, write(overlap_rows(), to / "c.csv"), INSTRUMENTS, files),
        "overlap_of_two": lambda files: plot_overlap(large, write(circles, to / "two.csv"), INSTRUMENTS, files),
        "reliability": lambda files: plot_reliability(
            study, write(reliability_rows(study), to / "reliability.csv"), PUBLISHED, INSTRUMENTS, files
        ),
        "scree": lambda files: plot_scree(study, *scree, files, percentile=95),
        "loadings": lambda files: plot_loadings(study, *factors, INSTRUMENTS, files, salient=0.4),
        "path_diagram": lambda files: plot_path_diagram(study, phi, factors[2], INSTRUMENTS, files, salient=0.4),
        "item_correlations": lambda files: plot_item_correlations(
            study, factors[0], item_matrix(factors[0], to), INSTRUMENTS, files
        ),
        "content_structure": lambda files: plot_content_structure(
            study, write(structure_rows(), to / "structure.csv"), files
        ),
        "answers": lambda files: plot_answers(study, *answers_tables(study, to), INSTRUMENTS, files),
        "totals": draw_totals,
    }


def draw_totals(files):
    with figure_style():
        save_figure(plot_totals.draw(*three_totals())[0], files)


def three_totals(people=150):
    """Three correlated totals, the first two at the ceiling."""
    rng = np.random.default_rng(5)
    common = rng.normal(size=people)
    frame = pd.DataFrame(
        {name: 5.4 + common + rng.normal(scale=0.8, size=people) for name in ("client.a", "client.b", "therapist.a")}
    )
    totals = pd.DataFrame(
        {
            "name": ["A,\nclient", "B,\nclient", "A,\ntherapist"],
            "low": 1,
            "high": 7,
            "hue": [palette()[0], palette()[1], palette()[0]],
        },
        index=frame.columns,
    )
    return totals, frame.clip(1, 7)


PICTURES = [
    "correlations", "mtmm", "published_correlations", "shared_variance", "variance_split", "overlap", "overlap_of_two",
    "reliability", "scree", "loadings", "path_diagram", "item_correlations", "content_structure", "answers", "totals",
]  # fmt: skip


def drawn(name, study, large, to, monkeypatch, look=None):
    """The picture in a resolution in which it is small."""
    monkeypatch.setitem(style.RESOLUTION, ".png", 100)
    file = to / f"{name}.png"
    with drawn_as(look or Look()):
        pictures(study, large, to)[name]([file])
    return file


def pixels(file):
    return np.asarray(Image.open(file).convert("RGB")).astype(float)


def difference(file, other):
    """Root mean square difference; pictures whose edges differ by a pixel are compared where both are."""
    one, two = pixels(file), pixels(other)
    assert np.abs(np.subtract(one.shape, two.shape)).max() <= 2, f"{one.shape} and {two.shape}"
    height, width = np.minimum(one.shape[:2], two.shape[:2])
    return calculate_rms(one[:height, :width], two[:height, :width])


def test_every_picture_is_approved(study, large, tmp_path):
    assert sorted(pictures(study, large, tmp_path)) == sorted(PICTURES)
    assert sorted(path.stem for path in APPROVED.glob("*.png")) == sorted(PICTURES)
    assert sum(path.stat().st_size for path in APPROVED.glob("*.png")) < 1_000_000


@pytest.mark.parametrize("name", PICTURES)
def test_looks_as_approved(name, study, large, tmp_path, monkeypatch):
    file = drawn(name, study, large, tmp_path, monkeypatch)
    if os.environ.get("APPROVE"):
        (APPROVED / f"{name}.png").write_bytes(file.read_bytes())
    assert difference(file, APPROVED / f"{name}.png") < TOLERANCE


def test_a_changed_picture_is_seen(study, large, tmp_path, monkeypatch):
    """Other estimates, and other colours."""
    rows = [row | {"estimate": row["estimate"] - 0.2} for row in shared_rows()]
    monkeypatch.setitem(style.RESOLUTION, ".png", 100)
    plot_shared_variance(large, write(rows, tmp_path / "moved.csv"), CLAIMS, [tmp_path / "moved.png"])
    assert difference(tmp_path / "moved.png", APPROVED / "shared_variance.png") > TOLERANCE
    plot_overlap(large, write(overlap_rows(), tmp_path / "c.csv"), [], [tmp_path / "other.png"])
    assert difference(tmp_path / "other.png", APPROVED / "overlap.png") > TOLERANCE


NARROW = ("scree", "shared_variance", "variance_split", "reliability")  # in one column, where a journal has two


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        *((name, 2) for name in PICTURES),
        # those that are as wide in one column
        *(pytest.param(name, 1, marks=() if name in NARROW else pytest.mark.slow) for name in PICTURES),
    ],
)
def test_no_figure_is_wider_than_the_columns_of_a_journal(name, columns, study, large, tmp_path, monkeypatch):
    look = Look(columns=columns, decimal_mark="comma")
    file = drawn(name, study, large, tmp_path, monkeypatch, look)
    across = pixels(file).shape[1] / 100 * 25.4
    narrow = columns == 1 and name in NARROW
    # half a millimetre more is the whole hundredth of an inch to which edges are rounded
    assert across <= (88 if narrow else 180) + 0.5


def test_formats_hold_fonts_resolution_and_caption(large, tmp_path):
    files = [tmp_path / f"figure.{kind}" for kind in ("svg", "pdf", "png", "tiff")]
    plot_shared_variance(large, write(shared_rows(), tmp_path / "shared.csv"), CLAIMS, files)
    svg, pdf, png, tiff = files
    assert b"/FontFile2" in pdf.read_bytes() and b"/Type3" not in pdf.read_bytes()
    about = written_caption(svg)
    assert about.startswith("Variance that the totals share, session 3.") and "Provisional key: CALPAS-P." in about
    for file, resolution in ((png, 300), (tiff, 600)):
        picture = Image.open(file)
        assert picture.info["dpi"] == pytest.approx((resolution, resolution), abs=0.5)  # a PNG counts dots per metre
        assert picture.width / resolution * 25.4 == pytest.approx(179, abs=2)
    assert Image.open(png).info["Title"] == "Variance that the totals share, session 3"
    # the palette of a PNG keeps the colours of areas: white is white
    whole = np.asarray(Image.open(tiff).resize(Image.open(png).size, Image.Resampling.BOX).convert("RGB"), dtype=float)
    assert pixels(png).max() == 255 and np.abs(pixels(png) - whole).mean() < 1


def test_a_font_that_is_not_there_is_named(large, tmp_path):
    with (
        drawn_as(Look(font="No Such Font")),
        pytest.raises(InputError, match="figures: font: there is no font 'No Such"),
    ):
        plot_shared_variance(large, write(shared_rows(), tmp_path / "s.csv"), CLAIMS, [tmp_path / "f.svg"])


def test_the_decimal_comma(study, tmp_path, monkeypatch):
    said = []
    original = matplotlib.text.Text.draw

    def draw(self, renderer):
        said.append(self.get_text())
        original(self, renderer)

    monkeypatch.setattr(matplotlib.text.Text, "draw", draw)
    with drawn_as(Look(decimal_mark="comma")):
        table = write(reliability_rows(study), tmp_path / "reliability.csv")
        plot_reliability(study, table, PUBLISHED, INSTRUMENTS, [tmp_path / "f.svg"])
    assert {"0,82\N{NO-BREAK SPACE}[0,70;\N{NO-BREAK SPACE}0,90]", "0,8", "1"} <= set(said)
    assert not any("." in text for text in said)


def test_colours_can_be_told_apart_in_grey():
    """Lightness is what is left of a colour in a copy in grey and, for the most part, without cones of one kind."""
    own = [lightness(colour) for colour in palette()]
    # the eye tells 2.3 in areas side by side (Mahy et al., 1994); lines and points need twice as much
    assert min(abs(one - two) for one, two in combinations(own, 2)) > 5
    assert max(own) < 82  # a line stands out from white
    forms = [form(name, "client", name, name, WAI) for name in ("WAI", "CALPAS", "HAq")]
    dataset = type("", (), {"forms": [type("", (), {"instrument": one["instrument"]}) for one in forms]})
    main = [lightness(colour) for colour in colours_of_instruments(dataset, INSTRUMENTS).values()]
    assert min(abs(one - two) for one, two in combinations(main, 2)) > 15
    assert all(abs(lightness(one) - lightness(two)) > 20 for one, two in pairwise(GREYS))


def test_answers_of_fewer_than_five_people_are_counted_with_their_neighbours():
    # by hand: 2 + 3 = 5 stay in the second place; 1 and 4 from the top become 5 in the fifth
    np.testing.assert_array_equal(without_small_cells(np.array([2, 3, 30, 9, 0, 4, 1])), [0, 5, 30, 9, 0, 5, 0])
    np.testing.assert_array_equal(without_small_cells(np.array([1, 1, 1, 20])), [0, 0, 0, 23])
    np.testing.assert_array_equal(without_small_cells(np.array([8, 0, 7])), [8, 0, 7])
    assert [few_as_limit(share, 200) for share in (0, 0.005, 0.02, 0.025, 0.1)] == ["0", "< 2", "< 2", "2", "10"]


def test_no_square_of_the_totals_holds_fewer_than_five_people():
    totals, people = three_totals()
    lone = people.copy()
    lone.iloc[0] = [1.0, 7.0, 1.0]  # somebody whom everybody who knows the study would recognise
    with figure_style():
        figure, hidden = plot_totals.draw(totals, lone)
    assert 0 < hidden < 1
    for axis in figure.axes:
        for squares in axis.collections:
            assert all(len(path.vertices) == 5 for path in squares.get_paths())
    both = lone[["client.a", "client.b"]].to_numpy()
    edges = [plot_totals.edges_of(both[:, place], 6) for place in (0, 1)]  # half the root of 150 people
    cells = plot_totals.counted(both[:, 0], edges[0]) * 6 + plot_totals.counted(both[:, 1], edges[1])
    kept = (np.bincount(cells) >= 5).sum()
    panel = figure.axes[3]  # the second row, the first column
    assert sum(len(squares.get_paths()) for squares in panel.collections) == kept
