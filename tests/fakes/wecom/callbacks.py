"""Callbacks to the app under test: sealed, sent again while unanswered; passive replies are read strictly."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import ParseError

import aiohttp
from yarl import URL

from tests.fakes.wecom.crypto import CryptoError, Sealed, pad_of
from tests.fakes.wecom.state import App, Company
from tests.fakes.wecom.xml import from_xml, to_xml

MESSAGES = {"text", "image", "voice", "video", "location", "link"}
REPLIES = {"text", "image", "voice", "video", "news"}
CARD_REPLIES = {"update_button", "update_template_card"}
ANSWERED_EVENTS = {
    *("subscribe", "enter_agent", "LOCATION", "click", "view", "view_miniprogram"),
    *("scancode_waitmsg", "template_card_menu_event"),
}
CARD_EVENTS = {"template_card_event", "template_card_menu_event"}


@dataclass
class Attempt:
    """One POST: its query, and what came back; no status where nothing did."""

    query: dict[str, str]
    status: int | None = None
    body: bytes = b""
    error: str = ""


@dataclass
class Delivery:
    """One callback with all its attempts."""

    app: App
    fields: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    """The passive reply, decrypted; empty where there was none."""

    @property
    def accepted(self) -> bool:
        return bool(self.attempts) and self.attempts[-1].status == 200

    @property
    def gave_up(self) -> bool:
        return bool(self.attempts) and not self.accepted


class Callbacks:
    """The pusher. Nothing here waits but for the other side's answer, `patience` seconds at most."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.patience = 5.0
        self.verify_patience = 1.0
        self.retries = 3
        self.pause = 0.0
        self.copies = 1
        """More than one: the same callback is delivered again although it was answered with 200."""
        self.pad: int | None = None
        """The padding (1–32) that every delivery gets: blanks between elements do it."""
        self.on_reply: Callable[[App, dict[str, Any], dict[str, Any]], None] = lambda *_: None
        self.deliveries: list[Delivery] = []
        self._held: list[Delivery] | None = None
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        self._http = self._http or aiohttp.ClientSession()
        return self._http

    # -- saving the address in the console ---------------------------------------------------------

    async def verify(self, app: App) -> None:
        """The console's check of a callback address. AssertionError says what it did not like."""
        assert app.seal is not None
        echo = secrets.token_urlsafe(12)
        sealed = app.seal.close(echo, self.company.seconds)
        url = _url(app, {**sealed.query, "echostr": sealed.encrypt})
        limit = aiohttp.ClientTimeout(total=self.verify_patience)
        async with self.http.get(url, timeout=limit) as answer:
            body = await answer.read()
        assert answer.status == 200, f"openapi回调地址请求不通过: {answer.status}"
        assert body == echo.encode(), f"openapi回调地址请求不通过: {body!r} is not {echo!r}"

    # -- pushing -----------------------------------------------------------------------------------

    async def push(self, app: App, fields: dict[str, Any]) -> Delivery:
        """Delivers one message or event; returns when it was answered or given up."""
        head = {"ToUserName": self.company.corpid, **fields}
        if app.kind == "app":
            head.setdefault("AgentID", app.agentid)
        delivery = Delivery(app, head)
        self.deliveries.append(delivery)
        if self._held is not None:
            self._held.append(delivery)
        else:
            await self.deliver(delivery)
        return delivery

    async def deliver(self, delivery: Delivery) -> Delivery:
        """The same callback (same MsgId and CreateTime), each time sealed anew."""
        if not delivery.app.callback_url or delivery.app.seal is None:
            return delivery
        for _ in range(self.copies):
            await self._deliver_once(delivery)
        return delivery

    async def _deliver_once(self, delivery: Delivery) -> None:
        for attempt in range(1 + self.retries):
            if attempt and self.pause:
                await asyncio.sleep(self.pause)
            await self._attempt(delivery)
            if delivery.accepted:
                self._read_reply(delivery)
                return

    @asynccontextmanager
    async def holding(self, *, backwards: bool = False) -> AsyncIterator[None]:
        """What happens within is delivered at its end, `backwards` in reverse order."""
        self._held = []
        yield
        held, self._held = self._held, None
        for each in reversed(held) if backwards else held:
            await self.deliver(each)

    async def _attempt(self, delivery: Delivery) -> None:
        app = delivery.app
        assert app.seal is not None
        sealed = app.seal.close(self._text(delivery), self.company.seconds)
        attempt = Attempt(sealed.query)
        delivery.attempts.append(attempt)
        try:
            await self._post(app, sealed, attempt)
        except TimeoutError:
            attempt.error = "no answer in time"
        except (aiohttp.ClientError, OSError) as error:
            attempt.error = f"{type(error).__name__}: {error}"

    async def _post(self, app: App, sealed: Sealed, attempt: Attempt) -> None:
        envelope: dict[str, Any] = {"ToUserName": self.company.corpid}
        envelope |= {"AgentID": str(app.agentid)} if app.kind == "app" else {}
        body = to_xml({**envelope, "Encrypt": sealed.encrypt}).encode()
        limit = aiohttp.ClientTimeout(total=self.patience)
        headers = {"Content-Type": "text/xml"}
        url = _url(app, sealed.query)
        async with self.http.post(url, data=body, headers=headers, timeout=limit) as answer:
            attempt.body = await answer.read()
            attempt.status = answer.status

    def _text(self, delivery: Delivery) -> str:
        text = to_xml(delivery.fields)
        if self.pad is None or delivery.app.seal is None:
            return text
        missing = (pad_of(text, delivery.app.seal.receiver) - self.pad) % 32
        return text.replace("<xml>", "<xml>" + " " * missing, 1)

    # -- passive replies ---------------------------------------------------------------------------

    def _read_reply(self, delivery: Delivery) -> None:
        body = delivery.attempts[-1].body.strip()
        if body in (b"", b"success"):
            return
        try:
            delivery.reply = self._opened(delivery, body.decode())
            self._check_reply(delivery)
            self.on_reply(delivery.app, delivery.fields, delivery.reply)
        except (CryptoError, ParseError, KeyError, ValueError, TypeError) as error:
            self.company.problems.append(f"passive reply: {type(error).__name__} {error}")

    @staticmethod
    def _opened(delivery: Delivery, text: str) -> dict[str, Any]:
        outer = from_xml(text)
        assert delivery.app.seal is not None
        sealed = Sealed(outer["Encrypt"], outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
        return from_xml(delivery.app.seal.open(sealed))

    def _check_reply(self, delivery: Delivery) -> None:
        reply, fields = delivery.reply, delivery.fields
        if (reply["ToUserName"], reply["FromUserName"]) != (fields["FromUserName"], self.company.corpid):
            raise ValueError("ToUserName and FromUserName are not swapped")
        if reply["MsgType"] not in _allowed(fields):
            raise ValueError(f"{reply['MsgType']} does not answer {fields.get('Event', fields['MsgType'])}")


def _allowed(fields: dict[str, Any]) -> set[str]:
    if fields["MsgType"] in MESSAGES:
        return REPLIES
    event = fields.get("Event")
    return (REPLIES if event in ANSWERED_EVENTS else set()) | (
        CARD_REPLIES if event in CARD_EVENTS else set()
    )


def _url(app: App, query: dict[str, str]) -> URL:
    """Percent-encoded throughout: base64's + must not become a blank."""
    parts = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    joint = "&" if "?" in app.callback_url else "?"
    return URL(f"{app.callback_url}{joint}{parts}", encoded=True)
