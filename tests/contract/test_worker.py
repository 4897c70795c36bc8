"""The worker: every update once, in order in its lane, several lanes at a time, whatever is cut off when."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.clock import FixedClock
from bot.lanes import LEASE_SECONDS, MAX_BEGUN
from bot.wake import INBOX, LocalWake
from bot.worker import Worker
from storage.database import Database
from storage.inbox import Arrival
from storage.models.engine import InboxUpdate


class Turn:
    """A turn that writes a mark for each update in the transaction that ends it."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock
        self.begun: list[str] = []
        self.at_work: set[str] = set()
        self.most_at_work = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.fault: BaseException | None = None

    async def __call__(self, row: InboxUpdate, owner: str) -> None:
        assert row.lane not in self.at_work
        self.at_work.add(row.lane)
        self.most_at_work = max(self.most_at_work, len(self.at_work))
        self.begun.append(row.update_id)
        try:
            await self.hold.wait()
            async with self.database.unit(update_id=row.update_id) as unit:
                kept = await unit.marks.lock(row.update_id, self.clock.now())
                await unit.marks.set(row.update_id, (kept or 0) + 1, self.clock.now())
                if self.fault is not None:
                    raise self.fault
                await unit.inbox.done(row, owner, self.clock.now())
        finally:
            self.at_work.discard(row.lane)

    async def effects(self, *update_ids: str) -> list[int | None]:
        """How often each update took effect."""
        async with self.database.reading() as unit:
            return [await unit.marks.get(each) for each in update_ids]


@pytest.fixture
def turn(database: Database, clock: FixedClock) -> Turn:
    return Turn(database, clock)


@pytest.fixture
def worker(database: Database, wake: LocalWake, clock: FixedClock, turn: Turn) -> Worker:
    return Worker(database, wake, clock, turn, owner="one")


async def put(database: Database, clock: FixedClock, *updates: str) -> None:
    """Updates named lane:number."""
    async with database.unit() as unit:
        await unit.inbox.put_many(
            [Arrival(each, each.split(":")[0], "said", "{}", clock.now()) for each in updates]
        )


