"""R3: how well notes were read, from what was changed on cards; numbers alone, nobody's words or names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cards.actions import Dismiss
from cards.lines import TITLE, first_fit, ids, line, tap
from cards.model import Card, Line
from cards.parts import Key
from cards.reminder import unasked_menu

KIND = "accuracy.admin"
ENOUGH = 50
"""Records below which a share says nothing."""
LABELS = {
    "customer": "客户",
    "when": "日期",
    "amount": "金额",
    "contact": "联系人",
    "phone": "电话",
    "due": "下一步",
}


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How often a field stood on a saved card, and how often it was changed, before or after saving."""

    field: str
    read: int
    changed: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One week. `saved`: records; `untouched`: of these, saved as they were read.

    `before`: the share of untouched ones in the week before, 0 to 1; None where there were too few.
    """

    key: Key
    since: date
    until: date
    saved: int
    untouched: int
    fields: tuple[FieldCount, ...]
    before: float | None = None


def weekly(view: Accuracy) -> Card:
    days = "–".join(f"{each.month}月{each.day}日" for each in (view.since, view.until))
    few = view.saved < ENOUGH
    earlier = f"，前一周 {view.before:.0%}" if view.before is not None else ""
    return Card(
        kind=KIND,
        title=first_fit(TITLE, f"听得准不准：{days}，{view.saved} 条", f"听得准：{days}，{view.saved} 条"),
        subtitle="" if few else f"没改一处就存的 {view.untouched / view.saved:.0%}{earlier}",
        lines=() if few else tuple(_lines(view.fields)),
        body="太少，算不准，再攒攒。" if few else "",
        buttons=(tap("知道了", Dismiss(*ids(view.key))),),
        menu=unasked_menu(KIND, view.key.to),
    )


def _lines(fields: Sequence[FieldCount]) -> list[Line]:
    worst = max(fields, key=lambda each: each.changed / each.read, default=None)
    return [
        line(LABELS[each.field], _written(each) + ("，最该改" if each is worst and each.changed else ""))
        for each in fields
    ]


def _written(count: FieldCount) -> str:
    right = f"{1 - count.changed / count.read:.1%}"
    return f"{right}，改了 {count.changed} 处" if count.changed else f"{right}，没改过"
