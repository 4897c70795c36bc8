"""The HTTP modes: messages and card callbacks are signed, events sealed, all to the app's address."""

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.crypto import CryptoError, Sealed, hmac_sign, robot_sign
from tests.fakes.dingtalk.state import App, Org


@dataclass
class Posted:
    """One POST to the app, and its answer; status 0 where none came."""

    id: str
    data: dict[str, Any]
    """What was told, before it was sealed."""
    url: str
    status: int = 0
    body: bytes = b""
    accepted: bool = False

    @property
    def acked(self) -> bool:
        return self.accepted


@dataclass(frozen=True, slots=True)
class Route:
    """Where card callbacks of one callbackRouteKey go."""

    url: str
    secret: str


class Hooks:
    """`patience` is the real seconds that an answer may take (3 for an event, by the documents)."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.patience = 3.0
        self.posted: list[Posted] = []
        self.routes: dict[str, Route] = {}
        self._http: aiohttp.ClientSession | None = None

    @call("POST", "/v1.0/card/callbacks/register", scope="Card.Instance.Write")
    def register(self, ask: Ask) -> dict[str, Any]:
        key, url = ask.want("callbackRouteKey"), ask.want("callbackUrl")
        if key not in self.routes or ask.body.get("forceUpdate"):
            self.routes[key] = Route(url, ask.body.get("apiSecret") or self.org.new("secret"))
        route = self.routes[key]
        return {"success": True, "result": {"callbackUrl": route.url, "apiSecret": route.secret}}

    async def robot(
        self, app: App, data: dict[str, Any], *, timestamp: int | None = None, sign: str | None = None
    ) -> Posted:
        """A message to the robot's address; `timestamp` and `sign` may be wrong on purpose."""
        at = self.org.ms if timestamp is None else timestamp
        headers = {"timestamp": str(at), "sign": robot_sign(app.client_secret, at) if sign is None else sign}
        posted = await self._post(Posted(data["msgId"], data, app.robot_url), data, headers)
        posted.accepted = posted.status == 200
        return posted

    async def event(self, app: App, data: dict[str, Any], id: str = "") -> Posted:
        """A sealed event; accepted when the answer is `success`, sealed with the same key, within 3 s."""
        assert app.seal is not None
        sealed = app.seal.close(json.dumps(data, ensure_ascii=False), self.org.ms)
        query = {"signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
        posted = Posted(id or self.org.new("ev-"), data, app.event_url)
        await self._post(posted, {"encrypt": sealed.encrypt}, {}, query)
        if posted.status == 200:
            posted.accepted = self._opened(app, posted) == "success"
        return posted

    async def check(self, app: App) -> Posted:
        """The console saves the address of events: it is asked whether it can open and seal."""
        return await self.event(app, {"EventType": "check_url"})

    async def card(self, route: Route, data: dict[str, Any]) -> Posted:
        """A card's callback to its route; the answer is the body."""
        at = str(self.org.ms)
        headers = {"x-ddpaas-signature-timestamp": at, "x-ddpaas-signature": hmac_sign(route.secret, at)}
        posted = await self._post(Posted(data["outTrackId"], data, route.url), data, headers)
        posted.accepted = posted.status == 200
        return posted

    def _opened(self, app: App, posted: Posted) -> str:
        assert app.seal is not None
        try:
            body = json.loads(posted.body)
            sealed = Sealed(body["encrypt"], body["msg_signature"], str(body["timeStamp"]), body["nonce"])
            return app.seal.open(sealed)
        except (CryptoError, ValueError, KeyError, TypeError) as error:
            self.org.problems.append(f"the answer to an event: {type(error).__name__} {error}")
            return ""

    async def _post(
        self, posted: Posted, body: Any, headers: dict[str, str], query: dict[str, str] | None = None
    ) -> Posted:
        self.posted.append(posted)
        self._http = self._http or aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with self._http.post(
                posted.url, json=body, headers=headers, params=query, timeout=limit
            ) as answer:
                posted.status, posted.body = answer.status, await answer.read()
        except (TimeoutError, aiohttp.ClientError):
            posted.status = 0
        return posted

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
