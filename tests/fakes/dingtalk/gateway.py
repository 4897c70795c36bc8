"""The Stream gateway: tickets, connections, frames and their ACKs, and the many ways in which a line ends."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.errors import Fault
from tests.fakes.dingtalk.meter import Meter
from tests.fakes.dingtalk.screen import WAIT
from tests.fakes.dingtalk.state import App, Org

ROBOT = "/v1.0/im/bot/messages/get"
DELEGATE = "/v1.0/im/bot/messages/delegate"
CARD = "/v1.0/card/instances/callback"
TICKET_LIFE = timedelta(seconds=90)
CARD_LIMIT = timedelta(seconds=2)
SILENCE = timedelta(seconds=10)
"""From the disconnect frame to the end of the line."""
CONNECTIONS = 50
HUGE = 1024 * 1024 + 1
ENDS = ("clean", "going away", "abort", "silent", "disconnect", "kicked", "garbage", "huge")
"""How a line can end; see Gateway.ends."""
Frame = dict[str, Any]


@dataclass
class Ticket:
    value: str
    app: App
    topics: set[tuple[str, str]]
    at: datetime
    used: bool = False


@dataclass
class Ack:
    """What the client answered to one frame."""

    frame: Frame
    """The whole ACK frame."""
    data: Any
    at: datetime
    latency: float
    """Real seconds since the frame was sent."""

    @property
    def code(self) -> object:
        return self.frame.get("code")


@dataclass
class Push:
    """One thing that the app is told, with all frames that brought it."""

    id: str
    """msgId, eventId or outTrackId: what stays the same when it is told again."""
    app: App
    type: str
    topic: str
    data: Any
    headers: dict[str, str]
    at: datetime
    frames: list[str] = field(default_factory=list)
    """messageIds, one for each time it was sent."""
    last: datetime | None = None
    ack: Ack | None = None
    late: bool = False
    over: bool = False
    """Nothing is waited for any more: answered, given up, or nobody was there."""
    rests: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set whenever there is nothing to wait for: answered, the line is gone, or its time is over."""

    @property
    def acked(self) -> bool:
        return self.ack is not None and not self.late

    @property
    def lost(self) -> bool:
        return self.over and not self.acked


@dataclass(frozen=True, slots=True)
class Again:
    """How often, and after how long without an ACK, something is sent again."""

    after: timedelta
    times: int


@dataclass
class Sent:
    """One frame on the line."""

    push: Push | None
    frame: Frame
    connection: "Connection"
    real: float


