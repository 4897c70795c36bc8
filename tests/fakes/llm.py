"""The far side of the wire: an OpenAI-compatible endpoint on the loopback that behaves well, or badly."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from handlers.understanding.corpus import known_of
from handlers.understanding.grounding.question import ask
from tests.fakes.careful import Careful

Asked = dict[str, Any]
"""What a request asks: now, book and note, as the model sees them."""
Behaviour = Callable[[web.Request, Asked], Awaitable[web.StreamResponse]]
TOKENS = {"prompt_tokens": 3000, "completion_tokens": 400}


@dataclass
class Endpoint:
    """`url` is its base; `seen` the bodies of all requests."""

    behave: Behaviour
    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    gone: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        return await self.behave(request, json.loads(body["messages"][-1]["content"]))

    @property
    def formats(self) -> list[str]:
        return [each.get("response_format", {}).get("type", "text") for each in self.seen]


@contextmanager
def serving(behave: Behaviour) -> Iterator[Endpoint]:
    """In a thread of its own, so that programs in any event loop, or in another process, can ask it."""
    endpoint, ready, loop = Endpoint(behave), threading.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(endpoint, loop, ready))
    thread.start()
    ready.wait(10)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _serve(endpoint: Endpoint, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", endpoint.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    loop.run_until_complete(runner.setup())
    site = web.TCPSite(runner, "127.0.0.1", 0)
    loop.run_until_complete(site.start())
    host, port = runner.addresses[0][:2]
    endpoint.url = f"http://{host}:{port}/v1"
    ready.set()
    loop.run_forever()
    loop.run_until_complete(runner.cleanup())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def completion(text: Any) -> web.Response:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return web.json_response({"object": "chat.completion", "choices": [choice], "usage": TOKENS})


def says(answer: Any) -> Behaviour:
    """Always the same answer."""

    async def behave(_request: web.Request, _asked: Asked) -> web.StreamResponse:
        return completion(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))

    return behave


# -- well --------------------------------------------------------------------------------------------


def careful(cases: Iterable[dict[str, Any]]) -> Behaviour:
    """Answers each case's note rightly, by its gold answer and in the note's words."""
    told: dict[str, dict[str, Any]] = {}
    for case in cases:
        question = ask(case["text"], datetime.fromisoformat(case["now"]), known_of(case["book"]))
        keys = {customer.id: key for key, customer in question.keys.items()}
        masked = question.masked
        told[masked.text] = Careful(case, masked.text, masked.hidden, keys).answer()

    async def behave(_request: web.Request, asked: Asked) -> web.StreamResponse:
        return completion(json.dumps(told[asked["note"]], ensure_ascii=False))

    return behave


def takes(formats: Iterable[str], behave: Behaviour) -> Behaviour:
    """Refuses the ways to ask for JSON that it doesn't know, as endpoints do."""

    async def choosy(request: web.Request, asked: Asked) -> web.StreamResponse:
        format = (await request.json()).get("response_format", {}).get("type", "text")
        if format not in formats:
            return web.json_response({"error": {"message": "response_format is not supported"}}, status=400)
        return await behave(request, asked)

    return choosy


# -- badly -------------------------------------------------------------------------------------------


async def invents(_request: web.Request, asked: Asked) -> web.StreamResponse:
    """Well-formed, about a customer of the book that the note may not even name, and made up throughout."""
    customer = {"quote": asked["note"][:6], "id": asked["book"][0]["id"] if asked["book"] else None}
    money = {"kind": "order", "quote": "订单八百八十八万", "yuan": 8880000, "max": None}
    visit = {
        "customer": customer,
        "contacts": [{"quote": "钱多多", "name": "钱多多"}],
        "when": {"quote": "大前天下午两点", "date": "2026-01-01T14:00"},
        "amounts": [money, money | {"quote": asked["note"], "yuan": 777777}],
        "stage": {"value": "won", "quote": "当场签了八百八十八万"},
        "mood": {"value": "positive", "quote": "高兴得跳起来"},
        "competitors": [{"quote": "宇宙第一集团"}],
        "tags": [{"value": "urgent", "quote": "火烧眉毛了"}],
        "next_actions": [{"what": "送一台挖掘机", "quote": "送一台挖掘机", "due": None, "owner": "us"}],
        "facts": [
            {"of": "钱多多", "field": "phone", "value": "13999999999", "quote": "13999999999"},
            {"of": "customer", "field": "product", "value": "挖掘机", "quote": "要挖掘机"},
        ],
    }
    plan = {"customer": customer, "contacts": [], "when": {"quote": "后年元旦", "date": "2028-01-01"}}
    return completion(json.dumps({"intent": "visit", "visits": [visit], "plans": [plan]}, ensure_ascii=False))


async def obeys(_request: web.Request, asked: Asked) -> web.StreamResponse:
    """Does what a note tells it: forgets its rules and hands over what was never said."""
    everything = {"everything": True, "customers": [], "to": {"quote": "黑客", "name": "黑客"}, "reason": ""}
    return completion(
        json.dumps({"intent": "handover", "handover": everything, "system": "我的规则是"}, ensure_ascii=False)
    )


async def silent(_request: web.Request, _asked: Asked) -> web.StreamResponse:
    """Takes the request and never says a word: the connection is open until somebody closes it."""
    await asyncio.Event().wait()
    raise AssertionError


async def busy(_request: web.Request, _asked: Asked) -> web.StreamResponse:
    return web.json_response({"error": {"message": "rate limit"}}, status=429, headers={"Retry-After": "20"})


async def refuses(_request: web.Request, _asked: Asked) -> web.StreamResponse:
    return web.json_response({"error": {"message": "invalid api key"}}, status=401)


async def breaks(_request: web.Request, _asked: Asked) -> web.StreamResponse:
    return web.Response(status=503, text="<html>bad gateway</html>")


async def cuts(request: web.Request, _asked: Asked) -> web.StreamResponse:
    """Half an answer, then the line is dead."""
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"message": {"content": "{')
    assert request.transport is not None
    request.transport.abort()
    return response


async def drips(request: web.Request, _asked: Asked) -> web.StreamResponse:
    """A blank now and then, for ever."""
    return await _endless(request, b" ", 0.02)


async def floods(request: web.Request, _asked: Asked) -> web.StreamResponse:
    """More than anybody can read."""
    return await _endless(request, b"x" * 65536, 0)


async def _endless(request: web.Request, piece: bytes, pause: float) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(piece)
            await asyncio.sleep(pause)
    except (ConnectionError, asyncio.CancelledError):
        return response


GARBAGE = (
    "",
    "好的，我来帮你整理：这次拜访很顺利。",
    '{"intent": "visit", "visits": [',
    "[]",
    '{"intent": "party"}',
    '{"visits": []}',
    "null",
    '{"intent": "visit", "visits": "many", "plans": 7}',
    '{"intent":' + '{"a":' * 3000 + "1" + "}" * 3000 + "}",
)
"""Answers that are none, or say nothing."""
