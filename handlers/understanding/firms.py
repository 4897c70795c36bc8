"""Finds the customers that a note names: by name, alias, homophone or likeness to the book."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from handlers.understanding.book import PLACE, TRADE, Book, book_of, folded
from handlers.understanding.lac import Word
from handlers.understanding.note import Known, KnownCustomer
from handlers.understanding.sounds import sound

_ALIKE = 70.0  # below this likeness of sound a name is another company
_SAME_SOUND = 90.0  # above it, a name may begin with another character
_CLOSE = 14.0  # two likenesses nearer than this are a doubt


@dataclass(frozen=True, slots=True)
class Firm:
    """A customer where the note names it; `ids` likeliest first, empty for one that the book lacks."""

    start: int
    end: int
    name: str
    ids: tuple[str, ...]


def find(text: str, known: Known, lexed: Sequence[Word]) -> list[Firm]:
    """Mentions of known customers in order, without overlaps."""
    book = book_of(known.customers)
    found = _exact(text, book)
    found += _heard(text, book, lexed, found)
    found = [_extended(text, firm, known) for firm in found]
    found += _likened(known, lexed, found)
    return sorted(found, key=lambda firm: firm.start)


def _exact(text: str, book: Book) -> list[Firm]:
    """From left to right, the longest name that stands at each place."""
    out: list[Firm] = []
    low = folded(text)
    for start in range(len(text)):
        if out and start < out[-1].end:
            continue
        for end, ids in book.names.at(low, start):
            out.append(Firm(start, end, text[start:end], tuple(ids)))
            break
    return out


def _heard(text: str, book: Book, lexed: Sequence[Word], found: Iterable[Firm]) -> list[Firm]:
    """Homophones of a name; one of two characters must also stand between word borders."""
    borders = {word.start for word in lexed} | {word.end for word in lexed}
    nouns = {(w.start, w.end): w.tag for w in lexed}
    taken = [(firm.start, firm.end) for firm in found]
    out: list[Firm] = []
    for start, end, ids in book.sounds.everywhere(sound(text)):
        if any(start < e and b < end for b, e in taken):
            continue
        if (
            end - start == 2
            and not _stands_alone(start, end, borders, nouns)
            and not _with_contact(text, end, [book.by_id[identity] for identity in ids])
        ):
            continue
        out.append(Firm(start, end, text[start:end], tuple(dict.fromkeys(ids))))
        taken.append((start, end))
    return out


def _with_contact(text: str, end: int, customers: Iterable[KnownCustomer]) -> bool:
    """立科岑厂长: a contact's surname right behind, perhaps after 的."""
    following = (
        text[end : end + 1] if text[end : end + 1] not in ("的", "嘅", "个", " ") else text[end + 1 : end + 2]
    )
    return any(following == contact.name[:1] for customer in customers for contact in customer.contacts)


def _stands_alone(start: int, end: int, borders: set[int], nouns: dict[tuple[int, int], str]) -> bool:
    if start not in borders or end not in borders:
        return False
    return nouns.get((start, end), "n") in ("n", "nz", "ORG", "LOC", "PER", "nw", "ns", "nt", "nr")


def _extended(text: str, firm: Firm, known: Known) -> Firm:
    """嘉城塑胶 where the book has 嘉城塑业 and 嘉晟塑胶: the trade behind an alias may contradict it."""
    match = TRADE.match(text, firm.end)
    if not match or TRADE.search(firm.name):
        return firm
    name = text[firm.start : match.end()]
    book = book_of(known.customers)
    owners = [book.by_id[identity] for identity in firm.ids]
    certain = [c for c in owners if match[0] in c.name]
    if certain:
        return Firm(firm.start, match.end(), name, tuple(c.id for c in certain))
    ids = alike(name, known)
    if ids and any(TRADE.search(c.name) for c in owners):
        return Firm(firm.start, match.end(), name, tuple(dict.fromkeys((*ids, *firm.ids))))
    return firm


def alike(name: str, known: Known) -> tuple[str, ...]:
    """Ids of the customers whose names sound like `name`, likeliest first, as far as they are close."""
    best: dict[str, float] = {}
    if len(name) >= 3:
        for score, identity in _scored(name, book_of(known.customers)):
            best[identity] = max(best.get(identity, 0.0), score)
    scores = sorted(
        ((score, identity) for identity, score in best.items() if score >= _ALIKE),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return tuple(identity for score, identity in scores if score >= scores[0][0] - _CLOSE)


def _scored(name: str, book: Book) -> Iterable[tuple[float, str]]:
    """How alike names of about that length are that begin with the same character, or sound nearly the same."""
    heard = " ".join(sound(name))
    for size in (len(name) - 1, len(name), len(name) + 1):
        names, sounds, ids = book.by_size.get(size, ([], [], []))
        near = process.extract(heard, sounds, scorer=fuzz.ratio, limit=None, score_cutoff=_SAME_SOUND)
        for index in {*book.by_opening.get((size, name[0]), ()), *(index for _, _, index in near)}:
            by_sound = fuzz.ratio(heard, sounds[index])
            yield 0.6 * by_sound + 0.4 * fuzz.ratio(name, names[index]), ids[index]


def _likened(known: Known, lexed: Sequence[Word], found: Iterable[Firm]) -> list[Firm]:
    """Company names seen by LAC that nearly sound like one of the book."""
    taken = [(firm.start, firm.end) for firm in found]
    out: list[Firm] = []
    for index, word in enumerate(lexed):
        if word.tag not in ("ORG", "nz", "PER", "LOC") or any(
            word.start < e and b < word.end for b, e in taken
        ):
            continue
        end, name = word.end, word.text
        if index + 1 < len(lexed) and TRADE.fullmatch(lexed[index + 1].text):
            end, name = lexed[index + 1].end, name + lexed[index + 1].text
        ids = alike(name, known) if len(name) >= 3 and TRADE.search(name) else ()
        if ids:
            out.append(Firm(word.start, end, name, ids))
    return out


def named_partly(name: str, known: Known) -> tuple[str, ...]:
    """Ids of customers of whose name or alias `name` is a part (空港项目 of 空港项目部); a place alone is no name."""
    if len(name) < 2 or PLACE.fullmatch(name) or TRADE.fullmatch(name):
        return ()
    return book_of(known.customers).containing(name)
