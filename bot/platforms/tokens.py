"""One access token for all processes, and one refresh of it at a time."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.platforms import TryLater
from storage.cache import Cache, CacheAway

LOCK_SECONDS = 20.0
"""How long one refresh of the token may take before another process tries."""
LOOK_SECONDS = 0.1
EARLY_SECONDS = 300
"""A token is renewed so long before it ends."""


class SharedToken:
    """`fetch` asks the platform: the token, and the seconds that it is good for."""

    def __init__(self, cache: Cache, key: str, fetch: Callable[[], Awaitable[tuple[str, int]]]) -> None:
        self._cache = cache
        self._key = key
        self._fetch: Callable[[], Awaitable[tuple[str, int]]] = fetch
        self._turn = asyncio.Lock()

    async def get(self, stale: str = "") -> str:
        """The token; another one than `stale`, which was not taken any more. Raises what `fetch` raises."""
        try:
            async with self._turn:
                return await self._get(stale)
        except CacheAway as away:
            raise TryLater(f"Redis: {away}") from away

    async def _get(self, stale: str) -> str:
        while True:
            known = await self._cache.get(f"{self._key}:token")
            if known and known != stale:
                return known
            if await self._cache.claim(f"{self._key}:refresh", LOCK_SECONDS):
                try:
                    return await self._renewed()
                finally:
                    await self._cache.drop(f"{self._key}:refresh")
            await asyncio.sleep(LOOK_SECONDS)

    async def _renewed(self) -> str:
        token, seconds = await self._fetch()
        await self._cache.put(f"{self._key}:token", token, max(60, seconds - EARLY_SECONDS))
        return token
