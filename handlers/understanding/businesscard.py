"""Reads a business card from its lines of print: by what they say, how large they are, where they stand.

Pure: lines with boxes in, values with their words out. What can't be told stays blank, and what is no
business card is None, so that a picture of a label or an invoice never becomes somebody's contact.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handlers.understanding import phones
from handlers.understanding.note import (
    CustomerMention,
    Fact,
    Field,
    Intent,
    Known,
    Note,
    PersonMention,
    Span,
    UpdateRead,
)
from handlers.understanding.words import surnames, words

SUREST = 0.5
"""Lines that the recogniser is less sure of than this are left out."""
MOST_LINES = 40
"""A page with more lines than this is no business card."""
SAME_ROW = 0.6
"""Two lines whose middles are nearer than this part of their height stand in one row."""


@dataclass(frozen=True, slots=True)
class Print:
    """One line of print: its upright box in pixels, its height of type, how sure the recogniser is (0 to 1)."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    score: float = 1.0

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Printed:
    """A value and where its words stand in the card's text."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class BusinessCard:
    """What a card says of one person; `text` is all of its print, a line each."""

    text: str
    name: Printed
    company: Printed | None = None
    title: Printed | None = None
    phones: tuple[Printed, ...] = ()
    """Mobiles first, digits as in the archive; no fax."""
    email: Printed | None = None
    wechat: Printed | None = None
    address: Printed | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int
    print: Print

    def printed(self, value: str, start: int, end: int) -> Printed:
        return Printed(value, Span(self.start + start, self.start + end))


_HAN = "[一-鿿]"
_LEGAL = "|".join(words("firms", "legal"))
_COMPANY = re.compile(
    rf"(?:[一-鿿A-Za-z0-9&·()（）]+?)(?:{'|'.join(words('cards', 'bodies'))}|{_LEGAL})(?![一-鿿])"
)
_TITLE = re.compile(rf"(?:[一-鿿A-Za-z/&]{{0,10}}?)(?:{'|'.join(words('cards', 'titles'))})$")
_STARTS = tuple(words("cards", "title_starts"))
_NO_NAME = re.compile("|".join(words("cards", "no_name")))
_NO_CARD = re.compile("|".join(words("cards", "no_card")))
_SURNAME = f"(?:{'|'.join(words('cards', 'compound'))}|[{''.join(sorted(surnames()))}])"
_NAME = re.compile(rf"{_SURNAME}{_HAN}{{1,2}}")
_APART = re.compile(rf"(?<![一-鿿])((?:{_HAN}[ ·]+){{1,3}}{_HAN})(?![一-鿿])")
_LABEL = re.compile(
    r"^(?:(?:公司|单位|企业)?(?:姓\s*名|名\s*称|地\s*址|职\s*[务位]|联系人|公\s*司|单\s*位)|(?:add(?:ress)?|name|company)\b\.?)[\s:：]*",
    re.IGNORECASE,
)
_FAX = re.compile(r"(?:传\s*真|fax|(?<![A-Za-z])F)[\s:：.|/]*(?:\+?86[\s-]*)?$", re.IGNORECASE)
_ABROAD = re.compile(r"(?:\+|00)86[\s-]*\(?0?\)?([1-9]\d{1,2})\)?[\s-]+(\d(?:[\s-]?\d){6,7})(?!\d)")
_PLACE = re.compile(
    r"(?:省|市|区|县|镇|乡|开发区|工业园).{0,20}?(?:路|街|道|巷|园|村|大厦|广场|中心|号|楼|栋|幢|座)|(?:路|街|大道|巷)\s*[\dA-Za-z-]+\s*号"
)
_PLACE_GOES_ON = re.compile(r"^[^:：@]{0,24}?(?:号|楼|室|层|栋|幢|座|单元|大厦|广场)[^:：@]{0,12}$")
_POST = re.compile(r"[\s(（]*(?:邮\s*[编政]\w*|P\.?C\.?|zip)?[\s:：]*\d{6}[)）]?\s*$", re.IGNORECASE)
_HONORIFIC = re.compile(r"(?:先生|女士|小姐)$")


def parse(prints: Sequence[Print]) -> BusinessCard | None:
    """The card, or None for a picture that is no business card."""
    text, lines = _laid_out(prints)
    if not lines or len(lines) > MOST_LINES or _NO_CARD.search(text):
        return None
    numbers, email, wechat = _reached(lines)
    address = _address(lines)
    taken = [each.span for each in (address,) if each]
    company = _company(lines, taken)
    rest = [each for each in lines if not _holds(each, [*taken, *((company.span,) if company else ())])]
    name, title = _person(rest)
    if name is None or not (numbers or email) or not (company or title):
        return None
    return BusinessCard(text, name, company, title, numbers, email, wechat, address)


def note_of(card: BusinessCard, known: Known) -> Note:
    """The card as a note that tells of one contact: from here on it goes the way of everything told."""
    whose = card.name.value
    facts = [_fact(whose, Field.TITLE, card.title), _fact(whose, Field.EMAIL, card.email)]
    facts.append(_fact(whose, Field.WECHAT, card.wechat))
    own = next(iter(card.phones), None)
    desk = next((each for each in card.phones if each is not own and not _is_mobile(each.value)), None)
    facts += [_fact(whose, Field.PHONE, own), _fact("customer", Field.PHONE, desk)]
    facts.append(_fact("customer", Field.ADDRESS, card.address))
    person = PersonMention(whose, card.title.value if card.title else None, spans=(card.name.span,))
    update = UpdateRead(
        customer=_customer(card, known),
        contacts=(person,),
        facts=tuple(each for each in facts if each is not None),
        clauses=(Span(0, len(card.text)),),
    )
    return Note(text=card.text, intent=Intent.UPDATE, updates=(update,))


def _fact(of: str, field: Field, printed: Printed | None) -> Fact | None:
    return Fact(of, field, printed.value, (printed.span,)) if printed is not None else None


# -- whose card it is ------------------------------------------------------------------------------


def _customer(card: BusinessCard, known: Known) -> CustomerMention:
    """The known customer whose name it is, apart from place and legal form; several: a doubt.

    A card without a company asks which customer by a name that no customer has: the person's.
    """
    if card.company is None:
        return CustomerMention(card.name.value, spans=(card.name.span,))
    bare = _bare(card.company.value)
    ids = tuple(
        each.id for each in known.customers if bare in {_bare(name) for name in (each.name, *each.aliases)}
    )
    return CustomerMention(
        card.company.value,
        known=ids[0] if ids else None,
        candidates=ids if len(ids) > 1 else (),
        spans=(card.company.span,),
    )


_PLACES = re.compile(rf"^(?:{'|'.join(words('firms', 'places'))})(?:省|市)?")
_FORM = re.compile(rf"(?:{_LEGAL})$")
_MARKS = re.compile(r"[\s()（）·.,]")


def _bare(name: str) -> str:
    """A company's name without place, legal form and marks: what people call it by."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", name))
    for part in (_FORM, _FORM, _PLACES, _PLACES):
        plain = shorter if len(shorter := part.sub("", plain)) > 1 else plain
    return plain


