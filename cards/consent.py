"""What a customer reads: the welcome, and the page that says how his data are used (M5, M6). 您."""

from dataclasses import dataclass

PAGE_TITLE = "您的信息怎么用"


@dataclass(frozen=True, slots=True)
class Notice:
    """What the company's set-up makes true; whatever is empty is not said."""

    company: str
    rep: str = ""
    short: str = ""
    """The company as people call it; "" where that is its name."""
    address: str = ""
    officer: str = ""
    email: str = ""
    phone: str = ""
    processors: tuple[tuple[str, str], ...] = ()
    """Name and what for."""
    platform: str = ""
    """Who carries the messages, as a customer knows it: 企业微信（腾讯）."""
    keep_years: int = 0
    stays_here: bool = False
    archives_chats: bool = False
    answer_days: int = 15


@dataclass(frozen=True, slots=True)
class Paragraph:
    label: str
    text: str


def welcome(notice: Notice) -> str:
    """M5, without its link."""
    chats = "" if notice.archives_chats else "聊天内容不存档。"
    return (
        f"您好，我是{notice.short or notice.company}的{notice.rep}，这是我的工作微信。"
        "方案、订单、售后都可以在这里找我，我不在时有同事接上。\n"
        f"为了跟进您的需要，公司会记下您的称呼、单位、联系方式和我们谈的事。{chats}\n"
        "怎么用、怎么删，这一页说得清楚，您不点也不影响办事："
    )


def paragraphs(notice: Notice) -> tuple[Paragraph, ...]:
    """M6's text, in the order of the page."""
    return (
        Paragraph("谁在用", _who(notice)),
        Paragraph("为什么", "跟进您的询价、订单和售后；依据是您的同意，或与您订立、履行合同所需"),
        Paragraph(
            "用什么", "称呼、单位、职务、联系方式；谈过的事、订单和售后。不收身份证号、银行卡、健康情况"
        ),
        Paragraph("谁经手", _handlers(notice)),
        Paragraph("怎么记", "同事把谈的事说给内部助手整理，本人核对后才存；助手会提示先联系谁，定的是人"),
        *_keep(notice),
        Paragraph("您可以", _rights(notice)),
    )


def wording(notice: Notice) -> str:
    """The page's text and its questions as one, to be kept as evidence of what was shown."""
    told = [f"{each.label}：{each.text}" for each in paragraphs(notice)]
    return "\n".join((PAGE_TITLE, *told, *(f"□ {label}" for label in SCOPES.values()), "同意 / 不同意"))


SCOPES = {"care": "节日和到期时给我发问候", "news": "有新品时告诉我"}
"""Asked apart, not ticked; without them he is served as well."""
ASKED_APART = "分开问您（不选也照样服务）"
STOPPED = "好的，已经停了，您照常找我们就行。撤回前做过的不受影响。"
THANKS = "记下了。随时回“我的信息”可以改。"


def _who(notice: Notice) -> str:
    contact = "，".join(
        each
        for each in (f"联系人 {notice.officer}" if notice.officer else "", notice.email, notice.phone)
        if each
    )
    return "，".join(each for each in (notice.company, notice.address, contact) if each)


def _handlers(notice: Notice) -> str:
    carried = f"；{notice.platform}传送消息" if notice.platform else ""
    others = "".join(f"；{name}：{does}" for name, does in notice.processors)
    sold = "不卖，不出境" if notice.stays_here else "不卖"
    return f"我们的销售和售后{carried}{others}。{sold}"


def _keep(notice: Notice) -> tuple[Paragraph, ...]:
    if not notice.keep_years:
        return ()
    return (
        Paragraph("留多久", f"最后一次往来后 {notice.keep_years} 年，法律另有要求的除外；到期删除或去标识"),
    )


def _rights(notice: Notice) -> str:
    call = "或打上面电话" if notice.phone else ""
    return (
        "查看、复制、更正、补充、删除、转移，要求我们解释，撤回同意；"
        f"回“我的信息”{call}，{notice.answer_days} 个工作日内答复；也可向网信部门投诉"
    )
