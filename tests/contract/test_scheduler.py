"""The clock's jobs: each moment once, whoever ticks; after a night off, only what still makes sense."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.clock import FixedClock, MovableClock
from bot.scheduler import Job, Scheduler, UnknownJob, every
from bot.wake import INBOX, LocalWake
from handlers.kernel.update import Ticked, load
from storage.database import Database

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = Job("morning", CronTrigger(hour=8, minute=30, timezone=ZONE), grace=timedelta(hours=3))
DUE = Job("reminders-due", every(300, ZONE), grace=timedelta(minutes=30))
SEAL = Job("seal-audit", every(60, ZONE), grace=timedelta(hours=1), each=False)


def at(hour: int, minute: int = 0, day: int = 24, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=ZONE)


@pytest.fixture
def scheduler(database: Database, wake: LocalWake, clock: FixedClock) -> Scheduler:
    return Scheduler(database, wake, clock, (MORNING, DUE, SEAL))


async def ticked(database: Database) -> list[tuple[str, datetime]]:
    """The jobs' moments in the inbox, in its order; empties it."""
    found = []
    async with database.unit() as unit:
        claimed = await unit.inbox.claim_lane("test", at(23, day=30), 60)
        row = claimed[1] if claimed else None
        while row is not None:
            update = load(row.kind, row.payload)
            assert isinstance(update, Ticked)
            found.append((update.name, update.at))
            await unit.inbox.done(row, "test", at(23, day=30))
            row = await unit.inbox.next_or_release(row.lane, "test", at(23, day=30))
    return found


async def test_a_job_starts_at_its_moment_and_once(database: Database, scheduler: Scheduler) -> None:
    await scheduler.beat(at(8, 29, second=59))
    assert await ticked(database) == []

    for second in range(3):
        await scheduler.beat(at(8, 30, second=second))

    assert ("morning", at(8, 30)) in (found := await ticked(database))
    assert len(found) == len(set(found)) == 3


async def test_two_clocks_that_tick_together_tick_once(
    database: Database, second: Database, wake: LocalWake, clock: FixedClock, scheduler: Scheduler
) -> None:
    other = Scheduler(second, wake, clock, scheduler.jobs)
    await asyncio.gather(scheduler.beat(at(8, 29)), other.beat(at(8, 29)))
    await ticked(database)

    await asyncio.gather(scheduler.beat(at(8, 30)), other.beat(at(8, 30)))
    await other.beat(at(8, 30, second=1))

    assert sorted(name for name, _ in await ticked(database)) == ["morning", "reminders-due", "seal-audit"]


async def test_after_a_night_off_only_the_latest_moment_within_its_grace_counts(
    database: Database, wake: LocalWake, clock: FixedClock, scheduler: Scheduler
) -> None:
    await scheduler.beat(at(20, day=20))
    await ticked(database)

    anew = Scheduler(database, wake, clock, scheduler.jobs)
    await anew.beat(at(9, 2, day=24))

    assert await ticked(database) == [
        ("morning", at(8, 30)),
        ("reminders-due", at(9, 0)),
        ("seal-audit", at(9, 2)),
    ]


async def test_what_is_older_than_its_grace_is_left_out(
    database: Database, wake: LocalWake, clock: FixedClock, scheduler: Scheduler
) -> None:
    await scheduler.beat(at(20, day=23))
    await ticked(database)

    await Scheduler(database, wake, clock, (MORNING,)).beat(at(12))

    assert await ticked(database) == []


async def test_the_first_beat_ever_catches_up_nothing(database: Database, scheduler: Scheduler) -> None:
    await scheduler.beat(at(9, 1, second=30))

    assert await ticked(database) == []


async def test_when_the_demos_clock_is_moved_all_happens_that_would_have_happened(
    database: Database, wake: LocalWake
) -> None:
    clock = MovableClock(database, FixedClock(at(8, 15, second=30)))
    scheduler = Scheduler(database, wake, clock, (MORNING, DUE, SEAL))

    moments = await scheduler.move(clock, timedelta(minutes=20))

    found = await ticked(database)
    assert found == [
        ("reminders-due", at(8, 20)),
        ("reminders-due", at(8, 25)),
        ("morning", at(8, 30)),
        ("reminders-due", at(8, 30)),
        ("reminders-due", at(8, 35)),
        ("seal-audit", at(8, 35)),
    ]
    assert moments == len(found)
    assert clock.now() == at(8, 35, second=30)


async def test_a_clock_that_went_back_starts_nothing_again(database: Database, scheduler: Scheduler) -> None:
    await scheduler.beat(at(8, 29))
    await scheduler.beat(at(8, 31))
    await ticked(database)

    await scheduler.beat(at(8, 29))
    await scheduler.beat(at(8, 31))

    assert await ticked(database) == []


async def test_a_job_can_be_started_by_hand(
    database: Database, wake: LocalWake, clock: FixedClock, scheduler: Scheduler
) -> None:
    await scheduler.tick("morning")
    await scheduler.tick("morning", at(8, 30))
    await scheduler.tick("morning", at(8, 30))

    assert await wake.wait(INBOX, 0)
    assert await ticked(database) == [("morning", clock.now()), ("morning", at(8, 30))]


async def test_an_unknown_job_is_refused_with_the_names_of_those_that_there_are(
    scheduler: Scheduler,
) -> None:
    with pytest.raises(UnknownJob, match="morning、reminders-due、seal-audit"):
        await scheduler.tick("nightly")


async def test_the_metronome_beats_by_itself(database: Database, scheduler: Scheduler) -> None:
    scheduler.start()
    async with asyncio.timeout(10):
        while True:
            async with database.reading() as unit:
                if await unit.marks.get("last-beat"):
                    break
            await asyncio.sleep(0.05)
    await scheduler.stop()


async def test_the_demos_clock_remembers_how_far_it_was_moved(database: Database) -> None:
    base = FixedClock(at(8))
    clock = MovableClock(database, base)
    await clock.move(timedelta(days=2))
    await clock.move(timedelta(hours=1))
    with pytest.raises(ValueError, match="往前"):
        await clock.move(timedelta(seconds=-1))

    anew = MovableClock(database, base)
    await anew.load()

    assert anew.now() == clock.now() == at(9, day=26)
