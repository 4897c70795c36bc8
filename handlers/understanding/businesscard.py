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
    Spans,
    UpdateRead,
)
from handlers.understanding.words import surnames, words

SUREST = 0.5
"""Lines that the recogniser is less sure of than this are left out."""
SHORTEST = 2
"""Characters of a title."""
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
    spans: Spans


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
        return Printed(value, (Span(self.start + start, self.start + end),))


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
    r"^(?:(?:公司|单位|企业)?(?:姓\s*名|名\s*称|地\s*址|职\s*[务位]|联系人)[\s::]*|(?:公\s*司|单\s*位)\s*[::]\s*|(?:add(?:ress)?|a|name|company)[\s.::]*(?=[一-鿿]))",
    re.IGNORECASE,
)
_FAX = re.compile(r"(?:传?\s*真|fax|(?<![A-Za-z])F)[\s:：.|/]*(?:\+?86[\s-]*)?$", re.IGNORECASE)
_ABROAD = re.compile(r"(?:\+|00)86[\s-]*\(?0?\)?(10|2\d|[3-9]\d{2})\)?[\s-]+(\d(?:[\s-]?\d){6,7})(?!\d)")
_PLACE = re.compile(
    r"(?:省|市|区|县|镇|乡|开发区|工业园).{0,20}?(?:路|街|道|巷|园|村|大厦|广场|中心|号|楼|栋|幢|座)|(?:路|街|大道|巷)\s*[\dA-Za-z-]+\s*号"
)
_PLACE_GOES_ON = re.compile(r"^[^:：@]{0,24}?(?:号|楼|室|层|栋|幢|座|单元|大厦|广场)[^:：@]{0,12}$")
_POST = re.compile(r"[\s(（]*(?:邮\s*[编政]\w*|P\.?C\.?|zip)?[\s:：]*\d{6}[)）]?\s*$", re.IGNORECASE)
_JOINED = re.compile(r"(?<!\d)(1[3-9]\d{9}|0\d{2,3}-\d{7,8})(?=(?:1[3-9]\d{9}|0\d{2,3}-\d{7,8})(?!\d))")
_LOOSE = re.compile(r"(?<=[一-鿿]) (?=\d)|(?<=\d) (?=[一-鿿])")
_FOREIGN = re.compile(r"(?<=[一-鿿])/?[A-Za-z][A-Za-z.&/-]*$")
_HONORIFIC = re.compile(r"(?:先生|女士|小姐)$")


def parse(prints: Sequence[Print]) -> BusinessCard | None:
    """The card, or None for a picture that is no business card."""
    text, lines = _laid_out(prints)
    if not lines or len(lines) > MOST_LINES or _NO_CARD.search(text):
        return None
    numbers, email, wechat = _reached(lines)
    address = _address(lines)
    taken = address.spans if address else ()
    company = _company(lines, taken)
    taken += company.spans if company else ()
    rest = [each for each in lines if not _holds(each, taken)]
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
    person = PersonMention(whose, card.title.value if card.title else None, spans=card.name.spans)
    update = UpdateRead(
        customer=_customer(card, known),
        contacts=(person,),
        facts=tuple(each for each in facts if each is not None),
        clauses=(Span(0, len(card.text)),),
    )
    return Note(text=card.text, intent=Intent.UPDATE, updates=(update,))


def _fact(of: str, field: Field, printed: Printed | None) -> Fact | None:
    return Fact(of, field, printed.value, printed.spans) if printed is not None else None


# -- whose card it is ------------------------------------------------------------------------------


