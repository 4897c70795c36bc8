"""What may be forgotten: one suite over memory and Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from storage.cache import Cache, MemoryCache, RedisCache
from storage.secrets import Keyring

SHORT, LONG = 0.05, 60.0


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest, keyring: Keyring) -> AsyncIterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
        return
    made = RedisCache(request.getfixturevalue("redis_url"), keyring)
    yield made
    await made.close()


async def test_a_value_comes_back_until_it_is_dropped(cache: Cache) -> None:
    assert await cache.get("token") is None
    await cache.put("token", "值", LONG)
    assert await cache.get("token") == "值"
    await cache.drop("token")
    assert await cache.get("token") is None


async def test_a_value_is_forgotten_in_time(cache: Cache) -> None:
    await cache.put("token", "1", SHORT)
    await asyncio.sleep(SHORT * 2)  # Redis has a clock of its own
    assert await cache.get("token") is None


async def test_one_of_many_gets_the_lock(cache: Cache) -> None:
    got = await asyncio.gather(*(cache.claim("lock", LONG) for _ in range(10)))
    assert sum(got) == 1
    await cache.drop("lock")
    assert await cache.claim("lock", SHORT)
    await asyncio.sleep(SHORT * 2)
    assert await cache.claim("lock", LONG)


async def test_counting_begins_anew_with_the_window(cache: Cache) -> None:
    assert [await cache.count("calls", SHORT) for _ in range(3)] == [1, 2, 3]
    await asyncio.sleep(SHORT * 2)
    assert await cache.count("calls", LONG) == 1
    assert await cache.count("other", LONG) == 1


async def test_tokens_are_encrypted_in_redis(redis_url: str, keyring: Keyring) -> None:
    made = RedisCache(redis_url, keyring)
    await made.put("token", "access-token", LONG)
    raw = Redis.from_url(redis_url)
    stored = await raw.get("baifang:token")
    await raw.aclose()
    await made.close()
    assert stored is not None
    assert b"access-token" not in stored
