"""The inbox gives updates out once, in order within a lane, to whoever holds the lane's lease."""

import asyncio
from datetime import timedelta

import pytest

from bot.clock import FixedClock
from storage.database import Database
from storage.inbox import Arrival, LeaseLost
from storage.models.engine import InboxUpdate
from storage.secrets import Keyring

LEASE = 60.0


def arrival(clock: FixedClock, update_id: str, lane: str = "a") -> Arrival:
    return Arrival(update_id, lane, "said", '{"text": "…"}', clock.now())


async def put(database: Database, *arrivals: Arrival) -> None:
    async with database.unit() as unit:
        await unit.inbox.put_many(arrivals)


async def claim(database: Database, owner: str, clock: FixedClock) -> InboxUpdate | None:
    async with database.unit() as unit:
        claimed = await unit.inbox.claim_lane(owner, clock.now(), LEASE)
    return claimed[1] if claimed else None


async def finish(database: Database, row: InboxUpdate, owner: str, clock: FixedClock) -> InboxUpdate | None:
    async with database.unit() as unit:
        await unit.inbox.done(row, owner, clock.now())
    async with database.unit() as unit:
        return await unit.inbox.next_or_release(row.lane, owner, clock.now())


async def test_a_lane_comes_in_order_and_one_at_a_time(database: Database, clock: FixedClock) -> None:
    await put(database, *(arrival(clock, each) for each in "123"))
    seen = []

    row = await claim(database, "me", clock)
    assert await claim(database, "you", clock) is None
    while row is not None:
        seen.append(row.update_id)
        row = await finish(database, row, "me", clock)

    assert seen == ["1", "2", "3"]
    assert await claim(database, "you", clock) is None


async def test_another_lane_does_not_wait(database: Database, clock: FixedClock) -> None:
    await put(database, arrival(clock, "1", "a"), arrival(clock, "2", "a"), arrival(clock, "3", "b"))

    first = await claim(database, "me", clock)
    other = await claim(database, "you", clock)

    assert first is not None
    assert other is not None
    assert (first.update_id, other.update_id) == ("1", "3")


async def test_a_known_update_changes_nothing_even_when_it_is_done(
    database: Database, clock: FixedClock
) -> None:
    await put(database, arrival(clock, "1"), arrival(clock, "1"))
    row = await claim(database, "me", clock)
    assert row is not None
    await finish(database, row, "me", clock)

    await put(database, arrival(clock, "1"))

    assert await claim(database, "me", clock) is None


async def test_what_waits_holds_back_its_lane_and_no_other(database: Database, clock: FixedClock) -> None:
    await put(database, arrival(clock, "1", "a"), arrival(clock, "2", "a"), arrival(clock, "3", "b"))
    row = await claim(database, "me", clock)
    assert row is not None
    async with database.unit() as unit:
        await unit.inbox.later(row, "me", clock.now() + timedelta(minutes=5), "away")
        await unit.inbox.release("a", "me")

    other = await claim(database, "me", clock)
    assert other is not None
    assert other.update_id == "3"
    await finish(database, other, "me", clock)
    assert await claim(database, "me", clock) is None

    clock.move(timedelta(minutes=5))
    again = await claim(database, "me", clock)
    assert again is not None
    assert (again.update_id, again.attempts) == ("1", 1)


async def test_a_lease_that_ran_out_is_given_to_another(database: Database, clock: FixedClock) -> None:
    await put(database, arrival(clock, "1"))
    assert await claim(database, "killed", clock) is not None

    clock.move(timedelta(seconds=LEASE - 1))
    assert await claim(database, "me", clock) is None
    clock.move(timedelta(seconds=1))
    row = await claim(database, "me", clock)

    assert row is not None
    assert (row.update_id, row.begun) == ("1", 2)


async def test_a_renewed_lease_stays(database: Database, clock: FixedClock) -> None:
    await put(database, arrival(clock, "1"))
    await claim(database, "me", clock)
    clock.move(timedelta(seconds=LEASE - 1))
    async with database.unit() as unit:
        await unit.inbox.renew("a", "me", clock.now(), LEASE)
    clock.move(timedelta(seconds=LEASE - 1))

    assert await claim(database, "you", clock) is None


async def test_who_lost_the_lease_can_end_nothing_and_what_it_wrote_is_taken_back(
    database: Database, clock: FixedClock
) -> None:
    await put(database, arrival(clock, "1"))
    slow = await claim(database, "slow", clock)
    clock.move(timedelta(seconds=LEASE))
    quick = await claim(database, "quick", clock)
    assert slow is not None
    assert quick is not None

    async def end_late() -> None:
        async with database.unit() as unit:
            await unit.marks.set("written-by", "slow", clock.now())
            await unit.inbox.done(slow, "slow", clock.now())

    with pytest.raises(LeaseLost):
        await end_late()
    with pytest.raises(LeaseLost):
        async with database.unit() as unit:
            await unit.inbox.renew("a", "slow", clock.now(), LEASE)
    await finish(database, quick, "quick", clock)

    async with database.reading() as unit:
        assert await unit.marks.get("written-by") is None


