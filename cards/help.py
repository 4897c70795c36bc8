"""Cards of help, the first minute, and everything that could not be read or done."""

from dataclasses import dataclass, replace
from datetime import date

from cards.actions import (
    AskAdmin,
    DetachFile,
    Dismiss,
    Later,
    MuteKind,
    MuteToday,
    ReportFault,
    Retranscribe,
    Retry,
    SaveMemo,
    ShowCustomer,
    ShowDrafts,
    ShowExample,
    ShowMutes,
    ShowToday,
    StartPractice,
)
from cards.lines import BODY, TITLE, first_fit, ids, line, main, tap, titled
from cards.model import Card
from cards.parts import Key
from cards.visit import VisitDraft, draft
from cards.words import clip, day_short, squeeze

FILES = {"image": "图", "file": "文件"}
KINDS = {
    "migration.today": "请老客户这张",
    "task.due": "到日子的事",
    "task.call": "新客户电话",
    "reminder.morning": "早上这张",
    "reminder.evening": "傍晚这张",
    "dormant": "久没联系",
    "accuracy.admin": "听得准不准",
    "report.24h": "去过没说的",
}
WHY = {
    "migration.today": "你列过微信里的老客户，工作日提几位，发不发由你；一天最多提 {number} 次。",
    "task.due": "你答应或让我记的事，到日子前 {number}天提一次。",
    "task.call": "新客户建档后 {number}小时内打个电话，公司定的。",
    "reminder.morning": "有事的工作日早上一张，一天最多提 {number} 次。",
    "reminder.evening": "约好要去的，傍晚问一次，一天最多提 {number} 次。",
    "dormant": "满公司定的天数没联系提一次，一天最多提 {number} 次。",
    "report.24h": "约好去了还没说的，第二天早上问一次，一天最多提 {number} 次。",
    "accuracy.admin": "每周头一个工作日早上一张，只给管理员；所有提醒一天最多 {number} 次。",
}


@dataclass(frozen=True, slots=True)
class Help:
    """`key.what` is the person. `customers`: up to three of the reader's own, as he calls them, and
    `contact` one of their people; `colleague` somebody to hand over to; `product` what one of them wanted
    (贴标机). Empty: neutral words."""

    key: Key
    customers: tuple[str, ...] = ()
    contact: str = ""
    colleague: str = ""
    manager: bool = False
    product: str = ""


def help_card(view: Help) -> Card:
    first, second = (*view.customers, "", "")[:2]
    first, second = squeeze(first) or "某某公司", squeeze(second or first) or "某某公司"
    contact, colleague = squeeze(view.contact) or "张经理", squeeze(view.colleague) or "同事"
    common = [
        ("记拜访", f"“今天去{first}，要两台{squeeze(view.product) or '样机'}”"),
        ("改一处", "“改成下周四”"),
        ("查一查", f"“{first}上次买了什么”"),
    ]
    own = [
        ("进门前", f"“到了{first}”"),
        ("提醒", f"“周五提醒我打给{contact}”"),
        ("交客户", f"“{second}交给{colleague}”"),
    ]
    managing = [("待批", "“要我批的”"), ("久没动", "“久没动的有哪些”"), ("漏斗", "“漏斗”")]
    key = ids(view.key)
    return Card(
        kind="help",
        title="跟我说话就行",
        lines=tuple(line(label, value) for label, value in common + (managing if view.manager else own)),
        buttons=(
            main("记一次试试", StartPractice(*key)),
            tap("少提醒我", ShowMutes(*key)),
            tap("找管理员", AskAdmin(*key)),
        ),
    )


def first_contact(key: Key, name: str) -> Card:
    """`key.what` is the person."""
    return Card(
        kind="first.contact",
        title=titled(name, "你好，我是拜访", "你好"),
        subtitle="跑完客户说一句，我记好，到点提醒",
        body="试一次：最近见了谁，说了什么？先不存，你点头才存。客户归公司；谁看过你的原话，你都查得到。",
        buttons=(main("看个例子", ShowExample(*ids(key))), tap("晚点再试", Later(*ids(key)))),
    )


