"""A smart bot in webhook mode, and groups with customers, at the fake WeCom."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.fakes.wecom import AES_KEY, Bot, WeCom
from tests.fakes.wecom.xml import from_xml
from tests.wire.test_fake_wecom import code_of
from tests.wire.wecom_app import App, card, company

Frame = dict[str, Any]
BUTTONS = [{"text": "保存", "key": "save:1"}]
CARD = {key: value for key, value in card(button_list=BUTTONS).items() if key != "action_menu"}


@dataclass
class Answerer:
    """The address behind the bot: wechatpy opens with an empty receiver, `answers` are given in order."""

    told: list[Frame] = field(default_factory=list)
    answers: list[Frame | web.Response | None] = field(default_factory=list)
    reply: Callable[[Frame], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        self.crypto = WeChatCrypto("bot-token", AES_KEY, "")

    async def receive(self, request: web.Request) -> web.Response:
        query, body = request.query, await request.json()
        text = self.crypto.decrypt_message(
            {"Encrypt": body["encrypt"]}, query["msg_signature"], query["timestamp"], query["nonce"]
        )
        self.told.append(json.loads(text))
        answer = self.answers.pop(0) if self.answers else None
        if not isinstance(answer, dict):
            return answer or web.Response()
        sealed = from_xml(self.crypto.encrypt_message(json.dumps(answer), "n", "1776767000"))
        fields = {"encrypt": sealed["Encrypt"], "msgsignature": sealed["MsgSignature"]}
        return web.json_response({**fields, "timestamp": int(sealed["TimeStamp"]), "nonce": sealed["Nonce"]})


Stage = tuple[WeCom, Bot, Answerer]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    answerer, site = Answerer(), web.Application()
    site.add_routes([web.post("/bot", answerer.receive)])
    async with TestServer(site) as server, WeCom() as wecom:
        wecom.member("li.na", "李娜")
        yield wecom, wecom.bot(webhook=str(server.make_url("/bot"))), answerer


def stream(text: str, *, finish: bool = False, id: str = "st-1") -> Frame:
    return {"msgtype": "stream", "stream": {"id": id, "content": text, "finish": finish}}


async def test_a_stream_is_polled_until_it_is_finished(stage: Stage) -> None:
    wecom, bot, answerer = stage
    answerer.answers = [stream("正在看"), stream("正在看…"), stream("记下了", finish=True)]
    phone = wecom.phone("li.na", bot)
    await phone.says("去了鼎盛")
    assert answerer.told[0]["text"] == {"content": "去了鼎盛"} and phone.card.text == "正在看"
    assert [await bot.poll("st-1") for _ in range(3)] == [True, True, False]
    assert answerer.told[1]["msgtype"] == "stream" and answerer.told[1]["stream"] == {"id": "st-1"}
    assert [each.text for each in phone.shown] == ["记下了"] and wecom.problems == []


async def test_nobody_asks_after_six_minutes(stage: Stage) -> None:
    wecom, bot, answerer = stage
    answerer.answers = [stream("正在看")]
    await bot.text("li.na", "去了鼎盛")
    await wecom.passes(minutes=6)
    assert not await bot.poll("st-1")


async def test_three_questions_at_a_time(stage: Stage) -> None:
    _, bot, answerer = stage
    answerer.answers = [stream("…", id=f"st-{each}") for each in range(3)]
    for each in range(4):
        await bot.text("li.na", str(each))
    assert [each["text"]["content"] for each in answerer.told] == ["0", "1", "2"] and len(bot.missed) == 1


async def test_a_card_comes_with_a_stream_and_is_replaced_by_the_answer_to_its_tap(stage: Stage) -> None:
    wecom, bot, answerer = stage
    both = {**stream("看这里", finish=True), "msgtype": "stream_with_template_card", "template_card": CARD}
    new = {
        "response_type": "update_template_card",
        "template_card": {**CARD, "main_title": {"title": "记好了"}},
    }
    answerer.answers = [both, new]
    phone = wecom.phone("li.na", bot)
    await phone.says("去了鼎盛")
    await phone.taps("保存")
    assert [each.title for each in phone.shown] == ["看这里", "记好了"] and wecom.problems == []
    assert answerer.told[1]["event"]["template_card_event"]["event_key"] == "save:1"


async def test_text_is_for_the_first_greeting_only(stage: Stage) -> None:
    wecom, bot, answerer = stage
    text = {"msgtype": "text", "text": {"content": "您好"}}
    answerer.answers = [text, text]
    phone = wecom.phone("li.na", bot)
    await phone.joins()
    await phone.says("在吗")
    assert [each.text for each in phone.shown] == ["您好"] and "40008" in wecom.problems[0]


async def test_what_is_not_answered_with_200_is_lost_and_no_connection_is_taken(stage: Stage) -> None:
    wecom, bot, answerer = stage
    answerer.answers = [web.Response(status=500)]
    pushed = await bot.text("li.na", "在吗")
    assert not pushed.delivered and len(bot.missed) == 1
    import aiohttp

    async with aiohttp.ClientSession() as http, http.ws_connect(wecom.ws_url) as ws:
        body = {"bot_id": "aibX", "secret": "bot-secret"}
        await ws.send_json(
            {"cmd": "aibot_subscribe", "headers": {"req_id": "aibot_subscribe_1"}, "body": body}
        )
        assert (await ws.receive_json())["errcode"] == 853000


# -- groups with customers -------------------------------------------------------------------------

Pair = tuple[WeCom, App]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with company() as (wecom, app):
        yield wecom, app


async def test_a_group_is_read_two_seconds_late(pair: Pair) -> None:
    wecom, app = pair
    first, second = wecom.customer("li.na", "张伟"), wecom.customer("li.na", "何俊")
    chat = await wecom.opens_group("li.na", "鼎盛项目", first)
    await wecom.joins_group(chat, second)
    assert [(each["Event"], each["ChangeType"]) for each in app.told] == [
        ("change_external_chat", "create"),
        ("change_external_chat", "update"),
    ]
    assert app.told[1]["MemChangeList"] == {"Item": second.id}

    async def read() -> Frame:
        found = await app.post("externalcontact/groupchat/get", {"chat_id": chat.id})
        group: Frame = found["group_chat"]
        return group

    early = await read()
    await wecom.passes(seconds=2)
    late = await read()
    assert [len(each["member_list"]) for each in (early, late)] == [2, 3]
    assert (early["member_version"], late["member_version"]) == (
        app.told[1]["LastMemVer"],
        app.told[1]["CurMemVer"],
    )
    await wecom.dismisses(chat)
    assert await code_of(app.post("externalcontact/groupchat/get", {"chat_id": chat.id})) == 40058


async def test_groups_are_handed_over_by_who_is_there_and_for_who_left(pair: Pair) -> None:
    wecom, app = pair
    chat = await wecom.opens_group("li.na", "鼎盛项目")

    async def hand(path: str, to: str, id: str = chat.id) -> list[int]:
        body = {"chat_id_list": [id], "new_owner": to}
        answer = await app.post(f"externalcontact/groupchat/{path}", body)
        assert answer["errcode"] == 0
        return [each["errcode"] for each in answer["failed_chat_list"]]

    assert await hand("transfer", "wang.wu") == [90500]
    assert await hand("onjob_transfer", "li.na") == [90504]
    assert await hand("onjob_transfer", "wang.wu", "wrX") == [90501]
    assert await hand("onjob_transfer", "wang.wu") == []
    await wecom.leaves("wang.wu")
    listed = await app.post("externalcontact/groupchat/list", {"limit": 10, "status_filter": 1})
    assert listed["group_chat_list"] == [{"chat_id": chat.id, "status": 1}]
    assert await hand("onjob_transfer", "li.na") == [90502]
    assert await hand("transfer", "li.na") == []
    assert await hand("transfer", "li.na") == [90508]
