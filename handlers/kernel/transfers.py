"""Moving contacts from colleague to colleague on a platform: what is ordered, and what the platform says.

The platform decides: it asks the customer, waits, and may refuse. Nothing here is believed done before
the platform says so.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

MOST = 100
"""Contacts of one order; no platform takes more in one call."""


class TransferState(StrEnum):
    """Where a contact stands, in the words of the platforms that know such a thing.

    waiting (may still refuse), done, refused, full (the successor's list), often (moved too often
    lately), running (another transfer is not over), absent (not a contact of the giver's, or unknown).
    """

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FULL = "full"
    OFTEN = "often"
    RUNNING = "running"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """`ask` False: begin; True: only how it stands. Accounts and `externals` are the platform's names.

    `words` is what the customers read (at most 200 characters); `left`: the giver's account is gone.
    """

    handover: int
    giver: str
    taker: str
    externals: tuple[str, ...]
    ask: bool = False
    words: str = ""
    left: bool = False


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """`until`: when it will be over, or allowed again, where the platform says."""

    external: str
    state: TransferState
    until: datetime | None = None


_ORDER: TypeAdapter[TransferOrder] = TypeAdapter(TransferOrder)


def dump(order: TransferOrder) -> str:
    """The order as JSON text, as the outbox keeps it."""
    return _ORDER.dump_json(order).decode()


def load(text: str) -> TransferOrder:
    """The order that `dump` wrote. Raises `pydantic.ValidationError` for anything else."""
    return _ORDER.validate_json(text)
