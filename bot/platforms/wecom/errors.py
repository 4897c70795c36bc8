"""What WeCom's error codes mean for us: try later, give up, mend the card, or tell the operator how."""

from enum import Enum

from bot.platforms import GiveUp, TryLater


class Kind(Enum):
    BUSY = "busy"
    """The far side, for a while: the same call later."""
    TOKEN = "token"
    """The token is not taken: fetch a new one, once."""
    OPERATOR = "operator"
    """A setting: nothing goes until somebody mends it."""
    CARD = "card"
    """The card is not taken as it is: say it in plain text."""
    SPENT = "spent"
    """The chance to replace a card is gone: send a new one."""
    GONE = "gone"
    """What was asked for is not there (any more)."""
    LOST = "lost"
    """This message will never arrive."""


TOO_OFTEN = 45009
TOO_LARGE = 45001
NOT_SUBSCRIBED = 846609
"""The long connection is not (any more) the bot's."""
CHATTING = 41051
"""A welcome was said already, or the two have spoken since."""
UNKNOWN_MEMBER, NOT_GONE, NOT_VERIFIED = 40003, 40097, 40098
"""Of a transfer: nobody of that name (any more); the giver has not left; the taker is not verified."""
MENDS = {
    40001: "BAIFANG_WECOM__SECRET 不对或者重置过：到“应用管理”里这个应用的页面重新查看 Secret",
    40013: "BAIFANG_WECOM__CORP_ID 不对：在“我的企业”页底部复制企业 ID",
    40091: "BAIFANG_WECOM__SECRET 是别家企业的：到这个应用的页面重新查看 Secret",
    41002: "BAIFANG_WECOM__CORP_ID 没填",
    41004: "BAIFANG_WECOM__SECRET 没填",
    40056: "BAIFANG_WECOM__AGENT_ID 不对：在“应用管理”里这个应用的页面上",
    41011: "BAIFANG_WECOM__AGENT_ID 没填：在“应用管理”里这个应用的页面上",
    301002: "BAIFANG_WECOM__AGENT_ID 和 BAIFANG_WECOM__SECRET 不是同一个应用的：两样都从同一页复制",
    43012: "这个应用没有设“接收消息”：在应用页面“接收消息”里设 API 接收，卡片按钮才能用",
    48001: "这个接口没有开通：检查应用的权限",
    48002: "这个应用没有权限用这个接口：检查应用的可见范围和权限；"
    "客户联系的接口还要在“客户联系”的 API 里，把它加进“可调用接口的应用”",
    48004: "这个接口的授权被收回了：在管理后台看应用的状态",
    50003: "应用停用了：在“应用管理”里启用它",
    60011: "应用看不到这个部门或成员：在应用页面把他加进“可见范围”",
    NOT_VERIFIED: "接手的同事还没有实名认证：请他在企业微信里认证，之后自动再转",
    84074: "这位同事不能用客户联系：在“客户联系”的“权限配置”里把他加进“使用范围”，应用的可见范围里也要有他",
    853000: "BAIFANG_WECOM__BOT_ID 或 BAIFANG_WECOM__BOT_SECRET 不对：在智能机器人的 API 模式页面重新复制",
    60020: "这台机器的出口 IP 不在“企业可信IP”里：在应用页面最下面加上，约 1 分钟后生效",
}
"""What the operator has to do, by code."""

_KINDS: dict[Kind, frozenset[int]] = {
    Kind.BUSY: frozenset({-1, TOO_OFTEN, 41096, 45033, 45035, 846601, 846602, 846607, NOT_SUBSCRIBED}),
    Kind.TOKEN: frozenset({40014, 42001}),
    Kind.OPERATOR: frozenset(MENDS),
    Kind.CARD: frozenset({40008, 40033, 40035, 40039, 40058, 40063, 41016, 41033, *range(42014, 42052)}),
    Kind.SPENT: frozenset({60140, 846605, 846608}),
    Kind.GONE: frozenset({UNKNOWN_MEMBER, 40007, 41006, 46004, 60111, 40029, 40096, 84061}),
}
PAUSES = {TOO_OFTEN: 60.0, -1: None, 41096: 1.0, 45033: 2.0, 45035: 2.0}
"""Seconds until the next try; None: the caller's own backoff."""


def kind_of(code: int) -> Kind:
    return next((kind for kind, codes in _KINDS.items() if code in codes), Kind.LOST)


class WeComError(Exception):
    """WeCom's answer was an error. Its words are not kept: they may repeat what was sent."""

    def __init__(self, code: int, path: str) -> None:
        super().__init__(f"{path}: errcode {code}")
        self.code = code
        self.path = path

    @property
    def kind(self) -> Kind:
        return kind_of(self.code)

    @property
    def mend(self) -> str:
        """What the operator has to do; "" where it is not his fault."""
        return MENDS.get(self.code, "")


OPERATOR_SECONDS = 300.0
"""How long a message waits while a setting is wrong: mending it takes the operator some minutes."""


def as_failure(error: WeComError) -> TryLater | GiveUp:
    """What the sender has to do about it."""
    match error.kind:
        case Kind.BUSY:
            return TryLater(str(error), PAUSES.get(error.code))
        case Kind.TOKEN:
            return TryLater(str(error))
        case Kind.OPERATOR:
            return TryLater(f"{error}：{error.mend}", OPERATOR_SECONDS)
        case _:
            return GiveUp(f"企业微信没有收（{error.code}）")
