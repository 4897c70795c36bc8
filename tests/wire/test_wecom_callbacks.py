"""Everything that WeCom can tell the app, and everything that somebody else can try at its address."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from bot.platforms.wecom.callback import MOST_BYTES
from cards.actions import encode
from handlers.kernel.update import Clicked, load
from storage.models.engine import InboxUpdate, Outgoing
from storage.models.people import Person
from storage.models.visits import SaidNote, StoredFile, Visit
from tests.fakes.wecom import AES_KEY, Phone, Seal
from tests.fakes.wecom.xml import to_xml
from tests.wire.wecom_bot import Stage, on_wecom

VISIT = "今天去了鼎盛机械，见了张伟，要两台贴标机，预算十二万八"
THREE_DAYS = timedelta(days=3, minutes=1)
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 40


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_wecom(tmp_path) as built:
        yield built


@pytest.fixture
def li(stage: Stage) -> Phone:
    return stage.wecom.phone("li.na")


async def told(stage: Stage, li: Phone) -> None:
    """The bot comes to rest, and the phone shows what came."""
    await stage.settles()
    await li.looks()


# -- messages ------------------------------------------------------------------------------------------


async def test_a_voice_note_is_fetched_and_kept(stage: Stage, li: Phone) -> None:
    await li.speaks("听不见的话")
    assert li.card.title == "语音收到了，可我这边听不了"
    [file] = await stage.rows(StoredFile)
    sound = await stage.app.database.files.load(file.key)
    assert sound.startswith(b"#!AMR")
    assert (file.kind, file.mime) == ("voice", "audio/amr")
    [note] = await stage.rows(SaidNote)
    assert note.file == file.key


async def test_a_picture_is_fetched_and_hung_on_the_visit(stage: Stage, li: Phone) -> None:
    await li.says(VISIT)
    await li.taps("保存并建档")
    await stage.wecom.line.image("li.na", JPEG)
    await told(stage, li)
    assert "鼎盛机械 4月21日那次" in li.card.words
    [file] = await stage.rows(StoredFile)
    assert await stage.app.database.files.load(file.key) == JPEG


async def test_a_picture_that_ran_out_is_answered_all_the_same(stage: Stage, li: Phone) -> None:
    async with stage.wecom.callbacks.holding():
        await stage.wecom.line.image("li.na", JPEG)
        stage.clock.move(THREE_DAYS)
    await told(stage, li)
    assert li.card.title
    assert await stage.rows(StoredFile) == []


async def test_video_link_and_what_nobody_knows_have_their_way_on(stage: Stage, li: Phone) -> None:
    line = stage.wecom.line
    await line.video("li.na", b"....ftypisom" + b"v" * 100)
    await line.link("li.na", "一篇文章", "https://example.com/a")
    await line.message("li.na", "hologram", {"Content": "?"})
    await told(stage, li)
    titles = [each.title for each in li.history]
    assert len(titles) == 3
    assert len(set(titles)) == 1
    assert stage.wecom.count("media/get") == 0


async def test_a_place_is_a_greeting(stage: Stage, li: Phone) -> None:
    await li.says(VISIT)
    await li.taps("保存并建档")
    await li.arrives("苏州市鼎盛机械三号门")
    assert li.card.kind == "customer@archive"


# -- events --------------------------------------------------------------------------------------------


async def test_coming_in_is_welcomed_once(stage: Stage, li: Phone) -> None:
    await li.joins()
    assert li.card.title == "李娜你好，我是拜访"
    await stage.wecom.line.enter("li.na")
    stage.clock.move(THREE_DAYS)
    await stage.wecom.line.enter("li.na")
    await told(stage, li)
    assert len(li.history) == 1


async def test_the_apps_menu_speaks_its_words(stage: Stage, li: Phone) -> None:
    await stage.wecom.line.menu("li.na", "帮助")
    await told(stage, li)
    assert li.card.title == "跟我说话就行"


async def test_a_place_on_entering_and_other_events_are_not_listened_to(stage: Stage, li: Phone) -> None:
    await stage.wecom.line.locate("li.na", 31.3, 120.6)
    await stage.wecom.line.view("li.na", "https://example.com")
    await stage.wecom.line.event("li.na", "batch_job_result", {"BatchJob": {"JobId": "1"}})
    assert await stage.rows(InboxUpdate) == []
    assert all(each.accepted for each in stage.wecom.callbacks.deliveries)


async def test_a_menu_entry_of_a_card_is_a_tap(stage: Stage, li: Phone) -> None:
    await li.says("明天上午九点提醒我带样册")
    await stage.passes(hours=14, minutes=45)
    await stage.app.scheduler.tick("reminders-due")
    await told(stage, li)
    assert "为什么提醒我" in li.card.menu
    await li.taps("为什么提醒我")
    assert stage.wecom.callbacks.deliveries[-1].fields["Event"] == "template_card_menu_event"
    assert li.card.kind.startswith("why")


@pytest.mark.parametrize(
    "items",
    [
        {"SelectedItem": {"QuestionKey": "choice", "OptionIds": {"OptionId": "b"}}},
        {"SelectedItem": [{"QuestionKey": "choice", "OptionIds": {"OptionId": ["b"]}}]},
        {"SelectedItem": [{"QuestionKey": "choice", "OptionIds": {"OptionId": ["b", "c"]}}]},
        {
            "SelectedItem": [
                {"QuestionKey": "one", "OptionIds": {"OptionId": "b"}},
                {"QuestionKey": "two", "OptionIds": {"OptionId": ["c"]}},
            ]
        },
        {"SelectedItem": {"QuestionKey": "choice", "OptionIds": ""}},
        {"SelectedItem": {"QuestionKey": "choice"}},
        "",
    ],
)
async def test_every_shape_of_what_was_picked(stage: Stage, items: Any) -> None:
    fields = {"EventKey": "Dismiss.1.1.1.1", "TaskId": "t-1", "CardType": "multiple_interaction"}
    await stage.wecom.line.event(
        "li.na", "template_card_event", {**fields, "ResponseCode": "RC", "SelectedItems": items}
    )
    [row] = await stage.rows(InboxUpdate)
    click = load(row.kind, row.payload)
    assert isinstance(click, Clicked)
    assert click.action is not None
    assert encode(click.action) == fields["EventKey"]
    assert list(click.picked) == [each for each in "bc" if f'"{each}"' in json.dumps(items)]
    assert click.ticket is not None
    assert (click.ticket.card, click.ticket.code) == ("t-1", "RC")


async def test_nothing_picked_is_no_pick(stage: Stage, li: Phone) -> None:
    """WeCom sends the drop-down's first entry where nobody touched it: that entry means nothing."""
    await li.says("明天上午九点提醒我带样册")
    await stage.passes(hours=14, minutes=45)
    await stage.app.scheduler.tick("reminders-due")
    await told(stage, li)
    await li.taps("换个日子")
    asked = li.card.title
    await li.taps("挪过去")
    assert li.card.title == asked
    await li.taps("挪过去", picks="明天")
    assert li.card.title != asked


