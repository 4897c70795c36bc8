"""Customers who come over from a rep's own WeChat: whom to ask, in which words, who came (M1 to M4)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from cards.actions import (
    BindContact,
    KeepUnbound,
    ListArchive,
    MarkInvited,
    MarkRefused,
    MuteKind,
    MuteToday,
    NewContact,
    PlaceContact,
    Redraft,
    SendInviteText,
    ShowCandidates,
    ShowCustomer,
    ShowInvite,
    ShowMigration,
    SkipToday,
    SwapInvites,
    UndoBind,
    UndoInvite,
    WhyThis,
)
from cards.lines import (
    BODY,
    LINES,
    OPTION,
    OPTIONS,
    SUBTITLE,
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
    titled,
)
from cards.model import Button, Card, Choice, Line, Option, Picture
from cards.parts import Key, Named, Person
from cards.words import VALUE, clock, day_near, day_short, mask_phone, moment, squeeze, weekday

NEAR_DAYS = 6
KIND = "migration.today"
DRAFTS = 3
"""Wordings of an invitation, to be shown in turn."""


# -- M1: whom to ask today ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody to ask: who, of which customer, and why today. `last`: the last time that you spoke."""

    name: str
    customer: str
    last: date | None = None
    meeting: date | None = None
    hour: time | None = None
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """`key.what` is the person. `left` are still to be asked, `came` were added."""

    key: Key
    rows: tuple[Row, ...]
    left: int
    came: int
    page: str = ""


def today(view: Today, day: date) -> Card:
    """M1. Asked for or not, it is the same card."""
    key = ids(view.key)
    return Card(
        kind=KIND,
        title=f"今天请 {len(view.rows)} 位老客户加工作微信",
        subtitle=_progress(view.left, view.came),
        lines=tuple(_row(each, at, day) for at, each in enumerate(view.rows[:LINES], 1)),
        buttons=(
            main("下一位", ShowInvite(0, 0, view.key.to)),
            tap("换几位", SwapInvites(*key)),
            tap("今天不请", SkipToday(*key)),
        ),
        menu=(
            tap("今天别再提醒", MuteToday(*key)),
            tap("这类少提醒", MuteKind(*key, kind=KIND)),
            tap("为什么提醒我", WhyThis(*key, kind=KIND)),
        ),
        page=view.page,
    )


def _progress(left: int, came: int) -> str:
    return f"还剩 {left} 位 · 已加上 {came} 位"


def _row(row: Row, at: int, day: date) -> Line:
    why = _why(row, day)
    text = "，".join(each for each in (squeeze(row.customer), why) if each)
    return name_line(row.name, text, at)


def _why(row: Row, day: date) -> str:
    if row.meeting is not None:
        when = _when(row.meeting, day)
        return f"{when} {clock(row.hour)} 见" if row.hour else f"{when}要见，当面扫最好"
    if row.waits:
        return squeeze(row.waits)
    if row.last is None:
        return ""
    when = "今天" if row.last == day else day_short(row.last, day)
    return f"{when}{'刚' if (day - row.last).days <= NEAR_DAYS else ''}聊过"


def _when(day: date, today: date) -> str:
    """今天, 明天, 周五, 4月30日."""
    near = day_near(day, today)
    ahead = (day - today).days
    return near if near[:1] in "今明" or not 0 <= ahead <= NEAR_DAYS else weekday(day)


def nobody_today(view: Today) -> Card:
    """Everybody was asked, or rests."""
    done = view.came and not view.left
    return Card(
        kind="migration.nobody",
        title="能请的都请过了" if done else "今天没有合适请的",
        subtitle=_progress(view.left, view.came),
        body="" if done else "有投诉的、刚请过的、一年没聊的，先不打扰。",
        buttons=(*opens("看进度", view.page),),
        page=view.page,
        done=True,
    )


def skipped(view: Today) -> Card:
    return Card(
        kind="migration.skipped",
        title="好，今天不请",
        subtitle=_progress(view.left, view.came),
        buttons=(tap("还是请几位", ShowMigration(*ids(view.key))),),
        done=True,
    )


