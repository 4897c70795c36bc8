"""Intake acknowledges only what is durable, and many share one commit."""

import asyncio

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.clock import FixedClock
from bot.intake import Intake
from bot.wake import INBOX, LocalWake
from handlers.kernel.update import Said, Sender, load
from storage.database import Database


def said(clock: FixedClock, update_id: str, text: str = "拜访了华兴") -> Said:
    return Said(update_id, Sender("local", "1"), "local:1", clock.now(), text)


async def kept(database: Database, clock: FixedClock) -> list[tuple[str, str]]:
    found = []
    async with database.unit() as unit:
        claimed = await unit.inbox.claim_lane("test", clock.now(), 60)
        row = claimed[1] if claimed else None
        while row is not None:
            found.append((row.update_id, load(row.kind, row.payload).text))  # type: ignore[union-attr]
            await unit.inbox.done(row, "test", clock.now())
            row = await unit.inbox.next_or_release("local:1", "test", clock.now())
    return found


async def test_what_was_put_is_durable_and_rings(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    await Intake(database, wake, clock).put(said(clock, "1"))

    assert await wake.wait(INBOX, 0)
    assert await kept(database, clock) == [("1", "拜访了华兴")]


async def test_fifty_deliveries_of_one_message_are_one_update(
    database: Database, second: Database, wake: LocalWake, clock: FixedClock
) -> None:
    doors = [Intake(each, wake, clock) for each in (database, second)]

    await asyncio.gather(*(doors[n % 2].put(said(clock, "1")) for n in range(50)))

    assert await kept(database, clock) == [("1", "拜访了华兴")]


async def test_many_updates_share_few_commits_and_keep_their_order(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    commits: list[object] = []
    event.listen(database.engine.sync_engine, "commit", commits.append)

    intake = Intake(database, wake, clock)
    await asyncio.gather(*(intake.put(said(clock, str(n))) for n in range(300)))

    assert len(commits) <= 3
    assert [update_id for update_id, _ in await kept(database, clock)] == [str(n) for n in range(300)]


async def test_an_update_that_the_database_refuses_does_not_take_its_neighbours_along(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    intake = Intake(database, wake, clock)
    unkeepable = "2\ud800"

    answers = await asyncio.gather(
        *(intake.put(said(clock, each)) for each in ("1", unkeepable, "3")), return_exceptions=True
    )

    assert [isinstance(each, Exception) for each in answers] == [False, True, False]
    assert [update_id for update_id, _ in await kept(database, clock)] == ["1", "3"]


async def test_when_the_database_is_away_nobody_is_told_yes(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("connect", {}, ConnectionRefusedError())

    intake = Intake(database, wake, clock)
    event.listen(database.engine.sync_engine, "begin", fail)
    answers = await asyncio.gather(*(intake.put(said(clock, each)) for each in "12"), return_exceptions=True)
    assert all(isinstance(each, OperationalError) for each in answers)
    event.remove(database.engine.sync_engine, "begin", fail)

    await intake.put(said(clock, "1"))
    assert [update_id for update_id, _ in await kept(database, clock)] == ["1"]


async def test_who_gave_up_waiting_disturbs_nobody(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    intake = Intake(database, wake, clock)
    impatient = asyncio.create_task(intake.put(said(clock, "1")))
    await asyncio.sleep(0)
    impatient.cancel()
    await intake.put(said(clock, "2"))

    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert [update_id for update_id, _ in await kept(database, clock)] == ["1", "2"]
