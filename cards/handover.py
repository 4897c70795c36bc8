"""Cards of handing customers over: looked at first, accepted, signed, and followed to the end."""

from dataclasses import dataclass
from datetime import date, datetime, time

from cards.actions import (
    AcceptHandover,
    AskOwner,
    AskReason,
    ChooseSuccessor,
    DeclineHandover,
    DropHandover,
    NoteDecline,
    PickCustomers,
    PickSuccessor,
    PlayNotes,
    RefreshHandover,
    ReturnHandover,
    ShowHandover,
    SignHandover,
    StartHandover,
    TakeCustomers,
    TellMore,
)
from cards.approval import REASONS as RETURNS
from cards.lines import (
    LINES,
    OPTION,
    OPTIONS,
    TITLE,
    drop,
    first_fit,
    ids,
    joined,
    line,
    main,
    name_line,
    opens,
    sentences,
    tap,
    tap_label,
    ticks,
    titled,
)
from cards.model import Card, Choice, Line, Option
from cards.parts import Key
from cards.words import VALUE, clip, clock, day_short, moment, squeeze

PAGE = 20
"""Ticks of one list."""
DECLINES = {
    "busy": "手上太多",
    "region": "地区不对",
    "awkward": "跟客户有别扭",
    "other": "别的",
}


@dataclass(frozen=True, slots=True)
class Request:
    """`key.what` is the handover. What the pre-check found, in customers (`movable`, `often` until
    `often_until`, `running`, `alone` without a contact); `owned` is what the successor has now.

    `giver` "" is the reader; `taker` "" is still to be chosen; `only` the customer's name where it is one;
    `left` how many of the giver's are not in it. `returned`: the supervisor's reason.
    """

    key: Key
    giver: str
    taker: str
    count: int
    last_day: date | None = None
    movable: int = 0
    often: int = 0
    often_until: date | None = None
    running: int = 0
    alone: int = 0
    owned: int = 0
    only: str = ""
    left: int = 0
    choices: tuple[tuple[int, str], ...] = ()
    returned: str = ""
    by: str = ""
    """Who returned it."""


def request(view: Request, today: date) -> Card:
    """H1, before anything moved."""
    if not view.taker:
        return pick_successor(view, today)
    key = ids(view.key)
    return Card(
        kind="handover.request",
        title=_request_title(view),
        subtitle=_request_subtitle(view, today),
        flag=first_fit(TITLE, f"{squeeze(view.by)}退回：{squeeze(view.returned)}") if view.returned else "",
        lines=_found(view, today),
        buttons=(
            main(tap_label(f"交给{squeeze(view.taker)}", "就这样交"), StartHandover(*key)),
            tap("挑一部分", PickCustomers(*key)),
            tap("换个人", PickSuccessor(*key)),
            drop("先不交", DropHandover(*key)),
        ),
    )


def _whose(view: Request) -> str:
    return squeeze(view.giver) or "你"


def _request_title(view: Request) -> str:
    taker = squeeze(view.taker)
    if view.only:
        return titled(view.only, f"交给{taker}，先查过了", f"交给{taker}", "")
    return first_fit(
        TITLE,
        f"{_whose(view)}的 {view.count} 家交给{taker}，先查过了",
        f"{view.count} 家交给{taker}，先查过了",
        f"{view.count} 家，先查过了",
    )


def _request_subtitle(view: Request, today: date) -> str:
    last = f"最后一天 {day_short(view.last_day, today)}" if view.last_day else ""
    still = "还没动任何客户"
    rest = f"另有 {view.left} 家这次不交" if view.left else ""
    return joined(last, still, rest) if last else joined(still, rest)


