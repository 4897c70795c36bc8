"""From view-models to the rows, quotes, titles and taps of a card, inside the house limits."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from cards.actions import Action, ShowCustomer
from cards.model import Button, Change, Line, Mark, Option, Quote, Weight
from cards.parts import (
    Altered,
    Doubt,
    Facts,
    Heard,
    Key,
    Money,
    Person,
    Phone,
    StageMove,
    Step,
    Told,
    Unsure,
    Value,
    Waiting,
)
from cards.words import (
    FIELDS,
    METHODS,
    MONEY_KINDS,
    STAGES,
    TAGS,
    VALUE,
    Masked,
    clip,
    clock,
    day_confirmed,
    day_near,
    day_short,
    mask_phone,
    masked,
    money,
    squeeze,
    weekday,
)

TITLE, SUBTITLE, LABEL, LINES, BODY, QUOTE, BUTTON = 26, 30, 5, 6, 112, 60, 10
OPTIONS, OPTION = 10, 10
TICKS, TICK = 20, 11


# -- taps --------------------------------------------------------------------------------------------


def ids(key: Key) -> tuple[int, int, int]:
    """What every intention starts with."""
    return key.what, key.rev, key.to


def tap(label: str, action: Action) -> Button:
    return Button(label, action)


def main(label: str, action: Action) -> Button:
    return Button(label, action, Weight.MAIN)


def drop(label: str, action: Action) -> Button:
    return Button(label, action, Weight.DROP)


def opens(label: str, link: str) -> tuple[Button, ...]:
    """A button that opens a page; none where there is no page."""
    return (Button(label, link=link),) if link else ()


def tap_label(label: str, instead: str) -> str:
    """The label where it fits on a button, so that no name is cut in the middle."""
    return label if len(label) <= BUTTON else instead


def ticks(named: Iterable[tuple[int, str]], limit: int = TICK) -> tuple[Option, ...]:
    """Options by id and name, at most twenty, none that looks like another or comes twice."""
    options: dict[str, str] = {}
    for id, name in named:
        label, again = clip(squeeze(name), limit), 2
        while label in options.values() and str(id) not in options:
            label, again = f"{clip(squeeze(name), limit - 3)} {again}", again + 1
        options.setdefault(str(id), label)
    return tuple(Option(id, label) for id, label in list(options.items())[:TICKS])


# -- titles and sentences ----------------------------------------------------------------------------


def first_fit(limit: int, *wordings: str) -> str:
    """The first wording that fits; the last one is cut if none does."""
    return next((each for each in wordings if len(each) <= limit), clip(wordings[-1], limit))


def titled(name: str, *tails: str) -> str:
    """The name with the longest tail that fits a title."""
    return first_fit(TITLE, *(squeeze(f"{name}{tail}") for tail in tails), squeeze(name))


def sentences(*texts: str) -> str:
    """As many of the sentences, weightiest first, as a body takes."""
    body = ""
    for text in texts:
        if text and len(body) + len(text) <= BODY:
            body += text
    return body


def person(who: Person) -> str:
    """`张伟，采购经理`."""
    return squeeze(f"{who.name}，{who.title}" if who.title else who.name)


def people(who: Sequence[Person]) -> tuple[str, ...]:
    """Wordings of who was met, fullest first."""
    if not who:
        return ()
    names = squeeze("、".join(each.name for each in who))
    several = (f"{squeeze(who[0].name)}等 {len(who)} 人",) if len(who) > 1 else ()
    return ("；".join(person(each) for each in who), names, *several)


def joined(first: str, *more: str, limit: int = SUBTITLE) -> str:
    """`first · …` with each further part that still fits."""
    text = first if len(first) <= limit else clip(first, limit)
    for part in more:
        if part and len(text) + 3 + len(part) <= limit:
            text = f"{text} · {part}" if text else part
    return text


# -- lines -------------------------------------------------------------------------------------------


def line(label: str, value: str, words: str = "", *, names: Iterable[str] = (), link: str = "") -> Line:
    """A line inside the limits: the value is cut at a mark, and gives way for short evidence."""
    value, evidence = squeeze(value), squeeze(words)
    cost = len(evidence) + 4 if evidence else 0
    if len(value) > VALUE:
        keep = VALUE - cost if 0 < cost <= 12 else VALUE
        value = clip(value, keep, names)
    room = VALUE - len(value) - 4
    if len(evidence) > room:
        evidence = clip(evidence, room) if room >= 4 else ""
    return Line(label, value, evidence, link)


def name_line(name: str, value: str, number: int, *, link: str = "") -> Line:
    """A line led by a name: the label where it fits, else `第1家` and the name in the value."""
    name = squeeze(name)
    if len(name) <= LABEL:
        return line(name, value, link=link)
    whole = f"{name}，{value}" if value else name
    return line(f"第{number}家", whole, names=(name,), link=link)


def day_line(day: date, today: date, value: str, *, near: bool = False) -> Line:
    """A line led by a day: `4月28日`; where that is too long for a label: `周五` and `11月27日 …`."""
    label = day_near(day, today) if near else day_short(day, today)
    return line(label, value) if len(label) <= LABEL else line(weekday(day), f"{label} {value}")


def change(label: str, before: str, after: str, words: str = "") -> tuple[Change, ...]:
    """`原值 → 新值` on one line, else 原来 and 改成 (no arrow in those two)."""
    before, after, words = squeeze(before), squeeze(after), squeeze(words)
    if before and before == after and "*" in after:
        return (Change(label, "", "只有中间四位不同，点开看"),)
    for evidence in (words, ""):
        one = Change(label, before, after, evidence)
        if len(one.written) <= VALUE:
            return (one,)
    if not before:
        return (Change(label, "", clip(after)),)
    return (Change("原来", "", clip(before)), Change("改成", "", clip(after)))


@dataclass(frozen=True, slots=True)
class Weighed:
    """A line with its weight: the heaviest number is left out first, 0 never."""

    line: Line
    weight: int = 0


def fitted(rows: Sequence[Weighed], link: str, elsewhere: str) -> tuple[tuple[Line, ...], str]:
    """At most 6 lines and what a body has to say beside them: card book 2.4.

    The sixth says how many more there are. What must never be left out and finds no line is said in
    the body, as far as that goes.
    """
    if len(rows) <= LINES:
        return tuple(row.line for row in rows), ""
    by_weight = sorted(range(len(rows)), key=lambda at: (rows[at].weight, at))
    shown = sorted(by_weight[: LINES - 1])
    left = [row for at, row in enumerate(rows) if at not in shown]
    more = Line("还有", f"{len(left)} 条，点开看" if link else f"{len(left)} 条，{elsewhere}", link=link)
    said = "；".join(f"{row.line.label} {row.line.value}" for row in left if row.weight == 0)
    spill = f"另有{clip(said, BODY - 3)}。" if said else ""
    return (*(rows[at].line for at in shown), more), spill


# -- facts -------------------------------------------------------------------------------------------


def fact_rows(facts: Facts, today: date, *, confirming: bool) -> list[Weighed]:
    """The lines of a visit in the book's order. `confirming`: days are written in full."""
    return [
        *(Weighed(doubt_line(each)) for each in ((facts.doubt,) if facts.doubt else ())),
        *(Weighed(unsure_line(each, today)) for each in ((facts.unsure,) if facts.unsure else ())),
        *_needs(facts.needs),
        *(Weighed(money_line(each)) for each in facts.amounts),
        *_rivals(facts),
        *(Weighed(told_line(each), 3) for each in facts.told),
        *_stage(facts.stage),
        *(Weighed(step_line(each, today, confirming=confirming)) for each in facts.steps),
        *(Weighed(phone_line(each, confirming=confirming)) for each in facts.phones),
        *_tags(facts),
    ]


