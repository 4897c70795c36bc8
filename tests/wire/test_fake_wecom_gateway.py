"""The smart bot's long connection at the fake WeCom: who is on it, what may be said when, and how it ends."""

import base64
import hashlib
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from tests.fakes.wecom import Bot, WeCom
from tests.fakes.wecom.crypto import decrypted
from tests.wire.wecom_app import card

Frame = dict[str, Any]
Stage = tuple[WeCom, Bot, "Line"]
BUTTONS = [{"text": "保存", "key": "save:1"}, {"text": "不记", "key": "drop:1"}]
CARD = {key: value for key, value in card(button_list=BUTTONS).items() if key != "action_menu"}


class Line:
    """A client that says exactly what a test wants."""

    def __init__(self, ws: "aiohttp.ClientWebSocketResponse") -> None:
        self.ws = ws
        self._ids = count(1)

    async def say(self, cmd: str, body: Frame | None = None, req_id: str = "") -> Frame:
        """Sends a frame; the answer to it."""
        req_id = req_id or f"{cmd}_1776767000000_{next(self._ids):08x}"
        frame = {"cmd": cmd, "headers": {"req_id": req_id}, **({"body": body} if body is not None else {})}
        await self.ws.send_json(frame)
        answer = await self.hear()
        assert answer["headers"]["req_id"] == req_id and "cmd" not in answer
        return answer

    async def hear(self) -> Frame:
        found: Frame = await self.ws.receive_json(timeout=5)
        return found

    async def code(self, cmd: str, body: Frame | None = None, req_id: str = "") -> int:
        return int((await self.say(cmd, body, req_id))["errcode"])

    async def subscribe(self, secret: str = "bot-secret", bot: str = "aibX") -> int:
        return await self.code("aibot_subscribe", {"bot_id": bot, "secret": secret})

    async def stream(self, req_id: str, text: str, *, id: str = "st-1", finish: bool = False) -> int:
        body = {"msgtype": "stream", "stream": {"id": id, "content": text, "finish": finish}}
        return await self.code("aibot_respond_msg", body, req_id)

    async def push(self, chat: str, text: str = "早报") -> int:
        body = {"chatid": chat, "msgtype": "markdown", "markdown": {"content": text}}
        return await self.code("aibot_send_msg", body)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with WeCom() as wecom, aiohttp.ClientSession() as http:
        wecom.member("li.na", "李娜")
        bot = wecom.bot()
        async with http.ws_connect(wecom.ws_url) as ws:
            line = Line(ws)
            assert await line.subscribe() == 0
            yield wecom, bot, line


async def another(wecom: WeCom) -> tuple[aiohttp.ClientSession, Line]:
    http = aiohttp.ClientSession()
    return http, Line(await http.ws_connect(wecom.ws_url))


# -- who is on it ----------------------------------------------------------------------------------


async def test_a_wrong_secret_is_refused_and_the_socket_stays_open(stage: Stage) -> None:
    wecom, bot, _ = stage
    http, line = await another(wecom)
    async with http:
        assert await line.code("aibot_send_msg", {}) == 846609
        assert [await line.subscribe("no"), await line.subscribe(bot="aibY")] == [853000, 853000]
        assert await line.code("ping") == 0
        assert await line.push("li.na") == 846609
    assert bot.connected


async def test_who_subscribes_again_and_again_is_told_not_to(stage: Stage) -> None:
    wecom, _, line = stage
    codes = [await line.subscribe() for _ in range(11)]
    assert codes == [0] * 9 + [45009] * 2
    await wecom.passes(minutes=1)
    assert await line.subscribe() == 0


async def test_a_second_connection_tells_the_first_to_go(stage: Stage) -> None:
    wecom, bot, first = stage
    http, second = await another(wecom)
    async with http:
        assert await second.subscribe() == 0
        event = (await first.hear())["body"]
        assert event["event"]["eventtype"] == "disconnected_event" and "from" not in event
        assert not first.ws.closed
        assert await first.push("li.na") == 846609
        await bot.text("li.na", "在吗")
        assert (await second.hear())["body"]["text"]["content"] == "在吗"
        await bot.close_kicked()
        assert (await first.ws.receive()).type is WSMsgType.CLOSE


async def test_pings_are_answered_also_without_a_body(stage: Stage) -> None:
    _, bot, line = stage
    assert await line.code("ping") == 0
    assert bot.counts["ping"] == 1


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_the_server_closes_in_every_way(stage: Stage, code: int) -> None:
    _, bot, line = stage
    await bot.close(code, "maintenance")
    message = await line.ws.receive()
    assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, code, "maintenance")
    assert not bot.connected


