"""Wake-ups: one suite within a process and across Redis."""

import asyncio

from bot.wake import INBOX, OUTBOX, LocalWake, RedisWake


async def test_who_waits_is_woken_and_a_ring_before_the_wait_is_not_lost() -> None:
    wake = LocalWake()
    waiting = asyncio.create_task(wake.wait(INBOX, 5))
    await asyncio.sleep(0)
    wake.ring(INBOX)
    assert await waiting
    wake.ring(INBOX)
    assert await wake.wait(INBOX, 0.01)
    assert not await wake.wait(INBOX, 0.01)


async def test_a_topic_wakes_nobody_elses() -> None:
    wake = LocalWake()
    wake.ring(OUTBOX)
    assert not await wake.wait(INBOX, 0.01)


async def test_redis_carries_a_ring_to_the_other_process(redis_url: str) -> None:
    async with RedisWake(redis_url) as here, RedisWake(redis_url) as there, asyncio.timeout(10):
        while True:  # until both have subscribed
            here.ring(INBOX)
            if await there.wait(INBOX, 0.05):
                break
        assert await here.wait(INBOX, 0)


async def test_without_redis_this_process_is_woken_all_the_same() -> None:
    async with RedisWake("redis://127.0.0.1:1/0") as wake:
        for _ in range(500):
            wake.ring(INBOX)
        assert await wake.wait(INBOX, 1)
        assert not await wake.wait(INBOX, 0.05)