async def until(condition: Callable[[], object]) -> None:
    """Lets the loop run until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (what is waited for happens in the database)
            await asyncio.sleep(0.01)


async def test_four_updates_of_one_lane_that_come_at_once_are_done_in_order(
    database: Database, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1", "a:2", "a:3", "a:4")

    assert await worker.once()

    assert turn.begun == ["a:1", "a:2", "a:3", "a:4"]
    assert await turn.effects(*turn.begun) == [1, 1, 1, 1]
    assert not await worker.once()


async def test_lanes_go_side_by_side_but_no_more_than_allowed(
    database: Database, wake: LocalWake, clock: FixedClock, turn: Turn
) -> None:
    worker = Worker(database, wake, clock, turn, owner="one", lanes=3)
    await put(database, clock, *(f"{lane}:{n}" for lane in "abcde" for n in (1, 2)))
    turn.hold.clear()
    running = asyncio.create_task(worker.run())

    await until(lambda: len(turn.at_work) == 3)
    turn.hold.set()
    await until(lambda: len(turn.begun) == 10 and not turn.at_work)
    await worker.stop()
    await running

    assert turn.most_at_work == 3
    assert await turn.effects(*turn.begun) == [1] * 10


async def test_a_ring_wakes_an_idle_worker(
    database: Database, wake: LocalWake, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.05)
    await put(database, clock, "a:1")
    wake.ring(INBOX)

    await until(lambda: turn.begun == ["a:1"])
    await worker.stop()
    await running


async def test_a_bug_parks_its_update_without_its_words_and_the_lane_goes_on(
    database: Database, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1")
    turn.fault = ValueError("张总 13800138000")
    await worker.once()
    turn.fault = None
    await put(database, clock, "a:2")
    await worker.once()

    async with database.reading() as unit:
        (parked,) = await unit.inbox.parked()
    assert parked.update_id == "a:1"
    assert parked.error.startswith("ValueError @ ")
    assert "138" not in parked.error
    assert await turn.effects("a:1", "a:2") == [None, 1]

    async with database.unit() as unit:
        assert parked.id is not None
        await unit.inbox.replay(parked.id)
    await worker.once()
    assert await turn.effects("a:1") == [1]


async def test_a_database_that_is_briefly_away_puts_the_update_off(
    database: Database, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1", "a:2")
    turn.fault = OperationalError("", {}, ConnectionResetError())
    await worker.once()
    turn.fault = None
    assert turn.begun == ["a:1"]

    clock.move(timedelta(seconds=1))
    await worker.once()

    assert await turn.effects("a:1", "a:2") == [1, 1]


async def test_a_worker_outlives_a_database_that_is_away(
    database: Database, wake: LocalWake, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("connect", {}, ConnectionRefusedError())

    event.listen(database.engine.sync_engine, "begin", fail)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.1)
    event.remove(database.engine.sync_engine, "begin", fail)
    await put(database, clock, "a:1")
    wake.ring(INBOX)

    await until(lambda: turn.begun == ["a:1"])
    await worker.stop()
    await running
    assert await turn.effects("a:1") == [1]


async def test_a_worker_that_is_killed_in_the_middle_leaves_it_undone_and_another_does_it_again(
    database: Database, second: Database, wake: LocalWake, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1")
    async with database.unit() as unit:  # as if the process died right after its claim
        assert await unit.inbox.claim_lane("killed/1", clock.now(), LEASE_SECONDS)
    assert not await worker.once()

    clock.move(timedelta(seconds=LEASE_SECONDS))
    await worker.once()

    assert await turn.effects("a:1") == [1]


async def test_an_update_that_kills_its_worker_each_time_is_parked(
    database: Database, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1", "a:2")
    for attempt in range(MAX_BEGUN):
        async with database.unit() as unit:
            assert await unit.inbox.claim_lane(f"killed/{attempt}", clock.now(), LEASE_SECONDS)
        clock.move(timedelta(seconds=LEASE_SECONDS))

    await worker.once()

    assert turn.begun == ["a:2"]
    async with database.reading() as unit:
        assert [each.update_id for each in await unit.inbox.parked()] == ["a:1"]


async def test_a_cancelled_worker_gives_its_lanes_back_at_once(
    database: Database, wake: LocalWake, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1")
    turn.hold.clear()
    running = asyncio.create_task(worker.run())
    await until(lambda: turn.at_work)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    turn.hold.set()

    await Worker(database, wake, clock, turn, owner="two").once()

    assert turn.begun == ["a:1", "a:1"]
    assert await turn.effects("a:1") == [1]


async def test_stopping_lets_what_was_begun_end_and_begins_nothing_new(
    database: Database, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1", "a:2")
    turn.hold.clear()
    running = asyncio.create_task(worker.run())
    await until(lambda: turn.at_work)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    turn.hold.set()
    await asyncio.gather(stopping, running)

    assert turn.begun == ["a:1"]
    assert await turn.effects("a:1", "a:2") == [1, None]
    async with database.unit() as unit:
        assert await unit.inbox.claim_lane("next", clock.now(), LEASE_SECONDS)


async def test_who_lost_its_lease_meanwhile_takes_no_effect(
    database: Database, second: Database, wake: LocalWake, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    await put(database, clock, "a:1")
    turn.hold.clear()
    slow = asyncio.create_task(worker.once())
    await until(lambda: turn.at_work)
    clock.move(timedelta(seconds=LEASE_SECONDS))
    other = Turn(second, clock)
    await Worker(second, wake, clock, other, owner="two").once()
    turn.hold.set()
    await slow

    assert turn.begun == other.begun == ["a:1"]
    assert await turn.effects("a:1") == [1]


async def test_two_processes_do_everything_once(
    database: Database, second: Database, wake: LocalWake, clock: FixedClock, turn: Turn, worker: Worker
) -> None:
    names = [f"{lane}:{n}" for n in range(5) for lane in "abcdef"]
    await put(database, clock, *names)
    other = Turn(second, clock)
    running = [
        asyncio.create_task(each.run())
        for each in (worker, Worker(second, LocalWake(), clock, other, owner="two"))
    ]
    await until(lambda: len(turn.begun) + len(other.begun) >= len(names))
    await until(lambda: not turn.at_work and not other.at_work)
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)

    assert await turn.effects(*names) == [1] * len(names)
    for begun in (turn.begun, other.begun):
        for lane in "abcdef":
            mine = [each for each in begun if each.startswith(lane)]
            assert mine == sorted(mine)
