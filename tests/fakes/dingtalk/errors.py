"""How DingTalk says no: each API family in its own envelope, and a page that is in none."""

from dataclasses import dataclass
from typing import Any

BLOCKED = (
    '<!DOCTYPE html><html><body>{"status":1111,"wait":5,"source":"x5","punish":"deny",'
    '"uuid":"fake-0001"}</body></html>'
)
"""What a blocked address gets: a page, with no error code that a client could look for."""

MESSAGES = {
    "InvalidAuthentication": "不合法的access_token",
    "invalidClientIdOrSecret": "无效的clientId或者clientSecret",
    "authFailed": "鉴权失败",
    "Invalidbody": "请求体不是合法的JSON",
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": "没有调用该接口的权限",
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": "应用调用该接口超过频率限制",
    "Forbidden.AccessDenied.QpsLimitForApi": "该接口繁忙",
    "Forbidden.AccessDenied.ApiCountLimitForOrg": "本组织本月的调用次数已用完",
    "param.cardNotExist": "卡片不存在",
    "param.spaceDeliverModelEmpty": "场域投放参数为空",
    "invalidParameter.robotCode.downloadCode": "下载码无效或已过期",
    "invalidParameter.robotCode.notExsit": "机器人不存在",
    "invalidParameter.robotCode.auth": "没有使用该机器人的权限",
    "system.err": "系统繁忙",
    "unknownError": "未知错误",
}
LEGACY_MESSAGES = {
    -1: "系统繁忙",
    15: "请求超时",
    22: "不存在的接口",
    40004: "不合法的媒体文件类型",
    40006: "不合法的文件大小",
    40014: "不合法的access_token",
    40035: "不合法的参数",
    40078: "不存在的临时授权码",
    40089: "不合法的appkey或appsecret",
    60003: "部门不存在",
    60121: "找不到该用户",
    90018: "应用调用该接口超过频率限制",
    90020: "本组织本月的调用次数已用完",
    300001: "session 已过期",
}


class Fault(Exception):
    """No, in the new API's way: an HTTP status and a code."""

    def __init__(self, code: str, status: int = 400, message: str = "", **detail: Any) -> None:
        super().__init__(code)
        self.code, self.status = code, status
        self.message = message or MESSAGES.get(code, code)
        self.detail = detail

    def body(self, request: str) -> dict[str, Any]:
        detail = {"accessdenieddetail": self.detail} if self.detail else {}
        return {"code": self.code, "requestid": request, "message": self.message, **detail}


class LegacyFault(Exception):
    """No, in the legacy API's way: 200 with an errcode; permissions hide behind 88 with a sub_code."""

    def __init__(self, errcode: int, message: str = "", sub_code: str = "") -> None:
        super().__init__(errcode)
        self.errcode, self.sub_code = errcode, sub_code
        self.message = message or LEGACY_MESSAGES.get(errcode, "error")

    def body(self, request: str) -> dict[str, Any]:
        if not self.sub_code:
            return {"errcode": self.errcode, "errmsg": self.message, "request_id": request}
        text = f"ding talk error[subcode={self.sub_code},submsg={self.message}]"
        sub = {"sub_code": self.sub_code, "sub_msg": self.message}
        return {"errcode": self.errcode, "errmsg": text, **sub, "request_id": request}


@dataclass
class Accident:
    """What shall go wrong with the next `times` calls of a path. See DingTalk.goes_wrong."""

    path: str
    times: int = 1
    code: str = ""
    errcode: int | None = None
    status: int = 0
    html: str = ""
    seconds: float = 0.0
    cut: bool = False
    half: bool = False
    done: bool = False

    @property
    def spoils(self) -> bool:
        """It touches the answer."""
        return bool(
            self.code or self.errcode is not None or self.status or self.html or self.cut or self.half
        )
