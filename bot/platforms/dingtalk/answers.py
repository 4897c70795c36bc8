"""Callbacks of tapped cards, while they wait for what the card is to show: it comes from the outbox."""

import asyncio
from collections import deque

from bot.platforms.dingtalk.template import Params

REMEMBERED = 1_000


class Answers:
    """By the name of the callback's ticket. Lives in the process that heard the tap."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Params]] = {}
        self._over: deque[str] = deque(maxlen=REMEMBERED)

    async def wait(self, name: str, seconds: float) -> Params | None:
        """What the card shows now; None where nothing came in time. Call `expect` first."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await self._waiting[name]
        except TimeoutError:
            return None
        finally:
            self.forget(name)

    def expect(self, name: str) -> None:
        self._waiting[name] = asyncio.get_running_loop().create_future()

    def forget(self, name: str) -> None:
        self._waiting.pop(name, None)
        self._over.append(name)

    def give(self, name: str, params: Params) -> bool:
        """Whether the callback still waits, and shows this."""
        waiting = self._waiting.get(name)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(params)
        return True

    def is_over(self, name: str) -> bool:
        """Whether this process heard the tap, and its callback is answered."""
        return name in self._over
