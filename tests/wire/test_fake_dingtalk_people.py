"""The fake's people: who is who, who leads whom, who signs in, and the address book of customers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.dingtalk import DingTalk
from tests.wire.dingtalk_line import Caller, called

Stage = tuple[DingTalk, Caller]
CONTACT = {
    "name": "王总",
    "mobile": "13800000000",
    "state_code": "86",
    "follower_user_id": "li",
    "label_ids": [11],
    "company_name": "华星电子",
}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with DingTalk() as dingtalk, called(dingtalk) as caller:
        dingtalk.department(101, "销售部")
        dingtalk.department(102, "华东组", parent=101)
        dingtalk.join("zhou", "周强", departments=101, leads=101)
        dingtalk.join("li", "李娜", leader="zhou", departments=[102, 101], mobile="13900000000")
        yield dingtalk, caller
        assert dingtalk.problems == []


async def test_who_is_who(stage: Stage) -> None:
    dingtalk, caller = stage
    li = (await caller.old("/topapi/v2/user/get", {"userid": "li"}))["result"]
    assert (li["name"], li["manager_userid"], li["dept_id_list"]) == ("李娜", "zhou", [102, 101])
    assert li["leader_in_dept"] == [{"dept_id": 102, "leader": False}, {"dept_id": 101, "leader": False}]
    by_mobile = await caller.old("/topapi/v2/user/getbymobile", {"mobile": "13900000000"})
    by_union = await caller.old("/topapi/user/getbyunionid", {"unionid": li["unionid"]})
    assert by_mobile["result"]["userid"] == by_union["result"]["userid"] == "li"
    page = (await caller.old("/topapi/v2/user/list", {"dept_id": 101, "cursor": 0, "size": 1}))["result"]
    assert page["has_more"] and page["next_cursor"] == 1 and page["list"][0]["userid"] == "zhou"
    assert (await caller.old("/topapi/v2/user/get", {"userid": "x"}))["errcode"] == 60121
    dingtalk.app.visible = {"zhou"}
    hidden = await caller.old("/topapi/v2/user/get", {"userid": "li"})
    assert (hidden["errcode"], hidden["sub_code"]) == (88, "60011")


async def test_departments(stage: Stage) -> None:
    _, caller = stage
    below = (await caller.old("/topapi/v2/department/listsub", {"dept_id": 1}))["result"]
    assert below == [{"dept_id": 101, "name": "销售部", "parent_id": 1}]
    head = (await caller.old("/topapi/v2/department/get", {"dept_id": 101}))["result"]
    assert head["dept_manager_userid_list"] == ["zhou"]
    above = (await caller.old("/topapi/v2/department/listparentbyuser", {"userid": "li"}))["result"]
    assert above["parent_list"][0] == {"parent_dept_id_list": [102, 101, 1]}
    assert (await caller.old("/topapi/v2/department/get", {"dept_id": 9}))["errcode"] == 60003


async def test_who_left(stage: Stage) -> None:
    dingtalk, caller = stage
    await dingtalk.leaves("li")
    assert (await caller.old("/topapi/v2/user/get", {"userid": "li"}))["errcode"] == 60121
    asked = {"startTime": "2026-04-01T00:00:00+08:00", "endTime": "2026-05-01T00:00:00+08:00"}
    _, answer = await caller.call("GET", "/v1.0/contact/empLeaveRecords", **asked)
    assert [each["userId"] for each in answer["records"]] == ["li"]
    asked["startTime"] = "2020-04-01T00:00:00+08:00"
    assert (await caller.call("GET", "/v1.0/contact/empLeaveRecords", **asked))[0] == 400


async def test_a_code_of_a_page_is_good_once_for_five_minutes(stage: Stage) -> None:
    dingtalk, caller = stage
    path, code = "/topapi/v2/user/getuserinfo", dingtalk.oauth.code("li", dingtalk.app)
    late = dingtalk.oauth.code("li", dingtalk.app)
    assert (await caller.old(path, {"code": code}))["result"]["userid"] == "li"
    assert (await caller.old(path, {"code": code}))["errcode"] == 40078
    await dingtalk.passes(minutes=5)
    assert (await caller.old(path, {"code": late}))["errcode"] == 40078


async def test_a_browser_signs_in_through_the_login_page(stage: Stage) -> None:
    dingtalk, caller = stage
    site, came = web.Application(), {}

    async def back(request: web.Request) -> web.Response:
        came.update(request.query)
        return web.Response(text="welcome")

    site.router.add_get("/back", back)
    async with TestServer(site) as server:
        asked = "response_type=code&client_id=dingkey0001&scope=openid&prompt=consent&state=s1"
        target = f"https://login.dingtalk.com/oauth2/auth?redirect_uri={server.make_url('/back')}&{asked}"
        page = await dingtalk.phone("li").opens(target)
    assert (page.text, came["state"]) == ("welcome", "s1")
    body = {"clientId": "dingkey0001", "clientSecret": "ding-secret", "grantType": "authorization_code"}
    _, token = await caller.post("/v1.0/oauth2/userAccessToken", {**body, "code": came["authCode"]})
    assert (await caller.post("/v1.0/oauth2/userAccessToken", {**body, "code": came["authCode"]}))[0] == 400
    app, caller.token = caller.token, token["accessToken"]
    _, me = await caller.call("GET", "/v1.0/contact/users/me")
    assert (me["nick"], me["unionId"]) == ("李娜", "un-li")
    caller.token = app
    assert (await caller.call("GET", "/v1.0/contact/users/me"))[1]["code"] == "InvalidAuthentication"


async def test_external_contacts_have_a_follower_who_can_change(stage: Stage) -> None:
    _, caller = stage

    async def called_for(name: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await caller.old(f"/topapi/extcontact/{name}", body)
        return answer

    assert (await called_for("create", {"contact": {**CONTACT, "label_ids": []}}))["errcode"] == 40035
    userid = (await called_for("create", {"contact": CONTACT}))["userid"]
    moved = {"user_id": userid, "name": "王总", "label_ids": [11], "follower_user_id": "zhou"}
    assert (await called_for("update", {"contact": {**moved, "mobile": "1"}}))["errcode"] == 40035
    assert (await called_for("update", {"contact": moved}))["errcode"] == 0
    found = (await called_for("get", {"user_id": userid}))["result"]
    assert (found["follower_user_id"], found["company_name"]) == ("zhou", "华星电子")
    assert len((await called_for("list", {"size": 20, "offset": 0}))["results"]) == 1
    assert (await called_for("delete", {"user_id": userid}))["errcode"] == 0
    assert (await called_for("get", {"user_id": userid}))["errcode"] == 60121
