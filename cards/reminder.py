"""Cards of following up: what is due, what was done about it, and the morning."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from cards.actions import (
    CancelTask,
    MoveTask,
    MuteKind,
    MuteToday,
    PlanFollowUp,
    PlanMissed,
    Reschedule,
    SaveBareVisit,
    ShowDormant,
    ShowDraft,
    ShowPending,
    ShowTask,
    ShowToday,
    Snooze,
    TaskDone,
    UndoTask,
    WhyThis,
)
from cards.lines import (
    LINES,
    SUBTITLE,
    TITLE,
    day_line,
    drop,
    first_fit,
    ids,
    joined,
    main,
    name_line,
    opens,
    people,
    quoted,
    sentences,
    tap,
    tap_label,
    ticks,
    titled,
)
from cards.model import Button, Card, Choice, Line, Option
from cards.parts import Heard, Key, Person
from cards.words import VALUE, clock, day_near, day_read, day_short, moment, squeeze, weekday

ORIGINS = {
    "promise": "你答应的",
    "theirs": "对方答应的",
    "asked": "你让我提醒的",
    "plan": "你约好的",
}
_GIVING = "发送寄做报带写回出补交"
_VERBS = frozenset([*_GIVING, *"打说看签付"])
_SENDING = "发送寄交"
_TURNING = "发送寄做带写交签约"
_ORDER = ("decide", "promised", "hour", "other", "unsaved", "untold", "date", "silent", "unanswered")


@dataclass(frozen=True, slots=True)
class TaskDue:
    """`what` is a verb with its object (发方案). `origin`: promise (you promised), theirs (the customer
    promised), asked (you asked to be reminded), plan. `since`: the day that was; `moved`: how often."""

    key: Key
    what: str
    customer: str
    due: date
    by: bool = False
    hour: time | None = None
    contact: Person | None = None
    origin: str = "promise"
    since: date | None = None
    moved: int = 0
    heard: Heard | None = None


def task_due(view: TaskDue, today: date) -> Card:
    return _task_card(view, today, _due_title(view))


def _task_card(view: TaskDue, today: date, title: str) -> Card:
    key = ids(view.key)
    return Card(
        kind="task.due",
        title=title,
        subtitle=_due_subtitle(view, today),
        lines=(day_line(view.since, today, ORIGINS[view.origin]),) if view.since else (),
        quote=quoted(view.heard),
        body="挪了三次，要不要换个做法" if view.moved >= 3 else "",
        buttons=(
            main("办完了", TaskDone(*key)),
            tap("明天再说", Snooze(*key, days=1)),
            tap("换个日子", Reschedule(*key)),
            drop("不用了", CancelTask(*key)),
        ),
        menu=unasked_menu("task.due", view.key.to),
    )


def unasked_menu(kind: str, to: int) -> tuple[Button, ...]:
    """What every card that nobody asked for carries (card book 1.8)."""
    return (
        tap("今天别再提醒", MuteToday(to, 0, to)),
        tap("这类少提醒", MuteKind(to, 0, to, kind=kind)),
        tap("为什么提醒我", WhyThis(to, 0, to, kind=kind)),
    )


def _due_title(view: TaskDue) -> str:
    what, customer = squeeze(view.what), squeeze(view.customer)
    named = customer[:2] in what if view.origin == "plan" else customer in what  # 去天虹 is where to go
    if not customer or named:
        return first_fit(TITLE, f"该{what}了")
    if view.origin == "theirs":
        return titled(customer, f"该{what}了", "答应的到日子了", "")
    given = what.removeprefix("给")  # 给报价单: what was asked for, without a verb of its own
    thing = given != what and not set(given[1:]) & _VERBS
    if what[0] in _GIVING or what.startswith("打电话") or thing:
        return first_fit(TITLE, f"该给{customer}{given}了", f"{customer}，该{what}了", f"该{what}了")
    return first_fit(TITLE, f"{customer}，该{what}了", f"该{what}了")


def _due_subtitle(view: TaskDue, today: date) -> str:
    hour = f" {clock(view.hour)}" if view.hour else ""
    text = f"{day_read(view.due, today)}{hour}{'前' if view.by else ''}"
    who = people((view.contact,)) if view.contact else ()
    return joined(text, next((each for each in who if len(text) + 3 + len(each) <= SUBTITLE), ""))


def task_days(view: TaskDue, today: date) -> Card:
    """After 换个日子: the drop-down; option ids are ISO dates."""
    key = ids(view.key)
    return replace(
        task_due(view, today),
        body="",
        choice=Choice("挪到", day_options(today)),
        buttons=(main("挪过去", MoveTask(*key)), tap("算了", ShowTask(*key))),
        menu=(),
    )


def day_options(today: date) -> tuple[Option, ...]:
    """明天, 周五, 下周一, 下周三, 月底: those still to come, none twice."""
    monday = today - timedelta(days=today.weekday())
    friday = monday + timedelta(days=4)
    wanted = [
        ("明天", today + timedelta(days=1)),
        ("周五", friday) if friday > today else ("下周五", friday + timedelta(days=7)),
        ("下周一", monday + timedelta(days=7)),
        ("下周三", monday + timedelta(days=9)),
        ("月底", today.replace(day=monthrange(today.year, today.month)[1])),
    ]
    named: dict[date, str] = {}
    for name, day in wanted:
        if day > today:
            named.setdefault(day, name)
    return tuple(
        Option(day.isoformat(), f"{name} {day.month}月{day.day}日") for day, name in sorted(named.items())
    )


def task_snoozed(view: TaskDue, until: date, today: date) -> Card:
    when = {1: "明天"}.get((until - today).days) or day_short(until, today)
    return _put_off(view, first_fit(TITLE, f"好，{when}再提你"), "task.snoozed")


def _put_off(view: TaskDue, title: str, kind: str) -> Card:
    key = ids(view.key)
    return Card(
        kind=kind,
        title=title,
        subtitle=_named(view),
        buttons=(tap("办完了", TaskDone(*key)), tap("换个日子", Reschedule(*key))),
    )


def _named(view: TaskDue) -> str:
    what, customer = squeeze(view.what), squeeze(view.customer)
    return joined(what) if not customer or customer in what else joined(what, customer)


def task_moved(view: TaskDue, today: date) -> Card:
    """After 挪过去; `view.due` is the new day."""
    title = f"✓ 挪到 {day_short(view.due, today)} {weekday(view.due)}了"
    return replace(
        _put_off(view, first_fit(TITLE, title), "task.moved"),
        body="挪了三次，要不要换个做法" if view.moved >= 3 else "",
    )


def task_cancelled(view: TaskDue, today: date) -> Card:
    return Card(
        kind="task.cancelled",
        title="好，不办了",
        subtitle=_named(view),
        body="答应过的还留在记录里，记作没做。" if view.origin == "promise" else "",
        buttons=(tap("撤销", UndoTask(*ids(view.key))),),
        done=True,
    )


def call_new_customer(view: TaskDue, today: date) -> Card:
    """The 24 hours' call to a new customer: `since` is the day it was opened."""
    hour = f" {clock(view.hour)} " if view.hour else ""
    opened = f"{day_near(view.since, today)}建的" if view.since else ""
    return replace(
        _task_card(view, today, titled(view.customer, "是新客户，打个电话吧", "，打个电话吧", "")),
        kind="task.call",
        subtitle=joined(f"{day_near(view.due, today)}{hour}前", opened),
        lines=(),
        body="",
    )


