"""The thirteen kinds of message that a robot may push, and what of them can be read and touched."""

import json
from typing import Any

from tests.fakes.dingtalk.errors import Fault

KEYS: dict[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("title", "text", "picUrl", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    "sampleActionCard6": ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
    "sampleAudio": ("mediaId", "duration"),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("videoMediaId", "picMediaId", "duration", "videoType"),
}
for _count in range(2, 6):
    _pairs = [name for n in range(1, _count + 1) for name in (f"actionTitle{n}", f"actionURL{n}")]
    KEYS[f"sampleActionCard{_count}"] = ("title", "text", *_pairs)

MEDIA = {"mediaId", "videoMediaId", "picMediaId"}
_OPTIONAL = {"picUrl", "picMediaId"}


def read(msg_key: object, msg_param: object) -> dict[str, Any]:
    """The parameters of a message; a 400 where the kind is unknown or they do not fit it."""
    if msg_key not in KEYS:
        raise Fault("invalidParameter.msgKey.invalid", message=f"没有这种消息：{msg_key}")
    if not isinstance(msg_param, str):
        raise Fault("invalidParameter.msgParam.invalid", message="msgParam 必须是JSON字符串")
    try:
        param = json.loads(msg_param)
    except ValueError:
        param = None
    if not isinstance(param, dict):
        raise Fault("invalidParameter.msgParam.invalid", message="msgParam 必须是JSON字符串")
    wanted = KEYS[str(msg_key)]
    missing = [name for name in wanted if name not in _OPTIONAL and not _filled(param.get(name))]
    if missing or set(param) - set(wanted):
        raise Fault("invalidParameter.msgParam.invalid", message=f"{msg_key}: 缺少 {missing}，或有多余的参数")
    return param


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def drawn(msg_key: str, param: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """How it stands in the chat: its type and content (title, text, buttons as label and link)."""
    if msg_key.startswith("sampleActionCard"):
        pairs = [("singleTitle", "singleURL"), ("buttonTitle1", "buttonUrl1"), ("buttonTitle2", "buttonUrl2")]
        pairs += [(f"actionTitle{n}", f"actionURL{n}") for n in range(1, 6)]
        buttons = [(param[label], param[link]) for label, link in pairs if label in param]
        return "actionCard", {"title": param["title"], "text": param["text"], "buttons": buttons}
    match msg_key:
        case "sampleText":
            return "text", {"text": param["content"]}
        case "sampleMarkdown":
            return "markdown", param
        case "sampleLink":
            return "link", {**param, "buttons": [(param["title"], param["messageUrl"])]}
        case "sampleImageMsg":
            return "image", param
    return msg_key.removeprefix("sample").lower(), param
