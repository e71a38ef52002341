"""Sentences on reliability, word by word."""

import numpy as np
import pandas as pd

from pipeline.steps.shown_alpha import with_alpha_to_report
from reliability.section_reliability import sentences_to_paste


def row(scale, statistic, estimate, lower=np.nan, upper=np.nan, n=100, note="", item=np.nan):
    return {
        "form": "wai_s",
        "perspective": "client",
        "scale": scale,
        "item": item,
        "statistic": statistic,
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "level": 0.95,
        "n": n,
        "note": note,
    }


def test_sentences():
    table = pd.DataFrame(
        [
            row("total", "alpha", 0.912, 0.88, 0.94, n=177),
            row("total", "omega_total", 0.915, 0.89, 0.94, n=177),
            row("total", "item_rest_r", 0.5, item="i01"),
            row("task", "alpha", -0.1, -0.3, 0.05, n=229),
            row("pair", "alpha", 0.7, 0.6, 0.8, n=200),
            row("pair", "omega_total", np.nan, note="two items"),
            row("pair", "spearman_brown", 0.71),
            row("one", "alpha", np.nan, note="one item: internal consistency is not defined"),
        ]
    )
    assert sentences_to_paste(table, {"wai_s": "WAI-S"}) == [
        "WAI-S, client (n = 177 to 229): total: α = .91, 95% CI [.88, .94], "
        "ω = .92, 95% CI [.89, .94]; task: "
        "α = −.10, 95% CI [−.30, .05]; pair: α = .70, 95% CI [.60, .80], Spearman-Brown = .71; "
        "one: no alpha (one item: internal consistency is not defined)."
    ]


def test_the_jackknife_interval_takes_the_place_of_feldts():
    table = pd.DataFrame(
        [
            row("total", "alpha", 0.91, 0.88, 0.94),
            row("total", "alpha_jackknife", 0.91, 0.87, 0.93),
            row("task", "alpha", 0.8, 0.7, 0.9),
            row("task", "alpha_jackknife", 0.8, note="no resamples were drawn"),
        ]
    )
    found = with_alpha_to_report(table)
    assert found["statistic"].tolist() == ["alpha", "alpha"]
    assert found.set_index("scale")["lower"].to_dict() == {"total": 0.87, "task": 0.7}