# -- the list -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list brought: `found` in the archive, `before` were on it already, `several` fit more than
    one person, `unknown` nobody; up to three of those by name."""

    key: Key
    found: int
    before: int = 0
    several: int = 0
    unknown: int = 0
    names: tuple[str, ...] = ()
    page: str = ""


def listed(view: Listed) -> Card:
    rows = (
        ("对上了", f"{view.found} 位，在你的档案里" if view.found else ""),
        ("早就有", f"{view.before} 位" if view.before else ""),
        ("同名的", f"{view.several} 位，带上单位再说一次" if view.several else ""),
        ("没对上", _unknown(view)),
    )
    total = view.found + view.before + view.several + view.unknown
    return Card(
        kind="migration.listed",
        title=f"名单里 {total} 位，{view.found + view.before} 位认得出",
        subtitle="只用来请他们加工作微信，别处不用",
        lines=tuple(line(label, text, names=view.names) for label, text in rows if text),
        body="我不加任何人，也不替你群发。",
        buttons=(main("今天请谁", ShowMigration(*ids(view.key))), *opens("看名单", view.page)),
        page=view.page,
    )


def _unknown(view: Listed) -> str:
    if not view.unknown:
        return ""
    return first_fit(
        VALUE,
        f"{view.unknown} 位：{squeeze('、'.join(view.names))}",
        f"{view.unknown} 位",
        f"{view.unknown} 位",
    )


def empty_list(key: Key, page: str = "") -> Card:
    """Nothing listed yet, or nothing in it that could be read."""
    return Card(
        kind="migration.empty",
        title="先说说你微信里有哪些老客户",
        body="说“微信里有鼎盛的张伟、天虹的吴莉”，或粘一份名单，发文件也行。",
        buttons=(main("档案里的都算", ListArchive(*ids(key))), *opens("去页面上粘", page)),
        page=page,
    )


# -- M2: one invitation -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invite:
    """`key.what` is the invitation; `calls` how he is called to his face (张经理); `picture` the code."""

    key: Key
    name: str
    calls: str
    customer: str
    picture: str = ""
    link: str = ""
    days: int = 30
    draft: int = 0
    asked: datetime | None = None


def invitation(view: Invite) -> str:
    """The words for the rep to send himself; never from us, no gifts."""
    return f"{squeeze(view.calls)}，{_DRAFTS[view.draft % DRAFTS]}"


_DRAFTS = (
    "我换了公司的工作微信，以后方案和售后都在那边，我不在时同事也能接上。扫一下就行，不方便也没关系。",
    "公司给我们配了工作微信，您的事以后在那边办，找不到我时有同事接。方便的话扫一下，不急。",
    "以后报价和售后我都走工作微信，记录在一处，不会漏。您扫这个码就是我，不想加也不影响。",
)


def invite(view: Invite) -> Card:
    """M2."""
    key = ids(view.key)
    return Card(
        kind="migration.invite",
        title=titled(f"给{squeeze(view.name)}", "的话，你自己发", "的话"),
        subtitle=f"二维码只给他一个人，{view.days}天有效",
        picture=_code(view),
        body=first_fit(BODY, invitation(view)),
        buttons=(
            main("要文字和码", SendInviteText(*key)),
            tap("发了", MarkInvited(*key)),
            tap("换一段", Redraft(*key)),
            Button("他说不用", MarkRefused(*key)),
        ),
    )


def _code(view: Invite) -> Picture | None:
    alt = f"给{squeeze(view.name)}一个人的二维码"
    return Picture(view.picture, alt, view.link) if view.picture else None


def code(view: Invite) -> Card:
    """The picture alone, to be forwarded after the text."""
    return Card(
        kind="migration.code",
        title=titled(squeeze(view.name), "的码，长按转给他", "的码"),
        picture=_code(view),
        done=True,
    )


def making(view: Invite) -> Card:
    return Card(
        kind="migration.making",
        title=titled(f"给{squeeze(view.name)}", "做二维码", ""),
        body="在办，好了告诉你",
    )


def no_code(view: Invite) -> Card:
    """The platform made none."""
    return Card(
        kind="migration.no_code",
        title=titled(f"{squeeze(view.name)}的码", "没做成", ""),
        body="不是你的问题。可能还没开客户联系，管理员看得到原因。",
        buttons=(main("再试一次", ShowInvite(*ids(view.key))),),
    )


def asked(view: Invite, at: datetime, *, again: bool = False) -> Card:
    """After 发了."""
    key = ids(view.key)
    return Card(
        kind="migration.asked",
        title=titled(f"✓ {squeeze(view.name)}", "请过了，等他加你", "请过了"),
        subtitle=f"{clock(at)} · {squeeze(view.customer)}"[:SUBTITLE],
        body=f"{clock(at)} 已经记过了" if again else "没回音也不催，过两个月再提。",
        buttons=(
            main("下一位", ShowInvite(0, 0, view.key.to)),
            tap("他说不用", MarkRefused(*key)),
            tap("撤销", UndoInvite(*key)),
        ),
    )


def refused(view: Invite, *, undoable: bool) -> Card:
    """他说不用: final."""
    return Card(
        kind="migration.refused",
        title=titled(f"{squeeze(view.name)}说不用", " → 不再请", ""),
        subtitle=first_fit(SUBTITLE, squeeze(view.customer)),
        body="他的事照常在老地方办。",
        buttons=(
            main("下一位", ShowInvite(0, 0, view.key.to)),
            *((tap("点错了", UndoInvite(*ids(view.key))),) if undoable else ()),
        ),
    )


def came_already(view: Invite) -> Card:
    return Card(
        kind="migration.came",
        title=titled(f"✓ {squeeze(view.name)}", "已经加上你了", "加上了"),
        subtitle=first_fit(SUBTITLE, squeeze(view.customer)),
        buttons=(main("下一位", ShowInvite(0, 0, view.key.to)),),
        done=True,
    )


def not_his(view: Invite, owner: str) -> Card:
    """The customer went to somebody else since."""
    return Card(
        kind="migration.not_his",
        title=titled(squeeze(view.customer), f"现在归{squeeze(owner)}", "现在归同事"),
        body="这位我不请了，名单里也拿掉了。",
        buttons=(main("下一位", ShowInvite(0, 0, view.key.to)),),
    )


# -- M3, M4: who came ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody added the reader. `key.what` is the newcomer, `called` his own name for himself.

    `who` is the person it seems to be: `signs` say why (code, name, phone); `used` whose code it was
    where it is somebody else's, `spent` that it was used before or ran out.
    """

    key: Key
    called: str
    at: datetime
    who: Person | None = None
    contact_id: int = 0
    customer: str = ""
    short: str = ""
    signs: tuple[str, ...] = ()
    phone: str = ""
    times: int = 1


