"""The factor analysis as people read it: tables and sentences of the report."""

import numpy as np
import pandas as pd

from factors.facts_on_numbers import Spread
from pipeline.report.blocks import Table
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    estimate_of,
    number,
    p_value,
    percent,
    with_interval,
)

CRITERIA = {
    "parallel_analysis_factor": "Parallel analysis, factors",
    "parallel_analysis_factor_mean": "Parallel analysis, factors, mean",
    "parallel_analysis_component": "Parallel analysis, components",
    "parallel_analysis_component_mean": "Parallel analysis, components, mean",
    "map": "MAP (Velicer, 1976)",
    "map_4": "MAP, fourth power (O'Connor, 2000)",
    "empirical_kaiser": "Empirical Kaiser criterion",
    "hull_caf": "Hull, common part accounted for",
    "hull_cfi": "Hull, CFI",
    "comparison_data": "Comparison data",
    "nest": "Next eigenvalue sufficiency test (NEST)",
    "sequential_chi_square": "Sequential chi-square",
    "lowest_bic": "Lowest BIC",
    "lowest_aic": "Lowest AIC",
    "rmsea": "RMSEA",
    "kaiser_guttman": "Kaiser-Guttman",
    "median_of_three": "Median of parallel analysis (components), Hull (CFI) and lowest BIC",
    "factors_extracted": "Factors extracted",
}


def reason(frame: pd.DataFrame) -> str:
    """Why a table holds nothing, where it holds only that."""
    return frame["note"].iloc[0] if len(frame) == 1 and frame["estimate"].isna().all() else ""


def suitability_table(suitability: pd.DataFrame) -> Table:
    """The numbers about the whole matrix, and what was left out or changed."""
    names = {
        "kmo": "Kaiser-Meyer-Olkin",
        "bartlett_chi2": "Bartlett's chi-square",
        "bartlett_df": "degrees of freedom",
        "bartlett_p": "p of Bartlett's test",
        "smallest_eigenvalue": "smallest eigenvalue",
        "log_determinant": "log of the determinant",
        "n_per_item": "people per item",
    }
    table = Table(["Statistic", "Value", "Remark"], source="factors/<perspective>/suitability.csv")
    whole = suitability[suitability["item"].isna()] if "item" in suitability else suitability
    rows = whole.set_index("statistic").to_dict("index")
    for name, label in names.items():
        row = rows.get(name)
        if row is not None:
            shown = {"kmo": coefficient, "bartlett_df": count, "bartlett_p": p_value}.get(name, number)
            table.rows.append([label, shown(row["estimate"]), row["note"]])
    if "item" in suitability:
        for row in suitability[suitability["statistic"] == "left_out"].to_dict("records"):
            table.rows.append([f"left out: {row['item']}", "–", row["note"]])
    return table


def retention_rows(retention: pd.DataFrame) -> Table:
    """One row per criterion."""
    table = Table(["Criterion", "Factors", "How", "Remark"], source="factors/<perspective>/retention.csv")
    for row in retention.to_dict("records"):
        criterion = CRITERIA[row["statistic"]]
        table.rows.append([criterion, count(row["estimate"]), text(row.get("method")), row["note"]])
    return table


def spread_table(spread: Spread) -> Table:
    """Which criteria find which number of factors, the number that most find first."""
    table = Table(
        ["Factors", "Criteria", "Which"],
        source="factors/<perspective>/retention.csv",
        title="Factors that the criteria find",
    )
    for k, criteria in spread.found.items():
        table.rows.append([count(k), count(len(criteria)), "; ".join(CRITERIA[name] for name in criteria)])
    return table


