"""The only door in: an update is durable before it is acknowledged; knows no platform and no rule.

Many updates share one commit. While one batch is being committed the next one gathers, so that under
load a commit serves hundreds of callbacks and without load nobody waits for company.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.faults import report
from bot.wake import FIRST_INBOX, INBOX, Wake
from handlers.kernel.update import Update, dump, kind_of
from storage.database import Database
from storage.dialect import is_away
from storage.inbox import Arrival, FirstInbox

MAX_BATCH = 256
"""Updates of one commit: enough to make the commit about free, few enough to stay short."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrival: Arrival
    kept: asyncio.Future[None]


class Intake:
    def __init__(self, database: Database, wake: Wake, clock: Clock) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self._queue: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def put(self, update: Update) -> None:
        """Returns when the update is durable; one that is known already, done or not, changes nothing.

        Raises what the database raises where it can't be kept: answer the platform with an error,
        it will come again.
        """
        arrival = Arrival(
            update_id=update.update_id,
            lane=update.lane,
            kind=kind_of(update),
            payload=dump(update),
            received_at=self._clock.now(),
        )
        waiting = _Waiting(arrival, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await waiting.kept

    async def _write(self) -> None:
        """Commits batch after batch until nobody waits."""
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
            try:
                await self._keep(batch)
            except Exception as error:  # noqa: BLE001
                report("intake_failed", error, updates=len(batch))
                _tell(batch, error)
            except BaseException:
                _tell(batch, asyncio.CancelledError())
                raise

    async def _keep(self, batch: Sequence[_Waiting]) -> None:
        try:
            async with self._database.unit() as unit:
                await unit.inbox.put_many([each.arrival for each in batch])
        except Exception as error:
            if len(batch) == 1 or is_away(error):
                raise
            # One update that the database refuses must not take its neighbours with it.
            await self._keep_one_by_one(batch)
        else:
            _tell(batch)
            self._wake.ring(INBOX)
            if any(each.arrival.kind == FirstInbox.only for each in batch):
                self._wake.ring(FIRST_INBOX)

    async def _keep_one_by_one(self, batch: Sequence[_Waiting]) -> None:
        for each in batch:
            try:
                await self._keep([each])
            except Exception as error:  # noqa: BLE001
                report("intake_refused", error, kind=each.arrival.kind)
                _tell([each], error)


def _tell(batch: Sequence[_Waiting], error: BaseException | None = None) -> None:
    """Lets those go on who still wait."""
    for each in batch:
        if each.kept.done():
            continue
        if error is None:
            each.kept.set_result(None)
        else:
            each.kept.set_exception(error)
