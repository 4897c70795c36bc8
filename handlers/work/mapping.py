"""Which column of a list is which field, by the names that people give them (config/words/import.toml)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from handlers.understanding.words import table

_ASIDE = re.compile(r"[（(【\[].*?[）)】\]]|[\s*＊:：_]")


@dataclass(frozen=True, slots=True)
class Columns:
    """`fields`: where each field's column stands; `unused`: headings that no field takes."""

    fields: Mapping[str, int]
    unused: tuple[str, ...]


def names() -> tuple[str, ...]:
    """Every field that a column can be."""
    return tuple(table("import")["headings"])


def field_of(heading: str) -> str:
    """The field behind a heading; "" where none is known."""
    return _known().get(_bare(heading), "")


def map_columns(headings: Sequence[str], by_hand: Mapping[str, str]) -> Columns:
    """The first column of each field counts; `by_hand` (heading to field) goes before what is known."""
    found: dict[str, int] = {}
    for at in sorted(range(len(headings)), key=lambda at: headings[at] not in by_hand):
        field = by_hand.get(headings[at]) or field_of(headings[at])
        if field and field not in found:
            found[field] = at
    if "name" not in found and (instead := _nameless(found)):
        found["name"] = found.pop(instead)
    taken = set(found.values())
    return Columns(found, tuple(each for at, each in enumerate(headings) if at not in taken))


def _nameless(found: Iterable[str]) -> str:
    """A list without a column for the customer: the full name serves, else whoever is named."""
    return next((each for each in ("legal_name", "contact") if each in found), "")


@cache
def _known() -> dict[str, str]:
    return {_bare(word): field for field, words in table("import")["headings"].items() for word in words}


def _bare(heading: str) -> str:
    """Without case, blanks, stars and what stands in brackets: *客户名称（必填） is 客户名称."""
    return _ASIDE.sub("", unicodedata.normalize("NFKC", heading)).casefold()