def _found(view: Request, today: date) -> tuple[Line, ...]:
    until = f"，{day_short(view.often_until, today)}后才能再转" if view.often_until else ""
    rows = [
        ("能转", f"{view.movable} 家，微信一起过去", view.movable),
        ("转过两次", f"{view.often} 家{until}", view.often),
        ("在转", f"{view.running} 家，上一次还没完", view.running),
        ("没加微信", f"{view.alone} 家，只转档案", view.alone),
    ]
    now = f"现有 {view.owned} 家，接完 {view.owned + view.count} 家"
    found = tuple(line(label, value) for label, value, number in rows if number)
    return (*found, name_line(view.taker, now, 1))


def pick_successor(view: Request, today: date) -> Card:
    """换个人, or nobody was named: a drop-down; option ids are people."""
    key = ids(view.key)
    what = view.only or f"{_whose(view)}的 {view.count} 家"
    back = ShowHandover(*key) if view.taker else DropHandover(*key)
    return Card(
        kind="handover.successor",
        title=titled(what, "，交给谁", ""),
        subtitle=_request_subtitle(view, today),
        body="" if view.choices else "没有别的同事可选。",
        choice=Choice("交给谁", ticks(view.choices[:OPTIONS], OPTION)) if view.choices else None,
        buttons=(
            *((main("就他", ChooseSuccessor(*key)),) if view.choices else ()),
            tap("算了" if view.taker else "先不交", back),
        ),
    )


def pick_customers(view: Request, ticked: tuple[tuple[int, str, bool], ...], number: int, pages: int) -> Card:
    """挑一部分: id, name and whether it goes; at most 20 on a page."""
    key = ids(view.key)
    more = (tap("下一页", PickCustomers(*key, page=(number + 1) % pages)),) if pages > 1 else ()
    return Card(
        kind="handover.pick",
        title=first_fit(TITLE, f"哪些交给{squeeze(view.taker)}", "哪些交"),
        subtitle=f"第 {number + 1} 页，共 {pages} 页 · 勾上的交" if pages > 1 else "勾上的交",
        choice=Choice(
            "哪几家",
            ticks([(id, name) for id, name, _ in ticked]),
            several=True,
            chosen=tuple(str(id) for id, _, goes in ticked if goes),
        ),
        buttons=(main("就这些", TakeCustomers(*key, page=number)), *more, tap("算了", ShowHandover(*key))),
    )


def dropped(view: Request) -> Card:
    return Card(
        kind="handover.dropped",
        title="好，先不交",
        subtitle=joined(squeeze(view.only) or f"{_whose(view)}的 {view.count} 家"),
        body="什么都没动。",
        done=True,
    )


def waits(view: Request, state: str, who: str) -> Card:
    """To whoever asked, while others decide. `state`: offered or accepted."""
    what = squeeze(view.only) or f"{view.count} 家"
    asks = {"offered": f"等{squeeze(who) or '你'}接", "accepted": f"等{squeeze(who) or '你'}签字"}[state]
    return Card(
        kind="handover.waits",
        title=first_fit(TITLE, f"{what}，{asks}", asks),
        subtitle=joined(f"{squeeze(view.giver) or '你'} → {squeeze(view.taker)}"),
        body="签字之前，什么都没动。",
        buttons=(
            tap("看进度", RefreshHandover(*ids(view.key))),
            drop("先不交", DropHandover(*ids(view.key))),
        ),
    )


def expired(view: Request, days: int) -> Card:
    return Card(
        kind="handover.expired",
        title=titled(view.only or f"{view.count} 家", f"交给{squeeze(view.taker)}，没交成", "没交成", ""),
        body=f"放了 {days}天没人定，什么都没动。还要交就再说一次。",
        done=True,
    )


def tell_more(view: Request, offered: tuple[tuple[int, str], ...]) -> Card:
    """To the giver: which of the customers with something open need a word more."""
    key = ids(view.key)
    return Card(
        kind="handover.tell",
        title=first_fit(TITLE, f"{view.count} 家要交给{squeeze(view.taker)}", f"{view.count} 家要交给同事"),
        subtitle=joined(f"{squeeze(view.by)}提的") if view.by else "",
        body="你想补一句的有哪几家？只带事实过去，你自己的评语和私事不带。",
        choice=Choice("补哪几家", ticks(offered[:PAGE]), several=True),
        buttons=(main("我来补", TellMore(*key)), tap("不用补", ShowHandover(*key))),
    )


