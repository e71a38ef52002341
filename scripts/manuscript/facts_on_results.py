"""Facts for the Results section, rows of the result tables; the wording: workflow/words/manuscript_results.j2."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from factors.facts_on_numbers import Spread
from factors.shown_tables import reason
from manuscript import apa_course, apa_invariance, apa_lags, apa_ruptures
from manuscript.apa_shared_variance import PAIR, compared, pair_name
from manuscript.material import MISSING, Material
from manuscript.measures import keys_of, scale_name
from pipeline.manuscript.apa_numbers import limits, percentage
from pipeline.manuscript.apa_table import NONE
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic, estimate_of
from pipeline.report.wording import words
from shared_variance.facts_on_parts import compositions

Row = Mapping[Any, Any]


def paragraphs(material: Material, numbers: dict[str, str]) -> dict[str, list[str]]:
    """Write the paragraphs of the Results section.

    Parameters
    ----------
    material : Material
        The results.
    numbers : dict
        Name of a table of the manuscript -> its number.

    Returns
    -------
    dict
        Heading -> paragraphs; headings without a paragraph are left out.
    """
    made = {
        "reliability": about_reliability(material, numbers),
        "associations": about_associations(material, numbers),
        "perspectives": about_perspectives(material, numbers),
        "invariance": about_invariance(material, numbers),
        "course": about_course(material, numbers),
        "ruptures": about_ruptures(material, numbers),
        "lags": about_lags(material, numbers),
        "factors": about_factors(material, numbers),
        "outcome": about_outcome(material),
    }
    return {heading: texts for heading, texts in made.items() if texts}


def _tables(numbers: dict[str, str], *begins: str) -> list[str]:
    """Return `Table 2` of each table whose name begins so."""
    return [words("manuscript_results").table(number) for name, number in numbers.items() if name.startswith(begins)]


def about_reliability(material: Material, numbers: dict[str, str]) -> list[str]:
    """Alpha of the totals (of the scales, where there are no totals), and what lies between therapists."""
    say, dataset = words("manuscript_results"), material.dataset
    own = []
    for who in dataset.perspectives:
        rows, totals = [], True
        for form in dataset.forms_of(who):
            scales = [scale for scale in form.scales if scale == "total"] or list(form.scales)
            totals &= scales == ["total"]
            for scale in scales:
                row = material.reliability_of((who, form.name, scale))
                label = literal(form.label) + ("" if scale == "total" else f" {literal(scale_name(scale))}")
                if pd.notna(row["estimate"]):
                    rows.append((label, row))
        if rows:
            own.append({"who": who, "totals": totals, "rows": rows})
    made = [say.reliability(own, _tables(numbers, "descriptives"))] if own else []
    nesting = material.results.at_occasion("nesting") if material.results.has("nesting") else pd.DataFrame()
    if "scale" in nesting:
        rows = nesting[
            (nesting["statistic"] == "icc_therapist") & (nesting["scale"] == "total") & nesting["estimate"].notna()
        ]
        if "session" in rows:
            rows = rows[rows["session"].notna()] if rows["session"].notna().any() else rows
        for who in dataset.perspectives:
            found = [
                (literal(material.results.labels[row["form"]]), row)
                for row in rows[rows["perspective"] == who].to_dict("records")
            ]
            made += [say.nesting(who, found)] if found else []
    return made


def about_associations(material: Material, numbers: dict[str, str]) -> list[str]:
    """Correlation and shared variance of every pair, as observed and corrected."""
    say, labels = words("manuscript_results"), material.results.labels
    shared = material.results.table("shared_variance")
    tables = _tables(numbers, "correlations")
    made = [say.correlations(tables, material.ranks)] if tables else []
    pairs = [
        (keys, rows)
        for keys, rows in (by_statistic(shared, PAIR) if set(PAIR) <= set(shared) else [])
        if pd.notna(estimate_of(rows, "r2"))
    ]
    if not pairs:
        why = next((note for note in shared["note"] if note), "")
        return [*made, say.no_pairs(literal(why))] if why else made
    groups: dict[tuple[str, str], list[dict]] = {}
    for keys, rows in pairs:
        one, two = keys["perspective"], keys["perspective_2"]
        pair = material.pair(*keys_of(keys))
        name = pair_name(keys, labels)
        groups.setdefault((one, two), []).append(
            {
                "name": name if one == two or " and " in name else f"{name} of {one} and {two}",
                "full_name": f"{name}, {one}" if one == two else f"{name}, {one} and {two}",
                "r": pair["r_pearson"],
                "p": pair["p_pearson_holm"]["estimate"],
                "shared": rows["r2"],
                "corrected": rows.get("r2_disattenuated", MISSING),
            }
        )
    for (one, two), own in groups.items():
        who = f"Answered by the {one}" if one == two else f"Between {one} and {two}"
        made.append(say.pairs(who, own, " ".join(_tables(numbers, "shared_variance"))))
    within = [one for who, own in groups.items() if who[0] == who[1] for one in own]
    judged = {
        verdict: [
            one["full_name"].replace(", ", " (") + ")" for one in within if compared(one["shared"], 0.50) == verdict
        ]
        for verdict in ("less", "open", "more")
    }
    if any(judged.values()):
        made.append(say.claim(judged["less"], judged["open"], judged["more"], len(within)))
    known = [one for own in groups.values() for one in own if pd.notna(one["corrected"]["estimate"])]
    made += [say.corrected([(one["full_name"], one["corrected"]) for one in known])] if known else []
    return made


def about_invariance(material: Material, numbers: dict[str, str]) -> list[str]:
    """Of each form whether means may be compared."""
    shown = _tables(numbers, "invariance_")
    found = apa_invariance.sentences(material)
    return [f"{words('manuscript_results').invariance_tables(shown)} {' '.join(found)}"] if shown and found else []


def about_course(material: Material, numbers: dict[str, str]) -> list[str]:
    """How totals change over the median course."""
    shown, found = _tables(numbers, "course"), apa_course.sentences(material)
    return [f"{words('manuscript_results').course_table(shown[0])} {' '.join(found)}"] if shown and found else []


def about_ruptures(material: Material, numbers: dict[str, str]) -> list[str]:
    """By which criteria more ruptures are seen than where nothing ruptures."""
    shown, found = _tables(numbers, "ruptures"), apa_ruptures.sentences(material)
    return [f"{words('manuscript_results').ruptures_table(shown[0])} {' '.join(found)}"] if shown and found else []


def about_lags(material: Material, numbers: dict[str, str]) -> list[str]:
    """What leads and what follows, alliance or symptoms."""
    found = apa_lags.sentences(material)
    shown = _tables(numbers, "lags")
    return [f"{' '.join(found)} {words('manuscript_results').lags_table(shown[0])}"] if found and shown else []


def about_perspectives(material: Material, numbers: dict[str, str]) -> list[str]:
    """What the multitrait-multimethod matrices show, and whether instruments can be told apart."""
    say, labels, made = words("manuscript_results"), material.results.labels, []
    mtmm = material.results.table("mtmm")
    if "form" not in mtmm:
        return []
    for group in dict.fromkeys(mtmm["group"].dropna()):
        table = _tables(numbers, f"mtmm_{str(group).replace(' ', '_').lower()}")
        rows = mtmm[mtmm["group"] == group]
        validities = rows[(rows["statistic"] == "validity") & rows["estimate"].notna()].to_dict("records")
        if not table or not validities:
            continue
        instruments = group == "instruments"
        several = len({(row["perspective"], row["perspective_2"]) for row in validities}) > 1
        criteria = rows[(rows["statistic"] == "criterion") & rows["criterion"].isin([1, 2, 3]) & rows["holds"].notna()]
        own = {
            "what": "the instruments" if instruments else f"the {literal(group)}",
            "validities": [
                (
                    literal(labels[row["form"]] if instruments else scale_name(row["scale"]))
                    + (f", {row['perspective']} and {row['perspective_2']}" if several else ""),
                    row,
                )
                for row in validities
            ],
            "criteria": [
                {
                    "what": say.criterion_of_matrix(int(row["criterion"])),
                    "holds": row["holds"],
                    "comparisons": int(row["comparisons"]),
                }
                for row in criteria.to_dict("records")
                if row["comparisons"]
            ],
        }
        made.append(say.mtmm(own, table[0]))
    ratios = mtmm[(mtmm["statistic"] == "htmt") & mtmm["estimate"].notna() & mtmm["form"].notna()].to_dict("records")
    if ratios:
        made.append(
            say.htmt(
                [
                    (f"{pair_name(row | {'scale': 'total', 'scale_2': 'total'}, labels)}, {row['perspective']}", row)
                    for row in ratios
                ]
            )
        )
    return made


def about_factors(material: Material, numbers: dict[str, str]) -> list[str]:
    """Of each perspective: suitability, number of factors, fit, solution, common and general factor."""
    if not material.dataset.has_items:
        return []
    return [text for who in material.dataset.factored for text in one_perspective(material, who, numbers)]


def one_perspective(material: Material, who: str, numbers: dict[str, str]) -> list[str]:
    """Write the paragraphs about the factors of one perspective."""
    say = words("manuscript_results")

    def table(name: str) -> pd.DataFrame:
        return material.results.table(name, who)

    loadings = table("loadings")
    if reason(loadings):
        return [say.could_not_run(who, literal(reason(loadings)))]
    extracted = int(table("retention").set_index("statistic").loc["factors_extracted", "estimate"])
    spread = Spread.of(table("retention"))
    facts = {
        "found": dict(sorted(spread.found.items())),
        "silent": spread.silent,
        "extracted": extracted,
    }
    first = [say.suitability(_suitability(table("suitability"), who, loadings)), say.retention(facts)]
    second = [say.fit(own) for own in [_fit(table("fit"), extracted)] if own]
    second.append(say.solution(_solution(loadings), " ".join(_tables(numbers, f"pattern_{who}"))))
    halves = table("replicability")
    halves = halves[halves["statistic"] == "split_half_congruence"]["estimate"].dropna()
    second += [say.congruence(halves.min(), halves.max())] if len(halves) else []
    third = _common_factor(material, table("common_factor"))
    general = table("general_factor")
    whole = general[general["group"].isna()] if "group" in general else general
    rows = whole[whole["item"].isna()] if "item" in whole else whole
    known = rows.drop_duplicates("statistic").set_index("statistic").to_dict("index")
    if pd.notna(estimate_of(known, "omega_hierarchical")) and pd.notna(estimate_of(known, "ecv")):
        third.append(say.general({"omega": known["omega_hierarchical"], "ecv": known["ecv"]}))
    third += _parts(material, who)
    return [" ".join(filter(None, part)) for part in (first, second, third) if part]


def _suitability(table: pd.DataFrame, who: str, loadings: pd.DataFrame) -> dict[str, Any]:
    whole = table[table["item"].isna()] if "item" in table else table
    known = whole.set_index("statistic")["estimate"]
    return {
        "who": who,
        "number_of_items": loadings.loc[loadings["statistic"] == "loading", "item"].nunique(),
        "n": loadings["n"].iloc[0],
        "n_per_item": known.get("n_per_item", np.nan),
        "kmo": known.get("kmo", np.nan),
        "why_no_kmo": literal(next(iter(whole.loc[whole["statistic"] == "kmo", "note"]), "")),
        "chi_square": known.get("bartlett_chi2", np.nan),
        "df": known.get("bartlett_df", np.nan),
        "p": known.get("bartlett_p", np.nan),
    }


def _fit(table: pd.DataFrame, extracted: int) -> dict[str, Any]:
    if "factors" not in table:
        return {}
    own = table[table["factors"] == extracted]
    own = own[own["item"].isna()] if "item" in own else own
    rows = own.set_index("statistic").to_dict("index")
    known = {name: row["estimate"] for name, row in rows.items()}
    if pd.isna(known.get("chi_square", np.nan)):
        return {}
    rmsea = rows.get("rmsea", MISSING)

    def three(value: float) -> str:
        return f"{value:.3f}".replace("0.", ".", 1)

    shown = three(rmsea["estimate"]) if pd.notna(rmsea["estimate"]) else NONE
    if limits(rmsea) != NONE:
        shown += f", {100 * rmsea['level']:g}% CI {limits(rmsea, three)}"
    return {
        "df": known["degrees_of_freedom"],
        "chi_square": known["chi_square"],
        "p": known.get("p_value", np.nan),
        "rmsea": rmsea["estimate"],
        "rmsea_row": shown,
        "cfi": known.get("cfi", np.nan),
        "tli": known.get("tli", np.nan),
        "srmr": known.get("srmr", np.nan),
    }


def _solution(loadings: pd.DataFrame) -> dict[str, Any]:
    shares = loadings[loadings["statistic"] == "share_of_common_variance"]
    phi = loadings[loadings["statistic"] == "phi"]
    raw = phi["uncorrected"] if "uncorrected" in phi else pd.Series(dtype=float)
    return {
        "shares": [f"{percentage(row['estimate'])} ({row['factor']})" for row in shares.to_dict("records")]
        if len(shares) > 1
        else [],
        "one_pair": len(phi) == 1,
        "lowest": phi["estimate"].min(),
        "highest": phi["estimate"].max(),
        "corrected": raw.notna().any(),
        "raw_lowest": raw.min(),
        "raw_highest": raw.max(),
    }


def _common_factor(material: Material, table: pd.DataFrame) -> list[str]:
    say = words("manuscript_results")
    named = table[table["statistic"] == "common_factor"]
    if named.empty:
        return []
    row = named.iloc[0]
    if not isinstance(row.get("factor"), str) or not row["factor"]:
        several = len({form.instrument for form in material.dataset.forms}) > 1
        return [say.no_common_factor(literal(row["note"]))] if several else []
    own = table[(table["factor"] == row["factor"])].drop_duplicates("statistic").set_index("statistic").to_dict("index")
    if "breadth" not in own or len({form.instrument for form in material.dataset.forms}) < 2:
        return []
    return [
        say.common_factor(
            {
                "name": row["factor"],
                "salient": int(own["salient_items"]["estimate"]),
                "breadth": own["breadth"],
                "share": row["estimate"],
            }
        )
    ]


def _parts(material: Material, who: str) -> list[str]:
    split = material.results.table("variance_split")
    if "form" not in split or "statistic" not in split:
        return []
    rows = split[(split["statistic"] == "common_share") & (split["perspective"] == who) & split["estimate"].notna()]
    found = [
        (literal(material.results.labels[row["form"]]), row)
        for row in rows.to_dict("records")
        if isinstance(row["form"], str)
    ]
    instruments = len({form.instrument for form in material.dataset.forms_of(who)})
    if len(found) < 2 or instruments < 2:
        return []
    both = "both instruments" if instruments == 2 else "all instruments"
    say = words("manuscript_results")
    own = next((one for one in compositions(split, material.dataset.forms) if one.who == who), None)
    told = [say.parts({"who": who, "rows": found, "instruments": both}), say.rests_on(own.rests_on if own else "")]
    return list(filter(None, told))


def about_outcome(material: Material) -> list[str]:
    """How much of each outcome the totals of a perspective explain."""
    say, made = words("manuscript_results"), []
    table = material.results.table("commonality")
    if not {"outcome", "model", "scores"} <= set(table):
        return []
    table = table[(table["model"] == "instruments") & (table["scores"] == "observed")]
    rows = table[table["statistic"] == "r2"]
    rows = rows[rows["form"].isna()] if "form" in rows else rows
    rows = rows[rows["estimate"].notna() & rows["outcome"].notna()]
    for row in rows.to_dict("records"):
        label = literal(material.results.variables.get(row["outcome"], row["outcome"]))
        same = (table["outcome"] == row["outcome"]) & (table["perspective"] == row["perspective"])
        parts = table.loc[same & (table["statistic"] == "commonality"), "group"]
        own = {"who": row["perspective"], "row": row, "outcome": label}
        made.append(say.outcome(own | {"totals": parts.str.count(",").max() + 1 if len(parts) else 1}))
    return [" ".join(made)] if made else []
