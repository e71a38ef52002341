"""Parts of the section on the course: where the variance lies, how the alliance grows, and who leaves."""

from typing import Any

import pandas as pd

from course.scales import totals
from pipeline.data.tables import with_text
from pipeline.report.blocks import Block, Folded, Heading, Listing, Note, Table, under
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    estimate_of,
    number,
    p_value,
    percent,
    remark,
    side_of,
    turned,
    with_interval,
)
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.course.serial_growth import BETTER

KEYS = ["perspective", "form", "scale"]
VARIANCE, GROWTH, DROPOUT = "course/variance.csv", "course/growth.csv", "course/dropout.csv"
NONE = "none"
CHANCE_EACH = 0.5  # of what lies outside an interval by chance lies on either side


def variance_blocks(results: Results) -> list[Block]:
    """Shares of therapists, dyads and sessions."""
    say, rows = words("course"), results.table("course_variance")
    if "form" not in rows:
        return []
    table = Table(
        [
            "Form",
            "Answered by",
            "Scale",
            "Ratings",
            "Dyads",
            "Therapist",
            "Dyad",
            "Session",
            "AR(1): φ",
            "Dyad, AR(1)",
            "Remark",
        ],
        source=VARIANCE,
    )
    told = []
    of_all = {(form.name, scale) for form, scale in totals(results.dataset)}
    rows = with_text(rows, "residuals")
    serial = dict_of(rows[rows["residuals"] == "AR(1)"])
    for keys, own in by_statistic(rows[rows["residuals"] != "AR(1)"], KEYS):
        with_ar = serial.get(tuple(keys.values()), {})
        shares = {name: own.get(f"share_{name}", ABSENT) for name in ("therapist", "dyad", "session")}
        phi = with_ar.get("serial_correlation", ABSENT)
        about = own["share_dyad"]
        table.rows.append(
            [
                results.labels[keys["form"]],
                keys["perspective"],
                keys["scale"],
                count(about["n"]),
                count(about.get("dyads", float("nan"))),
                *(with_interval(row, percent) for row in shares.values()),
                with_interval(phi),
                with_interval(with_ar.get("share_dyad", ABSENT), percent),
                remark(*shares.values(), phi),
            ]
        )
        if (keys["form"], keys["scale"]) in of_all and pd.notna(about["estimate"]):
            label = f"{results.labels[keys['form']]}, {keys['perspective']}"
            told.append(
                say.variance({"label": label, "phi": phi, "unit": unit_of(results), "percent": percent, **shares})
            )
    return under(say.heading("variance"), *([Listing(told)] if told else []), Note(say.how_to_read_variance()), table)


def dict_of(rows: pd.DataFrame) -> dict[tuple, dict[str, dict]]:
    """Rows per scale, by statistic."""
    return {tuple(keys.values()): own for keys, own in by_statistic(rows, KEYS)}


def unit_of(results: Results) -> str:
    """`session` or `week`."""
    return results.dataset.time.removesuffix("s")


def growth_blocks(results: Results) -> list[Block]:
    """Sentences, figure and tables on growth and on who leaves."""
    say, rows = words("course"), with_text(results.table("course_growth"), "term", "random")
    if "form" not in rows:
        return []
    dropout = with_text(results.table("course_dropout"), "ending")
    facts = [growth_facts(results, keys, own, dropout) for keys, own in of_scales(rows)]
    told = [say.growth(one) for one in facts]
    blocks: list[Block] = [Heading(say.heading("growth")), Listing(told), *results.figure("course_growth")]
    table = growth_table(results, rows)
    if table.rows:
        how = say.how_to_read_growth(unit_of(results), results.config["level"], origin_of(rows))
        blocks += [Note(how), table]
    blocks += folded(say.heading("shapes"), say.how_to_read_shapes(), shapes_table(results, rows))
    blocks += folded(say.heading("dropout"), say.how_to_read_dropout(), dropout_table(results, dropout))
    return blocks


def folded(title: str, how: str, table: Table) -> list[Block]:
    """A table that is shown on demand; nothing where it is empty."""
    return [Folded(title, [Note(how), table])] if table.rows else []


def of_scales(rows: pd.DataFrame) -> list[tuple[dict, pd.DataFrame]]:
    """Rows of each scale."""
    return [(dict(zip(KEYS, keys, strict=True)), own) for keys, own in rows.groupby(KEYS, sort=False)]


def found_in(own: pd.DataFrame) -> dict[str, dict]:
    """Rows by statistic, those of a level as `slope_sd.dyad`."""
    names = own["statistic"].where(own["term"] == "", own["statistic"] + "." + own["term"])
    single = own[~own["statistic"].isin(["growth_expected", "growth_aicc_difference", "growth_weight"])]
    return dict(zip(names[single.index], single.to_dict("records"), strict=True))


