"""Cards of customers that were not spoken to for long: the reason first, then four acts."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from cards.actions import (
    AskLess,
    AssignTo,
    CloseCustomer,
    ContactedAlready,
    NoteClose,
    NoteContact,
    NotePlan,
    OfferHandover,
    PlanVisit,
    ProposeClose,
    Revive,
    ShowCustomer,
    ShowSilence,
    ToPool,
    UndoSilence,
)
from cards.lines import (
    TITLE,
    drop,
    first_fit,
    ids,
    joined,
    line,
    main,
    quoted,
    sentences,
    tap,
    tap_label,
    titled,
)
from cards.model import Button, Card, Choice, Line, Option
from cards.parts import Heard, Key
from cards.reminder import day_options, unasked_menu
from cards.words import METHODS, day_short, days, squeeze, weekday

HALF_YEAR, YEAR = 180, 360
REASONS = {
    "no_need": "没需求了",
    "rival": "选了别家",
    "unreachable": "联系不上",
    "closed": "单位没了",
    "other": "别的",
}
ANSWERS = {
    "contacted": "联系过了",
    "planned": "排了一次",
    "handover": "想转给同事",
    "paused": "先不跟",
    "revived": "再试一次",
    "pool": "放公海了",
    "closed": "归档了",
}


@dataclass(frozen=True, slots=True)
class Silent:
    """`key.what` is the silence. `days` without contact, `rule` the rung's days, `grade` "" for none.

    `last` and what was known of it: how, with whom, what they said they would do (`said`). `nudge` is
    what may be asked now. `owner` "" is the reader; `owners_word` the rep's last answer, for a manager.
    `wished`: the manager who asks to try once more.
    """

    key: Key
    customer: str
    customer_id: int
    days: int
    rule: int
    grade: str = ""
    last: date | None = None
    method: str = ""
    who: str = ""
    said: str = ""
    since: str = ""
    heard: Heard | None = None
    nudge: str = ""
    owner: str = ""
    owners_word: str = ""
    decides: bool = False
    wished: str = ""


def dormant(view: Silent, today: date) -> Card:
    """D1."""
    return Card(
        kind="dormant",
        title=_title(view),
        subtitle=_subtitle(view, today),
        lines=_lines(view),
        quote=quoted(view.heard),
        body=sentences(_body(view)),
        buttons=_managers_acts(view) if view.decides else _acts(view),
        menu=unasked_menu("dormant", view.key.to),
    )


def _title(view: Silent) -> str:
    number = days(view.days)
    if view.rule >= YEAR:
        return titled(view.customer, "一年没消息了", "一年没消息", "")
    if view.rule >= HALF_YEAR:
        return titled(view.customer, "半年没动静了", "半年没动静", "")
    return titled(view.customer, f" {number}没联系了", f" {number}", "")


def _subtitle(view: Silent, today: date) -> str:
    if view.last is None:
        return f"{squeeze(view.owner)}在跟" if view.owner else ""
    how = METHODS.get(view.method, "聊过")
    met = f"上次 {day_short(view.last, today)} {how}"
    with_whom = f"{met}，{squeeze(view.who)}" if view.who else met
    return joined(with_whom, f"{squeeze(view.owner)}在跟" if view.owner else "")


def _lines(view: Silent) -> tuple[Line, ...]:
    whose = f"{view.grade}级客户" if view.grade else ""
    rows = (
        ("当时说", view.said),
        ("之后", view.since),
        ("问过他" if view.owner else "上回说", view.owners_word),
        ("为什么提", f"{whose}满 {days(view.rule)}提一次"),
    )
    return tuple(line(label, value) for label, value in rows if value)


def _body(view: Silent) -> str:
    if view.wished:
        return f"{squeeze(view.wished)}想请你再试一次。"
    if view.nudge:
        return squeeze(view.nudge)
    return "要么重新打个招呼，要么先放下，都行。" if HALF_YEAR <= view.rule < YEAR else ""


def _acts(view: Silent) -> tuple[Button, ...]:
    key = ids(view.key)
    return (
        main("联系过了", ContactedAlready(*key)),
        tap("排一次", PlanVisit(*key)),
        tap("转给同事", OfferHandover(*key)),
        drop("先不跟", ProposeClose(*key)),
    )


def _managers_acts(view: Silent) -> tuple[Button, ...]:
    key = ids(view.key)
    return (
        main("再试一次", Revive(*key)),
        tap("换人跟", AssignTo(*key)),
        tap("放公海", ToPool(*key)),
        drop("归档", CloseCustomer(*key)),
    )


def ask_day(view: Silent, today: date) -> Card:
    """After 联系过了: which day; option ids are ISO dates, the earliest where a week was meant."""
    return _asking(view, today, Choice("哪天", _past_days(today)), main("记上", NoteContact(*ids(view.key))))


def _past_days(today: date) -> tuple[Option, ...]:
    monday = today - timedelta(days=today.weekday())
    named: dict[date, str] = {}
    for name, day in (
        ("今天", today),
        ("昨天", today - timedelta(days=1)),
        ("这周", monday),
        ("上周", monday - timedelta(days=7)),
    ):
        named.setdefault(day, name)
    return tuple(Option(day.isoformat(), name) for day, name in named.items())


def ask_plan(view: Silent, today: date) -> Card:
    """After 排一次."""
    return _asking(view, today, Choice("哪天", day_options(today)), main("排上", NotePlan(*ids(view.key))))


def ask_why(view: Silent, today: date) -> Card:
    """After 先不跟."""
    choice = Choice("因为", tuple(Option(id, label) for id, label in REASONS.items()))
    return _asking(view, today, choice, drop("先不跟", NoteClose(*ids(view.key))))


def _asking(view: Silent, today: date, choice: Choice, yes: Button) -> Card:
    return replace(
        dormant(view, today),
        kind="dormant.asking",
        quote=None,
        body="",
        choice=choice,
        buttons=(yes, tap("算了", ShowSilence(*ids(view.key)))),
        menu=(),
    )


def contacted(view: Silent, day: date, today: date, longer: int = 0) -> Card:
    """记上. `longer`: the second time in a row, so that it may be asked less often."""
    key = ids(view.key)
    again = (
        main("好", AskLess(*key, days=longer)),
        tap("照旧", AskLess(*key, days=0)),
    )
    return Card(
        kind="dormant.contacted",
        title=titled(f"✓ {squeeze(view.customer)}", "，记上了", ""),
        subtitle=f"{day_short(day, today)}联系过",
        body=f"以后隔 {days(longer)}再问这家？" if longer else "聊了什么，想起来说一句我来记。",
        buttons=(*(again if longer else ()), tap("撤销", UndoSilence(*key))),
    )


def less_often(view: Silent, number: int) -> Card:
    """好, or 照旧 (0)."""
    return Card(
        kind="dormant.less",
        title=first_fit(TITLE, f"好，隔 {days(number)}再问" if number else "好，照旧"),
        subtitle=joined(squeeze(view.customer)),
        buttons=(tap("撤销", UndoSilence(*ids(view.key))),),
    )


def planned(view: Silent, day: date, today: date) -> Card:
    return Card(
        kind="dormant.planned",
        title=first_fit(TITLE, f"✓ 排到 {day_short(day, today)} {weekday(day)}了"),
        subtitle=joined(squeeze(view.customer)),
        body="到日子我提你。想先打个招呼，下面替你写了一段，不合适就换。",
        buttons=(tap("撤销", UndoSilence(*ids(view.key))),),
    )


def paused(view: Silent, reason: str, waits_for: str = "") -> Card:
    """先不跟; a customer of the highest grade waits for somebody's yes."""
    waiting = f"A级客户，等{squeeze(waits_for)}点头。没点头之前还算在跟。"
    return Card(
        kind="dormant.paused",
        title=titled(f"好，{squeeze(view.customer)}", "先不跟了" if not waits_for else "，等点头", ""),
        subtitle=joined(squeeze(reason)),
        body=sentences(waiting if waits_for else "历史都留着。他们来找你，记一笔就又算在跟。"),
        buttons=(tap("撤销", UndoSilence(*ids(view.key))),),
    )


