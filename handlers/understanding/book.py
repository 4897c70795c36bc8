"""The customers that a sender knows, arranged for looking up: made once for each book, however many notes come."""

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from threading import Lock
from typing import Generic, TypeVar

from handlers.understanding.note import KnownContact, KnownCustomer
from handlers.understanding.sounds import sound
from handlers.understanding.words import words

Customers = tuple[KnownCustomer, ...]
Entry = tuple[KnownCustomer, KnownContact]
Key = TypeVar("Key", str, tuple[str, ...])
Value = TypeVar("Value")
Group = TypeVar("Group", bound=Hashable)

LEGAL = re.compile(rf"(?:{'|'.join(words('firms', 'legal'))})$")
PLACE = re.compile(rf"^(?:{'|'.join(words('firms', 'places'))})(?:省|市)?")
TRADE = re.compile(rf"(?:{'|'.join(words('firms', 'trades'))})")
_HELD = 50_000  # customers in all books that are kept at hand


def short_names(customer: KnownCustomer) -> set[str]:
    """Ways in which people name a company: legal name, aliases, and the name without place and legal form."""
    bare = LEGAL.sub("", LEGAL.sub("", customer.name))
    names = {customer.name, *customer.aliases, bare, PLACE.sub("", bare)}
    rest = TRADE.sub("", PLACE.sub("", bare))
    if len(rest) >= 2 and bare.endswith(words("firms", "trades")):
        names.add(rest)
    return {name for name in names if len(name) >= 2}


