"""Looks once over a note and marks everything that has a form: customers, people, days, sums, phones, clauses."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime

from handlers.understanding import firms, lac, moments, money, people, phones
from handlers.understanding.book import book_of
from handlers.understanding.firms import Firm
from handlers.understanding.lac import Word
from handlers.understanding.moments import Moment
from handlers.understanding.money import Sum
from handlers.understanding.normalise import Normalised, normalise, plain
from handlers.understanding.note import Known, Span
from handlers.understanding.people import Person
from handlers.understanding.phones import Address
from handlers.understanding.words import words

LONGEST = 3000  # characters of one message that are read; nobody dictates more
_BREAK = re.compile(r"[,。;!?\n]+|\.{3,}|…+| +(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff]) +")
_SOFT = re.compile("|".join(words("clauses", "soft")))


@dataclass(frozen=True, slots=True)
class Scan:
    """All positions are in `text`, the normalised note; `masks[i]` is the kind of thing at character i."""

    original: str
    norm: Normalised
    text: str
    now: date
    known: Known
    lexed: tuple[Word, ...]
    firms: tuple[Firm, ...]
    people: tuple[Person, ...]
    moments: tuple[Moment, ...]
    sums: tuple[Sum, ...]
    addresses: tuple[Address, ...]
    clauses: tuple[tuple[int, int], ...]
    masks: str

    def span(self, start: int, end: int) -> Span:
        return self.norm.span(start, end)

    def clause_at(self, position: int) -> int:
        """The number of the clause that holds `position`."""
        return max(0, bisect_right([start for start, _ in self.clauses], position) - 1)


def scan(text: str, at: datetime, known: Known) -> Scan:
    known = Known(book_of(known.customers).customers)
    norm = normalise(text[:LONGEST])
    norm = Normalised(norm.text, norm.origins, min(len(text), LONGEST))
    flat = norm.text
    lexed = tuple(lac.words(plain(flat)))
    addresses = tuple(phones.find(flat))
    taken = [(a.start, a.end) for a in addresses]
    named = tuple(f for f in firms.find(flat, known, lexed) if _apart(f.start, f.end, taken))
    taken += [(f.start, f.end) for f in named]
    times = tuple(moments.find(flat, taken))
    taken += [(m.start, m.end) for m in times]
    persons = tuple(people.find(flat, known, lexed, taken))
    taken += [(p.start, p.end) for p in persons]
    own = _private(flat, named, known)
    sums = tuple(money.find(flat, taken))
    everyone = tuple(sorted((*persons, *own), key=lambda p: p.start))
    masks = _masks(flat, named, persons, times, sums, addresses)
    return Scan(
        text,
        norm,
        flat,
        at.date(),
        known,
        lexed,
        named,
        everyone,
        times,
        sums,
        addresses,
        _clauses(flat),
        masks,
    )


def _private(text: str, named: tuple[Firm, ...], known: Known) -> list[Person]:
    """Customers who are people count as both."""
    held = book_of(known.customers).by_id
    found = (people.behind(text, f.start, f.end, held[f.ids[0]]) for f in named)
    return [person for person in found if person is not None]


def _apart(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return all(end <= b or start >= e for b, e in taken)


def _clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Parts between punctuation or spoken pauses; a long part without either is cut before words that open one."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(text):
        if match.end() > start:
            bounds.append((start, match.end()))
            start = match.end()
    bounds.append((start, len(text)))
    out: list[tuple[int, int]] = []
    for begin, end in bounds:
        cut = begin
        if end - begin > 22:
            for match in _SOFT.finditer(text, begin + 1, end):
                if match.start() - cut >= 6:
                    out.append((cut, match.start()))
                    cut = match.start()
        if end > cut:
            out.append((cut, end))
    return tuple(out) or ((0, len(text)),)


def _masks(
    text: str,
    *groups: tuple[Firm, ...]
    | tuple[Person, ...]
    | tuple[Moment, ...]
    | tuple[Sum, ...]
    | tuple[Address, ...],
) -> str:
    """One letter a character: C customer, P person, D day or hour, M sum, T address, 0 digit, . other."""
    cells = ["0" if c.isdecimal() else "." for c in text]
    for letter, group in zip("CPDMT", groups, strict=True):
        for item in group:
            cells[item.start : item.end] = letter * (item.end - item.start)
    return "".join(cells)