# -- people --------------------------------------------------------------------------------------------


async def people(stage: Stage) -> dict[str, Person]:
    return {each.name: each for each in await stage.rows(Person)}


async def test_who_leaves_is_noticed_and_not_written_to(stage: Stage, li: Phone) -> None:
    await li.says("你好")
    await stage.wecom.leaves("li.na")
    await stage.settles()
    assert not (await people(stage))["李娜"].active


async def test_a_change_that_is_no_leaving_changes_no_more_than_that(stage: Stage, li: Phone) -> None:
    await li.says("你好")
    stage.wecom.member("sun.lei", "孙磊", department=7)
    await stage.wecom.changes("li.na", name="李娜娜", leaders=["sun.lei"])
    await stage.settles()
    everybody = await people(stage)
    assert everybody["李娜娜"].active
    assert everybody["李娜娜"].manager_id == everybody["孙磊"].id
    assert everybody["孙磊"].role == "manager"


async def test_a_new_account_name_stays_the_same_person(stage: Stage, li: Phone) -> None:
    await li.says("你好")
    await stage.wecom.changes("li.na", new_userid="lina2")
    await stage.settles()
    phone = stage.wecom.phone("lina2")
    await phone.says("帮助")
    assert phone.card.title == "跟我说话就行"
    assert sorted(await people(stage)) == ["周强", "李娜"]


async def test_who_never_wrote_is_nobody_to_us(stage: Stage) -> None:
    await stage.wecom.hires("wang.wu", "王五")
    await stage.settles()
    assert "王五" in await people(stage)  # the app told that he may use it, and so he was welcomed
    stage.wecom.member("zhao.liu", "赵六")
    await stage.wecom.changes("zhao.liu", position="经理")
    await stage.settles()
    assert "赵六" not in await people(stage)


