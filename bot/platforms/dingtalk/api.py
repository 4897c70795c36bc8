"""Calls DingTalk's two HTTP APIs and the addresses that messages bring; knows no card and no person.

What can go wrong comes out as `DingError` (the far side answered with an error) or `TryLater` (it was
not reached, or what it answered can't be read). Neither holds anything of what was sent.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog

from bot.platforms import TryLater
from bot.platforms.dingtalk.errors import QPS, QPS_SECONDS, DingError, Kind
from bot.platforms.dingtalk.meter import Meter
from bot.platforms.tokens import SharedToken
from config.settings import DingTalk
from storage.cache import Cache, CacheAway

CALL_SECONDS = 15.0
REFUSED_SECONDS = 60.0
"""After a wrong secret nobody asks again for so long."""
BURST, EACH = 5, 1 / 15
"""Of one API five at once and fifteen a second: never over twenty in any second."""
LONGEST_TURN = 10.0
"""How long a call waits for its turn before it is put off."""
MOST_BYTES = 21 * 1024 * 1024
"""Of one download: more than DingTalk takes from anybody."""
TOKEN_HEADER = "x-acs-dingtalk-access-token"
FREE = ("/topapi/", "/v1.0/contact/", "/v1.0/oauth2/", "/v1.0/gateway/")
"""Calls that cost nothing of the month's budget: tokens, sign-in, the address book."""

Answer = dict[str, Any]
T = TypeVar("T")

log = structlog.get_logger(__name__)


