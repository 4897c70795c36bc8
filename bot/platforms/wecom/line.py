"""The smart bot's long connection: of all processes one has it, and it comes back after every kind of end.

It speaks the protocol and knows no card and no update. Frames that WeCom pushes go to `hear`; `ask`
sends a command and waits for its answer.
"""

import asyncio
import json
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from bot.clock import Clock
from bot.platforms import TryLater
from bot.platforms.standing import LOOK_SECONDS, Ended, Pauses, Standing
from bot.platforms.wecom.errors import NOT_SUBSCRIBED, TOO_OFTEN, Kind, WeComError
from bot.wake import OUTBOX, Wake
from storage.database import Database

Frame = dict[str, Any]
Hear = Callable[[Frame], Awaitable[None]]

ANSWER_SECONDS = 10.0
PING_SECONDS = 30.0
MISSED_PINGS = 2
MOST_BYTES = 4 * 1024 * 1024
log = structlog.get_logger(__name__)


def lease_of(bot_id: str) -> str:
    """The name of the lease on a bot's one connection."""
    return f"wecombot:{bot_id}"


class BotLine:
    """The `Line` of one smart bot. `wait` is how it waits between connections, for tests."""

    def __init__(
        self,
        http: ClientSession,
        url: str,
        bot_id: str,
        secret: str,
        database: Database,
        clock: Clock,
        wake: Wake,
        *,
        pauses: Pauses | None = None,
        ping_seconds: float = PING_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._url = url
        self._bot_id = bot_id
        self._secret = secret
        self._wake = wake
        self._pauses = pauses or Pauses()
        self._ping_seconds = ping_seconds
        self._answer_seconds = answer_seconds
        self._standing = Standing(
            lease_of(bot_id),
            self._connection,
            database,
            clock,
            pauses=self._pauses,
            look_seconds=look_seconds,
            wait=wait,
        )
        self._ws: ClientWebSocketResponse | None = None
        self._asked: defaultdict[str, deque[asyncio.Future[Frame]]] = defaultdict(deque)
        self._open = False
        self._closing: asyncio.Task[bool] | None = None
        self.fault = ""
        """What keeps the connection from being made, for the operator; "" where nothing does."""
        self.hear: Hear | None = None

    @property
    def is_open(self) -> bool:
        return self._open

    # -- staying connected -------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        await self._standing.run()

    async def _connection(self) -> None:
        """One connection from its opening to its end. Raises Ended."""
        try:
            async with self._http.ws_connect(self._url, max_msg_size=MOST_BYTES, autoping=True) as ws:
                self._ws = ws
                reading = asyncio.create_task(self._read(ws))
                living = asyncio.create_task(self._live(ws))
                try:
                    done, _ = await asyncio.wait({reading, living}, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
                finally:
                    await self._end(reading, living)
        except WeComError as error:
            raise Ended(str(error)) from error
        except (ClientError, OSError, TimeoutError) as error:
            raise Ended(type(error).__name__) from None

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        self._open, self._ws = False, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        asked, self._asked = self._asked, defaultdict(deque)
        for futures in asked.values():
            for future in futures:
                if not future.done():
                    future.set_exception(TryLater("长连接断了"))

    async def _live(self, ws: ClientWebSocketResponse) -> None:
        """Subscribes, and then knocks every while: a line that is silently dead is noticed."""
        await self._subscribe()
        self.fault, self._open = "", True
        self._wake.ring(OUTBOX)
        log.info("wecom_line_open")
        missed = 0
        while missed < MISSED_PINGS:
            await asyncio.sleep(self._ping_seconds)
            try:
                await self.ask("ping", None)
                missed = 0
            except TryLater:
                missed += 1
        raise Ended("silent")

    async def _subscribe(self) -> None:
        try:
            await self.ask("aibot_subscribe", {"bot_id": self._bot_id, "secret": self._secret})
        except TryLater as late:
            raise Ended(str(late)) from late
        except WeComError as error:
            if error.kind is Kind.OPERATOR:
                self.fault = error.mend
                raise Ended(f"refused: {error.code}", self._pauses.refused) from error
            pause = self._pauses.told_to_go if error.code == TOO_OFTEN else None
            raise Ended(f"not subscribed: {error.code}", pause) from error

    async def _read(self, ws: ClientWebSocketResponse) -> None:
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                await self._take(message.data)
        # A clean close is an end like any other.
        raise Ended(f"closed: {ws.close_code}")

    async def _take(self, text: str) -> None:
        try:
            frame = json.loads(text)
            req_id = str(frame["headers"]["req_id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            log.warning("wecom_frame_unread")
            return
        if "cmd" not in frame:
            self._answered(req_id, frame)
        elif _event_of(frame) == "disconnected_event":
            raise Ended("told to go: the bot is connected elsewhere", self._pauses.told_to_go)
        elif self.hear is not None:
            await self.hear(frame)

    # -- asking ------------------------------------------------------------------------------------

    async def ask(self, cmd: str, body: Mapping[str, Any] | None, req_id: str = "") -> Frame:
        """Sends a command and waits for its answer. Raises WeComError, and TryLater where none came.

        `req_id` is that of the callback which the command replies to.
        """
        ws = self._ws
        if ws is None or ws.closed:
            raise TryLater("长连接没有接通", 1.0)
        name = req_id or f"{cmd}_{int(time.time() * 1000)}_{secrets.token_hex(4)}"
        frame = {"cmd": cmd, "headers": {"req_id": name}} | ({} if body is None else {"body": body})
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._asked[name].append(answer)
        try:
            await ws.send_str(json.dumps(frame, ensure_ascii=False))
            async with asyncio.timeout(self._answer_seconds):
                return self._checked(cmd, await answer)
        except (ClientError, OSError, TimeoutError) as error:
            raise TryLater(f"{cmd}: {type(error).__name__}") from None
        finally:
            self._forget(name, answer)

    def _checked(self, cmd: str, answer: Frame) -> Frame:
        code = answer.get("errcode", 0)
        if not isinstance(code, int):
            raise TryLater(f"{cmd}: no errcode")
        if code == NOT_SUBSCRIBED and self._ws is not None and cmd != "aibot_subscribe":
            # The far side takes us for a stranger: only a new connection mends that.
            self._open = False
            self._closing = asyncio.create_task(self._ws.close())
        if code:
            raise WeComError(code, cmd)
        return answer

    def _answered(self, req_id: str, frame: Frame) -> None:
        """Several commands may reply to one callback: their answers come in the order of asking."""
        waiting = self._asked.get(req_id)
        if waiting and not waiting[0].done():
            waiting.popleft().set_result(frame)

    def _forget(self, name: str, answer: asyncio.Future[Frame]) -> None:
        waiting = self._asked.get(name)
        if waiting is not None:
            with suppress(ValueError):
                waiting.remove(answer)
            if not waiting:
                self._asked.pop(name, None)


def _event_of(frame: Frame) -> str:
    body = frame.get("body")
    event = body.get("event") if isinstance(body, dict) else None
    return str(event.get("eventtype", "")) if isinstance(event, dict) else ""
