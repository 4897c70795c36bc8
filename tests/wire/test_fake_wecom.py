"""The fake WeCom's API: tokens, sending and its silences, media, people, logins, and mishaps on demand."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.fakes.wecom import WeCom
from tests.fakes.wecom.media import AMR, amr, amr_length
from tests.wire.wecom_app import App, card, company

Pair = tuple[WeCom, App]
JPG, MP4 = b"\xff\xd8\xff" + b"0" * 20, b"0000ftypmp42" + b"0" * 20


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with company() as (wecom, app):
        yield wecom, app


async def code_of(asked: Any) -> int:
    return int((await asked)["errcode"])


# -- tokens ----------------------------------------------------------------------------------------


async def test_a_token_is_the_same_until_it_ends(pair: Pair) -> None:
    wecom, app = pair
    first = await app.get_token()
    await wecom.passes(minutes=100)
    assert await app.get_token() == first
    await wecom.passes(minutes=20)
    app.token = first
    assert await code_of(app.send("li.na")) == 42001
    assert await app.get_token() != first


async def test_a_token_can_be_revoked_early_with_either_code(pair: Pair) -> None:
    wecom, app = pair
    assert await code_of(app.send("li.na")) == 0
    wecom.tokens.revoke()
    assert await code_of(app.send("li.na")) == 40014
    app.token = await app.get_token()
    wecom.tokens.revoke(wecom.app, code=42001)
    assert await code_of(app.send("li.na")) == 42001


async def test_wrong_credentials_have_their_codes_and_end_in_a_ban(pair: Pair) -> None:
    wecom, app = pair
    wecom.tokens.foreign_secrets.add("theirs")
    right = {"corpid": "wwcorp0001", "corpsecret": "app-secret"}
    for query, code in [
        ({}, 41004),
        ({"corpsecret": "x"}, 41002),
        ({**right, "corpid": "ww2"}, 40013),
        ({**right, "corpsecret": "x"}, 40001),
        ({**right, "corpsecret": "theirs"}, 40091),
    ]:
        assert await code_of(app.call("GET", "gettoken", **query)) == code
    for _ in range(4):
        await app.call("GET", "gettoken", **{**right, "corpsecret": "x"})
    assert await code_of(app.call("GET", "gettoken", **right)) == 45009
    await wecom.passes(minutes=61)
    assert await code_of(app.call("GET", "gettoken", **right)) == 0


async def test_the_token_counts_in_the_query_only(pair: Pair) -> None:
    wecom, app = pair
    token = await app.get_token()
    body = {"touser": "li.na", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}}
    assert await code_of(app.call("POST", "message/send", {**body, "access_token": token})) == 41001
    headers = {"Authorization": f"Bearer {token}"}
    async with app.http.post(wecom.api_url + "message/send", json=body, headers=headers) as answer:
        assert (await answer.json())["errcode"] == 41001


async def test_only_trusted_addresses_may_call_and_trust_takes_a_minute(pair: Pair) -> None:
    wecom, app = pair
    wecom.tokens.trust("198.51.100.7", at_once=True)
    refused = await app.send("li.na")
    assert refused["errcode"] == 60020 and "203.0.113.9" in refused["errmsg"]
    wecom.tokens.trust("203.0.113.9")
    assert await code_of(app.send("li.na")) == 60020
    await wecom.passes(minutes=1)
    assert await code_of(app.send("li.na")) == 0


async def test_each_secret_has_its_own_rights(pair: Pair) -> None:
    wecom, app = pair
    wecom.add_app(0, "sync", kind="contacts")
    sync = App(wecom, app.http, secret="sync")
    assert await code_of(sync.send("li.na")) == 48002
    assert await code_of(app.post("user/list_id", {})) == 48002
    listed = await sync.post("user/list_id", {"limit": 2})
    assert [each["userid"] for each in listed["dept_user"]] == ["wang.wu", "li.na"] and listed[
        "next_cursor"
    ] == "2"
    wecom.app.customers = False
    assert await code_of(app.get("externalcontact/get_follow_user_list")) == 48002
    assert await code_of(app.send("li.na", agentid=5)) == 301002
    wecom.app.enabled = False
    assert await code_of(app.send("li.na")) == 50003
    assert await code_of(app.call("GET", "gettoken", corpid="wwcorp0001", corpsecret="app-secret")) == 40001


async def test_errors_are_http_200_with_a_hint_and_empty_lists(pair: Pair) -> None:
    wecom, app = pair
    answer = await app.call("GET", "externalcontact/list", access_token="no", userid="li.na")
    assert (answer["errcode"], answer["external_userid"]) == (40014, [])
    assert "hint: [" in answer["errmsg"] and "from ip: 203.0.113.9" in answer["errmsg"]
    async with app.http.get(wecom.api_url + "no/such/thing") as unknown:
        assert unknown.status == 404
    async with app.http.post(wecom.api_url + "message/send", data=b"{broken") as broken:
        assert "wrong json format" in (await broken.json())["errmsg"]


# -- sending ---------------------------------------------------------------------------------------


async def test_who_is_not_there_is_named_in_small_letters(pair: Pair) -> None:
    wecom, app = pair
    wecom.company.member("wang.wu").licensed = False
    answer = await app.send("LI.NA|Ghost|ZHAO.LIU|wang.wu")
    assert (answer["errcode"], answer["invaliduser"], answer["unlicenseduser"]) == (0, "ghost", "wang.wu")
    assert answer["msgid"] and len(wecom.shown("li.na")) == len(wecom.shown("Zhao.liu")) == 1
    nobody = await app.send("Ghost|wang.wu")
    assert (nobody["errcode"], nobody["invaliduser"]) == (81013, "ghost")
    wecom.app.visible = {"wang.wu"}
    assert await code_of(app.send("li.na")) == 81013


async def test_recipients_by_department_tag_and_all(pair: Pair) -> None:
    wecom, app = pair
    wecom.tag(9, "值班", "Zhao.liu")
    assert (await app.send("", toparty="2|77", totag="9|x"))["invalidparty"] == "77"
    assert [len(wecom.shown(each)) for each in ("wang.wu", "li.na", "Zhao.liu")] == [1, 1, 1]
    assert await code_of(app.send("@all", toparty="77")) == 0
    assert len(wecom.shown("Zhao.liu")) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touser": ""}, 82001),
        ({"touser": "|".join(["a"] * 1001)}, 40032),
        ({"touser": ["li.na"]}, 40031),
        ({"toparty": "|".join(["1"] * 101)}, 82002),
        ({"totag": "|".join(["1"] * 101)}, 82003),
        ({"agentid": "x"}, 40056),
        ({"msgtype": "post"}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": None}, 44004),
        ({"msgtype": "markdown", "markdown": {"content": "字" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "no"}}, 40007),
        ({"msgtype": "file", "file": {"x": 1}}, 41006),
        ({"msgtype": "textcard", "textcard": {"description": "d", "url": "https://x"}}, 41016),
        ({"msgtype": "textcard", "textcard": {"title": "t", "url": "https://x"}}, 41033),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "d", "url": "x"}}, 45034),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "d"}}, 40063),
        ({"msgtype": "news", "news": {"articles": [{"title": "t", "url": "https://x"}] * 9}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"url": "https://x"}]}}, 41016),
        ({"msgtype": "mpnews", "mpnews": {"articles": [{"title": "t", "content": "c"}]}}, 41006),
        ({"msgtype": "miniprogram_notice", "miniprogram_notice": {"title": "t"}}, 40063),
    ],
)
async def test_wrong_messages_have_their_codes(pair: Pair, change: dict[str, Any], code: int) -> None:
    wecom, app = pair
    body = {"touser": "li.na", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}, **change}
    assert await code_of(app.post("message/send", body)) == code
    assert wecom.shown("li.na") == []


async def test_every_type_is_shown(pair: Pair) -> None:
    wecom, app = pair
    media = {kind: (await app.upload(kind, data, name))["media_id"] for kind, data, name in FILES}
    for kind, id in media.items():
        assert await code_of(app.send("li.na", kind, {"media_id": id})) == 0
    link = {"title": "题", "description": "述", "url": "https://x.example"}
    article = {"title": "题", "thumb_media_id": media["image"], "content": "文"}
    for kind, content in [
        ("text", {"content": "字" * 700}),
        ("markdown", {"content": "# 早报"}),
        ("textcard", link),
        ("news", {"articles": [link]}),
        ("mpnews", {"articles": [article]}),
        ("miniprogram_notice", {"appid": "wx1", "title": "题"}),
        ("template_card", card()),
    ]:
        assert await code_of(app.send("li.na", kind, content)) == 0
    shown = wecom.shown("li.na")
    assert len(shown) == 11 and len({each.type for each in shown}) == 11
    assert shown[4].text == "字" * 682, "2,048 bytes, whole characters"
    assert await code_of(app.send("li.na", "voice", {"media_id": media["image"]})) == 40004


FILES = [
    ("image", JPG, "a.jpg"),
    ("voice", amr(2), "a.amr"),
    ("video", MP4, "a.mp4"),
    ("file", b"123456", "a.txt"),
]


async def test_names_are_put_in_for_ids(pair: Pair) -> None:
    wecom, app = pair
    text = {"content": "$userName=wang.wu$在$departmentName=2$，$userName=ghost$"}
    await app.send("li.na", content=text, enable_id_trans=1)
    assert wecom.shown("li.na")[0].text == "王五在华东区，$userName=ghost$"


async def test_the_thirty_first_in_a_minute_is_dropped_without_a_word(pair: Pair) -> None:
    wecom, app = pair
    for number in range(32):
        assert await code_of(app.send("li.na", content={"content": str(number)})) == 0
    assert len(wecom.shown("li.na")) == 30
    assert [body["text"]["content"] for _, body in wecom.messages.dropped] == ["30", "31"]
    assert await code_of(app.send("wang.wu")) == 0 and len(wecom.shown("wang.wu")) == 1
    await wecom.passes(minutes=1)
    await app.send("li.na")
    assert len(wecom.shown("li.na")) == 31


async def test_a_thousand_an_hour_and_the_days_share(pair: Pair) -> None:
    wecom, app = pair
    times = wecom.messages._times[1000002, "li.na"]
    times += [wecom.company.now() - timedelta(minutes=30)] * 999
    await app.send("li.na")
    await app.send("li.na")
    assert len(wecom.shown("li.na")) == 1
    wecom.company.seats = 0
    assert await code_of(app.send("wang.wu")) == 45009


async def test_the_same_request_is_not_delivered_twice_within_the_interval(pair: Pair) -> None:
    wecom, app = pair
    check = {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
    assert (await app.send("li.na", **check))["msgid"]
    assert await code_of(app.send("li.na", **check)) == 0
    assert len(wecom.shown("li.na")) == 1 and len(wecom.messages.suppressed) == 1
    await app.send("li.na")
    await wecom.passes(minutes=10)
    await app.send("li.na", **check)
    assert len(wecom.shown("li.na")) == 3


async def test_the_duplicate_check_saves_a_card_whose_answer_was_lost(pair: Pair) -> None:
    wecom, app = pair
    wecom.goes_wrong("message/send", cut=True, done=True)
    with pytest.raises(aiohttp.ClientError):
        await app.send_card("li.na", card(), enable_duplicate_check=1)
    assert (await app.send_card("li.na", card(), enable_duplicate_check=1))["errcode"] == 0
    wecom.messages.duplicates_first = False
    assert (await app.send_card("li.na", card(), enable_duplicate_check=1))["errcode"] == 42014
    assert len(wecom.shown("li.na")) == 1


async def test_recall_within_a_day_by_the_same_app(pair: Pair) -> None:
    wecom, app = pair
    first, second = [(await app.send("li.na"))["msgid"] for _ in range(2)]
    assert await code_of(app.post("message/recall", {"msgid": first})) == 0
    assert len(wecom.shown("li.na")) == 1
    wecom.add_app(7, "other")
    other = App(wecom, app.http, secret="other")
    assert await code_of(other.post("message/recall", {"msgid": second})) == 40058
    await wecom.passes(hours=24)
    app.token = ""
    assert await code_of(app.post("message/recall", {"msgid": second})) == 40058


# -- media -----------------------------------------------------------------------------------------


async def test_media_come_back_with_their_name_for_three_days(pair: Pair) -> None:
    wecom, app = pair
    answer = await app.upload("file", b"123456", "报价.xlsx")
    assert answer["type"] == "file" and isinstance(answer["created_at"], str)
    query = {"access_token": app.token, "media_id": answer["media_id"]}
    async with app.http.get(wecom.api_url + "media/get", params=query) as got:
        assert await got.read() == b"123456" and "filename*=UTF-8''%E6" in got.headers["Content-Disposition"]
    async with app.http.get(
        wecom.api_url + "media/get", params=query, headers={"Range": "bytes=1-2"}
    ) as part:
        assert (part.status, await part.read()) == (206, b"23")
    await wecom.passes(days=3)
    app.token = ""
    assert await code_of(app.get("media/get", media_id=answer["media_id"])) == 40007


async def test_more_than_twenty_megabytes_come_in_ranges(pair: Pair) -> None:
    wecom, app = pair
    item = wecom.media.put("file", b"0" * (20 * 1024 * 1024 + 1), "big.zip")
    assert await code_of(app.get("media/get", media_id=item.id)) == 830002


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("thumb", JPG, 40004),
        ("image", b"", 44001),
        ("image", b"12345", 40006),
        ("image", b"GIF89a....", 40005),
        ("image", JPG + b"0" * 10 * 1024 * 1024, 45001),
        ("voice", b"RIFF....WAVE", 40005),
        ("voice", amr(60.02), 45007),
        ("voice", AMR + b"0" * 2 * 1024 * 1024, 45001),
        ("video", b"123456789012", 40005),
    ],
)
async def test_wrong_media_have_their_codes(pair: Pair, kind: str, data: bytes, code: int) -> None:
    _, app = pair
    assert await code_of(app.upload(kind, data, "x")) == code


def test_amr_is_as_long_as_its_frames() -> None:
    assert amr_length(amr(60)) == timedelta(seconds=60)
    assert amr(1, mark=1) != amr(1, mark=2)


# -- people ----------------------------------------------------------------------------------------


async def test_people_without_what_is_sensitive(pair: Pair) -> None:
    wecom, app = pair
    found = await app.get("user/get", userid="li.na")
    assert (found["name"], found["department"], found["direct_leader"]) == ("李娜", [2], ["wang.wu"])
    assert found["is_leader_in_dept"] == [0] and "mobile" not in found
    assert await code_of(app.get("user/get", userid="ghost")) == 60111
    assert (await app.post("user/getuserid", {"mobile": "13800000001"}))["userid"] == "li.na"
    assert await code_of(app.post("user/getuserid", {"mobile": "13900000001"})) == 46004
    wecom.app.visible, wecom.app.visible_departments = set(), {2}
    assert await code_of(app.get("user/get", userid="Zhao.liu")) == 60011
    wecom.app.sensitive = True
    assert (await app.get("user/get", userid="LI.NA"))["mobile"] == "13800000001"


async def test_departments_and_who_is_in_them(pair: Pair) -> None:
    wecom, app = pair
    wecom.department(3, "苏州组", parent=2)
    wecom.member("sun.qi", "孙七", department=3)
    listed = (await app.get("department/list"))["department"]
    assert [(each["id"], each["parentid"]) for each in listed] == [(1, 0), (2, 1), (3, 2)]
    assert listed[1]["department_leader"] == ["wang.wu"]
    assert [each["id"] for each in (await app.get("department/simplelist", id=2))["department_id"]] == [2, 3]
    assert (await app.get("department/get", id=3))["department"]["name"] == "苏州组"
    people = (await app.get("user/list", department_id=2))["userlist"]
    assert [each["userid"] for each in people] == ["wang.wu", "li.na"] and people[0]["is_leader_in_dept"] == [
        1
    ]
    simple = (await app.get("user/simplelist", department_id=2, fetch_child=1))["userlist"]
    assert len(simple) == 3 and set(simple[0]) == {"userid", "name", "department"}
    assert await code_of(app.get("user/list", department_id=99)) == 60003


async def test_tags_and_the_apps_own_range(pair: Pair) -> None:
    wecom, app = pair
    wecom.tag(9, "值班", "li.na")
    answer = await app.post("tag/addtagusers", {"tagid": 9, "userlist": ["wang.wu", "ghost", "no"]})
    assert answer["invalidlist"] == "ghost|no"
    assert [each["userid"] for each in (await app.get("tag/get", tagid=9))["userlist"]] == [
        "li.na",
        "wang.wu",
    ]
    assert (await app.get("tag/list"))["taglist"] == [{"tagid": 9, "tagname": "值班"}]
    assert (await app.get("agent/get", agentid=1000002))["allow_partys"] == {"partyid": [1]}
    assert (await app.get("getcallbackip"))["ip_list"] == ["127.0.0.1"]


# -- logins ----------------------------------------------------------------------------------------


def login(wecom: WeCom, target: str, **more: str) -> str:
    query = {"appid": "wwcorp0001", "redirect_uri": target, "response_type": "code", "scope": "snsapi_base"}
    parts = aiohttp.client.URL("https://open.weixin.qq.com/connect/oauth2/authorize")
    return str(parts.with_query({**query, "state": "abc", **more})) + "#wechat_redirect"


async def test_a_phone_opens_a_link_and_is_known_by_its_code(pair: Pair) -> None:
    wecom, app = pair
    target = wecom.api_url + "no/page"
    page = await wecom.phone("li.na").opens(login(wecom, target))
    opened = aiohttp.client.URL(page.url)
    assert page.status == 404 and opened.query["state"] == "abc"
    code = opened.query["code"]
    assert await app.get("auth/getuserinfo", code=code) == {"errcode": 0, "errmsg": "ok", "userid": "li.na"}
    assert await code_of(app.get("auth/getuserinfo", code=code)) == 40029


async def test_codes_live_five_minutes_and_tell_outsiders(pair: Pair) -> None:
    wecom, app = pair
    late = wecom.oauth.grant("li.na", wecom.app)
    await wecom.passes(minutes=5)
    assert await code_of(app.get("auth/getuserinfo", code=late)) == 40029
    outsider = await app.get("auth/getuserinfo", code=wecom.oauth.grant("wmA", wecom.app))
    assert outsider["external_userid"] == "wmA" and "userid" not in outsider
    old = await app.get("user/getuserinfo", code=wecom.oauth.grant("li.na", wecom.app))
    assert old["UserId"] == "li.na"
    private = await app.get("auth/getuserinfo", code=wecom.oauth.grant("li.na", wecom.app, private=True))
    detail = await app.post("auth/getuserdetail", {"user_ticket": private["user_ticket"]})
    assert detail["mobile"] == "13800000001"


@pytest.mark.parametrize("wrong", [{"appid": "ww2"}, {"state": "a-b"}, {"scope": "all"}, {"agentid": "5"}])
async def test_the_login_page_refuses_in_html(pair: Pair, wrong: dict[str, str]) -> None:
    wecom, _ = pair
    page = await wecom.phone("li.na").opens(login(wecom, wecom.api_url, **wrong))
    assert page.status == 200 and "错误" in page.text


async def test_redirects_go_to_trusted_domains_and_from_wecom_only(pair: Pair) -> None:
    wecom, app = pair
    wecom.oauth.trusted_domains = {"crm.example"}
    page = await wecom.phone("li.na").opens(login(wecom, "https://evil.example/"))
    assert "50001" in page.text
    real = aiohttp.client.URL(login(wecom, "https://crm.example/"))
    async with app.http.get(wecom.base + real.path_qs, allow_redirects=False) as outside:
        assert outside.status == 200 and "企业微信客户端" in await outside.text()


async def test_tickets_sign_pages(pair: Pair) -> None:
    wecom, app = pair
    tickets = {
        "config": (await app.get("get_jsapi_ticket"))["ticket"],
        "agent_config": (await app.get("ticket/get", type="agent_config"))["ticket"],
    }

    def signed(kind: str) -> str:
        text = f"jsapi_ticket={tickets[kind]}&noncestr=n&timestamp=1&url=https://crm.example/p"
        return hashlib.sha1(text.encode()).hexdigest()

    wecom.oauth.check_script(wecom.app, "config", "n", 1, "https://crm.example/p#x", signed("config"))
    with pytest.raises(Exception, match="42012"):
        wecom.oauth.check_script(wecom.app, "config", "n", 1, "https://crm.example/p", signed("agent_config"))
    with pytest.raises(Exception, match="40093"):
        wecom.oauth.check_script(wecom.app, "config", "n", 2, "https://crm.example/p", signed("config"))
    await wecom.passes(hours=2)
    app.token = ""
    assert (await app.get("get_jsapi_ticket"))["ticket"] != tickets["config"]


# -- on demand -------------------------------------------------------------------------------------


async def test_codes_pages_and_breaks_on_demand(pair: Pair) -> None:
    wecom, app = pair
    await app.send("li.na")
    wecom.goes_wrong("message/send", errcode=-1, times=2)
    assert [await code_of(app.send("li.na")) for _ in range(3)] == [-1, -1, 0]
    wecom.goes_wrong("message/send", html=True)
    with pytest.raises(aiohttp.ContentTypeError):
        await app.send("li.na")
    wecom.goes_wrong("message/send", half=True)
    with pytest.raises(ValueError):
        await app.send("li.na")
    wecom.goes_wrong("*", cut=True)
    with pytest.raises(aiohttp.ClientError):
        await app.send("li.na")
    wecom.goes_wrong("message/send", status=502)
    with pytest.raises(AssertionError, match="502"):
        await app.send("li.na")
    assert len(wecom.shown("li.na")) == 3, "half an answer is one to a message that was sent"
    assert wecom.count("message/send") == 8


async def test_a_slow_answer_comes_all_the_same(pair: Pair) -> None:
    wecom, app = pair
    app.token = await app.get_token()
    wecom.goes_wrong("message/send", seconds=0.1)
    impatient = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.03))
    async with impatient:
        app.http, http = impatient, app.http
        with pytest.raises(TimeoutError):
            await app.send("li.na")
        app.http = http
    assert await code_of(app.send("li.na")) == 0


async def test_calls_and_bodies_are_kept(pair: Pair) -> None:
    wecom, app = pair
    await app.send("li.na", content={"content": "一"})
    await app.send("ghost", content={"content": "二"})
    assert [each["text"]["content"] for each in wecom.bodies("message/send")] == ["一", "二"]
    assert [(each.path, each.errcode) for each in wecom.calls] == [
        ("gettoken", 0),
        ("message/send", 0),
        ("message/send", 81013),
    ]
    assert wecom.calls[1].app is wecom.app and wecom.calls[1].answer["msgid"]
