"""Answers to what was said: POSTs to the sessionWebhook that came with it, while it lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.chats import Chats
from tests.fakes.dingtalk.errors import LegacyFault
from tests.fakes.dingtalk.meter import Meter
from tests.fakes.dingtalk.state import App, Conversation, Org

LIFE = timedelta(minutes=90)
LONGEST = 20_000
"""Bytes of a text; not published, so this is what nobody was seen to get through."""
NEVER_SHOWN = {"file", "voice", "video", "audio"}
"""Answered with ok, and shown to nobody."""


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    app: App
    conversation: Conversation
    ends: datetime


class Sessions:
    def __init__(self, org: Org, chats: Chats, meter: Meter) -> None:
        self.org = org
        self.chats = chats
        self.meter = meter
        self.life = LIFE
        self.expired_code = 300001
        """What a session that is over answers; the real number is unconfirmed."""
        self.open: dict[str, Session] = {}

    def give(self, app: App, conversation: Conversation) -> tuple[str, int]:
        """The address and when it ends (ms)."""
        session = Session(self.org.new("session"), app, conversation, self.org.now() + self.life)
        self.open[session.id] = session
        address = f"{self.org.base}/robot/sendBySession?session={session.id}"
        return address, round(session.ends.timestamp() * 1000)

    def expire(self) -> None:
        """All sessions end now."""
        self.open.clear()

    @call("POST", "/robot/sendBySession", who="nobody", metered=False)
    def send(self, ask: Ask) -> dict[str, Any]:
        session = self.open.get(ask.query.get("session", ""))
        if session is None or session.ends <= self.org.now():
            raise LegacyFault(self.expired_code, "session 已过期")
        if self.meter.too_fast(session.app, "/robot/sendBySession"):
            raise LegacyFault(90018)
        if self.meter.counts_webhooks:
            if self.meter.exhausted:
                raise LegacyFault(90020)
            self.meter.spend("/robot/sendBySession")
        type, content = _drawn(ask.body)
        if type in NEVER_SHOWN:
            self.org.problems.append(f"a {type} by sessionWebhook is shown to nobody")
            return {}
        self.chats.put(session.app, session.conversation, type, content)
        return {}


def _drawn(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    type = body.get("msgtype")
    content = body.get(str(type))
    if type in NEVER_SHOWN:
        return str(type), {}
    if not isinstance(content, dict):
        raise LegacyFault(40035, "缺少参数 msgtype")
    try:
        return _as_shown(str(type), content)
    except (KeyError, TypeError) as error:
        raise LegacyFault(40035, f"缺少参数 {error}") from None


def _as_shown(type: str, content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    match type:
        case "text":
            return "text", {"text": _said(content["content"])}
        case "markdown":
            return "markdown", {"title": _said(content["title"]), "text": _said(content["text"])}
        case "actionCard":
            buttons = [(each["title"], each["actionURL"]) for each in content.get("btns", [])]
            if not buttons:
                buttons = [(content["singleTitle"], content["singleURL"])]
            return "actionCard", {"title": content["title"], "text": content["text"], "buttons": buttons}
        case "link":
            return "link", {**content, "buttons": [(content["title"], content["messageUrl"])]}
        case "feedCard":
            links = [(each["title"], each["messageURL"]) for each in content["links"]]
            return "link", {"title": links[0][0], "text": "", "buttons": links}
    raise LegacyFault(40035, f"不支持的 msgtype {type}")


def _said(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise LegacyFault(40035, "内容不能为空")
    if len(text.encode()) > LONGEST:
        raise LegacyFault(40035, "内容过长")
    return text