class Api:
    """One internal app's access."""

    def __init__(
        self, http: aiohttp.ClientSession, settings: DingTalk, cache: Cache, meter: Meter | None
    ) -> None:
        """`meter` None: what is called is not counted."""
        assert settings.client_id is not None
        assert settings.client_secret is not None
        self.client_id = settings.client_id
        self.secret = settings.client_secret.get_secret_value()
        self.robot = settings.robot_code or settings.client_id
        self._http = http
        self._new, self._old = settings.api_base, settings.oapi_base
        self._cache = cache
        self._meter = meter
        name = f"{self._new} {self.client_id} {self.secret}"
        self._key = f"dingtalk:{sha256(name.encode()).hexdigest()[:16]}"
        self._token = SharedToken(cache, self._key, self._fetch_token)

    async def token(self, stale: str = "") -> str:
        """The app's token; another one than `stale`, which was not taken any more."""
        return await self._token.get(stale)

    async def _fetch_token(self) -> tuple[str, int]:
        if code := await self._cache.get(f"{self._key}:refused"):
            raise DingError(code, "accessToken", 400)
        body = {"appKey": self.client_id, "appSecret": self.secret}
        try:
            answer = await self.bare("/v1.0/oauth2/accessToken", body)
        except DingError as error:
            if error.kind is Kind.OPERATOR:
                await self._cache.put(f"{self._key}:refused", error.code, REFUSED_SECONDS)
            raise
        log.info("dingtalk_token_renewed")
        return str(answer["accessToken"]), int(answer.get("expireIn", 7200))

    # -- calls -------------------------------------------------------------------------------------

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The new API."""
        return await self._call(path, "POST", body)

    async def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        return await self._call(path, "PUT", body)

    async def old(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The legacy API; the answer's `result`."""
        answer = await self._with_token(path, lambda token: self._ask_old(path, token, _json(body)))
        found = answer.get("result")
        return found if isinstance(found, dict) else {}

    async def upload(self, kind: str, name: str, content: bytes) -> str:
        """Puts a picture or a file where a message can name it; its media id."""
        path = "/media/upload"
        answer = await self._with_token(
            path, lambda token: self._ask_old(path, token, _form(kind, name, content), type=kind)
        )
        return str(answer["media_id"])

    async def say(self, hook: str, body: Mapping[str, Any]) -> None:
        """Answers where a message came from. Raises DingError where its time is over."""
        if urlsplit(hook).netloc != urlsplit(self._old).netloc:
            raise DingError("foreign", "sessionWebhook")
        await self._metered(
            "/robot/sendBySession", lambda: self._answer("sessionWebhook", "POST", hook, _json(body), {})
        )

    async def download(self, url: str) -> bytes:
        """The bytes behind an address that DingTalk gave. Raises DingError where they are gone."""
        status, content = await self._send("download", "GET", url, None, {})
        if status != 200:
            raise DingError("download", "download", status)
        return content

    async def bare(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The new API where it asks for no token: it is what tells who we are."""
        return await self._ask(path, "POST", body, {})

    async def as_member(self, path: str, token: str) -> Answer:
        """The new API, with a token that stands for a member."""
        return await self._answer(path, "GET", self._new + path, None, {TOKEN_HEADER: token})

    async def _call(self, path: str, method: str, body: Mapping[str, Any]) -> Answer:
        return await self._with_token(
            path, lambda token: self._ask(path, method, body, {TOKEN_HEADER: token})
        )

    async def _with_token(self, path: str, call: Callable[[str], Awaitable[T]]) -> T:
        """Calls; with a fresh token once more where the first one is not taken."""
        token = await self.token()
        try:
            return await self._metered(path, lambda: call(token))
        except DingError as error:
            if error.kind is not Kind.TOKEN:
                raise
            log.info("dingtalk_token_stale")
        fresh = await self.token(stale=token)
        return await self._metered(path, lambda: call(fresh))

    # -- limits ------------------------------------------------------------------------------------

    async def _metered(self, path: str, call: Callable[[], Awaitable[T]]) -> T:
        """In its turn, and counted where it costs; a call that was throttled was none."""
        await self._take_turn(path)
        try:
            answer = await call()
        except DingError as error:
            if error.code.startswith(QPS):
                await self._pause(path)
            elif error.kind is Kind.QUOTA and self._meter is not None:
                await self._meter.spent()
            raise
        if self._meter is not None and not path.startswith(FREE):
            await self._meter.count()
        return answer

    async def _take_turn(self, path: str) -> None:
        try:
            if await self._cache.get(f"{self._key}:paused:{path}"):
                raise TryLater(f"{path}: throttled", QPS_SECONDS)
            while wait := await self._cache.take(f"{self._key}:{path}", BURST, EACH, time.time()):
                if wait > LONGEST_TURN:
                    raise TryLater(f"{path}: too many", wait)
                await asyncio.sleep(wait)
        except CacheAway as away:
            raise TryLater(f"Redis: {away}") from away

    async def _pause(self, path: str) -> None:
        try:
            await self._cache.put(f"{self._key}:paused:{path}", "1", QPS_SECONDS)
        except CacheAway:
            log.warning("dingtalk_pause_not_kept", path=path)

    # -- the wire ----------------------------------------------------------------------------------

    async def _ask(
        self, path: str, method: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Answer:
        return await self._answer(path, method, self._new + path, _json(body), headers)

    async def _ask_old(self, path: str, token: str, data: Any, **more: str) -> Answer:
        query = urlencode({"access_token": token, **more})
        return await self._answer(path, "POST", f"{self._old}{path}?{query}", data, {})

    async def _answer(
        self, path: str, method: str, url: str, data: Any, headers: Mapping[str, str]
    ) -> Answer:
        if isinstance(data, bytes):
            headers = {**headers, "Content-Type": "application/json"}
        return _read(path, *await self._send(path, method, url, data, headers))

    async def _send(
        self, path: str, method: str, url: str, data: Any, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        try:
            async with self._http.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, await _limited(path, answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # From None: aiohttp's errors quote the address, and the address holds the token.
            raise TryLater(f"{path}: {type(error).__name__}") from None


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _form(kind: str, name: str, content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("type", kind)
    form.add_field("media", BytesIO(content), filename=name, content_type="application/octet-stream")
    return form


async def _limited(path: str, answer: aiohttp.ClientResponse) -> bytes:
    pieces = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        pieces += piece
        if len(pieces) > MOST_BYTES:
            raise DingError("too large", path)
    return bytes(pieces)


def _read(path: str, status: int, content: bytes) -> Answer:
    """The answer's object. Raises DingError for an error in any envelope, TryLater for what is no answer.

    An address that is barred gets a page with a 200, which is no JSON, or JSON with no code at all.
    """
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise TryLater(f"{path}: no JSON, HTTP {status}") from None
    if not isinstance(answer, dict):
        raise TryLater(f"{path}: no object, HTTP {status}")
    if "punish" in answer:
        raise TryLater(f"{path}: barred", _seconds(answer.get("wait")))
    if code := answer.get("errcode"):
        raise DingError(_legacy(code, answer), path)
    if status >= 400:
        raise DingError(str(answer.get("code") or status)[:200], path, status, _scopes(answer))
    return answer


def _legacy(code: object, answer: Answer) -> str:
    """88 is many things: its sub_code tells which."""
    sub = answer.get("sub_code")
    return f"{code}.{sub}" if str(code) == "88" and sub else str(code)


def _scopes(answer: Answer) -> tuple[str, ...]:
    detail = answer.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    return tuple(each for each in scopes if isinstance(each, str)) if isinstance(scopes, list) else ()


def _seconds(wait: object) -> float | None:
    return float(wait) if isinstance(wait, int | float) else None