def telling(names: tuple[str, ...]) -> Card:
    """After 我来补: a hint, not a mode."""
    return Card(
        kind="handover.telling",
        title="说吧，我在听",
        body=sentences(
            f"带上客户名就行，比如“{squeeze(names[0])}的事，样册还欠着”。" if names else "带上客户名就行。"
        ),
    )


def giver_told(view: Request) -> Card:
    """To the giver, who has nothing to add or nothing to decide."""
    return Card(
        kind="handover.told",
        title=first_fit(TITLE, f"{view.count} 家要交给{squeeze(view.taker)}", f"{view.count} 家要交给同事"),
        body="签字之前还是你的，照常跟。",
        done=True,
    )


# -- the successor ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """One customer in the dossier, in a few words: what is promised soon, dates, silence."""

    customer: str
    text: str


@dataclass(frozen=True, slots=True)
class Dossier:
    key: Key
    giver: str
    count: int
    at: date
    stories: tuple[Story, ...]
    first_customer: int = 0
    page: str = ""


def dossier(view: Dossier, today: date) -> Card:
    """H2: five lines, promised soon first."""
    key, giver = ids(view.key), squeeze(view.giver)
    shown = view.stories[:5]
    more = "其余在清单里" if view.count > len(shown) else ""
    title = f"接手 {view.count} 家，先看这 {len(shown)} 家" if more else f"接手这 {view.count} 家"
    return Card(
        kind="handover.dossier",
        title=title,
        subtitle=joined(f"{giver}整理，{day_short(view.at, today)}", more),
        lines=tuple(name_line(each.customer, each.text, at) for at, each in enumerate(shown, 1)),
        buttons=(
            *opens("看全部", view.page),
            tap(tap_label(f"听{giver}说", "听听原话"), PlayNotes(*key)),
            tap(tap_label(f"问{giver}", "问同事"), AskOwner(0, 0, view.key.to, customer=view.first_customer)),
        ),
        page=view.page,
    )


