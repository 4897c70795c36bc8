"""Lists of customers as others keep them: Excel, CSV of any encoding, vCards; all as rows of text."""

import csv
import io
import quopri
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

ENCODINGS = ("utf-8-sig", "gb18030")
"""As what a CSV is read; whatever is valid UTF-8 is hardly ever anything else."""

LARGEST = 100_000
"""Rows of one file; a longer one is more likely a mistake than a list."""

VCARD = ("客户名称", "类型", "联系人", "职务", "电话", "邮箱", "地址", "备注")

Row = tuple[int, tuple[str, ...]]


class Unreadable(ValueError):
    """The file is not what its name says; the text says in one line how to go on."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings, and below them the rows that hold something, each with its number in the file (from 1)."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def read(name: str, content: bytes, is_heading: Callable[[str], bool]) -> Sheet:
    """The list in a file called `name`. Raises Unreadable."""
    ending = name.rpartition(".")[2].lower()
    reader = READERS.get(ending)
    if reader is None:
        raise Unreadable(f"{name} 不认得：可以导 {'、'.join(f'.{each}' for each in READERS)}")
    return _sheet(name, reader(name, content), is_heading)


def _sheet(name: str, lines: Iterable[Row], is_heading: Callable[[str], bool]) -> Sheet:
    """The first row with two headings that are known begins the list; what stands above is its title."""
    rows = [(number, cells) for number, cells in lines if any(cells)]
    if len(rows) > LARGEST:
        raise Unreadable(f"{name} 有 {len(rows):,} 行，一次最多 {LARGEST:,} 行：分几个文件导")
    starts = (at for at, (_, cells) in enumerate(rows) if sum(map(is_heading, cells)) > 1)
    start = next(starts, 0)
    if not rows:
        raise Unreadable(f"{name} 是空的")
    headings = _apart(rows[start][1])
    width = len(headings)
    return Sheet(
        headings, tuple((number, (*cells, *("",) * width)[:width]) for number, cells in rows[start + 1 :])
    )


def _apart(headings: Sequence[str]) -> tuple[str, ...]:
    """Headings that stand twice get a number, so that each column keeps its own."""
    names: list[str] = []
    for at, each in enumerate(headings, 1):
        name = each or f"第{at}列"
        names.append(name if name not in names else f"{name} {at}")
    return tuple(names)


def _xlsx(name: str, content: bytes) -> Iterator[Row]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unreadable(f"{name} 打不开：不是 .xlsx，或加了密码。用 Excel 另存为 .xlsx 再导") from error
    sheet: Any = book.worksheets[0]
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        yield number, tuple(_text(each) for each in cells)


def _text(value: object) -> str:
    """A cell as somebody reads it: whole numbers without .0, days as 2026-04-21."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _csv(name: str, content: bytes) -> Iterator[Row]:
    text = _decoded(name, content)
    first = text.partition("\n")[0]
    mark = max(",\t;", key=first.count)
    # A number in a row is that of its line: what is quoted may hold line breaks.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    before = 0
    try:
        for cells in reader:
            yield before + 1, tuple(" ".join(each.split()) for each in cells)
            before = reader.line_num
    except csv.Error as error:
        raise Unreadable(f"{name} 第 {before + 1} 行读不了：引号没有配对。改好再导") from error


def _decoded(name: str, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(f"{name} 的编码认不出：另存为 UTF-8 再导")


# -- vCard: the five properties that a customer needs, of any version that phones write -----------------

_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([\\,;nN])")


def _vcf(name: str, content: bytes) -> Iterator[Row]:
    yield 1, VCARD
    text = _FOLD.sub("", _decoded(name, content))
    card: dict[str, list[str]] | None = None
    number = 1
    for line in _soft_joined(text.splitlines()):
        head, _, value = line.partition(":")
        key, *params = head.upper().split(";")
        key = key.rpartition(".")[2].strip()
        if key == "BEGIN":
            card = {}
        elif key == "END" and card is not None:
            number += 1
            yield number, _person(card)
            card = None
        elif card is not None and value.strip():
            card.setdefault(key, []).append(_plain(value, params))


def _soft_joined(lines: Iterable[str]) -> Iterator[str]:
    """Quoted-printable breaks long lines with a = at their end (vCard 2.1)."""
    held = ""
    for line in lines:
        quoted = held or "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
        if quoted and line.endswith("="):
            held += line[:-1]
            continue
        yield held + line
        held = ""
    if held:
        yield held


def _plain(value: str, params: Sequence[str]) -> str:
    """A property's value: decoded where it is quoted-printable; its parts stay apart by ;."""
    if "QUOTED-PRINTABLE" in "".join(params):
        raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
        charset = next((each.partition("=")[2] for each in params if each.startswith("CHARSET=")), "utf-8")
        try:
            value = raw.decode(charset)
        except (LookupError, UnicodeDecodeError):
            value = raw.decode("gb18030", errors="replace")
    return _ESCAPED.sub(lambda found: {"n": " ", "N": " "}.get(found[1], found[1]), value).strip()


def _person(card: dict[str, list[str]]) -> tuple[str, ...]:
    """One card as a row under `VCARD`; who names no company is a customer himself."""

    def first(key: str) -> str:
        return card.get(key, [""])[0]

    family, given = (*first("N").split(";"), "", "")[:2]
    who = first("FN") or f"{family}{given}"
    company = first("ORG").split(";")[0].strip()
    *_, street, town, region = (*first("ADR").split(";"), "", "", "", "", "")[:5]
    address = "".join(each.strip() for each in (region, town, street))
    number = re.sub(r"^tel:", "", first("TEL"), flags=re.IGNORECASE)
    told = (first("TITLE"), number, first("EMAIL"), address, first("NOTE"))
    return (company, "企业", who, *told) if company else (who, "个人", "", *told)


READERS: dict[str, Callable[[str, bytes], Iterator[Row]]] = {"xlsx": _xlsx, "csv": _csv, "vcf": _vcf}
