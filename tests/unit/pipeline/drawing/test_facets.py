"""Bars of a facet: widths, places, and numbers rounded as the tables round them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.drawing.facets import draw_facet
from pipeline.report.numbers import percent

PALETTE = ["#0072B2", "#E69F00"]


def drawn(shares, **options):
    axis = Figure().subplots()
    labels = [f"{form} (8)" for form in shares.index]
    draw_facet(axis, shares, labels, PALETTE, narrowest=5, **options)
    return axis


def test_the_parts_of_a_bar_lie_side_by_side_and_colours_come_again():
    axis = drawn(pd.DataFrame({"a": [50.0, 20.0], "b": [30.0, 0.0], "c": [20.0, 80.0]}, index=["one", "two"]))
    bars = [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in axis.patches]
    np.testing.assert_allclose(
        bars, [(0, 50, 0), (0, 20, 1), (50, 30, 0), (20, 0, 1), (80, 20, 0), (20, 80, 1)], atol=1e-12
    )
    colours = [container.patches[0].get_facecolor() for container in axis.containers]
    assert colours[0] == colours[2] != colours[1]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["one (8)", "two (8)"]
    assert axis.get_ylim() == (1.5, -0.5)  # the first form on top


def test_a_number_reads_as_in_the_tables_and_a_narrow_part_has_none():
    # 1 and 3 of 8 items are exact halves of a percent
    shares = pd.DataFrame({"a": [12.5], "b": [37.5], "c": [46.0], "d": [4.0]}, index=["one"])
    numbers = [text.get_text() for text in drawn(shares).texts]
    assert numbers == [percent(share).removesuffix("%") for share in (0.125, 0.375, 0.46)] == ["12", "38", "46"]


def test_forms_may_stand_in_groups():
    shares = pd.DataFrame({"a": [100.0, 100.0]}, index=["one", "two"])
    limits = drawn(shares, places=np.array([0.4, 1.8])).get_ylim()
    np.testing.assert_allclose(limits, (2.3, -0.1), atol=1e-12)  # sums of decimals