def _customer(card: BusinessCard, known: Known) -> CustomerMention:
    """The known customer whose name it is, apart from place and legal form; several: a doubt.

    A card without a company asks which customer by a name that no customer has: the person's.
    """
    if card.company is None:
        return CustomerMention(card.name.value, spans=card.name.spans)
    bare = _bare(card.company.value)
    ids = tuple(
        each.id for each in known.customers if bare in {_bare(name) for name in (each.name, *each.aliases)}
    )
    return CustomerMention(
        card.company.value,
        known=ids[0] if ids else None,
        candidates=ids if len(ids) > 1 else (),
        spans=card.company.spans,
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
        line = _line_of(each.text)
        lines.append(_Line(line, start, each))
        start += len(line) + 1
    return "\n".join(each.text for each in lines), lines


def _line_of(text: str) -> str:
    """Half width, with blanks where they part something: recognisers lose some and add others."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return _LOOSE.sub("", _JOINED.sub(r"\1 ", plain))


def _in_rows(prints: Iterable[Print]) -> Iterator[Print]:
    rows: list[list[Print]] = []
    for each in sorted(prints, key=lambda one: one.middle):
        row = rows[-1] if rows else None
        if row and _one_row(row[-1], each):
            row.append(each)
        else:
            rows.append([each])
    for row in rows:
        yield from sorted(row, key=lambda one: one.left)


def _one_row(one: Print, other: Print) -> bool:
    return abs(other.middle - one.middle) < SAME_ROW * min(one.size, other.size)


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
    for at, line in enumerate(lines):
        before = lines[at - 1].text if at and _one_row(lines[at - 1].print, line.print) else ""
        for item in phones.find(line.text):
            if item.kind != "phone":
                others.setdefault(item.kind, line.printed(item.value, item.start, item.end))
            elif not _FAX.search(before + line.text[: item.start]):
                numbers.append(line.printed(item.value, item.start, item.end))
        for found in _ABROAD.finditer(line.text):
            if not _FAX.search(before + line.text[: found.start()]):
                digits = phones.digits(found[2])
                numbers.append(line.printed(f"0{found[1]}-{digits}", found.start(), found.end()))
    once = {each.value: each for each in reversed(numbers)}
    mobiles_first = sorted(once.values(), key=lambda each: (not _is_mobile(each.value), each.spans[0].start))
    return tuple(mobiles_first), others.get("email"), others.get("wechat")


def _is_mobile(number: str) -> bool:
    return len(number) == 11 and number.startswith("1")


def _address(lines: Sequence[_Line]) -> Printed | None:
    for line in lines:
        label = _LABEL.match(line.text)
        labelled = label is not None and re.match(r"(?:公司)?地\s*址|a", line.text, re.IGNORECASE) is not None
        if not labelled and not _PLACE.search(line.text):
            continue
        start = label.end() if label else 0
        end = len(line.text)
        if post := _POST.search(line.text):
            end = post.start()
        value = line.text[start:end].strip()
        if not value:
            return None
        first, following = line.printed(value, start, end), _below(line, lines)
        if following is None or not _PLACE_GOES_ON.match(following.text):
            return first
        rest = following.printed(following.text, 0, len(following.text))
        return Printed(value + rest.value, first.spans + rest.spans)
    return None


def _company(lines: Sequence[_Line], taken: Spans) -> Printed | None:
    """A legal name before any other, then the larger type; a name in two lines is put together."""
    found: list[tuple[bool, bool, float, Printed]] = []
    for at, line in enumerate(lines):
        if _holds(line, taken):
            continue
        label = _LABEL.match(line.text)
        match = _COMPANY.search(line.text, label.end() if label else 0)
        if not match or not re.search(_HAN, match[0]):
            continue
        legal = re.search(rf"(?:{_LEGAL})$", match[0]) is not None
        whole = _whole(line, match, lines[:at])
        found.append((whole.value.endswith("公司"), legal, line.print.size, whole))
    return max(found, key=lambda each: each[:3])[3] if found else None


def _whole(line: _Line, match: re.Match[str], above: Sequence[_Line]) -> Printed:
    """有限公司 alone in its line is the end of the name above it."""
    bare = re.sub(rf"(?:{_LEGAL})$", "", match[0])
    start = next((each for each in reversed(above) if _below(each, [line]) is line), None)
    if len(bare) > 1 or start is None or not re.fullmatch(rf"{_HAN}{{3,}}", start.text):
        return line.printed(match[0], match.start(), match.end())
    end = line.printed(match[0], match.start(), match.end())
    return Printed(start.text + end.value, start.printed(start.text, 0, len(start.text)).spans + end.spans)


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
        piece = _FOREIGN.sub("", found[0])  # 采购专员/Purchasing, as recognisers join it
        yield piece.replace("\x00", " "), found.start() + (label.end() if label else 0)


def _apart(piece: str) -> tuple[str, str]:
    """Name and title of 张伟, 采购经理 or 张伟采购经理; "" for what is not there."""
    bare = _HONORIFIC.sub("", re.sub("[ ·]", "", piece))
    if _is_name(bare):
        return bare, ""
    if bare.startswith(_STARTS) and _TITLE.fullmatch(bare):  # 高级工程师: 高 is a surname too
        return "", _rank(bare)
    parts = [(bare[:length], bare[length:]) for length in (2, 3, 4)]
    parts = [(name, rest) for name, rest in parts if _is_name(name) and _TITLE.fullmatch(rest)]
    # Two characters of department and two of rank are the rule: 曹雪梅教务主任.
    parts.sort(key=lambda part: (not part[1].startswith(_STARTS), len(part[1]) % 2))
    if parts and (parts[0][1].startswith(_STARTS) or len(parts[0][1]) % 2 == 0):
        return parts[0]
    if len(bare) >= SHORTEST and _TITLE.fullmatch(bare) and not _PLACE.search(bare):
        return "", _rank(bare)
    return "", ""


def _rank(title: str) -> str:
    """供应链管理部采购主管 is 采购主管, whose department is told apart; 采购部经理 is one title."""
    _, _, rest = title.rpartition("部")
    return rest if rest.startswith(_STARTS) and rest not in words("cards", "titles") else title


def _is_name(text: str) -> bool:
    return (
        _NAME.fullmatch(text) is not None
        and _NO_NAME.search(text[1:]) is None
        and not any(text.endswith(title) for title in words("cards", "titles"))
    )
