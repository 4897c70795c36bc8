"""What "now" is: the only place that asks the machine's clock; everything inside takes time as a value."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from storage.database import Database

OFFSET = "clock-offset"
"""The mark that keeps how far the demo's clock was moved, in seconds."""


class Clock(Protocol):
    def now(self) -> datetime:
        """This instant, aware, in the company's time zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def now(self) -> datetime:
        return datetime.now(self.zone)


class FixedClock:
    """A clock for tests: it stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs a time zone")
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, delta: timedelta) -> None:
        self.at += delta


class MovableClock:
    """The demo's clock: it runs, and can be moved forward; how far is remembered across restarts.

    `Scheduler.move` moves it and lets happen what would have happened; call that, not `move`.
    """

    def __init__(self, database: Database, base: Clock) -> None:
        self._database = database
        self._base = base
        self._offset = timedelta()

    def now(self) -> datetime:
        # By way of UTC: a local hour that does not exist would come out otherwise where clocks change.
        base = self._base.now()
        return (base.astimezone(UTC) + self._offset).astimezone(base.tzinfo)

    async def load(self) -> None:
        """Takes up the offset of the last run; call it once, before the clock is used."""
        async with self._database.reading() as unit:
            self._offset = timedelta(seconds=await unit.marks.get(OFFSET) or 0)

    async def move(self, delta: timedelta) -> datetime:
        """Moves the clock forward and remembers it; the new now. ValueError for a move back."""
        if delta < timedelta():
            raise ValueError("时钟只能往前拨")
        offset = self._offset + delta
        async with self._database.unit() as unit:
            await unit.marks.set(OFFSET, offset.total_seconds(), self._base.now())
        self._offset = offset
        return self.now()
