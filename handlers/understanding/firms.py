"""Finds the customers that a note names: by name, alias, homophone or likeness to the book."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from handlers.understanding.lac import Word
from handlers.understanding.note import Known, KnownCustomer
from handlers.understanding.sounds import sound
from handlers.understanding.words import words

_LEGAL = re.compile(rf"(?:{'|'.join(words('firms', 'legal'))})$")
_PLACE = re.compile(rf"^(?:{'|'.join(words('firms', 'places'))})(?:省|市)?")
_TRADE = re.compile(rf"(?:{'|'.join(words('firms', 'trades'))})")
_ALIKE = 70.0  # below this likeness of sound a name is another company
_CLOSE = 14.0  # two likenesses nearer than this are a doubt


@dataclass(frozen=True, slots=True)
class Firm:
    """A customer where the note names it; `ids` likeliest first, empty for one that the book lacks."""

    start: int
    end: int
    name: str
    ids: tuple[str, ...]


def short_names(customer: KnownCustomer) -> set[str]:
    """Ways in which people name a company: legal name, aliases, and the name without place and legal form."""
    names = {customer.name, *customer.aliases}
    for name in (customer.name,):
        bare = _LEGAL.sub("", _LEGAL.sub("", name))
        names.add(bare)
        names.add(_PLACE.sub("", bare))
        rest = _TRADE.sub("", _PLACE.sub("", bare))
        if len(rest) >= 2 and bare.endswith(tuple(words("firms", "trades"))):
            names.add(rest)
    return {name for name in names if len(name) >= 2}


def find(text: str, known: Known, lexed: Sequence[Word]) -> list[Firm]:
    """Mentions of known customers in order, without overlaps."""
    keys: dict[str, list[str]] = {}
    for customer in known.customers:
        for name in short_names(customer):
            keys.setdefault(name, []).append(customer.id)
    found = _exact(text, keys)
    found += _heard(text, keys, lexed, found, known)
    found = [_extended(text, firm, known) for firm in found]
    found += _likened(known, lexed, found)
    return sorted(found, key=lambda firm: firm.start)


def _exact(text: str, keys: dict[str, list[str]]) -> list[Firm]:
    if not keys:
        return []
    longest_first = sorted(keys, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(key) for key in longest_first), re.IGNORECASE)
    folded = {key.lower(): ids for key, ids in keys.items()}
    return [Firm(m.start(), m.end(), m[0], tuple(folded[m[0].lower()])) for m in pattern.finditer(text)]


def _heard(
    text: str, keys: dict[str, list[str]], lexed: Sequence[Word], found: Iterable[Firm], known: Known
) -> list[Firm]:
    """Homophones of a name; one of two characters must also stand between word borders."""
    syllables = sound(text)
    heard: dict[tuple[str, ...], list[str]] = {}
    for key, ids in keys.items():
        if len(key) >= 2 and not key.isascii():
            heard.setdefault(sound(key), []).extend(ids)
    borders = {word.start for word in lexed} | {word.end for word in lexed}
    nouns = {(w.start, w.end): w.tag for w in lexed}
    taken = [(firm.start, firm.end) for firm in found]
    out: list[Firm] = []
    surnames = {c.id: {contact.name[0] for contact in c.contacts} for c in known.customers}
    for length in sorted({len(key) for key in heard}, reverse=True):
        for start in range(len(text) - length + 1):
            end = start + length
            ids = heard.get(syllables[start:end], [])
            if not ids or any(start < e and b < end for b, e in taken):
                continue
            if (
                length == 2
                and not _stands_alone(start, end, borders, nouns)
                and not _with_contact(text, end, ids, surnames)
            ):
                continue
            out.append(Firm(start, end, text[start:end], tuple(dict.fromkeys(ids))))
            taken.append((start, end))
    return out


def _with_contact(text: str, end: int, ids: list[str], surnames: dict[str, set[str]]) -> bool:
    """立科岑厂长: a contact's surname right behind, perhaps after 的."""
    following = (
        text[end : end + 1] if text[end : end + 1] not in ("的", "嘅", "个", " ") else text[end + 1 : end + 2]
    )
    return any(following in surnames[identity] for identity in ids)


def _stands_alone(start: int, end: int, borders: set[int], nouns: dict[tuple[int, int], str]) -> bool:
    if start not in borders or end not in borders:
        return False
    return nouns.get((start, end), "n") in ("n", "nz", "ORG", "LOC", "PER", "nw", "ns", "nt", "nr")


def _extended(text: str, firm: Firm, known: Known) -> Firm:
    """嘉城塑胶 where the book has 嘉城塑业 and 嘉晟塑胶: the trade behind an alias may contradict it."""
    match = _TRADE.match(text, firm.end)
    if not match or _TRADE.search(firm.name):
        return firm
    name = text[firm.start : match.end()]
    certain = [c for c in known.customers if c.id in firm.ids and match[0] in c.name]
    if certain:
        return Firm(firm.start, match.end(), name, tuple(c.id for c in certain))
    ids = alike(name, known)
    owners = [c for c in known.customers if c.id in firm.ids]
    if ids and any(_TRADE.search(c.name) for c in owners):
        return Firm(firm.start, match.end(), name, tuple(dict.fromkeys((*ids, *firm.ids))))
    return firm


def alike(name: str, known: Known) -> tuple[str, ...]:
    """Ids of the customers whose names sound like `name`, likeliest first, as far as they are close."""
    heard = " ".join(sound(name))
    scores: list[tuple[float, str]] = []
    for customer in known.customers:
        best = 0.0
        for key in short_names(customer):
            if abs(len(key) - len(name)) <= 1 and len(name) >= 3:
                by_sound = fuzz.ratio(heard, " ".join(sound(key)))
                by_sign = fuzz.ratio(name, key)
                best = max(
                    best, 0.6 * by_sound + 0.4 * by_sign if key[0] == name[0] or by_sound > 90 else 0.0
                )
        if best >= _ALIKE:
            scores.append((best, customer.id))
    scores.sort(key=lambda pair: (-pair[0], pair[1]))
    return tuple(identity for score, identity in scores if score >= scores[0][0] - _CLOSE)


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
        if index + 1 < len(lexed) and _TRADE.fullmatch(lexed[index + 1].text):
            end, name = lexed[index + 1].end, name + lexed[index + 1].text
        ids = alike(name, known) if len(name) >= 3 and _TRADE.search(name) else ()
        if ids:
            out.append(Firm(word.start, end, name, ids))
    return out


def named_partly(name: str, known: Known) -> tuple[str, ...]:
    """Ids of customers of whose name or alias `name` is a part (空港项目 of 空港项目部); a place alone is no name."""
    if len(name) < 2 or _PLACE.fullmatch(name) or _TRADE.fullmatch(name):
        return ()
    return tuple(
        c.id for c in known.customers if any(name in key and len(key) > len(name) for key in short_names(c))
    )
