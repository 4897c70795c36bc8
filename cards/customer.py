"""Cards of a customer's file and of answers to questions."""

from dataclasses import dataclass
from datetime import date

from cards.actions import (
    AskOwner,
    Dismiss,
    HintEdit,
    HintSearch,
    ShowCustomer,
    ShowOrders,
    ShowPhone,
    ShowTimeline,
    ShowToday,
    ShowVisit,
)
from cards.lines import (
    LINES,
    SUBTITLE,
    TITLE,
    Weighed,
    day_line,
    first_fit,
    fitted,
    ids,
    joined,
    line,
    main,
    name_line,
    opens,
    sentences,
    show_customer,
    step_text,
    tap,
    tap_label,
    titled,
    written_money,
)
from cards.model import Button, Card, Line
from cards.parts import Key, Money, Named, Person, Step
from cards.words import (
    FIELDS,
    METHODS,
    MONEY_KINDS,
    STAGES,
    VALUE,
    clip,
    day_near,
    day_short,
    days,
    duration,
    mask_phone,
    money,
    squeeze,
)

ASKED = {
    "last_visit": "拜访",
    "visits": "拜访",
    "phone": "电话",
    "orders": "订单",
    "profile": "什么",
    "todo": "要办的事",
}


@dataclass(frozen=True, slots=True)
class Archive:
    """What the viewer may see of a customer; whatever is None, 0 or empty has no line.

    `key.what` is the customer; `owner` "" is the reader; `phone` the main contact's, whole digits;
    `phone_page` opens it (logged), else a ShowPhone tap on `contact_id` does. `filled` and `wanted`
    pairs count what is known of the basics and the needs. `unchecked`: fields still to verify.
    """

    key: Key
    short: str
    legal: str = ""
    owner: str = ""
    grade: str = ""
    tier: str = ""
    warning: str = ""
    basics: tuple[int, int] | None = None
    contact: Person | None = None
    contact_id: int = 0
    phone: str = ""
    phone_page: str = ""
    needs_known: tuple[int, int] | None = None
    needs: tuple[str, ...] = ()
    values: str = ""
    """What they look at (到货)."""
    stage: str = ""
    visits_this_year: int = 0
    last: date | None = None
    last_method: str = ""
    worth: float | None = None
    orders: int = 0
    likes: str = ""
    complete: int | None = None
    """Percent."""
    fresh: bool | None = None
    unchecked: tuple[str, ...] = ()
    next_step: Step | None = None
    page: str = ""


def archive(view: Archive, today: date) -> Card:
    lines, _ = fitted(_archive_rows(view, today), view.page, "档案页里都有")
    key = ids(view.key)
    whose = f"{squeeze(view.owner)}在跟" if view.owner else "你在跟"
    legal = squeeze(view.legal)
    return Card(
        kind="customer.archive",
        title=titled(view.short, "".join(f" · {each}" for each in _standing(view)), ""),
        subtitle=first_fit(SUBTITLE, f"{legal} · {whose}", legal) if legal else whose,
        flag=first_fit(TITLE, squeeze(view.warning)) if view.warning else "",
        lines=lines,
        body="" if lines else "还没记过什么，出来说一句就有了。",
        buttons=(
            tap("时间轴", ShowTimeline(*key)),
            *((tap("订单合同", ShowOrders(*key)),) if view.orders else ()),
            tap("补一句", HintEdit(*key, of="customer")),
            *_look(view.phone, view.phone_page, view.contact_id, view.key.to),
        ),
        page=view.page,
    )


def _standing(view: Archive) -> tuple[str, ...]:
    return tuple(each for each in (f"{view.grade}级" if view.grade else "", view.tier) if each)


def _look(number: str, page: str, contact: int, to: int) -> tuple[Button, ...]:
    """The logged look at a whole number: a page, or a tap where there is none."""
    if not number:
        return ()
    return opens("看号码", page) or (tap("看号码", ShowPhone(contact, 0, to)),)


