"""The paragraphs on shared variance, in order: facts of the tables, worded by workflow/words/shared_variance*.j2."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.data.dataset import Form
from pipeline.report.wording import words
from shared_variance.facts import Claim, read_pairs
from shared_variance.facts_on_claim import correct, shares_of_pairs
from shared_variance.facts_on_gaps import find_gaps
from shared_variance.facts_on_outcome import read_outcomes
from shared_variance.facts_on_parts import FEW, compositions, courses, redundancies


def paragraphs_to_paste(
    tables: Mapping[str, pd.DataFrame],
    forms: Sequence[Form],
    *,
    claim: Claim,
    occasion: str = "",
    simulated: bool = False,
    variables: Mapping[str, str] | None = None,
    wrong_keys: Sequence[str] = (),
) -> list[str]:
    """Write paragraphs of plain sentences on what the measures have in common.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Those of the pipeline: shared_variance, correlations, and where there are any variance_split,
        association_sessions, canonical and commonality.
    forms : sequence of Form
        The forms of the data set.
    claim : Claim
        The published shares.
    occasion : str, optional
        "session 3"; empty where the data know none.
    simulated : bool, default False
        Whether the data are simulated.
    variables : mapping of str to str, optional
        Name of a variable of the clients -> its label.
    wrong_keys : sequence of str, optional
        Forms, with who answered, whose key looks wrong.

    Returns
    -------
    list of str
        Paragraphs that say something.
    """
    say, of_claim = words("shared_variance"), words("shared_variance_claim")
    labels = {form.name: form.label for form in forms} | dict(variables or {})
    pairs = read_pairs(tables["shared_variance"], tables.get("correlations"), labels)
    within, across = [pair for pair in pairs if pair.within], [pair for pair in pairs if not pair.within]
    told = [
        (views, shares_of_pairs([pair for pair in pairs if pair.views == views], claim))
        for views in dict.fromkeys(pair.views for pair in [*within, *across])
    ]
    found = [of_claim.opening(simulated, claim, occasion if any(shares for _, shares in told) else "")]
    found += [say.wrong_keys(wrong_keys)] if wrong_keys else []
    for (who, other), shares in told:
        if shares and who == other:
            found.append(of_claim.instruments(who, shares, claim))
        elif shares:
            found.append(of_claim.perspectives((who, other), shares, claim))
    correction = correct(within or across, claim)
    found += [of_claim.correction(correction, claim)] if correction else []
    found += [
        say.parts(compositions(tables.get("variance_split"), forms)),
        say.sessions_and_scales(
            courses(tables.get("association_sessions"), labels), FEW, redundancies(tables.get("canonical"), forms)
        ),
        say.outcomes(read_outcomes(tables.get("commonality"), labels)),
        say.gaps(find_gaps(pairs, forms), occasion),
    ]
    return [paragraph for paragraph in found if paragraph]
