"""The smart bot's line survives every kind of end, alone among processes, and never storms."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.app import build
from bot.clock import FixedClock
from bot.intake import Intake
from bot.platforms import TryLater
from bot.platforms.standing import Pauses
from bot.platforms.wecom.line import BotLine
from bot.platforms.wecom.render import Pen
from bot.platforms.wecom.smartbot import SmartBot
from bot.wake import LocalWake
from config.settings import Settings
from storage.database import Database
from storage.models.engine import InboxUpdate
from tests.fakes.wecom import TUESDAY, Bot
from tests.fakes.wecom import WeCom as FarSide
from tests.wire.wecom_bot import KEY, rows

ENDS = 50
MEMBERS = ("li.na", "chen.hao", "sun.lei")


class Bench:
    """A line with its bot, on a clock that goes on only while the line keeps away."""

    def __init__(
        self, far: FarSide, bot: Bot, clock: FixedClock, database: Database, http: ClientSession
    ) -> None:
        self.far = far
        self.bot = bot
        self.clock = clock
        self.database = database
        self.http = http
        self.waits: list[float] = []
        self.wake = LocalWake()

    def line(self) -> SmartBot:
        line = BotLine(
            self.http,
            self.far.ws_url,
            "aibX",
            "bot-secret",
            self.database,
            self.clock,
            self.wake,
            ping_seconds=0.05,
            answer_seconds=0.3,
            look_seconds=0.02,
            wait=self.wait,
        )
        intake = Intake(self.database, self.wake, self.clock)
        return SmartBot(line, Pen("https://crm.example/m/", bot=True), self.database, intake, self.clock)

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.move(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    async def keeps(self) -> None:
        """Until something is kept."""
        async with asyncio.timeout(10):
            while True:
                if await self.kept():
                    return
                await asyncio.sleep(0.02)

    async def kept(self) -> list[str]:
        return [each.update_id for each in await rows(self.database, InboxUpdate)]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far, ClientSession() as http:
        settings = Settings(
            var_dir=tmp_path,
            database_url=f"sqlite+aiosqlite:///{tmp_path / 'baifang.db'}",
            encryption_keys=(KEY,),
        )
        async with build(settings, clock=clock) as app:
            yield Bench(far, far.bot("aibX", "bot-secret"), clock, app.database, http)
        assert far.problems == []


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if true():
                return
            await asyncio.sleep(0.005)


def _more(waits: list[float], before: int) -> bool:
    return len(waits) > before


@asynccontextmanager
async def run(bot: SmartBot) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def clean(bench: Bench) -> None:
    await bench.bot.close(1000)


async def going_away(bench: Bench) -> None:
    await bench.bot.close(1001)


async def abrupt(bench: Bench) -> None:
    bench.bot.abort()


async def silent(bench: Bench) -> None:
    """Still there as far as TCP knows, and answers nothing."""
    bench.bot.goes_wrong("ping", times=2)
    link = bench.bot.link
    await until(lambda: bench.bot.link is not link)


async def refused(bench: Bench) -> None:
    bench.bot.goes_wrong("aibot_subscribe", errcode=853000)
    await bench.bot.close(1000)


async def too_often(bench: Bench) -> None:
    bench.bot.goes_wrong("aibot_subscribe", errcode=45009)
    bench.bot.abort()


async def deaf(bench: Bench) -> None:
    """The subscription is not answered at all."""
    bench.bot.goes_wrong("aibot_subscribe")
    await bench.bot.close(1012)


async def kicked(bench: Bench) -> None:
    """Somebody else signs in with the same bot; he is gone when we come back."""
    async with bench.http.ws_connect(bench.far.ws_url) as other:
        body = {"bot_id": "aibX", "secret": "bot-secret"}
        await other.send_json(
            {"cmd": "aibot_subscribe", "headers": {"req_id": "aibot_subscribe_x"}, "body": body}
        )
        await other.receive_json()
        await bench.bot.close_kicked()


async def forgotten(bench: Bench) -> None:
    """The far side takes us for a stranger: the next thing that we say is refused."""
    bench.bot.goes_wrong("ping", errcode=846609)


KINDS: tuple[Callable[[Bench], Awaitable[None]], ...] = (
    *(clean, going_away, abrupt, silent, refused, too_often, deaf, kicked, forgotten),
)


async def test_fifty_ends_of_every_kind_lose_and_double_nothing(bench: Bench) -> None:
    pushed = []
    async with run(bench.line()):
        for number in range(ENDS):
            await bench.bot.subscribed(10)
            for member in MEMBERS:
                pushed.append(await bench.bot.text(member, f"第 {number} 句"))
            end = KINDS[number % len(KINDS)]
            before = len(bench.waits)
            await end(bench)
            await until(partial(_more, bench.waits, before))
            if number % 7 == 0:
                await bench.bot.subscribed(10)
                await bench.bot.again(pushed[-1])
        await bench.bot.subscribed(10)
        await bench.bot.text("li.na", "最后一句")
        await asyncio.sleep(0.2)
    delivered = [f"wecombot:{each.frame['body']['msgid']}" for each in pushed if each.delivered]
    kept = await bench.kept()
    assert len(delivered) == ENDS * len(MEMBERS)
    assert sorted(kept[:-1]) == sorted(delivered)
    twice = sum(KINDS[number % len(KINDS)] in (refused, too_often, deaf) for number in range(ENDS))
    assert len(bench.waits) == ENDS + twice  # one pause for each connection that ended, and no storm
    assert min(bench.waits) >= 0.8


async def test_a_server_that_hangs_up_at_once_is_called_less_and_less(bench: Bench) -> None:
    for _ in range(12):
        bench.bot.goes_wrong("aibot_subscribe", errcode=-1)
    async with run(bench.line()):
        await bench.bot.subscribed(10)
    assert len(bench.waits) == 12
    assert bench.waits[5] > 20
    assert max(bench.waits) <= 72


async def test_a_wrong_secret_waits_for_the_operator(bench: Bench) -> None:
    bench.bot.secret = "another"
    line = bench.line()
    async with run(line):
        await until(lambda: len(bench.waits) >= 3)
        assert not line.is_open
        bench.bot.secret = "bot-secret"
        await bench.bot.subscribed(10)
    assert set(bench.waits) == {Pauses().refused}


async def test_of_two_processes_one_has_the_line_and_the_other_takes_over(bench: Bench) -> None:
    first, second = bench.line(), bench.line()
    async with run(second):
        await bench.bot.subscribed(10)
        async with run(first):
            await asyncio.sleep(0.2)
            assert (first.is_open, second.is_open) == (False, True)
            assert len(bench.far.gateway.links) == 1
    async with run(first):
        await bench.bot.subscribed(10)
        await until(lambda: first.is_open)
        assert not second.is_open
    assert bench.bot.kicked == []


async def test_what_can_not_be_kept_at_once_is_kept_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(str(bench.database.engine.url.database))
    async with run(bench.line()):
        await bench.bot.subscribed(10)
        blocked = await hold(path)
        await bench.bot.text("li.na", "这句不能丢")
        await asyncio.sleep(0.1)
        assert await bench.kept() == []
        blocked()
        await bench.keeps()


async def hold(path: Path) -> Callable[[], None]:
    """Another program holds the database for itself; what lets go of it."""
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def let_go() -> None:
        other.rollback()
        other.close()

    return let_go


async def test_an_answer_that_never_comes_is_tried_later(bench: Bench) -> None:
    bot = bench.line()
    async with run(bot):
        await bench.bot.subscribed(10)
        await until(lambda: bot.is_open)
        bench.bot.goes_wrong("aibot_send_msg")
        with pytest.raises(TryLater):
            await bot._line.ask("aibot_send_msg", {"chatid": "li.na"})


async def test_frames_that_make_no_sense_break_nothing(bench: Bench) -> None:
    bot = bench.line()
    async with run(bot):
        await bench.bot.subscribed(10)
        assert bench.bot.link is not None
        for each in NONSENSE:
            await bench.bot.link.ws.send_str(each)
        await bench.bot.text("li.na", "还在听")
        await bench.keeps()
        assert bot.is_open
    assert len(await bench.kept()) == 1


NONSENSE: tuple[Any, ...] = (
    "",
    "null",
    "[]",
    "{}",
    '{"cmd": "aibot_msg_callback"}',
    '{"cmd": "aibot_msg_callback", "headers": {"req_id": "x"}}',
    '{"cmd": "aibot_msg_callback", "headers": {"req_id": "x"}, "body": []}',
    '{"cmd": "aibot_msg_callback", "headers": {"req_id": "x"}, "body": {"msgid": 1, "from": "li"}}',
    '{"cmd": "aibot_event_callback", "headers": {"req_id": "x"}, "body": {"msgtype": "event", "event": []}}',
    '{"headers": {"req_id": "nobody asked"}, "errcode": 0}',
    '{"headers": 5}',
    "[" * 100_000,
)