def task_done(view: TaskDue, at: datetime) -> Card:
    key = ids(view.key)
    who = squeeze(view.contact.name) if view.contact else "对方"
    said = "看完回了什么" if view.what[:1] in _SENDING else "说了什么"
    at_day = at.date()
    return Card(
        kind="task.done",
        title=_done_title(view),
        subtitle=joined(moment(at, at_day), _early(view, at_day)),
        body=sentences(f"{who}{said}，随口说一句我来记。"),
        buttons=(tap("3天后问问", PlanFollowUp(*key, days=3)), tap("撤销", UndoTask(*key))),
    )


def _done_title(view: TaskDue) -> str:
    """`✓ 方案发了，鼎盛机械`: object first where the verb is a single known one."""
    what, customer = squeeze(view.what), squeeze(view.customer)
    turned = f"{what[1:]}{what[0]}了" if what[0] in _TURNING and len(what) > 2 else f"{what}，办完了"
    named = () if not customer or customer in what else (f"✓ {turned}，{customer}", f"✓ {customer}，办完了")
    return first_fit(TITLE, *named, f"✓ {turned}")


def _early(view: TaskDue, done: date) -> str:
    """Only where it was early: late is nothing to mention."""
    early = (view.due - done).days
    if view.origin != "promise" or early < 1:
        return ""
    return f"比答应的早{ {1: '一天', 2: '两天'}.get(early, f' {early}天') }"


def task_undone(view: TaskDue, today: date) -> Card:
    return replace(task_due(view, today), body="撤了，还当没办完", menu=())