def doubt_line(doubt: Doubt) -> Line:
    """`张总？张伟还是张薇，先按“张总”记`."""
    said = squeeze(doubt.said)
    names = squeeze("还是".join(each.name for each in doubt.choices)) if len(doubt.choices) > 1 else ""
    left = f"先按“{said}”记"
    wordings = (f"{said}？{names}，{left}",) if names else ()
    return line("见了谁", first_fit(VALUE, *wordings, f"{said}？{left}", f"{said}？"), names=(said,))


def unsure_line(unsure: Unsure, today: date) -> Line:
    """`4月20日？先按 4月21日记`, `报价 82万元？先没记`."""
    held, other = _one_of(unsure.held, today), _one_of(unsure.other, today)
    left = f"先按{_spaced(held)}记" if held and other else "先没记" if other else "先记着"
    return line("哪天" if isinstance(unsure.held, date) else "哪个数", f"{other or held}？{left}")


def _spaced(words: str) -> str:
    return f" {words}" if words[:1].isdecimal() else words


def _one_of(value: date | Money | None, today: date) -> str:
    if value is None:
        return ""
    if isinstance(value, Money):
        return f"{MONEY_KINDS[value.kind]} {written_money(value)}"
    return _day_and_hour(value, today)


def _day_and_hour(value: date, today: date) -> str:
    hour = f" {clock(value)}" if isinstance(value, datetime) else ""
    return f"{day_short(value.date() if isinstance(value, datetime) else value, today)}{hour}"


