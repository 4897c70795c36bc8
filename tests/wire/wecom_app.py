"""A small app, as the other side of the fake: wechatpy opens its callbacks, aiohttp makes its calls."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.fakes.wecom import AES_KEY, WeCom
from tests.fakes.wecom.xml import from_xml, to_xml

Answer = str | dict[str, Any] | web.Response | None
OneWay = Callable[[dict[str, Any]], Awaitable[Answer]]


@dataclass
class App:
    """What it was told, and how it answers: `reply` gives the fields of a passive reply, or a response."""

    wecom: WeCom
    http: aiohttp.ClientSession
    url: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    reply: OneWay | None = None
    echo: Callable[[str], str] = str
    token: str = ""
    secret: str = "app-secret"

    def __post_init__(self) -> None:
        self.crypto = WeChatCrypto("callback-token", AES_KEY, self.wecom.company.corpid)

    # -- callbacks ---------------------------------------------------------------------------------

    async def verify(self, request: web.Request) -> web.Response:
        query = request.query
        text = self.crypto.check_signature(
            query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"]
        )
        return web.Response(text=self.echo(text))

    async def receive(self, request: web.Request) -> web.Response:
        query = request.query
        text = self.crypto.decrypt_message(
            await request.read(), query["msg_signature"], query["timestamp"], query["nonce"]
        )
        fields = from_xml(text)
        self.told.append(fields)
        self.nonces.append(query["nonce"])
        answer = await self.reply(fields) if self.reply else None
        if isinstance(answer, web.Response):
            return answer
        return web.Response(text=self._sealed(fields, answer) if isinstance(answer, dict) else answer or "")

    def _sealed(self, fields: dict[str, Any], answer: dict[str, Any]) -> str:
        head = {"ToUserName": fields["FromUserName"], "FromUserName": fields["ToUserName"], "CreateTime": 1}
        sealed: str = self.crypto.encrypt_message(to_xml({**head, **answer}), "nonce", "1776767000")
        return sealed

    # -- calls -------------------------------------------------------------------------------------

    async def get_token(self) -> str:
        query = {"corpid": self.wecom.company.corpid, "corpsecret": self.secret}
        answer = await self.call("GET", "gettoken", **query)
        assert answer["errcode"] == 0, answer
        return str(answer["access_token"])

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        self.token = self.token or await self.get_token()
        return await self.call("GET", path, access_token=self.token, **query)

    async def post(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        self.token = self.token or await self.get_token()
        return await self.call("POST", path, body, access_token=self.token, **query)

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        async with self.http.request(method, self.wecom.api_url + path, params=query, data=data) as answer:
            assert answer.status == 200, answer.status
            found: dict[str, Any] = await answer.json()
            return found

    async def upload(self, kind: str, data: bytes, filename: str) -> dict[str, Any]:
        form = aiohttp.FormData(quote_fields=False)  # a name as it is, not percent-encoded
        form.add_field("media", io.BytesIO(data), filename=filename)
        self.token = self.token or await self.get_token()
        query = {"access_token": self.token, "type": kind}
        async with self.http.post(self.wecom.api_url + "media/upload", params=query, data=form) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def send(self, touser: str, kind: str = "text", content: Any = None, **more: Any) -> dict[str, Any]:
        body = {"touser": touser, "msgtype": kind, "agentid": 1000002, **more}
        return await self.post("message/send", {**body, kind: content or {"content": "早报"}})

    async def send_card(self, touser: str, card: dict[str, Any], **more: Any) -> dict[str, Any]:
        return await self.send(touser, "template_card", card, **more)


@asynccontextmanager
async def company(**options: Any) -> AsyncIterator[tuple[WeCom, App]]:
    """A company of three people with the small app running beside it."""
    async with WeCom(**options) as wecom, aiohttp.ClientSession() as http:
        wecom.department(2, "华东区")
        wecom.member("wang.wu", "王五", department=2, leads=2)
        wecom.member("li.na", "李娜", department=2, leader="wang.wu", mobile="13800000001")
        wecom.member("Zhao.liu", "赵六")
        app = App(wecom, http)
        site = web.Application()
        site.add_routes([web.get("/wecom", app.verify), web.post("/wecom", app.receive)])
        async with TestServer(site) as server:
            app.url = str(server.make_url("/wecom"))
            wecom.app.callback_url = app.url
            yield wecom, app


def card(task: str = "visit-1", **more: Any) -> dict[str, Any]:
    """A card with two buttons and a drop-down, that WeCom accepts."""
    return {
        "card_type": "button_interaction",
        "source": {"desc": "拜访", "desc_color": 0},
        "main_title": {"title": "鼎盛机械", "desc": "今天"},
        "quote_area": {"type": 0, "quote_text": "“下周三给报价”"},
        "sub_title_text": "记下了",
        "horizontal_content_list": [{"keyname": "金额", "value": "12.8万元"}],
        "button_selection": {
            "question_key": "who",
            "title": "是谁",
            "option_list": [{"id": "c1", "text": "鼎盛机械"}, {"id": "c2", "text": "鼎盛模具"}],
        },
        "button_list": [
            {"text": "保存", "style": 1, "key": "save:1"},
            {"text": "不记", "style": 3, "key": "drop:1"},
            {"type": 1, "text": "逐项改", "url": "https://crm.example/edit"},
        ],
        "action_menu": {"desc": "更多", "action_list": [{"text": "别提醒", "key": "mute"}]},
        "task_id": task,
        **more,
    }


async def never(_: dict[str, Any]) -> Answer:
    """An app that does not answer."""
    await asyncio.Event().wait()
    return None