def follow_up_planned(view: TaskDue, today: date) -> Card:
    """`view` is the new task."""
    return Card(
        kind="task.planned",
        title=first_fit(TITLE, f"✓ {day_short(view.due, today)}我提你问问"),
        subtitle=joined(f"{day_short(view.due, today)} {weekday(view.due)}", squeeze(view.customer)),
        buttons=(
            tap("换个日子", Reschedule(*ids(view.key))),
            drop("不用了", CancelTask(*ids(view.key))),
        ),
    )


@dataclass(frozen=True, slots=True)
class MorningItem:
    """`kind`: decide (what waits for a yes, `first` in a title's words), promised (what, due), hour (what,
    at a fixed hour), unsaved (day of the note), untold (a visit planned for `due` that nobody spoke of),
    date (what, due), silent (days), unanswered (`days` customers), other (what). `called`: the
    customer's short call name (天虹)."""

    kind: str
    customer: str
    what: str = ""
    due: date | None = None
    hour: time | None = None
    part: str = ""
    days: int = 0
    called: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class Morning:
    """`key.what` is the person; `unsaved`: a draft that waits, and how its customer is called."""

    key: Key
    items: tuple[MorningItem, ...]
    unsaved: Key | None = None
    unsaved_called: str = ""
    page: str = ""


def morning(view: Morning, today: date) -> Card:
    """`view.items` must not be empty: an empty day has no card."""
    items = _in_order(view.items)
    return Card(
        kind="reminder.morning",
        title=_morning_title(items, today),
        subtitle=f"{day_short(today, today)} {weekday(today)}",
        lines=_item_lines(items, today, 5, view.page),
        buttons=_morning_taps(view, items),
        menu=unasked_menu("reminder.morning", view.key.to),
        page=view.page,
    )


def _morning_taps(view: Morning, items: Sequence[MorningItem]) -> tuple[Button, ...]:
    """What is to be decided goes first; the list, and the way to what is unsaved or unanswered."""
    kinds, key = {item.kind for item in items}, ids(view.key)
    listed = bool(kinds - {"decide", "unanswered"})
    return (
        *((main("一件件看", ShowPending(*key)),) if "decide" in kinds else ()),
        *((_listed(view, first="decide" not in kinds),) if listed else ()),
        *_unsaved(view),
        *((tap("久没动的", ShowDormant(*key)),) if "unanswered" in kinds else ()),
    )


def _listed(view: Morning, *, first: bool) -> Button:
    show = ShowToday(*ids(view.key))
    return main("看清单", show) if first else tap("看清单", show)


def _unsaved(view: Morning) -> tuple[Button, ...]:
    if view.unsaved is None:
        return ()
    called = squeeze(view.unsaved_called)
    label = tap_label(f"存{called}", "看没存的") if called else "看没存的"
    return (tap(label, ShowDraft(*ids(view.unsaved))),)


def _in_order(items: Sequence[MorningItem]) -> list[MorningItem]:
    return sorted(items, key=lambda item: _ORDER.index(item.kind))


def _morning_title(items: Sequence[MorningItem], today: date) -> str:
    """`今天 2 件，先送天虹的样品`: how many are due today, and the first of them; `今天要你定 4 件…`."""
    if decide := [item for item in items if item.kind == "decide"]:
        head = f"今天要你定 {len(decide)} 件"
        return first_fit(TITLE, f"{head}，先看{squeeze(decide[0].first)}", head)
    due = [item for item in items if item.kind in ("promised", "hour", "other")]
    first = _first_words(items[0])
    head = f"今天 {len(due)} 件" if due else "今天"
    return first_fit(TITLE, f"{head}，先{first}" if due else f"今天先{first}", f"{head}，从清单开始")


def _first_words(item: MorningItem) -> str:
    called, what = squeeze(item.called or item.customer), squeeze(item.what)
    if item.kind == "unanswered":
        return "看久没动的"
    if not what or item.kind in ("silent", "unsaved", "untold", "date"):
        return f"看{called}"
    if what[0] in _TURNING and len(what) > 2 and called and called not in what:
        return f"{what[0]}{called}的{what[1:]}"
    return what if not called or called in what else f"{what}，{called}"


def _item_lines(items: Sequence[MorningItem], today: date, limit: int, page: str) -> tuple[Line, ...]:
    lines = [name_line(item.customer or "别忘了", _item(item, today), at) for at, item in enumerate(items, 1)]
    if len(lines) <= limit:
        return tuple(lines)
    tail = "点开看" if page else "看清单里都有"
    return (*lines[: limit - 1], Line("还有", f"{len(lines) - limit + 1} 件，{tail}", link=page))


