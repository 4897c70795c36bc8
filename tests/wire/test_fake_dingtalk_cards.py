"""The fake's interactive cards: made, put into chats, changed in place, tapped, answered in time or late."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.dingtalk import DingTalk, Phone, Press, Shown, listed
from tests.fakes.dingtalk.gateway import CARD
from tests.wire.dingtalk_line import Caller, Frame, Line, called

CREATE = "/v1.0/card/instances/createAndDeliver"
CARDS = "/v1.0/card/instances"
STREAM = "/v1.0/card/streaming"
TEMPLATE = "baifang.schema"
BUTTONS = json.dumps(
    [{"text": "保存", "id": "save", "params": {"rev": "3"}}, {"text": "看", "url": "https://a.cn/m"}]
)
BY_KEY = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
Stage = tuple[DingTalk, Caller, Line, Phone]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with DingTalk() as dingtalk, called(dingtalk) as caller, caller.line() as line:
        dingtalk.join("li", "李娜")
        dingtalk.join("zhou", "周强")
        dingtalk.template(TEMPLATE, buttons=listed("buttons"), streaming=frozenset({"body"}))
        await dingtalk.gateway.connected()
        yield dingtalk, caller, line, dingtalk.phone("li")


def card(id: str = "visit-1", to: str = "IM_ROBOT.li", values: Any = None, **more: Any) -> dict[str, Any]:
    group = {"imGroupOpenDeliverModel": {"robotCode": "dingkey0001"}}
    single = {"imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "dingkey0001"}}
    return {
        "cardTemplateId": TEMPLATE,
        "outTrackId": id,
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": values or {"title": "存吗", "buttons": BUTTONS}},
        "openSpaceId": f"dtv1.card//{to}",
        **(group if to.startswith("IM_GROUP") else single),
        **more,
    }


def update(id: str = "visit-1", options: Any = None, **values: str) -> dict[str, Any]:
    return {"outTrackId": id, "cardData": {"cardParamMap": values}, "cardUpdateOptions": options or {}}


def done(frame: Frame) -> dict[str, Any]:
    values = {"title": "记好了", "buttons": "[]"}
    mine = {"cardParamMap": {"hint": "是你点的"}}
    answer = {"cardUpdateOptions": BY_KEY, "cardData": {"cardParamMap": values}, "userPrivateData": mine}
    return {"response": answer}


async def made(caller: Caller, phone: Phone, **more: Any) -> Shown:
    status, answer = await caller.post(CREATE, card(**more))
    assert status == 200 and answer["result"]["deliverResults"][0]["success"]
    return await phone.next_card()


# -- made ------------------------------------------------------------------------------------------


async def test_a_card_is_created_delivered_and_updated_in_place(stage: Stage) -> None:
    _, caller, _, phone = stage
    shown = await made(caller, phone)
    assert (shown.title, shown.buttons) == ("存吗", ["保存", "看"])
    assert (await caller.call("PUT", CARDS, update(options=BY_KEY, title="改好了")))[0] == 200
    assert (phone.card.title, phone.card.buttons) == ("改好了", ["保存", "看"])
    await caller.call("PUT", CARDS, update(title="全换了"))
    assert (phone.card.title, phone.card.buttons) == ("全换了", [])
    assert len(phone.shown) == 1 and len(phone.history) == 3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (card(values={"rev": 3}), "param.cardDataIllegal"),
        (card(values={"body": "字" * 342}), "param.cardDataTooLong"),
        (card(values={"x" * 101: "1"}), "param.cardDataTooLong"),
        (card(imRobotOpenDeliverModel=None), "param.spaceDeliverModelEmpty"),
        (card(to="nobody"), "param.openSpaceIdIllegal"),
        (card(cardTemplateId="unknown.schema"), "param.templateNotExist"),
    ],
)
async def test_cards_that_are_refused(stage: Stage, body: dict[str, Any], code: str) -> None:
    _, caller, _, phone = stage
    status, answer = await caller.post(CREATE, body)
    assert (status, answer["code"]) == (400, code) and phone.shown == []


async def test_a_failure_may_hide_in_a_200(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    status, answer = await caller.post(CREATE, card(to="IM_ROBOT.nobody"))
    assert status == 200 and not answer["result"]["deliverResults"][0]["success"]
    dingtalk.cards.undelivered = "spaces are busy"
    await caller.post(CARDS, card("visit-2"))
    status, answer = await caller.post(f"{CARDS}/deliver", card("visit-2"))
    assert (status, answer["success"], answer["result"][0]["errorMsg"]) == (200, True, "spaces are busy")
    assert phone.shown == []


async def test_an_old_id_makes_no_new_card_and_an_unknown_one_cannot_be_changed(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    await made(caller, phone)
    again = card(values={"title": "另一张"})
    assert (await caller.post(CREATE, again))[1]["result"]["deliverResults"][0]["success"]
    assert [each.title for each in phone.shown] == ["存吗"] and len(dingtalk.warnings) == 1
    status, answer = await caller.call("PUT", CARDS, update("visit-2", title="?"))
    assert (status, answer["code"]) == (400, "param.cardNotExist")


async def test_in_a_group_each_member_sees_his_own_values(stage: Stage) -> None:
    dingtalk, caller, _, _ = stage
    group = dingtalk.group("华东", "li", "zhou")
    private = {"li": {"cardParamMap": {"title": "给李娜"}}}
    await caller.post(CREATE, card(to=f"IM_GROUP.{group.id}", privateData=private))
    titles = [dingtalk.phone(each, group).card.title for each in ("li", "zhou")]
    assert titles == ["给李娜", "存吗"]
    recipients = {"robotCode": "dingkey0001", "recipients": ["zhou"]}
    await caller.post(CREATE, card("visit-2", f"IM_GROUP.{group.id}", imGroupOpenDeliverModel=recipients))
    assert [len(dingtalk.phone(each, group).shown) for each in ("li", "zhou")] == [1, 2]


async def test_streaming_writes_one_variable_until_it_is_final(stage: Stage) -> None:
    _, caller, _, phone = stage
    await made(caller, phone)
    body = {"outTrackId": "visit-1", "guid": "g1", "key": "body", "content": "正在", "isFull": True}
    for each in ({}, {}, {"guid": "g2", "content": "好了", "isFinalize": True}):
        assert (await caller.call("PUT", STREAM, {**body, **each}))[0] == 200
    assert [each.values.get("body") for each in phone.history] == [None, "正在", "好了"]
    assert (await caller.call("PUT", STREAM, {**body, "guid": "g3"}))[1]["code"] == "unknownError"


# -- tapped ----------------------------------------------------------------------------------------


async def test_a_tap_brings_what_was_pressed_and_the_answer_changes_the_card(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    line.answer = done
    await made(caller, phone, privateData={"li": {"cardParamMap": {"note": "保留"}}})
    push = await phone.taps("保存", picks={"amount": "12"})
    data = json.loads((await line.next())["data"])
    assert data["content"] == data["value"] and data["userId"] == "li"
    pressed = {"actionIds": ["save"], "params": {"rev": "3", "amount": "12"}}
    assert json.loads(data["content"]) == {"cardPrivateData": pressed}
    assert push.acked and (phone.card.title, phone.card.buttons) == ("记好了", [])
    assert (phone.card.values["hint"], phone.card.values["note"]) == ("是你点的", "保留")
    assert dingtalk.problems == []


async def test_a_tap_answered_after_1_9_seconds_and_one_too_late(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    line.answer = lambda frame: None
    await made(caller, phone)
    in_time = await phone.taps("保存", wait=False)
    first = await line.next()
    await dingtalk.passes(seconds=1.9)
    await line.ack(first, {"response": {}})
    await dingtalk.gateway.answered(in_time)
    late = await phone.taps("保存", wait=False)
    second = await line.next()
    await dingtalk.passes(seconds=2.1)
    await line.ack(second, done(second))
    await dingtalk.gateway.until(lambda: len(dingtalk.gateway.acks) == 2)
    unseen = await phone.taps("保存", wait=False)
    third = await line.next()
    dingtalk.clock.move(timedelta(seconds=2.1))  # nobody looks at the clock before the answer comes
    await line.ack(third, done(third))
    await dingtalk.gateway.answered(unseen)
    assert in_time.acked and late.lost and unseen.lost
    assert (phone.card.title, phone.card.failed) == ("存吗", "操作失败，请稍后再试")


async def test_the_app_must_not_update_while_a_tap_waits(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    line.answer = lambda frame: None
    await made(caller, phone)
    tap = asyncio.ensure_future(phone.taps("保存"))
    frame = await line.next()
    await caller.call("PUT", CARDS, update(options=BY_KEY, title="太早"))
    await line.ack(frame, done(frame))
    await tap
    assert phone.card.title == "记好了" and len(dingtalk.problems) == 1


async def test_an_answer_that_cannot_be_used_is_a_problem(stage: Stage) -> None:
    dingtalk, caller, line, phone = stage
    line.answer = lambda frame: {"response": {"cardData": {"cardParamMap": {"rev": 4}}}}
    await made(caller, phone)
    await phone.taps("保存")
    assert len(dingtalk.problems) == 1 and phone.card.values.get("rev") is None


async def test_who_hears_a_tap(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    await made(caller, phone, id="no-type", callbackType="")
    assert await phone.taps("保存") is None
    await made(caller, phone, id="nobody-there")
    dingtalk.gateway.connections[0].topics.discard(("CALLBACK", CARD))
    push = await phone.taps("保存")
    assert push.lost and phone.card.failed
    await dingtalk.gateway.ends("clean")


async def test_a_condition_of_the_template_shows_and_hides_a_button(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    dingtalk.template(
        "static.schema",
        variables=frozenset({"status"}),
        buttons=lambda values: [Press("确认", "confirm")] if values.get("status") == "pending" else [],
    )
    await made(caller, phone, cardTemplateId="static.schema", values={"status": "pending", "typo": "1"})
    assert phone.card.buttons == ["确认"] and "no variable typo" in dingtalk.warnings[0]
    await caller.call("PUT", CARDS, update(options=BY_KEY, status="done"))
    assert phone.card.buttons == []


async def test_the_sdks_preset_calls_back_for_buttons_with_request(stage: Stage) -> None:
    _, caller, line, phone = stage
    line.answer = lambda frame: {"response": {}}
    buttons = [{"text": "存", "id": "my_action", "request": True}, {"text": "只是字", "id": "x"}]
    values = {"msgTitle": "存吗", "sys_full_json_obj": json.dumps({"order": [], "msgButtons": buttons})}
    preset = "382e4302-551d-4880-bf29-a30acfab2e71.schema"
    assert (await made(caller, phone, cardTemplateId=preset, values=values)).buttons == ["存"]
    await phone.taps("存")
    assert "my_action" in json.loads((await line.next())["data"])["content"]


async def test_cards_without_a_template_show_and_never_call_back(stage: Stage) -> None:
    dingtalk, caller, _, phone = stage
    button = {"type": "button", "label": {"text": "存"}, "actionType": "request"}
    link = {
        "type": "button",
        "label": {"text": "看"},
        "actionType": "openLink",
        "url": {"all": "https://a.cn"},
    }
    contents = [{"type": "markdown", "text": "**鼎盛**"}, {"type": "action", "actions": [button, link]}]
    data = {"header": {"title": {"type": "text", "text": "存吗"}}, "contents": contents}
    body = {
        "cardTemplateId": "StandardCard",
        "robotCode": "dingkey0001",
        "cardBizId": "b1",
        "singleChatReceiver": json.dumps({"userId": "li"}),
        "cardData": json.dumps(data),
    }
    for _ in range(2):
        await caller.post("/v1.0/im/v1.0/robot/interactiveCards/send", body)
    assert (phone.card.title, phone.card.text, phone.card.buttons) == ("存吗", "**鼎盛**", ["看"])
    assert "never comes by Stream" in dingtalk.warnings[0]
    changed = {"cardBizId": "b1", "cardData": json.dumps({**data, "contents": []})}
    await caller.call("PUT", "/v1.0/im/robots/interactiveCards", changed)
    assert phone.card.buttons == [] and len(phone.shown) == 1
