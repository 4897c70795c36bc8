"""Ties every part of a note to the customer that it speaks of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.understanding import firms, newnames, people
from handlers.understanding.book import Book, book_of, folded, short_names
from handlers.understanding.firms import Firm
from handlers.understanding.note import KnownContact, KnownCustomer
from handlers.understanding.people import Person
from handlers.understanding.scan import Scan
from handlers.understanding.tagger import Phrase
from handlers.understanding.words import words

_FIRST = re.compile(
    "第一[次回](?:去|到|见|拜访|上门|登门)|头一[回次趟](?:去|到|见|拜访|上门)|初次(?:拜访|上门)|新客户"
)
_OF = frozenset({"", "的", "嘅", "那边", "那边的", "那儿", "那儿的", "家", "家的", "他们", "她们", "里的"})
_ADDRESSES = frozenset(words("people", "private"))


@dataclass(frozen=True, slots=True)
class Topic:
    """One customer: known `ids` likeliest first (none for a new one), its mentions, and its parts of the text."""

    name: str
    ids: tuple[str, ...]
    mentions: tuple[tuple[int, int], ...]
    parts: tuple[tuple[int, int], ...]

    @property
    def key(self) -> str:
        return self.ids[0] if self.ids else self.name

    def holds(self, position: int) -> bool:
        return any(start <= position < end for start, end in self.parts)


@dataclass(frozen=True, slots=True)
class _Event:
    start: int
    end: int
    name: str
    ids: tuple[str, ...]


def find(scan: Scan, phrases: Sequence[Phrase]) -> list[Topic]:
    """Topics in the order in which they first come up; empty where the note names no customer at all."""
    events = sorted(_events(scan, phrases), key=lambda event: event.start)
    if not events:
        return []
    owners = _owners(scan, sorted([*events, *_speakers(scan, events)], key=lambda event: event.start))
    keys = list(dict.fromkeys(_key(event) for event in events))
    return [_topic(key, [e for e in events if _key(e) == key], owners) for key in keys]


def _key(event: _Event) -> str:
    return event.ids[0] if event.ids else event.name


def _topic(key: str, events: list[_Event], owners: list[str]) -> Topic:
    parts: list[tuple[int, int]] = []
    for i, owner in enumerate(owners):
        if owner != key:
            continue
        if parts and parts[-1][1] == i:
            parts[-1] = (parts[-1][0], i + 1)
        else:
            parts.append((i, i + 1))
    named = max(events, key=lambda e: len(e.ids))
    longest = max((e.name for e in events), key=len)
    return Topic(
        events[0].name if named.ids else longest,
        named.ids,
        tuple((e.start, e.end) for e in events),
        tuple(parts),
    )


def _events(scan: Scan, phrases: Sequence[Phrase]) -> list[_Event]:
    rivals = [(p.start, p.end) for p in phrases if p.kind == "COMP"]
    events: list[_Event] = []
    marked = [p for p in phrases if p.kind == "CUST"]
    new = [kept for p in marked if (kept := newnames.clean(scan, p, not scan.firms and len(marked) == 1))]
    for firm in scan.firms:
        within = [
            p
            for p in new
            if p.start <= firm.start and firm.end < p.end and p.end - p.start >= firm.end - firm.start + 3
        ]
        if within or any(s <= firm.start and firm.end <= e for s, e in rivals):
            continue
        if _met_first(scan, firm):
            events.append(_Event(firm.start, firm.end, scan.text[firm.start : firm.end], ()))
        else:
            events.append(_Event(firm.start, firm.end, firm.name, _settled(scan, firm.end, firm.ids)))
    for phrase in [*new, *_strangers(scan, [*events, *new])]:
        partly = firms.named_partly(scan.text[phrase.start : phrase.end], scan.known)
        if partly and all(phrase.end <= e.start or phrase.start >= e.end for e in events):
            ids = _settled(scan, phrase.end, partly)
            events.append(_Event(phrase.start, phrase.end, scan.text[phrase.start : phrase.end], ids))
        elif all(phrase.end <= e.start or phrase.start >= e.end for e in events):
            name = scan.text[phrase.start : phrase.end]
            if not any(e.name in name or name in e.name for e in events if e.ids):
                events.append(_Event(phrase.start, phrase.end, name, ()))
    events = _merged(events)
    return events + _implied(scan, events)


def _met_first(scan: Scan, firm: Firm) -> bool:
    """第一次去了宏源包装 is not the 宏远包装 of the book, however alike they sound."""
    if not firm.ids or not _FIRST.search(scan.text, max(0, firm.start - 16), firm.start):
        return False
    customers = book_of(scan.known.customers).by_id
    said = folded(scan.text[firm.start : firm.end])
    return all(said != folded(name) for i in firm.ids for name in short_names(customers[i]))


@lru_cache(maxsize=8)
def _mostly_private(book: Book) -> bool:
    private = sum(people.is_private(customer) for customer in book.customers)
    return bool(book.customers) and 2 * private >= len(book.customers)


def _strangers(scan: Scan, named: Sequence[_Event | Phrase]) -> list[Phrase]:
    """Where most customers are people, a person whom the book does not hold is a new one (祝女士)."""
    if not _mostly_private(book_of(scan.known.customers)):
        return []
    out: dict[str, Phrase] = {}
    for person in scan.people:
        begin = scan.clauses[scan.clause_at(person.start)][0]
        beside = any(begin <= e.start < person.end for e in named)
        if person.title in _ADDRESSES and not beside and not holders(person, scan.known.customers):
            out.setdefault(person.text, Phrase(person.start, person.end, "CUST"))
    return list(out.values())


def _merged(events: list[_Event]) -> list[_Event]:
    """A new customer named twice, once shortly, is one: the longer name holds."""
    out: list[_Event] = []
    names = sorted({e.name for e in events if not e.ids}, key=len, reverse=True)
    for event in events:
        longer = next((n for n in names if not event.ids and event.name in n), event.name)
        out.append(_Event(event.start, event.end, longer, event.ids))
    return out


def _settled(scan: Scan, end: int, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Of several possible customers, the one whose contact is named next comes first."""
    if len(ids) < 2:
        return ids
    near = [p for p in scan.people if end <= p.start <= end + 30]
    customers = book_of(scan.known.customers).by_id
    for person in near:
        fitting = [i for i in ids if people.matches(person, customers[i].contacts)]
        if fitting and len(fitting) < len(ids):
            return (*fitting, *(i for i in ids if i not in fitting))
    return ids


