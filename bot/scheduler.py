"""The metronome: puts the clock's jobs into the inbox like any other update; knows no job's work.

After a night offline each job starts once, for the latest of its missed moments, if that is no older
than the job's grace; what is older is left out, because a morning list at noon is noise and whatever
is due is found by a query anyway. Where the demo's clock is moved, every missed moment happens.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import Clock, MovableClock
from bot.faults import report
from bot.wake import INBOX, Wake
from handlers.kernel.update import Ticked, dump, kind_of
from storage.database import Database
from storage.dialect import is_away
from storage.inbox import Arrival

LANE = "clock"
LAST_BEAT = "last-beat"
"""The mark that keeps up to when the jobs' moments are in the inbox."""
MARK_SECONDS = 60
"""How often the mark is moved when no job is due: a beat that starts nothing should write nothing."""
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the clock starts. `grace`: how late it still makes sense.

    `each` False: even a moved clock starts it once only, for the latest moment (housekeeping).
    `moved`: the coarser moments that will do where a clock is moved over days.
    """

    name: str
    trigger: BaseTrigger
    grace: timedelta = timedelta(hours=1)
    each: bool = True
    moved: BaseTrigger | None = None


def every(seconds: int, zone: tzinfo) -> IntervalTrigger:
    """A trigger at fixed moments, the same in every process and after every restart."""
    return IntervalTrigger(seconds=seconds, start_date=_EPOCH.astimezone(zone), timezone=zone)


class UnknownJob(Exception):
    """No job of this name; the message lists those that there are."""


class Scheduler:
    """Calls `beat` every second. Any number of schedulers may run: a moment has one id, so it counts once."""

    def __init__(self, database: Database, wake: Wake, clock: Clock, jobs: Sequence[Job]) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self.jobs = tuple(jobs)
        self._beating = asyncio.Lock()
        self._last: datetime | None = None
        self._marked: datetime | None = None
        self._metronome: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Starts beating, in the running loop."""
        self._metronome = AsyncIOScheduler(timezone=UTC)
        self._metronome.add_job(
            self._beat_now,
            IntervalTrigger(seconds=1),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._metronome.start()

    async def stop(self) -> None:
        """Stops beating; a beat that is under way ends first."""
        if self._metronome is not None:
            self._metronome.shutdown(wait=False)
            self._metronome = None
        async with self._beating:
            pass

    async def beat(self, now: datetime, every: bool = False) -> int:
        """Puts in what became due since the last beat; how many moments. `every`: see the module."""
        async with self._beating:
            return await self._beat(now, every)

    async def move(self, clock: MovableClock, delta: timedelta) -> int:
        """Moves the demo's clock, and lets everything happen that would have happened; how many moments."""
        async with self._beating:
            await self._beat(clock.now(), every=False)
            return await self._beat(await clock.move(delta), every=True)

    async def tick(self, name: str, at: datetime | None = None) -> str:
        """Starts a job by hand; the update's id. Raises UnknownJob."""
        job = next((each for each in self.jobs if each.name == name), None)
        if job is None:
            raise UnknownJob(f"没有叫 {name} 的任务；有：{'、'.join(each.name for each in self.jobs)}")
        ticked = _ticked(job, at or self._clock.now())
        async with self._database.unit() as unit:
            await unit.inbox.put_many([_arrival(ticked, self._clock.now())])
        self._wake.ring(INBOX)
        return ticked.update_id

    async def _beat_now(self) -> None:
        try:
            await self.beat(self._clock.now())
        except Exception as error:  # noqa: BLE001 (the next beat looks back to the last that was kept)
            report("beat_failed", error, away=is_away(error))

    async def _beat(self, now: datetime, every: bool) -> int:
        last = await self._last_beat(now)
        if now <= last:
            return 0
        due = sorted(_due(self.jobs, last, now, every), key=lambda ticked: ticked.at)
        if due or self._marked is None or now - self._marked >= timedelta(seconds=MARK_SECONDS):
            await self._keep(due, now)
        self._last = now
        return len(due)

    async def _last_beat(self, now: datetime) -> datetime:
        """Up to when moments are in the inbox; the very first beat starts here and catches up nothing."""
        if self._last is None:
            async with self._database.reading() as unit:
                kept = await unit.marks.get(LAST_BEAT)
            self._last = datetime.fromisoformat(kept) if kept else now - _TICK
        return self._last

    async def _keep(self, due: Sequence[Ticked], now: datetime) -> None:
        async with self._database.unit() as unit:
            await unit.inbox.put_many([_arrival(each, now) for each in due])
            await unit.marks.set(LAST_BEAT, now.isoformat(), now)
        self._marked = now
        if due:
            self._wake.ring(INBOX)


def _due(jobs: Iterable[Job], last: datetime, now: datetime, every: bool) -> Iterator[Ticked]:
    for job in jobs:
        all_of_them = every and job.each
        # Nothing older than the grace will be started, so there is no need to count it all out.
        since = last if all_of_them else max(last, now - job.grace - _TICK)
        moments = list(_moments(job.trigger, since, now))
        for at in _coarser(job, moments, since, now) if all_of_them else moments[-1:]:
            yield _ticked(job, at)


def _coarser(job: Job, moments: list[datetime], since: datetime, now: datetime) -> list[datetime]:
    """A moved clock's moments: the coarser ones where the job has such, and always the very last."""
    if job.moved is None:
        return moments
    return sorted({*_moments(job.moved, since, now), *moments[-1:]})


def _moments(trigger: BaseTrigger, after: datetime, until: datetime) -> Iterator[datetime]:
    """When the trigger fires, after the one instant and up to the other."""
    at: datetime | None = trigger.get_next_fire_time(None, after + _TICK)
    while at is not None and at <= until:
        yield at
        at = trigger.get_next_fire_time(at, at)


def _ticked(job: Job, at: datetime) -> Ticked:
    # The id is in UTC, so that processes in different time zones agree on it.
    return Ticked(f"tick:{job.name}:{at.astimezone(UTC).isoformat()}", LANE, at, job.name)


def _arrival(ticked: Ticked, now: datetime) -> Arrival:
    return Arrival(ticked.update_id, ticked.lane, kind_of(ticked), dump(ticked), now)
