"""Finds names that may be other suppliers: by the words around them (比…贵, 现用…, …也在报) and by what they look like."""

import itertools
import re

from handlers.understanding.lac import Word
from handlers.understanding.scan import Scan
from handlers.understanding.words import table, words

_WORDS = table("rivals")
_NAME = r"[\u4e00-\u9fffA-Za-z]{2,6}?"
_TRADES = "|".join(words("firms", "trades") + tuple(_WORDS["trades"]))
_Frame = tuple[re.Pattern[str] | None, re.Pattern[str]]


def _frame(told: str) -> _Frame:
    """A frame, and for one that begins with the name, what stands behind it: without that it need not be tried."""
    behind = re.compile(told.removeprefix("NAME")) if told.startswith("NAME") else None
    return behind, re.compile(told.replace("NAME", f"(?P<n>{_NAME}(?:{_TRADES})?)"))


_FRAMES, _SURE, _STATED = (
    tuple(_frame(told) for told in _WORDS[key]) for key in ("frames", "sure", "stated")
)
_NEVER = re.compile("|".join(_WORDS["never"]))
_BEFORE = re.compile(f'(?:{"|".join(_WORDS["before"])})[ :“"「]?$')
_AFTER = re.compile("|".join(_WORDS["after"]))
_LETTERS = re.compile(r"[\u4e00-\u9fffA-Za-z]+")
_MARKED = re.compile("[CDT]")
_TAKEN, _NOT_SAID = re.compile("[CPDMT0]"), re.compile("[CDMT0]")
_TRADE_LAST = re.compile(rf"(?:{_TRADES})$")
_NAMES = frozenset({"ORG", "PER", "LOC", "nz", "nr", "nt", "nw"})
_PARTS = _NAMES | {"n", "v", "vn", "m", "a", "ad", "f", "an", "xc"}


def sure(scan: Scan) -> list[tuple[int, int]]:
    """Names that can be nothing else (比博世贵, 竞品:博世)."""
    stated = [
        span
        for span in _framed(scan, _STATED)
        if not _NOT_SAID.search(scan.masks, *span) and not _titled(scan, *span)
    ]
    told = [span for span in _framed(scan, _SURE) if _traded(scan, *span) or _looks_named(scan, *span)]
    return _apart([*stated, *(span for span in told if not _TAKEN.search(scan.masks, *span))])


def find(scan: Scan) -> list[tuple[int, int]]:
    """Names in a rival's place that are no person, date or known customer, and that LAC takes for names or nouns."""
    named = (span for span in _framed(scan, _FRAMES) if not _TAKEN.search(scan.masks, *span))
    return _apart([span for span in named if _looks_named(scan, *span)])


def _framed(scan: Scan, frames: tuple[_Frame, ...]) -> list[tuple[int, int]]:
    text = scan.text
    tried = (frame for behind, frame in frames if behind is None or behind.search(text))
    found = (match.span("n") for frame in tried for match in frame.finditer(text))
    return [span for span in found if not _NEVER.search(text[slice(*span)])]


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of those that overlap, the first."""
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if all(end <= s or start >= e for s, e in out):
            out.append((start, end))
    return out


def _titled(scan: Scan, start: int, end: int) -> bool:
    return any(p.title and p.start < end and start < p.end for p in scan.people)


def _traded(scan: Scan, start: int, end: int) -> bool:
    """昌和人寿: ends with a trade, and with a word."""
    return _TRADE_LAST.search(scan.text, start, end) is not None and any(_end(w) == end for w in scan.lexed)


def candidates(scan: Scan) -> dict[tuple[int, int], bool]:
    """Runs of one to three words that look like a name or stand where rivals stand; whether a frame says so, too."""
    out = dict.fromkeys(find(scan), True)
    words_ = [w for w in scan.lexed if w.text.strip()]
    for first in range(len(words_)):
        run = list(itertools.takewhile(lambda word: _may_be_part(scan, word), words_[first : first + 3]))
        for count in range(1, len(run) + 1):
            if _may_name(scan, run[:count]):
                out.setdefault((run[0].start, _end(run[count - 1])), False)
    return out


def _end(word: Word) -> int:
    return word.start + len(word.text.rstrip())


def _may_be_part(scan: Scan, word: Word) -> bool:
    end = _end(word)
    letters = _LETTERS.fullmatch(scan.text, word.start, end) is not None
    return word.tag in _PARTS and letters and not _MARKED.search(scan.masks, word.start, end)


def _may_name(scan: Scan, run: list[Word]) -> bool:
    start, end = run[0].start, _end(run[-1])
    text = scan.text[start:end]
    apart = any(a.end != b.start or _end(a) != a.end for a, b in itertools.pairwise(run))
    if apart or not 2 <= len(text) <= 8 or _NEVER.search(text):
        return False
    named = any(w.tag in _NAMES for w in run) or _TRADE_LAST.search(text) is not None
    before, after = scan.text[max(0, start - 6) : start], scan.text[end : end + 6]
    return named or (_BEFORE.search(before) is not None and _AFTER.match(after) is not None)


def _looks_named(scan: Scan, start: int, end: int) -> bool:
    """Begins and ends with a word, and is a name to LAC or ends like a company."""
    inside = [w for w in scan.lexed if w.start < end and start < w.end]
    if not scan.lexed:
        return True
    if not inside or inside[0].start != start or inside[-1].end != end:
        return False
    named = inside[0].tag in _NAMES or _TRADE_LAST.search(scan.text[start:end]) is not None
    return named or (
        len(inside) == 1
        and inside[0].tag == "n"
        and end - start == 2
        and scan.text[end : end + 1] in "家贵的"
    )