def alternatives_table(alternatives: pd.DataFrame, spread: Spread, labels: dict[str, str]) -> Table:
    """What changes with another number of factors: one row per number; columns for what the data can have."""
    known = alternatives[alternatives["estimate"].notna()]
    shown = {
        "Common factor": ("breadth", None),
        "Its breadth": ("breadth", coefficient),
        "Salient items": ("salient_items", count),
        "Congruence": ("common_factor_congruence", coefficient),
        "General share (ECV)": ("ecv", percent),
    }
    shown = {head: entry for head, entry in shown.items() if (known["statistic"] == entry[0]).any()}
    forms = list(known.loc[known["statistic"] == "common_share", "form"].unique())
    table = Table(
        ["Factors", "Criteria", *shown, *[f"{labels[form]}: common to all" for form in forms], "Remark"],
        source="factors/<perspective>/alternatives.csv",
        title="Solutions with other numbers of factors",
    )
    remarked = ["alternatives", *[statistic for statistic, _ in shown.values()], *["common_share"] * bool(forms)]
    for k, rows in alternatives.groupby("factors"):
        value = rows.drop_duplicates("statistic").set_index("statistic").to_dict("index")
        of_form = rows[rows["statistic"] == "common_share"].set_index("form")["estimate"]
        notes = dict.fromkeys(text(value.get(statistic, ABSENT)["note"]) for statistic in remarked)
        table.rows.append(
            [
                f"{count(k)} (extracted)" if k == spread.extracted else count(k),
                count(len(spread.found.get(int(k), []))),
                *[
                    show(estimate_of(value, statistic))
                    if show
                    else text(value.get(statistic, ABSENT).get("factor")) or "–"
                    for statistic, show in shown.values()
                ],
                *[percent(of_form.get(form, np.nan)) for form in forms],
                "; ".join(filter(None, notes)),
            ]
        )
    return table


def text(value) -> str:
    """An empty string for a missing cell."""
    return "" if pd.isna(value) else str(value)


def fit_table(fit: pd.DataFrame) -> Table:
    """Fit of the solution and of its neighbours with one factor fewer and one more."""
    table = Table(
        ["Factors", "Chi-square", "df", "RMSEA", "CFI", "TLI", "SRMR", "BIC"],
        source="factors/<perspective>/fit.csv",
        title="Fit of the solution and of its neighbours",
    )
    if "factors" not in fit:
        return table
    indices = fit[fit["statistic"] != "residual"]
    for keys, rows in by_statistic(indices, ["factors"]):
        names = ("chi_square", "degrees_of_freedom", "rmsea", "cfi", "tli", "srmr", "bic")
        value = {name: rows.get(name, ABSENT) for name in names}
        table.rows.append(
            [
                count(keys["factors"]),
                number(value["chi_square"]["estimate"], 1),
                count(value["degrees_of_freedom"]["estimate"]),
                with_interval(value["rmsea"], lambda estimate: coefficient(round(estimate, 3))),
                coefficient(value["cfi"]["estimate"]),
                coefficient(value["tli"]["estimate"]),
                coefficient(value["srmr"]["estimate"]),
                number(value["bic"]["estimate"], 0),
            ]
        )
    return table


def factor_correlations(loadings: pd.DataFrame) -> Table:
    """Phi with intervals, and the variance of each factor."""
    phi = loadings[loadings["statistic"] == "phi"] if "factor_2" in loadings else loadings.head(0)
    variance = loadings[loadings["statistic"] == "share_of_common_variance"].set_index("factor")["estimate"]
    factors = list(variance.index)
    table = Table(["Factor", *factors, "Share of common variance"], source="factors/<perspective>/loadings.csv")
    cells = {(row["factor"], row["factor_2"]): with_interval(row) for row in phi.to_dict("records")}
    for one in factors:
        row = ["1" if one == two else cells.get((one, two), cells.get((two, one), "–")) for two in factors]
        table.rows.append([one, *row, percent(variance[one])])
    return table


def loadings_table(loadings: pd.DataFrame, instruments: dict[str, str], salient: float) -> Table:
    """Items that mark each factor: loading with interval, strongest first; an item may mark several."""
    table = Table(
        ["Factor", "Instrument", "Item", "Loading", "Communality"], source="factors/<perspective>/loadings.csv"
    )
    rows = loadings[loadings["statistic"] == "loading"]
    if "item" not in rows:
        return table
    communality = loadings[loadings["statistic"] == "communality"].set_index("item")["estimate"]
    marking = rows[rows["estimate"].abs() >= salient]
    marking = marking.assign(size=-marking["estimate"].abs()).sort_values(["factor", "size"], kind="stable")
    for row in marking.to_dict("records"):
        table.rows.append(
            [
                row["factor"],
                instruments.get(row["item"], ""),
                row["item"],
                with_interval(row),
                coefficient(communality[row["item"]]),
            ]
        )
    return table


