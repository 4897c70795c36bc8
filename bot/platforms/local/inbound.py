"""Turns what the playground's page sends into the updates that handlers know.

The page names each message itself and repeats the name when it tries again, as a platform does;
nothing that it sends is believed before it was checked here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cards.actions import MAX_ENCODED, Action, UnknownAction, decode
from handlers.kernel.update import Clicked, Joined, Said, Sender, Sent, Spoke, Update

PLATFORM = "local"
MAX_TEXT = 100_000
"""Characters of one message; more than any note, so that the handler can answer kindly."""
MAX_JSON = 1_500_000
"""Bytes of one request: the longest text with every character escaped, and a little room."""
MAX_FILE = 20 * 1024 * 1024
MAX_SHORT = 500
MAX_PICKED = 20
MAX_TYPED = 20

TOO_LONG = "太长了，分几次发给我吧"

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,31}")


class Malformed(ValueError):
    """The request can't be understood; `words` say so to a person. `status` is the HTTP status."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.words = words
        self.status = status


@dataclass(frozen=True, slots=True)
class Envelope:
    """Which phone sent it, and what it calls the message."""

    phone: str
    id: str
    at: datetime

    @property
    def update_id(self) -> str:
        return f"{PLATFORM}:{self.id}"

    @property
    def sender(self) -> Sender:
        return Sender(PLATFORM, self.phone)

    @property
    def lane(self) -> str:
        return f"{PLATFORM}:{self.phone}"


def parse(raw: bytes) -> Mapping[str, object]:
    """The request's JSON object. Raises `Malformed`."""
    if len(raw) > MAX_JSON:
        raise Malformed(TOO_LONG, 413)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as wrong:
        raise Malformed("这条没传完整，再发一次试试") from wrong
    if not isinstance(body, dict):
        raise Malformed("这条的格式我认不出，再发一次试试")
    return body


def envelope(body: Mapping[str, object], at: datetime) -> Envelope:
    return Envelope(_short(body, "phone", required=True), client_id(body), at)


def client_id(body: Mapping[str, object]) -> str:
    found = body.get("id")
    if not isinstance(found, str) or not _CLIENT_ID.fullmatch(found):
        raise Malformed("这条没有编号，刷新页面再发一次")
    return found


def update(kind: str, body: Mapping[str, object], at: datetime) -> Update:
    """What the page meant. A kind that is not known here is passed on as `Sent` of that kind."""
    head = envelope(body, at)
    if kind == "say":
        return _said(head, body)
    if kind == "click":
        return _clicked(head, body)
    if kind == "place":
        return _place(head, body)
    if kind == "join":
        return Joined(head.update_id, head.sender, head.lane, head.at)
    return _other(head, body, kind)


def spoke(head: Envelope, file: str, mime: str) -> Spoke:
    return Spoke(head.update_id, head.sender, head.lane, head.at, file, mime)


def sent_file(head: Envelope, kind: str, file: str, name: str) -> Sent:
    return Sent(head.update_id, head.sender, head.lane, head.at, kind, file, name)


def _said(head: Envelope, body: Mapping[str, object]) -> Said:
    text = body.get("text")
    if isinstance(text, str) and len(text) > MAX_TEXT:
        raise Malformed(TOO_LONG, 413)
    if not isinstance(text, str) or not (text := _clean(text)).strip():
        raise Malformed("空的我收不到，写点什么再发")
    return Said(head.update_id, head.sender, head.lane, head.at, text, spoken=_flag(body, "spoken"))


def _clicked(head: Envelope, body: Mapping[str, object]) -> Clicked:
    raw = body.get("action")
    if not isinstance(raw, str) or not raw:
        raise Malformed("没看清点的是哪一个，再点一次")
    return Clicked(
        head.update_id,
        head.sender,
        head.lane,
        head.at,
        _action(raw),
        raw[:MAX_ENCODED],
        _picked(body),
        _typed(body),
    )


def _place(head: Envelope, body: Mapping[str, object]) -> Sent:
    name = _short(body, "name", required=True)
    address = _short(body, "address")
    return Sent(
        head.update_id,
        head.sender,
        head.lane,
        head.at,
        "location",
        name=name,
        text=f"{name} {address}".strip(),
    )


def _other(head: Envelope, body: Mapping[str, object], kind: str) -> Sent:
    named = body.get("kind", kind) if kind == "other" else kind
    if not isinstance(named, str) or not _KIND.fullmatch(named):
        raise Malformed("这种消息我认不出")
    return Sent(
        head.update_id,
        head.sender,
        head.lane,
        head.at,
        named,
        name=_short(body, "name"),
        text=_short(body, "text"),
    )


def _action(raw: str) -> Action | None:
    """The intention, or None for an old or foreign button: that has a kind answer of its own."""
    try:
        return decode(raw)
    except (UnknownAction, ValueError):
        return None


def _picked(body: Mapping[str, object]) -> tuple[str, ...]:
    picked = body.get("picked", [])
    if not isinstance(picked, list) or len(picked) > MAX_PICKED:
        raise Malformed("选的太多了，少选几个")
    if not all(isinstance(each, str) and len(each) <= MAX_SHORT for each in picked):
        raise Malformed("没看清选的是哪几个，再选一次")
    return tuple(picked)


def _typed(body: Mapping[str, object]) -> dict[str, str]:
    typed = body.get("typed", {})
    if not isinstance(typed, dict) or len(typed) > MAX_TYPED:
        raise Malformed("填的内容没看清，再填一次")
    if not all(isinstance(each, str) and len(each) <= MAX_SHORT for each in typed.values()):
        raise Malformed("填的太长了，写短一点")
    return {str(name)[:MAX_SHORT]: _clean(value) for name, value in typed.items()}


def _short(body: Mapping[str, object], name: str, *, required: bool = False) -> str:
    found = body.get(name, "")
    if not isinstance(found, str) or len(found) > MAX_SHORT:
        raise Malformed("有一项太长或格式不对，改短一点再发")
    if required and not found.strip():
        raise Malformed("少了一项，补上再发")
    return _clean(found).strip()


def _flag(body: Mapping[str, object], name: str) -> bool:
    found = body.get(name, False)
    if not isinstance(found, bool):
        raise Malformed("这条的格式我认不出，再发一次试试")
    return found


def _clean(text: str) -> str:
    """Without what no database keeps: NUL, and halves of a character that lost their other half."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
