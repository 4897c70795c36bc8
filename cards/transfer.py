"""What became of contacts on the platform after a handover was signed (H5, H6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cards.actions import (
    CloseStuck,
    InviteToAdd,
    RefreshHandover,
    RetryWhenAllowed,
    ShowStuck,
)
from cards.lines import (
    LINES,
    SUBTITLE,
    TITLE,
    first_fit,
    ids,
    joined,
    line,
    main,
    name_line,
    sentences,
    tap,
    tap_label,
    titled,
)
from cards.model import Button, Card, Line
from cards.parts import Key
from cards.words import clock, day_short, moment, squeeze


@dataclass(frozen=True, slots=True)
class Progress:
    """Contacts by where they stand; `refused` and `full` with the customer's name of the first.

    `stuck` waits for a decision. `due`: when those who wait are over, at the latest.
    """

    key: Key
    giver: str
    taker: str
    day: int
    total: int
    at: datetime
    done: int = 0
    waiting: int = 0
    due: datetime | None = None
    refused: int = 0
    who_refused: str = ""
    full: int = 0
    full_stuck: bool = False
    later: int = 0
    blocked: int = 0
    stuck: int = 0
    closed: int = 0


def progress(view: Progress, today: date) -> Card:
    """H5: one figure a state."""
    key = ids(view.key)
    due = ""
    if view.due is not None:
        due = f"，{moment(view.due, today)} 前后"
    rows = (
        ("已过去", f"{view.done} 位", view.done),
        ("等着", f"{view.waiting} 位{due}", view.waiting),
        (
            "没同意",
            f"{view.refused} 位：{view.who_refused}" if view.who_refused else f"{view.refused} 位",
            view.refused,
        ),
        ("名额满", f"{view.full} 位：{_full(view)}", view.full),
        ("转不了", f"{view.blocked} 位", view.blocked),
        ("以后再转", f"{view.later} 位", view.later),
    )
    look = (tap(f"看那 {view.stuck} 位", ShowStuck(*key)),) if view.stuck else ()
    return Card(
        kind="handover.progress",
        title=first_fit(TITLE, f"交接第 {view.day} 天，{view.total} 位里 {view.done} 位过去了"),
        subtitle=f"{_checked(view, today)} 查的",
        lines=tuple(line(label, value) for label, value, number in rows if number),
        buttons=(main("看进度", RefreshHandover(*key)), *look),
    )


def _checked(view: Progress, today: date) -> str:
    return f"{day_short(view.at.date(), today)} {clock(view.at)}"


def _full(view: Progress) -> str:
    return "等你定" if view.full_stuck else "排到明天再转"


def finished(view: Progress, today: date) -> Card:
    """The last: where everybody is."""
    rest = view.total - view.done
    parts = [f"{view.done} 位过去"]
    parts += [f"{view.refused} 位没同意"] if view.refused else []
    others = rest - view.refused
    parts += [f"{others} 位不转"] if others else []
    return Card(
        kind="handover.finished",
        title=first_fit(TITLE, f"✓ 交接完了，{'，'.join(parts)}", "✓ 交接完了"),
        subtitle=joined(f"{squeeze(view.giver)} → {squeeze(view.taker)}", f"{_checked(view, today)}"),
        done=True,
    )


@dataclass(frozen=True, slots=True)
class Stuck:
    """One contact that can't go. `why`: refused, full, often (until a day), running, absent, leaving."""

    transfer: int
    customer: str
    contact: str
    why: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    key: Key
    taker: str
    rows: tuple[Stuck, ...]
    note: str = ""
    """What else has to be known: he is gone before they may be asked again."""


def refusals(view: Refusals, today: date) -> Card:
    """H6."""
    key = ids(view.key)
    number = len(view.rows)
    rows = view.rows if number <= LINES else view.rows[: LINES - 1]
    lines = [name_line(each.customer, _why(each, today), at) for at, each in enumerate(rows, 1)]
    if number > LINES:
        lines.append(Line("还有", f"{number - LINES + 1} 家，定了这些再看"))
    return Card(
        kind="handover.refusals",
        title=f"有 {number} 家这次转不了，你定",
        subtitle=first_fit(SUBTITLE, f"档案都已归{squeeze(view.taker)}", "档案都已归接手的人"),
        lines=tuple(lines),
        body=sentences(squeeze(view.note)),
        buttons=_decisions(key, view.taker, 0, view.rows),
        menu=_one_by_one(key, view.rows),
    )


def _decisions(
    key: tuple[int, int, int], taker: str, transfer: int, rows: Sequence[Stuck]
) -> tuple[Button, ...]:
    again = any(each.why != "refused" for each in rows)
    return (
        *((main("到时再转", RetryWhenAllowed(*key, transfer=transfer)),) if again else ()),
        tap(tap_label(f"请本人加{squeeze(taker)}", "请本人加"), InviteToAdd(*key, transfer=transfer)),
        tap("就这样", CloseStuck(*key, transfer=transfer)),
    )


def _one_by_one(key: tuple[int, int, int], rows: Sequence[Stuck]) -> tuple[Button, ...]:
    return (
        (tap("看一家", ShowStuck(*key, transfer=rows[0].transfer)),) if len({e.why for e in rows}) > 1 else ()
    )


def one_stuck(view: Refusals, each: Stuck, today: date) -> Card:
    """One of them alone."""
    key = ids(view.key)
    return Card(
        kind="handover.stuck",
        title=titled(each.customer, "这次没转过去", "没转过去", ""),
        subtitle=first_fit(SUBTITLE, f"档案已归{squeeze(view.taker)}", "档案已归接手的人"),
        lines=(line(squeeze(each.contact)[:5].strip() or "因为", _why(each, today)),),
        buttons=_decisions(key, view.taker, each.transfer, (each,)),
    )


def _why(each: Stuck, today: date) -> str:
    until = f"，{day_short(each.until, today)}后才行" if each.until else ""
    who = squeeze(each.contact)
    return {
        "refused": f"{who}没同意换人",
        "full": "接的人名额满了",
        "often": f"转过两次{until}",
        "running": "正在转给别人，没转完",
        "absent": f"{who}不在他的微信里",
    }.get(each.why, "没转成")


def decided(view: Refusals, number: int, how: str) -> Card:
    """到时再转, 请本人加, 就这样."""
    did = {"later": "到时再转", "invite": f"请本人加{squeeze(view.taker)}", "closed": "就这样"}[how]
    body = {
        "later": "到日子我自己再转一次，又要等 24小时。",
        "invite": f"跟{squeeze(view.taker)}说了，请他先打个电话。我们不再替他转。",
        "closed": "微信还在原来的人那里，档案归新的人。",
    }[how]
    return Card(
        kind="handover.decided",
        title=first_fit(TITLE, f"✓ {number} 位，{did}", f"✓ {did}"),
        body=sentences(body),
        buttons=(tap("看进度", RefreshHandover(*ids(view.key))),),
    )
