"""The demo's page: phones to try the bot with, live; knows the local platform, and no rule of the work.

A POST is answered only once its update is in the inbox. The page names every message itself and sends
it again under the same name until it was answered, so nothing is lost or said twice if we die between.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bot.clock import Clock
from bot.platforms.local import inbound, media, render
from bot.platforms.local.hub import STIR, Event, Events, Hub
from bot.platforms.local.inbound import Envelope, Malformed
from bot.platforms.local.requests import check_host, check_origin, read, read_form
from handlers.kernel.update import Clicked, Joined, Said, Sent, Update
from storage.database import Database
from storage.files import FileMissing, Files
from storage.local import LocalPhones
from storage.models.local import LocalMessage

REP_EXAMPLES = (
    "今天下午拜访了宏远包装的陈老板，他们预算三十万左右，下周三之前要报价单，电话13812345678",
    "预算改成三十五万",
    "明天下午三点去天虹纺织见吴莉，提醒我带样品",
    "鼎盛机械上次聊了什么",
    "帮助",
)
MANAGER_EXAMPLES = ("待批", "鼎盛机械最近怎么样", "帮助")
"""What a newcomer can tap to say; the demo may give each owner others, with the sample company's names."""

MESSAGES = 50
"""Messages of each phone that the page starts with."""
LONGEST_MOVE = timedelta(days=400)
MORNING = time(8, 30)
HEARTBEAT_SECONDS = 20.0

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data: https:; "
    "media-src 'self' blob:; connect-src 'self' ws://{host} wss://{host}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door(Protocol):
    """Where updates go in (`bot.intake.Intake`): durable when `put` returns."""

    async def put(self, update: Update) -> None: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose phone it is. `role` is the word that the page shows, `examples` what can be tapped to say."""

    address: str
    name: str
    role: str
    examples: tuple[str, ...] = REP_EXAMPLES


@dataclass(frozen=True, slots=True)
class Playground:
    """What the page is made of. `move` moves the demo's clock and lets happen what then happens.

    `hosts` are names besides this machine's own under which the page may be opened.
    """

    database: Database
    files: Files
    intake: Door
    clock: Clock
    hub: Hub
    owners: Callable[[], Awaitable[Sequence[Owner]]]
    archive: Callable[[], Awaitable[Mapping[str, object]]]
    move: Callable[[timedelta], Awaitable[object]]
    zone: str
    company: str = ""
    hosts: frozenset[str] = frozenset()


def routes(playground: Playground) -> list[web.RouteDef]:
    """The page's routes. The demo mounts them; nothing else does."""
    page = _Page(playground)
    return [
        web.get("/", page.guarded(page.index)),
        web.get("/play/static/{name}", page.guarded(page.static)),
        web.get("/play/state", page.guarded(page.state)),
        web.get("/play/live", page.guarded(page.live, from_here=True)),
        web.get("/play/file/{key}", page.guarded(page.file)),
        web.post("/play/voice", page.guarded(page.voice, from_here=True)),
        web.post("/play/photo", page.guarded(page.photo, from_here=True)),
        web.post("/play/clock", page.guarded(page.move_clock, from_here=True)),
        web.post("/play/{kind}", page.guarded(page.say, from_here=True)),
    ]


