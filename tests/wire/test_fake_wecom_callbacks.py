"""The fake WeCom calls back as the real one: sealed, again while unanswered, strict about replies."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from wechatpy.enterprise import parse_message

from tests.fakes.wecom import AES_KEY, Seal, WeCom
from tests.fakes.wecom.crypto import CryptoError
from tests.fakes.wecom.media import AMR
from tests.fakes.wecom.xml import to_xml
from tests.wire.wecom_app import Answer, App, card, company, never

Pair = tuple[WeCom, App]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with company() as (wecom, app):
        yield wecom, app


def answering(answer: Answer) -> Any:
    async def reply(_: dict[str, Any]) -> Answer:
        return answer

    return reply


async def test_the_console_accepts_an_address_that_answers_exactly(pair: Pair) -> None:
    await pair[0].saves_callback()


@pytest.mark.parametrize("spoilt", ['"{}"', "{}\n", "\ufeff{}"])
async def test_the_console_refuses_an_address_that_adds_anything(pair: Pair, spoilt: str) -> None:
    wecom, app = pair
    app.echo = spoilt.format
    with pytest.raises(AssertionError, match="回调地址"):
        await wecom.saves_callback()


async def test_the_console_waits_a_moment_only(pair: Pair) -> None:
    wecom, _ = pair
    wecom.callbacks.verify_patience = 0.05
    wecom.goes_wrong("gettoken", seconds=0.3)
    wecom.app.callback_url = wecom.api_url + "gettoken"
    with pytest.raises(TimeoutError):
        await wecom.saves_callback()


async def test_every_kind_of_message_arrives(pair: Pair) -> None:
    wecom, app = pair
    line = wecom.line
    await wecom.say("li.na", "今天去了鼎盛 <&>]]> 😀")
    await line.voice("li.na", "今天去了鼎盛")
    await line.image("li.na", b"\xff\xd8\xff" + b"0" * 10)
    await line.video("li.na", b"0000ftypmp42")
    await line.place("li.na", "苏州工业园区", 31.3, 120.7)
    await line.link("li.na", "公告", "https://crm.example/n")
    assert [each["MsgType"] for each in app.told] == ["text", "voice", "image", "video", "location", "link"]
    text, voice, *_, place, _link = app.told
    assert text["Content"] == "今天去了鼎盛 <&>]]> 😀" and text["FromUserName"] == "li.na"
    assert text["AgentID"] == "1000002" and text["ToUserName"] == "wwcorp0001"
    assert len({each["MsgId"] for each in app.told}) == 6
    assert voice["Format"] == "amr" and "Recognition" not in voice
    assert (place["Location_X"], place["Label"], place["AppType"]) == ("31.3", "苏州工业园区", "wxwork")
    sound = wecom.media.items[voice["MediaId"]].data
    assert sound.startswith(AMR) and line.transcripts[sound] == "今天去了鼎盛"


async def test_events_of_the_app_arrive_without_a_number(pair: Pair) -> None:
    wecom, app = pair
    line = wecom.line
    await wecom.phone("li.na").joins()
    await line.enter("li.na")
    await line.menu("li.na", "today")
    await line.view("li.na", "https://crm.example")
    await line.locate("li.na", 31.3, 120.7)
    await line.scan("li.na", "scan", "C-1")
    await line.leave("li.na")
    events = ["subscribe", "enter_agent", "click", "view", "LOCATION", "scancode_waitmsg", "unsubscribe"]
    assert [each["Event"] for each in app.told] == events
    assert all("MsgId" not in each for each in app.told)
    assert parse_message(to_xml(app.told[2])).key == "today"


async def test_an_unanswered_callback_comes_three_times_more_with_the_same_number(pair: Pair) -> None:
    wecom, app = pair
    wecom.callbacks.patience = 0.05
    app.reply = never
    delivery = await wecom.say("li.na", "在吗")
    assert [each.error for each in delivery.attempts] == ["no answer in time"] * 4
    assert delivery.gave_up
    assert len({(each["MsgId"], each["CreateTime"]) for each in app.told}) == 1
    assert len(set(app.nonces)) == 4, "every delivery is sealed anew"


async def test_any_other_status_is_a_failure_and_the_next_200_ends_it(pair: Pair) -> None:
    wecom, app = pair

    async def second_time(_: dict[str, Any]) -> Answer:
        return None if len(app.told) > 1 else web.Response(status=500)

    app.reply = second_time
    delivery = await wecom.say("li.na", "在吗")
    assert [each.status for each in delivery.attempts] == [500, 200] and delivery.accepted


async def test_a_callback_can_come_twice_or_late(pair: Pair) -> None:
    wecom, app = pair
    wecom.callbacks.copies = 2
    await wecom.say("li.na", "一")
    assert [each["Content"] for each in app.told] == ["一", "一"]
    wecom.callbacks.copies = 1
    async with wecom.callbacks.holding(backwards=True):
        await wecom.say("li.na", "二")
        await wecom.say("li.na", "三")
    assert [each["Content"] for each in app.told[2:]] == ["三", "二"]


async def test_nobody_listening_is_no_error_of_the_test(pair: Pair) -> None:
    wecom, _ = pair
    wecom.app.callback_url = "http://127.0.0.1:9/nobody"
    delivery = await wecom.say("li.na", "在吗")
    assert delivery.gave_up and "Connect" in delivery.attempts[0].error


@pytest.mark.parametrize("pad", [1, 16, 17, 30, 32])
async def test_padding_of_every_length_is_forced(pair: Pair, pad: int) -> None:
    wecom, app = pair
    wecom.callbacks.pad = pad
    seen: list[int] = []
    original = Seal.close

    def spy(self: Seal, text: str, timestamp: int) -> Any:
        found = original(self, text, timestamp)
        decryptor = Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])).decryptor()
        seen.append((decryptor.update(base64.b64decode(found.encrypt)) + decryptor.finalize())[-1])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seal, "close", spy)
        await wecom.say("li.na", "在吗")
    assert seen == [pad] and app.told[0]["Content"] == "在吗"


async def test_the_query_is_percent_encoded(pair: Pair) -> None:
    """Base64's plus signs would become blanks."""
    wecom, app = pair
    raw: list[str] = []
    original = app.verify

    async def verify(request: web.Request) -> web.Response:
        raw.append(request.rel_url.raw_query_string)
        return await original(request)

    app.verify = verify  # type: ignore[method-assign]
    for _ in range(8):
        await wecom.saves_callback()
    assert "+" not in "".join(raw)
    assert all(len(parse_qs(each)["echostr"][0]) % 4 == 0 for each in raw)


