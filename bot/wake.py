"""Wakes whoever waits for work; a wake-up that is lost costs a second of polling and never a fact."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from secrets import token_hex
from typing import Protocol, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

INBOX = "inbox"
OUTBOX = "outbox"
FIRST_INBOX = "inbox.first"
FIRST_OUTBOX = "outbox.first"
"""For what must not queue behind anything: a welcome, and the news that one is due."""

_CHANNEL = "baifang:wake"
_RETRY_SECONDS = 2.0
_MAX_UNSENT = 100

log = structlog.get_logger(__name__)


class Wake(Protocol):
    def ring(self, topic: str) -> None:
        """There is work on the topic. Call it after the commit; it never waits and never fails."""
        ...

    async def wait(self, topic: str, seconds: float) -> bool:
        """Until the topic is rung, or was since the last wait; False after `seconds` without."""
        ...


class LocalWake:
    """Wake-ups within one process."""

    def __init__(self) -> None:
        self._rung: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def ring(self, topic: str) -> None:
        self._rung[topic].set()

    async def wait(self, topic: str, seconds: float) -> bool:
        event = self._rung[topic]
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True


class RedisWake:
    """Wake-ups across processes, by Redis' publish and subscribe. `async with` runs its two tasks.

    This process is woken directly; without Redis the others find the work by polling.
    """

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url)
        self._me = token_hex(8)
        self._local = LocalWake()
        self._unsent: asyncio.Queue[str] = asyncio.Queue(_MAX_UNSENT)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._again(each)) for each in (self._publish, self._listen)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def ring(self, topic: str) -> None:
        self._local.ring(topic)
        # A full queue means that Redis is away; the others poll meanwhile.
        with suppress(asyncio.QueueFull):
            self._unsent.put_nowait(topic)

    async def wait(self, topic: str, seconds: float) -> bool:
        return await self._local.wait(topic, seconds)

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does the work for ever, and again after a pause where Redis was away."""
        while True:
            try:
                await work()
            except (RedisError, OSError) as error:
                log.warning("wake_redis_away", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _publish(self) -> None:
        while True:
            topic = await self._unsent.get()
            await self._redis.publish(_CHANNEL, f"{self._me} {topic}")

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(_CHANNEL)
            async for message in channel.listen():
                sender, _, topic = message["data"].decode().partition(" ")
                if sender != self._me:
                    self._local.ring(topic)