def example(key: Key, view: VisitDraft, today: date) -> Card:
    """One V1 marked 例子, that cannot be filed."""
    return replace(
        draft(view, today),
        kind="first.example",
        flag="例子",
        buttons=(main("照着说一句", StartPractice(*ids(key))), tap("晚点再试", Later(*ids(key)))),
        menu=(),
        footer="",
        page="",
    )


def practice(key: Key) -> Card:
    """After 记一次试试 or 照着说一句."""
    return Card(
        kind="first.practice",
        title="说吧，我在听",
        body="最近见了谁，说了什么，下一步做什么。先不存，你点头才存。",
        buttons=(tap("晚点再试", Later(*ids(key))),),
    )


def practised(key: Key) -> Card:
    """After the first 保存."""
    return Card(
        kind="first.practised",
        title="✓ 第一条记好了",
        body="就这么简单，到点我提醒你。",
        buttons=(tap("看清单", ShowToday(key.to, 0, key.to)),),
    )


def later(key: Key) -> Card:
    return Card(
        kind="first.later",
        title="好，想试了说“帮助”",
        done=True,
    )


def small_talk(key: Key) -> Card:
    """One line: platforms send it as text."""
    return Card(kind="small_talk", title="在呢，想记什么就说")


def not_understood(key: Key) -> Card:
    """E1. `key.what` is the note."""
    return Card(
        kind="error.not_understood",
        title="这句我没听出要记什么",
        body="要记拜访就带上客户名，比如“去了鼎盛，…”。",
        buttons=(main("当备忘记下", SaveMemo(*ids(key))), tap("不用", Dismiss(*ids(key)))),
    )


def not_your_job(key: Key) -> Card:
    """A note from somebody whose role files none."""
    return Card(
        kind="error.not_your_job",
        title="你的角色不记拜访，我没记",
        body="查客户、记自己的待办都可以。真要记，找管理员开一下。",
        buttons=(tap("找管理员", AskAdmin(*ids(key))), tap("知道了", Dismiss(*ids(key)))),
    )


def memo_saved(key: Key) -> Card:
    return Card(kind="memo.saved", title="✓ 当备忘记下了", done=True)


UNHEARD = {
    "deaf": (
        "语音收到了，可我这边听不了",
        "公司还没开语音转文字。长按语音转成文字再发我，或打几个字。原语音留着。",
    ),
    "unclear": ("这段没听清", "再说一遍或打字都行"),
    "broken": ("这段语音放不出来", "可能没传完整。再说一遍或打字都行，原文件留着。"),
    "long": ("这段太长了，我一次听不完", "一段 10分钟以内我能听，分几段说就行。这段留着，没丢。"),
}


def voice_unheard(key: Key, why: str = "deaf") -> Card:
    """E2; `why`: nobody here can listen, or what came of listening. `key.rev`: how often it was tried.

    `key.what` is the note whose recording was kept; 0: there is none to listen to once more.
    """
    title, body = UNHEARD.get(why, UNHEARD["unclear"])
    again = (main("再听一次", Retranscribe(*ids(key))),) if why == "unclear" and key.what else ()
    return Card(
        kind="error.voice", title=title, body=body, buttons=(*again, tap("知道了", Dismiss(*ids(key))))
    )


def too_long(key: Key, parts: int, minutes: int = 5) -> Card:
    """E3: a voice note in parts."""
    return Card(
        kind="error.too_long",
        title=f"太长了，我分 {parts} 段记",
        body=f"超过 {minutes} 分钟，前 {parts} 段先整理好给你看，没丢。",
        buttons=(main("看第一段", ShowDrafts(*ids(key))),),
    )


def text_too_long(key: Key, limit: int) -> Card:
    return Card(
        kind="error.text_too_long",
        title="太长了，我一次看不完",
        body=f"一条 {limit:,}字以内我能整理，分几条发就行。这条留着，没丢。",
        buttons=(tap("知道了", Dismiss(*ids(key))),),
    )


def busy(key: Key, minutes: int = 5) -> Card:
    """E4."""
    return Card(
        kind="error.busy",
        title="有点忙，马上补上",
        body=f"你的话存下了，一般 {minutes} 分钟内整理好，不用再发。",
        buttons=(tap("好", Dismiss(*ids(key))),),
    )