def _implied(scan: Scan, events: list[_Event]) -> list[_Event]:
    """People of the book stand for their company where the note's companies do not know them."""
    named = {i for e in events for i in e.ids[:1]}
    customers = book_of(scan.known.customers).by_id
    out: list[_Event] = []
    mentioned = {(e.start, e.end) for e in events}
    for person in scan.people:
        if (person.start, person.end) in mentioned or _belongs(scan, person, events):
            continue
        if any(people.matches(person, customers[i].contacts) for i in named):
            continue
        best = holders(person, scan.known.customers)
        exact = bool(best) and best[0][1].name == people.bare(person)
        if len({c.id for c, _ in best}) == 1 and (
            exact or people.is_private(best[0][0]) or not (events or out)
        ):
            out.append(
                _Event(
                    person.start,
                    person.end,
                    best[0][0].aliases[0] if best[0][0].aliases else best[0][0].name,
                    (best[0][0].id,),
                )
            )
    return out


def _speakers(scan: Scan, events: list[_Event]) -> list[_Event]:
    """Of several customers, the one whose contact is named is spoken of from there on, though its name isn't said again."""
    named = dict.fromkeys(e.ids[0] for e in events if e.ids)
    if len(named) < 2:
        return []
    customers = [book_of(scan.known.customers).by_id[i] for i in named]
    out: list[_Event] = []
    for person in scan.people:
        owners = {customer.id for customer, _ in holders(person, customers)}
        if len(owners) == 1 and not _belongs(scan, person, events):
            out.append(_Event(person.start, person.end, person.text, tuple(owners)))
    return out


def _belongs(scan: Scan, person: Person, events: list[_Event]) -> bool:
    """德力电机的王总 is of 德力电机, whoever else in the book is called so."""
    return any(
        e.end <= person.start and scan.text[e.end : person.start].strip() in _OF for e in events if e.ids
    )


def holders(person: Person, customers: Sequence[KnownCustomer]) -> list[tuple[KnownCustomer, KnownContact]]:
    """The customers and contacts that best fit a person, over the whole book."""
    name = people.bare(person)
    whole = person.full and len(name) > 1 and not name.isascii()
    pairs = book_of(customers).alike(name, "" if whole else person.surname)
    fitting = people.matches(person, [contact for _, contact in pairs])
    chosen = {id(contact) for contact in fitting}
    return [(customer, contact) for customer, contact in pairs if id(contact) in chosen]


def _owners(scan: Scan, events: list[_Event]) -> list[str]:
    """For each character, the key of the customer that it belongs to."""
    owners = [""] * len(scan.text)
    current = _key(events[0])
    for begin, end in scan.clauses:
        inside = [e for e in events if begin <= e.start < end]
        keys = {_key(e) for e in inside}
        if len(keys) == 1:
            current = _key(inside[0])
        for i in range(begin, end):
            for event in inside:
                if i == event.start:
                    current = _key(event)
            owners[i] = current
    return owners