def offered(view: Silent) -> Card:
    """转给同事, 换人跟: the choice is on a card of its own."""
    return Card(
        kind="dormant.offered",
        title=titled(view.customer, "，选个人接", ""),
        body="在下面那张卡里选。没签字之前，什么都没动。",
        buttons=(tap("先不转", ShowSilence(*ids(view.key))),),
    )


def rests(view: Silent, how: str) -> Card:
    """放公海, 归档: the manager's decision. `how`: pool or closed."""
    pool = how == "pool"
    return Card(
        kind=f"dormant.{how}",
        title=titled(f"✓ {squeeze(view.customer)}", "放公海了" if pool else "归档了", ""),
        body="先挂在你名下。谁想跟，说“交给谁”就行，历史一起过去。"
        if pool
        else "历史都留着，查得到。再来往，记一笔就又在跟了。",
        buttons=(tap("撤销", UndoSilence(*ids(view.key))),),
    )


def revived(view: Silent) -> Card:
    who = squeeze(view.owner)
    return Card(
        kind="dormant.revived",
        title=first_fit(TITLE, f"✓ 跟{who}说了，再试一次", "✓ 说了，再试一次"),
        subtitle=joined(squeeze(view.customer)),
        done=True,
    )


def over(view: Silent, today: date) -> Card:
    """Spoken to since: nothing to answer any more."""
    day = f" {day_short(view.last, today)}" if view.last else ""
    return Card(
        kind="dormant.over",
        title=titled(view.customer, f"{day}聊过了", "聊过了", ""),
        body="不用再答了。",
        buttons=(tap("看档案", ShowCustomer(view.customer_id, 0, view.key.to)),),
        done=True,
    )


def answered(view: Silent, answer: str, reason: str = "") -> Card:
    """The question was answered, and there is nothing better to show."""
    return Card(
        kind="dormant.answered",
        title=titled(view.customer, f"，{ANSWERS.get(answer, '定了')}", ""),
        subtitle=joined(squeeze(reason)) if reason else "",
        buttons=(tap("看档案", ShowCustomer(view.customer_id, 0, view.key.to)),),
        done=True,
    )


def told_rep(customer: str, customer_id: int, manager: str, how: str, to: int) -> Card:
    """To the rep: what his manager decided on a customer of his."""
    did = {"pool": "放公海了"}.get(how, "归档了")
    return Card(
        kind="dormant.told",
        title=titled(customer, did, ""),
        subtitle=joined(f"{squeeze(manager)}定的"),
        body="你记过的都还在。",
        buttons=(tap(tap_label("看档案", "看档案"), ShowCustomer(customer_id, 0, to)),),
    )
