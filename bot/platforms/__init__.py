"""The port behind which every platform hides: what the sender asks of it, and how it may fail.

A platform raises `TryLater` (away, or its limit is reached: the same message again later) or
`GiveUp` (this message will never go through: the operator is shown why). Anything else is a bug.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from aiohttp import web

from handlers.kernel.contacts import LookOrder, Stranger, Way, WayOrder, WelcomeOrder
from handlers.kernel.failures import TryLater
from handlers.kernel.transfers import TransferAnswer, TransferOrder, TransferState
from handlers.kernel.update import Profile, Sender, Update
from storage.models.engine import Held, Outgoing

__all__ = [
    "Channel",
    "CustomerContact",
    "Directory",
    "Door",
    "GiveUp",
    "Line",
    "Media",
    "Pace",
    "Platform",
    "Spent",
    "TransferAnswer",
    "TransferOrder",
    "TransferState",
    "Transfers",
    "TryLater",
]


class GiveUp(Exception):
    """The platform will never take this message; `reason` is for the operator, in Chinese."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Spent(GiveUp):
    """The code of a welcome was used before, or the two have spoken since."""


class Platform(Protocol):
    """One platform's way out. `message.key` is to be passed on where the far side knows once-only keys.

    `message.address` is the account there; `message.content` the card's JSON (`cards.model.load`)
    for `post` and `replace`, the words for `text`, and the key in our store and the name for `file`.
    """

    async def post(self, message: Outgoing) -> str:
        """Sends a new card; the platform's name for it, by which `replace` finds it ("" for none)."""
        ...

    async def replace(self, message: Outgoing, held: Held) -> str | None:
        """Puts the card in the place of one that is held; its new name, or None where that can't be done."""
        ...

    async def text(self, message: Outgoing) -> str:
        """Sends plain text; the platform's name for it ("" for none)."""
        ...

    async def file(self, message: Outgoing) -> str:
        """Sends a picture or a file; the platform's name for it ("" for none)."""
        ...


@runtime_checkable
class CustomerContact(Protocol):
    """A platform by which a customer adds a colleague's work account: 客户联系. Fails as `Platform` does."""

    async def contact_way(self, order: WayOrder, at: datetime) -> Way:
        """Makes the code. Asked twice for one `state`, it may make two: both bring the same state back."""
        ...

    async def welcome(self, order: WelcomeOrder, at: datetime) -> None:
        """Says the welcome. Raises `Spent` where its code was used already, `GiveUp` where it is void."""
        ...

    async def look(self, order: LookOrder) -> Stranger:
        """Who the customer is, as far as the platform tells."""
        ...


@runtime_checkable
class Transfers(Protocol):
    """A platform that knows customers as contacts of a colleague, and can hand them on.

    Fails as `Platform` does. What the platform leaves out of its answer stays as it was.
    """

    async def transfer(self, order: TransferOrder, at: datetime) -> Sequence[TransferAnswer]:
        """Begins: one answer for each of `order.externals`. Begun again, it must not count twice:
        what is under way already is `waiting`, not `running`."""
        ...

    async def transfer_result(self, order: TransferOrder, at: datetime) -> Sequence[TransferAnswer]:
        """How the contacts stand now."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one phone may be written to: `burst` messages at once, then one every `seconds`."""

    burst: int
    seconds: float


class Directory(Protocol):
    """Who the company's people are, by the platform's own book."""

    family: tuple[str, ...]
    """The platforms that know a person by the same address; where to reach him first."""

    async def profile(self, address: str) -> Profile | None:
        """What is known of an account; None where it is no member (any more). Raises TryLater."""
        ...


class Media(Protocol):
    """What was sent to the bot and still lies with the platform."""

    async def fetch(self, ref: str) -> bytes | None:
        """The bytes of what an update points at; None where they are gone. Raises TryLater."""
        ...


class Door(Protocol):
    """A platform's way of saying who holds the phone."""

    name: str

    def knows(self, user_agent: str) -> bool:
        """Whether a browser that calls itself so is this platform's own."""
        ...

    def address(self, back: str, state: str) -> str:
        """Where to send the browser; it comes back to `back` with a code and the state."""
        ...

    async def who(self, code: str) -> Sender | None:
        """Who holds the phone; None for nobody of the company. Raises TryLater."""
        ...


class Line(Protocol):
    """A connection that stays open; of all processes one has it at a time."""

    @property
    def is_open(self) -> bool:
        """Whether this process can send by it now."""
        ...

    async def run(self) -> None:
        """Keeps it open, or waits for its turn, until cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A platform put together: its way out, and whatever else it has."""

    name: str
    platform: Platform
    pace: Pace | None = None
    directory: Directory | None = None
    media: Media | None = None
    routes: Sequence[web.RouteDef] = ()
    line: Line | None = None
    door: Door | None = None
    taps: Callable[[Update], Awaitable[Update]] | None = None
    """The tap that stands behind somebody's words, where buttons can only say something."""
    fault: Callable[[], Awaitable[str]] | None = None
    """What keeps it from working, in a few words; "" where nothing does."""
