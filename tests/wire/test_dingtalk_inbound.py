"""Every kind of message, each way in: durable before it is acknowledged, and known again when it returns."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cards.working import APART
from handlers.kernel.update import Moved, Said, Sent, Spoke, Update, load
from storage.models.engine import InboxUpdate
from storage.models.people import Person
from tests.fakes.dingtalk import Push
from tests.fakes.dingtalk.phone import Phone
from tests.wire.dingtalk_bot import Stage, by_http, on_dingtalk

JPEG = b"\xff\xd8\xff\xe0" + b"picture " * 40
DOWNLOAD = "/v1.0/robot/messageFiles/download"
WAYS = {"stream": on_dingtalk, "http": by_http}


@pytest.fixture(params=WAYS)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with WAYS[request.param](tmp_path) as stage:
        yield stage


@pytest.fixture
async def stream(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_dingtalk(tmp_path) as stage:
        yield stage


async def told(stage: Stage) -> list[Update]:
    return [load(each.kind, each.payload) for each in await stage.rows(InboxUpdate)]


async def text(phone: Phone) -> Any:
    return await phone.says("今天去了鼎盛")


async def rich(phone: Phone) -> Any:
    return await phone.sends_rich("名片在这", JPEG, "收好", JPEG)


async def picture(phone: Phone) -> Any:
    return await phone.sends_picture(JPEG)


async def heard(phone: Phone) -> Any:
    return await phone.speaks("明天下午回访王总")


async def unheard(phone: Phone) -> Any:
    return await phone.speaks(None)


async def silence(phone: Phone) -> Any:
    return await phone.speaks("说过的", words="")


async def video(phone: Phone) -> Any:
    return await phone.sends_video(b"0" * 100)


async def file(phone: Phone) -> Any:
    return await phone.sends_file(b"%PDF-1.7" + b"0" * 100, "报价.pdf")


async def unknown(phone: Phone) -> Any:
    return await phone.inbound.unknown(phone.app, phone.chat, phone.who)


KINDS: dict[str, tuple[Callable[[Phone], Awaitable[Any]], list[tuple[type, str]]]] = {
    "text": (text, [(Said, "今天去了鼎盛")]),
    "rich": (rich, [(Said, "名片在这收好"), (Sent, "image"), (Sent, "image")]),
    "picture": (picture, [(Sent, "image")]),
    "voice": (heard, [(Said, "明天下午回访王总")]),
    "voice without words": (unheard, [(Spoke, "audio/amr")]),
    "voice with empty words": (silence, [(Spoke, "audio/amr")]),
    "video": (video, [(Sent, "video")]),
    "file": (file, [(Sent, "file")]),
    "unknown": (unknown, [(Sent, "unknownMsgType")]),
}


def gist(update: Update) -> tuple[type, str]:
    match update:
        case Said():
            return Said, update.text
        case Spoke():
            return Spoke, update.mime
        case Sent():
            return Sent, update.kind
    return type(update), ""


async def test_every_kind_of_message_is_kept_and_acknowledged(stage: Stage) -> None:
    for say, expected in KINDS.values():
        before = len(await told(stage))
        assert (await say(stage.ding.phone("li.na"))).acked
        fresh = (await told(stage))[before:]
        assert [gist(each) for each in fresh] == expected
        assert {each.lane for each in fresh} == {"dingtalk:li.na"}
    assert [each.spoken for each in await told(stage) if isinstance(each, Said)] == [False, False, True]


async def test_what_is_sent_is_fetched_before_it_is_handled(stream: Stage) -> None:
    phone = stream.ding.phone("li.na")
    await phone.sends_picture(JPEG)
    await stream.settles()
    assert stream.ding.count(DOWNLOAD) == 1
    assert len(stream.ding.shown("li.na")) == 1  # it was looked at, and answered
    stream.ding.goes_wrong(
        "/v1.0/robot/messageFiles/download", code="invalidParameter.robotCode.downloadCode"
    )
    await phone.sends_picture(JPEG)
    await stream.settles()
    assert [each.state for each in await stream.rows(InboxUpdate)] == ["done", "done"]


async def test_a_message_without_any_field_but_an_error_is_acknowledged_and_leaves_nothing(
    stage: Stage,
) -> None:
    phone = stage.ding.phone("li.na")
    assert (await phone.inbound.bare(phone.app, phone.chat, phone.who)).acked  # type: ignore[union-attr]
    assert await told(stage) == []


async def test_the_same_message_in_another_frame_is_one_message(stream: Stage) -> None:
    push = await stream.ding.say("li.na", "今天去了鼎盛")
    assert isinstance(push, Push)
    again = await stream.ding.gateway.push(push.app, push.type, push.topic, push.id, push.data)
    assert (await stream.ding.gateway.answered(again)).acked
    assert again.frames != push.frames
    assert len(await told(stream)) == 1


async def test_nothing_is_acknowledged_before_it_is_durable(stream: Stage, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "baifang.db", check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    push = await stream.ding.phone("li.na").says("这句不能丢", wait=False)
    assert isinstance(push, Push)
    await asyncio.sleep(0.3)
    assert push.ack is None
    stream.clock.move(timedelta(seconds=3))
    await stream.ding.settle()  # nobody answered: it comes again, by another frame
    other.rollback()
    other.close()
    await stream.ding.gateway.until(lambda: push.acked)
    await asyncio.sleep(0.1)
    assert len(push.frames) == 2
    assert len(await told(stream)) == 1


async def test_an_event_that_can_not_be_kept_is_asked_for_again(stream: Stage, tmp_path: Path) -> None:
    await stream.app.database.engine.dispose()
    path = tmp_path / "baifang.db"
    path.rename(tmp_path / "away.db")
    (tmp_path / "baifang.db").mkdir()
    [push] = await stream.ding.event("user_modify_org", {"userId": ["li.na"]}, wait=False)
    assert isinstance(push, Push)
    await stream.ding.gateway.until(lambda: bool(stream.ding.gateway.acks))
    assert stream.ding.gateway.acks[-1].data["status"] == "LATER"
    path.rmdir()
    (tmp_path / "away.db").rename(path)
    await stream.passes(seconds=6)
    await stream.ding.gateway.until(lambda: push.acked)
    assert len(await told(stream)) == 1


async def test_in_a_group_only_that_it_was_heard_is_said_and_once(stream: Stage) -> None:
    group = stream.ding.group("华东", "li.na", "zhou.qiang")
    phone = stream.ding.phone("li.na", group)
    push = await phone.says("今天去了鼎盛，预算十二万")
    assert isinstance(push, Push)
    again = await stream.ding.gateway.push(push.app, push.type, push.topic, push.id, push.data)
    assert (await stream.ding.gateway.answered(again)).acked
    await stream.settles()
    assert (await phone.next()).text == APART
    assert len(phone.shown) == 1
    assert len(stream.ding.shown("li.na")) == 1


async def test_a_new_colleague_is_met_with_his_manager_and_leaves_again(stage: Stage) -> None:
    await stage.ding.say("li.na", "今天去了鼎盛")
    await stage.settles()
    people = {each.name: each for each in await stage.rows(Person)}
    assert people["李娜"].manager_id == people["周强"].id
    assert people["周强"].role == "manager"
    await stage.ding.changes("li.na", name="李娜娜")
    await stage.settles()
    await stage.ding.leaves("li.na")
    await stage.settles()
    left = next(each for each in await stage.rows(Person) if each.id == people["李娜"].id)
    assert (left.name, left.active) == ("李娜娜", False)
    moves = [each for each in await told(stage) if isinstance(each, Moved)]
    assert len(moves) == 2


async def test_the_head_of_the_department_leads_where_nobody_else_is_named(stream: Stage) -> None:
    stream.ding.join("sun.lei", "孙磊", departments=7)
    await stream.ding.say("sun.lei", "你好")
    await stream.settles()
    people = {each.name: each for each in await stream.rows(Person)}
    assert people["孙磊"].manager_id == people["周强"].id


async def test_whoever_is_of_another_company_is_not_heard(stream: Stage) -> None:
    stream.ding.join("guest", "外人", external=True)
    assert (await stream.ding.say("guest", "你好")).acked  # type: ignore[union-attr]
    assert await told(stream) == []


async def test_http_takes_only_what_is_signed_now(tmp_path: Path) -> None:
    async with by_http(tmp_path) as stage:
        app, hooks = stage.ding.app, stage.ding.hooks
        data = {"msgId": "m1", "msgtype": "text", "text": {"content": "hi"}, "senderStaffId": "li.na"}
        now = round(stage.clock.now().timestamp() * 1000)
        assert (await hooks.robot(app, data, sign="bm9uc2Vuc2U=")).status == 403
        assert (await hooks.robot(app, data, timestamp=now - 4_000_000)).status == 403
        assert await told(stage) == []
        assert (await hooks.robot(app, data)).status == 200
        assert (await hooks.robot(app, data)).status == 200  # again: the same message
        assert len(await told(stage)) == 1
        assert (await hooks.check(app)).accepted


NONSENSE = (
    "",
    "null",
    "[]",
    "{}",
    '{"type": "CALLBACK"}',
    '{"type": "CALLBACK", "headers": {"messageId": 7}}',
    '{"type": "CALLBACK", "headers": []}',
    '{"headers": 5}',
    "[" * 100_000,
)
MESSAGES: tuple[Any, ...] = (
    None,
    [],
    {"msgId": "x"},
    {"msgId": 5, "senderStaffId": ["a"], "msgtype": {}},
    {"msgId": "x1", "senderStaffId": "li.na", "msgtype": "text", "text": 5},
    {"msgId": "x2", "senderStaffId": "li.na", "msgtype": "richText", "content": {"richText": [5, None, {}]}},
    {"msgId": "x3", "senderStaffId": "li.na", "msgtype": "audio", "content": []},
    {"msgId": "x4", "senderStaffId": "li.na", "msgtype": "picture"},
    {"msgId": "x5\x00\ud800", "senderStaffId": "li.na", "msgtype": "text", "text": {"content": "\x00\ud83d"}},
)


async def test_frames_and_messages_that_make_no_sense_break_nothing(stream: Stage) -> None:
    line = stream.ding.gateway.living()[0]
    for each in NONSENSE:
        await line.text(each)
    for fields in MESSAGES:
        frame = {"type": "CALLBACK", "headers": {"messageId": "m", "topic": "/v1.0/im/bot/messages/get"}}
        await line.text(json.dumps({**frame, "data": json.dumps(fields)}))
        card = {"type": "CALLBACK", "headers": {"messageId": "c", "topic": "/v1.0/card/instances/callback"}}
        await line.text(json.dumps({**card, "data": json.dumps(fields)}))
    assert (await stream.ding.say("li.na", "还在听")).acked  # type: ignore[union-attr]
    assert len(stream.ding.gateway.connections) == 1
    await stream.settles()
    assert {each.state for each in await stream.rows(InboxUpdate)} == {"done"}
    stream.ding.problems.clear()  # it was not the far side's frames that we answered


async def test_a_ping_is_echoed(stream: Stage) -> None:
    before = len(stream.ding.gateway.acks)
    await stream.ding.gateway.ping()
    await stream.ding.gateway.until(lambda: len(stream.ding.gateway.acks) > before)
