"""A connection that stays: of all processes one has it, and after every kind of end it is made again.

It knows no protocol: `connect` makes one connection, lives as long as it does, and raises `Ended`.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.faults import report
from storage.database import Database
from storage.dialect import is_away
from storage.leases import LeaseLost

LEASE_SECONDS = 60.0
RENEW_SECONDS = 20.0
LOOK_SECONDS = 5.0
"""How often a process without the connection looks whether it is its turn."""
STEADY = timedelta(minutes=1)
"""A connection that lasted so long was a good one: the next pause is short again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before the next connection; they double from first to longest, give or take a fifth."""

    first: float = 1.0
    longest: float = 60.0
    told_to_go: float = 60.0
    """Somebody else uses the same bot, or asks too often: two that kick each other would never end."""
    refused: float = 300.0
    """A wrong secret: mending it takes the operator some minutes."""
    moved: float = 0.4
    """The far side asked a good connection to be made anew: soon, or what is said meanwhile is lost."""


class Ended(Exception):
    """The connection is over. `pause`: seconds to keep away; None: the usual backoff.

    `moved`: the far side only wants it made anew; that is soon, where the connection was a good one.
    """

    def __init__(self, why: str, pause: float | None = None, *, moved: bool = False) -> None:
        super().__init__(why)
        self.pause = pause
        self.moved = moved


class Standing:
    """Keeps one connection, or waits for its turn. `wait` is how it waits between connections, for tests."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[None]],
        database: Database,
        clock: Clock,
        *,
        pauses: Pauses | None = None,
        look_seconds: float = LOOK_SECONDS,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.has_lease = False
        """Whether of all processes this one has the connection, or makes it."""
        self._connect: Callable[[], Awaitable[None]] = connect
        self._database = database
        self._clock = clock
        self._pauses = pauses or Pauses()
        self._look_seconds = look_seconds
        self._wait: Callable[[float], Awaitable[None]] = wait
        self._owner = secrets.token_hex(8)

    async def run(self) -> None:
        """Until cancelled: waits for the lease, then connects again and again under it."""
        try:
            while True:
                self.has_lease = await self._leased()
                if self.has_lease:
                    await self._under_lease()
                await asyncio.sleep(self._look_seconds)
        finally:
            self.has_lease = False
            with suppress(Exception):
                await asyncio.shield(self._give_back())

    async def _under_lease(self) -> None:
        """Connections, one after the other, until the lease is lost."""
        renewing = asyncio.create_task(self._renew())
        connecting = asyncio.create_task(self._connections())
        try:
            await asyncio.wait({renewing, connecting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (renewing, connecting):
                task.cancel()
            await asyncio.gather(renewing, connecting, return_exceptions=True)

    async def _connections(self) -> None:
        tries = 0
        while True:
            began, pause, moved = self._clock.now(), None, False
            try:
                await self._connect()
            except Ended as ended:
                pause, moved = ended.pause, ended.moved
                log.warning("line_ended", line=self.name, why=str(ended))
            except Exception as error:  # noqa: BLE001 (whatever a broken connection raises, the next one is made)
                report("line_broken", error, line=self.name)
            steady = self._clock.now() - began >= STEADY
            tries = 0 if steady else tries + 1
            if moved and steady:
                pause = self._pauses.moved
            await self._wait(self._backoff(tries) if pause is None else pause)

    def _backoff(self, tries: int) -> float:
        pause = min(self._pauses.first * 2.0 ** min(max(tries - 1, 0), 30), self._pauses.longest)
        return pause * random.uniform(0.8, 1.2)  # noqa: S311 (so that processes spread; no secret)

    # -- the lease ---------------------------------------------------------------------------------

    async def _leased(self) -> bool:
        try:
            async with self._database.unit() as unit:
                return await unit.leases.take(self.name, self._owner, self._clock.now(), LEASE_SECONDS)
        except Exception as error:
            if not is_away(error):
                raise
            return False

    async def _renew(self) -> None:
        """Returns when somebody else has it."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with self._database.unit() as unit:
                    await unit.leases.renew(self.name, self._owner, self._clock.now(), LEASE_SECONDS)
            except LeaseLost:
                log.warning("line_lease_lost", line=self.name)
                return
            except Exception as error:  # noqa: BLE001 (a lease that can't be renewed only runs out)
                log.warning("line_lease_not_renewed", line=self.name, error=type(error).__name__)

    async def _give_back(self) -> None:
        async with self._database.unit() as unit:
            await unit.leases.give_back(self.name, self._owner)
