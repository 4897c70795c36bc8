"""What stands in a conversation: the robot's messages in order, their versions, as each member reads."""

import asyncio
import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.dingtalk.templates import Press, Template

WAIT = 30.0
"""Seconds of real time that a test waits for the other side before it fails."""
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Tap:
    """Something that a finger can touch: a link, or a card's button that calls back."""

    label: str
    link: str = ""
    press: Press | None = None

    @property
    def says(self) -> str:
        """The text that the member sends by touching it (dtmd://…/sendMessage)."""
        parts = urlsplit(self.link)
        if parts.scheme != "dtmd" or not parts.path.endswith("/sendMessage"):
            return ""
        return parse_qs(parts.query).get("content", [""])[0]

    @property
    def key(self) -> str:
        return self.says or self.link or (self.press.key if self.press else "")


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of a message as one member sees it. The names are those of the stories' phones."""

    id: int
    revision: int
    owner: str
    """Who looks: his userid."""
    conversation: str
    type: str
    """text, markdown, actionCard, link, image, audio, file, video, card or standard."""
    content: dict[str, Any] = field(repr=False)
    key: str = ""
    """processQueryKey, outTrackId or cardBizId; empty for what came by a sessionWebhook."""
    template: Template | None = field(default=None, repr=False)
    failed: str = ""
    """What the client says under the card after a tap that was not answered in time."""

    @property
    def values(self) -> dict[str, str]:
        """A template card's variables for this member."""
        mine = self.content.get("private", {}).get(self.owner, {})
        return {**self.content.get("public", {}), **mine}

    @property
    def title(self) -> str:
        found = self.content.get("title") or self.values.get("title") or self.values.get("msgTitle", "")
        return str(found)

    @property
    def text(self) -> str:
        """The message's own text; for a template card all values, in order."""
        if self.type == "card":
            return "\n".join(each for each in self.values.values() if each)
        return str(self.content.get("text", ""))

    @property
    def taps(self) -> tuple[Tap, ...]:
        """All that can be touched now."""
        if self.type == "card":
            presses = self.template.buttons(self.values) if self.template else []
            return tuple(Tap(each.label, each.link, None if each.link else each) for each in presses)
        buttons = [Tap(label, link) for label, link in self.content.get("buttons", [])]
        found = _LINK.findall(self.text) if self.type in ("markdown", "actionCard") else []
        return (*buttons, *(Tap(label, link) for label, link in found))

    @property
    def buttons(self) -> list[str]:
        return [each.label for each in self.taps]

    @property
    def kind(self) -> str:
        return self.type

    @property
    def words(self) -> str:
        """All that can be read on it, top to bottom."""
        head = [self.title] if self.title and self.type != "card" else []
        return "\n".join([*head, self.text, *(label for label in self.buttons if label not in self.text)])


@dataclass
class Bubble:
    """One message of a robot in one conversation. It is changed in place."""

    id: int
    type: str
    content: dict[str, Any]
    key: str = ""
    robot: str = ""
    template: Template | None = None
    only: frozenset[str] | None = None
    """Who sees it; None is everybody in the conversation."""
    revision: int = 0
    recalled: bool = False
    failed: str = ""


class Screen:
    """One conversation, in the order of arrival, as each of its members sees it."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.bubbles: list[Bubble] = []
        self._history: list[Bubble] = []
        self._changed = asyncio.Event()
        self._given: dict[str, int] = {}

    def add(self, id: int, type: str, content: dict[str, Any], **more: Any) -> Bubble:
        bubble = Bubble(id, type, copy.deepcopy(content), **more)
        self.bubbles.append(bubble)
        self._note(bubble)
        return bubble

    def change(self, bubble: Bubble, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(bubble, name, copy.deepcopy(value))
        bubble.revision += 1
        self._note(bubble)

    def _note(self, bubble: Bubble) -> None:
        self._history.append(copy.copy(bubble))
        self._history[-1].content = copy.deepcopy(bubble.content)
        self._changed.set()

    def _seen(self, bubble: Bubble, viewer: str) -> Shown:
        return Shown(
            *(bubble.id, bubble.revision, viewer, self.conversation, bubble.type),
            *(copy.deepcopy(bubble.content), bubble.key, bubble.template, bubble.failed),
        )

    def shown(self, viewer: str) -> list[Shown]:
        """What is in the chat now, oldest first."""
        return [self._seen(each, viewer) for each in self.bubbles if not each.recalled and _for(each, viewer)]

    def history(self, viewer: str) -> list[Shown]:
        """Every version of every message that was ever shown, in the order of showing."""
        return [self._seen(each, viewer) for each in self._history if _for(each, viewer)]

    def bubble(self, id: int) -> Bubble | None:
        return next((each for each in self.bubbles if each.id == id), None)

    async def next(
        self, viewer: str, wanted: Callable[[Shown], bool] = lambda _: True, wait: float = WAIT
    ) -> Shown:
        """The next version that was not given out to him yet and fits; waits for it, or fails."""
        async with asyncio.timeout(wait):
            while True:
                history = self.history(viewer)
                while (given := self._given.get(viewer, 0)) < len(history):
                    self._given[viewer] = given + 1
                    if wanted(history[given]):
                        return history[given]
                self._changed.clear()
                await self._changed.wait()


def _for(bubble: Bubble, viewer: str) -> bool:
    return bubble.only is None or viewer in bubble.only