SIGNS = {"code": "码", "name": "名字", "phone": "备注电话"}


def bound(view: Came, today: date) -> Card:
    """M3: the code and something else agree; still one tap."""
    assert view.who is not None
    key = ids(view.key)
    name = squeeze(view.who.name)
    whose = squeeze(view.short or view.customer)
    return Card(
        kind="migration.bound",
        title=titled(name, f"加上你了，是{whose}的{name}吧", "加上你了，是他吧"),
        subtitle=joined(moment(view.at, today), "扫的是给他的码"),
        lines=(
            line("对得上", _signs(view)),
            line("档案", "，".join(each for each in (squeeze(view.customer), view.who.title) if each)),
        ),
        buttons=(
            main("是他", BindContact(*key, contact=view.contact_id)),
            tap("不是他", ShowCandidates(*key)),
            tap("先放着", KeepUnbound(*key)),
        ),
    )


def _signs(view: Came) -> str:
    tail = f"尾号 {view.phone[-4:]}" if view.phone and "phone" in view.signs else ""
    named = "、".join(SIGNS[each] for each in view.signs)
    return first_fit(VALUE, f"{named}{tail}", named)


@dataclass(frozen=True, slots=True)
class Maybe:
    """Somebody whom the newcomer may be. `why`: invited (today), spent (his code, used before), or ""."""

    contact_id: int
    name: str
    customer: str
    short: str
    last: date | None = None
    why: str = ""


def doubtful(view: Came, maybes: tuple[Maybe, ...], today: date) -> Card:
    """M4: never by a name alone."""
    key = ids(view.key)
    shown = maybes[:2]
    called = squeeze(view.called)
    return Card(
        kind="migration.doubtful",
        title="有人加了你，认不准是谁",
        subtitle=joined(f"微信名“{called}”" if called else "没看到微信名", _phone(view)),
        lines=tuple(name_line(each.name, _maybe(each, today), at) for at, each in enumerate(shown, 1)),
        buttons=(
            *(
                tap(tap_label(_whose(each), f"第{at}位"), BindContact(*key, contact=each.contact_id))
                for at, each in enumerate(shown, 1)
            ),
            tap("都不是" if shown else "是新的人", NewContact(*key)),
            tap("先放着", KeepUnbound(*key)),
        ),
    )


