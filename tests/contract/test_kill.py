"""kill -9 at any moment: whatever was acknowledged is done, once, and nothing is half."""

import asyncio
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select

from bot.clock import FixedClock
from bot.lanes import LEASE_SECONDS
from bot.wake import LocalWake
from bot.worker import Worker
from storage.database import Database
from storage.models.engine import InboxUpdate, Mark, Outgoing

VICTIM = Path(__file__).with_name("victim.py")
KILLS = 3
ACKNOWLEDGED = 40


async def run_and_kill(url: str, name: str) -> list[str]:
    """What the process had acknowledged before it was killed in the midst of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(VICTIM), url, name, stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(VICTIM.parents[2])},
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(60):
        lines = [await process.stdout.readline() for _ in range(ACKNOWLEDGED)]
    process.kill()
    lines += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    return [line.decode().strip() for line in lines if line.endswith(b"\n")]


async def test_no_acknowledged_update_is_lost_and_none_takes_effect_twice(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    acknowledged = []
    for kill in range(KILLS):
        acknowledged += await run_and_kill(database.url, f"{kill}")

    async def turn(row: InboxUpdate, owner: str) -> None:
        async with database.unit() as unit:
            done = await unit.marks.lock(row.update_id, clock.now())
            await unit.marks.set(row.update_id, (done or 0) + 1, clock.now())
            await unit.outbox.put(
                key=row.update_id, person_id=1, platform="local", address=row.lane, kind="text",
                content="…", at=clock.now(),
            )  # fmt: skip
            await unit.inbox.done(row, owner, clock.now())

    async with database.reading() as unit:
        leases_end = max(each.received_at for each in (await unit.session.exec(select(InboxUpdate))).all())
    clock.at = leases_end + timedelta(seconds=2 * LEASE_SECONDS)
    await Worker(database, wake, clock, turn, owner="heir").once()

    async with database.reading() as unit:
        rows = (await unit.session.exec(select(InboxUpdate))).all()
        marks = (await unit.session.exec(select(Mark))).all()
        keys = (await unit.session.exec(select(Outgoing.key).order_by(col(Outgoing.id)))).all()
    assert set(acknowledged) <= {each.update_id for each in rows}
    assert {each.state for each in rows} == {"done"}
    assert Counter(each.value for each in marks) == {"1": len(rows)}
    assert sorted(keys) == sorted(each.update_id for each in rows)
    for lane in {each.lane for each in rows}:
        put = [each.update_id for each in sorted(rows, key=lambda row: row.id or 0) if each.lane == lane]
        assert [key for key in keys if key in put] == put
