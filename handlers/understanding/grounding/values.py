"""Works out days, sums, phones and phrases from quoted words by our own grammars; a model's value only picks."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time

from handlers.understanding import numerals, phones
from handlers.understanding.grounding import answer, loose
from handlers.understanding.grounding.page import Page, Range, Ranges
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.note import Amount, Fact, Field, When

_NUMBER = re.compile(numerals.NUMBER)


def _overlapping(items: Iterable[Range], ranges: Ranges) -> list[int]:
    return [at for at, (s, e) in enumerate(items) if any(s < end and start < e for start, end in ranges)]


# -- days ------------------------------------------------------------------------------------------


def when(page: Page, told: answer.Moment | None, tense: Tense, near: int = 0) -> When | None:
    """The day that the quoted words name, in the tense of a report or a plan; None where they name none.

    Where the words may mean several days, or another day of the note, the model's date picks one of those.
    """
    ranges = page.find(told.quote, near) if told else ()
    if told is None or not ranges:
        return None
    hint, hour = _hint(told.date)
    quoted = _moments_in(page, ranges)
    days = [m for m in quoted if m.kind != "clock"]
    named = _named(page, days, tense, hint)
    clock = _hour(page, ranges, quoted, hint, hour)
    if named is None and (days or not (quoted or clock)):
        return None
    used = {(m.start, m.end) for m in (named[0] if named else None, clock[1] if clock else None) if m} or set(
        ranges
    )
    part = next((m.part for m in quoted if m.part), None)
    return When(
        named[1] if named else page.scan.now,
        clock[0] if clock else None,
        part,
        page.spans(tuple(sorted(used))),
    )


def _hint(text: str | None) -> tuple[date | None, time | None]:
    try:
        told = datetime.fromisoformat(text or "")
    except ValueError:
        return None, None
    return told.date(), told.time() if "T" in (text or "") else None


def _moments_in(page: Page, ranges: Ranges) -> list[Moment]:
    """The note's moments that the quote touches, then those of looser forms in the quoted words alone."""
    held = page.scan.moments
    found = [held[at] for at in _overlapping([(m.start, m.end) for m in held], ranges)]
    alone = [replace(m, start=s, end=e) for s, e in ranges for m in loose.days(page.text[s:e])]
    return found + [m for m in alone if m.kind != "clock"]


def _named(page: Page, quoted: list[Moment], tense: Tense, hint: date | None) -> tuple[Moment, date] | None:
    """What the hint allows, of the quoted days before the others; else the last quoted (周三，不对，周四)."""
    now = page.scan.now
    elsewhere = [m for m in page.scan.moments if m.kind != "clock" and m not in quoted]
    for moment in (*quoted, *elsewhere):
        if hint is not None and loose.may_mean(moment, page.text[moment.start : moment.end], hint, now):
            return moment, hint
    read = [(m, day) for m in quoted if (day := m.day(now, tense))]
    return read[-1] if read and hint != now else None


def _hour(
    page: Page, ranges: Ranges, quoted: list[Moment], hint: date | None, hour: time | None
) -> tuple[time, Moment | None] | None:
    """The hour, where one is said: the model's where the words may mean it; without a model's date the last said."""
    if hint is None:
        said = [m for m in quoted if m.hour is not None]
        return (said[-1].hour, said[-1]) if said and said[-1].hour else None
    if hour is None:
        return None
    exact = next((m for m in (*quoted, *page.scan.moments) if m.hour == hour), None)
    return (hour, exact) if exact or loose.says_hour(page.words(ranges), hour) else None


# -- money -----------------------------------------------------------------------------------------


def amount(page: Page, told: answer.Money, near: int = 0) -> Amount | None:
    """The sum that the quoted words write; None where they write none."""
    ranges = page.find(told.quote, near)
    marked, alone = _marked(page, ranges), _alone(page, ranges)
    fits = [n for n in (*marked, *alone) if told.yuan is not None and abs(n.low - told.yuan) < CENT / 2]
    exact = [n for n in fits if n.high == told.max]
    unpicked = [n for n in alone if told.yuan is None and n.whole]
    only = marked if len(marked) == 1 or told.yuan is None else ()  # the model's own sum is none of several
    chosen = next(iter((*exact, *fits, *only[-1:], *unpicked)), None)
    if chosen is None:
        return None
    upper = [n for n in (*marked, *alone) if n.low == told.max and n.start > chosen.start]
    if fits and chosen.high is None and upper:  # 三千二到三千五
        chosen = replace(chosen, end=upper[0].end, high=upper[0].low)
    spans = page.spans(((chosen.start, chosen.end),))
    return Amount(told.kind, chosen.low, chosen.high, chosen.approximate, spans)


CENT = 0.01


