"""Reads single fields of what a platform sends: whatever stands there, the worst is an empty text."""

from collections.abc import Mapping
from typing import Any

from cards.actions import Action, UnknownAction, decode

MAX_SHORT = 500


def text(fields: Mapping[str, Any], name: str, most: int = MAX_SHORT) -> str:
    """A short field; "" where it is not there, or is no text."""
    found = fields.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return clean(found)[:most].strip() if isinstance(found, str) else ""


def clean(words: str) -> str:
    """Without what no database keeps: NUL, and halves of a character that lost their other half."""
    return words.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def intention(raw: str) -> Action | None:
    """The intention behind a button; None for an old or foreign button, which has its own answer."""
    try:
        return decode(raw)
    except (UnknownAction, ValueError):
        return None