# -- the page ------------------------------------------------------------------------------------------


def _laid_out(prints: Iterable[Print]) -> tuple[str, list[_Line]]:
    """The print from top to bottom and left to right, as one text."""
    lines: list[_Line] = []
    start = 0
    for each in _in_rows([one for one in prints if one.score >= SUREST and one.text.strip()]):
        line = " ".join(unicodedata.normalize("NFKC", each.text).split())
        lines.append(_Line(line, start, each))
        start += len(line) + 1
    return "\n".join(each.text for each in lines), lines


def _in_rows(prints: Iterable[Print]) -> Iterator[Print]:
    rows: list[list[Print]] = []
    for each in sorted(prints, key=lambda one: one.middle):
        row = rows[-1] if rows else None
        if row and each.middle - row[-1].middle < SAME_ROW * min(each.size, row[-1].size):
            row.append(each)
        else:
            rows.append([each])
    for row in rows:
        yield from sorted(row, key=lambda one: one.left)


def _holds(line: _Line, spans: Iterable[Span]) -> bool:
    """Whether a value was already found in the line."""
    end = line.start + len(line.text)
    return any(span.start < end and line.start < span.end for span in spans)


def _below(line: _Line, lines: Sequence[_Line]) -> _Line | None:
    """The next line under one, in the same column and of about the same type."""
    under = [
        each
        for each in lines
        if each.print.top > line.print.middle
        and each.print.left < line.print.right
        and line.print.left < each.print.right
        and each.print.top - line.print.bottom < line.print.size * 1.5
        and 0.6 < each.print.size / line.print.size < 1.6
    ]
    return min(under, key=lambda each: each.print.top, default=None)


# -- its parts ------------------------------------------------------------------------------------------


def _reached(lines: Sequence[_Line]) -> tuple[tuple[Printed, ...], Printed | None, Printed | None]:
    """Phone numbers, mobiles first; the e-mail address; the WeChat name."""
    numbers: list[Printed] = []
    others: dict[str, Printed] = {}
    for line in lines:
        for item in phones.find(line.text):
            if item.kind != "phone":
                others.setdefault(item.kind, line.printed(item.value, item.start, item.end))
            elif not _FAX.search(line.text[: item.start]):
                numbers.append(line.printed(item.value, item.start, item.end))
        for found in _ABROAD.finditer(line.text):
            if not _FAX.search(line.text[: found.start()]):
                digits = phones.digits(found[2])
                numbers.append(line.printed(f"0{found[1]}-{digits}", found.start(), found.end()))
    once = {each.value: each for each in reversed(numbers)}
    mobiles_first = sorted(once.values(), key=lambda each: (not _is_mobile(each.value), each.span.start))
    return tuple(mobiles_first), others.get("email"), others.get("wechat")


