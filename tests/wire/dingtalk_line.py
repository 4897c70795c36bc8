"""A small Stream client and caller for the fake's own tests: it shares nothing with the bot or the SDK."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote_plus

import aiohttp

from tests.fakes.dingtalk import DingTalk
from tests.fakes.dingtalk.gateway import CARD, ROBOT

TOPICS = [("EVENT", "*"), ("CALLBACK", ROBOT), ("CALLBACK", CARD)]
Frame = dict[str, Any]


class Line:
    """One connection. `answer` makes an ACK's data of a frame, or None for no ACK."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        self.over = asyncio.Event()
        self.answer: Callable[[Frame], Any] = lambda frame: json.loads(frame["data"])

    async def listen(self) -> None:
        async for message in self.socket:
            with suppress(ValueError):
                frame = json.loads(message.data)
                self.frames.put_nowait(frame)
                data = self.answer(frame)
                if data is not None:
                    await self.ack(frame, data)
        self.over.set()

    async def ack(self, frame: Frame, data: Any, code: int = 200) -> None:
        headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
        await self.socket.send_json(
            {"code": code, "headers": headers, "message": "OK", "data": json.dumps(data)}
        )

    async def next(self) -> Frame:
        return await asyncio.wait_for(self.frames.get(), 5)


class Caller:
    """Calls both APIs with a token of its own."""

    def __init__(self, http: aiohttp.ClientSession, dingtalk: DingTalk) -> None:
        self.http, self.dingtalk = http, dingtalk
        self.token = ""

    async def tickets(self, secret: str = "ding-secret", **more: Any) -> tuple[int, Any]:
        topics = [{"type": type, "topic": topic} for type, topic in TOPICS]
        body = {"clientId": "dingkey0001", "clientSecret": secret, "subscriptions": topics, **more}
        return await self.call("POST", "/v1.0/gateway/connections/open", body)

    async def fetch_token(self) -> str:
        body = {"appKey": "dingkey0001", "appSecret": "ding-secret"}
        self.token = (await self.call("POST", "/v1.0/oauth2/accessToken", body))[1]["accessToken"]
        return self.token

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """A call of the new API; its status and answer."""
        headers = {"x-acs-dingtalk-access-token": self.token} if self.token else {}
        address = self.dingtalk.api_base + path
        async with self.http.request(method, address, json=body, params=query, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def post(self, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        return await self.call("POST", path, body, **query)

    async def old(self, path: str, body: Any = None, **query: str) -> Any:
        """A call of the legacy API; it always answers 200."""
        asked = {"access_token": self.token, **query}
        address = self.dingtalk.oapi_base + path
        async with self.http.post(address, json=body or {}, params=asked) as answer:
            assert answer.status == 200
            return await answer.json()

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        _, ticket = await self.tickets()
        async with self.http.ws_connect(address_of(ticket)) as socket:
            line = Line(socket)
            listening = asyncio.create_task(line.listen())
            yield line
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


def address_of(ticket: dict[str, str]) -> str:
    return f"{ticket['endpoint']}?ticket={quote_plus(ticket['ticket'])}"


@asynccontextmanager
async def called(dingtalk: DingTalk) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as http:
        caller = Caller(http, dingtalk)
        await caller.fetch_token()
        yield caller