def origin_of(rows: pd.DataFrame) -> str:
    """Where levels are counted from: `session 1`."""
    methods = rows.loc[rows["statistic"] == "growth_level", "method"]
    return " or ".join(dict.fromkeys(method.rpartition(", at ")[2] for method in methods))


def shape_name(model: str, bound: float, unit: str) -> str:
    """`two pieces that meet at session 10`."""
    names = {"linear": "a line", "log": "a curve that levels off (log)", "quadratic": "a quadratic curve"}
    return names.get(model, f"two lines that meet at {unit} {bound:g}") if model != NONE else "no change"


def growth_facts(results: Results, keys: dict, own: pd.DataFrame, dropout: pd.DataFrame) -> dict[str, Any]:
    """What is said of the course of a total."""
    rows = found_in(own)
    change = rows["growth_change"]
    label = f"{results.labels[keys['form']]}, {keys['perspective']}"
    if pd.isna(change["estimate"]):
        return {"label": label, "why_not": change["note"]}
    weights = own[own["statistic"] == "growth_weight"]
    best = weights.loc[weights["estimate"].idxmax()]
    side = side_of(change)
    size = change if side >= 0 else turned(change)
    same = dropout[(dropout[KEYS] == pd.Series(keys)).all(axis=1)] if "form" in dropout else dropout.iloc[:0]
    left = {row["statistic"]: row for row in same.to_dict("records") if row["statistic"] != "change_by_ending"}
    endings = same[same["statistic"] == "change_by_ending"].set_index("ending").to_dict("index")
    d = rows["growth_change_d"]
    unit = unit_of(results)
    slopes, reliability = slopes_told(rows)
    return {
        "label": label,
        "why_not": "",
        "best": shape_name(best["model"], best["bound"], unit),
        "weight": best["estimate"],
        "grows": shape_name(change["model"], change["bound"], unit),
        "flat": best["model"] == NONE,
        "span": change["method"].rpartition("over the median course, ")[2],
        "side": side,
        "size": size,
        "d": abs(d["estimate"]),
        "serial": rows["growth_serial_correlation"] if follows(rows) else ABSENT,
        "slopes": slopes,
        "reliability": reliability,
        "up": rows.get("increase_beyond_chance", ABSENT),
        "down": rows.get("decrease_beyond_chance", ABSENT),
        "chance": CHANCE_EACH * (1 - results.config["level"]),
        "unit": unit,
        "two": number,
        "three": three,
        "ending": endings.get("dropped minus planned", ABSENT),
        "missing": left.get("missing_at_end", ABSENT),
        "tipping": left.get("tipping_delta", ABSENT),
    }


def three(value: float) -> str:
    """Three decimals of a slope, which is small in points per session."""
    return number(value, 3)


def slopes_told(rows: dict[str, dict]) -> tuple[dict, dict]:
    """SD and reliability of the slopes of dyads: those with AR(1) where residuals follow each other."""
    if follows(rows):
        return rows["slope_sd_ar1.dyad"], rows["slope_reliability_ar1"]
    return rows.get("slope_sd.dyad", ABSENT), plain_reliability(rows)


def plain_reliability(rows: dict[str, dict]) -> dict:
    """Reliability of the slopes without AR(1); the row of a reason is named after the dyads."""
    return rows.get("slope_reliability", rows.get("slope_reliability.dyad", ABSENT))


def follows(rows: dict[str, dict]) -> bool:
    """Whether residuals follow each other, so that slopes are those with AR(1)."""
    gain, phi = rows.get("serial_aicc_difference", ABSENT), rows.get("growth_serial_correlation", ABSENT)
    return bool(gain["estimate"] < BETTER and phi["estimate"] > 0 and "slope_sd_ar1.dyad" in rows)


