"""Reads a message that puts right one field of what was recorded just before."""

import re

from handlers.understanding import judge, people
from handlers.understanding.context import Context
from handlers.understanding.firms import alike
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.money import Sum
from handlers.understanding.note import AmountKind, Correction, CorrectionField, CustomerMention
from handlers.understanding.words import table

_WORDS = table("corrections")
_FIELD = {name: re.compile("|".join(items)) for name, items in _WORDS["field"].items()}
_KIND = {name: re.compile("|".join(items)) for name, items in _WORDS["kind"].items()}
_OLD = re.compile(r"(?:不是|唔系|并非|而不是|不再是|非) ?(?:在|去|跟|说的)? ?$")
_NEW = re.compile(r"(?:是|系|改成|改为|换成|应该是|应该系|成|为|写成|记成|算|才是) ?(?:在|去|跟)? ?$")
_WRONG = re.compile(r"(?:写成|记成|说成|打成|录成|当成|写的|记的|说的|报成) ?(?:了|是)? ?$")
STRICT = re.compile("|".join(_WORDS["strict"]))
SURE = 0.5  # chance from which the field is taken as told


def build(context: Context) -> Correction | None:
    """The new value and, where named, the old one, of the likeliest field that has one; None where nothing can be told."""
    chances = judge.corrected(context.scan)
    for name in sorted(_ATTEMPTS, key=lambda name: -chances.get(name, 0.0)):
        if found := _ATTEMPTS[name](context, chances.get(name, 0.0) >= SURE):
            return found
    return None


def asks(text: str) -> bool:
    """Short messages that can only be a correction (预算改成50万, 不是张伟，是张薇)."""
    return len(text) <= 40 and STRICT.search(text) is not None


def _holds(name: str, text: str) -> bool:
    return _FIELD[name].search(text) is not None


def _is_old(text: str, start: int, end: int) -> bool:
    """Whether the words at `start` are what was wrong: 不是X, X错了, 写成X."""
    before, after = text[max(0, start - 6) : start], text[end : end + 6]
    return bool(
        _OLD.search(before)
        or _WRONG.search(before)
        or re.match(r" ?(?:改成|改为|换成|是错|不对|错了|写错|应该是|改到)", after)
    )


def _phone(context: Context, sure: bool) -> Correction | None:
    phones = [
        a
        for a in context.scan.addresses
        if a.kind == "phone" and not _is_old(context.scan.text, a.start, a.end)
    ]
    if not phones:
        return None
    chosen = (
        phones[-1]
        if len(phones) == 1
        else next((p for p in phones if _NEW.search(context.scan.text[: p.start])), phones[0])
    )
    return Correction(
        CorrectionField.PHONE,
        chosen.value.replace("-", "") if chosen.value.startswith("1") else chosen.value,
        customer=_record(context),
        spans=(context.span(chosen.start, chosen.end),),
    )


def _record(context: Context) -> CustomerMention | None:
    """The customer whose record is meant, named before the value."""
    return context.customer(context.topics[0]) if context.topics else None


def _customer(context: Context, sure: bool) -> Correction | None:
    text = context.scan.text
    firms = [(t, s, e) for t in context.topics for s, e in t.mentions if not _by_person(context, s, e)]
    old = [(s, e) for t, s, e in firms if _is_old(text, s, e)]
    if not (sure or _holds("customer", text) or (old and len({t.key for t, _, _ in firms}) > 1)):
        return None
    new = [(t, s, e) for t, s, e in firms if not _is_old(text, s, e)]
    if new:
        topic, start, end = next((x for x in new if _NEW.search(text[: x[1]])), new[-1])
        name = topic.ids[0] if topic.ids else topic.name
        wrong = next((text[s:e] for s, e in old if text[s:e] != topic.name), None)
        return Correction(CorrectionField.CUSTOMER, name, old=wrong, spans=(context.span(start, end),))
    match = re.search(
        r"(?:^|[,。; ])(?:应该)?(?:是|系|改成|换成) ?(?P<n>[^,。;是不 ]{2,12}?)(?:,|。|;| |不是|唔系|$)", text
    )
    if not match:
        return None
    ids = alike(match["n"], context.scan.known)
    wrong_name = re.search(r"(?:不是|唔系) ?(?P<o>[^,。;是 ]{2,12})", text)
    return Correction(
        CorrectionField.CUSTOMER,
        ids[0] if len(ids) == 1 else match["n"],
        old=wrong_name["o"] if wrong_name else None,
        spans=(context.span(match.start("n"), match.end("n")),),
    )


