"""What stands on a phone: the bubbles of one chat in order, their versions, and what can be read on them."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wecom import cards
from tests.fakes.wecom.cards import Tap

WAIT = 30.0
"""Seconds of real time that a test waits for the other side before it fails."""


def kind_by_task(card: cards.Card) -> str:
    """What kind of card it is, as far as its sender says so: the head of its task_id."""
    return str(card.get("task_id", "")).split("-")[0] or str(card.get("card_type", ""))


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of a message as its phone shows it. The names are those of the stories' phones."""

    id: int
    revision: int
    owner: str
    """Userid, or the chatid of a group."""
    type: str
    content: Any = field(repr=False)
    msgid: str = ""
    kind_of: Callable[[cards.Card], str] = field(default=kind_by_task, repr=False)
    replaced: str = ""
    """The grey label in the buttons' place."""

    @property
    def template(self) -> cards.Card | None:
        """The card as it came over the wire."""
        return self.content if self.type == "template_card" else None

    @property
    def card(self) -> None:
        """The bot's own card, which a story's checks look at, never leaves the bot."""

    @property
    def frozen(self) -> bool:
        """Its buttons are gone."""
        return bool(self.grey)

    @property
    def grey(self) -> str:
        return self.replaced or str((self.template or {}).get("replace_text", ""))

    @property
    def kind(self) -> str:
        return self.kind_of(self.template) if self.template else self.type

    @property
    def text(self) -> str:
        """What a message that is no template card says."""
        if self.template is not None:
            return ""
        content = self.content
        if self.type in ("text", "markdown", "stream"):
            return str(content["content"])
        if self.type == "news":
            return "\n".join(f"{each['title']} {each.get('description', '')}" for each in content["articles"])
        if self.type == "textcard":
            return f"{content['title']}\n{content['description']}"
        return str(content.get("title") or f"[{self.type}]")

    @property
    def link(self) -> str:
        return (
            str(self.content.get("url", ""))
            if self.template is None
            else self._part("card_action").get("url", "")
        )

    def _part(self, name: str) -> cards.Card:
        found = (self.template or {}).get(name)
        return found if isinstance(found, dict) else {}

    @property
    def title(self) -> str:
        return str(self._part("main_title").get("title", "")) if self.template else self.text

    @property
    def subtitle(self) -> str:
        return str(self._part("main_title").get("desc", ""))

    @property
    def flag(self) -> str:
        return str(self._part("source").get("desc", ""))

    @property
    def body(self) -> str:
        return str((self.template or {}).get("sub_title_text", ""))

    @property
    def quote(self) -> str:
        return str(self._part("quote_area").get("quote_text", ""))

    @property
    def lines(self) -> list[tuple[str, str]]:
        card = self.template or {}
        rows = [
            (each["keyname"], each.get("value", "")) for each in card.get("horizontal_content_list") or []
        ]
        return rows + [
            (each["title"], each.get("desc", "")) for each in card.get("vertical_content_list") or []
        ]

    @property
    def labels(self) -> list[str]:
        return [label for label, _ in self.lines]

    def line(self, label: str) -> str:
        return next((value for each, value in self.lines if each == label), "")

    @property
    def taps(self) -> tuple[Tap, ...]:
        """All that can be touched now, links of the card itself included."""
        if self.template is None:
            return ()
        every = cards.taps(self.template)
        return tuple(each for each in every if not (self.frozen and each.part in ("button", "submit")))

    @property
    def buttons(self) -> list[str]:
        return [each.label for each in self.taps if each.part in ("button", "submit", "jump")]

    @property
    def menu(self) -> list[str]:
        return [each.label for each in self.taps if each.part == "menu"]

    @property
    def questions(self) -> list[cards.Question]:
        return cards.questions(self.template) if self.template else []

    @property
    def options(self) -> dict[str, str]:
        """What the card's questions offer: label to id."""
        return {text: id for each in self.questions for id, text in each.options}

    @property
    def words(self) -> str:
        """All that can be read on it, top to bottom."""
        if self.template is None:
            return self.text
        parts = [self.flag, self.title, self.subtitle, *self._part("emphasis_content").values()]
        parts += [self.quote, *(f"{a} {b}" for a, b in self.lines), self.body]
        parts += [each.title for each in self.questions] + list(self.options)
        return "\n".join(str(each) for each in [*parts, *self.buttons, self.grey, *self.menu] if each)


@dataclass
class Bubble:
    """One message on one phone. It is changed in place; its past versions are kept by the screen."""

    id: int
    owner: str
    type: str
    content: Any
    msgid: str = ""
    revision: int = 0
    replaced: str = ""
    recalled: bool = False
    finished: bool = True
    """False for a stream that is still being written."""


class Screen:
    """One chat of one member (or group) with one app or bot, in the order of arrival."""

    def __init__(self, owner: str, kind_of: Callable[[cards.Card], str] = kind_by_task) -> None:
        self.owner = owner
        self.kind_of = kind_of
        self.bubbles: list[Bubble] = []
        self.history: list[Shown] = []
        """Every version of every message that was ever shown, in the order of showing."""
        self._changed = asyncio.Event()
        self._given = 0

    def add(self, id: int, type: str, content: Any, msgid: str = "") -> Bubble:
        bubble = Bubble(id, self.owner, type, copy.deepcopy(content), msgid)
        self.bubbles.append(bubble)
        self._note(bubble)
        return bubble

    def change(self, bubble: Bubble, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(bubble, name, copy.deepcopy(value))
        bubble.revision += 1
        self._note(bubble)

    def recall(self, bubble: Bubble) -> None:
        bubble.recalled = True

    def _note(self, bubble: Bubble) -> None:
        self.history.append(self.snapshot(bubble))
        self._changed.set()

    def snapshot(self, bubble: Bubble) -> Shown:
        content = copy.deepcopy(bubble.content)
        return Shown(
            *(bubble.id, bubble.revision, bubble.owner, bubble.type, content, bubble.msgid),
            kind_of=self.kind_of,
            replaced=bubble.replaced,
        )

    @property
    def shown(self) -> list[Shown]:
        """What is in the chat now, oldest first."""
        return [self.snapshot(each) for each in self.bubbles if not each.recalled]

    def bubble(self, id: int) -> Bubble | None:
        return next((each for each in self.bubbles if each.id == id), None)

    async def next(self, wanted: Callable[[Shown], bool] = lambda _: True, wait: float = WAIT) -> Shown:
        """The next version that was not given out yet and fits; waits for it, and fails where none comes."""
        async with asyncio.timeout(wait):
            while True:
                while self._given < len(self.history):
                    self._given += 1
                    if wanted(self.history[self._given - 1]):
                        return self.history[self._given - 1]
                self._changed.clear()
                await self._changed.wait()