def broken(key: Key) -> Card:
    """E5. `key.what` is the parked inbox update."""
    return Card(
        kind="error.broken",
        title="我这边出错了，没存上",
        body="不是你的问题，原话还在。修好我自己补，也可以再点一次。",
        buttons=(main("再试一次", Retry(*ids(key))), tap("转管理员", ReportFault(*ids(key)))),
    )


def fault_reported(key: Key, admin: str = "") -> Card:
    who = squeeze(admin) or "管理员"
    return Card(
        kind="error.reported",
        title=first_fit(TITLE, f"✓ 转给{who}了", "✓ 转给管理员了"),
        body="修好我自己补，不用再发。",
        buttons=(tap("再试一次", Retry(*ids(key))),),
    )


def dismissed(key: Key) -> Card:
    return Card(kind="dismissed", title="好", done=True)


def file_received(key: Key, kind: str, customer: str, day: date, today: date) -> Card:
    """`kind`: image or file; `key.what` is the file; hung on that customer's visit."""
    name = FILES.get(kind, FILES["file"])
    hung = f"挂在{squeeze(customer)} {day_short(day, today)}那次"
    whole = f"{name}收到了，{hung}"
    return Card(
        kind="file.received",
        title=whole if len(whole) <= TITLE else f"{name}收到了",
        body="" if len(whole) <= TITLE else clip(hung, BODY),
        buttons=(tap("不是这次", DetachFile(*ids(key))),),
    )


def file_waits(key: Key, kind: str) -> Card:
    """Received, but belongs to no visit yet."""
    name = FILES.get(kind, FILES["file"])
    return Card(
        kind="file.waits",
        title=f"{name}收到了，先放着",
        body="说说是哪家的，比如“图是鼎盛的”，我挂过去。",
        buttons=(tap("不用", Dismiss(*ids(key))),),
    )


def file_hung(key: Key, kind: str, customer: str) -> Card:
    """`key.what` is the file: it hangs on the customer now."""
    name = FILES.get(kind, FILES["file"])
    return Card(
        kind="file.hung",
        title=titled(f"✓ {name}挂在{squeeze(customer)}了", ""),
        buttons=(tap("不是这家", DetachFile(*ids(key))),),
    )


def no_file_waits(key: Key) -> Card:
    return Card(
        kind="file.none",
        title="没有在等的图和文件",
        body="先把图发来，再说是哪家的。",
        buttons=(tap("知道了", Dismiss(*ids(key))),),
    )


def unknown_kind(key: Key) -> Card:
    return Card(
        kind="error.unknown_kind",
        title="这种文件还打不开",
        body="PDF、图片、Excel 可以",
        buttons=(tap("知道了", Dismiss(*ids(key))),),
    )


def empty_text(key: Key) -> Card:
    return Card(
        kind="error.empty",
        title="这条是空的",
        body="想记什么就说。",
        buttons=(tap("知道了", Dismiss(*ids(key))),),
    )


def listening(key: Key) -> Card:
    """收到，在听: once, only if the card itself takes longer than 2 s."""
    return Card(kind="listening", title="收到，在听")


def muted_today(key: Key) -> Card:
    return Card(
        kind="muted.today",
        title="好，今天不再打扰",
        body="你问我还是照答，急批的照送。",
        buttons=(tap("少提醒我", ShowMutes(key.to, 0, key.to)),),
        done=True,
    )


def muted_kind(key: Key, kind: str) -> Card:
    """`kind` is the card kind that was muted (reminder.morning, …)."""
    return Card(
        kind="muted.kind",
        title=first_fit(TITLE, f"好，{KINDS.get(kind, '这类')}少说"),
        body="想再要，说“照常提醒”。",
        buttons=(tap("少提醒我", ShowMutes(key.to, 0, key.to)),),
        done=True,
    )