async def test_nothing_is_ended_twice(database: Database, clock: FixedClock) -> None:
    await put(database, arrival(clock, "1"))
    row = await claim(database, "me", clock)
    assert row is not None
    async with database.unit() as unit:
        await unit.inbox.done(row, "me", clock.now())

    with pytest.raises(LeaseLost):
        async with database.unit() as unit:
            await unit.inbox.done(row, "me", clock.now())


async def test_a_parked_update_lets_its_lane_go_on_and_can_be_replayed(
    database: Database, clock: FixedClock
) -> None:
    await put(database, arrival(clock, "1"), arrival(clock, "2"))
    row = await claim(database, "me", clock)
    assert row is not None
    assert row.id is not None
    async with database.unit() as unit:
        await unit.inbox.park(row, "me", "ValueError")
    async with database.unit() as unit:
        following = await unit.inbox.next_or_release("a", "me", clock.now())
        assert following is not None
        assert following.update_id == "2"
        parked = await unit.inbox.parked()
    assert [(each.update_id, each.error) for each in parked] == [("1", "ValueError")]

    async with database.unit() as unit:
        assert await unit.inbox.replay(row.id)
        assert not await unit.inbox.replay(row.id)
        await unit.inbox.release("a", "me")

    again = await claim(database, "me", clock)
    assert again is not None
    assert (again.update_id, again.attempts, again.begun) == ("1", 0, 1)


async def test_what_was_given_back_does_not_count_as_a_crash(database: Database, clock: FixedClock) -> None:
    await put(database, arrival(clock, "1"))
    for _ in range(3):
        row = await claim(database, "me", clock)
        assert row is not None
        assert row.begun == 1
        async with database.unit() as unit:
            await unit.inbox.release("a", "me")


async def test_an_update_whose_key_is_lost_is_parked_and_stops_nobody(
    database: Database, clock: FixedClock
) -> None:
    stranger = Database(database.url, Keyring([b"x" * 32]))
    await put(stranger, arrival(clock, "1"))
    await stranger.close()
    await put(database, arrival(clock, "2"))

    row = await claim(database, "me", clock)

    assert row is not None
    assert row.update_id == "2"
    async with database.reading() as unit:
        (parked,) = await unit.inbox.parked()
    assert (parked.update_id, parked.payload) == ("1", "")
    assert "密钥" in parked.error


async def test_what_ended_long_ago_can_be_forgotten_and_nothing_else(
    database: Database, clock: FixedClock
) -> None:
    await put(
        database, arrival(clock, "done", "a"), arrival(clock, "parked", "b"), arrival(clock, "new", "c")
    )
    done, parked = await claim(database, "me", clock), await claim(database, "me", clock)
    assert done is not None
    assert parked is not None
    await finish(database, done, "me", clock)
    async with database.unit() as unit:
        await unit.inbox.park(parked, "me", "ValueError")

    async with database.unit() as unit:
        assert await unit.inbox.forget(clock.now()) == 0
        assert await unit.inbox.forget(clock.now() + timedelta(seconds=1)) == 1
        assert await unit.inbox.depth() == 1
        assert len(await unit.inbox.parked()) == 1


async def test_two_processes_share_the_lanes_and_no_update_is_taken_twice(
    database: Database, second: Database, clock: FixedClock
) -> None:
    lanes = 6
    await put(
        database, *(arrival(clock, f"{n}:{lane}", f"lane{lane}") for n in range(4) for lane in range(lanes))
    )
    handled: list[tuple[str, str]] = []

    async def work(where: Database, owner: str) -> None:
        turn = 0
        while True:
            turn += 1
            me = f"{owner}/{turn}"
            row = await claim(where, me, clock)
            if row is None:
                return
            while row is not None:
                handled.append((row.lane, row.update_id))
                row = await finish(where, row, me, clock)

    await asyncio.gather(*(work(each, f"{n}") for n, each in enumerate((database, second, database, second))))

    assert len(handled) == len(set(handled)) == 4 * lanes
    for lane in range(lanes):
        mine = [update_id for name, update_id in handled if name == f"lane{lane}"]
        assert mine == [f"{n}:{lane}" for n in range(4)]
    async with database.reading() as unit:
        assert await unit.inbox.depth() == 0
