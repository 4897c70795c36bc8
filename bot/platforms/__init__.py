"""The port behind which every platform hides: what the sender asks of it, and how it may fail.

A platform raises `TryLater` (away, or its limit is reached: the same message again later) or
`GiveUp` (this message will never go through: the operator is shown why). Anything else is a bug.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from handlers.kernel.contacts import LookOrder, Stranger, Way, WayOrder, WelcomeOrder
from handlers.kernel.failures import TryLater
from handlers.kernel.transfers import TransferAnswer, TransferOrder, TransferState
from storage.models.engine import Held, Outgoing

__all__ = [
    "CustomerContact",
    "GiveUp",
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
    for `post` and `replace`, the words for `text`.
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
