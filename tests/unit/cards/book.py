"""Reads the boxes of the card book (docs/reference/cards.md, section 2.1) for tests to hold cards to."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cards.model import Button, Card

PATH = Path(__file__).parents[3] / "docs/reference/cards.md"

_HEAD = re.compile(r"^(?:([A-Z]\d) )?┌ (.*?)(?: {4,}◂ (\w+) ([\w.]+).*)?$")
_SMALL = re.compile(r"^(E\d) ┌ (.*?) {2,}\. (.*?) └ (.*)$")
_BUTTON = re.compile(r"\[([^\]]+?)(?:→(\w+)(?:\([^)]*\))?| (↗))\]")


@dataclass
class Box:
    """A card as the book draws it; buttons are (label, intention or ↗)."""

    id: str
    kind: str
    title: str
    flag: str = ""
    subtitle: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)
    quote: str = ""
    body: str = ""
    buttons: list[tuple[str, str]] = field(default_factory=list)
    menu: list[str] = field(default_factory=list)


@cache
def text() -> str:
    return PATH.read_text(encoding="utf-8")


@cache
def boxes() -> dict[str, Box]:
    """Every box by its id (V1 … M7, E1 … E5)."""
    found: dict[str, Box] = {}
    box: Box | None = None
    for raw in text().splitlines():
        if small := _SMALL.match(raw):
            id, title, body, buttons = small.groups()
            found[id] = Box(id, "error", title, body=body, buttons=_buttons(buttons))
        elif (head := _HEAD.match(raw)) and head[3]:
            box = Box(head[3], head[4], head[2])
            found[box.id] = box
        elif box and raw.startswith("│ "):
            _part(box, raw[2:])
        elif box and raw.startswith("└ "):
            taps, _, menu = raw[2:].partition("☰")
            box.buttons = _buttons(taps)
            box.menu = [entry.strip() for entry in menu.split("/") if entry.strip()]
            box = None
    return found


def _part(box: Box, part: str) -> None:
    mark, rest = part[:1], part[2:]
    if mark == "!":
        box.flag = rest
    elif mark == "~":
        box.subtitle = rest
    elif mark == ".":
        box.body = rest
    elif mark == "“":
        box.quote = part.strip().strip("“”")
    elif mark != "+" and "   " in part:
        label, value = part.split("   ", 1)
        box.rows.append((label, value.strip()))


def _buttons(taps: str) -> list[tuple[str, str]]:
    return [(label, action or "↗") for label, action, _ in _BUTTON.findall(taps)]


def drawn(card: Card, id: str) -> Box:
    """The card in the book's terms."""
    return Box(
        id,
        boxes()[id].kind,
        card.title,
        card.flag,
        card.subtitle,
        [(row.label, row.written) for row in card.rows],
        card.quote.text if card.quote else "",
        card.body,
        [(button.label, _meaning(button)) for button in card.buttons],
        [button.label for button in card.menu] if boxes()[id].menu else [],
    )


def _meaning(button: Button) -> str:
    return type(button.action).__name__ if button.action else "↗"
