"""What DingTalk's error codes mean for us, whichever of its envelopes brought them."""

from enum import Enum

from bot.platforms import GiveUp, TryLater


class Kind(Enum):
    BUSY = "busy"
    """The far side, for a while: the same call later."""
    QUOTA = "quota"
    """The month's calls are used up."""
    TOKEN = "token"
    """The token is not taken: fetch a new one, once."""
    OPERATOR = "operator"
    """A setting: nothing goes until somebody mends it."""
    CARD = "card"
    """The card is not taken as it is: say it another way."""
    GONE = "gone"
    """What was asked for is not there (any more)."""
    LOST = "lost"
    """This message will never arrive."""


QPS = "Forbidden.AccessDenied.QpsLimitFor"
"""How the codes begin that come with a 403 and mean: a second later. The call was not carried out."""
QUOTA = "Forbidden.AccessDenied.ApiCountLimitFor"
NO_MEMBER = "60121"
OUT_OF_SIGHT = "50002"
BAD_CODE = "invalidParameter.robotCode.downloadCode"
UNDELIVERED = "undelivered"
"""Our own word for `success: false` inside a 200."""
_KEYS = "BAIFANG_DINGTALK__CLIENT_ID 或 CLIENT_SECRET 不对：到应用的“凭证与基础信息”页重新复制"
_IP = "这台机器的出口 IP 不在应用“安全设置”的“服务器出口IP”里：加上，IPv6 也算"
_ROBOT = "BAIFANG_DINGTALK__ROBOT_CODE 不对：在这个应用的“机器人”页复制，一般和 Client ID 一样"
_DENIED = "Forbidden.AccessDenied."
MENDS = {
    "invalidClientIdOrSecret": _KEYS,
    "authFailed": _KEYS,
    "40089": _KEYS,
    f"{_DENIED}AccessTokenPermissionDenied": "应用没有这个接口的权限：到“权限管理”开通，再发布一版",
    f"{_DENIED}IpNotInWhiteList": _IP,
    "88.60020": _IP,
    "88.60011": "应用没有这个接口的权限，或者看不到这个人：到“权限管理”开通，检查可见范围，再发布一版",
    "invalidParameter.robotCode.notExsit": _ROBOT,
    "invalidParameter.robotCode.empty": _ROBOT,
    "invalidParameter.robotCode.auth": _ROBOT,
    "orgAuthLevelNotEnough": "企业没有认证，用不了这个接口：在管理后台做企业认证",
    "bot.stopped": "机器人停用了：在应用的“机器人”页启用，再发布一版",
    "template.stopped": "卡片模板停用了：在卡片平台启用它，或清空 BAIFANG_DINGTALK__CARD_TEMPLATE_ID",
}
"""What the operator has to do, by code."""

_KINDS: dict[Kind, frozenset[str]] = {
    Kind.BUSY: frozenset(
        {"90002", "90018", "90019", "-1", "15", "88", "130101", "unknownError", "system.err"}
        | {"send.too.fast", "send.byToken.tooFast"}
    ),
    Kind.QUOTA: frozenset({"90020"}),
    Kind.TOKEN: frozenset({"InvalidAuthentication", "40014", "33001", "42001"}),
    Kind.OPERATOR: frozenset(MENDS),
    Kind.GONE: frozenset(
        {NO_MEMBER, "40078", "60003", BAD_CODE, "param.cardNotExist", "cardInstanceNotExist"}
        | {"staffId.notExisted", "invalidParameter.userIds.invalid"}
    ),
    Kind.CARD: frozenset({UNDELIVERED, "template.notExist"}),
}
QPS_SECONDS = 1.5
QUOTA_SECONDS = 3600.0
OPERATOR_SECONDS = 300.0
"""How long a message waits while a setting is wrong: mending it takes the operator some minutes."""


class DingError(Exception):
    """DingTalk's answer was an error. Its words are not kept: they may repeat what was sent.

    `scopes`: the permissions that it says are missing.
    """

    def __init__(self, code: str, path: str, status: int = 200, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(f"{path}: {code}")
        self.code = code
        self.path = path
        self.status = status
        self.scopes = scopes

    @property
    def kind(self) -> Kind:
        return kind_of(self.code, self.status)

    @property
    def mend(self) -> str:
        """What the operator has to do; "" where it is not his fault."""
        told = MENDS.get(self.code, "")
        return f"{told}（要开通 {'、'.join(self.scopes)}）" if told and self.scopes else told


def kind_of(code: str, status: int = 200) -> Kind:
    """Unknown codes: a server's own fault passes, anything else stays as it is."""
    if code.startswith(QPS):
        return Kind.BUSY
    if code.startswith(QUOTA):
        return Kind.QUOTA
    found = next((kind for kind, codes in _KINDS.items() if code in codes), None)
    if found is not None:
        return found
    return Kind.BUSY if status >= 500 else Kind.LOST


def as_failure(error: DingError) -> TryLater | GiveUp:
    """What the sender has to do about it."""
    match error.kind:
        case Kind.BUSY:
            return TryLater(str(error), QPS_SECONDS if error.code.startswith(QPS) else None)
        case Kind.QUOTA:
            return TryLater(f"{error}：钉钉这个月的接口调用用完了", QUOTA_SECONDS)
        case Kind.TOKEN:
            return TryLater(str(error))
        case Kind.OPERATOR:
            return TryLater(f"{error}：{error.mend}", OPERATOR_SECONDS)
        case _:
            return GiveUp(f"钉钉没有收（{error.code}）")


def later(error: DingError) -> TryLater:
    """Where giving up is no answer: whoever wrote is met when the directory answers again."""
    failure = as_failure(error)
    return failure if isinstance(failure, TryLater) else TryLater(str(error))