class _Page:
    def __init__(self, playground: Playground) -> None:
        self._play = playground
        self._names = frozenset(each.name for each in _STATIC.iterdir() if each.suffix in _TYPES)

    def guarded(self, handler: Handler, *, from_here: bool = False) -> Handler:
        """The handler behind the checks of every request; a refusal is one Chinese line as JSON."""

        async def checked(request: web.Request) -> web.StreamResponse:
            try:
                check_host(request, self._play.hosts)
                if from_here:
                    check_origin(request)
                return await handler(request)
            except Malformed as wrong:
                return _json({"ok": False, "words": wrong.words}, wrong.status)

        return checked

    # -- what the page reads ---------------------------------------------------------------------

    async def index(self, request: web.Request) -> web.StreamResponse:
        policy = _POLICY.format(host=request.host)
        headers = _HEADERS | {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        return web.FileResponse(_STATIC / "index.html", headers=headers)

    async def static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._names:
            raise Malformed("没有这个文件", HTTPStatus.NOT_FOUND)
        path = _STATIC / name
        headers = _HEADERS | {"Content-Type": _TYPES[path.suffix], "Cache-Control": "no-cache"}
        return web.FileResponse(path, headers=headers)

    async def state(self, _request: web.Request) -> web.StreamResponse:
        owners = await self._play.owners()
        async with self._play.database.reading() as unit:
            phones = LocalPhones(unit.session)
            chats = [await phones.chat(each.address, MESSAGES) for each in owners]
        return _json(
            {
                "company": self._play.company,
                "zone": self._play.zone,
                "now": self._play.clock.now().isoformat(),
                "phones": [
                    asdict(owner) | {"messages": [render.message(row) for row in chat]}
                    for owner, chat in zip(owners, chats, strict=True)
                ],
                "archive": await self._play.archive(),
            }
        )

    async def file(self, request: web.Request) -> web.StreamResponse:
        try:
            content = await self._play.files.load(request.match_info["key"])
        except FileMissing:
            raise Malformed("这个文件不在了", HTTPStatus.NOT_FOUND) from None
        mime = media.kind_of(content)
        headers = _HEADERS | {
            "Cache-Control": "private, max-age=3600",
            "Content-Disposition": "attachment" if mime == media.OTHER else "inline",
            # Whatever a file holds, nothing in it runs.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return web.Response(body=content, content_type=mime, headers=headers)

    async def live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=1024)
        await socket.prepare(request)
        with self._play.hub.page() as events:
            telling = asyncio.create_task(self._tell(socket, events))
            try:
                # The page says nothing on this line; reading it is how we learn that it left.
                async for _ in socket:
                    pass
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
        return socket

    async def _tell(self, socket: web.WebSocketResponse, events: Events) -> None:
        """Passes on what happens until the line ends."""
        shown = ""
        while (event := await events.get()) is not None:
            waiting = [event, *_drain(events)]
            for each in waiting:
                if each is not None and each is not STIR:
                    await socket.send_json(each)
            if STIR in waiting:
                shown = await self._send_archive(socket, shown)
            if None in waiting:
                break
        await socket.close()

    async def _send_archive(self, socket: web.WebSocketResponse, shown: str) -> str:
        """Sends the archive if it is another than the one that was shown; what is shown now."""
        text = json.dumps({"type": "archive", "archive": await self._play.archive()}, ensure_ascii=False)
        if text != shown:
            await socket.send_str(text)
        return text

    # -- what the page says ----------------------------------------------------------------------

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Text, a place, a tap, a first visit, or any other kind of message."""
        body = inbound.parse(await read(request, inbound.MAX_JSON))
        update = inbound.update(request.match_info["kind"], body, self._play.clock.now())
        head = inbound.envelope(body, update.at)
        await self._check_phone(head)
        if isinstance(update, Clicked):
            await self._check_tap(head, body)
        return await self._take(head, update, _memory(update))

    async def voice(self, request: web.Request) -> web.StreamResponse:
        return await self._take_file(request, "audio/")

    async def photo(self, request: web.Request) -> web.StreamResponse:
        return await self._take_file(request, "image/")

    async def move_clock(self, request: web.Request) -> web.StreamResponse:
        body = inbound.parse(await read(request, inbound.MAX_JSON))
        await self._play.move(_delta(body, self._play.clock.now()))
        now = self._play.clock.now().isoformat()
        self._play.hub.tell({"type": "clock", "now": now})
        self._play.hub.stir()
        return _json({"ok": True, "now": now})

    async def _take_file(self, request: web.Request, wanted: str) -> web.StreamResponse:
        upload = await read_form(request)
        head = inbound.envelope(upload.fields, self._play.clock.now())
        await self._check_phone(head)
        mime = media.kind_of(upload.content)
        kind = "file" if not mime.startswith(wanted) else "voice" if wanted == "audio/" else "image"
        key = await self._keep_file(head, upload.content)
        what = {"file": key, "name": upload.name, "mime": mime, "seconds": _seconds(upload.fields)}
        update: Update
        if kind == "voice":
            update = inbound.spoke(head, key, mime)
        else:
            update = inbound.sent_file(head, kind, key, upload.name)
        return await self._take(head, update, (kind, json.dumps(what, ensure_ascii=False)))

    async def _keep_file(self, head: Envelope, content: bytes) -> str:
        """The file's key; a form that is sent again finds the file of its first time."""
        async with self._play.database.reading() as unit:
            held = await LocalPhones(unit.session).keyed(_key(head))
        if held is not None and held.kind in ("voice", "image", "file"):
            return str(json.loads(held.content)["file"])
        return await self._play.files.save(content)

    async def _take(
        self, head: Envelope, update: Update, memory: tuple[str, str] | None
    ) -> web.StreamResponse:
        """Puts what was said into the phone's memory, then into the inbox; only then it is answered."""
        message = None
        if memory is not None:
            message = render.message(await self._remember(head, *memory))
            self._play.hub.tell({"type": "message", "message": message})
        await self._play.intake.put(update)
        return _json({"ok": True, "message": message})

    async def _remember(self, head: Envelope, kind: str, content: str) -> LocalMessage:
        new = LocalMessage(
            key=_key(head), address=head.phone, direction="in", kind=kind, content=content, at=head.at
        )
        async with self._play.database.unit() as unit:
            row = await LocalPhones(unit.session).put(new)
        if row.address != head.phone:
            raise Malformed("这个编号别人用过了，刷新页面再发一次", HTTPStatus.CONFLICT)
        return row

    # -- what is not let in ----------------------------------------------------------------------

    async def _check_phone(self, head: Envelope) -> None:
        if head.phone not in {each.address for each in await self._play.owners()}:
            raise Malformed("没有这台手机，刷新页面再试", HTTPStatus.NOT_FOUND)

    async def _check_tap(self, head: Envelope, body: Mapping[str, object]) -> None:
        """A tap comes from a message that this phone holds; which revision of it, handlers decide."""
        number = body.get("message")
        row = None
        if isinstance(number, int) and 0 < number < 2**31:
            async with self._play.database.reading() as unit:
                row = await LocalPhones(unit.session).get(number)
        if row is None or row.address != head.phone:
            raise Malformed("这台手机上没有这张卡片", HTTPStatus.NOT_FOUND)


def _memory(update: Update) -> tuple[str, str] | None:
    """Kind and content of what the phone's owner sees of his own message; None for nothing."""
    if isinstance(update, Clicked | Joined):
        return None
    if isinstance(update, Said):
        words = {"text": update.text}
        return ("voice", json.dumps(words, ensure_ascii=False)) if update.spoken else ("text", update.text)
    assert isinstance(update, Sent)
    what = {"kind": update.kind, "name": update.name, "text": update.text}
    if update.kind == "location":
        what = {"name": update.name, "address": update.text.removeprefix(update.name).strip()}
    kind = "location" if update.kind == "location" else "other"
    return kind, json.dumps(what, ensure_ascii=False)


def _delta(body: Mapping[str, object], now: datetime) -> timedelta:
    """How far the clock is to be moved."""
    to = body.get("to")
    if to == "morning":
        day = now.date() if now.time() < MORNING else now.date() + timedelta(days=1)
        delta = datetime.combine(day, MORNING, now.tzinfo) - now
    elif isinstance(to, str):
        delta = _moment(to, now) - now
    else:
        delta = timedelta(hours=_number(body, "hours"), days=_number(body, "days"))
    if not timedelta() < delta <= LONGEST_MOVE:
        raise Malformed("时间只能往后拨，一次最多 400天")
    return delta


def _moment(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("这个时间看不懂，写成 2026-04-22T08:30") from None
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def _number(body: Mapping[str, object], name: str) -> int:
    found = body.get(name, 0)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= 10_000:
        raise Malformed("拨多久要写成整数")
    return found


def _seconds(fields: Mapping[str, object]) -> float:
    try:
        seconds = float(str(fields.get("seconds", 0)))
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < 86_400 else 0.0


def _key(head: Envelope) -> str:
    return f"in:{head.id}"


def _drain(events: Events) -> list[Event | None]:
    return [events.get_nowait() for _ in range(events.qsize())]


def _json(body: Mapping[str, object], status: int = HTTPStatus.OK) -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    headers = _HEADERS | {"Cache-Control": "no-store"}
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)
