"""Turns what WeCom tells the self-built app into the updates that handlers know.

A retried callback has the same update id: a message's MsgId, or for an event a hash of all that it
says. FromUserName and CreateTime alone would not do: for what the system tells the one is always
`sys`, and the other counts whole seconds. What is sealed anew with each try is not in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.platforms.fields import MAX_SHORT, clean, intention, text
from bot.platforms.wecom import APP, befriending
from bot.platforms.wecom.crypto import Refusal
from bot.platforms.wecom.render import AGAIN, NOTHING
from bot.platforms.wecom.xml import Fields, each, event_id
from cards.actions import MAX_ENCODED, Action
from handlers.kernel.update import Clicked, Joined, Moved, Said, Sender, Sent, Spoke, Ticket, Update

TICKET_LIFE = timedelta(hours=72) - timedelta(minutes=5)
"""A response code is good for 72 hours; a little less, so that it is never tried too late."""
SYSTEM = "sys"
MAX_PICKED = 20


@dataclass(frozen=True, slots=True)
class Head:
    """Who, and by what name the callback goes."""

    update_id: str
    member: str
    at: datetime

    @property
    def who(self) -> tuple[str, Sender, str, datetime]:
        return self.update_id, Sender(APP, self.member), f"{APP}:{self.member}", self.at


def update(agent_id: int, fields: Fields, at: datetime, *, contacts: bool = True) -> Update | None:
    """What a callback means; None for what we have nothing to do with. Raises Refusal.

    `contacts` False: news of customers come by an address of their own, and are not wanted here.
    """
    kind, agent = text(fields, "MsgType"), text(fields, "AgentID")
    if agent not in ("", "0", str(agent_id)):
        raise Refusal("agent", 403)
    if not kind:
        raise Refusal("no MsgType")
    if kind == "event":
        if text(fields, "Event") == befriending.EVENT:
            return befriending.update(fields, at) if contacts else None
        return _event(fields, at)
    member, message_id = text(fields, "FromUserName"), text(fields, "MsgId")
    if not member or not message_id:
        raise Refusal("no sender")
    head = Head(f"{APP}:{agent_id}:{message_id}", member, at)
    return _MESSAGES.get(kind, _other)(head, fields)


# -- messages ------------------------------------------------------------------------------------------


def _said(head: Head, fields: Fields) -> Update:
    content = fields.get("Content")
    return Said(*head.who, clean(content) if isinstance(content, str) else "")


def _image(head: Head, fields: Fields) -> Update:
    return Sent(*head.who, "image", file=_media(fields))


def _voice(head: Head, fields: Fields) -> Update:
    """Only sound: WeCom sends no words with it."""
    kind = text(fields, "Format") or "amr"
    return Spoke(*head.who, _media(fields), f"audio/{kind.lower()}")


def _place(head: Head, fields: Fields) -> Update:
    label = text(fields, "Label")
    return Sent(*head.who, "location", name=label, text=label)


def _link(head: Head, fields: Fields) -> Update:
    return Sent(*head.who, "link", name=text(fields, "Title"), text=text(fields, "Url"))


def _other(head: Head, fields: Fields) -> Update:
    """Video, and kinds that came after us: known by name, and not fetched."""
    return Sent(*head.who, text(fields, "MsgType", 32))


_MESSAGES: dict[str, Callable[[Head, Fields], Update]] = {
    "text": _said,
    "image": _image,
    "voice": _voice,
    "location": _place,
    "link": _link,
}


def _media(fields: Fields) -> str:
    """Where the bytes lie; the reception fetches them before anybody handles the update."""
    found = text(fields, "MediaId")
    return f"{APP}:{found}" if found else ""


# -- events --------------------------------------------------------------------------------------------


def _event(fields: Fields, at: datetime) -> Update | None:
    name, member = text(fields, "Event"), text(fields, "FromUserName")
    head = Head(event_id(fields), member, at)
    if name == "change_contact":
        return _changed(head, fields)
    if not member or member == SYSTEM:
        return None
    match name:
        case "subscribe" | "enter_agent":
            return Joined(*head.who)
        case "unsubscribe":
            return Moved(*head.who)
        case "click":
            # The app's own menu: its keys are words, as if they had been said.
            return Said(*head.who, text(fields, "EventKey"))
        case "template_card_event" | "template_card_menu_event":
            return _clicked(head, fields)
    return None


def _changed(head: Head, fields: Fields) -> Update | None:
    """A member came, went or changed; departments and tags are looked up when somebody is."""
    member = text(fields, "UserID", 64)
    if not member or text(fields, "ChangeType") not in ("create_user", "update_user", "delete_user"):
        return None
    who = Head(head.update_id, member, head.at).who
    return Moved(*who, new_address=text(fields, "NewUserID", 64))


def _clicked(head: Head, fields: Fields) -> Update:
    raw = text(fields, "EventKey", 1024)
    task, code = text(fields, "TaskId", 128), text(fields, "ResponseCode")
    ticket = Ticket(task, code, head.at + TICKET_LIFE) if task and code else None
    return Clicked(*head.who, action(raw), raw[:MAX_ENCODED], picked(fields), ticket=ticket)


def action(raw: str) -> Action | None:
    """The intention behind a button's key; None for an old or foreign button, which has its own answer."""
    return intention(raw.partition(AGAIN)[0])


def picked(fields: Fields) -> tuple[str, ...]:
    """The chosen options' ids."""
    items = fields.get("SelectedItems")
    return picked_from(items if isinstance(items, dict) else {}, "SelectedItem", "OptionIds", "OptionId")


def picked_from(items: Fields, item: str, ids: str, id: str) -> tuple[str, ...]:
    """Of one question or several, of one option or several."""
    found: list[Any] = []
    for question in each(items, item):
        for chosen in each(question, ids) if isinstance(question, dict) else ():
            found += each(chosen, id) if isinstance(chosen, dict) else ()
    return tuple(one[:MAX_SHORT] for one in found if isinstance(one, str) and one != NOTHING)[:MAX_PICKED]
