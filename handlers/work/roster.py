"""Reads whom a rep has in his own WeChat: a file, a pasted list, or a sentence; knows no archive."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handlers.work import mapping, tables

LONGEST = 40
"""Characters of one name on a list; what is longer is no name."""
MOST = 2000
"""People of one list; more is an address book that was sent by mistake."""
TEXTS = (".txt", ".md")
FILES = (".csv", ".xlsx", ".vcf", *TEXTS)
NAMED = ("微信", "好友", "wechat", "名单")
"""What stands in the name of a file that is such a list."""

_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d(?:[- ]?\d{4}){2})(?!\d)")
_NUMBER = re.compile(r"^\s*(?:\d{1,4}[.、)）]|[-*•·])\s*")
_BETWEEN = re.compile(r"[\n;；]+")
_AMONG = re.compile(r"[、，,。]+|(?:还有|以及)")
_FILLER = re.compile(r"^(?:和|跟|还有|以及|有)|(?:他们|这几位|这些人?|等人?|这些)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody, as the list calls him; `phone` in digits where one stands beside."""

    words: str
    phone: str = ""


def is_roster(name: str) -> bool:
    """Whether a file that was sent in the chat is such a list, by its name."""
    lower = name.lower()
    return lower.endswith(FILES) and any(word in lower for word in NAMED)


def read_file(name: str, content: bytes) -> list[Entry]:
    """Everybody in the file. Raises `tables.Unreadable`."""
    if name.lower().endswith(TEXTS):
        return read_words(_text(name, content))
    sheet = tables.read(name, content, lambda heading: bool(mapping.field_of(heading)))
    columns = mapping.map_columns(sheet.headings, {}).fields
    rows = [cells for _, cells in sheet.rows]
    if not columns:  # no headings: the first row is somebody as well
        rows, columns = [sheet.headings, *rows], {"contact": 0}
    return _few(_row(columns, cells) for cells in rows)


def read_words(text: str) -> list[Entry]:
    """Everybody in a text: one a line, or one after the other in a sentence."""
    lines = [each for each in _BETWEEN.split(text) if each.strip()]
    parts = lines if len(lines) > 1 else _AMONG.split(text)
    return _few(_entry(each) for each in parts)


def _text(name: str, content: bytes) -> str:
    for encoding in tables.ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise tables.Unreadable(f"{name} 的编码认不出：另存为 UTF-8 再发")


def _row(columns: dict[str, int] | object, cells: tuple[str, ...]) -> Entry | None:
    assert isinstance(columns, dict)
    told = [cells[columns[field]] for field in ("name", "legal_name", "contact", "title") if field in columns]
    phone = cells[columns["phone"]] if "phone" in columns else ""
    found = _entry(" ".join(dict.fromkeys(each for each in told if each)))
    if found is None:
        return None
    return Entry(found.words, _digits(phone) or found.phone)


def _entry(raw: str) -> Entry | None:
    phone = _digits(raw)
    words = " ".join(_PHONE.sub(" ", _NUMBER.sub("", raw)).split()).strip(" ：:，,。.“”\"'（）()")
    words = _FILLER.sub("", words).strip()
    return Entry(words, phone) if 0 < len(words) <= LONGEST else None


def _digits(text: str) -> str:
    found = _PHONE.search(text)
    return re.sub(r"\D", "", found[1]) if found else ""


def _few(entries: Iterable[Entry | None]) -> list[Entry]:
    """Each once, in order."""
    found = dict.fromkeys(each for each in entries if each is not None)
    return list(found)[:MOST]
