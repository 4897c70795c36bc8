"""A note to quote from: finds where quoted words stand in it, exactly or nearly, and never anywhere else."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from handlers.understanding import numerals
from handlers.understanding.normalise import normalise
from handlers.understanding.note import Spans
from handlers.understanding.scan import Scan

Range = tuple[int, int]
Ranges = tuple[Range, ...]

NEARLY = 84.0
"""Likeness from which words count as quoted, of 100; only where they are long enough to be told apart."""
SHORTEST = 5
_GAP = re.compile(r"…+|\.{3,}")
_MARK = re.compile(r"[\W_]")


@dataclass(frozen=True)
class Page:
    """All ranges are in the normalised note, as in its scan."""

    scan: Scan

    @property
    def text(self) -> str:
        return self.scan.text

    @cached_property
    def _bare(self) -> tuple[str, list[int]]:
        """The note without marks and blanks, and where each character stood."""
        held = [(c, at) for at, c in enumerate(self.text) if not _MARK.match(c)]
        return "".join(c for c, _ in held).lower(), [at for _, at in held]

    def find(self, quote: str, near: int = 0) -> Ranges:
        """Where the words stand, the occurrence next to `near`; … joins words from several places. Empty: nowhere."""
        parts = [self._place(part, near) for part in _GAP.split(quote) if _MARK.sub("", part)]
        return tuple(part for part in parts if part) if parts and all(parts) else ()

    def _place(self, part: str, near: int) -> Range | None:
        wanted = normalise(part).text.strip()
        exact = [m.start() for m in re.finditer(re.escape(wanted), self.text)]
        if exact:
            start = min(exact, key=lambda at: abs(at - near))
            return start, start + len(wanted)
        return self._loosely(_MARK.sub("", wanted).lower(), near)

    def _loosely(self, wanted: str, near: int) -> Range | None:
        """Other marks and blanks, or a few characters that differ."""
        bare, origins = self._bare
        found = [m.start() for m in re.finditer(re.escape(wanted), bare)]
        if found:
            start = min(found, key=lambda at: abs(origins[at] - near))
            return origins[start], origins[start + len(wanted) - 1] + 1
        if not SHORTEST <= len(wanted) <= len(bare):
            return None
        best = fuzz.partial_ratio_alignment(wanted, bare, score_cutoff=NEARLY)
        if best is None or best.dest_end <= best.dest_start:
            return None
        return origins[best.dest_start], origins[best.dest_end - 1] + 1

    def spans(self, ranges: Ranges) -> Spans:
        return tuple(self.scan.span(*each) for each in ranges)

    def words(self, ranges: Ranges) -> str:
        """As they were written."""
        return "".join(span.of(self.scan.original) for span in self.spans(ranges))

    def clauses(self, ranges: Ranges) -> Ranges:
        """The whole clauses that hold the ranges, once each."""
        numbers = {
            number
            for start, end in ranges
            for number in range(self.scan.clause_at(start), self.scan.clause_at(max(start, end - 1)) + 1)
        }
        return tuple(self.scan.clauses[number] for number in sorted(numbers))

    def around(self, ranges: Ranges, reach: int = 12) -> Range:
        """One stretch from a little before the first range to a little behind the last."""
        return max(0, min(s for s, _ in ranges) - reach), min(
            len(self.text), max(e for _, e in ranges) + reach
        )

    def says(self, phrase: str, ranges: Ranges) -> bool:
        """Whether a phrase is made of the words around: no figure, name or denial of its own, hardly another sign."""
        around = slice(*self.around(ranges, FAR))
        held, wanted = _signs(self.text[around]), _signs(normalise(phrase).text)
        foreign = _signs(_without_numbers(normalise(phrase).text, self.text[around])) - held
        if any(c in _TELLING or c.isascii() for c in foreign):
            return False
        own = sum(number for c, number in foreign.items() if c not in _LIGHT)
        return wanted.total() > foreign.total() and own <= MOST_OWN * wanted.total()


FAR = 120
"""So far around a quote may the words of a short phrase stand."""
MOST_OWN = 0.25
_TELLING = frozenset("零〇一二两三四五六七八九十百千万亿半几多不没无未别非否元块折")
"""Signs that change what a phrase says; one that the note lacks is invented."""
_LIGHT = frozenset("款货价账钱样品单票信复回给发送去来好")
"""Signs that only round off a phrase (打款 for 月底一定打)."""
_NUMBER = re.compile(numerals.NUMBER)


def _signs(text: str) -> Counter[str]:
    return Counter(_MARK.sub("", text).lower())


def _without_numbers(phrase: str, text: str) -> str:
    """The phrase without the numbers that the text writes too, in whatever way."""
    held = {numerals.value(m[0]) for m in _NUMBER.finditer(text)}
    return _NUMBER.sub(lambda m: "" if numerals.value(m[0]) in held else m[0], phrase)
