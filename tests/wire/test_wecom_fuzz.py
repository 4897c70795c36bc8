"""Callbacks that were spoilt in every way: each gets its refusal, nothing falls over, nothing piles up."""

import asyncio
import gc
import logging
import random
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import aiohttp
import pytest
import structlog
from aiohttp import StreamReader
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry
from yarl import URL

from bot.clock import FixedClock
from bot.platforms.wecom import inbound
from bot.platforms.wecom.callback import PATH, Callback, counter
from bot.platforms.wecom.crypto import Gate
from storage.models.engine import InboxUpdate
from tests.extent import many
from tests.fakes.wecom import AES_KEY, TUESDAY, Seal
from tests.fakes.wecom.xml import to_xml
from tests.wire.wecom_bot import on_wecom

SPOILT, SENT = many(1_500, 100_000), many(300, 2_000)
"""Callbacks made in the process, and sent by the wire."""
SEAL = Seal("callback-token", AES_KEY, "wwcorp0001")
FOREIGN = (Seal("other", AES_KEY, "wwcorp0001"), Seal("callback-token", AES_KEY, "wwother"))
TEXT = {
    "ToUserName": "wwcorp0001",
    "FromUserName": "li.na",
    "CreateTime": 1776766800,
    "MsgType": "text",
    "Content": "今天去了鼎盛机械",
    "MsgId": 7441000000000000001,
    "AgentID": 1000002,
}
CLICK = {
    **{name: TEXT[name] for name in ("ToUserName", "FromUserName", "CreateTime", "AgentID")},
    "MsgType": "event",
    "Event": "template_card_event",
    "EventKey": "SaveVisit.1.1.1.1.0",
    "TaskId": "t-1",
    "ResponseCode": "RC_1",
    "SelectedItems": {"SelectedItem": {"QuestionKey": "choice", "OptionIds": {"OptionId": "b"}}},
}


class Spoiler:
    """Makes bad callbacks out of good ones; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = int(TUESDAY.timestamp())

    def next(self) -> tuple[dict[str, str], bytes]:
        inner = to_xml(self.chance.choice((TEXT, CLICK)))
        way = self.chance.choice((self._inside, self._outside, self._query, self._late, self._foreign))
        return way(inner)

    def _close(self, inner: str, seal: Seal = SEAL, at: int = 0) -> tuple[dict[str, str], bytes]:
        made = seal.close(inner, at or self.now)
        return made.query, self._envelope(made.encrypt)

    @staticmethod
    def _envelope(encrypt: str) -> bytes:
        return f"<xml><ToUserName>wwcorp0001</ToUserName><Encrypt>{encrypt}</Encrypt></xml>".encode()

    def _inside(self, inner: str) -> tuple[dict[str, str], bytes]:
        """Well sealed, by somebody who knows the keys, and broken within."""
        cut = self.chance.randrange(len(inner) - 1)
        broken = self.chance.choice(
            (
                inner[:cut],
                inner.replace("<xml>", "<xml><!DOCTYPE a>", 1),
                inner.replace("<MsgType>", "<Other>").replace("</MsgType>", "</Other>"),
                inner.replace("1000002", "1000009"),
                inner[:cut] + "&bomb;" + inner[cut:].replace("]]>", "]]&gt;"),
                "<xml>" + "<a>" * 30 + "</a>" * 30 + "</xml>",
                inner.encode()[:cut].decode(errors="ignore") + "\x00",
            )
        )
        return self._close(broken)

    def _outside(self, inner: str) -> tuple[dict[str, str], bytes]:
        """Bytes of the body flipped, cut, doubled, or not XML at all."""
        query, body = self._close(inner)
        at = self.chance.randrange(60, len(body))
        spoilt = self.chance.choice(
            (
                body[:at],
                body[:at] + bytes([body[at] ^ (1 << self.chance.randrange(7))]) + body[at + 1 :],
                self.chance.randbytes(self.chance.randrange(300)),
                body.replace(b"<Encrypt>", b"<Encrypt>A", 1),
                b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
                b"[" * self.chance.randrange(2000),
                b"",
            )
        )
        return (query, spoilt) if spoilt != body else (query, b"x")

    def _query(self, inner: str) -> tuple[dict[str, str], bytes]:
        query, body = self._close(inner)
        name = self.chance.choice(list(query))
        values = ("", "0", "x" * 500, "９" * 10, "-1", "%00", query[name][:-1] + "_")
        return {**query, name: self.chance.choice(values)}, body

    def _late(self, inner: str) -> tuple[dict[str, str], bytes]:
        apart = self.chance.choice((-1, 1)) * self.chance.randrange(301, 10**6)
        return self._close(inner, at=self.now + apart)

    def _foreign(self, inner: str) -> tuple[dict[str, str], bytes]:
        return self._close(inner, self.chance.choice(FOREIGN))


class Never:
    """The intake of these tests: nothing may come so far."""

    async def put(self, update: object) -> None:
        raise AssertionError(f"{type(update).__name__} was let in")


class Sink:
    """What a request's body flows through."""

    _reading_paused = False

    def pause_reading(self, *_: object, **__: object) -> None: ...
    def resume_reading(self, *_: object, **__: object) -> None: ...


def request(query: dict[str, str], body: bytes, loop: Any) -> Any:
    stream = StreamReader(Sink(), 2**16, loop=loop)  # type: ignore[arg-type]
    stream.feed_data(body)
    stream.feed_eof()
    url = URL(PATH).with_query(query)
    return make_mocked_request("POST", str(url), headers=CIMultiDict(), payload=stream)


@pytest.fixture
def silent() -> Iterator[None]:
    """What is logged would be kept by pytest, and would count as growth."""

    def drop(*_: object) -> NoReturn:
        raise structlog.DropEvent

    kept = structlog.get_config()
    structlog.configure(processors=[drop], cache_logger_on_first_use=False)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    structlog.configure(**kept)


@pytest.mark.slow
@pytest.mark.usefixtures("silent")
async def test_spoilt_callbacks_are_each_refused_and_leave_nothing() -> None:
    loop, spoiler, answers, before = asyncio.get_running_loop(), Spoiler(20260421), Counter[int](), 0
    callback = Callback(
        PATH,
        Gate("callback-token", AES_KEY, "wwcorp0001"),
        partial(inbound.update, 1000002),
        Never(),  # type: ignore[arg-type]
        FixedClock(TUESDAY),
        counter(CollectorRegistry()),
    )
    receive = callback.routes()[1].handler
    for number in range(SPOILT):
        if number == SPOILT // 10:
            gc.collect()
            before = sys.getallocatedblocks()
        answer = await receive(request(*spoiler.next(), loop))  # type: ignore[arg-type, misc]
        answers[answer.status] += 1
        assert not answer.body
        if number % 50 == 0:
            await asyncio.sleep(0)  # the loop clears its cancelled timers when it comes round
    await asyncio.sleep(0)
    gc.collect()
    assert set(answers) == {400, 403}
    assert answers.total() == SPOILT
    assert sys.getallocatedblocks() - before < 2_000


@pytest.mark.parametrize("seed", [1, 2])
async def test_over_the_wire_as_well(tmp_path: Path, seed: int) -> None:
    spoiler = Spoiler(seed)
    async with on_wecom(tmp_path) as stage, aiohttp.ClientSession() as http:
        for _ in range(SENT // 2):
            query, body = spoiler.next()
            async with http.post(URL(stage.url).with_query(query), data=body) as answer:
                assert answer.status in (400, 403)
                assert await answer.read() == b""
        assert await stage.rows(InboxUpdate) == []
        assert (await stage.wecom.line.text("li.na", "还在")).accepted