def _phone(view: Came) -> str:
    return mask_phone(view.phone) if view.phone else "没留电话"


def _whose(each: Maybe) -> str:
    return f"{squeeze(each.short)}的{squeeze(each.name)}"


def _maybe(each: Maybe, today: date) -> str:
    talked = f"{day_near(each.last, today)}聊过" if each.last else ""
    if each.last and each.last.year < today.year:
        talked = "去年聊过" if each.last.year == today.year - 1 else "很久没聊"
    why = {
        "invited": "今天请过",
        "asked": "请过",
        "spent": "用的是这位的码，已经加上了",
        "old": "用的是这位的码，早过期了",
    }.get(each.why, talked)
    return "，".join(part for part in (squeeze(each.customer), why) if part)


def done(view: Came, visits: int, consent: str, *, archives: bool = False) -> Card:
    """是他: ✓. `consent`: "" (he did not answer), given, declined."""
    assert view.who is not None
    name = squeeze(view.who.name)
    told = {
        "": "信息说明已发，他还没点",
        "given": "信息说明他看过，同意了",
        "declined": "信息说明他看过，没同意",
        "withdrawn": "信息说明他看过，撤回了",
        "unsent": "信息说明还没发成",
    }[consent]
    records = f"{visits} 次记录都在他名下" if visits else "以后的记录都在他名下"
    return Card(
        kind="migration.done",
        title=titled(f"✓ {name}绑好了", f"，{records}", ""),
        subtitle=first_fit(SUBTITLE, squeeze(view.customer)),
        lines=(*(() if archives else (line("存档", "聊天不存档"),)), line("同意", told)),
        buttons=(tap("下一位", ShowInvite(0, 0, view.key.to)), tap("撤销", UndoBind(*ids(view.key)))),
    )


def done_already(card: Card, at: datetime) -> Card:
    """A second tap on 是他."""
    return replace(card, body=f"{clock(at)} 已经绑过了")


def undone(view: Came) -> Card:
    key = ids(view.key)
    return Card(
        kind="migration.undone",
        title="解开了，谁都没绑",
        subtitle=first_fit(SUBTITLE, f"微信名“{squeeze(view.called)}”" if view.called else ""),
        buttons=(main("重新认一认", ShowCandidates(*key)), tap("先放着", KeepUnbound(*key))),
    )


def too_late(view: Came, minutes: int) -> Card:
    return Card(
        kind="migration.too_late",
        title="绑了一阵了，先不解开",
        body=f"过了 {minutes}分钟。真认错了，点“不是他”再选一次。",
        buttons=(tap("不是他", ShowCandidates(*ids(view.key))),),
    )


def kept(view: Came) -> Card:
    """先放着."""
    called = squeeze(view.called)
    return Card(
        kind="migration.kept",
        title="放着了，没绑谁",
        subtitle=f"微信名“{called}”"[:SUBTITLE] if called else "",
        body="聊过再说也行，点下面接着认。",
        buttons=(tap("现在认", ShowCandidates(*ids(view.key))),),
        done=True,
    )


def which_firm(view: Came, firms: tuple[Named, ...]) -> Card:
    """都不是: of which customer is he then."""
    key = ids(view.key)
    called = squeeze(view.called)
    options = _firms(firms)
    return Card(
        kind="migration.firm",
        title=titled(f"“{called}”" if called else "他", "是哪家的", ""),
        body="" if firms else "你名下还没有客户。先记一次拜访，再来认他。",
        choice=Choice("是哪家的", options) if options else None,
        buttons=(
            *((main("就这家", PlaceContact(*key)),) if firms else ()),
            tap("先放着", KeepUnbound(*key)),
        ),
    )


def _firms(firms: tuple[Named, ...]) -> tuple[Option, ...]:
    """Names as they fit; two that would look alike are told apart by their place."""
    labels = [squeeze(each.name)[:OPTION].strip() for each in firms[:OPTIONS]]
    return tuple(
        Option(str(each.id), label if labels.count(label) == 1 else f"{label[: OPTION - 3].strip()} {at}")
        for at, (each, label) in enumerate(zip(firms, labels, strict=False), 1)
    )


