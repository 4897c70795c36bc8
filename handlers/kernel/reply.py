"""What a handler wants shown. Handlers return replies and never call a platform.

A card belongs to a thread ("draft:12", "approval:7"): the newest message of a thread that a person
holds is the one that is replaced in place, on every phone that holds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from cards.model import Card
from handlers.kernel.contacts import ContactOrder
from handlers.kernel.transfers import TransferOrder


class Urgency(IntEnum):
    """What is kept first when a platform's limit runs short (card book 1.8)."""

    FIRST = -1
    """What is too late in seconds: a welcome."""
    ANSWER = 0
    APPROVAL = 1
    PROMISE = 2
    MORNING = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Post:
    """A new message with this card. `key` makes a re-run harmless; None: the update's id and place."""

    to: int
    card: Card
    thread: str
    key: str | None = None
    urgency: Urgency = Urgency.ANSWER


@dataclass(frozen=True, slots=True)
class Replace:
    """The card takes the place of the thread's newest message at `to`; a new message where there is none."""

    to: int
    card: Card
    thread: str
    key: str | None = None
    urgency: Urgency = Urgency.ANSWER


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text message: what is to be copied, or too long for a card."""

    to: int
    text: str
    key: str | None = None
    urgency: Urgency = Urgency.ANSWER


@dataclass(frozen=True, slots=True)
class File:
    """A picture or a file out of our own store. `kind` is image or file; `name` is what it is saved as."""

    to: int
    file: str
    name: str
    kind: str = "file"
    key: str | None = None
    urgency: Urgency = Urgency.ANSWER


@dataclass(frozen=True, slots=True)
class Order:
    """No message: something that a platform is to do. `key` keeps it to once."""

    platform: str
    order: TransferOrder | ContactOrder
    key: str
    to: int = 0
    """Whose contacts they are."""


Shown: TypeAlias = Post | Replace | Text | File | Order
Reply: TypeAlias = Iterable[Shown]