def unsure_label(unsure: Unsure, today: date) -> str:
    """What the button says that takes the other reading: 是4月20日, 是报价, 记成报价, 不记这个数."""
    held, other = unsure.held, unsure.other
    if other is None:
        return "不记这个数"
    if not isinstance(other, Money):
        return tap_label(f"是{squeeze(_day_and_hour(other, today))}", "是另一天")
    if not isinstance(held, Money):
        return tap_label(f"记成{MONEY_KINDS[other.kind]}", "记上这个数")
    same = (held.value, held.maximum) == (other.value, other.maximum)
    return tap_label(f"是{MONEY_KINDS[other.kind] if same else written_money(other)}", "是另一个数")


def _needs(needs: Sequence[Told]) -> list[Weighed]:
    if not needs:
        return []
    words = needs[0].words if len(needs) == 1 else ""
    return [Weighed(line("要什么", "；".join(each.value for each in needs), words), 1)]


def money_line(amount: Money) -> Line:
    return line(MONEY_KINDS[amount.kind], written_money(amount), amount.words)


def written_money(amount: Money) -> str:
    return money(amount.value, amount.maximum, amount.approximate)


def _rivals(facts: Facts) -> list[Weighed]:
    if not facts.rivals:
        return []
    complaint = "；嫌我们贵" if "price_sensitive" in facts.tags else ""
    names = "、".join(facts.rivals)
    return [Weighed(line("对手", first_fit(VALUE, names + complaint, names), names=facts.rivals), 2)]


def _tags(facts: Facts) -> list[Weighed]:
    """Tags that do not ride in another fact's words."""
    riding = {"price_sensitive"} if facts.rivals else set()
    names = [TAGS.get(each, each) for each in facts.tags if each not in riding]
    return [Weighed(line("标签", "、".join(names)), 5)] if names else []


def _stage(stage: StageMove | None) -> list[Weighed]:
    if stage is None:
        return []
    return [Weighed(line("阶段", written_stage(stage)), 0 if stage.before else 2)]


def written_stage(stage: StageMove) -> str:
    names = [STAGES.get(each, each) for each in (stage.before, stage.after) if each]
    return " → ".join(names)


def step_line(step: Step, today: date, *, confirming: bool) -> Line:
    label = "下一步" if step.owner == "us" else "等他们"
    return line(label, step_text(step, today, confirming=confirming), step.words)


