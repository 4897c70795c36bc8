"""PostgreSQL is killed under load and comes back: whatever was acknowledged is done, and done once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.intake import Intake
from bot.lanes import LEASE_SECONDS
from bot.wake import LocalWake
from bot.worker import Worker
from handlers.kernel.update import Said, Sender
from storage.database import Database
from storage.models.engine import InboxUpdate
from storage.schema import upgrade
from storage.secrets import Keyring
from tests.servers import Postgres

UPDATES = 60


@pytest.fixture
def server(postgres_server: Postgres) -> Iterator[Postgres]:
    """A server that keeps its word when it is killed; the shared one trades that for speed."""
    made = Postgres(durable=True)
    made.start()
    yield made
    made.remove()


@pytest.fixture
async def database(server: Postgres, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Database]:
    await upgrade(server.url())
    opened = Database(server.url(), keyring, tmp_path / "files")
    yield opened
    await opened.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(40):
        while not condition():  # noqa: ASYNC110 (what is waited for happens in the database)
            await asyncio.sleep(0.01)


async def put_until_kept(intake: Intake, update: Said) -> None:
    """As a platform does: again and again until it is told yes."""
    while True:
        try:
            await intake.put(update)
        except Exception:  # noqa: BLE001 (whatever it was, the platform sees only that it was not a yes)
            await asyncio.sleep(0.05)
        else:
            return


async def depth(database: Database) -> int:
    async with database.reading() as unit:
        return await unit.inbox.depth()


async def test_a_killed_database_costs_time_and_nothing_else(
    database: Database, server: Postgres, wake: LocalWake, clock: FixedClock
) -> None:
    async def turn(row: InboxUpdate, owner: str) -> None:
        async with database.unit() as unit:
            done = await unit.marks.lock(row.update_id, clock.now())
            await unit.marks.set(row.update_id, (done or 0) + 1, clock.now())
            await unit.inbox.done(row, owner, clock.now())
        ended.append(row.update_id)

    ended: list[str] = []
    intake = Intake(database, wake, clock)
    worker = Worker(database, wake, clock, turn, owner="one")
    running = asyncio.create_task(worker.run())
    names = [str(n) for n in range(UPDATES)]
    putting = [
        asyncio.create_task(
            put_until_kept(intake, Said(name, Sender("local", name), f"lane{n % 7}", clock.now(), "…"))
        )
        for n, name in enumerate(names)
    ]
    await until(lambda: len(ended) >= 3)
    await asyncio.to_thread(server.kill)
    assert len(ended) < UPDATES
    await asyncio.sleep(0.3)
    await asyncio.to_thread(server.start)
    await asyncio.gather(*putting)
    async with asyncio.timeout(40):
        while await depth(database):
            clock.move(timedelta(seconds=LEASE_SECONDS))  # leases that nobody could give back run out
            await asyncio.sleep(0.2)
    await worker.stop()
    await running

    async with database.reading() as unit:
        assert [await unit.marks.get(name) for name in names] == [1] * UPDATES
        assert await unit.inbox.parked() == []
