"""Works on a durable queue, several lanes at a time and one row of a lane at a time; knows no kind of row.

A row is begun in one transaction and ended by `handle` in another; between them the lane is leased and
the lease renewed. Whatever happens in between, the row is done or will be begun again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from typing import Generic

import structlog

from bot.clock import Clock
from bot.faults import place_of, report
from bot.wake import Wake
from storage.database import Database
from storage.dialect import is_away
from storage.lanes import Lanes, Queued
from storage.leases import LeaseLost
from storage.unit import Unit

LEASE_SECONDS = 60.0
"""A killed worker's lanes come back after this long."""
RENEW_SECONDS = LEASE_SECONDS / 3
IDLE_SECONDS = 1.0
"""How long an idle loop sleeps when nobody rings."""
MAX_BEGUN = 3
"""A row that was begun so often and never ended kills its worker: it is parked."""
AWAY_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Pauses while the database is away; the last one is repeated."""

log = structlog.get_logger(__name__)


class LaneLoop(Generic[Queued]):
    """Claims lanes and hands their rows to `handle(row, owner)`, which ends the row in its transaction.

    What `handle` raises: LeaseLost (somebody else has the row: nothing to do), a database that is away
    (again later), anything else is a bug (the row is parked).
    """

    def __init__(
        self,
        database: Database,
        wake: Wake,
        clock: Clock,
        handle: Callable[[Queued, str], Awaitable[None]],
        queue: Callable[[Unit], Lanes[Queued]],
        topic: str,
        owner: str,
        lanes: int,
    ) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self._handle: Callable[[Queued, str], Awaitable[None]] = handle
        self._queue: Callable[[Unit], Lanes[Queued]] = queue
        self._topic = topic
        self._owner = owner
        self._claims = count(1)
        self._free = asyncio.Semaphore(lanes)
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._away = 0

    async def run(self) -> None:
        """Works until `stop`, or until it is cancelled; no lane is held when it returns."""
        try:
            while not self._stopping:
                await self._free.acquire()
                if not await self._start_lane():
                    self._free.release()
                    await self._idle()
            await asyncio.gather(*self._working)
        finally:
            await self._abandon()

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Begins nothing new, lets what is begun end within the grace, and abandons the rest."""
        self._stopping = True
        self._wake.ring(self._topic)
        if self._working:
            await asyncio.wait(self._working, timeout=grace_seconds)
        await self._abandon()

    async def once(self) -> bool:
        """Works on what is due now, one lane after the other; whether there was anything. For tests."""
        worked = False
        while True:
            await self._free.acquire()
            if not await self._start_lane():
                self._free.release()
                return worked
            worked = True
            await asyncio.gather(*self._working)

    async def _start_lane(self) -> bool:
        """Claims a lane and starts work on it; False where nothing is due or the database is away."""
        if self._stopping:
            return False
        owner = f"{self._owner}/{next(self._claims)}"
        try:
            async with self._database.unit() as unit:
                claimed = await self._queue(unit).claim_lane(owner, self._clock.now(), LEASE_SECONDS)
        except Exception as error:
            if not is_away(error):
                raise
            self._away += 1
            log.warning("database_away", queue=self._topic, error=type(error).__name__)
            return False
        self._away = 0
        if claimed is None:
            return False
        lane, row = claimed
        task = asyncio.create_task(self._work(lane, row, owner))
        self._working.add(task)
        task.add_done_callback(self._ended)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._free.release()

    async def _work(self, lane: str, first: Queued, owner: str) -> None:
        """Row after row of one lane, until none is due."""
        row: Queued | None = first
        try:
            while row is not None:
                async with self._renewing(lane, owner):
                    await self._work_on(row, owner)
                row = await self._next(lane, owner)
        except LeaseLost:
            log.info("lease_lost", queue=self._topic, lane_owner=owner)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(lane, owner))
            raise
        except Exception as error:  # noqa: BLE001
            if is_away(error):
                log.warning("lane_left", queue=self._topic, error=type(error).__name__)
            else:
                report("lane_left", error, queue=self._topic)
            await self._give_back(lane, owner)

    async def _work_on(self, row: Queued, owner: str) -> None:
        if row.begun > MAX_BEGUN:
            await self._park(row, owner, f"处理时连续 {MAX_BEGUN} 次中断，没有做完")
            return
        try:
            await self._handle(row, owner)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001
            if is_away(error):
                await self._put_off(row, owner, error)
            else:
                report("row_parked", error, queue=self._topic, row_id=row.id)
                await self._park(row, owner, place_of(error))

    async def _put_off(self, row: Queued, owner: str, error: Exception) -> None:
        seconds = AWAY_SECONDS[min(row.attempts, len(AWAY_SECONDS) - 1)]
        log.warning("row_put_off", queue=self._topic, row_id=row.id, error=type(error).__name__)
        async with self._database.unit() as unit:
            at = self._clock.now() + timedelta(seconds=seconds)
            await self._queue(unit).later(row, owner, at, type(error).__name__)

    async def _park(self, row: Queued, owner: str, why: str) -> None:
        async with self._database.unit() as unit:
            await self._queue(unit).park(row, owner, why)

    async def _next(self, lane: str, owner: str) -> Queued | None:
        async with self._database.unit() as unit:
            queue = self._queue(unit)
            if self._stopping:
                await queue.release(lane, owner)
                return None
            return await queue.next_or_release(lane, owner, self._clock.now())

    async def _give_back(self, lane: str, owner: str) -> None:
        """Lets others have the lane at once; where that fails the lease runs out by itself."""
        with suppress(Exception):
            async with self._database.unit() as unit:
                await self._queue(unit).release(lane, owner)

    @asynccontextmanager
    async def _renewing(self, lane: str, owner: str) -> AsyncIterator[None]:
        task = asyncio.create_task(self._renew(lane, owner))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _renew(self, lane: str, owner: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with self._database.unit() as unit:
                    await self._queue(unit).renew(lane, owner, self._clock.now(), LEASE_SECONDS)
            except LeaseLost:
                # The row's own transaction will find out and roll back.
                return
            except Exception as error:  # noqa: BLE001 (a lease that can't be renewed only runs out)
                log.warning("lease_not_renewed", queue=self._topic, error=place_of(error))

    async def _idle(self) -> None:
        """Until somebody rings, or for a while; longer and longer while the database is away."""
        if self._stopping:
            return
        pause = AWAY_SECONDS[min(self._away, len(AWAY_SECONDS)) - 1] if self._away else IDLE_SECONDS
        await self._wake.wait(self._topic, pause)

    async def _abandon(self) -> None:
        self._stopping = True
        working = tuple(self._working)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