def step_text(step: Step, today: date, *, confirming: bool) -> str:
    """`2026-04-29前发方案`, `2026-04-29 周三，发方案`; read: `4月29日前发方案`."""
    if step.due is None:
        return step.what
    if step.by:
        return f"{step.due.isoformat() if confirming else day_short(step.due, today)}前{step.what}"
    day = day_confirmed(step.due) if confirming else day_short(step.due, today)
    return f"{day}，{step.what}" if confirming else f"{day}{step.what}"


def phone_line(number: Phone, *, confirming: bool) -> Line:
    shown = mask_phone(number.digits)
    whose = f"{squeeze(number.of)} {shown}" if number.of else shown
    wait = f"等{squeeze(number.waits_for)}点头" if number.waits_for else ""
    if not wait:
        return line("新电话" if confirming else "电话", first_fit(VALUE, whose, shown))
    return line(
        "新电话",
        first_fit(VALUE, f"{whose}，存后{wait}", f"{whose}，{wait}", f"{shown}，{wait}", f"{shown}，等点头"),
    )


def told_line(told: Told) -> Line:
    return line(FIELDS.get(told.field, "记下"), told_text(told), told.words, names=(told.of,))


def told_text(told: Told) -> str:
    """The fact as it is written: `孙磊不在那边了`, `张伟，采购总监`, `600人`."""
    whose = "" if told.of == "customer" else told.of
    if told.field == "left":
        return f"{whose or told.value}不在那边了"
    if told.field == "joined":
        return f"{whose or told.value}，新来的{told.value if whose and told.value != whose else ''}"
    if told.field == "decision_maker":
        return told.value or whose
    value = told.value
    if told.field == "headcount" and value.isdigit():
        value = f"{value}人"
    if told.field == "birthday":
        value = _birthday(value)
    return f"{whose}，{value}" if whose else value


def _birthday(value: str) -> str:
    """`5月20日`: never an age."""
    found = re.fullmatch(r"(?:\d{4}-|--)?(\d{1,2})-(\d{1,2})", value)
    return f"{int(found[1])}月{int(found[2])}日" if found else value


# -- what was altered --------------------------------------------------------------------------------


def alteration(altered: Altered, today: date, *, confirming: bool = True) -> tuple[Change, ...]:
    label = squeeze(altered.label)
    label = label if 0 < len(label) <= LABEL else _altered_label(altered)
    before = "" if altered.before is None else written_value(altered.before, today, confirming=False)
    return change(label, before, written_value(altered.after, today, confirming=confirming))


def _altered_label(altered: Altered) -> str:
    if isinstance(altered.after, Money):
        return MONEY_KINDS[altered.after.kind]
    return FIELDS.get(altered.field, FIELDS["other"])


def written_value(value: Value, today: date, *, confirming: bool) -> str:
    """A value by its type. `confirming`: a day in full, with the year and the weekday."""
    if isinstance(value, datetime):
        return f"{written_value(value.date(), today, confirming=confirming)} {clock(value)}"
    if isinstance(value, date):
        return day_confirmed(value) if confirming else day_short(value, today)
    if isinstance(value, Money):
        return written_money(value)
    if isinstance(value, StageMove):
        return STAGES.get(value.after, value.after)
    plain = mask_phone(value.digits) if isinstance(value, Phone) else value
    return clock(plain) if isinstance(plain, time) else squeeze(plain)


# -- the quote ---------------------------------------------------------------------------------------

_PIECE = re.compile(r"[^，,。；;！!？?]+")


def quoted(heard: Heard | None, *, hide_phones: bool = False) -> Quote | None:
    """The clauses behind the facts, cut at commas; phones masked or (`hide_phones`) left out."""
    if heard is None or not heard.note.strip():
        return None
    safe = masked("".join(char if char.isprintable() else " " for char in heard.note))
    used = [(safe.at(start), safe.at(end, end=True)) for start, end in heard.used]
    text, marks = _cut(safe, heard, used, hide_phones)
    whole = safe.text if heard.author else ""
    return Quote(text, marks, whole, _marks(used, 0, len(whole), 0)) if text else None