def notes(view: Dossier, rows: tuple[Story, ...], today: date) -> Card:
    """听李娜说: what the giver said of them last, facts only."""
    giver = squeeze(view.giver)
    return Card(
        kind="handover.notes",
        title=titled(giver, "最近说的", ""),
        lines=tuple(name_line(each.customer, clip(each.text), at) for at, each in enumerate(rows[:LINES], 1)),
        body="" if rows else f"{giver}还没说什么。",
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """`owned` is what the successor has now; `week` how much is due within seven days, the most urgent
    `first`; `people` will be told by the platform."""

    key: Key
    taker: str
    giver: str
    count: int
    owned: int
    week: int = 0
    first: str = ""
    first_on: date | None = None
    people: int = 0


def accept(view: Offer, today: date) -> Card:
    """H3."""
    key = ids(view.key)
    first = f"，最急 {day_short(view.first_on, today)}{view.first}" if view.first_on else ""
    week = f"{view.week} 件{first}"
    rows = (
        ("这周要办", week if len(week) <= VALUE else f"{view.week} 件", view.week),
        ("微信", f"{view.people} 位会收到通知，可以不同意", view.people),
    )
    return Card(
        kind="handover.accept",
        title=titled(view.taker, f"，{view.count} 家接得过来吗", ""),
        subtitle=joined(f"你现在 {view.owned} 家，接了是 {view.owned + view.count} 家"),
        lines=tuple(line(label, value) for label, value, number in rows if number),
        buttons=(
            main("接", AcceptHandover(*key)),
            tap("接一部分", PickCustomers(*key)),
            drop("接不了", DeclineHandover(*key)),
        ),
    )


def ask_decline(view: Offer, boss: str) -> Card:
    """接不了: why, for the manager only."""
    key = ids(view.key)
    return Card(
        kind="handover.decline",
        title=titled(view.taker, f"，{view.count} 家接不了", ""),
        subtitle=joined(f"原因只给{squeeze(boss)}看"),
        choice=Choice("因为", tuple(Option(id, label) for id, label in DECLINES.items())),
        buttons=(drop("就说接不了", NoteDecline(*key)), tap("算了", ShowHandover(*key))),
    )


def accepted(view: Offer, signer: str) -> Card:
    return Card(
        kind="handover.accepted",
        title=first_fit(
            TITLE, f"✓ {view.count} 家你接了，等{squeeze(signer)}签字", f"✓ 你接了，等{squeeze(signer)}签字"
        ),
        subtitle=joined(f"{squeeze(view.giver)} → {squeeze(view.taker)}"),
        body="签完才归你，到时告诉你。",
        buttons=(tap("看进度", RefreshHandover(*ids(view.key))),),
    )


def declined(view: Offer) -> Card:
    return Card(
        kind="handover.declined",
        title="好，没接",
        subtitle=joined(f"{squeeze(view.giver)}的 {view.count} 家"),
        body="原因只有主管看得到。",
        done=True,
    )


def declined_for_asker(view: Request, reason: str, today: date) -> Card:
    """To whoever asked: another successor, or not."""
    key = ids(view.key)
    return Card(
        kind="handover.declined",
        title=titled(view.taker, f"接不了这 {view.count} 家", "接不了", ""),
        subtitle=_request_subtitle(view, today),
        lines=(line("因为", reason),) if reason else (),
        buttons=(
            main("换个人", PickSuccessor(*key)),
            tap("挑一部分", PickCustomers(*key)),
            drop("先不交", DropHandover(*key)),
        ),
    )


# -- the supervisor --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signing:
    """What moves with the signature. `people` go on the platform, `staying` customers do not."""

    key: Key
    giver: str
    taker: str
    count: int
    accepted_on: date | None = None
    tasks: int = 0
    contracts: int = 0
    people: int = 0
    staying: int = 0
    page: str = ""


def sign(view: Signing, today: date) -> Card:
    """H4."""
    key, taker = ids(view.key), squeeze(view.taker)
    accepted_on = f"{taker}已接 {day_short(view.accepted_on, today)}" if view.accepted_on else ""
    return Card(
        kind="handover.sign",
        title=f"{view.count} 家交接，请你签一下",
        subtitle=joined(f"{squeeze(view.giver)} → {taker}", accepted_on),
        lines=_moving(view),
        buttons=(
            main("签字", SignHandover(*key)),
            drop("退回", AskReason(*key, of="handover")),
            *opens("看名单", view.page),
        ),
        page=view.page,
    )


def _moving(view: Signing) -> tuple[Line, ...]:
    taker = squeeze(view.taker)
    parts = ["档案", "记录"]
    parts += [f"{view.tasks} 件待办"] if view.tasks else []
    parts += [f"{view.contracts} 份合同"] if view.contracts else []
    listed = "（名单在里面）" if view.page else ""
    stay = f"，{view.staying} 家不转{listed}" if view.staying else ""
    people = f"{view.people} 家转{stay}" if view.people else ""
    after = f"档案马上归{taker}" + ("，微信要等 24小时" if view.people else "")
    rows = (("一起走", "、".join(parts)), ("微信", people), ("签完", after))
    return tuple(line(label, value) for label, value in rows if value)


def ask_return(view: Signing, today: date) -> Card:
    """退回: first why."""
    key = ids(view.key)
    return Card(
        kind="handover.sign",
        title=f"{view.count} 家交接，退回",
        subtitle=joined(f"{squeeze(view.giver)} → {squeeze(view.taker)}"),
        choice=Choice("哪里不对", tuple(Option(id, RETURNS_TO[id]) for id in RETURNS_TO)),
        buttons=(drop("退回去", ReturnHandover(*key)), tap("算了", ShowHandover(*key))),
    )


RETURNS_TO = {
    "person": "人不合适",
    "part": "分给几个人",
    "later": "先等等",
    "wrong": RETURNS["wrong"],
}


@dataclass(frozen=True, slots=True)
class Signed:
    """`by` "" is the reader; `number` of the certificate."""

    key: Key
    giver: str
    taker: str
    count: int
    at: datetime
    number: str
    by: str = ""
    people: int = 0


def signed(view: Signed, today: date) -> Card:
    """✓ to whoever signed: with minute and number."""
    taker = squeeze(view.taker)
    goes = f"微信 {view.people} 位已发起，24小时后有结果。" if view.people else ""
    return Card(
        kind="handover.signed",
        title=first_fit(TITLE, f"✓ 签好了，{view.count} 家归{taker}", "✓ 签好了"),
        subtitle=joined(moment(view.at, today), view.number),
        body=sentences(goes, "要反悔就再交接一次，微信 90天内只能转两次。"),
        buttons=(tap("看进度", RefreshHandover(*ids(view.key))),) if view.people else (),
    )


def signed_elsewhere(view: Signed, today: date) -> Card:
    at = clock(view.at) if view.at.date() == today else moment(view.at, today)
    return Card(
        kind="handover.signed",
        title=first_fit(TITLE, f"{squeeze(view.by)} {at} 已签字".strip(), f"{at} 已签字"),
        subtitle=joined(f"{squeeze(view.giver)} → {squeeze(view.taker)}", view.number),
        buttons=(tap("看进度", RefreshHandover(*ids(view.key))),) if view.people else (),
        done=True,
    )


def moved(view: Signed, today: date, role: str) -> Card:
    """One line each: to the giver, the successor and the administrator."""
    taker, giver = squeeze(view.taker), squeeze(view.giver)
    title = {
        "giver": f"{view.count} 家归{taker}了",
        "taker": f"✓ {view.count} 家归你了",
        "admin": f"{giver}的 {view.count} 家归{taker}了",
    }[role]
    body = {
        "giver": "事也一起过去了，不再提你。谢谢你交得清楚。",
        "taker": "事也一起过来了，到日子我提你。",
        "admin": "",
    }[role]
    return Card(
        kind="handover.moved",
        title=first_fit(TITLE, title),
        subtitle=joined(f"{squeeze(view.by)}签的" if view.by else "", view.number),
        body=body,
        done=True,
    )


def returned(view: Request, today: date) -> Card:
    """To whoever asked, when the supervisor said no: as H1, with his reason on top."""
    return request(view, today)


def sent_back(view: Signing) -> Card:
    return Card(
        kind="handover.returned",
        title="✓ 退回了",
        subtitle=joined(f"{squeeze(view.giver)} → {squeeze(view.taker)}"),
        body="什么都没动。",
        done=True,
    )


def left(name: str, count: int, key: Key) -> Card:
    """Somebody left, and has nothing to hand over."""
    return Card(
        kind="handover.left",
        title=titled(name, "走了，名下没有客户", "走了", ""),
        done=True,
    )


def unknown_person(said: str, key: Key) -> Card:
    """The colleague who was named is none of ours."""
    return Card(
        kind="handover.unknown",
        title=titled(f"“{squeeze(said)}”", "，我没找到这位同事", "，没找到", ""),
        body="写全名再说一次，比如“天虹交给陈浩”。什么都没动。",
        done=True,
    )


def nothing_to_give(key: Key, why: str) -> Card:
    """`why`: none (no customer), foreign (somebody else's), live (on the way already)."""
    body = {
        "none": "说“天虹交给陈浩”，或“我的客户都交给陈浩”。",
        "foreign": "那几家不归你管，要他本人或他的主管来交。",
        "live": "那几家正在交接，等那一次完了再说。",
    }[why]
    return Card(kind="handover.nothing", title="没有能交的客户", body=body, done=True)


def at_hour(day: date, hour: time | None, today: date) -> str:
    """`4月24日 15:00`."""
    return f"{day_short(day, today)} {clock(hour)}" if hour else day_short(day, today)
