"""Callbacks of tapped cards, while they wait for what the card is to show: it comes from the outbox."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from bot.platforms.dingtalk.template import Params

REMEMBERED = 1_000
TOLD_SECONDS = 3.0
"""How long the far side may take to take an answer."""


def _future() -> "asyncio.Future[Params | None]":
    return asyncio.get_running_loop().create_future()


@dataclass
class _Waiting:
    address: str
    shows: "asyncio.Future[Params | None]" = field(default_factory=_future)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: bool = False


class Answers:
    """By the name of the callback's ticket. Lives in the process that heard the tap."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._over: deque[str] = deque(maxlen=REMEMBERED)

    def expect(self, name: str, address: str) -> None:
        self._waiting[name] = _Waiting(address)

    async def wait(self, name: str, seconds: float) -> Params | None:
        """What the card shows now; None where nothing came in time, or another way. `ended` has to follow."""
        shows = self._waiting[name].shows
        # Not by a timeout around it, which would drop what comes in the last moment.
        await asyncio.wait({shows}, timeout=max(0.0, seconds))
        if shows.done():
            return shows.result()
        shows.cancel()
        return None

    def release(self, address: str) -> None:
        """Whoever tapped is answered by a message of its own: his callback need not wait."""
        for waiting in self._waiting.values():
            if waiting.address == address and not waiting.shows.done():
                waiting.shows.set_result(None)

    def ended(self, name: str, *, arrived: bool) -> None:
        """The callback is over; `arrived`: its answer went out."""
        waiting = self._waiting.pop(name)
        self._over.append(name)
        waiting.arrived = arrived
        waiting.told.set()

    async def give(self, name: str, params: Params) -> bool:
        """Whether the callback still waited, and its answer went out with this."""
        waiting = self._waiting.get(name)
        if waiting is None or waiting.shows.done():
            return False
        waiting.shows.set_result(params)
        try:
            async with asyncio.timeout(TOLD_SECONDS):
                await waiting.told.wait()
        except TimeoutError:
            return False
        return waiting.arrived

    def is_over(self, name: str) -> bool:
        """Whether this process heard the tap, and its callback is answered."""
        return name in self._over