def _archive_rows(view: Archive, today: date) -> list[Weighed]:
    rows = [
        ("基本", _basics(view), 1),
        ("需求", _counted(view.needs_known, _needs(view)), 1),
        ("互动", _contacts(view, today), 1),
        ("价值", _worth(view), 0),
        ("喜好", view.likes, 4),
        ("阶段", STAGES.get(view.stage, view.stage), 3),
        ("下一步", step_text(view.next_step, today, confirming=False) if view.next_step else "", 0),
        ("档案", _condition(view), 5),
    ]
    return [Weighed(line(label, value), weight) for label, value, weight in rows if value]


def _counted(pair: tuple[int, int] | None, text: str) -> str:
    """`3/5，…`."""
    return "，".join(each for each in (f"{pair[0]}/{pair[1]}" if pair else "", text) if each)


def _basics(view: Archive) -> str:
    name = squeeze(view.contact.name) if view.contact else ""
    number = mask_phone(view.phone) if view.phone else ""
    return _counted(view.basics, " ".join(each for each in (name, number) if each))


def _needs(view: Archive) -> str:
    cares = f"看重{view.values}" if view.values else ""
    return "，".join(each for each in ("、".join(view.needs), cares) if each)


def _contacts(view: Archive, today: date) -> str:
    often = f"今年 {view.visits_this_year} 次" if view.visits_this_year else ""
    how = METHODS.get(view.last_method, "聊过")
    last = f"最近 {day_short(view.last, today)}{how}" if view.last else ""
    return "，".join(each for each in (often, last) if each)


def _worth(view: Archive) -> str:
    if view.worth is None:
        return ""
    orders = f"，{view.orders} 单" if view.orders else ""
    return f"近一年 {money(view.worth)}{orders}"


def _condition(view: Archive) -> str:
    parts = (
        f"完整 {view.complete}%" if view.complete is not None else "",
        {True: "最新", False: "有点旧", None: ""}[view.fresh],
        f"{'、'.join(FIELDS.get(each, each) for each in view.unchecked)}待核实" if view.unchecked else "",
    )
    return " · ".join(each for each in parts if each)


