"""Turns what DingTalk tells the robot into the updates that handlers know.

A message that comes again has the same msgId, an event the same eventId, whatever frame brings it: the
update's id is made of these. Everything but that and the sender may be missing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.template import ACTION, CHOICE, FORM
from bot.platforms.fields import MAX_SHORT, clean, intention, text
from cards.actions import MAX_ENCODED
from handlers.kernel.update import Clicked, Moved, Said, Sender, Sent, Spoke, Ticket, Update

Fields = Mapping[str, Any]

ANSWER_LIFE = timedelta(seconds=2)
"""So long a tap's callback waits for its answer; until then nothing else may update the card."""
MAX_CODE = 2000
MAX_PICKED = 20
MAX_TYPED = 500
MAX_FIELDS = 20
SINGLE, GROUP = "1", "2"
PEOPLE = ("user_add_org", "user_modify_org", "user_leave_org", "user_active_org")
ADDRESS = 64


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the robot: who, where, and how it may be answered."""

    fields: Fields
    at: datetime

    @property
    def id(self) -> str:
        return text(self.fields, "msgId", 128)

    @property
    def kind(self) -> str:
        return text(self.fields, "msgtype", 32)

    @property
    def address(self) -> str:
        """ "" for somebody of another company, and for everybody until the robot's version is published."""
        return text(self.fields, "senderStaffId", ADDRESS)

    @property
    def is_group(self) -> bool:
        return text(self.fields, "conversationType", 4) == GROUP

    @property
    def conversation(self) -> str:
        return text(self.fields, "conversationId", 200)

    @property
    def hook(self) -> str:
        """Where an answer may be posted, for a while."""
        return text(self.fields, "sessionWebhook", MAX_CODE)

    @property
    def hook_seconds(self) -> float:
        """How much longer."""
        until = self.fields.get("sessionWebhookExpiredTime")
        return until / 1000 - self.at.timestamp() if isinstance(until, int | float) else 0.0

    def who(self, part: int = 0) -> tuple[str, Sender, str, datetime]:
        name = f"{NAME}:{self.id}" + (f"#{part}" if part else "")
        return name, Sender(NAME, self.address), f"{NAME}:{self.address}", self.at


def message(fields: object, at: datetime) -> Message | None:
    """The message; None for one that names nobody, or nothing by which it is known again."""
    if not isinstance(fields, Mapping):
        return None
    found = Message(fields, at)
    return found if found.id and found.address and found.kind else None


def updates(found: Message) -> list[Update]:
    """What it means: several updates where somebody sent words and pictures together."""
    content = _inner(found.fields, "content")
    match found.kind:
        case "text":
            words = _inner(found.fields, "text").get("content")
            return [Said(*found.who(), _clean(words))]
        case "richText":
            return _rich(found, content)
        case "picture":
            return [Sent(*found.who(), "image", file=_file(content))]
        case "audio":
            return [_heard(found, content)]
        case "file":
            return [Sent(*found.who(), "file", file=_file(content), name=text(content, "fileName"))]
    return [Sent(*found.who(), found.kind)]


def _rich(found: Message, content: Fields) -> list[Update]:
    items = content.get("richText")
    parts = [each for each in items if isinstance(each, Mapping)] if isinstance(items, list) else []
    words = "".join(_raw(each) for each in parts if each.get("type") != "at").strip()
    said: list[Update] = [Said(*found.who(), words)] if words else []
    pictures = [_file(each) for each in parts if text(each, "downloadCode", MAX_CODE)]
    sent = [Sent(*found.who(len(said) + place), "image", file=each) for place, each in enumerate(pictures)]
    return [*said, *sent] or [Said(*found.who(), "")]


def _heard(found: Message, content: Fields) -> Update:
    """DingTalk's own words for a voice note; without them the sound itself is listened to."""
    words = _clean(content.get("recognition"))
    return (
        Said(*found.who(), words, spoken=True) if words else Spoke(*found.who(), _file(content), "audio/amr")
    )


def _file(content: Fields) -> str:
    """Where the bytes lie; the reception fetches them before anybody handles the update."""
    code = text(content, "downloadCode", MAX_CODE)
    return f"{NAME}:{code}" if code else ""


# -- taps ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tap:
    """The callback of a tapped card."""

    card: str
    """Our name for the card."""
    update: Clicked


def tap(fields: object, callback: str, at: datetime) -> Tap | None:
    """What a card's callback means; None for one that names no card or nobody. `callback` names it."""
    if not isinstance(fields, Mapping):
        return None
    card, address = text(fields, "outTrackId", 128), text(fields, "userId", ADDRESS)
    if not card or not address:
        return None
    private = _inner(_json(fields, "content") or _json(fields, "value"), "cardPrivateData")
    params = _inner(private, "params")
    form = _form(params)
    raw = text(params, ACTION, 1024) or text(form, ACTION, 1024) or _first(private.get("actionIds"))
    name = sha256(f"{card} {callback}".encode()).hexdigest()[:40]
    ticket = Ticket(card, name, at + ANSWER_LIFE)
    who = (f"{NAME}:tap:{name}", Sender(NAME, address), f"{NAME}:{address}", at)
    clicked = Clicked(
        *who, intention(raw), raw[:MAX_ENCODED], _picked(form), typed=_typed(form), ticket=ticket
    )
    return Tap(card, clicked)


def _json(fields: Fields, name: str) -> Fields:
    raw = fields.get(name)
    if isinstance(raw, Mapping):
        return raw
    try:
        found = json.loads(raw) if isinstance(raw, str) else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _form(params: Fields) -> Fields:
    """What a form sent, by its fields' names; it may come as a text within the text."""
    return _json(params, FORM)


def _picked(form: Fields) -> tuple[str, ...]:
    """The chosen options' ids: one or several, bare or as `{"index", "value"}`."""
    found = form.get(CHOICE)
    chosen = found if isinstance(found, list) else [found]
    values = [each.get("value") if isinstance(each, Mapping) else each for each in chosen]
    flat = [one for each in values for one in (each if isinstance(each, list) else [each])]
    return tuple(one[:MAX_SHORT] for one in flat if isinstance(one, str) and one)[:MAX_PICKED]


def _typed(form: Fields) -> dict[str, str]:
    named = [(str(name)[:ADDRESS], each) for name, each in list(form.items())[:MAX_FIELDS]]
    return {
        name: _clean(each)[:MAX_TYPED]
        for name, each in named
        if isinstance(each, str) and name not in (ACTION, CHOICE)
    }


# -- people --------------------------------------------------------------------------------------------


def people(kind: str, event: str, fields: object, at: datetime) -> list[Update]:
    """Members that came, went or changed; nothing for an event that is about nobody we know of."""
    if kind not in PEOPLE or not event or not isinstance(fields, Mapping):
        return []
    named = fields.get("userId", fields.get("UserId"))
    members = named if isinstance(named, list) else [named]
    found = [each[:ADDRESS] for each in members if isinstance(each, str) and each]
    return [
        Moved(f"{NAME}:event:{event[:128]}#{each}", Sender(NAME, each), f"{NAME}:{each}", at)
        for each in found
    ]


# -- fields --------------------------------------------------------------------------------------------


def _inner(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    return found if isinstance(found, Mapping) else {}


def _first(found: object) -> str:
    return found[0][:1024] if isinstance(found, list) and found and isinstance(found[0], str) else ""


def _raw(item: Fields) -> str:
    found = item.get("text")
    return found if isinstance(found, str) else ""


def _clean(words: object) -> str:
    return clean(words).strip() if isinstance(words, str) else ""