async def test_a_connection_breaks_without_a_word(stage: Stage) -> None:
    _, bot, line = stage
    bot.abort()
    message = await line.ws.receive()
    assert message.type in (WSMsgType.CLOSED, WSMsgType.ERROR) and line.ws.close_code == 1006
    assert not bot.connected


async def test_frames_go_wrong_on_demand(stage: Stage) -> None:
    _, bot, line = stage
    bot.goes_wrong("ping", errcode=846602, times=2)
    assert [await line.code("ping") for _ in range(3)] == [846602, 846602, 0]
    bot.goes_wrong("ping")
    await line.ws.send_json({"cmd": "ping", "headers": {"req_id": "lost"}})
    assert (await line.say("ping"))["errcode"] == 0, "the lost one was never answered"


async def test_what_is_said_to_nobody_is_lost(stage: Stage) -> None:
    wecom, bot, line = stage
    await line.ws.close()
    await bot.unsubscribed()
    await bot.text("li.na", "在吗")
    assert bot.missed[0]["body"]["text"]["content"] == "在吗"
    http, line = await another(wecom)
    async with http:
        await line.subscribe()
        await bot.subscribed()
        assert await line.code("ping") == 0, "nothing old comes"


# -- talking ---------------------------------------------------------------------------------------


async def test_messages_arrive_in_their_shapes(stage: Stage) -> None:
    wecom, bot, line = stage
    bot.groups["wrG1"] = ["li.na"]
    await bot.text("li.na", "去了鼎盛")
    body = (await line.hear())["body"]
    assert (body["chattype"], body["from"], body["aibotid"]) == ("single", {"userid": "li.na"}, "aibX")
    assert "chatid" not in body and "response_url" in body
    await bot.text("li.na", "报价到哪了", group="wrG1")
    body = (await line.hear())["body"]
    assert (body["chatid"], body["text"]["content"]) == ("wrG1", "@拜访 报价到哪了")
    await bot.voice("li.na", "去了鼎盛")
    assert (await line.hear())["body"]["voice"] == {"content": "去了鼎盛"}
    await bot.mixed("li.na", "看这个", [b"PNG"])
    items = (await line.hear())["body"]["mixed"]["msg_item"]
    assert [each["msgtype"] for each in items] == ["text", "image"]
    pushed = await bot.enters("li.na")
    assert pushed is not None and (await line.hear())["body"]["event"]["eventtype"] == "enter_chat"
    assert await bot.enters("li.na") is None, "once a day"
    await wecom.passes(days=1)
    assert await bot.enters("li.na") is not None
    await bot.feedback("li.na", {"id": "f1", "type": 1})
    frames = [await line.hear(), await line.hear()]
    assert frames[1]["body"]["event"]["feedback_event"] == {"id": "f1", "type": 1}


async def test_a_message_may_come_twice(stage: Stage) -> None:
    _, bot, line = stage
    await bot.again(await bot.text("li.na", "在吗"))
    assert (await line.hear())["body"]["msgid"] == (await line.hear())["body"]["msgid"]


async def test_files_are_encrypted_for_five_minutes(stage: Stage) -> None:
    wecom, bot, line = stage
    await bot.file("li.na", "file", b"a quote", "报价.xlsx")
    fields = (await line.hear())["body"]["file"]
    assert not fields["aeskey"].endswith("=")
    async with aiohttp.ClientSession() as http:
        async with http.get(fields["url"]) as answer:
            key = base64.b64decode(fields["aeskey"] + "=")
            assert decrypted(await answer.read(), key) == b"a quote"
            assert "filename*=UTF-8''%E6%8A%A5" in answer.headers["Content-Disposition"]
        await wecom.passes(minutes=5)
        async with http.get(fields["url"]) as answer:
            assert answer.status == 403


async def test_a_stream_is_written_anew_until_it_is_finished(stage: Stage) -> None:
    wecom, bot, line = stage
    asked = await bot.text("li.na", "在吗")
    await line.hear()
    assert await line.stream(asked.req_id, "正在看") == 0
    assert await line.stream(asked.req_id, "正在看…找到了") == 0
    await wecom.passes(minutes=5)
    assert await line.stream(asked.req_id, "记下了", finish=True) == 0
    assert await line.stream(asked.req_id, "再改") == 846608
    phone = wecom.phone("li.na", bot)
    assert [each.text for each in phone.history] == ["正在看", "正在看…找到了", "记下了"]
    assert [each.text for each in phone.shown] == ["记下了"]