def _by_person(context: Context, start: int, end: int) -> bool:
    return any(p.start == start and p.end == end for p in context.scan.people)


def _contact(context: Context, sure: bool) -> Correction | None:
    text, persons = context.scan.text, context.scan.people
    if context.scan.sums and not (sure or _holds("contact", text)):
        return None
    old = [p for p in persons if _is_old(text, p.start, p.end)]
    new = [p for p in persons if p not in old]
    told = [p for p in new if _NEW.search(text[: p.start]) or (old and p.start > old[-1].end)]
    if not told and (sure or _holds("contact", text)) and new:
        told = [new[-1]]
    if not told or not (sure or _holds("contact", text) or old or re.search(r"(?:改成|换成|不是)", text)):
        return None
    chosen = told[-1] if old and told[-1].start > old[-1].start else told[0]
    topic = context.topics[0] if context.topics else None
    mention = context.person(chosen, topic)
    name = people.bare(chosen) if chosen.full else mention.name
    return Correction(
        CorrectionField.CONTACT,
        name,
        old=old[-1].text if old else None,
        customer=_record(context),
        spans=mention.spans,
    )


def _amount(context: Context, sure: bool) -> Correction | None:
    text = context.scan.text
    sums = [s for s in context.scan.sums if not _is_old(text, s.start, s.end)]
    if not sums:
        return None
    chosen = next((s for s in sums if _NEW.search(text[: s.start])), sums[0])
    wrong = [s for s in context.scan.sums if s is not chosen]
    kind = next((AmountKind(name) for name, pattern in _KIND.items() if pattern.search(text)), None)
    return Correction(
        CorrectionField.AMOUNT,
        chosen.low,
        kind,
        _words(context, wrong),
        _record(context),
        (context.span(chosen.start, chosen.end),),
    )


def _words(context: Context, items: list[Sum]) -> str | None:
    return context.scan.text[items[0].start : items[0].end] if items else None


def _when(context: Context, sure: bool) -> Correction | None:
    text = context.scan.text
    new = [m for m in context.scan.moments if not _is_old(text, m.start, m.end) and m.kind != "vague"]
    if not new:
        return None
    chosen = next((m for m in new if _NEW.search(text[: m.start])), new[0])
    due = _is_due(context, chosen)
    if sure:
        chances = judge.corrected(context.scan)
        due = chances["due"] > chances["when"]
    tense = Tense.FUTURE if due else Tense.PAST
    base = next((m for m in new if m.kind != "clock"), None)
    when = context.when(chosen, tense, base)
    if when is None:
        return None
    if not due and chosen.kind in ("weekday", "day", "month_day") and when.day > context.scan.now:
        due = True
    written = f"{when.day.isoformat()}T{when.hour:%H:%M}" if when.hour and not due else when.day.isoformat()
    wrong = next((text[m.start : m.end] for m in context.scan.moments if _is_old(text, m.start, m.end)), None)
    field = CorrectionField.DUE if due else CorrectionField.WHEN
    later = context.when(chosen, Tense.FUTURE, base)
    ahead = None
    if later:
        ahead = f"{later.day.isoformat()}T{later.hour:%H:%M}" if later.hour else later.day.isoformat()
    return Correction(field, written, old=wrong, customer=_record(context), spans=when.spans, ahead=ahead)


def _is_due(context: Context, moment: Moment) -> bool:
    """A date still to come, or one of something to do, is a due date; a visit's is the past."""
    text = context.scan.text
    if _holds("when", text):
        return False
    if _holds("due", text) or moment.before:
        return True
    past, future = moment.day(context.scan.now, Tense.PAST), moment.day(context.scan.now, Tense.FUTURE)
    return past == future and future is not None and future > context.scan.now


def _other(context: Context, sure: bool) -> Correction | None:
    match = re.search(
        r"(?:改成|改为|换成|应该是|应该系|而是|其实是|是|系) ?(?P<v>[^,。;!?\n]{1,20})(?:[,。;!?\n]|$)",
        context.scan.text,
    )
    if not match:
        return None
    return Correction(
        CorrectionField.OTHER,
        match["v"].strip(),
        customer=_record(context),
        spans=(context.span(match.start("v"), match.end("v")),),
    )


_ATTEMPTS = {
    "phone": _phone,
    "customer": _customer,
    "contact": _contact,
    "amount": _amount,
    "when": _when,
    "due": _when,
    "other": _other,
}