class Connection:
    def __init__(self, id: str, ticket: Ticket, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.id = id
        self.app = ticket.app
        self.topics = ticket.topics
        self.socket = socket
        self._request = request
        self.frozen = False
        """Half dead: the line stands, but nothing goes through it either way, pongs included."""
        self.expires: datetime | None = None
        """When the server drops the line, after its disconnect frame."""
        self.code: int | None = None
        """The client's close code."""
        self.pings = 0

    @property
    def open(self) -> bool:
        return not self.socket.closed

    @property
    def usable(self) -> bool:
        return self.open and self.expires is None

    async def text(self, text: str) -> None:
        """Whether it arrives nobody knows."""
        if self.frozen or not self.open:
            return
        try:
            await self.socket.send_str(text)
        except ConnectionError:
            return

    async def close(self, code: int = 1000) -> None:
        await self.socket.close(code=code)

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


class Gateway:
    """`patience` is how many real seconds a member waits for the bot; all else goes by the clock."""

    def __init__(self, org: Org, meter: Meter) -> None:
        self.org = org
        self.meter = meter
        self.patience = 5.0
        self.robot_again: Again | None = Again(timedelta(seconds=2), 3)
        """Robot messages without an ACK come again; None: they are lost, as the protocol page has it."""
        self.event_again: Again | None = Again(timedelta(seconds=5), 3)
        self.tickets: dict[str, Ticket] = {}
        self.asked: list[float] = []
        """When a ticket was asked for, in real seconds of a monotonic clock; refused ones too."""
        self.storm = 20
        """So many tickets a (real) second are given; who asks for more is throttled."""
        self.refuses = 0
        """So many of the next handshakes are refused although the ticket is good."""
        self.slams = 0
        """So many of the next connections are closed (1001) as soon as they stand."""
        self.connections: list[Connection] = []
        """All that ever stood, in order."""
        self.pushes: list[Push] = []
        self.sent: dict[str, Sent] = {}
        """Every frame by its messageId."""
        self.acks: list[Ack] = []
        self.on_end: Callable[[Push], None] = lambda push: None
        """Told when a card's callback was answered, in time or late, or is waited for no more."""
        self._chance = random.Random(7)
        self._moved = asyncio.Event()

    # -- tickets -----------------------------------------------------------------------------------

    @call("POST", "/v1.0/gateway/connections/open", who="nobody", metered=False)
    def open(self, ask: Ask) -> dict[str, Any]:
        self.asked.append(time.monotonic())
        self._notify()
        if sum(self.asked[-1] - each < 1 for each in self.asked[-self.storm - 1 :]) > self.storm:
            self.org.problems.append(f"a storm of tickets: more than {self.storm} in a second")
            raise Fault("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 403)
        app = self.org.app(ask.body.get("clientId"))
        if app is None or app.client_secret != ask.body.get("clientSecret"):
            raise Fault("authFailed", 401)
        topics = {(each["type"], each["topic"]) for each in ask.want("subscriptions")}
        if not topics or any(type == "EVENT" and topic != "*" for type, topic in topics):
            raise Fault("invalidParameter.subscriptions", 400)
        # What must be escaped in an address is in every ticket.
        ticket = Ticket(f"{self.org.new('t')}+/a+b/c==", app, topics, self.org.now())
        self.tickets[ticket.value] = ticket
        return {"endpoint": self.org.base.replace("http", "ws", 1) + "/connect", "ticket": ticket.value}

    def busiest(self, seconds: float = 1.0) -> int:
        """The most tickets that were asked for within a window of so many real seconds."""
        return max(
            (sum(0 <= each - start < seconds for each in self.asked) for start in self.asked), default=0
        )

    def _take(self, value: str) -> Ticket | None:
        """A ticket opens one connection, within 90 seconds."""
        ticket = self.tickets.get(value)
        if ticket is None or ticket.used or self.org.now() - ticket.at >= TICKET_LIFE:
            return None
        ticket.used = True
        return ticket

    # -- connections -------------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /connect?ticket=: in what form a bad ticket is refused is unconfirmed; here it is 401."""
        ticket = self._take(request.query.get("ticket", ""))
        if ticket is None or self.refuses or len(self.living(ticket.app)) >= CONNECTIONS:
            self.refuses = max(0, self.refuses - 1)
            return web.Response(status=401)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if self.slams:
            self.slams -= 1
            await socket.close(code=1001)
            return socket
        connection = Connection(self.org.new("conn-"), ticket, socket, request)
        self.connections.append(connection)
        self._notify()
        try:
            await self._listen(connection)
        finally:
            connection.code = socket.close_code
            self._drop(connection)
        return socket

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if connection.frozen:
                continue
            if message.type is WSMsgType.PING:
                connection.pings += 1
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._hear(connection, message.data)
            elif message.type is WSMsgType.BINARY:
                self.org.problems.append("a binary frame: Stream speaks text only")

    def _drop(self, connection: Connection) -> None:
        for push in self.pushes:
            if push.frames and self.sent[push.frames[-1]].connection is connection:
                if self._again(push) is None:
                    self._end(push)
                push.rests.set()
        self._notify()

    def living(self, app: App | None = None) -> list[Connection]:
        return [each for each in self.connections if each.open and (app is None or each.app is app)]

    async def connected(self, times: int = 1, wait: float = WAIT) -> Connection:
        """Waits until so many connections have stood since the beginning, and the last one stands."""
        await self.until(lambda: len(self.connections) >= times and self.connections[-1].usable, wait)
        return self.connections[-1]

    async def until(self, true: Callable[[], bool], wait: float = WAIT) -> None:
        """Waits until something is so; it is looked at whenever a ticket, a connection or an ACK comes."""
        async with asyncio.timeout(wait):
            while not true():
                self._moved.clear()
                await self._moved.wait()

    def _notify(self) -> None:
        self._moved.set()

    # -- the ways in which a line ends -------------------------------------------------------------

    async def ends(self, kind: str, connection: Connection | None = None) -> None:
        """Ends the newest line (or that one) in one of the ways of ENDS."""
        line = connection or self.living()[-1]
        match kind:
            case "clean":
                await line.close(1000)
            case "going away":
                await line.close(1001)
            case "abort":
                line.abort()
            case "silent":
                line.frozen = True
            case "disconnect":
                await self.disconnect(connection=line)
            case "kicked":
                await self.disconnect("connection is kicked", line)
                line.abort()
            case "garbage":
                await line.text("{ this is no JSON")
            case "huge":
                await line.text(json.dumps(self._frame("SYSTEM", "ping", "x" * HUGE, {}, line)))
            case _:
                raise ValueError(kind)

    async def disconnect(
        self, reason: str = "connection is expired", connection: Connection | None = None
    ) -> None:
        """The frame that asks the client to come anew; ten seconds of silence, and the line is dropped."""
        line = connection or self.living()[-1]
        await self._system(line, "disconnect", {"reason": reason})
        line.expires = self.org.now() + SILENCE

    async def ping(self, connection: Connection | None = None) -> str:
        """A SYSTEM ping; gives the messageId, whose ACK must echo `opaque`."""
        return await self._system(connection or self.living()[-1], "ping", {"opaque": self.org.new("o-")})

    async def _system(self, line: Connection, topic: str, data: dict[str, str]) -> str:
        frame = self._frame("SYSTEM", topic, json.dumps(data), {}, line)
        id: str = frame["headers"]["messageId"]
        self.sent[id] = Sent(None, frame, line, time.monotonic())
        await line.text(json.dumps(frame))
        return id

    # -- what is pushed ----------------------------------------------------------------------------

    async def push(
        self, app: App, type: str, topic: str, id: str, data: Any, headers: dict[str, str] | None = None
    ) -> Push:
        """Sends it once; `answered` waits for what comes back."""
        push = Push(id, app, type, topic, data, headers or {}, self.org.now())
        self.pushes.append(push)
        self.meter.push()
        await self._send(push)
        return push

    async def answered(self, push: Push) -> Push:
        """Waits until it is answered or its line is gone, `patience` at most. Nobody there: at once."""
        try:
            await asyncio.wait_for(push.rests.wait(), self.patience)
        except TimeoutError:
            if push.topic == CARD:
                self._end(push)
        return push

    def _end(self, push: Push) -> None:
        if not push.over:
            push.over = True
            self.on_end(push)
        push.rests.set()

    async def again(self, push: Push) -> Push:
        """The same thing once more in another frame, although it was answered: that happens."""
        await self._send(push)
        return await self.answered(push)

    async def _send(self, push: Push) -> None:
        push.last = self.org.now()
        lines = self._lines(push)
        if not lines:
            if self._again(push) is None or not (push.frames or push.type == "EVENT"):
                self._end(push)
            push.rests.set()
            return
        line = self._chance.choice(lines)
        data = json.dumps(push.data, ensure_ascii=False)
        frame = self._frame(push.type, push.topic, data, push.headers, line)
        push.rests.clear()
        push.frames.append(frame["headers"]["messageId"])
        self.sent[push.frames[-1]] = Sent(push, frame, line, time.monotonic())
        await line.text(json.dumps(frame, ensure_ascii=False))

    def _lines(self, push: Push) -> list[Connection]:
        """Where it may go; the line that did not answer last time only for want of others."""
        wanted = (push.type, push.topic)
        lines = [each for each in self.living(push.app) if each.usable and wanted in each.topics]
        silent = self.sent[push.frames[-1]].connection if push.frames else None
        return [each for each in lines if each is not silent] or lines

    def _frame(self, type: str, topic: str, data: str, headers: dict[str, str], line: Connection) -> Frame:
        """The data are JSON in a string, and every header is a string."""
        own = {
            "appId": f"app-{line.app.client_id}",
            "connectionId": line.id,
            "contentType": "application/json",
            "messageId": self.org.new("frame_"),
            "time": str(self.org.ms),
            "topic": topic,
        }
        return {"specVersion": "1.0", "type": type, "headers": {**own, **headers}, "data": data}

    # -- what comes back ---------------------------------------------------------------------------

    def _hear(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
            id = frame["headers"]["messageId"]
            data = json.loads(frame["data"]) if frame.get("data") else None
        except (ValueError, KeyError, TypeError) as error:
            self.org.problems.append(
                f"an ACK that cannot be read: {type(error).__name__} {error}: {text[:200]}"
            )
            return
        sent = self.sent.get(id)
        self._check(frame, sent)
        if sent is None:
            return
        ack = Ack(frame, data, self.org.now(), time.monotonic() - sent.real)
        self.acks.append(ack)
        if sent.connection is not connection:
            self.org.warnings.append(
                f"the ACK of {id} came over another connection, where nobody waits for it"
            )
        elif sent.push is None:
            self._check_system(sent.frame, data)
        else:
            self._settle(sent.push, ack)
        self._notify()

    def _check(self, frame: Frame, sent: Sent | None) -> None:
        problems = [
            (sent is None, "answers no frame"),
            (not isinstance(frame.get("code"), int), "has no code"),
            (frame["headers"].get("contentType") != "application/json", "has no contentType"),
            (not isinstance(frame.get("data", ""), str), "has data that are no string"),
        ]
        self.org.problems.extend(f"an ACK {words}: {frame}" for wrong, words in problems if wrong)

    def _check_system(self, frame: Frame, data: Any) -> None:
        if frame["headers"]["topic"] == "ping" and data != json.loads(frame["data"]):
            self.org.problems.append(f"a ping was answered with {data}")

    def _settle(self, push: Push, ack: Ack) -> None:
        if not push.acked and ack.code == 200 and not _later(push, ack):
            push.late = push.over or (push.topic == CARD and ack.at - push.at > CARD_LIMIT)
            push.ack = ack
            self._end(push)
        push.rests.set()

    # -- time --------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Lets happen what is due by the clock: lines are dropped, what was not answered is sent again."""
        now = self.org.now()
        for line in self.living():
            if line.expires is not None and line.expires <= now:
                line.abort()
        for push in [each for each in self.pushes if not each.over]:
            again = self._again(push)
            if again is None and push.topic == CARD and now - push.at >= CARD_LIMIT:
                self._end(push)
            elif again is not None and push.last is not None and now - push.last >= again.after:
                await self._once_more(push, again)

    async def _once_more(self, push: Push, again: Again) -> None:
        if len(push.frames) > again.times:
            self._end(push)
        else:
            await self._send(push)

    def _again(self, push: Push) -> Again | None:
        if push.type == "EVENT":
            return self.event_again
        return self.robot_again if push.topic == ROBOT else None

    async def close(self) -> None:
        for line in self.living():
            line.frozen = False
            await line.close(1001)


def _later(push: Push, ack: Ack) -> bool:
    """An event is only done with 200 and a status that is not LATER; none at all passes (unconfirmed)."""
    return push.type == "EVENT" and isinstance(ack.data, dict) and ack.data.get("status") == "LATER"
