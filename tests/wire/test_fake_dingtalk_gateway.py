"""The fake's Stream gateway: tickets, frames, ACKs, what comes again, and the ways in which a line ends."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from tests.fakes.dingtalk import DingTalk, Phone
from tests.wire.dingtalk_line import Caller, Frame, Line, address_of, called

Stage = tuple[DingTalk, Line, Phone]


@pytest.fixture
async def dingtalk() -> AsyncIterator[DingTalk]:
    async with DingTalk() as dingtalk:
        dingtalk.join("li", "李娜")
        yield dingtalk


@pytest.fixture
async def caller(dingtalk: DingTalk) -> AsyncIterator[Caller]:
    async with called(dingtalk) as caller:
        yield caller


@pytest.fixture
async def stage(dingtalk: DingTalk, caller: Caller) -> AsyncIterator[Stage]:
    async with caller.line() as line:
        await dingtalk.gateway.connected()
        yield dingtalk, line, dingtalk.phone("li")


def told(frame: Frame) -> dict[str, object]:
    data: dict[str, object] = json.loads(frame["data"])
    return data


async def refused(caller: Caller, ticket: dict[str, str]) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await caller.http.ws_connect(URL(address_of(ticket), encoded=True))
    assert error.value.status == 401


# -- tickets ---------------------------------------------------------------------------------------


async def test_a_ticket_opens_one_connection_within_90_seconds(dingtalk: DingTalk, caller: Caller) -> None:
    _, ticket = await caller.tickets()
    assert set("+/=") < set(ticket["ticket"])
    async with caller.http.ws_connect(URL(address_of(ticket), encoded=True)):
        await dingtalk.gateway.connected()
    await refused(caller, ticket)
    await refused(caller, {**ticket, "ticket": "never given"})
    _, late = await caller.tickets()
    await dingtalk.passes(seconds=90)
    await refused(caller, late)


async def test_who_may_have_a_ticket(caller: Caller) -> None:
    status, answer = await caller.tickets(secret="no")
    assert (status, answer["code"]) == (401, "authFailed")
    status, _ = await caller.tickets(subscriptions=[{"type": "EVENT", "topic": "user_leave_org"}])
    assert status == 400


async def test_a_storm_of_tickets_is_seen_and_throttled(dingtalk: DingTalk, caller: Caller) -> None:
    answers = [await caller.tickets() for _ in range(21)]
    assert [status for status, _ in answers] == [200] * 20 + [403]
    assert dingtalk.gateway.busiest() == 21
    assert "storm" in dingtalk.problems[0]


# -- frames ----------------------------------------------------------------------------------------


async def test_a_frame_is_json_in_json_and_its_headers_are_strings(stage: Stage) -> None:
    dingtalk, line, phone = stage
    push = await phone.says("今天去了鼎盛")
    frame = await line.next()
    assert all(isinstance(each, str) for each in frame["headers"].values())
    assert frame["headers"]["time"].isdigit()
    message = told(frame)
    assert message["text"] == {"content": "今天去了鼎盛"} and message["senderStaffId"] == "li"
    assert message["conversationType"] == "1" and "isInAtList" not in message
    assert push.acked and push.ack.latency < 5
    assert dingtalk.problems == []


async def test_acks_are_checked(stage: Stage) -> None:
    dingtalk, line, _ = stage
    await line.socket.send_str("{}")
    await line.socket.send_json({"headers": {"messageId": "of nothing"}, "data": {}})
    id = await dingtalk.gateway.ping()
    await dingtalk.gateway.until(lambda: len(dingtalk.gateway.acks) == 1)
    assert dingtalk.gateway.sent[id].frame["type"] == "SYSTEM"
    assert len(dingtalk.problems) == 5
    line.answer = lambda frame: {"opaque": "another"}
    await dingtalk.gateway.ping()
    await dingtalk.gateway.until(lambda: len(dingtalk.gateway.acks) == 2)
    assert "a ping was answered" in dingtalk.problems[-1]


async def test_only_what_was_subscribed_comes_and_to_one_connection(stage: Stage, caller: Caller) -> None:
    dingtalk, first, phone = stage
    async with caller.line() as second:
        await dingtalk.gateway.connected(2)
        for n in range(12):
            await phone.says(f"{n}")
        assert first.frames.qsize() + second.frames.qsize() == 12
        assert first.frames.qsize() and second.frames.qsize()
    await dingtalk.gateway.until(lambda: len(dingtalk.gateway.living()) == 1)
    dingtalk.gateway.connections[0].topics = {("EVENT", "*")}
    assert (await phone.says("nobody hears it")).lost


# -- again -----------------------------------------------------------------------------------------


async def test_what_is_not_acknowledged_comes_again_with_another_frame_id(stage: Stage) -> None:
    dingtalk, line, phone = stage
    line.answer = lambda frame: None
    push = await phone.says("存一下", wait=False)
    first = await line.next()
    await dingtalk.passes(seconds=1.9)
    assert line.frames.empty()
    await dingtalk.passes(seconds=0.1)
    second = await line.next()
    assert first["headers"]["messageId"] != second["headers"]["messageId"]
    assert told(first)["msgId"] == told(second)["msgId"] == push.id
    await line.ack(second, {"response": "OK"})
    await dingtalk.gateway.answered(push)
    await dingtalk.passes(seconds=60)
    assert push.acked and len(push.frames) == 2


async def test_what_was_acknowledged_may_come_again(stage: Stage) -> None:
    dingtalk, line, phone = stage
    push = await phone.says("存一下")
    await dingtalk.gateway.again(push)
    frames = [await line.next(), await line.next()]
    assert told(frames[0]) == told(frames[1]) and len(dingtalk.gateway.acks) == 2
    assert push.acked and dingtalk.problems == []


async def test_what_is_no_acknowledgement(stage: Stage, caller: Caller) -> None:
    dingtalk, line, phone = stage
    line.answer = lambda frame: None
    push = await phone.says("存一下", wait=False)
    frame = await line.next()
    await line.ack(frame, {}, code=500)
    async with caller.line() as another:
        await another.ack(frame, {})
        await dingtalk.gateway.until(lambda: len(dingtalk.gateway.acks) == 2)
    assert not push.acked and "over another connection" in dingtalk.warnings[0]
    await line.ack(frame, {})
    await dingtalk.gateway.until(lambda: push.acked)


async def test_without_again_a_message_is_lost(stage: Stage) -> None:
    dingtalk, line, phone = stage
    dingtalk.gateway.robot_again = None
    line.answer = lambda frame: None
    push = await phone.says("存一下", wait=False)
    await dingtalk.gateway.ends("abort")
    await dingtalk.gateway.answered(push)
    await dingtalk.passes(seconds=60)
    assert push.lost and len(push.frames) == 1


async def test_an_event_comes_until_it_is_not_later(stage: Stage) -> None:
    dingtalk, line, _ = stage
    line.answer = lambda frame: {"status": "LATER"}
    await dingtalk.event("user_leave_org", {"userId": ["li"]}, id="ev-1")
    line.answer = lambda frame: {"status": "SUCCESS"}
    await dingtalk.passes(seconds=5)
    await dingtalk.gateway.answered(dingtalk.gateway.pushes[-1])
    frames = [await line.next(), await line.next()]
    assert [each["headers"]["eventId"] for each in frames] == ["ev-1", "ev-1"]
    assert frames[0]["headers"]["topic"] == "*" and told(frames[0])["userId"] == ["li"]
    assert dingtalk.gateway.pushes[-1].acked


async def test_an_event_waits_for_somebody_to_hear_it(dingtalk: DingTalk, caller: Caller) -> None:
    await dingtalk.leaves("li")
    async with caller.line() as line:
        await dingtalk.gateway.connected()
        await dingtalk.passes(seconds=5)
        assert (await line.next())["headers"]["eventType"] == "user_leave_org"


# -- the ends of a line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code"), [("clean", 1000), ("going away", 1001), ("abort", 1006), ("kicked", 1006)]
)
async def test_how_a_line_ends(stage: Stage, kind: str, code: int) -> None:
    dingtalk, line, phone = stage
    await dingtalk.gateway.ends(kind)
    await dingtalk.gateway.until(lambda: not dingtalk.gateway.living())
    await asyncio.wait_for(line.over.wait(), 5)
    assert line.socket.close_code == code
    assert (await phone.says("nobody there")).lost


async def test_a_silent_line_gives_nothing_back(stage: Stage, caller: Caller) -> None:
    dingtalk, line, phone = stage
    await dingtalk.gateway.ends("silent")
    dingtalk.gateway.patience = 0.01
    push = await phone.says("hello?")
    await line.socket.ping()
    await caller.tickets()  # by its answer the ping has arrived too
    assert line.frames.empty() and not push.acked and dingtalk.gateway.connections[0].pings == 0


async def test_after_the_disconnect_frame_come_ten_silent_seconds(stage: Stage) -> None:
    dingtalk, line, phone = stage
    await dingtalk.gateway.ends("disconnect")
    assert (await line.next())["headers"]["topic"] == "disconnect"
    assert (await phone.says("not here")).lost
    await dingtalk.passes(seconds=9)
    assert dingtalk.gateway.living()
    await dingtalk.passes(seconds=1)
    await dingtalk.gateway.until(lambda: not dingtalk.gateway.living())


async def test_connections_that_are_refused_or_slammed(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.gateway.refuses, dingtalk.gateway.slams = 1, 1
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with caller.line():
            pass
    async with caller.line() as line:
        await asyncio.wait_for(line.over.wait(), 5)
        assert line.socket.close_code == 1001
    async with caller.line():
        assert await dingtalk.gateway.connected()
