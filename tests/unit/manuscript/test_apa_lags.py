"""The table and the sentences on lags for a paper."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from manuscript import apa_lags
from psychometrics.course.lead_and_lag import MODELS, VARIANTS

NAMES = ("alliance_to_symptoms", "symptoms_to_alliance", "alliance_to_alliance", "symptoms_to_symptoms")


def material(values: dict[str, float]) -> SimpleNamespace:
    """Results in which every lag has a value, the same by all methods but for the centred regression's second one."""
    rows = []
    for model in MODELS:
        for variant in VARIANTS:
            for name in NAMES:
                value = values[name] + (0.5 if model == MODELS[2] and name == NAMES[1] else 0.0)
                row = {
                    "estimate": value,
                    "lower": value - 0.1,
                    "upper": value + 0.1,
                    "model": model,
                    "variant": variant,
                }
                row |= {"n": 200.0, "sessions": "1, 2, 3, 4", "interval": 1.0, "level": 0.95, "note": ""}
                rows += [row | {"statistic": f"lag_{name}"}, row | {"statistic": f"lag_{name}_standardized"}]
    frame = pd.DataFrame(rows).assign(perspective="client", form="wai_s", scale="total", measure="symptoms")
    forms = [SimpleNamespace(name="wai_s", label="WAI-S", key_status="established")]
    results = SimpleNamespace(labels={"wai_s": "WAI-S"}, has=lambda _: True, table=lambda _: frame)
    return SimpleNamespace(results=results, dataset=SimpleNamespace(forms=forms, simulated=False), level="95%")


def test_a_row_for_each_model_and_variant():
    table = apa_lags.table(material(dict.fromkeys(NAMES, -0.2)))
    table.check()
    assert len(table.rows) == 1 + 9
    assert table.rows[1].cells[:3] == ["Cross-lagged panel, as observed", "−.20", "[−.30, −.10]"]
    assert "sessions 1 to 4" in table.general


def test_both_directions_and_what_methods_say():
    (text,) = apa_lags.sentences(material({NAMES[0]: -0.2, NAMES[1]: 0.0, NAMES[2]: 0.3, NAMES[3]: 0.3}))
    assert text == (
        "Sessions with a higher alliance (WAI-S, client) were followed by lower symptoms, β = −.20, "
        "95% CI [−.30, −.10]; sessions with higher symptoms were followed by no clear difference in the alliance, "
        "β = .00, 95% CI [−.10, .10], though not by all methods."
    )


def test_nothing_without_lags():
    without = material(dict.fromkeys(NAMES, 0.1))
    without.results.table("")["estimate"] = np.nan
    assert apa_lags.table(without) is None and apa_lags.sentences(without) == []