async def test_a_text_reply_is_shown(pair: Pair) -> None:
    wecom, app = pair
    app.reply = answering({"MsgType": "text", "Content": "收到"})
    delivery = await wecom.say("li.na", "在吗")
    assert delivery.reply["Content"] == "收到" and wecom.problems == []
    assert [each.text for each in wecom.shown("li.na")] == ["收到"]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("<xml><a>1</a></xml>", "KeyError"),
        ("<html>", "ParseError"),
        ("ok", "ParseError"),
        ({"MsgType": "markdown", "Content": "#"}, "markdown does not answer text"),
        ({"MsgType": "text", "Content": "x", "ToUserName": "wwcorp0001"}, "not swapped"),
    ],
)
async def test_a_wrong_reply_is_told(pair: Pair, reply: Answer, problem: str) -> None:
    wecom, app = pair
    app.reply = answering(reply)
    await wecom.say("li.na", "在吗")
    assert len(wecom.problems) == 1 and problem in wecom.problems[0]
    assert wecom.shown("li.na") == []


async def test_a_reply_that_comes_too_late_is_lost(pair: Pair) -> None:
    wecom, app = pair
    wecom.callbacks.patience, wecom.callbacks.retries = 0.05, 0
    app.reply = never
    delivery = await wecom.say("li.na", "在吗")
    assert delivery.reply == {} and wecom.shown("li.na") == []


async def test_a_passive_update_changes_the_clickers_card_alone(pair: Pair) -> None:
    wecom, app = pair
    await app.send_card("li.na|wang.wu", card())
    app.reply = answering({"MsgType": "update_button", "Button": {"ReplaceName": "已保存"}})
    await wecom.tap(await wecom.next_card("li.na"), "保存")
    assert wecom.problems == []
    assert wecom.shown("li.na")[0].grey == "已保存" and wecom.shown("li.na")[0].buttons == []
    assert wecom.shown("wang.wu")[0].grey == ""