def _marked(page: Page, ranges: Ranges) -> list[loose.Number]:
    """Sums of the scan that the quote touches."""
    held = page.scan.sums
    found = [held[at] for at in _overlapping([(s.start, s.end) for s in held], ranges)]
    return [loose.Number(s.start, s.end, s.low, s.high, True, s.approximate) for s in found]


def _alone(page: Page, ranges: Ranges) -> list[loose.Number]:
    """Numbers of the quoted words that may be sums; what follows them tells that they are not."""
    return [
        replace(n, start=start + n.start, end=start + n.end)
        for start, end in ranges
        for n in loose.sums(page.text[start : end + 3])
        if start + n.start < end
    ]


# -- facts -----------------------------------------------------------------------------------------


def fact(page: Page, told: answer.Fact, of: str, near: int = 0) -> Fact | None:
    """A fact whose value stands in the quoted words; `of` is already known to be in the note."""
    ranges = page.find(told.quote, near)
    if not ranges:
        return None
    found = _VALUES.get(told.field, phrase_of)(page, told, ranges)
    return Fact(of, told.field, found, page.spans(ranges)) if found else None


def phrase_of(page: Page, told: answer.Fact, ranges: Ranges) -> str | None:
    return phrase(page, told.value, ranges)


def phrase(page: Page, told: str, ranges: Ranges, longest: int = 40) -> str | None:
    """The model's short phrase where it is made of the note's words, else the quoted words themselves."""
    told = told.strip()
    if told and len(told) <= longest and page.says(told, ranges):
        return told
    words = page.words(ranges).strip(" ,。;:!?、\n")
    return words if 0 < len(words) <= longest else None


def _yes(page: Page, told: answer.Fact, ranges: Ranges) -> str | None:
    return "yes"


def _address(page: Page, told: answer.Fact, ranges: Ranges) -> str | None:
    """A phone, e-mail address or WeChat name that stands in the quoted words or right beside them."""
    kind = told.field.value
    reach = page.around(ranges)
    held = [a for a in page.scan.addresses if a.kind == kind]
    inside = _overlapping([(a.start, a.end) for a in held], ranges) or _overlapping(
        [(a.start, a.end) for a in held], (reach,)
    )
    if inside:
        wanted = phones.digits(told.value) if kind == "phone" else told.value
        exact = (held[at].value for at in inside if held[at].value.replace("-", "") == wanted)
        return next(exact, held[inside[-1]].value)
    if kind == "phone":
        digits = phones.digits(page.words(ranges))
        return digits if 7 <= len(digits) <= 12 else None
    wanted = phones.digits(told.value)
    same = [a.value for a in page.scan.addresses if kind == "wechat" and a.value == wanted]
    return same[0] if same else _latin(page, told.value, reach) or _spelt(page, reach)


def _latin(page: Page, value: str, reach: Range) -> str | None:
    """A name in Latin letters as it stands in the note, its digits perhaps spoken (bxq七七二一)."""
    text = "".join(str(numerals.DIGITS.get(c, c)) for c in page.text[slice(*reach)])
    at = text.lower().find(value.lower()) if value.isascii() and len(value) >= 3 else -1
    return text[at : at + len(value)] if at >= 0 else None


def _spelt(page: Page, reach: Range) -> str | None:
    """An e-mail address as it is spoken: li艾特abc点com."""
    written = page.text[slice(*reach)].replace("艾特", "@").replace("点", ".").replace(" ", "")
    return next((a.value for a in phones.find(written) if a.kind == "email"), None)


def _headcount(page: Page, told: answer.Fact, ranges: Ranges) -> str | None:
    found = [
        value
        for start, end in ranges
        for match in _NUMBER.finditer(page.text, start, end)
        if (value := numerals.value(match[0]))
    ]
    counts = [str(int(value)) for value in found]
    if told.value and told.value in page.words(ranges):
        return told.value
    return told.value if told.value in counts else counts[0] if counts else None


def _birthday(page: Page, told: answer.Fact, ranges: Ranges) -> str | None:
    return day_of_year(page, told.value, ranges)


def day_of_year(page: Page, told: str, ranges: Ranges) -> str | None:
    """MM-DD, with the year only where it was said."""
    read = [(m, m.day(page.scan.now, Tense.PAST)) for m in _moments_in(page, ranges)]
    written = [f"{day:%Y-%m-%d}" if m.kind == "date" else f"{day:%m-%d}" for m, day in read if day]
    return told if told in written else None


_VALUES = {
    Field.PHONE: _address,
    Field.EMAIL: _address,
    Field.WECHAT: _address,
    Field.HEADCOUNT: _headcount,
    Field.BIRTHDAY: _birthday,
    Field.DECISION_MAKER: _yes,
    Field.LEFT: _yes,
    Field.JOINED: _yes,
}
