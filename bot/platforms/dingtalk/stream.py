"""The Stream connection: a ticket, one WebSocket, frames in and acknowledgements out.

Every frame goes on by itself and is acknowledged on the connection that brought it, once what it says is
durable. It knows no card and no person.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote_plus

import structlog
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from bot.clock import Clock
from bot.faults import report
from bot.platforms import TryLater
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.ear import Ear
from bot.platforms.dingtalk.errors import DingError, Kind
from bot.platforms.keeping import Keeping
from bot.platforms.standing import LOOK_SECONDS, Ended, Pauses, Standing
from storage.database import Database

ROBOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"
OPEN = "/v1.0/gateway/connections/open"
SUBSCRIPTIONS = [
    {"type": "EVENT", "topic": "*"},
    {"type": "CALLBACK", "topic": ROBOT},
    {"type": "CALLBACK", "topic": CARD},
]
PING_SECONDS = 30.0
"""A line that is silently dead is noticed after one and a half of these."""
MOST_BYTES = 4 * 1024 * 1024
END_SECONDS = 5.0
"""How long a process that stops waits for what it heard to be durable."""
OK, NOT_FOUND = 200, 404

Frame = dict[str, Any]

log = structlog.get_logger(__name__)


def lease_of(client_id: str) -> str:
    """The name of the lease on an app's one connection."""
    return f"dingtalk:{client_id}"


class StreamLine:
    """The `Line` of one internal app. `wait` is how it waits between connections, for tests."""

    def __init__(
        self,
        http: ClientSession,
        api: Api,
        ear: Ear,
        keeping: Keeping,
        database: Database,
        clock: Clock,
        *,
        pauses: Pauses | None = None,
        ping_seconds: float = PING_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._api = api
        self._ear = ear
        self._keeping = keeping
        self._pauses = pauses or Pauses()
        self._ping_seconds = ping_seconds
        self._standing = Standing(
            lease_of(api.client_id),
            self._connection,
            database,
            clock,
            pauses=self._pauses,
            look_seconds=look_seconds,
            wait=wait,
        )
        self.fault = ""
        """What keeps the connection from being made, for the operator; "" where nothing does."""

    @property
    def is_open(self) -> bool:
        """Whether this process hears the taps, and so can answer them: sending itself needs no connection."""
        return self._standing.has_lease

    async def run(self) -> None:
        """Until cancelled; at its end what was heard is still kept."""
        try:
            await self._standing.run()
        finally:
            await asyncio.wait_for(self._keeping.done(), END_SECONDS)

    async def _connection(self) -> None:
        """One connection from its ticket to its end. Raises Ended."""
        address = await self._address()
        try:
            async with self._http.ws_connect(
                address, max_msg_size=MOST_BYTES, heartbeat=self._ping_seconds
            ) as ws:
                self.fault = ""
                log.info("dingtalk_line_open")
                await self._read(ws)
        except (ClientError, OSError, TimeoutError) as error:
            # From None: the address holds the ticket.
            raise Ended(type(error).__name__) from None

    async def _address(self) -> str:
        told = {"clientId": self._api.client_id, "clientSecret": self._api.secret, "ua": "baifang"}
        try:
            answer = await self._api.bare(OPEN, {**told, "subscriptions": SUBSCRIPTIONS})
        except TryLater as away:
            raise Ended(str(away)) from away
        except DingError as error:
            if error.kind is Kind.BUSY:
                raise Ended(str(error), self._pauses.told_to_go) from error
            self.fault = error.mend or "钉钉不给开长连接：机器人的消息接收模式要选 Stream，应用要发布过一版"
            raise Ended(f"refused: {error.code}", self._pauses.refused) from error
        return f"{answer['endpoint']}?ticket={quote_plus(str(answer['ticket']))}"

    async def _read(self, ws: ClientWebSocketResponse) -> None:
        async for received in ws:
            if received.type is WSMsgType.TEXT:
                await self._take(ws, received.data)
        # A clean close is an end like any other.
        raise Ended(f"closed: {ws.close_code}")

    async def _take(self, ws: ClientWebSocketResponse, text: str) -> None:
        frame = _read_frame(text)
        if frame is None:
            log.warning("dingtalk_frame_unread")
            return
        topic = frame["headers"].get("topic")
        if frame.get("type") != "SYSTEM":
            self._keeping.start(self._hear(ws, frame))
        elif topic == "disconnect":
            raise Ended("told to connect anew", moved=True)
        else:
            await _acknowledge(ws, frame, _data(frame))

    async def _hear(self, ws: ClientWebSocketResponse, frame: Frame) -> None:
        """Whatever goes wrong with one frame, the others go on; it is not acknowledged then."""
        try:
            await self._understand(ws, frame)
        except Exception as error:  # noqa: BLE001 (likewise)
            report("dingtalk_frame_failed", error)

    async def _understand(self, ws: ClientWebSocketResponse, frame: Frame) -> None:
        """Acknowledged once it is durable; what can't be kept now is to be sent again."""
        headers, topic, data = frame["headers"], frame["headers"].get("topic"), _data(frame)
        if frame.get("type") == "EVENT":
            await _acknowledge(ws, frame, await self._event(headers, data))
        elif topic == ROBOT:
            await self._ear.message(data, self._keeping.keep)
            await _acknowledge(ws, frame, {"response": None})
        elif topic == CARD:
            name = str(headers["messageId"])
            await self._ear.card(data, name, lambda shown: _acknowledge(ws, frame, {"response": shown}))
        else:
            await _acknowledge(ws, frame, {}, NOT_FOUND)

    async def _event(self, headers: Frame, data: object) -> Frame:
        try:
            await self._ear.event(str(headers.get("eventType")), str(headers.get("eventId")), data)
        except Exception as error:  # noqa: BLE001 (the intake logged it; it is to be sent again)
            log.warning("dingtalk_event_not_kept", error=type(error).__name__)
            return {"status": "LATER", "message": "not kept"}
        return {"status": "SUCCESS", "message": "ok"}


def _read_frame(text: str) -> Frame | None:
    try:
        frame = json.loads(text)
        headers = frame["headers"]
        known = isinstance(headers["messageId"], str)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return frame if known and isinstance(headers, dict) else None


def _data(frame: Frame) -> Any:
    """What a frame says: JSON within its JSON. None where it can't be read."""
    try:
        return json.loads(frame.get("data") or "null")
    except (ValueError, TypeError, RecursionError):
        return None


async def _acknowledge(ws: ClientWebSocketResponse, frame: Frame, data: Any, code: int = OK) -> bool:
    """On the connection that brought the frame; where that is gone (False), it comes again by another."""
    headers = {"contentType": "application/json", "messageId": frame["headers"]["messageId"]}
    told = json.dumps(data, ensure_ascii=False)
    answer = {"code": code, "headers": headers, "message": "OK" if code == OK else "no", "data": told}
    try:
        await ws.send_str(json.dumps(answer, ensure_ascii=False))
    except (ClientError, OSError):
        log.info("dingtalk_not_acknowledged")
        return False
    return True