async def test_a_passive_card_is_read_from_camel_case(pair: Pair) -> None:
    wecom, app = pair
    await app.send_card("li.na", card())
    new = {
        "CardType": "button_interaction",
        "Source": {"Desc": "拜访", "DescColor": 3},
        "MainTitle": {"Title": "✓ 鼎盛机械记好了"},
        "HorizontalContentList": [
            {"KeyName": "金额", "Value": "12.8万元"},
            {"KeyName": "阶段", "Value": "报价"},
        ],
        "ButtonSelection": {
            "QuestionKey": "who",
            "OptionList": {"Id": "c1", "Text": "鼎盛机械"},
            "Disable": "true",
        },
        "ButtonList": {"Text": "撤销", "Style": 2, "Key": "undo:1"},
    }
    app.reply = answering({"MsgType": "update_template_card", "TemplateCard": new})
    await wecom.tap(await wecom.next_card("li.na"), "保存")
    assert wecom.problems == []
    shown = wecom.shown("li.na")[0]
    assert (shown.title, shown.buttons, shown.labels) == ("✓ 鼎盛机械记好了", ["撤销"], ["金额", "阶段"])
    assert shown.questions[0].disabled and shown.revision == 1
    app.reply = answering({"MsgType": "update_template_card", "TemplateCard": {**new, "ButtonList": []}})
    await wecom.tap(shown, "撤销")
    assert "40058" in wecom.problems[0]


async def test_texts_answer_a_menu_tap_but_not_a_button(pair: Pair) -> None:
    wecom, app = pair
    app.reply = answering({"MsgType": "text", "Content": "好"})
    await app.send_card("li.na", card())
    shown = await wecom.next_card("li.na")
    await wecom.tap(shown, "别提醒")
    assert wecom.problems == [] and app.told[-1]["Event"] == "template_card_menu_event"
    await wecom.tap(shown, "保存")
    assert "text does not answer template_card_event" in wecom.problems[0]


def test_the_seal_refuses_what_is_not_for_it() -> None:
    seal, other = Seal("t", AES_KEY, "ww1"), Seal("t", AES_KEY, "")
    assert other.open(other.close("给机器人", 1)) == "给机器人"
    with pytest.raises(CryptoError, match="sealed for ''"):
        seal.open(other.close("x", 1))
    with pytest.raises(CryptoError, match="signature"):
        Seal("u", AES_KEY, "ww1").open(seal.close("x", 1))
    with pytest.raises(CryptoError, match="43 characters"):
        _ = Seal("t", AES_KEY[:-1], "").key


async def test_the_company_tells_who_comes_and_goes(pair: Pair) -> None:
    wecom, app = pair
    await wecom.hires("sun.qi", "孙七", department=2, leader="wang.wu")
    await wecom.changes("sun.qi", departments=[1, 2], leads=[2])
    await wecom.leaves("sun.qi")
    told = [(each["Event"], each.get("ChangeType")) for each in app.told]
    assert told == [
        ("change_contact", "create_user"),
        ("subscribe", None),
        ("change_contact", "update_user"),
        ("change_contact", "delete_user"),
        ("unsubscribe", None),
    ]
    assert app.told[0]["FromUserName"] == "sys" and app.told[0]["DirectLeader"] == "wang.wu"
    assert (app.told[2]["Department"], app.told[2]["IsLeaderInDept"]) == ("1,2", "0,1")


async def test_contact_sync_hears_ids_and_departments_only(pair: Pair) -> None:
    wecom, app = pair
    wecom.app.callback_url = ""
    wecom.add_app(0, "sync-secret", callback_url=app.url, kind="contacts")
    await wecom.hires("sun.qi", "孙七", department=2)
    await wecom.reorganises("create_party", wecom.department(3, "华南区"))
    assert [each["ChangeType"] for each in app.told] == ["create_user", "create_party"]
    assert app.told[0]["UserID"] == "sun.qi" and not {"Name", "AgentID"} & app.told[0].keys()
