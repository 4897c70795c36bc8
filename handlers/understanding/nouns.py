"""Finds noun phrases: what may be goods or a service that a customer wants."""

import re

from handlers.understanding.scan import Scan
from handlers.understanding.words import table

_NEVER = frozenset(table("facts")["never_goods"])
_NEVER_LAST = re.compile(f"(?:{'|'.join(table('facts')['never_goods_last'])})$")
_NOUNS = frozenset({"n", "nz", "vn", "nw", "an", "ORG", "LOC", "PER"})
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-/+]*[A-Za-z]|[A-Za-z][A-Za-z0-9.\-/+]*")


def candidates(scan: Scan) -> list[tuple[int, int]]:
    """Runs of nouns, codes (BT40) included, outside everything that is marked as something else."""
    out: list[tuple[int, int]] = []
    for word in scan.lexed:
        text = word.text.strip()
        marked = set(scan.masks[word.start : word.end]) & set("CPDMT")
        noun = word.tag in _NOUNS or _CODE.fullmatch(text) is not None
        if marked or not noun or not text:
            continue
        if out and out[-1][1] == word.start:
            out[-1] = (out[-1][0], word.end)
        else:
            out.append((word.start, word.end))
    return [(s, e) for s, e in out if 2 <= e - s <= 14 and may_be_goods(scan.text[s:e])]


def may_be_goods(text: str) -> bool:
    return text not in _NEVER and _NEVER_LAST.search(text) is None
