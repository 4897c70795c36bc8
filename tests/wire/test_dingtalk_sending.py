"""What goes out: where it goes, what it costs, and what becomes of it on a bad day."""

import json
import time
from asyncio import gather
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.dingtalk.meter import mark_of
from cards.model import Card, dump
from handlers.kernel.reply import Urgency
from handlers.work.people import add_person
from storage.models.engine import InboxUpdate, Outgoing
from tests.wire.dingtalk_bot import Stage, on_dingtalk

SEND, HOOK = "/v1.0/robot/oToMessages/batchSend", "/robot/sendBySession"
DOWNLOAD = "/v1.0/robot/messageFiles/download"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_dingtalk(tmp_path) as stage:
        await stage.ding.say("li.na", "你好")
        await stage.settles()
        yield stage


async def sends(stage: Stage, content: str, kind: str = "text", urgency: Urgency = Urgency.ANSWER) -> Any:
    """Puts a message into the outbox as a handler does; its row as it stands afterwards."""
    async with stage.app.database.unit() as unit:
        person = await unit.people.at("dingtalk", "li.na")
        assert person is not None
        await unit.outbox.put(
            key=f"test:{len(await stage.rows(Outgoing))}",
            person_id=person.id,
            platform="dingtalk",
            address="li.na",
            kind=kind,
            content=content,
            at=stage.clock.now(),
            urgency=int(urgency),
        )
    await stage.settles()
    return (await stage.rows(Outgoing))[-1]


# -- ways out ------------------------------------------------------------------------------------------


async def test_words_go_back_where_they_came_from_as_long_as_that_is_open(stage: Stage) -> None:
    await sends(stage, "第一句")
    assert (stage.ding.count(HOOK), stage.ding.shown("li.na")[-1].text) == (1, "第一句")
    stage.clock.move(timedelta(minutes=91))
    sent = stage.ding.count(SEND)
    await sends(stage, "第二句")
    assert (stage.ding.count(HOOK), stage.ding.count(SEND)) == (1, sent + 1)
    await stage.ding.say("li.na", "还在")
    await stage.settles()
    stage.ding.goes_wrong(HOOK, errcode=300001)  # closed before its time
    await sends(stage, "第三句")
    assert stage.ding.shown("li.na")[-1].text == "第三句"


async def test_a_hook_that_leads_elsewhere_is_not_followed(stage: Stage) -> None:
    body = {"msgtype": "text", "text": {"content": "你好"}, "sessionWebhook": "http://127.0.0.1:9/steal"}
    phone = stage.ding.phone("li.na")
    await phone.inbound.say(phone.app, phone.chat, phone.who, body)
    await stage.settles()
    assert (await sends(stage, "不给别人")).state == "sent"
    assert stage.ding.shown("li.na")[-1].text == "不给别人"


async def test_a_long_text_comes_in_pieces(stage: Stage) -> None:
    before = len(stage.ding.shown("li.na"))
    await sends(stage, "\n".join(f"第{number}行，{'字' * 60}" for number in range(30)))
    texts = [each.text for each in stage.ding.shown("li.na")[before:]]
    assert len(texts) == 3
    assert all(len(each) <= 3500 for each in texts)


async def test_pictures_and_files_are_put_up_first(stage: Stage) -> None:
    file = await stage.app.database.files.save(PNG)
    assert (await sends(stage, json.dumps({"file": file, "name": "码.png"}), "image")).state == "sent"
    assert stage.ding.shown("li.na")[-1].type == "image"
    file = await stage.app.database.files.save(b"%PDF-1.7" + b"0" * 100)
    assert (await sends(stage, json.dumps({"file": file, "name": "报价.pdf"}), "file")).state == "sent"
    assert stage.ding.shown("li.na")[-1].content["fileType"] == "pdf"
    gone = await sends(stage, json.dumps({"file": "00" * 32, "name": "没了.pdf"}), "file")
    assert (gone.state, gone.error) == ("parked", "要发的文件已经不在了")


# -- bad days ------------------------------------------------------------------------------------------


async def test_a_token_that_ran_out_is_renewed_once(stage: Stage) -> None:
    stage.ding.tokens.revoke()
    row = await sends(stage, dump(Card("any", "还在")), "post")
    assert row.state == "sent"
    assert stage.ding.count("/v1.0/oauth2/accessToken") == 2


@pytest.mark.parametrize("how", ["throttled", "slow", "down", "blocked", "half", "legacy"])
async def test_what_passes_is_tried_again_and_arrives_once(stage: Stage, how: str) -> None:
    accidents: dict[str, dict[str, Any]] = {
        "throttled": {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "status": 403},
        "slow": {"status": 504},
        "down": {"status": 502},
        "blocked": {"html": True},
        "half": {"status": 500},
        "legacy": {"errcode": 90018},
    }
    stage.ding.goes_wrong(HOOK if how == "legacy" else SEND, **accidents[how])
    before = len(stage.ding.shown("li.na"))
    row = await (
        sends(stage, "记好了") if how == "legacy" else sends(stage, dump(Card("any", "记好了")), "post")
    )
    assert (row.state, row.attempts) == ("pending", 1)
    await stage.passes(seconds=10)
    assert (await stage.rows(Outgoing))[-1].state == "sent"
    assert len(stage.ding.shown("li.na")) == before + 1