def again(view: Came) -> Card:
    """He deleted us and came back: bound as before."""
    assert view.who is not None
    name = squeeze(view.who.name)
    return Card(
        kind="migration.again",
        title=titled(name, "又加上你了", ""),
        subtitle=first_fit(SUBTITLE, squeeze(view.customer)),
        body="还是绑在原来的档案上，没动别的。",
        done=True,
    )


def welcome_missed(view: Came) -> Card:
    """No code, or too late: the rep gets the words to send himself, as the next message."""
    called = squeeze(view.called)
    return Card(
        kind="migration.no_welcome",
        title=titled(called or "有人", "加上你了，欢迎语没发成", "加上你了"),
        body="话和说明的链接在下一条，复制了发给他就行。",
        done=True,
    )


def welcome_impossible(view: Came) -> Card:
    """Nobody outside can open our pages, so there is no link to give: the operator's to mend."""
    called = squeeze(view.called)
    return Card(
        kind="migration.no_address",
        title=titled(called or "有人", "加上你了，欢迎语没发", "加上你了"),
        body="公司还没设网址，信息说明那一页他打不开。请管理员在设置里填好，之后加的就会自动发。",
        done=True,
    )


def parted(key: Key, who: str, customer: str) -> Card:
    """He deleted the rep; `key` is the customer's."""
    return Card(
        kind="migration.parted",
        title=titled(squeeze(who), "把你的工作微信删了", "不在工作微信了"),
        subtitle=first_fit(SUBTITLE, squeeze(customer)),
        body="档案和记录都在，不会再请他加。有事先打电话。",
        buttons=(tap("看档案", ShowCustomer(*ids(key))),),
    )


# -- a wish of the customer that the rep passes on ---------------------------------------------------


def opted_out(to: int, who: str, customer: str, wish: str) -> Card:
    """张伟不想收新品. `wish`: to get no more news, care or all."""
    stopped = {"news": "新品", "care": "问候", "all": "问候和新品"}[wish]
    whole = f"停了，{squeeze(customer)}的订单和售后照常"
    return Card(
        kind="consent.stopped",
        title=first_fit(26, whole, "停了，订单和售后照常"),
        lines=(line("不再给", f"{squeeze(who)}：{stopped}", names=(squeeze(who),)),),
        footer="他想要了再说一声，按新的来",
        done=True,
    )


def who_opts_out(to: int, who: str) -> Card:
    """Nobody, or several, of that name."""
    return Card(
        kind="consent.who",
        title=titled(f"“{squeeze(who)}”", "是哪一位，带上单位再说", "是哪一位"),
        body=sentences("比如“鼎盛的张伟不想收新品”。还没停，等你说清。"),
    )


def withdrawn(key: Key, who: str, customer: str, answer: str) -> Card:
    """To the rep: the customer took his consent back, or said no, on his page."""
    told = {
        "withdrawn": "撤回了同意",
        "declined": "说不同意",
    }[answer]
    return Card(
        kind="consent.withdrawn",
        title=titled(squeeze(who), told, ""),
        subtitle=first_fit(SUBTITLE, squeeze(customer)),
        body="问候和新品都停了。他找你办的事照常，别劝他改。",
        done=True,
    )


# -- the board ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Board:
    """A rep's list in figures."""

    person: str
    left: int = 0
    asked: int = 0
    came: int = 0
    refused: int = 0
    unmatched: int = 0
    unbound: int = 0


def team(key: Key, boards: tuple[Board, ...], page: str = "") -> Card:
    """迁移, asked by a manager: counts, in the order of names, no ranking."""
    came, left = sum(each.came for each in boards), sum(each.left for each in boards)
    return Card(
        kind="migration.team",
        title=f"团队加上 {came} 位，还剩 {left} 位",
        lines=tuple(
            name_line(each.person, f"加上 {each.came}，等着 {each.asked}，不用 {each.refused}", at)
            for at, each in enumerate(boards[:LINES], 1)
        ),
        body="" if boards else "还没有人列名单。",
        buttons=(*opens("看名单", page),),
        page=page,
    )
