"""What a connection brought is kept until it is durable, each by itself: nothing holds up the next one."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.intake import Intake
from handlers.kernel.update import Update

KEEP_SECONDS = (0.2, 1.0, 2.0, 5.0, 10.0)
"""Pauses while an update can't be kept: the far side takes it for delivered, so it is not dropped here."""

log = structlog.get_logger(__name__)


class Keeping:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins work that goes on by itself."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def keep(self, update: Update) -> None:
        """Until it is durable: nobody sends it again."""
        tries = 0
        while True:
            try:
                await self._intake.put(update)
                return
            except Exception as error:  # noqa: BLE001 (the intake logged it)
                log.warning("update_not_kept", error=type(error).__name__, tries=tries)
            await asyncio.sleep(KEEP_SECONDS[min(tries, len(KEEP_SECONDS) - 1)])
            tries += 1

    async def done(self) -> None:
        """Returns when all that was begun has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
