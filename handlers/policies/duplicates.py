"""Whether two customers' names are likely one customer (R34, R46, R47)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz

ALIKE = 82.0
"""Similarity of pinyin from which two names are shown as a possible pair (0 to 100)."""

SAME_LETTERS = 60.0
"""Likewise of characters: names that only sound alike a little must share some."""

SAME_SOUND = 99.0
"""The most that names which differ in letters can score."""

SHORTEST = 2
"""Fewer characters than this tell no two customers apart."""

_SUFFIX = re.compile(r"(股份|集团|控股|有限|责任|公司|厂|店|中心|事务所)+$")
_PLACE = re.compile(r"^(中国|[一-龥]{2,3}(省|(?<!超)市|区|县))+")
_LEGAL = re.compile(r"(（.{1,6}）)?(股份|有限|责任)*公司$")
_SOMEBODY = re.compile(
    r"(的?[一-龥](总|工|经理|老板|主任|科长|厂长|主管|处长|部长|院长|校长|先生|女士|小姐|老师|师傅)|的[一-龥]{2,4})"
    r"(那边|那里|那儿|处)?$"
)
"""Whom somebody names with the customer: 德力电机的王总 is 德力电机."""
_MARKS = re.compile(r"[\s（）()·,，.。-]")


@dataclass(frozen=True, slots=True)
class NamedCustomer:
    """A customer by the names that people use for it."""

    id: int
    names: tuple[str, ...]


def core(name: str) -> str:
    """The part of a name that tells customers apart: without place, suffix and marks."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    whole = _MARKS.sub("", plain)
    bare = _SUFFIX.sub("", whole) or whole
    placeless = _PLACE.sub("", bare)
    return (placeless if len(placeless) >= SHORTEST else bare) or plain


def short_name(name: str) -> str:
    """A company's name as titles have it: without its legal form."""
    bare = _LEGAL.sub("", name)
    return bare if len(bare) >= SHORTEST else name


def sound_of(name: str) -> str:
    """How the telling part of a name sounds: names of one sound are likely one that was heard wrong."""
    return " ".join(lazy_pinyin(core(name)))


def alike(name: str, customers: Iterable[NamedCustomer], limit: int = 2) -> tuple[int, ...]:
    """Ids of the customers that the name may be one of, likeliest first."""
    return tuple(id_ for score, id_ in _ranked(name, customers) if score >= ALIKE)[:limit]


def nearest(name: str, customers: Iterable[NamedCustomer], limit: int) -> tuple[int, ...]:
    """Ids of the customers most like the name, however unlike."""
    return tuple(id_ for _, id_ in _ranked(name, customers))[:limit]


def _ranked(name: str, customers: Iterable[NamedCustomer]) -> list[tuple[float, int]]:
    scored = ((max((likeness(name, each) for each in one.names), default=0.0), one.id) for one in customers)
    return sorted(scored, key=lambda each: (-each[0], each[1]))


def likeness(one: str, other: str) -> float:
    """0 to 100: by sound, for names that speech recognition wrote, and by letters."""
    house = _SOMEBODY.sub("", one)
    if house != one and len(house) >= SHORTEST:
        return max(_likeness(one, other), _likeness(house, other))
    return _likeness(one, other)


def _likeness(one: str, other: str) -> float:
    a, b = core(one), core(other)
    if a == b:
        return 100.0
    letters = fuzz.ratio(a, b)
    sound = fuzz.ratio(sound_of(one), sound_of(other))
    # A name that only sounds the same comes after the one that is the same.
    return max(letters, min(sound, SAME_SOUND) if letters >= SAME_LETTERS / 2 else 0.0)
