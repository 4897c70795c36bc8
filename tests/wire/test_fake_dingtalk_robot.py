"""The fake's conversations: what members send, what the robot answers and pushes, and what a tap says."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.fakes.dingtalk import DingTalk, Phone
from tests.wire.dingtalk_line import Caller, Frame, Line, called

SEND = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
Stage = tuple[DingTalk, Caller, Line, Phone]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with DingTalk() as dingtalk, called(dingtalk) as caller, caller.line() as line:
        dingtalk.join("li", "李娜")
        await dingtalk.gateway.connected()
        yield dingtalk, caller, line, dingtalk.phone("li")


def told(frame: Frame) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(frame["data"])
    return data


def message(key: str, to: list[str] | None = None, **param: str) -> dict[str, Any]:
    body = {"robotCode": "dingkey0001", "msgKey": key, "msgParam": json.dumps(param)}
    return body if to is None else {**body, "userIds": to}


def say(text: str) -> str:
    return f"dtmd://dingtalkclient/sendMessage?content={quote(text)}"


async def fetched(caller: Caller, code: str) -> bytes:
    body = {"downloadCode": code, "robotCode": "dingkey0001"}
    _, answer = await caller.post("/v1.0/robot/messageFiles/download", body)
    async with caller.http.get(answer["downloadUrl"]) as file:
        assert file.status == 200
        return await file.read()


# -- what members send -----------------------------------------------------------------------------


async def test_a_voice_brings_its_words_or_not(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    await phone.speaks("明天回访")
    await phone.speaks("明天回访", words="", duration=True)
    await phone.speaks(None)
    contents = [told(await line.next())["content"] for _ in range(3)]
    assert [each.get("recognition") for each in contents] == ["明天回访", "", None]
    assert ["duration" in each for each in contents] == [False, True, False]
    sound = await fetched(caller, contents[0]["downloadCode"])
    assert sound.startswith(b"#!AMR\n") and dingtalk.inbound.transcripts[sound] == "明天回访"


async def test_pictures_files_and_both_with_text(stage: Stage) -> None:
    _, caller, line, phone = stage
    await phone.sends_picture(b"a photo")
    await phone.sends_rich("报价如下", b"a quote", "请看")
    await phone.sends_file(b"a sheet", "报价.xlsx")
    await phone.sends_video(b"a film")
    picture, rich, file, video = [told(await line.next()) for _ in range(4)]
    assert await fetched(caller, picture["content"]["downloadCode"]) == b"a photo"
    items = rich["content"]["richText"]
    assert [each.get("text") for each in items] == ["报价如下", None, "请看"]
    assert await fetched(caller, items[1]["downloadCode"]) == b"a quote"
    assert file["content"]["fileName"] == "报价.xlsx" and video["content"]["duration"] == "5"


async def test_a_code_is_one_robots_and_runs_out(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    dingtalk.add_app("dingkey0002", "another")
    await phone.sends_picture(b"a photo")
    code = told(await line.next())["content"]["downloadCode"]
    path, codes = "/v1.0/robot/messageFiles/download", []
    for robot in ("no robot", "dingkey0002"):
        codes.append((await caller.post(path, {"downloadCode": code, "robotCode": robot}))[1]["code"])
    await dingtalk.passes(hours=2)
    await caller.fetch_token()
    codes.append((await caller.post(path, {"downloadCode": code, "robotCode": "dingkey0001"}))[1]["code"])
    assert [each.rpartition(".")[2] for each in codes] == ["notExsit", "auth", "downloadCode"]


async def test_in_a_group_only_what_ats_the_robot_is_heard(stage: Stage) -> None:
    dingtalk, _, line, _ = stage
    dingtalk.join("guest", "客人", external=True)
    group = dingtalk.group("华东", "li", "guest")
    phone = dingtalk.phone("li", group)
    assert await phone.says("不是对你说的", at=False) is None
    assert await phone.speaks("群里说的") is None
    await phone.says("记一条")
    await dingtalk.phone("guest", group).says("我是外部的")
    mine, his = told(await line.next()), told(await line.next())
    assert mine["text"] == {"content": " 记一条"} and mine["conversationType"] == "2"
    assert (mine["isInAtList"], mine["conversationTitle"]) == (True, "华东")
    assert mine["senderStaffId"] == "li" and "senderStaffId" not in his


# -- what the robot answers ------------------------------------------------------------------------


async def test_answers_through_the_session_until_it_ends(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    await phone.says("去了鼎盛")
    heard = told(await line.next())
    address = heard["sessionWebhook"]
    assert heard["sessionWebhookExpiredTime"] - heard["createAt"] == 90 * 60 * 1000

    async def answer(body: Any) -> int:
        async with caller.http.post(address, json=body) as said:
            assert said.status == 200
            errcode: int = (await said.json())["errcode"]
            return errcode

    markdown = {"title": "记好了", "text": "**鼎盛** [改](" + say("改 A1") + ")"}
    assert await answer({"msgtype": "markdown", "markdown": markdown}) == 0
    assert await answer({"msgtype": "text", "text": {"content": ""}}) == 40035
    assert (phone.card.title, phone.card.buttons) == ("记好了", ["改"])
    await phone.taps("改")
    assert told(await line.next())["text"] == {"content": "改 A1"}
    await dingtalk.passes(minutes=90)
    assert await answer({"msgtype": "text", "text": {"content": "晚了"}}) == 300001
    assert len(phone.shown) == 1


# -- what the robot pushes -------------------------------------------------------------------------


async def test_a_push_names_whom_it_did_not_reach(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    dingtalk.join("wang", "王强")
    dingtalk.robot.flow_controlled = {"wang"}
    _, answer = await caller.post(SEND, message("sampleText", ["li", "wang", "nobody"], content="早"))
    assert answer["invalidStaffIdList"] == ["nobody"] and answer["flowControlledStaffIdList"] == ["wang"]
    assert [each.text for each in phone.shown] == ["早"] and dingtalk.shown("wang") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (message("sampleText", ["li"] * 21, content="早"), "invalidParameter.userIds.invalid"),
        (message("sampleText", [], content="早"), "invalidParameter.userIds.empty"),
        (message("sampleActionCard1", ["li"], title="a"), "invalidParameter.msgKey.invalid"),
        (message("sampleMarkdown", ["li"], text="早"), "invalidParameter.msgParam.invalid"),
        (message("sampleText", ["li"], content="早", text="早"), "invalidParameter.msgParam.invalid"),
        (
            {**message("sampleText", ["li"]), "msgParam": {"content": "早"}},
            "invalidParameter.msgParam.invalid",
        ),
        (
            {**message("sampleText", ["li"], content="早"), "robotCode": "x"},
            "invalidParameter.robotCode.notExsit",
        ),
        (message("sampleText", ["li"], content="坏话"), "param.contentUnsafe"),
        (message("sampleImageMsg", ["li"], photoURL="@lALnone"), "invalidParameter.msgParam.invalid"),
    ],
)
async def test_pushes_that_are_refused(stage: Stage, body: dict[str, Any], code: str) -> None:
    dingtalk, caller, _, phone = stage
    dingtalk.robot.unsafe = {json.dumps("坏话")[1:-1]}
    status, answer = await caller.post(SEND, body)
    assert (status, answer["code"]) == (400, code) and phone.shown == []


async def test_a_button_of_an_action_card_says_its_text(stage: Stage) -> None:
    _, caller, line, phone = stage
    links = {
        "actionTitle1": "存",
        "actionURL1": say("存 V7F3A"),
        "actionTitle2": "改",
        "actionURL2": say("改 V7F3A"),
    }
    await caller.post(SEND, message("sampleActionCard2", ["li"], title="存吗", text="**华星电子**", **links))
    card = await phone.next_card()
    assert (card.title, card.text, card.buttons) == ("存吗", "**华星电子**", ["存", "改"])
    await phone.taps("存")
    heard = told(await line.next())
    assert (heard["msgtype"], heard["text"]["content"], heard["senderStaffId"]) == ("text", "存 V7F3A", "li")


async def test_in_a_group_a_buttons_text_must_at_the_robot(stage: Stage) -> None:
    dingtalk, caller, line, _ = stage
    group = dingtalk.group("华东", "li")
    links = {
        "buttonTitle1": "存",
        "buttonUrl1": say("存 A"),
        "buttonTitle2": "改",
        "buttonUrl2": say("@拜访 改 A"),
    }
    body = {**message("sampleActionCard6", title="存吗", text="?", **links), "openConversationId": group.id}
    assert (await caller.post(GROUP, body))[0] == 200
    phone = dingtalk.phone("li", group)
    assert await phone.taps("存") is None
    await phone.taps("改")
    assert told(await line.next())["text"]["content"] == " 改 A"
    outside = {**body, "openConversationId": "cid-another=="}
    assert (await caller.post(GROUP, outside))[1]["code"] == "invalidParameter.openConversationId.invalid"
    long = {**body, **message("sampleText", content="长" * 5000)}
    assert (await caller.post(GROUP, long))[1]["code"] == "invalidParameter.msgParam.tooLong"


async def test_taking_back_and_who_has_read(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    _, sent = await caller.post(SEND, message("sampleText", ["li"], content="早"))
    robot, key = "dingkey0001", sent["processQueryKey"]
    dingtalk.robot.reads("li")
    status = "/v1.0/robot/oToMessages/readStatus"
    _, read = await caller.call("GET", status, robotCode=robot, processQueryKey=key)
    assert (read["sendStatus"], read["messageReadInfoList"][0]["readStatus"]) == ("SUCCESS", "READ")
    recall = {"robotCode": robot, "processQueryKeys": [key, "none"]}
    _, answer = await caller.post("/v1.0/robot/otoMessages/batchRecall", recall)
    assert answer["successResult"] == [key] and list(answer["failedResult"]) == ["none"]
    assert phone.shown == []
    await dingtalk.passes(hours=24)
    await caller.fetch_token()
    assert (await caller.call("GET", status, robotCode=robot, processQueryKey=key))[0] == 400


async def test_uploads_have_limits(stage: Stage) -> None:
    _, caller, _, phone = stage

    async def upload(type: str, data: bytes, name: str) -> dict[str, Any]:
        form = aiohttp.FormData()
        form.add_field("media", io.BytesIO(data), filename=name)
        address = f"{caller.dingtalk.oapi_base}/media/upload?access_token={caller.token}&type={type}"
        async with caller.http.post(address, data=form) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    assert (await upload("image", b"x", "chart.svg"))["errcode"] == 40004
    assert (await upload("voice", b"x" * (2 * 1024 * 1024 + 1), "a.amr"))["errcode"] == 40006
    media = (await upload("image", b"x", "chart.png"))["media_id"]
    await caller.post(SEND, message("sampleImageMsg", ["li"], photoURL=media))
    assert phone.card.type == "image"
