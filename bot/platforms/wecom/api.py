"""Calls WeCom's HTTP API: one token for all processes, one refresh at a time; knows no card and no person.

What can go wrong comes out as `WeComError` (the far side answered with an error) or `TryLater` (it was
not reached, or what it answered can't be read). Neither holds anything of what was sent.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

import aiohttp
import structlog

from bot.platforms import TryLater
from bot.platforms.tokens import SharedToken
from bot.platforms.wecom.errors import TOO_LARGE, TOO_OFTEN, Kind, WeComError
from storage.cache import Cache, CacheAway

CALL_SECONDS = 15.0
REFUSED_SECONDS = 60.0
"""After a wrong secret nobody asks again for so long: WeCom bars an address that tries on."""
BUSY_SECONDS = 60.0
"""The length of 45009's penalty for one API."""
MOST_BYTES = 21 * 1024 * 1024
"""Of one download: more than WeCom takes from anybody."""

Params = Mapping[str, str]
Answer = dict[str, Any]
T = TypeVar("T")

log = structlog.get_logger(__name__)


class Api:
    """One app's access. `base` is scheme and host."""

    def __init__(
        self, http: aiohttp.ClientSession, base: str, corp_id: str, secret: str, cache: Cache
    ) -> None:
        self._http = http
        self._base = f"{base}/cgi-bin/"
        self._corp_id = corp_id
        self._secret = secret
        self._cache = cache
        self._key = f"wecom:{sha256(f'{base} {corp_id} {secret}'.encode()).hexdigest()[:16]}"
        self._token = SharedToken(cache, self._key, self._fetch_token)

    # -- the token ---------------------------------------------------------------------------------

    async def token(self, stale: str = "") -> str:
        """The app's token; another one than `stale`, which was not taken any more."""
        return await self._token.get(stale)

    async def _fetch_token(self) -> tuple[str, int]:
        if code := await self._cache.get(f"{self._key}:refused"):
            raise WeComError(int(code), "gettoken")
        try:
            answer = await self._ask("gettoken", {"corpid": self._corp_id, "corpsecret": self._secret})
        except WeComError as error:
            if error.kind is Kind.OPERATOR or error.code == TOO_OFTEN:
                await self._cache.put(f"{self._key}:refused", str(error.code), REFUSED_SECONDS)
            raise
        log.info("wecom_token_renewed")
        return str(answer["access_token"]), int(answer.get("expires_in", 7200))

    # -- calls -------------------------------------------------------------------------------------

    async def get(self, path: str, **params: str) -> Answer:
        return await self._call(path, params, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return await self._call(path, {}, body)

    async def download(self, media_id: str) -> bytes:
        """The bytes of a media id. Raises WeComError of kind GONE where it ran out."""
        return await self._with_token(lambda token: self._download(media_id, token))

    async def upload(self, kind: str, name: str, content: bytes) -> str:
        """Puts an image or a file where a message can name it, for three days; its media id."""
        answer = await self._with_token(lambda token: self._upload(kind, name, content, token))
        return str(answer["media_id"])

    async def picture(self, url: str) -> bytes:
        """What lies at an address that WeCom named, open to everybody. Raises TryLater, WeComError."""
        return await self._fetched("picture", self._http.get(url, timeout=_timeout(), allow_redirects=True))

    async def _call(self, path: str, params: Params, body: Mapping[str, Any] | None) -> Answer:
        await self._check_pause(path)
        try:
            return await self._with_token(
                lambda token: self._ask(path, {**params, "access_token": token}, body)
            )
        except WeComError as error:
            if error.code == TOO_OFTEN:
                await self._pause(path)
            raise

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Calls; with a fresh token once more where the first one is not taken."""
        token = await self.token()
        try:
            return await call(token)
        except WeComError as error:
            if error.kind is not Kind.TOKEN:
                raise
            log.info("wecom_token_stale", code=error.code)
        return await call(await self.token(stale=token))

    async def _check_pause(self, path: str) -> None:
        try:
            paused = await self._cache.get(f"{self._key}:paused:{path}")
        except CacheAway as away:
            raise TryLater(f"Redis: {away}") from away
        if paused:
            raise WeComError(TOO_OFTEN, path)

    async def _pause(self, path: str) -> None:
        try:
            await self._cache.put(f"{self._key}:paused:{path}", "1", BUSY_SECONDS)
        except CacheAway:
            log.warning("wecom_pause_not_kept", path=path)

    # -- the wire ----------------------------------------------------------------------------------

    async def _ask(self, path: str, params: Params, body: Mapping[str, Any] | None = None) -> Answer:
        # Raw UTF-8: WeCom refuses \\uXXXX escapes (40033).
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return _read(path, await self._send("GET" if data is None else "POST", path, params, data))

    async def _upload(self, kind: str, name: str, content: bytes, token: str) -> Answer:
        form = aiohttp.FormData(quote_fields=False)  # WeCom takes a name as it is, in UTF-8
        form.add_field("media", BytesIO(content), filename=name, content_type="application/octet-stream")
        params = {"access_token": token, "type": kind}
        return _read("media/upload", await self._send("POST", "media/upload", params, form))

    async def _download(self, media_id: str, token: str) -> bytes:
        content = await self._send("GET", "media/get", {"access_token": token, "media_id": media_id}, None)
        if content[:1] == b"{" and b'"errcode"' in content[:200]:
            _read("media/get", content)
        return content

    async def _send(self, method: str, path: str, params: Params, data: Any) -> bytes:
        url = self._base + path
        request = self._http.request(
            method, url, params=params, data=data, timeout=_timeout(), allow_redirects=False
        )
        return await self._fetched(path, request)

    async def _fetched(
        self, path: str, request: AbstractAsyncContextManager[aiohttp.ClientResponse]
    ) -> bytes:
        """The body of a 200; everything else is a far side that is away."""
        try:
            async with request as answer:
                if answer.status != 200:
                    raise TryLater(f"{path}: HTTP {answer.status}")
                return await limited(path, answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # From None: aiohttp's errors quote the address, and the address holds the token.
            raise TryLater(f"{path}: {type(error).__name__}") from None


def _timeout() -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=CALL_SECONDS)


async def limited(path: str, answer: aiohttp.ClientResponse) -> bytes:
    """The body, as long as WeCom lets anything be. Raises WeComError for more."""
    pieces = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        pieces += piece
        if len(pieces) > MOST_BYTES:
            raise WeComError(TOO_LARGE, path)
    return bytes(pieces)


def _read(path: str, content: bytes) -> Answer:
    """The answer's object. Raises WeComError for an errcode, TryLater for what is no answer."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise TryLater(f"{path}: no JSON") from None
    code = answer.get("errcode", 0) if isinstance(answer, dict) else None
    if not isinstance(code, int):
        raise TryLater(f"{path}: no errcode")
    if code:
        raise WeComError(code, path)
    found: Answer = answer
    return found