def _cut(
    safe: Masked, heard: Heard, used: Sequence[tuple[int, int]], hide_phones: bool
) -> tuple[str, tuple[Mark, ...]]:
    pieces = _pieces(safe, heard)
    wanted = [at for at, piece in enumerate(pieces) if any(_meet(piece, span) for span in used)]
    wanted = wanted or list(range(len(pieces)))
    if hide_phones:
        wanted = [at for at in wanted if "****" not in safe.text[slice(*pieces[at])]] or wanted
    text, last = "", -1
    marks: tuple[Mark, ...] = ()
    for at in wanted:
        start, end = pieces[at]
        joint = "" if not text else _joint(safe.text, pieces, last, at)
        if text and len(text) + len(joint) + end - start + 1 > QUOTE:
            break
        piece = safe.text[start:end] if text or end - start < QUOTE else clip(safe.text[start:end], QUOTE)
        marks += _marks(used, start, start + len(piece), len(text) + len(joint))
        text, last = text + joint + piece, at
    if 0 <= last < len(pieces) - 1 and not text.endswith("…"):
        text += "…"
    return text, marks


def _pieces(safe: Masked, heard: Heard) -> list[tuple[int, int]]:
    """The comma clauses of what may be quoted, without their marks and blanks at the edges."""
    clauses = heard.clauses or ((0, len(heard.note)),)
    pieces: list[tuple[int, int]] = []
    for start, end in sorted((safe.at(start), safe.at(end, end=True)) for start, end in clauses):
        for found in _PIECE.finditer(safe.text, start, end):
            raw = found[0]
            left = found.start() + len(raw) - len(raw.lstrip())
            if raw.strip() and (not pieces or left >= pieces[-1][1]):
                pieces.append((left, left + len(raw.strip())))
    return pieces


def _joint(text: str, pieces: Sequence[tuple[int, int]], last: int, at: int) -> str:
    between = text[pieces[last][1] : pieces[at][0]].strip()
    return between if last + 1 == at and len(between) == 1 else "…"


def _meet(piece: tuple[int, int], span: tuple[int, int]) -> bool:
    return piece[0] < span[1] and span[0] < piece[1]


def _marks(used: Iterable[tuple[int, int]], start: int, end: int, at: int) -> tuple[Mark, ...]:
    """The used spans inside [start, end), moved to where that part stands."""
    inside = ((max(first, start), min(last, end)) for first, last in sorted(used))
    return tuple(Mark(first - start + at, last - start + at) for first, last in inside if first < last)


# -- what cards of drafts and of filed records share ----------------------------------------------------


def did(method: str) -> str:
    return METHODS.get(method, "的事")


def with_people(text: str, contacts: tuple[Person, ...]) -> str:
    room = SUBTITLE - len(text) - 3
    return joined(text, next((each for each in people(contacts) if len(each) <= room), ""))


def unseen_people(subtitle: str, contacts: tuple[Person, ...]) -> list[Weighed]:
    """A line for whoever was met where the subtitle has no room."""
    if not contacts or any(each in subtitle for each in people(contacts)):
        return []
    names = tuple(each.name for each in contacts)
    return [Weighed(line("见了谁", first_fit(VALUE, *people(contacts)), names=names), 1)]


CONTACT_VERBS = {"phone": "打电话", "wechat": "发微信", "email": "写邮件"}


def show_customer(customer: int, key: Key) -> Button:
    return tap("看档案", ShowCustomer(customer, 0, key.to))


def waiting_line(each: Waiting) -> Line:
    label = "新电话" if each.field == "phone" else FIELDS[each.field]
    return line(label, first_fit(VALUE, f"等{squeeze(each.waits_for)}点头", "等点头"))