def breadth_table(common: pd.DataFrame) -> Table:
    """Salience, breadth and share of every factor; the general factor last."""
    instruments = list(common.loc[common["statistic"] == "salient_share", "group"].unique())
    table = Table(
        [
            "Factor",
            "Salient items",
            "Breadth",
            "Share of common variance",
            *[f"Salient share of {name}" for name in instruments],
        ],
        source="factors/<perspective>/common_factor.csv",
    )
    shown = ["salient_items", "breadth", "share_of_common_variance", "salient_share"]
    described = common[common["statistic"].isin(shown)]
    for factor, rows in described.groupby("factor", sort=False):
        whole = rows[rows["statistic"] != "salient_share"].set_index("statistic").to_dict("index")
        shares = rows[rows["statistic"] == "salient_share"].set_index("group").to_dict("index")
        table.rows.append(
            [
                factor,
                count(whole["salient_items"]["estimate"]),
                with_interval(whole["breadth"]),
                with_interval(whole["share_of_common_variance"], percent),
                *[with_interval(shares[name], percent) for name in instruments],
            ]
        )
    return table


def outcome_table(common: pd.DataFrame) -> Table:
    """Correlation of the factor scores with each outcome."""
    table = Table(
        ["Outcome", "Factor", "n", "r with the outcome", "r, general factor removed", "Remark"],
        source="factors/<perspective>/common_factor.csv",
    )
    rows = common[common["statistic"].isin(["r_outcome", "r_outcome_general_removed"])]
    if rows.empty:
        return table
    for keys, found in by_statistic(rows, ["group", "factor"]):
        plain, removed = found["r_outcome"], found.get("r_outcome_general_removed", ABSENT)
        table.rows.append(
            [
                keys["group"],
                keys["factor"],
                count(plain["n"]),
                with_interval(plain),
                with_interval(removed),
                plain["note"],
            ]
        )
    return table


def general_table(general: pd.DataFrame) -> Table:
    """How much of the variance is general."""
    names = {
        "omega_hierarchical": "omega hierarchical",
        "omega_total": "omega total",
        "ecv": "explained common variance (ECV)",
        "puc": "percent of uncontaminated correlations (PUC)",
        "share_of_general_variance": "share of the general factor's variance",
    }
    table = Table(
        ["Statistic", "Items", "Value", "Remark"],
        source="factors/<perspective>/general_factor.csv, factors/<perspective>/bifactor.csv",
    )
    for row in general[general["statistic"].isin(list(names))].to_dict("records"):
        table.rows.append([names[row["statistic"]], text(row.get("group")) or "all", with_interval(row), row["note"]])
    return table


def replicability_table(table: pd.DataFrame, source: str = "factors/<perspective>/replicability.csv") -> Table:
    """Congruence of every factor between halves, and with each other solution."""
    shown = Table(["Compared with", "Factor", "Its counterpart", "Congruence", "Remark"], source=source)
    rows = table[table["statistic"].isin(["split_half_congruence", "congruence"])]
    for row in rows.to_dict("records"):
        halves = row["statistic"] == "split_half_congruence"
        place = "halves of the sample" if halves else text(row.get("group")).replace("published", "published table")
        counterpart = text(row.get("factor")) if halves else text(row.get("factor_2"))
        shown.rows.append([place, text(row.get("factor")), counterpart, with_interval(row), row["note"]])
    return shown


def perspectives_table(content: pd.DataFrame) -> Table:
    """How far general loadings and communalities differ between two perspectives, per category of content."""
    table = Table(
        [
            "Perspectives",
            "Facet",
            "Category",
            "Items",
            "General loading",
            "General loading, minus other items",
            "Communality",
            "Communality, minus other items",
            "Remark",
        ],
        source="factors/perspective_content.csv",
    )
    statistics = ["mean_general_gap", "difference_general_gap", "mean_communality_gap", "difference_communality_gap"]
    shown = content[content["statistic"].isin(statistics) & content["perspective_2"].notna()]
    shown = shown.assign(**shown[["facet", "category"]].astype(object).fillna("all"))
    for keys, rows in by_statistic(shown, ["perspective", "perspective_2", "facet", "category"]):
        value = [rows.get(statistic, ABSENT) for statistic in statistics]
        # what holds for a whole solution is said once, in the first row of the pair
        table.rows.append(
            [
                f"{keys['perspective']} minus {keys['perspective_2']}",
                keys["facet"],
                keys["category"],
                count(value[0].get("n", np.nan)),
                *map(with_interval, value),
                value[0]["note"] if keys["facet"] == "all" else "",
            ]
        )
    return table


def warnings_of(loadings: pd.DataFrame, about_notes: list[str]) -> list[str]:
    """What a reader must not overlook: smoothing, Heywood cases, convergence."""
    found = list(about_notes)
    watched = loadings["statistic"].isin(["uniqueness", "converged"])
    for row in loadings[watched & (loadings["note"] != "")].to_dict("records"):
        found.append(f"{row['item']}: {row['note']}" if row["statistic"] == "uniqueness" else row["note"])
    return found
