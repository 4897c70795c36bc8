"""Cards of plans and reminders: the rep's own diary, filed at once."""

import re
from dataclasses import dataclass
from datetime import date, time

from cards.actions import (
    ConfirmDay,
    HintEdit,
    UndoPlan,
)
from cards.lines import (
    BUTTON,
    CONTACT_VERBS,
    LINES,
    TITLE,
    day_line,
    first_fit,
    ids,
    joined,
    main,
    tap,
)
from cards.model import Card, Line
from cards.parts import Key, Person
from cards.words import (
    clock,
    count,
    day_short,
)

# -- V7 plan.noted, remind.noted ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A plan (`remind` False) or a reminder; `part` is 上午, 下午 or 晚上 as said, without an hour."""

    day: date
    what: str = ""
    hour: time | None = None
    part: str = ""
    customer: str = ""
    people: tuple[Person, ...] = ()
    method: str = ""
    remind: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """`key.what` is the note."""

    key: Key
    entries: tuple[Entry, ...]


def noted(view: Noted, today: date) -> Card:
    key = ids(view.key)
    lines = [day_line(each.day, today, _entry(each)) for each in view.entries]
    more = Line("还有", f"{len(lines) - LINES + 1} 件，都记下了")
    remind = all(each.remind for each in view.entries)
    return Card(
        kind="remind.noted" if remind else "plan.noted",
        title=f"✓ 记下了{count(len(lines), '件')}",
        lines=tuple(lines) if len(lines) <= LINES else (*lines[: LINES - 1], more),
        buttons=(tap("改时间", HintEdit(*key, of="plan")), tap("撤销", UndoPlan(*key))),
    )


def _entry(entry: Entry) -> str:
    when = clock(entry.hour) if entry.hour else entry.part
    text = _remind(entry) if entry.remind else _plan(entry)
    return f"{when}{' ' if entry.hour else ''}{text}"


def _remind(entry: Entry) -> str:
    named = not entry.customer or entry.customer in entry.what
    return f"提醒你{entry.what}" if named else f"提醒你{entry.what}，{entry.customer}"


_TRIP = re.compile("[我再就要还]*(?:[去到见跑约]|过去|拜访|上门|给.+打电话)")
"""How words begin that only say once more that somebody is seen or called."""


def _plan(entry: Entry) -> str:
    """`去天虹纺织见吴莉`, `给天虹纺织吴莉打电话`, with what for behind it."""
    who = "、".join(each.name for each in entry.people)
    for_what = f"，{entry.what}" if entry.what and not _TRIP.match(entry.what) else ""
    if entry.method in CONTACT_VERBS:
        return f"给{entry.customer}{who}{CONTACT_VERBS[entry.method]}{for_what}"
    went = f"去{entry.customer}" if entry.customer else ""
    met = f"见{who}" if who else ""
    return f"{went}{met}{for_what}" if went or met else entry.what or "有安排"


def noted_undone(view: Noted, today: date) -> Card:
    return Card(
        kind="plan.undone",
        title=first_fit(TITLE, f"撤了，这{count(len(view.entries), '件').strip()}都没了"),
        subtitle=joined(*(day_short(each.day, today) for each in view.entries[:3])),
        body="还要的话，再说一遍就行。",
        done=True,
    )


def past_day(key: Key, said: date, meant: date, today: date) -> Card:
    """`said` is over; `meant` is the day that it probably is."""
    short, meaning = day_short(said, today), day_short(meant, today)
    return Card(
        kind="plan.past",
        title=first_fit(TITLE, f"{short}已经过了，是 {meaning}吗", f"{short}过了，是 {meaning}吗"),
        buttons=(
            main(first_fit(BUTTON, meaning, f"{meant.month}月{meant.day}日"), _confirm(key, meant)),
            tap("改日子", HintEdit(*ids(key), of="plan")),
        ),
    )


def _confirm(key: Key, day: date) -> ConfirmDay:
    return ConfirmDay(*ids(key), day=day.isoformat())