async def test_roles_by_the_companys_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[members]\ndepartments = {"财务部" = "finance"}\naccounts = {"boss" = "admin"}\n')
    async with on_wecom(tmp_path, policy_file=rules) as stage:
        stage.wecom.department(9, "财务部")
        stage.wecom.member("qian", "钱敏", department=9)
        stage.wecom.member("boss", "郑洁")
        for each in ("qian", "boss", "li.na"):
            await stage.wecom.phone(each).says("你好")
        roles = {name: each.role for name, each in (await people(stage)).items()}
    assert roles == {"钱敏": "finance", "郑洁": "admin", "李娜": "rep", "周强": "manager"}


async def test_a_directory_that_is_away_only_delays(stage: Stage, li: Phone) -> None:
    stage.wecom.goes_wrong("user/get", errcode=-1)
    await li.says(VISIT)
    assert li.news == []
    await stage.passes(seconds=6)
    await li.looks()
    assert li.card.title == "鼎盛机械 · 今天上门，你看对不对"


# -- once, and only once it is durable -----------------------------------------------------------------


async def test_four_deliveries_of_one_callback_are_one_note(stage: Stage, li: Phone) -> None:
    stage.way["lost"] = 3
    delivery = await stage.wecom.line.text("li.na", VISIT)
    assert [each.status for each in delivery.attempts] == [502, 502, 502, 200]
    assert len({each.query["msg_signature"] for each in delivery.attempts}) == 4
    await told(stage, li)
    assert len(await stage.rows(SaidNote)) == len(li.history) == 1


async def test_a_callback_that_was_answered_and_comes_again_is_nothing_new(stage: Stage, li: Phone) -> None:
    stage.wecom.callbacks.copies = 4
    await stage.wecom.line.text("li.na", VISIT)
    await told(stage, li)
    await li.taps("保存并建档")
    await told(stage, li)
    assert len(await stage.rows(SaidNote)) == len(await stage.rows(Visit)) == 1
    assert [each.title for each in li.shown] == ["✓ 鼎盛机械记好了"]


async def test_two_things_that_the_system_tells_in_one_second_are_two(stage: Stage) -> None:
    for each in ("a1", "a2"):
        stage.wecom.member(each, each)
        await stage.wecom.changes(each, position="x")
    rows = await stage.rows(InboxUpdate)
    assert len({each.update_id for each in rows}) == 2


async def test_many_callbacks_share_commits(stage: Stage) -> None:
    commits = 0

    def count(_connection: Any) -> None:
        nonlocal commits
        commits += 1

    from sqlalchemy import event

    event.listen(stage.app.database.engine.sync_engine, "commit", count)
    await asyncio.gather(*(stage.wecom.line.text("li.na", f"第 {each} 句") for each in range(200)))
    assert len(await stage.rows(InboxUpdate)) == 200
    assert commits < 150


async def test_what_can_not_be_kept_is_not_answered_with_200(stage: Stage, li: Phone) -> None:
    database = stage.app.settings.var_dir / "baifang.db"
    away = database.with_suffix(".away")
    await stage.app.database.engine.dispose()
    for each in database.parent.glob("baifang.db*"):
        each.rename(away.with_name(each.name + ".away"))
    delivery = await stage.wecom.line.text("li.na", VISIT)
    assert delivery.gave_up
    assert {each.status for each in delivery.attempts} == {503}
    await stage.app.database.engine.dispose()
    for each in database.parent.glob("baifang.db*"):
        if not each.name.endswith(".away"):
            each.unlink()
    for each in database.parent.glob("*.away"):
        each.rename(each.with_name(each.name.removesuffix(".away")))
    await stage.wecom.callbacks.deliver(delivery)
    await told(stage, li)
    assert li.card.title == "鼎盛机械 · 今天上门，你看对不对"


# -- what is refused -----------------------------------------------------------------------------------

TOKEN = "callback-token"
INNER = {
    "ToUserName": "wwcorp0001",
    "FromUserName": "li.na",
    "CreateTime": 1776766800,
    "MsgType": "text",
    "Content": "SECRET 鼎盛机械",
    "MsgId": 1,
    "AgentID": 1000002,
}
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>'


def sealed(
    stage: Stage, inner: str, *, receiver: str = "wwcorp0001", token: str = "callback-token", late: int = 0
):
    at = int(stage.clock.now().timestamp()) - late
    return Seal(token, AES_KEY, receiver).close(inner, at)