def why_this(key: Key, kind: str, number: int) -> Card:
    """Names the rule behind an unasked card of that kind, and the policy's number for it."""
    rule = WHY.get(kind, "公司定的规矩，管理员那里能看到。")
    return Card(
        kind="why",
        title=first_fit(TITLE, f"为什么有{KINDS.get(kind, '这张')}"),
        body=rule.format(number=number),
        buttons=(
            tap("这类少提醒", MuteKind(key.to, 0, key.to, kind=kind)),
            tap("知道了", Dismiss(*ids(key))),
        ),
    )


# -- answers to what was said instead of tapped --------------------------------------------------------

SMALL_TALK = 12
"""Characters up to which a message that is no note counts as small talk, and gets one line."""

RETRYING = "再试一次"
LISTENING_AGAIN = "再听一次"


def nothing_waits(key: Key) -> Card:
    """保存 or 不用记, said with no card open."""
    return Card(kind="said.nothing_waits", title="没有等着存的", body="说一句去了哪家、聊了什么，我来记。")


def nothing_to_undo(key: Key) -> Card:
    """撤销, said after the time for it."""
    return Card(
        kind="said.nothing_to_undo",
        title="刚才没有能撤的",
        body="记好的 10分钟内能撤。早些的说客户名，我找给你看。",
    )


def hint(key: Key, of: str) -> Card:
    """How to say it, wherever a change button stands; a hint, not a mode."""
    body = {
        "plan": "直接说改到哪天，比如“改成下周四”“改到明天下午三点”。",
        "approval": "说新号码就行，比如“电话是138…”。",
        "customer": "说一句就行，比如“鼎盛的何工升了科长”“华东喜欢喝茶”。",
        "search": "问一句就行，比如“鼎盛上次是什么时候去的”“上周见了谁”。",
    }.get(of, "直接说改哪里，比如“预算改成15万”“时间是周四”。")
    return Card(kind="hint", title="你说，我来改", body=body)


def fault_for_admin(key: Key, who: str) -> Card:
    """To the administrator: something of a colleague's is parked; no words of it are shown."""
    return Card(
        kind="error.reported",
        title=titled(who, "有一条没处理成", ""),
        body="原话存着。看过日志、修好之后，在后台重放就行。",
        footer=f"编号 {key.what}",
    )


# -- asking a colleague, and what is muted --------------------------------------------------------------


def admin_called(key: Key, admin: str) -> Card:
    """找管理员, to whoever asked."""
    if not admin:
        return Card(kind="admin.none", title="还没设管理员", body="请装这套系统的人加一位。")
    return Card(kind="admin.called", title=titled(f"跟{admin}", "说了，他会找你", "说了"), done=True)


def call_for_admin(key: Key, who: str) -> Card:
    return Card(
        kind="admin.call",
        title=titled(who, "找你帮忙"),
        body="在“帮助”里点了找管理员，没说是什么事，问一句就好。",
    )


def question_asked(key: Key, whom: str) -> Card:
    """问周强, to the rep."""
    return Card(kind="question.asked", title=titled(f"跟{whom}", "说了，等他回你", "说了"), done=True)


def question_for_manager(key: Key, who: str, customer: str, customer_id: int) -> Card:
    """To the manager who returned a change."""
    return Card(
        kind="question.manager",
        title=titled(who, f"想问你{customer}那处退回", "想问你退回的那处"),
        body="他想知道怎么改才对，直接找他说一句就行。",
        buttons=(tap("看档案", ShowCustomer(customer_id, 0, key.to)),),
    )


def mutes(key: Key, kinds: tuple[str, ...]) -> Card:
    """少提醒我: what is quiet now, and the way to a quiet day."""
    now = "、".join(dict.fromkeys(KINDS.get(each, "这类卡") if each else "所有提醒" for each in kinds))
    return Card(
        kind="mutes",
        title="嫌我话多，说一声就行",
        body=f"现在先不提：{now}。" if now else "现在都照常。哪类嫌多，在那张卡的菜单里点“这类少提醒”。",
        buttons=(main("今天别再提醒", MuteToday(*ids(key))), tap("知道了", Dismiss(*ids(key)))),
    )


def file_detached(key: Key) -> Card:
    return Card(kind="file.detached", title="摘下来了，先单独留着", done=True)


def nothing_pending() -> Card:
    """待批, with nothing waiting."""
    return Card(kind="said.nothing_pending", title="没有等你看的")
