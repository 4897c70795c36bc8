"""The fake's two APIs: tokens, envelopes, permissions, limits, budgets, and calls that go wrong."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.fakes.dingtalk import DingTalk
from tests.wire.dingtalk_line import Caller, called

SEND = "/v1.0/robot/oToMessages/batchSend"
MESSAGE = {"robotCode": "dingkey0001", "msgKey": "sampleText", "msgParam": '{"content":"好"}'}
TO_LI = {**MESSAGE, "userIds": ["li"]}
ME = "/topapi/v2/user/get"


@pytest.fixture
async def dingtalk() -> AsyncIterator[DingTalk]:
    async with DingTalk() as dingtalk:
        dingtalk.join("li", "李娜")
        yield dingtalk
        assert dingtalk.problems == []


@pytest.fixture
async def caller(dingtalk: DingTalk) -> AsyncIterator[Caller]:
    async with called(dingtalk) as caller:
        yield caller


async def test_a_token_is_the_same_while_it_lives_and_then_it_is_none(
    dingtalk: DingTalk, caller: Caller
) -> None:
    first = caller.token
    await dingtalk.passes(seconds=7000)
    assert await caller.fetch_token() == first  # renewed by asking
    await dingtalk.passes(seconds=7000)
    assert (await caller.post(SEND, TO_LI))[0] == 200
    await dingtalk.passes(seconds=200)
    assert await caller.post(SEND, TO_LI) == (400, caller.dingtalk.calls[-1].answer)
    assert dingtalk.calls[-1].answer["code"] == "InvalidAuthentication"
    assert (await caller.old(ME, {"userid": "li"}))["errcode"] == 40014
    assert await caller.fetch_token() != first


async def test_tokens_can_be_revoked_and_kept_apart(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.tokens.mixed = False
    assert (await caller.old(ME, {"userid": "li"}))["errcode"] == 40014
    async with caller.http.get(
        f"{dingtalk.oapi_base}/gettoken?appkey=dingkey0001&appsecret=ding-secret"
    ) as answer:
        legacy = (await answer.json())["access_token"]
    assert (await caller.old(ME, {"userid": "li"}, access_token=legacy))["errcode"] == 0
    dingtalk.tokens.revoke()
    dingtalk.tokens.invalid_status = 401
    assert (await caller.post(SEND, TO_LI))[0] == 401


async def test_wrong_credentials(caller: Caller) -> None:
    status, answer = await caller.post(
        "/v1.0/oauth2/accessToken", {"appKey": "dingkey0001", "appSecret": "no"}
    )
    assert (status, answer["code"]) == (400, "invalidClientIdOrSecret")
    async with caller.http.get(f"{caller.dingtalk.oapi_base}/gettoken?appkey=x&appsecret=y") as bad:
        assert (bad.status, (await bad.json())["errcode"]) == (200, 40089)


async def test_permissions_in_both_envelopes(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.app.scopes = {"qyapi_base"}
    status, answer = await caller.post(SEND, TO_LI)
    assert (status, answer["code"]) == (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
    assert (
        answer["accessdenieddetail"] == {"requiredScopes": ["qyapi_robot_sendmsg"]} and "requestid" in answer
    )
    old = await caller.old(ME, {"userid": "li"})
    assert (old["errcode"], old["sub_code"]) == (88, "60011") and "request_id" in old
    dingtalk.app.ips = {"198.51.100.1"}
    assert (await caller.post(SEND, TO_LI))[1]["code"] == "Forbidden.AccessDenied.IpNotInWhiteList"


async def test_what_is_missing_unreadable_or_unknown(dingtalk: DingTalk, caller: Caller) -> None:
    assert (await caller.post(SEND, MESSAGE))[1]["code"] == "MissinguserIds"
    async with caller.http.post(dingtalk.api_base + SEND, data=b"{") as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "Invalidbody")
    assert (await caller.post("/v1.0/no/such"))[0] == 404
    assert (await caller.old("/topapi/no/such"))["errcode"] == 22


async def test_twenty_calls_a_second_of_one_api(dingtalk: DingTalk, caller: Caller) -> None:
    for _ in range(20):
        assert (await caller.post(SEND, TO_LI))[0] == 200
    status, answer = await caller.post(SEND, TO_LI)
    assert (status, answer["code"]) == (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
    assert (await caller.old(ME, {"userid": "li"}))["errcode"] == 0  # another API has its own twenty
    await dingtalk.passes(seconds=1)
    assert (await caller.post(SEND, TO_LI))[0] == 200
    assert len(dingtalk.phone("li").shown) == 21


async def test_the_months_budget(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.meter.budget = 2
    await caller.post(SEND, TO_LI)
    await caller.old(ME, {"userid": "li"})  # contacts are free
    await caller.post(SEND, TO_LI)
    status, answer = await caller.post(SEND, TO_LI)
    assert (status, answer["code"]) == (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
    assert dingtalk.meter.spent == {SEND: 2} and dingtalk.meter.exhausted
    await dingtalk.passes(days=15)
    await caller.fetch_token()
    assert (await caller.post(SEND, TO_LI))[0] == 200
    assert list(dingtalk.meter.months) == ["2026-04", "2026-05"]


async def test_calls_that_go_wrong(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.goes_wrong(SEND, code="system.err", status=500)
    assert (await caller.post(SEND, TO_LI))[1]["code"] == "system.err"
    dingtalk.goes_wrong(ME, errcode=-1, times=2)
    assert [(await caller.old(ME, {"userid": "li"}))["errcode"] for _ in range(3)] == [-1, -1, 0]
    dingtalk.goes_wrong(SEND, status=502)
    assert await caller.post(SEND, TO_LI) == (502, None)
    dingtalk.goes_wrong(SEND, half=True)
    with pytest.raises(ValueError, match="line 1 column"):
        await caller.post(SEND, TO_LI)
    assert len(dingtalk.phone("li").shown) == 1  # it was carried out


async def test_an_unknown_outcome_and_a_timeout(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.goes_wrong(SEND, cut=True, done=True)
    with pytest.raises(aiohttp.ClientError):
        await caller.post(SEND, TO_LI)
    assert len(dingtalk.phone("li").shown) == 1
    dingtalk.api.gives_up = 0.01
    dingtalk.goes_wrong("*", seconds=4, times=2)
    assert (await caller.post(SEND, TO_LI))[0] == 504
    assert (await caller.old(ME, {"userid": "li"}))["errcode"] == 15


async def test_a_blocked_address_gets_a_page(dingtalk: DingTalk, caller: Caller) -> None:
    dingtalk.api.blocked = True
    async with caller.http.post(dingtalk.api_base + SEND, json=TO_LI) as answer:
        assert answer.content_type == "text/html" and '"punish":"deny"' in await answer.text()
