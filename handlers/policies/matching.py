"""Who of the archive somebody is whom a list or a platform names in its own way (R30, R46)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from handlers.policies.duplicates import core

SHORTEST = 2
"""Fewer letters than this are nobody's name."""
_MARKS = re.compile(r"[\s·,，.。、/|_\-—:：()（）【】\[\]~～@#*]+")


class By(StrEnum):
    """Why it is taken to be him: his number, firm and name together, or the name alone."""

    PHONE = "phone"
    FIRM = "firm"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the archive, and the names of his firm."""

    id: int
    name: str
    firms: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Who it is; `ids` has several where the name fits several, and is empty where it fits nobody."""

    ids: tuple[int, ...]
    by: By | None = None


def match(words: str, phone: str, people: Iterable[Known]) -> Match:
    """By the surest sign that tells one person; several only where a name alone fits several."""
    everybody = tuple(people)
    if phone and (found := _ids(each for each in everybody if each.phone == phone)):
        return Match(found, By.PHONE)
    named = [each for each in everybody if _names(words, each.name)]
    if found := _ids(each for each in named if _from(words, each.firms)):
        return Match(found, By.FIRM)
    exact = [each for each in named if _bare(words).startswith(_bare(each.name))]
    found = _ids(exact or named)
    return Match(found, By.NAME if found else None)


def agrees(called: str, name: str) -> bool:
    """Whether what somebody calls himself is the archive's name: 张伟, 鼎盛张伟, 张伟-采购."""
    return _names(called, name)


def nearest(called: str, people: Iterable[Known], limit: int) -> tuple[int, ...]:
    """Whom a nickname may be: the more of its letters stand in the name, the nearer; nobody shares none."""
    letters = set(_bare(called))
    scored = [(len(letters & set(_bare(each.name))), each.id) for each in people]
    return tuple(id for score, id in sorted(scored, key=lambda each: (-each[0], each[1])) if score)[:limit]


def _ids(people: Iterable[Known]) -> tuple[int, ...]:
    return tuple(each.id for each in people)


def _names(words: str, name: str) -> bool:
    bare = _bare(name)
    return len(bare) >= SHORTEST and bare in _bare(words)


def _from(words: str, firms: Iterable[str]) -> bool:
    text = _bare(words)
    return any(len(form) >= SHORTEST and form in text for firm in firms for form in (_bare(firm), core(firm)))


def _bare(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())
