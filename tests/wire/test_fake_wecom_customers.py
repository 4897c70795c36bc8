"""Customers at the fake WeCom: adding, welcoming, remarks, tags, handing over, and messages to many."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.wecom import WeCom
from tests.wire.test_fake_wecom import code_of
from tests.wire.wecom_app import App, company

Pair = tuple[WeCom, App]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with company() as (wecom, app):
        yield wecom, app


# -- adding and welcoming --------------------------------------------------------------------------


async def test_a_new_customer_comes_with_the_ways_state_and_a_welcome_code(pair: Pair) -> None:
    wecom, app = pair
    way = await app.post(
        "externalcontact/add_contact_way", {"type": 1, "scene": 2, "user": ["li.na"], "state": "展会"}
    )
    assert way["qr_code"].startswith("http")
    customer = await wecom.befriends("li.na", "张伟", way=way["config_id"])
    event = app.told[-1]
    assert (event["Event"], event["ChangeType"]) == ("change_external_contact", "add_external_contact")
    assert (event["FromUserName"], event["UserID"], event["State"]) == ("sys", "li.na", "展会")
    body = {"welcome_code": event["WelcomeCode"], "text": {"content": "您好"}}
    assert await code_of(app.post("externalcontact/send_welcome_msg", body)) == 0
    assert customer.welcomes == [body]
    assert await code_of(app.post("externalcontact/send_welcome_msg", body)) == 41051
    found = await app.get("externalcontact/get", external_userid=customer.id)
    assert found["external_contact"]["name"] == "张伟" and found["external_contact"]["type"] == 1
    assert (found["follow_user"][0]["userid"], found["follow_user"][0]["state"]) == ("li.na", "展会")


async def test_a_welcome_has_twenty_seconds(pair: Pair) -> None:
    wecom, app = pair
    await wecom.befriends("li.na", "张伟")
    await wecom.passes(seconds=20)
    body = {"welcome_code": app.told[-1]["WelcomeCode"], "text": {"content": "您好"}}
    assert await code_of(app.post("externalcontact/send_welcome_msg", body)) == 41050
    assert await code_of(app.post("externalcontact/send_welcome_msg", {**body, "welcome_code": "x"})) == 41050


async def test_another_app_may_be_at_it(pair: Pair) -> None:
    wecom, app = pair
    await wecom.befriends("li.na", "张伟")
    code = app.told[-1]["WelcomeCode"]
    body = {"welcome_code": code, "text": {"content": "您好"}}
    wecom.customers.welcomes[code].held = True
    assert await code_of(app.post("externalcontact/send_welcome_msg", body)) == 41096
    wecom.customers.welcomes[code].held, wecom.customers.welcomes[code].used = False, True
    assert await code_of(app.post("externalcontact/send_welcome_msg", body)) == 41051


@pytest.mark.parametrize("why", ["console", "chatting", "colleague"])
async def test_a_welcome_code_may_be_missing(pair: Pair, why: str) -> None:
    wecom, app = pair
    wecom.company.member("li.na").console_welcome = why == "console"
    await wecom.befriends("li.na", "张伟", chatting=why == "chatting", colleague=why == "colleague")
    assert "WelcomeCode" not in app.told[-1]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, 40063),
        ({"text": {"content": "字" * 1334}}, 45002),
        ({"attachments": [{"msgtype": "link", "link": {"title": "x", "url": "https://x"}}] * 10}, 40058),
        ({"attachments": [{"msgtype": "link", "link": {"url": "https://x"}}]}, 41016),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "no"}}]}, 40007),
        ({"attachments": [{"msgtype": "voice", "voice": {}}]}, 40008),
    ],
)
async def test_wrong_welcomes_cost_nothing(pair: Pair, content: dict[str, Any], code: int) -> None:
    wecom, app = pair
    await wecom.befriends("li.na", "张伟")
    body = {"welcome_code": app.told[-1]["WelcomeCode"]}
    assert await code_of(app.post("externalcontact/send_welcome_msg", {**body, **content})) == code
    assert (
        await code_of(app.post("externalcontact/send_welcome_msg", {**body, "text": {"content": "好"}})) == 0
    )


async def test_a_half_added_customer_and_a_links_long_channel(pair: Pair) -> None:
    wecom, app = pair
    customer = await wecom.befriends("li.na", "张伟", half=True, channel="展" * 30)
    assert app.told[-1]["ChangeType"] == "add_half_external_contact" and app.told[-1]["State"] == "展" * 21
    await wecom.befriends("li.na", customer, chatting=True)
    assert app.told[-1]["ChangeType"] == "add_external_contact" and "WelcomeCode" not in app.told[-1]


async def test_two_events_of_one_second_look_alike_but_for_the_customer(pair: Pair) -> None:
    wecom, app = pair
    await wecom.befriends("li.na", "张伟")
    await wecom.befriends("li.na", "何俊")
    first, second = app.told
    assert (first["FromUserName"], first["CreateTime"]) == (second["FromUserName"], second["CreateTime"])
    assert first["ExternalUserID"] != second["ExternalUserID"]


async def test_what_the_client_does_is_told_and_what_the_api_does_is_not(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    body = {"userid": "li.na", "external_userid": customer.id}
    assert await code_of(app.post("externalcontact/remark", {**body, "remark": "鼎盛张伟"})) == 0
    assert app.told == []
    await wecom.edits("li.na", customer, remark="张经理")
    await wecom.is_dropped("li.na", customer)
    await wecom.drops("li.na", customer)
    changes = ["edit_external_contact", "del_follow_user", "del_external_contact"]
    assert [each["ChangeType"] for each in app.told] == changes


# -- reading and writing ---------------------------------------------------------------------------


async def test_lists_of_customers(pair: Pair) -> None:
    wecom, app = pair
    ids = [wecom.customer("li.na", name, unionid="u" + name).id for name in ("张伟", "张薇", "何俊")]
    assert (await app.get("externalcontact/list", userid="li.na"))["external_userid"] == ids
    empty = await app.get("externalcontact/list", userid="wang.wu")
    assert (empty["errcode"], empty["external_userid"]) == (84061, [])
    batch = {"userid_list": ["li.na"], "limit": 2}
    page = await app.post("externalcontact/batch/get_by_user", batch)
    assert len(page["external_contact_list"]) == 2
    assert page["external_contact_list"][0]["external_contact"]["unionid"] == "u张伟"
    rest = await app.post("externalcontact/batch/get_by_user", {**batch, "cursor": page["next_cursor"]})
    assert len(rest["external_contact_list"]) == 1 and rest["next_cursor"] == ""
    wecom.company.member("li.na").licensed = False
    assert await code_of(app.post("externalcontact/batch/get_by_user", batch)) == 701008
    wecom.company.member("wang.wu").serves = False
    assert await code_of(app.get("externalcontact/list", userid="wang.wu")) == 84074
    assert (await app.get("externalcontact/get_follow_user_list"))["follow_user"] == ["li.na", "Zhao.liu"]
    assert await code_of(app.get("externalcontact/get", external_userid="wmX")) == 40096


async def test_remarks_are_checked_and_written(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    body = {"userid": "li.na", "external_userid": customer.id}
    for change, code in [
        ({}, 40063),
        ({"remark": "字" * 21}, 40058),
        ({"userid": "wang.wu", "remark": "x"}, 84061),
        ({"external_userid": "wmX", "remark": "x"}, 40096),
        ({"remark": "张经理", "remark_company": "鼎盛", "remark_mobiles": ["13800000002"]}, 0),
    ]:
        assert await code_of(app.post("externalcontact/remark", {**body, **change})) == code
    follow = (await app.get("externalcontact/get", external_userid=customer.id))["follow_user"][0]
    assert (follow["remark"], follow["remark_corp_name"], follow["remark_mobiles"]) == (
        "张经理",
        "鼎盛",
        ["13800000002"],
    )


async def test_contact_ways_are_changed_and_deleted(pair: Pair) -> None:
    _, app = pair
    path = "externalcontact/{}_contact_way".format
    assert (
        await code_of(app.post(path("add"), {"type": 1, "scene": 2, "user": ["li.na", "wang.wu"]})) == 41035
    )
    id = (await app.post(path("add"), {"type": 2, "scene": 1, "user": ["li.na", "wang.wu"]}))["config_id"]
    assert await code_of(app.post(path("update"), {"config_id": id, "state": "新"})) == 0
    assert (await app.post(path("get"), {"config_id": id}))["contact_way"]["state"] == "新"
    assert (await app.post(path("list"), {}))["contact_way"] == [{"config_id": id}]
    assert await code_of(app.post(path("del"), {"config_id": id})) == 0
    assert await code_of(app.post(path("get"), {"config_id": id})) == 41044


async def test_tags_of_the_company_and_of_a_customer(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    made = await app.post(
        "externalcontact/add_corp_tag", {"group_name": "级别", "tag": [{"name": "A"}, {"name": "B"}]}
    )
    first, second = [each["id"] for each in made["tag_group"]["tag"]]
    again = {"group_name": "级别", "tag": [{"name": "A"}]}
    assert await code_of(app.post("externalcontact/add_corp_tag", again)) == 40071
    mark = {"userid": "li.na", "external_userid": customer.id}
    for change, code in [({}, 40063), ({"add_tag": ["et"]}, 40068), ({"add_tag": [first, second]}, 0)]:
        assert await code_of(app.post("externalcontact/mark_tag", {**mark, **change})) == code
    await app.post("externalcontact/mark_tag", {**mark, "remove_tag": [second]})
    tags = (await app.get("externalcontact/get", external_userid=customer.id))["follow_user"][0]["tags"]
    assert tags == [{"group_name": "级别", "tag_name": "A", "tag_id": first, "type": 1}]
    await app.post("externalcontact/edit_corp_tag", {"id": first, "name": "A级"})
    listed = (await app.post("externalcontact/get_corp_tag_list", {"tag_id": [first]}))["tag_group"]
    assert [each["name"] for each in listed[0]["tag"]] == ["A级"]
    await app.post("externalcontact/del_corp_tag", {"tag_id": [first, second]})
    assert (await app.post("externalcontact/get_corp_tag_list", {}))["tag_group"] == []
    wecom.customers.marking = 5
    assert await code_of(app.post("externalcontact/mark_tag", mark)) == 45033


# -- handing over ----------------------------------------------------------------------------------


def over(*externals: str, to: str = "wang.wu", **more: Any) -> dict[str, Any]:
    return {"handover_userid": "li.na", "takeover_userid": to, "external_userid": list(externals), **more}


async def status(app: App, path: str = "externalcontact/transfer_result") -> list[tuple[int, int]]:
    app.token = ""
    answer = await app.post(path, {"handover_userid": "li.na", "takeover_userid": "wang.wu"})
    return [(each["status"], each["takeover_time"]) for each in answer["customer"]]


async def test_a_handover_happens_by_itself_after_a_day(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    answer = await app.post("externalcontact/transfer_customer", over(customer.id, "wmX"))
    assert answer["errcode"] == 0
    assert [each["errcode"] for each in answer["customer"]] == [0, 40096]
    planned = wecom.company.seconds + 24 * 3600
    assert await status(app) == [(2, planned)] and app.told == []
    again = await app.post("externalcontact/transfer_customer", over(customer.id))
    assert again["customer"][0]["errcode"] == 40129
    await wecom.passes(hours=23)
    assert app.told == []
    await wecom.passes(hours=1)
    gone, come = app.told
    assert (gone["ChangeType"], gone["UserID"], gone["Source"]) == (
        "del_external_contact",
        "li.na",
        "DELETE_BY_TRANSFER",
    )
    assert (come["ChangeType"], come["UserID"]) == (
        "add_external_contact",
        "wang.wu",
    ) and "WelcomeCode" not in come
    assert await status(app) == [(1, planned)]
    found = await app.get("externalcontact/get", external_userid=customer.id)
    assert [(each["userid"], each["add_way"]) for each in found["follow_user"]] == [("wang.wu", 202)]


async def test_who_knows_the_successor_already_raises_no_second_event(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    wecom.follows("wang.wu", customer)
    await app.post("externalcontact/transfer_customer", over(customer.id))
    await wecom.passes(hours=24)
    assert [each["ChangeType"] for each in app.told] == ["del_external_contact"]


async def test_a_customer_may_refuse_and_a_successor_may_be_full(pair: Pair) -> None:
    wecom, app = pair
    first, second = wecom.customer("li.na", "张伟"), wecom.customer("li.na", "何俊")
    await app.post("externalcontact/transfer_customer", over(first.id, second.id))
    await wecom.refuses(first)
    assert (app.told[-1]["ChangeType"], app.told[-1]["UserID"]) == ("transfer_fail", "wang.wu")
    assert app.told[-1]["FailReason"] == "customer_refused"
    wecom.company.member("wang.wu").customer_limit = 0
    await wecom.passes(hours=24)
    assert app.told[-1]["FailReason"] == "customer_limit_exceed"
    assert await status(app) == [(3, 0), (4, 0)]
    assert len(wecom.customers.of("li.na")) == 2


async def test_twice_in_ninety_days_is_all(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    for _ in range(2):
        app.token = ""
        await app.post("externalcontact/transfer_customer", over(customer.id))
        await wecom.refuses(customer)
    third = await app.post("externalcontact/transfer_customer", over(customer.id))
    assert third["customer"][0]["errcode"] == 40128
    await wecom.passes(days=90)
    app.token = ""
    assert (await app.post("externalcontact/transfer_customer", over(customer.id)))["customer"][0][
        "errcode"
    ] == 0


async def test_wrong_handovers_have_their_codes(pair: Pair) -> None:
    wecom, app = pair
    theirs = wecom.customer("Zhao.liu", "张伟")
    path = "externalcontact/transfer_customer"
    assert await code_of(app.post(path, over("x", to="li.na"))) == 40130
    assert await code_of(app.post(path, over("x", to="ghost"))) == 40003
    assert await code_of(app.post(path, over(*["x"] * 101))) == 40058
    assert await code_of(app.post(path, over("x", transfer_success_msg="字" * 201))) == 40058
    assert (await app.post(path, over(theirs.id)))["customer"][0]["errcode"] == 40131
    wecom.company.member("wang.wu").verified = False
    assert (await app.post(path, over(theirs.id)))["customer"][0]["errcode"] == 40098
    wecom.company.member("wang.wu").serves = False
    assert await code_of(app.post(path, over(theirs.id))) == 84074


async def test_a_leavers_customers_are_listed_and_handed_over(pair: Pair) -> None:
    wecom, app = pair
    customer = wecom.customer("li.na", "张伟")
    path = "externalcontact/resigned/transfer_customer"
    assert await code_of(app.post(path, over(customer.id))) == 40097
    await wecom.leaves("li.na")
    listed = await app.post("externalcontact/get_unassigned_list", {})
    assert [each["external_userid"] for each in listed["info"]] == [customer.id] and listed["is_last"]
    assert (await app.post(path, over(customer.id)))["customer"][0]["errcode"] == 0
    await wecom.passes(hours=24)
    assert [each["ChangeType"] for each in app.told[-1:]] == ["add_external_contact"]
    assert (await status(app, "externalcontact/resigned/transfer_result"))[0][0] == 1
    assert await status(app) == []


async def test_results_come_in_pages(pair: Pair) -> None:
    wecom, app = pair
    ids = [wecom.customer("li.na", str(each)).id for each in range(3)]
    await app.post("externalcontact/transfer_customer", over(*ids))
    wecom.customers.page = 2
    asked = {"handover_userid": "li.na", "takeover_userid": "wang.wu"}
    first = await app.post("externalcontact/transfer_result", asked)
    rest = await app.post("externalcontact/transfer_result", {**asked, "cursor": first["next_cursor"]})
    assert [len(first["customer"]), len(rest["customer"]), rest["next_cursor"]] == [2, 1, ""]


# -- messages to many ------------------------------------------------------------------------------


async def test_a_message_to_many_is_a_task_for_its_member(pair: Pair) -> None:
    wecom, app = pair
    known, gone = wecom.customer("li.na", "张伟"), wecom.customer("li.na", "何俊")
    body = {"external_userid": [known.id, gone.id, "wmX"], "text": {"content": "新品"}}
    made = await app.post("externalcontact/add_msg_template", body)
    assert made["fail_list"] == ["wmX"]
    asked = {"msgid": made["msgid"], "userid": "li.na"}
    result = "externalcontact/get_groupmsg_send_result"
    assert [each["status"] for each in (await app.post(result, asked))["send_list"]] == [0, 0]
    await wecom.drops("li.na", gone)
    wecom.masses.confirm("li.na", made["msgid"])
    assert [each["status"] for each in (await app.post(result, asked))["send_list"]] == [1, 2]
    assert (await app.post("externalcontact/get_groupmsg_task", asked))["task_list"][0]["status"] == 2
    nobody = await app.post("externalcontact/add_msg_template", {"external_userid": ["wmX"]})
    assert (nobody["errcode"], nobody["fail_list"]) == (41048, ["wmX"])


async def test_a_customer_gets_as_many_a_month_as_it_has_days(pair: Pair) -> None:
    wecom, app = pair
    known = wecom.customer("li.na", "张伟")
    for _ in range(31):
        made = await app.post("externalcontact/add_msg_template", {"external_userid": [known.id]})
        wecom.masses.confirm("li.na", made["msgid"])
    assert [each.status[known.id] for each in wecom.masses.all.values()] == [1] * 30 + [3]