def not_yours(key: Key, customer: str, owner: str) -> Card:
    """`key.what` is the customer."""
    who = squeeze(owner)
    whole = f"{squeeze(customer)}由{who}在跟，只能看到名字"
    return Card(
        kind="customer.not_yours",
        title=first_fit(TITLE, whole, f"{squeeze(customer)}由{who}在跟", squeeze(customer)),
        body="" if len(whole) <= TITLE else sentences(f"由{who}在跟，只能看到名字"),
        buttons=(main(tap_label(f"问问{who}", "问问同事"), AskOwner(0, 0, key.to, customer=key.what)),),
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One thing on a timeline: `text` as filed, `by` who did it."""

    day: date
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`events` newest first, at most five on this card; `count` all there are up to `until`."""

    key: Key
    customer: str
    events: tuple[Event, ...]
    count: int
    until: date


def timeline(view: Timeline, today: date) -> Card:
    shown = view.events[:5]
    before = shown[-1].day.isoformat() if len(shown) < view.count and shown else ""
    older = (tap("更早的", ShowTimeline(*ids(view.key), before=before)),) if before else ()
    return Card(
        kind="customer.timeline",
        title=titled(view.customer, " · 最近的事", ""),
        subtitle=f"{day_short(view.until, today)}往前，共 {view.count} 条",
        lines=tuple(day_line(each.day, today, _event(each)) for each in shown),
        body="" if shown else "这之前没有了。",
        buttons=(*older, tap("找一句", HintSearch(*ids(view.key)))),
    )


def _event(event: Event) -> str:
    by = f"（{squeeze(event.by)}）" if event.by else ""
    text = squeeze(event.text)
    return f"{text}{by}" if len(text) + len(by) <= VALUE else clip(text, VALUE - len(by)) + by


@dataclass(frozen=True, slots=True)
class Profile:
    """The five parts of a portrait (R25), each in filed words; empty ones have no line."""

    key: Key
    customer: str
    owner: str = ""
    basics: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    habits: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    follow_up: tuple[str, ...] = ()
    warning: str = ""


def profile(view: Profile, today: date) -> Card:
    rows = (
        ("基本", view.basics),
        ("需求", view.needs),
        ("习惯", view.habits),
        ("在意", view.interests),
        ("跟进", view.follow_up),
    )
    lines = tuple(line(label, "，".join(parts)) for label, parts in rows if parts)
    return Card(
        kind="customer.profile",
        title=titled(view.customer, " · 画像", ""),
        subtitle=joined(f"{squeeze(view.owner)}在跟") if view.owner else "你在跟",
        flag=first_fit(TITLE, squeeze(view.warning)) if view.warning else "",
        lines=lines,
        body="" if lines else "还没记过什么，出来说一句就有了。",
        buttons=(
            tap("时间轴", ShowTimeline(*ids(view.key))),
            tap("补一句", HintEdit(*ids(view.key), of="customer")),
        ),
    )


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum that was said, and when."""

    day: date
    amount: Money


def orders(key: Key, customer: str, sums: tuple[Sum, ...], today: date) -> Card:
    """Orders, payments and quotes of a customer, newest first; `key.what` is the customer."""
    lines = tuple(
        day_line(each.day, today, f"{MONEY_KINDS[each.amount.kind]} {written_money(each.amount)}")
        for each in sums
    )
    return Card(
        kind="customer.orders",
        title=titled(customer, " · 订单和钱", ""),
        lines=_first_six(lines, "在时间轴里"),
        body="" if lines else "还没记过订单和金额。知道了说一句，我记上。",
        buttons=(tap("时间轴", ShowTimeline(*ids(key))), show_customer(key.what, key)),
    )


def not_for_you(key: Key, customer: str, what: str = "金额") -> Card:
    """The customer may be seen, this part of it may not."""
    what = squeeze(what)
    return Card(
        kind="customer.not_for_you",
        title=titled(customer, f"的{what}，我这里不给你看", f"的{what}不给看", ""),
        body=f"你的角色不看{what}。真要看，找管理员。",
        buttons=(show_customer(key.what, key),),
    )


def asked_owner(key: Key, owner: str, customer: str) -> Card:
    """To whoever asked, after 问问陈浩; `key.what` is the customer."""
    return Card(
        kind="customer.asked",
        title=titled(f"问{owner}了", "，等他找你", ""),
        subtitle=first_fit(SUBTITLE, squeeze(customer)),
        done=True,
    )


def owner_asked(key: Key, asker: str, customer: str) -> Card:
    """To the owner: somebody would like to speak about one of his customers."""
    whole = f"{squeeze(asker)}想问问你的{squeeze(customer)}"
    return Card(
        kind="customer.question",
        title=first_fit(TITLE, whole, f"{squeeze(asker)}想问你一家客户", "想问你一家客户"),
        body=sentences("他看不到档案，找他聊一句就行。"),
        buttons=(show_customer(key.what, key),),
    )


def which_customer(to: int, said: str, named: tuple[Named, ...]) -> Card:
    """A name that fits several of the reader's customers."""
    shown = named[:4]
    names = [squeeze(each.name) for each in shown]
    plain = [tap_label(name, "") for name in names]
    fits = all(plain) and len(set(plain)) == len(plain)
    labels = plain if fits else [f"第{at}家" for at in range(1, len(shown) + 1)]
    return Card(
        kind="answer.which",
        title=titled(f"“{squeeze(said)}”", "，是哪一家", ""),
        lines=tuple(
            line(label, each.name, names=(each.name,))
            for label, each in zip(labels, shown, strict=True)
            if not fits
        ),
        buttons=tuple(
            tap(label, ShowCustomer(each.id, 0, to)) for label, each in zip(labels, shown, strict=True)
        ),
    )


# -- answers: the answer is the title, its source the line --------------------------------------------


@dataclass(frozen=True, slots=True)
class LastVisit:
    """`key.what` is the visit; `gist` what it was about; `by` "" is the reader."""

    key: Key
    customer: str
    day: date
    method: str = ""
    contact: Person | None = None
    gist: str = ""
    by: str = ""


def last_visit(view: LastVisit, today: date) -> Card:
    ago = (today - view.day).days
    met = f"见了{squeeze(view.contact.name)}" if view.contact else ""
    whose = f"{squeeze(view.by) or '你'}记的"
    how = METHODS.get(view.method, "聊过")
    return Card(
        kind="answer.last_visit",
        title=titled(view.customer, f" · 上次 {day_short(view.day, today)}{how}", ""),
        subtitle=joined(f"{duration(ago)}前" if ago > 1 else day_near(view.day, today), met),
        lines=(line("来源", f"{whose}，{view.gist}" if view.gist else whose),),
        buttons=(tap("看整条", ShowVisit(*ids(view.key))),),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list answer: who or when, and one fact about it in filed words."""

    name: str
    text: str = ""
    day: date | None = None
    days: int = 0
    amount: Money | None = None


def visits(to: int, rows: tuple[Row, ...], since: date | None, until: date | None, today: date) -> Card:
    """Who was visited when: `rows` newest first."""
    spell = "–".join(day_short(each, today) for each in (since, until) if each)
    number = f"跟了 {len(rows)} 次" if rows else "没记到"
    lines = tuple(
        day_line(row.day or today, today, "，".join(each for each in (row.name, row.text) if each))
        for row in rows
    )
    return Card(
        kind="answer.visits",
        title=first_fit(TITLE, f"{spell}{number}" if spell else f"一共{number}", number),
        lines=_first_six(lines, "更早的问我"),
        body="" if rows else "要补一次，说一句就行。",
    )


def _first_six(lines: tuple[Line, ...], tail: str, page: str = "") -> tuple[Line, ...]:
    if len(lines) <= LINES:
        return lines
    more = f"{len(lines) - LINES + 1} 条，{'点开看' if page else tail}"
    return (*lines[: LINES - 1], Line("还有", more, link=page))


def dormant(to: int, rows: tuple[Row, ...], today: date, planned: int = 0, page: str = "") -> Card:
    """Customers not spoken to for `days`; `text` the rep's last word on it; `planned` have a plan already."""
    arranged = f"，{planned} 家已有安排" if planned else ""
    lines = tuple(
        name_line(row.name, f"{days(row.days)}，{row.text}" if row.text else f"{days(row.days)}没联系", at)
        for at, row in enumerate(rows, 1)
    )
    return Card(
        kind="answer.dormant",
        title=first_fit(TITLE, f"久没动 {len(rows)} 家{arranged}") if rows else "没有久没动的",
        lines=_first_six(lines, "问一家看一家", page),
        page=page,
    )


@dataclass(frozen=True, slots=True)
class StageCount:
    stage: str
    customers: int
    worth: float | None = None


def pipeline(to: int, rows: tuple[StageCount, ...], page: str = "") -> Card:
    total = sum(row.customers for row in rows)
    worth = sum(row.worth for row in rows if row.worth)
    summed = f"，共 {money(worth)}" if worth else ""
    return Card(
        kind="answer.pipeline",
        title=first_fit(TITLE, f"在谈 {total} 家{summed}", f"在谈 {total} 家")
        if total
        else "手上还没有在谈的",
        lines=tuple(
            line(
                STAGES.get(row.stage, "别的"),
                f"{row.customers} 家" + (f"，{money(row.worth)}" if row.worth else ""),
            )
            for row in rows[:LINES]
        ),
        buttons=opens("看漏斗", page),
        page=page,
    )


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    """`key.what` is the contact; `noted` the day the number was noted; `phone` "" if there is none."""

    key: Key
    customer: str
    contact: Person
    phone: str = ""
    noted: date | None = None
    page: str = ""


def phone(view: PhoneAnswer, today: date) -> Card:
    """Masked, with the tap that shows it."""
    if not view.phone:
        return nothing_found(view.key, view.contact.name, "phone")
    return Card(
        kind="answer.phone",
        title=titled(view.contact.name, f" {mask_phone(view.phone)}", ""),
        lines=(_phone_source(view, today),),
        buttons=_look(view.phone, view.page, view.key.what, view.key.to),
    )


def _phone_source(view: PhoneAnswer, today: date) -> Line:
    when = f"，{day_short(view.noted, today)}记的" if view.noted else ""
    return line("来源", f"{view.customer}{when}", names=(view.customer,))


def phone_shown(view: PhoneAnswer, today: date) -> Card:
    """The one card with whole digits: the answer to ShowPhone, whose look was logged."""
    if not view.phone:
        return nothing_found(view.key, view.contact.name, "phone")
    name = squeeze(view.contact.name)
    number = " ".join(view.phone.split())
    return Card(
        kind="phone.shown",
        title=first_fit(TITLE, f"{name} {number}", number),
        lines=(_phone_source(view, today),),
        footer="看过一次，记在查看记录里",
        done=True,
    )


def todo(
    to: int, customer: str, rows: tuple[Row, ...], since: date | None, until: date | None, today: date
) -> Card:
    """Open things of a customer or a spell: `text` what, `name` the customer where none was asked for."""
    spell = "–".join(dict.fromkeys(day_short(each, today) for each in (since, until) if each))
    whose = squeeze(customer) or spell
    title = f"{whose}还有 {len(rows)} 件" if rows else f"{whose}没有要办的"
    return Card(
        kind="answer.todo",
        title=first_fit(TITLE, title, f"还有 {len(rows)} 件" if rows else "没有要办的"),
        lines=_first_six(tuple(_todo_line(row, today) for row in rows), "看清单"),
        buttons=(tap("看清单", ShowToday(to, 0, to)),),
    )


def _todo_line(row: Row, today: date) -> Line:
    what = "，".join(each for each in (row.name, row.text) if each)
    return day_line(row.day, today, what) if row.day else line("没说日子", what)


def people_named(to: int, name: str, rows: tuple[Row, ...]) -> Card:
    """A person's name that several customers know: `name` the customer, `text` the title."""
    return Card(
        kind="answer.people",
        title=first_fit(
            TITLE, f"叫{squeeze(name)}的有 {len(rows)} 位，带上客户名再问", "同名的有几位，带上客户名再问"
        ),
        lines=_first_six(
            tuple(name_line(row.name, row.text or name, at) for at, row in enumerate(rows, 1)), "带上客户名问"
        ),
    )


def nothing_found(key: Key, customer: str, asked: str = "") -> Card:
    """`asked`: last_visit, phone, orders, … ; the customer is known, the answer is not."""
    thing = ASKED.get(asked, "这件事")
    return Card(
        kind="answer.nothing",
        title=titled(customer, f"，还没记过{thing}", "，还没记过", ""),
        body="知道了说一句，我记上。",
        buttons=(tap("补一句", HintEdit(*ids(key), of="customer")),),
    )


def unknown_customer(key: Key, said: str) -> Card:
    return Card(
        kind="answer.unknown",
        title=titled(f"“{squeeze(said)}”", "，我没找到是哪家", "，没找到", ""),
        body="换个叫法，或说“新客户”加上名字。",
        buttons=(tap("知道了", Dismiss(*ids(key))),),
    )


def no_ranking(to: int) -> Card:
    return Card(
        kind="answer.no_ranking",
        title="排名没开，只比自己",
        body="问“这周跟了几家”，看自己的。",
        buttons=(tap("看清单", ShowToday(to, 0, to)),),
    )
