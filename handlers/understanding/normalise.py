"""Brings a note into one way of writing and remembers where each character came from."""

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from handlers.understanding.note import Span

_KEEP = frozenset("…①②③④⑤⑥⑦⑧⑨⑩⑪⑫™ªº")


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text` in half-width, simplified characters; `origins[i]` is where its character i began in the original."""

    text: str
    origins: tuple[int, ...]
    length: int

    def span(self, start: int, end: int) -> Span:
        """The original characters behind the half-open range `start`-`end` of `text`."""
        if start >= end or start >= len(self.origins):
            return Span(self.length, self.length)
        begin = self.origins[start]
        last = self.origins[min(end, len(self.origins)) - 1]
        after = bisect_right(self.origins, last)
        stop = self.origins[after] if after < len(self.origins) else self.length
        return Span(begin, max(stop, begin))


@lru_cache(maxsize=1)
def _simplifier() -> dict[int, str]:
    """Traditional to simplified, character by character; empty where opencc cannot be loaded."""
    try:
        from opencc import OpenCC

        converter = OpenCC("t2s")
    except Exception:  # noqa: BLE001  a broken install must not stop reading
        return {}
    # The common ideographs only, so that the table is built in a few milliseconds.
    block = [chr(code) for code in range(0x4E00, 0x9FA6)]
    turned = converter.convert("\n".join(block)).split("\n")
    pairs = zip(block, turned, strict=False)
    return {ord(a): b for a, b in pairs if a != b and len(b) == 1}


# Characters of Cantonese and northern speech and their common counterparts, one for one, so that positions stay.
_PLAIN = str.maketrans(
    "俺佢嘅咗唔冇喺俾畀揾搵睇嚟嗰啲哋喇攞嘢乜瞅", "我他的了不没在给给找找看来那些们了拿事啥看"
)


@lru_cache(maxsize=64)
def plain(text: str) -> str:
    """Dialect read as common speech, for models and cues only; what is shown to people keeps its own words."""
    return text.translate(_PLAIN)


def normalise(original: str) -> Normalised:
    """Full width becomes half width, traditional simplified, odd blanks a space; nothing is dropped."""
    table = _simplifier()
    out: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(original):
        for piece in _fold(char, table):
            out.append(piece)
            origins.append(index)
    return Normalised("".join(out), tuple(origins), len(original))


def _fold(char: str, table: dict[int, str]) -> str:
    if "\u4e00" <= char <= "\u9fff":
        return table.get(ord(char), char)
    if char < "\x7f":
        return char if char >= " " or char == "\n" else " "
    if char in _KEEP:
        return char
    folded = unicodedata.normalize("NFKC", char)
    # Cs: half of a surrogate pair, as JSON may hold one; no model takes it.
    if not folded or unicodedata.category(char) in ("Zs", "Cc", "Cs"):
        return " "
    return "".join(table.get(ord(c), c) for c in folded)
