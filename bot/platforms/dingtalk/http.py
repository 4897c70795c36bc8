"""The other way in: DingTalk calls addresses of ours, for messages, for events and for taps.

A message's signature covers its time and nothing else; what was signed for one body serves another, so
that the way must be TLS, times must be fresh, and a message that came already changes nothing.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import web
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.clock import Clock
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.ear import Ear
from bot.platforms.wecom.crypto import Gate, Refusal
from bot.platforms.wecom.xml import read
from config.settings import DingTalk

ROBOT, EVENTS, CARDS = "/dingtalk/robot", "/dingtalk/events", "/dingtalk/cards"
FRESH_SECONDS = 3600
MOST_BYTES = 256 * 1024
ROUTE_KEY = "baifang"
"""The name under which our address for taps is registered."""
REGISTER = "/v1.0/card/callbacks/register"

Handle = Callable[[web.Request], Awaitable[web.Response]]

log = structlog.get_logger(__name__)


class Callbacks:
    def __init__(self, api: Api, ear: Ear, clock: Clock, settings: DingTalk, public_url: str) -> None:
        self._api = api
        self._ear = ear
        self._clock = clock
        self._public_url = public_url
        self._sealed = _Sealed(settings) if settings.token is not None else None
        self._registered = False

    def routes(self) -> list[web.RouteDef]:
        found = [web.post(ROBOT, _answered(self._robot)), web.post(CARDS, _answered(self._card))]
        return [*found, web.post(EVENTS, _answered(self._event))] if self._sealed is not None else found

    async def calling(self) -> dict[str, str]:
        """How a card's taps come back: by our address, which DingTalk is told before the first card."""
        if not self._registered:
            told = {"callbackRouteKey": ROUTE_KEY, "callbackUrl": f"{self._public_url}{CARDS}"}
            await self._api.post(REGISTER, {**told, "apiSecret": self._card_secret(), "forceUpdate": True})
            self._registered = True
        return {"callbackType": "HTTP", "callbackRouteKey": ROUTE_KEY}

    def _card_secret(self) -> str:
        """Ours to choose: the same in every process, and nobody else's to guess."""
        return hmac.new(self._api.secret.encode(), b"baifang cards", sha256).hexdigest()

    async def _robot(self, request: web.Request) -> web.Response:
        timestamp = request.headers.get("timestamp", "")
        secret = self._api.secret
        self._check(timestamp, request.headers.get("sign", ""), secret, f"{timestamp}\n{secret}")
        await self._ear.message(await _body(request))
        return web.Response()

    async def _card(self, request: web.Request) -> web.Response:
        timestamp = request.headers.get("x-ddpaas-signature-timestamp", "")
        sign = request.headers.get("x-ddpaas-signature", "")
        self._check(timestamp, sign, self._card_secret(), timestamp)
        told: dict[str, Any] = {}

        async def tell(shown: dict[str, Any]) -> bool:
            told.update(shown)
            return True

        await self._ear.card(await _body(request), token_hex(12), tell)
        return web.json_response(told)

    async def _event(self, request: web.Request) -> web.Response:
        assert self._sealed is not None
        fields = self._sealed.open(request, await _body(request), self._clock.now().timestamp())
        kind = str(fields.get("EventType", ""))
        # What an event is called by is not in every one of them: then it is called by all that it says.
        said = json.dumps(fields, ensure_ascii=False, sort_keys=True).encode(errors="replace")
        name = str(fields.get("eventId") or sha256(said).hexdigest()[:40])
        await self._ear.event(kind, name, fields)
        return web.json_response(self._sealed.success(self._clock.now().timestamp()))

    def _check(self, timestamp: str, sign: str, secret: str, signed: str) -> None:
        """Raises Refusal."""
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 20:
            raise Refusal("timestamp")
        if abs(self._clock.now().timestamp() - int(timestamp) / 1000) > FRESH_SECONDS:
            raise Refusal("stale", HTTPStatus.FORBIDDEN)
        right = b64encode(hmac.new(secret.encode(), signed.encode(), sha256).digest())
        if not hmac.compare_digest(right, sign.encode(errors="replace")):
            raise Refusal("signature", HTTPStatus.FORBIDDEN)


class _Sealed:
    """Events are sealed as WeCom seals its callbacks; what is named in them is the app's key."""

    def __init__(self, settings: DingTalk) -> None:
        assert settings.token is not None
        assert settings.aes_key is not None
        keys = settings.token.get_secret_value(), settings.aes_key.get_secret_value()
        self._gate = Gate(*keys, settings.client_id or "")
        self._crypto = WeChatCrypto(*keys, settings.client_id or "")

    def open(self, request: web.Request, body: Any, now: float) -> dict[str, Any]:
        """Raises Refusal."""
        query = dict(request.query)
        query.setdefault("msg_signature", query.get("signature", ""))
        sealed = body.get("encrypt") if isinstance(body, dict) else None
        fields = json.loads(self._gate.open(query, sealed if isinstance(sealed, str) else "", now))
        if not isinstance(fields, dict):
            raise Refusal("no object")
        return fields

    def success(self, now: float) -> dict[str, str]:
        timestamp, nonce = str(int(now * 1000)), token_hex(8)
        fields = read(self._crypto.encrypt_message("success", nonce, timestamp))
        signature, sealed = str(fields["MsgSignature"]), str(fields["Encrypt"])
        return {"msg_signature": signature, "timeStamp": timestamp, "nonce": nonce, "encrypt": sealed}


async def _body(request: web.Request) -> Any:
    """The body's JSON. Raises Refusal."""
    if (request.content_length or 0) > MOST_BYTES:
        raise Refusal("size", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    raw = await request.read()
    if len(raw) > MOST_BYTES:
        raise Refusal("size", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal("no JSON") from None


def _answered(handle: Handle) -> Handle:
    async def answer(request: web.Request) -> web.Response:
        try:
            return await handle(request)
        except Refusal as refusal:
            log.warning("dingtalk_refused", reason=refusal.reason)
            return web.Response(status=refusal.status)
        except Exception as error:  # noqa: BLE001 (the intake logged it; DingTalk is to send it again)
            log.warning("dingtalk_not_kept", error=type(error).__name__)
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)

    return answer
