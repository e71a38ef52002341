"""What a data set cannot say of what the measures share, and what it would need."""

from shared_variance.phrases import listed

VIEWS = ("client", "therapist", "observer")


def missing_sentences(pairs: list, forms: list, occasion: str) -> list[str]:
    """What these data cannot say, and what it would need; `pairs` as of :func:`words_association.read_pairs`."""
    sentences = []
    for reason in dict.fromkeys(pair.reason for pair in pairs if pair.reason):
        names = [f"{pair.name} ({' and '.join(dict.fromkeys(pair.views))})" for pair in pairs if pair.reason == reason]
        when = f" at {occasion}" if occasion else ""
        needs = (
            f"; this needs clients with both scores{when}, and for a useful interval at least some dozens of them"
            if "both scores" in reason
            else ""
        )
        sentences.append(f"Nothing is known of {listed(names)}: {reason}{needs}.")
    views = list(dict.fromkeys(form.perspective for form in forms))
    for who in views:
        instruments = {form.instrument for form in forms if form.perspective == who}
        if len(instruments) == 1:
            sentences.append(
                f"Answered by the {who} there is one instrument, the {instruments.pop()}: what it shares "
                "with another needs a second instrument, answered about the same clients."
            )
    if len(views) == 1:
        others = " or ".join(sorted({"client", "therapist", "observer"} - {*views}))
        sentences.append(
            f"Only the {views[0]} answered: how far perspectives agree needs the same instrument from the "
            f"{others}, about the same clients."
        )
    elif not any(
        one.perspective != two.perspective and one.instrument == two.instrument for one in forms for two in forms
    ):
        sentences.append("No instrument was answered from two perspectives: how far they agree needs one that was.")
    return sentences


def provisional_sentence(forms: list) -> str:
    labels = list(dict.fromkeys(form.label for form in forms if form.key_status == "provisional"))
    if not labels:
        return ""
    return (
        f"The {'key' if len(labels) == 1 else 'keys'} of {listed(labels)} {'is' if len(labels) == 1 else 'are'} "
        "provisional."
    )
