"""What goes out to WeCom: once, in spite of everything that goes wrong there, and never too fast."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.platforms.wecom.api import Api
from bot.platforms.wecom.client import PACE
from cards.actions import Dismiss, SaveVisit
from cards.model import Button, Card, Choice, Line, Option, Picture, dump
from handlers.kernel.reply import Urgency
from storage.cache import MemoryCache
from storage.models.engine import Outgoing
from tests.fakes.wecom import Phone
from tests.wire.wecom_bot import Stage, on_wecom

VISIT = "今天去了鼎盛机械，见了张伟，要两台贴标机，预算十二万八"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_wecom(tmp_path) as built:
        yield built


@pytest.fixture
async def li(stage: Stage) -> Phone:
    """Somebody who is known already, so that only what is sent can go wrong."""
    phone = stage.wecom.phone("li.na")
    await phone.says("你好")
    return phone


async def put(stage: Stage, key: str, **more: Any) -> None:
    row = {"kind": "text", "content": key, "thread": "", "urgency": Urgency.ANSWER} | more
    async with stage.app.database.unit() as unit:
        person = await unit.people.at("wecom", "li.na")
        assert person is not None
        await unit.outbox.put(
            key=key, person_id=person.id, platform="wecom", address="li.na", at=stage.clock.now(), **row
        )


async def states(stage: Stage) -> list[str]:
    return [each.state for each in await stage.rows(Outgoing)][1:]


# -- what goes wrong there -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_that_ends_in_the_middle_is_renewed_once(stage: Stage, li: Phone, code: int) -> None:
    before = stage.wecom.count("gettoken")
    stage.wecom.tokens.revoke(code=code)
    await put(stage, "照样到")
    await stage.settles()
    assert li.shown[-1].text == "照样到"
    assert stage.wecom.count("gettoken") == before + 1


async def test_a_token_runs_out_by_itself(stage: Stage, li: Phone) -> None:
    await stage.passes(hours=2, minutes=1)
    await put(stage, "照样到")
    await stage.settles()
    assert li.shown[-1].text == "照样到"
    assert stage.wecom.count("gettoken") == 2


async def test_a_token_that_is_never_taken_is_not_asked_for_without_end(stage: Stage, li: Phone) -> None:
    before = stage.wecom.count("gettoken")
    stage.wecom.goes_wrong("message/send", errcode=40014, times=2)
    await put(stage, "一会儿到")
    await stage.settles()
    assert stage.wecom.count("gettoken") - before <= 1
    await stage.passes(minutes=1)
    assert li.shown[-1].text == "一会儿到"


async def test_many_at_once_fetch_one_token(stage: Stage) -> None:
    cache = MemoryCache()
    async with ClientSession() as http:
        apis = [Api(http, stage.wecom.base, "wwcorp0001", "app-secret", cache) for _ in range(5)]
        before = stage.wecom.count("gettoken")
        tokens = await asyncio.gather(*(each.token() for each in apis for _ in range(10)))
        assert len(set(tokens)) == 1
        assert stage.wecom.count("gettoken") == before + 1
        stage.wecom.tokens.revoke()
        fresh = await asyncio.gather(*(each.token(stale=tokens[0]) for each in apis for _ in range(10)))
        assert len(set(fresh)) == 1
        assert stage.wecom.count("gettoken") == before + 2


@pytest.mark.parametrize(
    "fault",
    [
        {"errcode": -1, "times": 2},
        {"status": 500},
        {"status": 404},
        {"html": True},
        {"half": True},
        {"cut": True},
        {"cut": True, "done": True},
        {"errcode": 45033},
    ],
    ids=str,
)
async def test_a_card_arrives_once_whatever_the_far_side_does(
    stage: Stage, li: Phone, fault: dict[str, Any]
) -> None:
    stage.wecom.goes_wrong("message/send", **fault)
    await stage.wecom.line.text("li.na", VISIT)
    await stage.settles()
    for _ in range(4):
        await stage.passes(seconds=30)
    cards = [each for each in li.shown if each.template and "鼎盛" in each.title]
    assert len(cards) == 1
    await li.taps("保存并建档")
    assert li.card.title == "✓ 鼎盛机械记好了"


async def test_too_often_pauses_the_api_for_a_minute(stage: Stage, li: Phone) -> None:
    stage.wecom.goes_wrong("message/send", errcode=45009)
    before = stage.wecom.count("message/send")
    await put(stage, "一")
    await put(stage, "二")
    await stage.settles()
    assert stage.wecom.count("message/send") == before + 1
    await stage.passes(seconds=59)
    assert stage.wecom.count("message/send") == before + 1
    await stage.passes(seconds=2)
    assert [each.text for each in li.shown[-2:]] == ["一", "二"]


async def test_an_answer_that_takes_long_is_tried_again_and_shown_once(
    stage: Stage, li: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.wecom.api.CALL_SECONDS", 0.2)
    stage.wecom.goes_wrong("message/send", seconds=1.0)
    await stage.wecom.line.text("li.na", VISIT)
    await stage.settles()
    await asyncio.sleep(1.0)  # the far side does it in the end, long after we hung up
    await stage.passes(seconds=30)
    assert len([each for each in li.shown if "鼎盛" in each.title]) == 1


@pytest.mark.parametrize("code", [60020, 48002, 301002, 50003])
async def test_a_wrong_setting_keeps_the_message_and_tells_the_operator(
    stage: Stage, li: Phone, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.wecom.goes_wrong("message/send", errcode=code)
    await put(stage, "等改好再到")
    await stage.settles()
    [row] = [each for each in await stage.rows(Outgoing) if each.state == "pending"]
    assert str(code) in row.error
    assert "：" in row.error  # and how to mend it
    await stage.passes(seconds=301)
    assert li.shown[-1].text == "等改好再到"


@pytest.mark.parametrize("code", [81013, 40003, 60111])
async def test_who_can_not_be_reached_is_given_up_visibly(stage: Stage, li: Phone, code: int) -> None:
    stage.wecom.goes_wrong("message/send", errcode=code)
    await put(stage, "到不了")
    await put(stage, "下一条照常")
    await stage.settles()
    assert await states(stage) == ["parked", "sent"]
    assert li.shown[-1].text == "下一条照常"


async def test_no_licence_is_not_taken_for_delivered(stage: Stage, li: Phone) -> None:
    stage.wecom.company.member("li.na").licensed = False
    await put(stage, "到不了")
    await stage.settles()
    assert await states(stage) == ["parked"]


async def test_a_wrong_secret_is_not_tried_again_and_again(stage: Stage) -> None:
    async with ClientSession() as http:
        api = Api(http, stage.wecom.base, "wwcorp0001", "wrong", MemoryCache())
        for _ in range(10):
            with pytest.raises(Exception, match="40001"):
                await api.token()
    assert [each.query.get("corpsecret") for each in stage.wecom.calls].count("wrong") == 1


# -- cards ---------------------------------------------------------------------------------------------


def told(words: str) -> str:
    """A card with a button, whose tap changes nothing."""
    return dump(Card("task.due", words, buttons=(Button("知道了", Dismiss(999_999, 0, 1)),)))


async def show(stage: Stage, li: Phone, kind: str, words: str) -> int:
    """Sends or replaces a card of one thread; the message that now shows it."""
    await put(stage, f"{kind} {words}", kind=kind, content=told(words), thread="task:1")
    await stage.settles()
    [shown] = [each.id for each in li.shown if each.title == words]
    return shown


async def test_one_replacement_for_the_sending_and_one_for_each_tap(stage: Stage, li: Phone) -> None:
    first = await show(stage, li, "post", "一")
    assert await show(stage, li, "replace", "二") == first
    second = await show(stage, li, "replace", "三")
    assert second != first  # WeCom lets a card be replaced once without a tap
    await li.taps("知道了", on=li.card)
    assert await show(stage, li, "replace", "四") == second  # with the code of the sending
    assert await show(stage, li, "replace", "五") == second  # with the code of the tap
    assert await show(stage, li, "replace", "六") not in (first, second)


async def test_after_72_hours_a_fresh_card_is_sent_and_the_old_one_answers(stage: Stage, li: Phone) -> None:
    old = await show(stage, li, "post", "一")
    await stage.passes(hours=71)
    assert await show(stage, li, "replace", "二") == old
    old = await show(stage, li, "post", "三")
    await stage.passes(hours=72)
    new = await show(stage, li, "replace", "四")
    assert new != old
    await li.taps("知道了", on=next(each for each in li.shown if each.id == old))
    await put(stage, "the answer", kind="replace", content=told("现在是这样"), thread="task:1")
    await stage.settles()
    titles = {each.id: each.title for each in li.shown}
    assert titles[old] == titles[new] == "现在是这样"  # the old one healed where it stands


async def test_an_old_card_heals_when_it_is_touched(stage: Stage, li: Phone) -> None:
    await li.says(VISIT)
    old = li.card
    await stage.passes(hours=73)
    await li.taps("改一改", on=old)
    assert li.card.id == old.id
    assert "直接说改哪里" in li.card.body


async def test_a_code_that_was_used_elsewhere_is_no_fault(stage: Stage, li: Phone) -> None:
    first = await show(stage, li, "post", "一")
    for code in stage.wecom.messages.codes.values():
        code.used = True
    assert await show(stage, li, "replace", "二") != first


async def test_everybody_who_holds_the_card_sees_it_change(stage: Stage, li: Phone) -> None:
    """An approval: whoever decides, the card of the others says so."""
    stage.wecom.member("boss", "郑洁")
    await stage.wecom.phone("boss").says("你好")
    zhou = stage.wecom.phone("zhou.qiang")
    await li.says("今天去了鼎盛机械，见了张伟，电话13800135678")
    await li.taps("保存并建档")
    await li.says("张伟换手机了13900132266")
    await li.taps("记下")
    assert zhou.shown[-1].title == "李娜想改张伟的电话"
    await zhou.taps("同意")
    assert len(zhou.shown) == 1
    assert "✓" in zhou.shown[-1].title
    assert "✓ 张伟的新电话用上了" in [each.title for each in li.shown]


async def test_a_card_that_wecom_does_not_take_is_said_in_words(stage: Stage, li: Phone) -> None:
    stage.wecom.goes_wrong("message/send", errcode=42039)
    await li.says(VISIT)
    shown = li.shown[-1]
    assert shown.template is None
    assert "鼎盛机械 · 今天上门，你看对不对" in shown.text
    assert "预算　12.8万元" in shown.text
    assert "保存" in shown.text


async def test_a_tick_list_comes_after_the_facts_that_it_can_not_show(stage: Stage, li: Phone) -> None:
    options = tuple(Option(str(each), f"客户{each}") for each in range(20))
    card = Card(
        "handover.ask",
        "40 家要交给陈浩，想补一句的有哪几家",
        lines=(Line("一起走", "档案、记录"),),
        choice=Choice("哪几家", options, several=True),
        buttons=(Button("就这些", SaveVisit(1, 1, 1)), Button("不补了", SaveVisit(2, 1, 1))),
    )
    await put(stage, "list", kind="post", content=dump(card), thread="ask:1")
    await stage.settles()
    ahead, ticks = li.shown[-2:]
    assert (ahead.buttons, ahead.line("一起走")) == (["不补了"], "档案、记录")
    assert (len(ticks.options), ticks.buttons) == (20, ["就这些"])


async def test_a_picture_stands_on_a_card_with_its_menu(stage: Stage, li: Phone) -> None:
    card = Card(
        "weekly.manager",
        "这周团队 41 次，8 家往前走了",
        picture=Picture("https://crm.example/w.png", "漏斗"),
        body="数字都在下面",
        lines=(Line("往前走", "8 家"),),
        buttons=(Button("看要定的", SaveVisit(1, 1, 1)), Button("看漏斗", link="/m/funnel")),
    )
    await put(stage, "news", kind="post", content=dump(card), thread="weekly:1")
    await stage.settles()
    shown = li.shown[-1]
    assert shown.template is not None
    assert shown.template["card_type"] == "news_notice"
    assert shown.menu == ["看要定的"]
    assert shown.buttons == ["看漏斗"]


async def test_a_long_text_arrives_whole(stage: Stage, li: Phone) -> None:
    text = "\n".join(f"第 {each} 行，" + "字" * 50 for each in range(100)) + "\n" + "长" * 3000
    await put(stage, "long", content=text)
    await stage.settles()
    told = [each.text for each in li.shown[1:]]
    assert all(len(each.encode()) <= 2048 for each in told)
    assert "".join(told).replace("\n", "") == text.replace("\n", "")


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("image", b"\x89PNG\r\n\x1a\n" + b"p" * 100, "image"),
        ("image", b"\x89PNG\r\n\x1a\n" + b"p" * (2 * 1024 * 1024), "file"),  # too large for a picture
        ("image", b"GIF89a" + b"g" * 100, "file"),
        ("file", b"PK\x03\x04" + b"x" * 100, "file"),
    ],
)
async def test_pictures_and_files_arrive(
    stage: Stage, li: Phone, kind: str, content: bytes, shown: str
) -> None:
    key = await stage.app.database.files.save(content)
    told = json.dumps({"file": key, "name": "报价单.xlsx"}, ensure_ascii=False)
    stage.wecom.goes_wrong("media/upload", errcode=-1)
    await put(stage, "file", kind=kind, content=told)
    await stage.settles()
    await stage.passes(seconds=30)
    bubble = li.shown[-1]
    assert bubble.type == shown
    item = stage.wecom.media.item(bubble.content["media_id"], shown)
    assert (item.data, item.filename) == (content, "报价单.xlsx")


async def test_a_file_that_is_gone_is_given_up_visibly(stage: Stage, li: Phone) -> None:
    await put(stage, "file", kind="file", content=json.dumps({"file": "0" * 32, "name": "x"}))
    await stage.settles()
    assert await states(stage) == ["parked"]


# -- not too fast --------------------------------------------------------------------------------------


async def test_two_hundred_that_fall_due_at_once_are_folded_and_none_is_lost(stage: Stage, li: Phone) -> None:
    titles = [f"客户{each:03}的样册今天要给" for each in range(200)]
    for each in titles:
        content = dump(Card("task.due", each, buttons=(Button("办完了", SaveVisit(1, 1, 1)),)))
        await put(stage, each, kind="post", content=content, thread=each, urgency=Urgency.PROMISE)
    await stage.settles()
    for _ in range(10):
        await stage.passes(seconds=30)
    assert stage.wecom.messages.dropped == []
    told = "\n".join(each.words for each in li.shown)
    assert [each for each in titles if each not in told] == []
    assert len(li.shown) < 25
    assert set(await states(stage)) == {"sent", "folded"}


async def test_answers_are_all_sent_in_their_time(stage: Stage, li: Phone) -> None:
    for each in range(60):
        await put(stage, f"回答 {each}")
    await stage.settles()
    assert 10 <= len(li.shown) < 20
    for _ in range(15):
        await stage.passes(seconds=20)
    assert stage.wecom.messages.dropped == []
    assert [each.text for each in li.shown[1:]] == [f"回答 {each}" for each in range(60)]


async def test_an_hour_at_full_speed_stays_below_what_wecom_drops() -> None:
    """30 in any minute and 1,000 in any hour; as fast as we may, second by second."""
    cache, sent = MemoryCache(), [0] * (2 * 3600)
    for second in range(len(sent)):
        while await cache.take("li.na", PACE.burst, PACE.seconds, float(second)) == 0:
            sent[second] += 1
    assert max(sum(sent[at : at + 60]) for at in range(len(sent))) <= 30
    assert 900 < max(sum(sent[at : at + 3600]) for at in range(len(sent))) <= 1000