async def test_twenty_a_second_are_never_asked_for(stage: Stage) -> None:
    stage.ding.meter.per_second = None
    api = stage.app.sender._platforms["dingtalk"]._api  # type: ignore[attr-defined]
    times: list[float] = []

    async def one() -> None:
        await api._take_turn("/v1.0/any")
        times.append(time.monotonic())

    await gather(*(one() for _ in range(40)))
    times.sort()
    assert max(sum(0 <= each - start < 1 for each in times) for start in times) <= 20


async def test_who_gets_too_much_just_now_gets_it_later(stage: Stage) -> None:
    stage.ding.robot.flow_controlled = {"li.na"}
    row = await sends(stage, dump(Card("any", "记好了")), "post")
    assert (row.state, row.attempts) == ("pending", 1)
    stage.ding.robot.flow_controlled = set()
    await stage.passes(minutes=2)
    assert (await stage.rows(Outgoing))[-1].state == "sent"


async def test_a_missing_permission_is_said_with_its_name(stage: Stage) -> None:
    stage.ding.app.scopes = {"qyapi_base"}
    row = await sends(stage, dump(Card("any", "记好了")), "post")
    assert row.state == "pending"
    assert "qyapi_robot_sendmsg" in row.error
    assert "权限管理" in row.error


async def test_a_picture_waits_while_its_place_is_throttled(stage: Stage) -> None:
    stage.ding.goes_wrong(DOWNLOAD, code="Forbidden.AccessDenied.QpsLimitForApi", status=403)
    await stage.ding.phone("li.na").sends_picture(b"\xff\xd8\xff" + b"0" * 50)
    await stage.settles()
    assert (await stage.rows(InboxUpdate))[-1].state == "new"
    await stage.passes(seconds=6)
    assert (await stage.rows(InboxUpdate))[-1].state == "done"


# -- the month -----------------------------------------------------------------------------------------


async def use(stage: Stage, calls: int) -> None:
    async with stage.app.database.unit() as unit:
        await unit.marks.set(mark_of(stage.clock.now()), calls, stage.clock.now())


async def test_the_months_calls_are_counted_as_dingtalk_counts_them(stage: Stage) -> None:
    await stage.ding.say("li.na", "今天去了鼎盛机械，预算十二万")
    await stage.settles()
    await sends(stage, "一句")
    async with stage.app.database.reading() as unit:
        ours = await unit.marks.get(mark_of(stage.clock.now()))
    assert ours == stage.ding.meter.used - stage.ding.meter.spent["push"]


async def test_at_four_fifths_whoever_administers_is_told_once(stage: Stage) -> None:
    async with stage.app.database.unit() as unit:
        await add_person(
            unit,
            name="郑敏",
            role="admin",
            platform="dingtalk",
            address="zheng",
            at=stage.clock.now(),
        )
    stage.ding.join("zheng", "郑敏")
    await use(stage, 7_998)
    for words in ("一", "二", "三"):
        await sends(stage, words)
    told = [each.text for each in stage.ding.shown("zheng")]
    assert len(told) == 1
    assert told[0].startswith("这个月的钉钉接口调用用了 8000 次，一共 10000 次")


async def test_when_it_runs_short_answers_are_kept_to_the_end(stage: Stage) -> None:
    kept: dict[int, list[str]] = {}
    for used in (8_500, 9_100, 9_400, 9_700, 9_900):
        await use(stage, used)
        stage.clock.move(timedelta(minutes=5))  # nothing waits for its turn
        kept[used] = []
        for urgency in (Urgency.ANSWER, Urgency.APPROVAL, Urgency.PROMISE, Urgency.MORNING, Urgency.OTHER):
            row = await sends(stage, f"{used} {urgency.name}", urgency=urgency)
            kept[used] += [urgency.name] if row.state == "sent" else []
            await use(stage, used)
    everything = ["ANSWER", "APPROVAL", "PROMISE", "MORNING", "OTHER"]
    assert list(kept.values()) == [everything[:count] for count in (5, 4, 3, 2, 1)]
    shed = [each for each in await stage.rows(Outgoing) if each.state == "parked"]
    assert len(shed) == 10
    assert {each.error for each in shed} == {"钉钉这个月的调用快用完了，先紧着回话"}
    stage.clock.move(timedelta(days=10))  # another month
    assert (await sends(stage, "新的月", urgency=Urgency.OTHER)).state == "sent"


async def test_when_dingtalk_says_that_the_month_is_used_up_it_is(stage: Stage) -> None:
    stage.ding.meter.budget = stage.ding.meter.used
    row = await sends(stage, dump(Card("any", "记好了")), "post")
    assert row.state == "pending"
    assert "用完了" in row.error
    later = await sends(stage, "早报", urgency=Urgency.MORNING)
    assert later.state != "sent"
    stage.clock.move(timedelta(days=10))
    await stage.settles()
    assert "记好了" in [each.title for each in stage.ding.shown("li.na")]
