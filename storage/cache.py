"""What may be forgotten at any time: tokens, counters, short locks; in Redis, or in one process' memory.

Nothing that was told or decided is kept here: losing all of it costs a little work and no fact.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage.secrets import Keyring

_PREFIX = "baifang:"
_PURPOSE = "cache."
_BUCKET_SECONDS = 7200.0
"""How long an unused bucket is remembered: longer than any takes to fill up again."""
_TAKE = """
local now, each, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = full - now - (burst - 1) * each
if wait > 0.000001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', full + each), 'PX', ARGV[4])
return '0'
"""


class CacheAway(Exception):
    """Redis does not answer: try later; nothing is lost."""


class Cache(Protocol):
    """Text by key, each for a number of seconds."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, seconds: float) -> None: ...

    async def claim(self, key: str, seconds: float) -> bool:
        """Takes the key unless somebody has it; True for the one who got it. A lock that runs out."""
        ...

    async def drop(self, key: str) -> None: ...

    async def count(self, key: str, seconds: float) -> int:
        """One more, and how many there were in the window that began with the first."""
        ...

    async def take(self, key: str, burst: int, each: float, now: float) -> float:
        """Takes one from a bucket of `burst` that gains one every `each` seconds, where it holds one.

        0.0 where it did; else the seconds until it will. `now` are seconds of the caller's clock.
        """
        ...


class MemoryCache:
    """For one process. `tick` gives seconds that only grow."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._kept: dict[str, tuple[str, float]] = {}

    async def get(self, key: str) -> str | None:
        value, until = self._kept.get(key, ("", 0.0))
        return value if until > self._tick() else None

    async def put(self, key: str, value: str, seconds: float) -> None:
        self._forget_old()
        self._kept[key] = (value, self._tick() + seconds)

    async def claim(self, key: str, seconds: float) -> bool:
        if await self.get(key) is not None:
            return False
        await self.put(key, "1", seconds)
        return True

    async def drop(self, key: str) -> None:
        self._kept.pop(key, None)

    async def count(self, key: str, seconds: float) -> int:
        before = await self.get(key)
        if before is None:
            await self.put(key, "1", seconds)
            return 1
        after = int(before) + 1
        self._kept[key] = (str(after), self._kept[key][1])
        return after

    async def take(self, key: str, burst: int, each: float, now: float) -> float:
        full = max(float(await self.get(key) or 0.0), now)
        wait = full - now - (burst - 1) * each
        if wait > 0.000001:
            return wait
        await self.put(key, repr(full + each), _BUCKET_SECONDS)
        return 0.0

    def _forget_old(self) -> None:
        now = self._tick()
        for key in [key for key, (_, until) in self._kept.items() if until <= now]:
            del self._kept[key]


class RedisCache:
    """For several processes. Values are encrypted: among them are the platforms' access tokens.

    Every method raises CacheAway where Redis does not answer.
    """

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._redis: Redis = Redis.from_url(url, decode_responses=True)
        self._keyring = keyring

    async def get(self, key: str) -> str | None:
        with _asking():
            sealed = await self._redis.get(_PREFIX + key)
        return None if sealed is None else self._keyring.decrypt(str(sealed), _PURPOSE + key)

    async def put(self, key: str, value: str, seconds: float) -> None:
        sealed = self._keyring.encrypt(value, _PURPOSE + key)
        with _asking():
            await self._redis.set(_PREFIX + key, sealed, px=_milliseconds(seconds))

    async def claim(self, key: str, seconds: float) -> bool:
        sealed = self._keyring.encrypt("1", _PURPOSE + key)
        with _asking():
            return bool(await self._redis.set(_PREFIX + key, sealed, px=_milliseconds(seconds), nx=True))

    async def drop(self, key: str) -> None:
        with _asking():
            await self._redis.delete(_PREFIX + key)

    async def count(self, key: str, seconds: float) -> int:
        # A name of its own: a counter is Redis' number and no token of ours.
        name = f"{_PREFIX}count:{key}"
        with _asking():
            async with self._redis.pipeline(transaction=True) as both:
                both.set(name, 0, px=_milliseconds(seconds), nx=True)
                both.incr(name)
                counted: int = (await both.execute())[-1]
        return counted

    async def take(self, key: str, burst: int, each: float, now: float) -> float:
        name = f"{_PREFIX}bucket:{key}"
        with _asking():
            wait = await self._redis.eval(_TAKE, 1, name, now, each, burst, _milliseconds(_BUCKET_SECONDS))
        return float(wait)

    async def close(self) -> None:
        await self._redis.aclose()


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise CacheAway(type(error).__name__) from error


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
