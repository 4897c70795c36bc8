"""Finds where in a note the phrases of its answer stand, so that taggers can learn them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from handlers.understanding.normalise import normalise


def place(phrase: str, text: str, used: set[tuple[int, int]]) -> tuple[int, int] | None:
    """The stretch of `text` that says `phrase`: exactly, or the best window by shared characters and bigrams."""
    phrase = normalise(phrase).text.strip()
    if not phrase:
        return None
    start = text.find(phrase)
    while start >= 0:
        if (start, start + len(phrase)) not in used:
            return start, start + len(phrase)
        start = text.find(phrase, start + 1)
    return _window(phrase, text)


def _window(phrase: str, text: str) -> tuple[int, int] | None:
    want, want2 = Counter(phrase), Counter(phrase[i : i + 2] for i in range(len(phrase) - 1))
    hits = [i for i, c in enumerate(text) if c in want]
    best, where = 0.62, None
    for a, start in enumerate(hits):
        for last in hits[a:]:
            size = last + 1 - start
            if size > 2 * len(phrase) + 8:
                break
            window = text[start : last + 1]
            if "。" in window or "\n" in window:
                break
            shared = sum((Counter(window) & want).values())
            recall, precision = shared / len(phrase), shared / size
            pairs = sum((Counter(window[i : i + 2] for i in range(size - 1)) & want2).values()) / max(
                1, len(want2)
            )
            score = 0.55 * recall + 0.15 * precision + 0.3 * pairs
            if score > best:
                best, where = score, (start, last + 1)
    return where


FACT_LABELS = {
    "product": "PROD",
    "need": "NEED",
    "preference": "PREF",
    "address": "ADDR",
    "industry": "IND",
    "title": "TITLE",
}


TAGS = {
    name: ["O", *(f"{at}-{kind}" for kind in kinds for at in "BI")]
    for name, kinds in (("facts", (*FACT_LABELS.values(), "CUST", "COMP")), ("deeds", ("ACT", "WHAT", "WHY")))
}
"""Every label of each tagger."""


def wanted(gold: dict[str, Any], book_ids: set[str]) -> Iterator[tuple[str, str, str]]:
    """(model, label, phrase) of everything in an answer that a tagger should mark."""
    for key in ("visits", "updates", "plans", "reminders"):
        for part in gold.get(key) or ():
            if part.get("customer") and part["customer"] not in book_ids:
                yield "facts", "CUST", part["customer"]
    for part in [*(gold.get("visits") or ()), *(gold.get("updates") or ())]:
        for name in part.get("competitors") or ():
            yield "facts", "COMP", name
        for fact in part.get("facts") or ():
            if fact["field"] in FACT_LABELS:
                yield "facts", FACT_LABELS[fact["field"]], fact["value"]
        for action in part.get("next_actions") or ():
            yield "deeds", "ACT", action["what"]
    for part in gold.get("reminders") or ():
        yield "deeds", "WHAT", part["what"]
    if (gold.get("handover") or {}).get("reason"):
        yield "deeds", "WHY", gold["handover"]["reason"]


def labels(text: str, gold: dict[str, Any], book_ids: set[str], model: str) -> list[str]:
    """BIO labels of the characters of a normalised text."""
    out, used = ["O"] * len(text), set()
    for owner, kind, phrase in sorted(wanted(gold, book_ids), key=lambda w: w[1] != "CUST"):
        span = place(phrase, text, used) if owner == model else None
        if span is None or (any(tag != "O" for tag in out[span[0] : span[1]])):
            continue
        used.add(span)
        out[span[0]] = f"B-{kind}"
        out[span[0] + 1 : span[1]] = [f"I-{kind}"] * (span[1] - span[0] - 1)
    return out
