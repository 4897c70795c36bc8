"""`/wecom/callback`, `/wecom/contact`: WeCom's check of an address; its callbacks, answered once durable.

An empty 200 means: we have it. Anything else, and WeCom sends it again; so only what is refused for
good, and what can't be kept just now, is answered otherwise.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from bot.clock import Clock
from bot.intake import Intake
from bot.platforms.wecom import xml
from bot.platforms.wecom.crypto import Gate, Refusal
from handlers.kernel.update import Update

PATH = "/wecom/callback"
CONTACT_PATH = "/wecom/contact"
MOST_BYTES = 256 * 1024
READ_SECONDS = 10.0
Understand = Callable[[xml.Fields, datetime], Update | None]
"""What a callback's fields mean; None for what we have nothing to do with. Raises Refusal."""
Handle = Callable[[web.Request], Awaitable[web.Response]]

log = structlog.get_logger(__name__)


def counter(registry: CollectorRegistry) -> Counter:
    """Of all callbacks of one process, whatever their address."""
    return Counter(
        "baifang_callbacks", "Callbacks by platform and outcome", ["platform", "outcome"], registry=registry
    )


class Callback:
    """One address that WeCom calls back: the self-built app's, or customer contact's."""

    def __init__(
        self, path: str, gate: Gate, understand: Understand, intake: Intake, clock: Clock, answers: Counter
    ) -> None:
        self._path = path
        self._gate = gate
        self._understand = understand
        self._intake = intake
        self._clock = clock
        self._refused: dict[str, int] = {}
        self._answers = answers

    def routes(self) -> list[web.RouteDef]:
        check, receive = self._answered(self._check), self._answered(self._receive)
        return [web.get(self._path, check), web.post(self._path, receive)]

    async def _check(self, request: web.Request) -> web.Response:
        """The console asks whether the address is ours: what it sealed comes back as it was, bare."""
        # A plus that was not escaped came through as a blank; base64 has none.
        sealed = request.query.get("echostr", "").replace(" ", "+")
        opened = self._gate.open(request.query, sealed, self._clock.now().timestamp())
        return web.Response(body=opened.encode(), content_type="text/plain")

    async def _receive(self, request: web.Request) -> web.Response:
        update = self.read(await _body(request), request)
        if update is not None:
            await self._intake.put(update)
        self._count("kept" if update is not None else "ignored")
        return web.Response()

    def read(self, body: bytes, request: web.Request) -> Update | None:
        """What the body says. Raises Refusal."""
        now = self._clock.now()
        opened = self._gate.open(request.query, xml.envelope(body), now.timestamp())
        return self._understand(xml.read(opened), now)

    def _answered(self, handle: Handle) -> Handle:
        async def answer(request: web.Request) -> web.Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                self._note(refusal.reason)
                return web.Response(status=refusal.status)
            except Exception as error:  # noqa: BLE001 (the intake logged it; WeCom is to send it again)
                self._count("not_kept")
                log.warning("wecom_not_kept", error=type(error).__name__)
                return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)

        return answer

    def _note(self, reason: str) -> None:
        """Counts every refusal, and logs fewer and fewer of a kind, so that no flood fills a disk."""
        self._count(f"refused: {reason}")
        seen = self._refused[reason] = self._refused.get(reason, 0) + 1
        if seen & (seen - 1) == 0:
            log.warning("wecom_refused", reason=reason, times=seen)

    def _count(self, outcome: str) -> None:
        self._answers.labels("wecom", outcome).inc()


async def _body(request: web.Request) -> bytes:
    """The body, and no more of it than a callback has. Raises Refusal."""
    pieces = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.content.iter_chunked(65_536):
                pieces += piece
                if len(pieces) > MOST_BYTES:
                    raise Refusal("size", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except TimeoutError:
        raise Refusal("slow", HTTPStatus.REQUEST_TIMEOUT) from None
    return bytes(pieces)