def _is_mobile(number: str) -> bool:
    return len(number) == 11 and number.startswith("1")


def _address(lines: Sequence[_Line]) -> Printed | None:
    for line in lines:
        label = _LABEL.match(line.text)
        labelled = bool(label) and bool(re.match(r"(?:公司)?地\s*址|add", line.text, re.IGNORECASE))
        if not labelled and not _PLACE.search(line.text):
            continue
        start = label.end() if label else 0
        end = len(line.text)
        if post := _POST.search(line.text):
            end = post.start()
        value = line.text[start:end].strip()
        following = _below(line, lines)
        if (
            following
            and _PLACE_GOES_ON.match(following.text)
            and following.start == line.start + len(line.text) + 1
        ):
            return Printed(
                value + following.text, Span(line.start + start, following.start + len(following.text))
            )
        return line.printed(value, start, end) if value else None
    return None


def _company(lines: Sequence[_Line], taken: Sequence[Span]) -> Printed | None:
    """A legal name before any other, then the larger type; a name in two lines is put together."""
    found: list[tuple[bool, float, Printed]] = []
    for at, line in enumerate(lines):
        if _holds(line, taken):
            continue
        label = _LABEL.match(line.text)
        match = _COMPANY.search(line.text, label.end() if label else 0)
        if not match or not re.search(_HAN, match[0]):
            continue
        legal = re.search(rf"(?:{_LEGAL})$", match[0]) is not None
        found.append((legal, line.print.size, _whole(line, match, lines[:at])))
    return max(found, key=lambda each: each[:2])[2] if found else None


def _whole(line: _Line, match: re.Match[str], above: Sequence[_Line]) -> Printed:
    """有限公司 alone in its line is the end of the name above it."""
    bare = re.sub(rf"(?:{_LEGAL})$", "", match[0])
    start = next((each for each in reversed(above) if _below(each, [line]) is line), None)
    if len(bare) > 1 or start is None or not re.fullmatch(rf"{_HAN}{{3,}}", start.text):
        return line.printed(match[0], match.start(), match.end())
    return Printed(start.text + match[0], Span(start.start, line.start + match.end()))


def _person(lines: Sequence[_Line]) -> tuple[Printed | None, Printed | None]:
    """The name in the largest type, a line with a title before others; and the title nearest to it."""
    names: list[tuple[float, Printed, _Line]] = []
    titles: list[tuple[_Line, Printed]] = []
    for line in lines:
        for piece, start in _tokens(line):
            name, title = _apart(piece)
            if name:
                worth = line.print.size * (1.5 if title else 1.0)
                names.append((worth, line.printed(name, start, start + len(piece) - len(title)), line))
            if title:
                at = start + len(piece) - len(title)
                titles.append((line, line.printed(title, at, start + len(piece))))
    if not names:
        return None, _nearest(titles, None)
    _, name_found, home = max(names, key=lambda each: each[0])
    return name_found, _nearest(titles, home)


def _nearest(titles: Sequence[tuple[_Line, Printed]], home: _Line | None) -> Printed | None:
    if not titles:
        return None
    if home is None:
        return titles[0][1]
    return min(titles, key=lambda each: _distance(each[0].print, home.print))[1]


def _distance(one: Print, other: Print) -> float:
    across = max(0.0, one.left - other.right, other.left - one.right)
    down = max(0.0, one.top - other.bottom, other.top - one.bottom)
    return across + down


def _tokens(line: _Line) -> Iterator[tuple[str, int]]:
    """Parts of a line between blanks and bars, with where they start; 张 伟 is one part."""
    text = _APART.sub(lambda found: re.sub("[ ·]", "\x00", found[0]), line.text)
    label = _LABEL.match(text)
    for found in re.finditer(r"[^\s|,,;;:]+", text[label.end() :] if label else text):
        piece = found[0]
        yield piece.replace("\x00", " "), found.start() + (label.end() if label else 0)


def _apart(piece: str) -> tuple[str, str]:
    """Name and title of 张伟, 采购经理 or 张伟采购经理; "" for what is not there."""
    bare = _HONORIFIC.sub("", re.sub("[ ·]", "", piece))
    if _is_name(bare):
        return bare, ""
    for length in (2, 3, 4):
        name, rest = bare[:length], bare[length:]
        if _is_name(name) and rest.startswith(_STARTS) and _TITLE.fullmatch(rest):
            return name, rest
    if len(bare) >= 2 and not bare.endswith("部") and _TITLE.fullmatch(bare) and not _PLACE.search(bare):
        return "", bare
    return "", ""


def _is_name(text: str) -> bool:
    return (
        _NAME.fullmatch(text) is not None
        and _NO_NAME.search(text[1:]) is None
        and not any(text.endswith(title) for title in words("cards", "titles"))
    )
