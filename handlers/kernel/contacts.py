"""Customers as contacts on a platform: what is ordered of it, in whose name, and until when.

A platform makes a code for one customer, says a welcome to whoever scanned it, and tells who that is.
It answers by an update of its own (`WayMade`, `Welcomed`, `Looked`), like anything that comes from outside.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from pydantic import TypeAdapter

WELCOME_WITHIN = timedelta(seconds=20)
"""So long after the adding a welcome may be said; afterwards no platform takes it."""


@dataclass(frozen=True, slots=True)
class WayOrder:
    """A code by which one customer adds a colleague. `state` comes back with whoever used it."""

    invite: int
    owner: str
    state: str


@dataclass(frozen=True, slots=True)
class WelcomeOrder:
    """The first words to a customer, with one link. `code` is good once; `link` a path of ours."""

    newcomer: int
    owner: str
    external: str
    code: str
    text: str
    title: str
    link: str
    until: datetime


@dataclass(frozen=True, slots=True)
class LookOrder:
    """Who a customer is that just became a colleague's contact."""

    newcomer: int
    owner: str
    external: str


ContactOrder: TypeAlias = WayOrder | WelcomeOrder | LookOrder
KINDS: dict[type[ContactOrder], str] = {WayOrder: "way", WelcomeOrder: "welcome", LookOrder: "look"}
"""What the outbox calls them."""
_ADAPTERS = {name: TypeAdapter(kind) for kind, name in KINDS.items()}


def dump(order: ContactOrder) -> str:
    """The order as JSON text, as the outbox keeps it beside its kind."""
    return _ADAPTERS[KINDS[type(order)]].dump_json(order).decode()


def load(kind: str, text: str) -> ContactOrder:
    """The order that `dump` wrote. Raises KeyError or `pydantic.ValidationError` for anything else."""
    read: ContactOrder = _ADAPTERS[kind].validate_json(text)
    return read


@dataclass(frozen=True, slots=True)
class Way:
    """A code that a platform made: the picture to show, what the code opens, its name there."""

    picture: str
    link: str = ""
    config: str = ""


@dataclass(frozen=True, slots=True)
class Stranger:
    """What a platform tells of a customer: the name he gave himself, phones the colleague noted of him."""

    name: str
    phones: tuple[str, ...] = ()
