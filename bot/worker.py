"""Hands received updates to the turn, one at a time in each conversation; knows no update's meaning."""

from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.lanes import LaneLoop
from bot.wake import FIRST_OUTBOX, INBOX, OUTBOX, Wake
from storage.database import Database
from storage.inbox import Inbox
from storage.models.engine import InboxUpdate
from storage.unit import Unit

LANES = 4

Handle = Callable[[InboxUpdate, str], Awaitable[None]]
"""`handle(row, owner)`: the turn. It opens the unit and ends the row in it by `unit.inbox.done`."""


class Worker(LaneLoop[InboxUpdate]):
    """Several conversations at a time. `owner` names the process, unique among all that run."""

    def __init__(
        self,
        database: Database,
        wake: Wake,
        clock: Clock,
        handle: Handle,
        *,
        owner: str,
        lanes: int = LANES,
        queue: Callable[[Unit], Inbox] = lambda unit: unit.inbox,
        topic: str = INBOX,
    ) -> None:
        async def handle_and_ring(row: InboxUpdate, lane_owner: str) -> None:
            await handle(row, lane_owner)
            wake.ring(OUTBOX)
            wake.ring(FIRST_OUTBOX)

        super().__init__(database, wake, clock, handle_and_ring, queue, topic, owner, lanes)
