"""The received updates: written before they are acknowledged, worked on one lane at a time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import col, select

from storage.dialect import insert
from storage.lanes import Lanes
from storage.leases import LeaseLost
from storage.models.engine import InboxUpdate

__all__ = ["Arrival", "FirstInbox", "Inbox", "LeaseLost"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update as it arrived; `payload` is `handlers.kernel.update.dump` of it."""

    update_id: str
    lane: str
    kind: str
    payload: str
    received_at: datetime


class Inbox(Lanes[InboxUpdate]):
    model = InboxUpdate
    prefix = "in:"
    waiting = "new"
    ended_at = "done_at"

    async def put_many(self, arrivals: Sequence[Arrival]) -> None:
        """Keeps what is new; an `update_id` that is known, done or not, changes nothing."""
        if not arrivals:
            return
        rows = [
            asdict(each) | {"state": self.waiting, "attempts": 0, "begun": 0, "error": ""}
            for each in arrivals
        ]
        # Core and one statement for all: an ORM session per callback costs ten times the CPU.
        connection = await self.session.connection()
        await connection.execute(
            insert(self.session, InboxUpdate).on_conflict_do_nothing(index_elements=["update_id"]), rows
        )

    async def state(self, update_id: str) -> str | None:
        """new, done or parked; None for an update that never came, or is long forgotten."""
        found = await self.session.exec(
            select(InboxUpdate.state).where(col(InboxUpdate.update_id) == update_id)
        )
        return found.first()

    async def done(self, row: InboxUpdate, owner: str, now: datetime) -> None:
        """Ends the row, in the transaction that holds what came of it. Raises LeaseLost."""
        await self._end(row, owner, state="done", error="", done_at=now)


class FirstInbox(Inbox):
    """The same queue, seen by a worker that takes nothing but the news that a customer was added."""

    only = "befriended"