def _item(item: MorningItem, today: date) -> str:
    if item.kind == "promised":
        due = f"{day_near(item.due, today)}前" if item.due else ""
        return first_fit(VALUE, f"{due}{item.what}（答应的）", f"{due}{item.what}")
    if item.kind == "hour":
        what = item.what or "约好的"
        return f"{clock(item.hour)} {what}" if item.hour else f"{item.part}{what}"
    if item.kind == "unsaved":
        return f"{day_near(item.due, today) if item.due else '昨天'}那条还没存"
    if item.kind == "untold":
        return f"{day_near(item.due, today) if item.due else '昨天'}去了吗，说一句就行"
    if item.kind == "silent":
        return f"{item.days}天没联系"
    if item.kind == "unanswered":
        return f"{item.days} 家问过，还没回音"
    if item.kind == "date" and item.due:
        return f"{item.what} {day_short(item.due, today)}到期"
    return item.what or "看一眼"


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit that was planned for the day; `key.what` is the plan, `who` a contact's name."""

    key: Key
    customer: str
    day: date
    hour: time | None = None
    who: str = ""


def evening(view: Planned, today: date) -> Card:
    """F4."""
    key = ids(view.key)
    with_whom = f"约的{squeeze(view.who)}" if view.who else "约的"
    return Card(
        kind="evening",
        title=titled(view.customer, "去了吗", ""),
        subtitle=first_fit(SUBTITLE, f"{_when(view, today)} {with_whom}", _when(view, today)),
        body="说两句就行，我来整理。没去也没关系。",
        buttons=(
            main("去了，没新情况", SaveBareVisit(*key)),
            tap("没去成", PlanMissed(*key)),
            tap("改天去", Reschedule(*key)),
            tap("明早再说", Snooze(*key)),
        ),
        menu=unasked_menu("reminder.evening", view.key.to),
    )


def _when(view: Planned, today: date) -> str:
    hour = f" {clock(view.hour)}" if view.hour else ""
    return f"{day_near(view.day, today)}{hour}"


def evenings(to: int, plans: tuple[Planned, ...]) -> Card:
    """Several: which of them; what is not ticked is left alone."""
    options = ticks([(each.key.what, each.customer) for each in plans])
    return Card(
        kind="evening",
        title=f"今天约了 {len(plans)} 家，去了哪几家",
        body="说两句就行，我来整理。没去也没关系。",
        choice=Choice("去了哪几家", options, several=True),
        buttons=(
            main("去了，没新情况", SaveBareVisit(0, 0, to)),
            tap("都没去", PlanMissed(0, 0, to)),
        ),
        menu=unasked_menu("reminder.evening", to),
    )


def report(view: Planned, today: date, hours: int) -> Card:
    """F5: a card of its own only where the company asks for it."""
    key = ids(view.key)
    return Card(
        kind="report.24h",
        title=titled(view.customer, "那次，趁还记得", "那次", ""),
        subtitle=joined(_when(view, today), f"公司希望 {hours}小时内记上"),
        body="三句就够：见了谁，说了什么，下一步。",
        buttons=(
            main("去了，没新情况", SaveBareVisit(*key)),
            tap("没去成", PlanMissed(*key)),
            tap("晚点说", Snooze(*key, days=0)),
        ),
        menu=unasked_menu("report.24h", view.key.to),
    )


def missed(view: Planned, number: int = 1) -> Card:
    """没去成: no reason is asked."""
    return Card(
        kind="evening.missed",
        title="好，没记",
        subtitle=joined(squeeze(view.customer)) if number == 1 else f"{number} 家都没记",
        done=True,
    )


def went(number: int) -> Card:
    """Several at once were saved bare."""
    return Card(
        kind="evening.went",
        title=f"✓ {number} 家记好了",
        body="只记去过，没有新情况。想起什么，带上客户名说一句。",
        done=True,
    )


def todays_list(view: Morning, today: date) -> Card:
    """看清单, or a question for what is to do; may be empty."""
    items = _in_order(view.items)
    return Card(
        kind="reminder.today",
        title=f"今天 {len(items)} 件" if items else "今天没有定好的事",
        subtitle=f"{day_short(today, today)} {weekday(today)}",
        lines=_item_lines(items, today, LINES, view.page),
        body="" if items else "想记什么就说。",
        buttons=opens("看全部", view.page) if len(items) > LINES else (),
        page=view.page,
    )
