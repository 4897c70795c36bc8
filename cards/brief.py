"""The card before going in: what to mind, what is owed, what was the last time (F6)."""

from dataclasses import dataclass
from datetime import date

from cards.actions import HintNote, ShowPhone
from cards.customer import Event
from cards.lines import (
    LINES,
    SUBTITLE,
    TITLE,
    Weighed,
    first_fit,
    fitted,
    ids,
    line,
    opens,
    person,
    show_customer,
    tap,
    titled,
)
from cards.model import Button, Card
from cards.parts import Key, Person
from cards.words import VALUE, clip, day_short, squeeze

GIVING = "发送寄交给"
"""Verbs whose object stands alone as what is owed."""

TIMES = ("上次", "再上次", "更早")


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise of ours: `due` where a day was said, `done` where it was kept."""

    what: str
    said: date
    due: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """`key.what` is the customer; `warning` what not to speak of; `visits` newest first, at most three.

    `contact_id` opens the main contact's number by a logged tap; 0 where there is none to see.
    """

    key: Key
    customer: str
    contact: Person | None = None
    contact_id: int = 0
    decider: str = ""
    warning: str = ""
    kept: tuple[Owed, ...] = ()
    owed: tuple[Owed, ...] = ()
    visits: tuple[Event, ...] = ()
    orders: str = ""
    """The last order in a few words (4月2日 1.1万元)."""
    phone_page: str = ""
    """Dials the contact's number, logged; where there is no page, a tap shows it."""


def brief(view: Brief, today: date) -> Card:
    rows = _rows(view, today)
    lines, spill = fitted(rows, "", "看档案")
    nothing = not rows and view.contact is None and not view.warning
    return Card(
        kind="brief.arrival",
        title=titled(view.customer, " · 进门前看一眼", ""),
        subtitle=_who(view),
        flag=first_fit(TITLE, squeeze(view.warning)) if view.warning else "",
        lines=lines,
        body="第一次去？只知道名字。出来说一句就有了。" if nothing else spill,
        buttons=(
            *_call(view),
            show_customer(view.key.what, view.key),
            tap("出来了", HintNote(*ids(view.key))),
        ),
    )


def out_again(key: Key) -> Card:
    """After 出来了."""
    return Card(kind="listening", title="说吧，我在听。")


def _who(view: Brief) -> str:
    who = person(view.contact) if view.contact else ""
    decides = f"拍板的是{squeeze(view.decider)}" if view.decider else ""
    if view.contact and view.decider == view.contact.name:
        decides = "他拍板"
    both = "；".join(each for each in (who, decides) if each)
    return first_fit(SUBTITLE, both, who or decides)


def _rows(view: Brief, today: date) -> list[Weighed]:
    rows = [Weighed(line("答应过", _kept(each, today)), 4) for each in view.kept[:1]]
    rows += [Weighed(line("还欠着", _owed(each, today)), 0) for each in view.owed[:2]]
    rows += [
        Weighed(line(label, clip(f"{day_short(each.day, today)} {squeeze(each.text)}", VALUE)), weight)
        for weight, (label, each) in enumerate(zip(TIMES, view.visits, strict=False), 1)
    ]
    rows += [Weighed(line("订单", view.orders), 2)] if view.orders else []
    return rows[: LINES + 2]


def _kept(each: Owed, today: date) -> str:
    """`备件报价 4月17日前，已发 ✓`."""
    by = f" {day_short(each.due, today)}前" if each.due else ""
    verb, thing = _apart(each.what)
    return f"{thing}{by}，已{verb or '办'} ✓"


def _owed(each: Owed, today: date) -> str:
    """`质检报告，4月3日说的`."""
    return f"{_apart(each.what)[1]}，{day_short(each.said, today)}说的"


def _apart(what: str) -> tuple[str, str]:
    """发备件报价: the verb and what is given; "" and the whole where no single verb leads."""
    what = squeeze(what)
    return (what[0], what[1:]) if what[:1] in GIVING and len(what) > 2 else ("", what)


def _call(view: Brief) -> tuple[Button, ...]:
    if view.phone_page:
        return opens("打电话", view.phone_page)
    return (tap("看号码", ShowPhone(view.contact_id, 0, view.key.to)),) if view.contact_id else ()