async def test_a_stream_ends_after_six_silent_minutes(stage: Stage) -> None:
    wecom, bot, line = stage
    asked = await bot.text("li.na", "在吗")
    await line.hear()
    await line.stream(asked.req_id, "一")
    await wecom.passes(minutes=4)
    await line.stream(asked.req_id, "二")
    await wecom.passes(minutes=4)
    assert await line.stream(asked.req_id, "三") == 0, "each frame gives six minutes more"
    await wecom.passes(minutes=6)
    assert await line.stream(asked.req_id, "四") == 846608
    bot.stream_from_start = True
    await line.stream(asked.req_id, "一", id="st-2")
    await wecom.passes(minutes=4)
    await line.stream(asked.req_id, "二", id="st-2")
    await wecom.passes(minutes=2)
    assert await line.stream(asked.req_id, "三", id="st-2") == 846608


async def test_each_answer_needs_the_right_kind_of_question(stage: Stage) -> None:
    wecom, bot, line = stage
    asked, entered = await bot.text("li.na", "在吗"), await bot.enters("li.na")
    await line.hear()
    await line.hear()
    assert entered is not None
    welcome = {"msgtype": "text", "text": {"content": "您好"}}
    assert await line.stream(entered.req_id, "x") == 846605
    assert await line.stream("srv-never", "x") == 846605
    assert await line.code("aibot_respond_welcome_msg", welcome, asked.req_id) == 846605
    assert await line.code("aibot_respond_msg", welcome, asked.req_id) == 40008
    assert await line.code("aibot_respond_welcome_msg", welcome, entered.req_id) == 0
    assert await line.code("aibot_respond_welcome_msg", welcome, entered.req_id) == 846605
    assert await line.stream(asked.req_id, "字" * 6827) == 45002
    await wecom.passes(hours=24)
    assert await line.stream(asked.req_id, "x") == 846605
    late = await bot.enters("li.na")
    assert late is not None
    await line.hear()
    await wecom.passes(seconds=5)
    assert await line.code("aibot_respond_welcome_msg", welcome, late.req_id) == 846605
    assert [each.text for each in wecom.phone("li.na", bot).shown] == ["您好"]


async def test_a_card_is_tapped_and_replaced_within_five_seconds(stage: Stage) -> None:
    wecom, bot, line = stage
    asked = await bot.text("li.na", "去了鼎盛")
    await line.hear()
    body = {"msgtype": "template_card", "template_card": CARD}
    assert await line.code("aibot_respond_msg", body, asked.req_id) == 0
    assert await line.code("aibot_respond_msg", body, asked.req_id) == 40058, "one card a message"
    phone = wecom.phone("li.na", bot)
    shown = await phone.next_card()
    await wecom.tap(shown, "保存", picks="模具")
    frame = await line.hear()
    event = frame["body"]["event"]["template_card_event"]
    assert (event["event_key"], event["task_id"]) == ("save:1", "visit-1")
    answer = {"question_key": "who", "option_ids": {"option_id": ["c2"]}}
    assert event["selected_items"] == {"selected_item": [answer]}
    req_id = frame["headers"]["req_id"]
    new = {
        "response_type": "update_template_card",
        "template_card": {**CARD, "main_title": {"title": "记好了"}},
    }
    other = {**new, "template_card": {**CARD, "task_id": "visit-2"}}
    assert await line.code("aibot_respond_update_msg", other, req_id) == 42016
    assert await line.code("aibot_respond_update_msg", new, asked.req_id) == 846605
    assert await line.code("aibot_respond_update_msg", new, req_id) == 0
    assert [each.title for each in phone.shown] == ["记好了"]
    await phone.taps("保存")
    late = (await line.hear())["headers"]["req_id"]
    await wecom.passes(seconds=5)
    assert await line.code("aibot_respond_update_msg", new, late) == 846605


async def test_a_wrong_card_has_its_code_and_a_task_id_is_used_once(stage: Stage) -> None:
    _, bot, line = stage
    await bot.text("li.na", "在吗")
    await line.hear()

    async def send(each: Frame) -> int:
        body = {"chatid": "li.na", "chat_type": 1, "msgtype": "template_card", "template_card": each}
        return await line.code("aibot_send_msg", body)

    assert await send({**CARD, "button_list": []}) == 40058
    assert await send({**CARD, "task_id": "a.b"}) == 42014
    assert [await send(CARD), await send(CARD)] == [0, 42014]


