"""wechatpy's own client for companies, as it is installed, works against the fake WeCom."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import APILimitedException, WeChatClientException

from tests.fakes.wecom import WeCom
from tests.wire.wecom_app import App, card, company

HOST = "https://qyapi.weixin.qq.com/"
Result = TypeVar("Result")


class Detour(HTTPAdapter):
    """The wire itself: what is sent to WeCom's host arrives at the fake's. wechatpy has its host built in."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        assert request.url.startswith(HOST), request.url
        parts = urlsplit(request.url)
        request.url = f"{self.base}{parts.path}?{parts.query}"
        return super().send(request, *args, **more)


class Caller:
    """The client, called from a thread of its own: it blocks."""

    def __init__(self, wecom: WeCom) -> None:
        self.wecom = wecom
        self.client = WeChatClient("wwcorp0001", "app-secret", timeout=5)

    async def __call__(self, call: Callable[[Any], Result]) -> Result:
        return await asyncio.to_thread(call, self.client)


Pair = tuple[WeCom, Caller]


@pytest.fixture
async def pair(detour: Callable[[str], None]) -> AsyncIterator[Pair]:
    async with company() as (wecom, _):
        detour(wecom.base)
        caller = Caller(wecom)
        yield wecom, caller
        caller.client._http.close()


@pytest.fixture
def detour(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Every session's way to WeCom's host, also of those that wechatpy opens for one download."""
    adapters: list[Detour] = []

    def lead(base: str) -> None:
        adapters.append(Detour(base))
        monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: adapters[0])

    yield lead
    for each in adapters:
        each.close()


async def test_it_fetches_a_token_and_keeps_it(pair: Pair) -> None:
    wecom, call = pair
    for _ in range(2):
        await call(lambda client: client.message.send_text(1000002, ["li.na"], "早报"))
    assert wecom.count("gettoken") == 1
    assert [each.text for each in wecom.shown("li.na")] == ["早报", "早报"]


async def test_it_fetches_another_where_the_first_is_over(pair: Pair) -> None:
    wecom, call = pair
    await call(lambda client: client.message.send_text(1000002, "li.na", "一"))
    wecom.tokens.revoke()
    await call(lambda client: client.message.send_text(1000002, "li.na", "二"))
    await wecom.passes(hours=3)
    await call(lambda client: client.message.send_text(1000002, "li.na", "三"))
    assert wecom.count("gettoken") == 3 and len(wecom.shown("li.na")) == 3


async def test_its_errors_carry_the_code(pair: Pair) -> None:
    wecom, call = pair
    with pytest.raises(WeChatClientException) as refused:
        await call(lambda client: client.message.send_text(1000002, "ghost", "x"))
    assert refused.value.errcode == 81013
    wecom.goes_wrong("message/send", errcode=45009)
    with pytest.raises(APILimitedException):
        await call(lambda client: client.message.send_text(1000002, "li.na", "x"))
    wecom.goes_wrong("message/send", status=502)
    with pytest.raises(WeChatClientException):
        await call(lambda client: client.message.send_text(1000002, "li.na", "x"))


async def test_it_sends_every_type_that_it_knows(pair: Pair) -> None:
    wecom, call = pair
    file = io.BytesIO(b"%PDF-1.7 a quote")
    file.name = "报价.pdf"  # type: ignore[misc]
    uploaded = await call(lambda client: client.media.upload("file", file))
    media = uploaded["media_id"]
    article = {"title": "周报", "description": "12 单", "url": "https://crm.example", "image": ""}
    await call(lambda client: client.message.send_file(1000002, "li.na", media))
    await call(
        lambda client: client.message.send_text_card(1000002, "li.na", "题", "述", "https://x.example")
    )
    await call(lambda client: client.message.send_markdown(1000002, "li.na", "# 早报"))
    await call(lambda client: client.message.send_articles(1000002, "li.na", [article]))
    sent = {"msgtype": "template_card", "template_card": card()}
    answer = await call(lambda client: client.message.send(1000002, ["li.na"], msg=sent))
    assert [each.type for each in wecom.shown("li.na")] == [
        "file",
        "textcard",
        "markdown",
        "news",
        "template_card",
    ]
    update = {"userids": ["li.na"], "agentid": 1000002, "response_code": answer["response_code"]}
    grey = {**update, "button": {"replace_name": "已保存"}}
    await call(lambda client: client.post("message/update_template_card", data=grey))
    assert wecom.shown("li.na")[-1].grey == "已保存"


async def test_it_downloads_what_a_member_sent(pair: Pair) -> None:
    wecom, call = pair
    item = wecom.media.put("image", b"\xff\xd8\xff picture", "a.jpg")
    got = await call(lambda client: client.media.download(item.id))
    assert got.content == b"\xff\xd8\xff picture"
    picture = io.BytesIO(b"\x89PNG\r\n\x1a\n....")
    assert "url" in await call(lambda client: client.media.upload_img(picture))


async def test_it_reads_people_and_departments(pair: Pair) -> None:
    wecom, call = pair
    assert (await call(lambda client: client.user.get("li.na")))["name"] == "李娜"
    assert [each["id"] for each in await call(lambda client: client.department.get())] == [1, 2]
    assert len(await call(lambda client: client.department.get_users(2))) == 2
    code = wecom.oauth.grant("li.na", wecom.app)
    assert (await call(lambda client: client.oauth.get_user_info(code)))["UserId"] == "li.na"
    assert await call(lambda client: client.jsapi.get_jsapi_ticket())
    assert (await call(lambda client: client.agent.get(1000002)))["name"] == "拜访"


async def test_it_works_with_customers(pair: Pair) -> None:
    wecom, call = pair
    customer = wecom.customer("li.na", "张伟")
    contact = "external_contact"

    async def ask(name: str, *args: Any, **more: Any) -> Any:
        return await call(lambda client: getattr(getattr(client, contact), name)(*args, **more))

    assert (await ask("list", "li.na"))["external_userid"] == [customer.id]
    assert (await ask("get", customer.id))["external_contact"]["name"] == "张伟"
    assert "li.na" in (await ask("get_follow_user_list"))["follow_user"]
    made = await ask("add_corp_tag", None, "级别", 1, [{"name": "A"}])
    tag = made["tag_group"]["tag"][0]["id"]
    await ask("mark_tag", "li.na", customer.id, add_tag=[tag])
    assert wecom.customers.of("li.na")[0].tags == {tag}
    code = wecom.customers.welcome(wecom.company.member("li.na"), customer).code
    await ask("send_welcome_msg", {"welcome_code": code, "text": {"content": "您好"}})
    assert customer.welcomes[0]["text"]["content"] == "您好"


async def test_the_small_app_and_the_client_share_one_company(pair: Pair) -> None:
    """Two callers of one secret get one token."""
    wecom, call = pair
    await call(lambda client: client.message.send_text(1000002, "li.na", "x"))
    import aiohttp

    async with aiohttp.ClientSession() as http:
        token = await App(wecom, http).get_token()
    assert token == await call(lambda client: client.access_token)