async def send(stage: Stage, query: dict[str, str], body: bytes) -> int:
    told = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    async with aiohttp.ClientSession() as http, http.post(f"{stage.url}?{told}", data=body) as answer:
        assert await answer.read() == b""
        return answer.status


def envelope(encrypt: str) -> bytes:
    return f"<xml><ToUserName>wwcorp0001</ToUserName><Encrypt>{encrypt}</Encrypt></xml>".encode()


async def refused(stage: Stage, reason: str) -> None:
    """Nothing was kept, it was counted, and nothing of its content stands anywhere."""
    assert await stage.rows(InboxUpdate) == []
    root = stage.url.removesuffix("/wecom/callback")
    async with aiohttp.ClientSession() as http, http.get(f"{root}/metrics") as answer:
        figures = await answer.text()
    assert f'outcome="refused: {reason}",platform="wecom"}} 1.0' in figures
    assert "SECRET" not in figures


@pytest.mark.parametrize(
    ("reason", "status", "close"),
    [
        ("signature", 403, {"token": "another"}),
        ("stale", 403, {"late": 301}),
        ("stale", 403, {"late": -301}),
        ("receive_id", 403, {"receiver": "wwcorp0002"}),
    ],
)
async def test_what_is_not_for_us_is_refused(
    stage: Stage, capsys: pytest.CaptureFixture[str], reason: str, status: int, close: dict[str, Any]
) -> None:
    made = sealed(stage, to_xml(INNER), **close)
    assert await send(stage, made.query, envelope(made.encrypt)) == status
    await refused(stage, reason)
    assert "SECRET" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "inner", [BOMB, OUTSIDE, "<xml>" + "<a>" * 50 + "</a>" * 50 + "</xml>", "<xml>", "文"]
)
async def test_xml_tricks_inside_the_seal_are_refused(stage: Stage, inner: str) -> None:
    made = sealed(stage, inner)
    assert await send(stage, made.query, envelope(made.encrypt)) == 400
    assert await stage.rows(InboxUpdate) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        BOMB.encode(),
        OUTSIDE.encode(),
        b"\xff\xfe",
        b"{}",
        b'{"encrypt": 5}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt><x>1</x></Encrypt></xml>",
    ],
)
async def test_a_body_that_is_no_envelope_is_refused(stage: Stage, body: bytes) -> None:
    made = sealed(stage, to_xml(INNER))
    assert await send(stage, made.query, body) == 400


async def test_a_body_without_end_is_refused(stage: Stage) -> None:
    made = sealed(stage, to_xml(INNER))
    assert await send(stage, made.query, envelope("A" * (MOST_BYTES + 1))) == 413
    await refused(stage, "size")


async def test_another_apps_callback_is_refused(stage: Stage) -> None:
    made = sealed(stage, to_xml({**INNER, "AgentID": 1000099}))
    assert await send(stage, made.query, envelope(made.encrypt)) == 403
    await refused(stage, "agent")


async def test_the_json_envelope_is_read_as_well(stage: Stage, li: Phone) -> None:
    made = sealed(stage, to_xml(INNER))
    body = json.dumps({"tousername": "wwcorp0001", "encrypt": made.encrypt, "agentid": "1000002"}).encode()
    assert await send(stage, made.query, body) == 200
    made = sealed(stage, json.dumps({**INNER, "MsgId": 2, "Content": "帮助"}))
    assert await send(stage, made.query, json.dumps({"encrypt": made.encrypt}).encode()) == 200
    await told(stage, li)
    assert len(li.history) == 2
    assert li.card.title == "跟我说话就行"


async def test_the_address_is_checked_with_every_padding_and_a_wrong_check_is_refused(stage: Stage) -> None:
    for _ in range(40):
        await stage.wecom.saves_callback()
    async with aiohttp.ClientSession() as http:
        async with http.get(stage.url) as answer:
            assert (answer.status, await answer.text()) == (400, "")
        made = sealed(stage, "echo", token="another")
        told = {**made.query, "echostr": made.encrypt}
        async with http.get(stage.url, params=told) as answer:
            assert (answer.status, await answer.text()) == (403, "")


@pytest.mark.parametrize("pad", [1, 16, 17, 30, 31, 32])
async def test_every_padding_is_read(stage: Stage, pad: int) -> None:
    stage.wecom.callbacks.pad = pad
    assert (await stage.wecom.line.text("li.na", VISIT)).accepted
    assert len(await stage.rows(InboxUpdate)) == 1
    assert await stage.rows(Outgoing) == []
