"""Where a person's last message may be answered, for as long as DingTalk lets it be."""

from bot.platforms import TryLater
from bot.platforms.dingtalk.inbound import Message
from storage.cache import Cache, CacheAway

EARLY_SECONDS = 60.0
SEEN_SECONDS = 600.0
"""By then a message that was not acknowledged has come again, or never will."""


class Hooks:
    """In the cache: losing one only means that the answer is a push."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def remember(self, found: Message) -> None:
        seconds = found.hook_seconds - EARLY_SECONDS
        if not found.hook or found.is_group or seconds <= 0:
            return
        try:
            await self._cache.put(_key(found.address), found.hook, seconds)
        except CacheAway:
            return

    async def is_first(self, found: Message) -> bool:
        """Whether the message was not seen before; where nobody knows, it was."""
        try:
            return await self._cache.claim(f"dingtalk:seen:{found.id}", SEEN_SECONDS)
        except CacheAway:
            return False

    async def get(self, address: str) -> str:
        """ "" for none. Raises TryLater."""
        try:
            return await self._cache.get(_key(address)) or ""
        except CacheAway as away:
            raise TryLater(f"Redis: {away}") from away

    async def drop(self, address: str) -> None:
        try:
            await self._cache.drop(_key(address))
        except CacheAway:
            return


def _key(address: str) -> str:
    return f"dingtalk:hook:{address}"
