"""The smart bot over its long connection: words in, cards out, and a line that always comes back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import build, running
from bot.clock import FixedClock
from cards import working
from config.settings import Settings, WeCom
from handlers.understanding.note import Known, Note, Read
from handlers.understanding.reader import read as built_in
from storage.models.visits import SaidNote, StoredFile, Visit
from tests.fakes.wecom import TUESDAY, Bot, Phone
from tests.fakes.wecom import WeCom as FarSide
from tests.wire.wecom_bot import KEY, Stage

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 40
VISIT = "今天去了鼎盛机械，见了张伟，要两台贴标机，预算十二万八"


@asynccontextmanager
async def on_line(folder: Path, read: Read | None = None) -> AsyncIterator[tuple[Stage, Bot]]:
    """The bot alone: no app, no public address."""
    await asyncio.to_thread(built_in, VISIT, TUESDAY, Known())  # what the first reading has to load
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
        async with build(settings, clock=clock, read=read) as app, running(app, ("worker",)):
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


async def test_who_waits_long_sees_that_it_is_coming(tmp_path: Path) -> None:
    def slowly(text: str, at: datetime, known: Known) -> Note:
        time.sleep(2.6)
        return built_in(text, at, known)

    async with on_line(tmp_path, slowly) as (stage, bot):
        li = phone(stage, bot)
        await li.says(VISIT)
        assert (await li.next()).text == working.HEARD
        shown = [await li.next(), await li.next()]
        assert {each.type for each in shown} == {"stream", "template_card"}
        [bubble] = [each for each in li.shown if each.type == "stream"]
        assert bubble.text == working.READY


async def test_who_is_answered_at_once_sees_nothing_but_the_answer(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    for said in ("帮助", "你好"):
        await li.says(said)
        await li.next()
    assert [each.type for each in li.shown] == ["template_card", "template_card"]


async def test_a_picture_is_fetched_and_opened(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await bot.file("li.na", "image", JPEG, "图.jpg")
    assert (await li.next_card()).title == "图收到了，先放着"
    [file] = await stage.rows(StoredFile)
    assert await stage.app.database.files.load(file.key) == JPEG


async def test_words_and_pictures_together_are_both_heard(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await bot.mixed("li.na", VISIT, [JPEG])
    titles = {(await li.next_card()).title for _ in range(2)}
    assert "鼎盛机械 · 今天上门，你看对不对" in titles
    assert len(await stage.rows(StoredFile)) == 1


async def test_a_message_that_comes_twice_is_one_note(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    pushed = await bot.text("li.na", VISIT)
    await bot.again(pushed)
    await phone(stage, bot).next_card()
    assert len(await stage.rows(SaidNote)) == 1


async def test_the_first_sight_is_welcomed_before_anybody_wrote(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.joins()
    assert (await li.next_card()).title == "li.na你好，我是拜访"
    assert bot.counts["aibot_respond_welcome_msg"] == 1


async def test_a_card_that_is_tapped_too_late_to_be_replaced_is_answered_by_a_new_one(
    line: tuple[Stage, Bot],
) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.says(VISIT)
    card = await li.next_card()
    bot.goes_wrong("aibot_respond_update_msg", errcode=846605)
    await li.taps("保存并建档")
    done = await li.next_card()
    assert done.title == "✓ 鼎盛机械记好了"
    assert done.id != card.id


async def test_in_a_group_nothing_is_said_but_that_it_was_heard(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.says("你好")
    await li.next_card()
    bot.groups["wrG1"] = ["li.na", "chen.hao"]
    await bot.text("li.na", VISIT, group="wrG1")
    assert (await li.next_card()).title == "鼎盛机械 · 今天上门，你看对不对"
    assert [each.text for each in bot.screen("wrG1").shown] == [working.APART]
    [note] = (await stage.rows(SaidNote))[-1:]
    assert note.text == VISIT


async def test_a_file_goes_in_pieces_over_the_line(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.says("你好")
    await li.next_card()
    content = b"PK\x03\x04" + bytes(range(256)) * 5_000
    key = await stage.app.database.files.save(content)
    async with stage.app.database.unit() as unit:
        person = await unit.people.at("wecombot", "li.na")
        assert person is not None
        await unit.outbox.put(
            key="file", person_id=person.id, platform="wecombot", address="li.na", kind="file",
            content=json.dumps({"file": key, "name": "a.zip"}), at=stage.clock.now(),
        )  # fmt: skip
    shown = await li.screen.next(lambda each: each.type == "file", 10)
    item = stage.wecom.gateway.uploads.item(shown.content["media_id"], "file")
    assert (item.data, bot.counts["aibot_upload_media_chunk"]) == (content, 3)


async def test_words_of_ours_wait_while_the_line_is_down(line: tuple[Stage, Bot]) -> None:
    stage, bot = line
    li = phone(stage, bot)
    await li.says("你好")
    await li.next_card()
    bot.goes_wrong("aibot_subscribe", errcode=-1)
    await bot.close()
    async with asyncio.timeout(5):
        while stage.app.lines[0].is_open:  # noqa: ASYNC110 (the line is asked, it tells nobody)
            await asyncio.sleep(0.01)
    async with stage.app.database.unit() as unit:
        person = await unit.people.at("wecombot", "li.na")
        assert person is not None
        await unit.outbox.put(
            key="late", person_id=person.id, platform="wecombot", address="li.na", kind="text",
            content="等线通了再说", at=stage.clock.now(),
        )  # fmt: skip
    await bot.subscribed(10)
    stage.clock.move(timedelta(seconds=5))  # the row may have been begun just before the line went
    assert (await li.screen.next(lambda each: each.type == "markdown", 10)).text == "等线通了再说"
