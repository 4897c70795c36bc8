"""Tells which customer and which contact of the book quoted words may mean; a model's choice must fit the words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from handlers.understanding import book, people
from handlers.understanding.grounding import answer
from handlers.understanding.grounding.page import Page, Ranges
from handlers.understanding.note import (
    CustomerMention,
    KnownContact,
    KnownCustomer,
    PersonMention,
)
from handlers.understanding.people import Person
from handlers.understanding.sounds import sound

LIKE = 72.0
"""Likeness of sound, of 100, from which words may be a known name that was misheard."""
LONGEST_NAME = 24
LONGEST_PERSON = 10
SHORT = 5
"""Words as short as 钟老头 are a person's form of address, not a clause."""
Keys = dict[str, KnownCustomer]
"""The customers that were sent, by the keys that the model knows them by."""


def customer(page: Page, told: answer.Customer, keys: Keys) -> CustomerMention | None:
    """The customer that the quoted words name: the model's, where they may mean it; else as said, a new one."""
    ranges = page.find(told.quote)
    if not ranges:
        return None
    spans = page.spans(ranges)
    picked = keys.get(told.id or "")
    if picked is None:
        return _unpicked(page, ranges)
    if not means(page, ranges, picked):
        return None
    return CustomerMention(page.words(ranges), picked.id, (), spans)


def _unpicked(page: Page, ranges: Ranges) -> CustomerMention | None:
    """A customer without a key is new, unless its words are exactly a known one's."""
    name = page.words(ranges).strip(" ,。;:!?、\n")
    if not 2 <= len(name) <= LONGEST_NAME:
        return None
    same = [c.id for c in page.scan.known.customers if name in (c.name, *c.aliases)]
    known = same[0] if len(same) == 1 else None
    return CustomerMention(name, known, tuple(same) if len(same) > 1 else (), page.spans(ranges))


def means(page: Page, ranges: Ranges, picked: KnownCustomer) -> bool:
    """Whether words may mean a customer: by name, by part or sound of one, or by one of its people in that clause."""
    said = page.words(ranges)
    held = [f for f in page.scan.firms if any(f.start < e and s < f.end for s, e in ranges)]
    if any(picked.id in f.ids for f in held):
        return True
    if any(_like(said, name) for name in book.short_names(picked)):
        return True
    whole = page.clauses(ranges)
    near = [p for p in page.scan.people if any(p.start < e and s < p.end for s, e in whole)]
    called = len(said) <= SHORT and any(sound(c.name)[0] in sound(said) for c in picked.contacts)
    return called or any(people.matches(person, picked.contacts) for person in near)


def _like(said: str, name: str) -> bool:
    """Whether a name, or a good part of it, stands in the words or sounds like them."""
    if name in said or (len(said) >= 2 and said in name):
        return True
    if not said or (fuzz.partial_ratio(said, name) >= LIKE and len(said) >= 3):
        return bool(said)
    return fuzz.partial_ratio(" ".join(sound(said)), " ".join(sound(name))) >= LIKE


# -- people ----------------------------------------------------------------------------------------


def person(
    page: Page, told: answer.Person, contacts: Sequence[KnownContact], near: int = 0
) -> PersonMention | None:
    """Whom the quoted words name: a contact of the customer where they may mean one, else as said."""
    ranges = page.find(told.quote, near)
    if not ranges:
        return None
    item, fitting = _best(_people_at(page, ranges), contacts, told.name)
    fitting = fitting or _loosely(page.text[ranges[0][0] : ranges[0][1]], contacts, told.name)
    spans = page.spans(((item.start, item.end),))
    picked = [c for c in fitting if c.name == told.name]
    namesakes = [c for c in contacts if c.name[0] == item.surname]
    if told.name == page.words(ranges) and not picked and len(namesakes) > 1:
        fitting = namesakes  # the model can't tell them apart, so the rep is asked
    if chosen := picked or fitting[: len(fitting) == 1]:
        return PersonMention(chosen[0].name, chosen[0].title, True, (), spans)
    name = told.name if told.name and told.name in page.words(ranges) else people.bare(item)
    if not 0 < len(name) <= LONGEST_PERSON:
        return None
    return PersonMention(name, item.title or None, False, tuple(c.name for c in fitting), spans)


def _loosely(words: str, contacts: Iterable[KnownContact], name: str | None) -> list[KnownContact]:
    """The contact that the model named, where the words hold his title, surname or given name by sound."""
    said = sound(words)
    return [
        c
        for c in contacts
        if c.name == name
        and ((c.title and c.title in words) or any(s in said for s in (sound(c.name)[0], sound(c.name)[-1])))
    ]


def _people_at(page: Page, ranges: Ranges) -> list[Person]:
    """Those that the scan marked there, those that the words alone show, and the words as a name."""
    start, end = ranges[0]
    words = page.text[start:end]
    marked = [p for p in page.scan.people if p.start < end and start < p.end]
    alone = people.find(words, page.scan.known, (), ())
    moved = [replace(p, start=start + p.start, end=start + p.end) for p in alone]
    return [*marked, *moved, Person(start, end, words, words[:1], "", len(words) > 1)]


def _best(
    found: Sequence[Person], contacts: Sequence[KnownContact], name: str | None
) -> tuple[Person, list[KnownContact]]:
    """Whoever may be the contact that the model named, else whose name it is, else the first."""
    fits = [(each, people.matches(each, contacts)) for each in found]
    named = (pair for pair in fits if any(c.name == name for c in pair[1]))
    called = (pair for pair in fits if people.bare(pair[0]) == name)
    return next(named, None) or next(called, None) or fits[0]


def of(page: Page, told: str, met: Iterable[PersonMention], contacts: Sequence[KnownContact]) -> str | None:
    """Whom a fact is of: the customer, one who was met, or a person that the note names; None for anybody else."""
    if told in ("customer", "", "客户"):
        return "customer"
    if any(each.name == told for each in met):
        return told
    if found := person(page, answer.Person(quote=told, name=told), contacts):
        return found.name
    named = [c for c in contacts if c.name == told]
    fits = any(people.matches(p, named) for p in page.scan.people)
    return told if named and (fits or len(contacts) == 1) else None
