"""The fake's HTTP modes: signed messages, sealed events, signed card callbacks."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.dingtalk import AES_KEY, DingTalk, Seal, listed
from tests.fakes.dingtalk.crypto import Sealed
from tests.wire.dingtalk_line import called

SEAL = Seal("event-token", AES_KEY, "dingkey0001")


class Receiver:
    """An app's own server. `answers` is what it says next."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.events: list[dict[str, Any]] = []
        self.status = 200
        self.says: Any = None

    async def plain(self, request: web.Request) -> web.Response:
        self.requests.append(({**request.headers, **request.query}, await request.json()))
        return web.Response(status=self.status) if self.says is None else web.json_response(self.says)

    async def sealed(self, request: web.Request) -> web.Response:
        query, encrypt = request.query, (await request.json())["encrypt"]
        text = SEAL.open(Sealed(encrypt, query["signature"], query["timestamp"], query["nonce"]))
        self.events.append(json.loads(text))
        answer = SEAL.close(self.says or "success", int(query["timestamp"]))
        names = {"msg_signature": answer.signature, "timeStamp": answer.timestamp, "nonce": answer.nonce}
        return web.json_response({**names, "encrypt": answer.encrypt})


Stage = tuple[DingTalk, Receiver, TestServer]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    receiver, site = Receiver(), web.Application()
    site.add_routes([web.post("/robot", receiver.plain), web.post("/events", receiver.sealed)])
    async with TestServer(site) as server, DingTalk() as dingtalk:
        dingtalk.app.robot_url = str(server.make_url("/robot"))
        dingtalk.app.event_url = str(server.make_url("/events"))
        dingtalk.join("li", "李娜")
        yield dingtalk, receiver, server


async def test_a_message_is_signed_over_its_time(stage: Stage) -> None:
    dingtalk, receiver, _ = stage
    posted = await dingtalk.say("li", "今天去了鼎盛")
    headers, body = receiver.requests[0]
    text = f"{headers['timestamp']}\nding-secret".encode()
    signed = base64.b64encode(hmac.new(b"ding-secret", text, hashlib.sha256).digest()).decode()
    assert headers["sign"] == signed and int(headers["timestamp"]) == dingtalk.org.ms
    assert body["text"]["content"] == "今天去了鼎盛" and posted is not None and posted.acked
    assert dingtalk.gateway.pushes == []
    receiver.status = 500
    refused = await dingtalk.say("li", "又去了")
    assert refused is not None and not refused.acked


async def test_a_forged_message_carries_what_the_test_wants(stage: Stage) -> None:
    dingtalk, receiver, _ = stage
    await dingtalk.hooks.robot(dingtalk.app, {"msgId": "m1"}, timestamp=1, sign="forged")
    headers, _ = receiver.requests[0]
    assert (headers["timestamp"], headers["sign"]) == ("1", "forged")


async def test_events_are_sealed_and_the_answer_is_success_sealed(stage: Stage) -> None:
    dingtalk, receiver, _ = stage
    assert (await dingtalk.hooks.check(dingtalk.app)).accepted
    await dingtalk.leaves("li")
    assert receiver.events[0] == {"EventType": "check_url"}
    assert (receiver.events[1]["EventType"], receiver.events[1]["UserId"]) == ("user_leave_org", ["li"])
    assert dingtalk.problems == []
    receiver.says = "failure"
    assert not (await dingtalk.hooks.check(dingtalk.app)).accepted
    dingtalk.app.event_url = dingtalk.app.robot_url
    receiver.says = {"encrypt": "plain"}
    assert not (await dingtalk.hooks.check(dingtalk.app)).accepted
    assert "KeyError" in dingtalk.problems[0]


async def test_a_cards_callback_is_signed_and_its_body_is_the_answer(stage: Stage) -> None:
    dingtalk, receiver, _ = stage
    dingtalk.template("t.schema", buttons=listed("buttons"))
    async with called(dingtalk) as caller:
        route = {
            "callbackRouteKey": "main",
            "callbackUrl": dingtalk.app.robot_url,
            "apiSecret": "card-secret",
        }
        await caller.post("/v1.0/card/callbacks/register", route)
        values = {"title": "存吗", "buttons": '[{"text":"存","id":"save"}]'}
        body = {
            "cardTemplateId": "t.schema",
            "outTrackId": "c1",
            "callbackType": "HTTP",
            "callbackRouteKey": "main",
            "cardData": {"cardParamMap": values},
            "openSpaceId": "dtv1.card//IM_ROBOT.li",
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
        }
        await caller.post("/v1.0/card/instances/createAndDeliver", body)
    receiver.says = {"cardData": {"cardParamMap": {"title": "记好了"}}}
    phone = dingtalk.phone("li")
    await phone.taps("存")
    headers, told = receiver.requests[0]
    at = headers["x-ddpaas-signature-timestamp"].encode()
    signed = base64.b64encode(hmac.new(b"card-secret", at, hashlib.sha256).digest()).decode()
    assert headers["x-ddpaas-signature"] == signed and told["outTrackId"] == "c1"
    assert (phone.card.title, phone.card.buttons) == ("记好了", [])
