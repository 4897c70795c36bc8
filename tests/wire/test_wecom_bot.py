"""The smart bot over its long connection: words in, cards out, and a line that always comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import build, running
from bot.clock import FixedClock
from config.settings import Settings, WeCom
from storage.models.visits import SaidNote, Visit
from tests.fakes.wecom import TUESDAY, Bot, Phone
from tests.fakes.wecom import WeCom as FarSide
from tests.wire.wecom_bot import KEY, Stage

VISIT = "今天去了鼎盛机械，见了张伟，要两台贴标机，预算十二万八"


@asynccontextmanager
async def on_line(folder: Path) -> AsyncIterator[tuple[Stage, Bot]]:
    """The bot alone: no app, no public address."""
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far:
        bot = far.bot("aibX", "bot-secret")
        far.member("li.na", "李娜")
        settings = Settings(
            var_dir=folder,
            database_url=f"sqlite+aiosqlite:///{folder / 'baifang.db'}",
            encryption_keys=(KEY,),
            wecom=WeCom(bot_id="aibX", bot_secret="bot-secret", bot_url=far.ws_url.rstrip("/")),
        )
        async with build(settings, clock=clock) as app, running(app, ("worker",)):
            await bot.subscribed()
            yield Stage(app, far, clock, ""), bot
        assert far.problems == []


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[tuple[Stage, Bot]]:
    async with on_line(tmp_path) as built:
        yield built


def phone(stage: Stage, bot: Bot) -> Phone:
    return stage.wecom.phone("li.na", bot)


async def test_from_the_first_word_to_the_filed_visit(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.says(VISIT)
    card = await li.next_card()
    assert card.title == "鼎盛机械 · 今天上门，你看对不对"
    await li.taps("保存并建档")
    done = await li.next_card()
    assert (done.id, done.title) == (card.id, "✓ 鼎盛机械记好了")
    assert len(await stage.rows(Visit)) == 1


async def test_what_was_spoken_comes_as_words(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.speaks(VISIT)
    await li.next_card()
    [note] = await stage.rows(SaidNote)
    assert (note.text, note.spoken) == (VISIT, True)
    await asyncio.sleep(0)