def folded(text: str) -> str:
    """Lower case, character for character, so that positions stay."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


class Matcher(Generic[Key, Value]):
    """Finds keys, strings or tuples of syllables of two and more, in a longer one of their kind."""

    def __init__(self, held: dict[Key, Value]) -> None:
        self._held: dict[Key, Value] = held
        self._openings: set[Key] = {key[:2] for key in held}
        self._sizes = sorted({len(key) for key in held}, reverse=True)

    def at(self, text: Key, start: int) -> Iterator[tuple[int, Value]]:
        """The end and the value of every key that stands at `start`, longest first."""
        if text[start : start + 2] in self._openings:
            for size in self._sizes:
                if start + size <= len(text) and (value := self._held.get(text[start : start + size])):
                    yield start + size, value

    def everywhere(self, text: Key) -> list[tuple[int, int, Value]]:
        """Start, end and value of every key in `text`, the longest first, then from left to right."""
        found = [(start, end, value) for start in range(len(text)) for end, value in self.at(text, start)]
        return sorted(found, key=lambda item: (item[0] - item[1], item[0]))


class Book:
    """Every part is worked out when it is first asked for. `customers` is the very tuple that was given."""

    def __init__(self, customers: Customers) -> None:
        self.customers = customers

    @cached_property
    def by_id(self) -> dict[str, KnownCustomer]:
        return {customer.id: customer for customer in self.customers}

    # -- companies ---------------------------------------------------------------------------------

    @cached_property
    def names(self) -> Matcher[str, list[str]]:
        """Ids by every way to name them, in lower case."""
        return Matcher(_grouped((folded(name), customer.id) for name, customer in self._named))

    @cached_property
    def sounds(self) -> Matcher[tuple[str, ...], list[str]]:
        """Ids by the sound of their names."""
        heard = ((sound(name), customer.id) for name, customer in self._named if not name.isascii())
        return Matcher(_grouped(heard))

    @cached_property
    def by_size(self) -> dict[int, tuple[list[str], list[str], list[str]]]:
        """Names, their sounds as one string each, and the ids, by the length of the name."""
        out: dict[int, tuple[list[str], list[str], list[str]]] = {}
        for name, customer in self._named:
            names, sounds, ids = out.setdefault(len(name), ([], [], []))
            names.append(name)
            sounds.append(" ".join(sound(name)))
            ids.append(customer.id)
        return out

    @cached_property
    def by_opening(self) -> dict[tuple[int, str], list[int]]:
        """Places in `by_size` of the names of a length that begin with a character."""
        return _grouped(
            ((size, name[0]), index)
            for size, (names, _, _) in self.by_size.items()
            for index, name in enumerate(names)
        )

    def containing(self, part: str) -> tuple[str, ...]:
        """Ids of those of whose name `part` is a piece, but not the whole; in the book's order."""
        text, starts = self._joined
        found: dict[int, None] = {}
        at = text.find(part)
        while at >= 0:
            index = bisect_right(starts, at) - 1
            if len(self._named[index][0]) > len(part):
                found[index] = None
            at = text.find(part, at + 1)
        return tuple(dict.fromkeys(self._named[index][1].id for index in found))

    @cached_property
    def _named(self) -> list[tuple[str, KnownCustomer]]:
        return [(name, customer) for customer in self.customers for name in sorted(short_names(customer))]

    @cached_property
    def _joined(self) -> tuple[str, list[int]]:
        """All names in one string, and where each begins."""
        names = [name for name, _ in self._named]
        return "\n".join(names), [0, *accumulate(len(name) + 1 for name in names)]

    # -- people ------------------------------------------------------------------------------------

    @cached_property
    def contacts(self) -> list[Entry]:
        return [
            (customer, contact)
            for customer in self.customers
            for contact in customer.contacts
            if contact.name
        ]

    @cached_property
    def people(self) -> Matcher[str, str]:
        """Names of contacts of two characters and more."""
        return Matcher({contact.name: contact.name for _, contact in self.contacts if len(contact.name) >= 2})

    @cached_property
    def people_sounds(self) -> Matcher[tuple[str, ...], str]:
        """A name for every sound that a contact's name of two to four characters has."""
        names = [contact.name for _, contact in reversed(self.contacts) if 2 <= len(contact.name) <= 4]
        return Matcher({sound(name): name for name in names})

    @cached_property
    def called(self) -> frozenset[str]:
        """Contacts' names."""
        return frozenset(contact.name for _, contact in self.contacts)

    @cached_property
    def surnames(self) -> frozenset[str]:
        return frozenset(contact.name[0] for _, contact in self.contacts)

    @cached_property
    def given(self) -> frozenset[str]:
        """Last characters of contacts' names."""
        return frozenset(contact.name[-1] for _, contact in self.contacts if len(contact.name) >= 2)

    def alike(self, name: str, surname: str) -> list[Entry]:
        """Every contact that `name` may mean, and some that it doesn't, in the book's order; with a `surname`,
        also those that have it, or one that sounds like it.
        """
        keys = (sound(name), (name,), *((sound(surname), (surname,)) if surname else ()))
        found = {index for key in keys for index in self._by_part.get(key, ())}
        return [self.contacts[index] for index in sorted(found)]

    @cached_property
    def _by_part(self) -> dict[tuple[str, ...], list[int]]:
        """Contacts by the sound of the name and of the surname, by each character, and by the given name."""
        parts: list[tuple[tuple[str, ...], int]] = []
        for index, (_, contact) in enumerate(self.contacts):
            name = contact.name
            keys = {sound(name), sound(name[0]), (name,), (name[1:],), *((char,) for char in name)}
            parts += ((key, index) for key in keys)
        return _grouped(parts)


def _grouped(pairs: Iterable[tuple[Group, Value]]) -> dict[Group, list[Value]]:
    out: dict[Group, list[Value]] = {}
    for key, value in pairs:
        held = out.setdefault(key, [])
        if value not in held[-1:]:
            held.append(value)
    return out


class _Shelf:
    """The books last used. A book loaded anew, with the same customers, is the one that is held already."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._books: OrderedDict[int, Book] = OrderedDict()
        self._lock = Lock()

    def book(self, customers: Customers) -> Book:
        with self._lock:
            if held := self._books.get(id(customers)):
                self._books.move_to_end(id(customers))
                return held
            held = self._same(customers) or Book(customers)
            self._books[id(held.customers)] = held
            self._books.move_to_end(id(held.customers))
            while len(self._books) > 1 and sum(len(b.customers) for b in self._books.values()) > self._most:
                self._books.popitem(last=False)
        return held

    def _same(self, customers: Customers) -> Book | None:
        return next((book for book in reversed(self._books.values()) if book.customers == customers), None)


_shelf = _Shelf(_HELD)


def book_of(customers: Sequence[KnownCustomer]) -> Book:
    """The book of these customers; the same for the same tuple, or for an equal one."""
    return _shelf.book(tuple(customers))
