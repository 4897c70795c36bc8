"""The visit form: what was typed into a draft's fields, laid over what was understood; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal, InvalidOperation

from handlers.understanding.note import Amount, Fact, Field, NextAction, PersonMention, When
from handlers.work.content import Content, Resolved

NEEDS = (Field.NEED, Field.PRODUCT)
MOST = Decimal(10) ** 12
"""Yuan; more is a slip of the thumb."""
PEOPLE = 10


class Unfit(ValueError):
    """A field holds what it can't; the text says which and how, in one line."""


def fields_of(content: Content) -> dict[str, str]:
    """What the form shows: every field's text by its name."""
    read = content.visit
    shown = {
        "day": read.when.day.isoformat(),
        "hour": f"{read.when.hour:%H:%M}" if read.when.hour else "",
        "contacts": "、".join(each.mention.name for each in content.contacts),
    }
    if needs := [each.value for each in read.facts if each.field in NEEDS]:
        shown["needs"] = "；".join(needs)
    shown |= {f"sum{at}": plain(each.value) for at, each in enumerate(read.amounts)}
    for at, each in enumerate(read.next_actions):
        shown[f"step{at}.what"] = each.what
        shown[f"step{at}.due"] = each.due.isoformat() if each.due else ""
    phone = next((each for each in read.facts if each.field is Field.PHONE), None)
    return shown | ({"phone": phone.value} if phone is not None else {})


def plain(value: float) -> str:
    """Yuan as somebody types them."""
    return f"{Decimal(str(value)):f}".rstrip("0").rstrip(".") if "." in str(value) else str(value)


def fill(content: Content, typed: Mapping[str, str], resolve: Callable[[PersonMention], Resolved]) -> Content:
    """The draft with the fields that were changed; the others keep their words. Raises `Unfit`."""
    before = fields_of(content)
    changed = {
        name: text.strip() for name, text in typed.items() if name in before and text.strip() != before[name]
    }
    if not changed:
        return content
    filled = content.with_visit(
        when=_when(content.visit.when, changed),
        amounts=_amounts(content.visit.amounts, changed),
        next_actions=_steps(content.visit.next_actions, changed),
        facts=_facts(content.visit.facts, changed),
    )
    if "contacts" in changed:
        filled = _with_contacts(filled, changed["contacts"], resolve)
    return filled


def _when(before: When, changed: Mapping[str, str]) -> When:
    if "day" not in changed and "hour" not in changed:
        return before
    day = _day(changed["day"], "哪天") if "day" in changed else before.day
    hour = before.hour
    if "hour" in changed:
        hour = _hour(changed["hour"]) if changed["hour"] else None
    if day is None:
        raise Unfit("哪天要填")
    return When(day=day, hour=hour, part=before.part if hour is None else None)


def _amounts(before: Sequence[Amount], changed: Mapping[str, str]) -> tuple[Amount, ...]:
    """A sum that was emptied is gone; a new one is exact."""
    after = []
    for at, each in enumerate(before):
        name = f"sum{at}"
        if name not in changed:
            after.append(each)
        elif changed[name]:
            after.append(Amount(kind=each.kind, value=_number(changed[name])))
    return tuple(after)


def _steps(before: Sequence[NextAction], changed: Mapping[str, str]) -> tuple[NextAction, ...]:
    after = []
    for at, each in enumerate(before):
        what = changed.get(f"step{at}.what", each.what)
        if not what:
            continue
        step = replace(each, what=what)
        if f"step{at}.due" in changed:
            step = replace(step, due=_day(changed[f"step{at}.due"], "下一步"), due_spans=())
        after.append(step)
    return tuple(after)


def _facts(before: Sequence[Fact], changed: Mapping[str, str]) -> tuple[Fact, ...]:
    facts = tuple(before)
    if "needs" in changed:
        first = next(each for each in facts if each.field in NEEDS)
        rest = tuple(each for each in facts if each.field not in NEEDS)
        facts = ((Fact(first.of, first.field, changed["needs"]),) if changed["needs"] else ()) + rest
    if "phone" in changed:
        at = next(at for at, each in enumerate(facts) if each.field is Field.PHONE)
        kept = (replace(facts[at], value=_phone(changed["phone"])),) if changed["phone"] else ()
        facts = (*facts[:at], *kept, *facts[at + 1 :])
    return facts


def _with_contacts(content: Content, text: str, resolve: Callable[[PersonMention], Resolved]) -> Content:
    """Who stays keeps his words; who is new is looked up. Facts of somebody who is gone go with him."""
    names = [each for each in dict.fromkeys(_apart(text)) if each][:PEOPLE]
    there = {each.mention.name: each for each in content.contacts}
    contacts = tuple(there.get(each) or resolve(PersonMention(each)) for each in names)
    gone = set(there) - set(names)
    only = names[0] if len(names) == 1 else "customer"
    facts = tuple(replace(each, of=only) if each.of in gone else each for each in content.visit.facts)
    return replace(content, contacts=contacts).with_visit(facts=facts)


def _apart(text: str) -> list[str]:
    for mark in "，,；; ":
        text = text.replace(mark, "、")
    return [each.strip() for each in text.split("、")]


def _day(text: str, label: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfit(f"{label}写成 2026-04-29 这样") from None


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Unfit("几点写成 15:00 这样") from None


def _number(text: str) -> float:
    try:
        number = Decimal(text.replace(",", "").replace("，", "").removesuffix("元"))
    except InvalidOperation:
        raise Unfit("钱写成数字，比如 128000") from None
    if not number.is_finite() or not 0 < number < MOST:
        raise Unfit("钱写成大于 0 的数字")
    return float(number)


def _phone(text: str) -> str:
    digits = "".join(each for each in text if each.isascii() and (each.isdigit() or each == "-"))
    if not 7 <= len(digits) <= 15:
        raise Unfit("电话写成数字，比如 13800138000 或 0512-66668888")
    return digits
