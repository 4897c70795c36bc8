"""The Stream connection survives every kind of end, alone among processes, and never storms."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app import build
from bot.clock import FixedClock
from bot.intake import Intake
from bot.platforms.dingtalk.answers import Answers
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.ear import Ear
from bot.platforms.dingtalk.hooks import Hooks
from bot.platforms.dingtalk.meter import Meter
from bot.platforms.dingtalk.stream import StreamLine
from bot.platforms.keeping import Keeping
from bot.platforms.standing import Pauses
from bot.wake import LocalWake
from config.settings import Settings
from storage.cache import MemoryCache
from storage.database import Database
from storage.models.engine import InboxUpdate
from tests.extent import many
from tests.fakes.dingtalk import ENDS, TUESDAY, DingTalk, Push
from tests.wire.dingtalk_bot import peopled, settings_for
from tests.wire.wecom_bot import rows

GAP = 0.51
"""Real seconds that every pause lasts here: a ticket that is asked for without one would be seen."""
OTHERS = ("refused", "slammed", "no ticket")
KINDS = (*ENDS, *OTHERS)
TIMES = many(len(KINDS), 50)


class Bench:
    """A line on a clock that goes on only while the line keeps away."""

    def __init__(
        self, far: DingTalk, clock: FixedClock, database: Database, http: ClientSession, settings: Settings
    ) -> None:
        self.far = far
        self.clock = clock
        self.database = database
        self.http = http
        self.settings = settings
        self.waits: list[float] = []

    def line(self) -> StreamLine:
        cache = MemoryCache()
        api = Api(self.http, self.settings.dingtalk, cache, Meter(self.database, self.clock, 0))
        intake = Intake(self.database, LocalWake(), self.clock)
        keeping = Keeping(intake)
        ear = Ear(api, intake, self.clock, Hooks(cache), Answers(), keeping)
        return StreamLine(
            self.http,
            api,
            ear,
            keeping,
            self.database,
            self.clock,
            ping_seconds=0.1,
            look_seconds=0.02,
            wait=self.wait,
        )

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.move(timedelta(seconds=seconds))
        await asyncio.sleep(GAP)

    async def kept(self) -> list[str]:
        return sorted(each.update_id for each in await rows(self.database, InboxUpdate))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = FixedClock(TUESDAY)
    async with peopled(clock) as far, ClientSession() as http:
        settings = settings_for(tmp_path, far)
        async with build(settings, clock=clock) as app:
            yield Bench(far, clock, app.database, http, settings)
        assert far.problems == []


@asynccontextmanager
async def run(line: StreamLine) -> AsyncIterator[None]:
    task = asyncio.create_task(line.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 (nobody tells of it)
            await asyncio.sleep(0.02)


async def end(bench: Bench, kind: str) -> None:
    """Ends the line that stands, in one of the ways, and what comes after it may be spoilt too."""
    gateway = bench.far.gateway
    match kind:
        case "refused":
            gateway.refuses = 1
        case "slammed":
            gateway.slams = 1
        case "no ticket":
            bench.far.goes_wrong("/v1.0/gateway/connections/open", status=502)
    if kind in ("garbage", "huge"):
        await gateway.ends(kind)
        await gateway.ends("abort")
    else:
        await gateway.ends("clean" if kind in OTHERS else kind)
    if kind == "disconnect":
        bench.clock.move(timedelta(minutes=2))  # it was a good line: the next one is made soon


async def test_fifty_ends_of_every_kind_lose_and_double_nothing(bench: Bench) -> None:
    gateway = bench.far.gateway
    said: list[Push] = []
    async with run(bench.line()):
        for number in range(TIMES):
            await gateway.connected(number + 1)
            for wait in (True, False):
                push = await bench.far.phone("li.na").says(f"第 {number} 句 {wait}", wait=wait)
                assert isinstance(push, Push)
                said.append(push)
            await end(bench, KINDS[number % len(KINDS)])
            await gateway.until(lambda: len(gateway.living()) == 0 or gateway.living()[-1].frozen, 10)
        await gateway.connected(TIMES + 1, 10)
        for _ in range(4):  # what was not acknowledged comes again
            bench.clock.move(timedelta(seconds=3))
            await bench.far.settle()
            await asyncio.sleep(0.1)
    assert all(each.acked for each in said)
    assert await bench.kept() == sorted(f"dingtalk:{each.id}" for each in said)
    assert gateway.busiest() < 3
    assert max(bench.waits) <= 72


async def test_a_gateway_that_hangs_up_at_once_is_called_less_and_less(bench: Bench) -> None:
    bench.far.gateway.slams = 8
    async with run(bench.line()):
        await bench.far.gateway.connected(1, 10)
    assert len(bench.waits) == 8
    assert bench.waits[5] > 20
    assert bench.far.gateway.busiest() < 3


async def test_a_wrong_secret_waits_for_the_operator(bench: Bench) -> None:
    bench.far.app.client_secret = "another"
    line = bench.line()
    async with run(line):
        await until(lambda: len(bench.waits) >= 2)
        assert "CLIENT_SECRET" in line.fault
        bench.far.app.client_secret = "ding-secret"
        await bench.far.gateway.connected()
        await asyncio.sleep(0.05)
        assert line.fault == ""
    assert set(bench.waits) == {Pauses().refused}


async def test_of_two_processes_one_has_the_line_and_the_other_takes_over(bench: Bench) -> None:
    first, second = bench.line(), bench.line()
    async with run(second):
        await bench.far.gateway.connected()
        async with run(first):
            await asyncio.sleep(0.2)
            assert (first.is_open, second.is_open) == (False, True)
            assert len(bench.far.gateway.connections) == 1
    async with run(first):
        await bench.far.gateway.connected(2)
        assert (first.is_open, second.is_open) == (True, False)