async def test_pushes_go_where_somebody_wrote_and_thirty_a_minute(stage: Stage) -> None:
    wecom, bot, line = stage
    assert await line.push("li.na") == 40058
    bot.groups["wrG1"] = ["li.na"]
    await bot.text("li.na", "在吗")
    await bot.text("li.na", "在吗", group="wrG1")
    await line.hear()
    await line.hear()
    assert [await line.push("li.na") for _ in range(31)] == [0] * 30 + [846607]
    assert await line.push("wrG1") == 0
    body = {"chatid": "wrG1", "msgtype": "template_card", "template_card": CARD}
    assert await line.code("aibot_send_msg", body) == 40058
    assert await line.code("aibot_send_msg", {"chatid": "li.na", "msgtype": "text"}) == 40008
    await wecom.passes(minutes=1)
    assert await line.push("li.na") == 0


async def test_a_group_has_one_screen_and_anybody_taps(stage: Stage) -> None:
    wecom, bot, line = stage
    bot.groups["wrG1"] = ["li.na", "wang.wu"]
    asked = await bot.text("li.na", "在吗", group="wrG1")
    await line.hear()
    body = {"msgtype": "template_card", "template_card": CARD}
    await line.code("aibot_respond_msg", body, asked.req_id)
    shown = bot.screen("wrG1").shown[0]
    await wecom.tap(shown, "保存", by="wang.wu")
    event = (await line.hear())["body"]
    assert (event["from"]["userid"], event["chatid"]) == ("wang.wu", "wrG1")


async def test_a_response_url_takes_one_message_for_an_hour(stage: Stage) -> None:
    wecom, bot, line = stage
    await bot.text("li.na", "一")
    await bot.text("li.na", "二")
    first, second = [(await line.hear())["body"]["response_url"] for _ in range(2)]
    note = {"msgtype": "markdown", "markdown": {"content": "收到"}}
    async with aiohttp.ClientSession() as http:

        async def post(url: str, body: Frame) -> int:
            async with http.post(url, json=body) as answer:
                return int((await answer.json())["errcode"])

        assert [await post(first, {}), await post(first, note), await post(first, note)] == [40008, 0, 60140]
        await wecom.passes(hours=1)
        assert await post(second, note) == 60140
    assert [each.text for each in wecom.phone("li.na", bot).shown] == ["收到"]


async def test_files_go_up_in_pieces(stage: Stage) -> None:
    wecom, bot, line = stage
    await bot.text("li.na", "在吗")
    await line.hear()
    data = bytes(range(256)) * 3000
    parts = [data[:500_000], data[500_000:]]
    init = {"type": "file", "filename": "报价.xlsx", "total_size": len(data), "total_chunks": 2}
    init["md5"] = hashlib.md5(data).hexdigest()

    async def up(step: str, body: Frame) -> Frame:
        return await line.say(f"aibot_upload_media_{step}", body)

    for change, code in [
        ({"type": "zip"}, 40004),
        ({"total_size": 4}, 40006),
        ({"total_chunks": 101}, 40058),
    ]:
        assert (await up("init", {**init, **change}))["errcode"] == code
    id = (await up("init", init))["body"]["upload_id"]
    for index in (1, 0, 1):
        piece = {
            "upload_id": id,
            "chunk_index": index,
            "base64_data": base64.b64encode(parts[index]).decode(),
        }
        assert (await up("chunk", piece))["errcode"] == 0
    assert (await up("chunk", {**piece, "chunk_index": 2}))["errcode"] == 40058
    done = (await up("finish", {"upload_id": id}))["body"]
    sent = {"chatid": "li.na", "msgtype": "file", "file": {"media_id": done["media_id"]}}
    assert await line.code("aibot_send_msg", sent) == 0
    assert wecom.gateway.uploads.items[done["media_id"]].data == data
    wrong = (await up("init", {**init, "md5": "0" * 32}))["body"]["upload_id"]
    assert (await up("finish", {"upload_id": wrong}))["errcode"] == 40058
    await wecom.passes(minutes=30)
    assert (await up("finish", {"upload_id": wrong}))["errcode"] == 40058
    await wecom.passes(days=3)
    assert await line.code("aibot_send_msg", sent) == 40007
