"""Finds other suppliers by the words around them: 比…贵, 换成…, 选了…, …也在报价."""

import re

from handlers.understanding.scan import Scan
from handlers.understanding.words import table, words

_WORDS = table("rivals")
_NAME = r"[\u4e00-\u9fffA-Za-z]{2,6}?"
_TRADES = "|".join(words("firms", "trades") + tuple(_WORDS["trades"]))
_FRAMES = tuple(
    re.compile(frame.replace("NAME", f"(?P<n>{_NAME}(?:{_TRADES})?)")) for frame in _WORDS["frames"]
)
_NEVER = re.compile("|".join(_WORDS["never"]))


def find(scan: Scan) -> list[tuple[int, int]]:
    """Names in a rival's place that are no person, date or known customer, and that LAC takes for names or nouns."""
    out: list[tuple[int, int]] = []
    for frame in _FRAMES:
        for match in frame.finditer(scan.text):
            start, end = match.start("n"), match.end("n")
            marked = set(scan.masks[start:end]) & set("CPDMT0")
            named = not marked and not _NEVER.search(match["n"]) and _looks_named(scan, start, end)
            if named and all(end <= s or start >= e for s, e in out):
                out.append((start, end))
    return out


def _looks_named(scan: Scan, start: int, end: int) -> bool:
    """Begins and ends with a word, and is a name to LAC or ends like a company."""
    inside = [w for w in scan.lexed if w.start < end and start < w.end]
    if not scan.lexed:
        return True
    if not inside or inside[0].start != start or inside[-1].end != end:
        return False
    named = (
        inside[0].tag in ("ORG", "nz", "PER", "LOC", "nr", "nt")
        or re.search(rf"(?:{_TRADES})$", scan.text[start:end]) is not None
    )
    return named or (
        len(inside) == 1
        and inside[0].tag == "n"
        and end - start == 2
        and scan.text[end : end + 1] in "家贵的"
    )