def growth_table(results: Results, rows: pd.DataFrame) -> Table:
    """One row per total."""
    unit = unit_of(results)
    head = ["Form", "Answered by", "Dyads", "Shape", "Weight", "Level", "Change", "SDs", "SD of levels", "SD of slopes"]
    head += ["of therapists", "Level and slope", "Reliability", "AR(1): φ"]
    head += ["SD of slopes, AR(1)", "Reliability, AR(1)", "Up", "Down"]
    head += ["Remark"]
    table = Table(head, source=GROWTH)
    for keys, own in of_scales(rows):
        found = found_in(own)
        change = found["growth_change"]
        if pd.isna(change["estimate"]):
            table.rows.append(
                [results.labels[keys["form"]], keys["perspective"], *["–"] * (len(head) - 3), change["note"]]
            )
            continue
        same = own["model"].eq(change["model"]) & (own["bound"].eq(change["bound"]) | own["bound"].isna())
        weight = own.loc[same & (own["statistic"] == "growth_weight"), "estimate"]
        slope = found.get("slope_sd.dyad", ABSENT)
        table.rows.append(
            [
                results.labels[keys["form"]],
                keys["perspective"],
                count(change["dyads"]),
                shape_name(change["model"], change["bound"], unit),
                coefficient(weight.iloc[0]) if len(weight) else "–",
                with_interval(found["growth_level"], number),
                with_interval(change, number),
                with_interval(found["growth_change_d"], number),
                with_interval(found.get("level_sd.dyad", ABSENT), number),
                with_interval(slope, three),
                with_interval(found.get("slope_sd.therapist", ABSENT), three),
                with_interval(found.get("level_slope_r.dyad", ABSENT)),
                with_interval(plain_reliability(found)),
                with_interval(found.get("growth_serial_correlation", ABSENT)),
                with_interval(found.get("slope_sd_ar1.dyad", ABSENT), three),
                with_interval(found.get("slope_reliability_ar1", ABSENT)),
                with_interval(found.get("increase_beyond_chance", ABSENT), percent),
                with_interval(found.get("decrease_beyond_chance", ABSENT), percent),
                remark(change, without_names(slope)),
            ]
        )
    return table


def without_names(row: dict) -> dict:
    """The same row, whose note names no statistic of the table."""
    return row | {"note": row["note"].replace(": see slope_sd_ar1", " (right: with AR(1))")}


def shapes_table(results: Results, rows: pd.DataFrame) -> Table:
    """Shapes and slopes of each total, compared."""
    unit = unit_of(results)
    table = Table(
        ["Form", "Answered by", "Compared", "AICc above the best", "Weight", "Test", "p", "Remark"], source=GROWTH
    )
    for keys, own in of_scales(rows):
        name = [results.labels[keys["form"]], keys["perspective"]]
        weighed = own[own["statistic"] == "growth_weight"].fillna({"bound": -1.0})
        weights = weighed.set_index(["model", "bound"])["estimate"]
        for row in own[own["statistic"] == "growth_aicc_difference"].to_dict("records"):
            key = (row["model"], -1.0 if pd.isna(row["bound"]) else row["bound"])
            weight = weights.get(key, float("nan"))
            shape = shape_name(row["model"], row["bound"], unit)
            shape = "two lines" if pd.isna(row["bound"]) and row["model"] == "two-piece" else shape
            delta = "–" if pd.isna(row["estimate"]) else number(row["estimate"], 1)
            table.rows.append([*name, shape, delta, coefficient(weight), "", "", row["note"]])
        for row in own[own["statistic"] == "slopes_aicc_difference"].to_dict("records"):
            tests = own[(own["statistic"] == "slope_variance_test") & (own["random"] == row["random"])]
            shown = "; ".join(f"{value:.1f}" for value in tests["estimate"])
            p = "; ".join(p_value(value) for value in tests["p"])
            table.rows.append([*name, row["random"], number(row["estimate"], 1), "", shown, p, row["note"]])
    return table


def dropout_table(results: Results, rows: pd.DataFrame) -> Table:
    """One row per total: endings, who is missing, and what a shift would change."""
    head = ["Form", "Answered by", "Planned", "Dropped", "Difference", "Missing at the end"]
    head += ["Change, 0.5 SD lower", "1 SD lower", "Flips at", "Remark"]
    table = Table(head, source=DROPOUT)
    if "form" not in rows:
        return table
    for keys, own in of_scales(rows):
        endings = own[own["statistic"] == "change_by_ending"].set_index("ending").to_dict("index")
        shift = own[own["statistic"] == "change_if_missing_lower"]
        shifted = shift.set_index("delta").to_dict("index") if len(shift) else {}
        single = {row["statistic"]: row for row in own.to_dict("records")}
        difference = endings.get("dropped minus planned", ABSENT)
        flips = single.get("tipping_delta", ABSENT)
        table.rows.append(
            [
                results.labels[keys["form"]],
                keys["perspective"],
                *(with_interval(endings.get(name, ABSENT), number) for name in ("planned", "dropped")),
                with_interval(difference, number),
                percent(estimate_of(single, "missing_at_end")),
                *(with_interval(shifted.get(delta, ABSENT), number) for delta in (0.5, 1.0)),
                "–" if pd.isna(flips["estimate"]) else f"{number(flips['estimate'])} SD",
                remark(difference, flips),
            ]
        )
    return table
