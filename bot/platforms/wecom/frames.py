"""Turns what WeCom pushes to the smart bot into the updates that handlers know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.platforms.fields import clean, text
from bot.platforms.wecom import BOT
from bot.platforms.wecom.inbound import action, picked_from
from cards.actions import MAX_ENCODED
from handlers.kernel.update import Clicked, Joined, Said, Sender, Sent, Ticket, Update

Frame = dict[str, Any]

UPDATE_LIFE = timedelta(seconds=4.5)
"""A tapped card can be replaced for five seconds after the tap; a little less, so that it is not too late."""
FILES = ("image", "file")
_MENTION = re.compile(r"^\s*@\S+\s+")


@dataclass(frozen=True, slots=True)
class Pushed:
    """One frame: who, where, and the name by which it is replied to."""

    req_id: str
    body: Frame
    at: datetime

    @property
    def address(self) -> str:
        sender = self.body.get("from")
        return text(sender, "userid", 64) if isinstance(sender, dict) else ""

    @property
    def is_group(self) -> bool:
        return self.body.get("chattype") == "group"

    @property
    def is_message(self) -> bool:
        return self.body.get("msgtype") != "event"

    @property
    def event(self) -> str:
        event = self.body.get("event")
        return text(event, "eventtype") if isinstance(event, dict) else ""

    def who(self, part: int = 0) -> tuple[str, Sender, str, datetime]:
        name = f"{BOT}:{text(self.body, 'msgid', 128)}" + (f"#{part}" if part else "")
        return name, Sender(BOT, self.address), f"{BOT}:{self.address}", self.at


def pushed(frame: Frame, at: datetime) -> Pushed | None:
    """The frame's callback; None for one that names nobody or nothing."""
    body, headers = frame.get("body"), frame.get("headers")
    if not isinstance(body, dict) or not isinstance(headers, dict):
        return None
    found = Pushed(text(headers, "req_id", 200), body, at)
    return found if found.address and text(body, "msgid", 128) else None


def updates(found: Pushed) -> list[Update]:
    """What it means: several updates where somebody sent words and pictures together."""
    if not found.is_message:
        return list(_event(found))
    items = _items(found.body)
    return [_message(found, kind, content, part) for part, (kind, content) in enumerate(items)]


def _items(body: Frame) -> list[tuple[str, Frame]]:
    kind = text(body, "msgtype", 32)
    if kind != "mixed":
        content = body.get(kind)
        return [(kind, content if isinstance(content, dict) else {})]
    mixed = body.get("mixed")
    parts = mixed.get("msg_item") if isinstance(mixed, dict) else None
    items = [each for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []
    words = [_words(each) for each in items if each.get("msgtype") == "text"]
    found: list[tuple[str, Frame]] = [("text", {"content": "\n".join(words)})] if words else []
    return found + [("image", each["image"]) for each in items if isinstance(each.get("image"), dict)]


def _words(item: Frame) -> str:
    content = item.get("text")
    found = content.get("content") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""


def _message(found: Pushed, kind: str, content: Frame, part: int) -> Update:
    who = found.who(part)
    if kind in ("text", "voice"):
        words = content.get("content")
        said = clean(words) if isinstance(words, str) else ""
        said = _MENTION.sub("", said) if found.is_group else said
        return Said(*who, said, spoken=kind == "voice")
    if kind in FILES:
        return Sent(*who, kind, file=_file(content))
    return Sent(*who, kind)


def _file(content: Frame) -> str:
    """Where the bytes lie, and the key that opens them; the reception fetches them."""
    url, key = text(content, "url", 2000), text(content, "aeskey", 100)
    return f"{BOT}:{key} {url}" if url and key else ""


def _event(found: Pushed) -> Iterator[Update]:
    if found.event == "enter_chat":
        yield Joined(*found.who())
    if found.event == "template_card_event":
        fields = found.body["event"].get("template_card_event")
        if isinstance(fields, dict):
            yield _clicked(found, fields)


def _clicked(found: Pushed, fields: Frame) -> Clicked:
    raw, card = text(fields, "event_key", 1024), text(fields, "task_id", 128)
    ticket = Ticket(card, found.req_id, found.at + UPDATE_LIFE) if card else None
    items = fields.get("selected_items")
    picked = picked_from(items if isinstance(items, dict) else {}, "selected_item", "option_ids", "option_id")
    return Clicked(*found.who(), action(raw), raw[:MAX_ENCODED], picked, ticket=ticket)
