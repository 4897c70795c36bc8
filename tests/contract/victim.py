"""A process that takes updates in and works on them until it is killed; prints what it acknowledged."""

import asyncio
import sys
from datetime import UTC
from itertools import count

from bot.clock import SystemClock
from bot.intake import Intake
from bot.wake import LocalWake
from bot.worker import Worker
from handlers.kernel.update import Said, Sender
from storage.database import Database
from storage.models.engine import InboxUpdate
from storage.secrets import Keyring

SENDERS = 8


async def live(url: str, name: str) -> None:
    database, clock, wake = Database(url, Keyring([b"k" * 32])), SystemClock(UTC), LocalWake()

    async def turn(row: InboxUpdate, owner: str) -> None:
        async with database.unit() as unit:
            done = await unit.marks.lock(row.update_id, clock.now())
            await unit.marks.set(row.update_id, (done or 0) + 1, clock.now())
            await unit.outbox.put(
                key=row.update_id, person_id=1, platform="local", address=row.lane, kind="text",
                content="…", at=clock.now(),
            )  # fmt: skip
            await unit.inbox.done(row, owner, clock.now())

    async def send(sender: int) -> None:
        for n in count():
            update_id = f"{name}:{sender}:{n}"
            await intake.put(Said(update_id, Sender("local", "1"), f"lane{sender}", clock.now(), "…"))
            sys.stdout.write(update_id + "\n")
            sys.stdout.flush()

    intake = Intake(database, wake, clock)
    worker = Worker(database, wake, clock, turn, owner=name)
    await asyncio.gather(worker.run(), *(send(each) for each in range(SENDERS)))


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], sys.argv[2]))
