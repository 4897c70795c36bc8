"""The phone pages (/m/): the reader is known, sees what he may see, and writes by the inbox alone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.clock import Clock
from bot.intake import Intake
from bot.platforms.local.inbound import Malformed
from bot.platforms.local.requests import read_form
from bot.web.forms import Forms, form_name, once, own_path, page, see_other, shared_file
from bot.web.login import Session, Sessions, SignIn
from cards.actions import (
    LARGEST,
    Action,
    EditDraft,
    ShowCandidates,
    ShowInvite,
    ShowPhone,
    TakeCustomers,
    encode,
)
from cards.pages import draw
from config.policy import Policy
from handlers.chat import pages
from handlers.kernel.update import Clicked, Sent, Update
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.database import Database
from storage.files import Files
from storage.models.people import Person

PREFIX = "/m"
MAX_TEXT = 20_000
NOT_YOURS = "这一页不归你看，或者已经没有了"
WAIT = "收到了，正在办，马上就好"
DONE = "办好了"

Handler = Callable[[web.Request, "Reader"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, as the session and the archive say."""

    session: Session
    person: Person


class Pages:
    """The routes under /m/. `sign_in` is the platform's, or the demo's picker."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        clock: Clock,
        policy: Policy,
        *,
        sessions: Sessions,
        forms: Forms,
        sign_in: SignIn,
    ) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self._policy = policy
        self._sessions = sessions
        self._forms = forms
        self._sign_in = sign_in

    @property
    def files(self) -> Files:
        return self._database.files

    def routes(self) -> list[web.RouteDef]:
        return [
            shared_file(PREFIX),
            web.get("/m/login", self._open(self.login)),
            web.post("/m/login", self._open(self.signed_in)),
            web.get("/m/login/{door}", self._open(self.signed_in)),
            web.post("/m/out", self._known(self.out)),
            web.get("/m/", self._known(self.home)),
            web.get("/m/customer/{id:[0-9]+}", self._known(self.file)),
            web.post("/m/phone/{id:[0-9]+}", self._known(self.phone)),
            web.get("/m/visit/{id:[0-9]+}", self._known(self.visit)),
            web.post("/m/visit/{id:[0-9]+}", self._known(self.edit)),
            web.get("/m/handover/{id:[0-9]+}", self._known(self.handover)),
            web.post("/m/handover/{id:[0-9]+}", self._known(self.take)),
            web.get("/m/migration", self._known(self.migration)),
            web.post("/m/migration", self._known(self.add_list)),
            web.post("/m/invite/{id:[0-9]+}", self._known(self.invite)),
            web.post("/m/newcomer/{id:[0-9]+}", self._known(self.newcomer)),
        ]

    # -- who reads ---------------------------------------------------------------------------------

    def _open(
        self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler, with a kind page for whatever is refused."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Malformed as wrong:
                return self._notice(wrong.words, status=wrong.status)

        return guarded

    def _known(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            reader = await self._reader(request)
            if reader is None:
                back = request.path_qs if request.method == "GET" else f"{PREFIX}/"
                return await self._sign_in.begin(request, own_path(back))
            return await handler(request, reader)

        return self._open(guarded)

    async def _reader(self, request: web.Request) -> Reader | None:
        """Somebody who left the company is signed in no more, whatever his cookie says."""
        session = self._sessions.of(request)
        if session is None:
            return None
        async with self._database.reading() as unit:
            person = await unit.people.at(session.platform, session.address)
        return Reader(session, person) if person is not None and person.active else None

    async def login(self, request: web.Request) -> web.StreamResponse:
        return await self._sign_in.begin(request, own_path(request.query.get("back", "")))

    async def signed_in(self, request: web.Request) -> web.StreamResponse:
        found = await self._sign_in.finish(request)
        if found is None:
            return await self._sign_in.begin(request, f"{PREFIX}/")
        sender, back = found
        answer = see_other(own_path(back))
        self._sessions.let_in(answer, sender)
        return answer

    async def out(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        form = _fields(await request.post())
        self._check(request, reader, form)
        answer = see_other("/m/login")
        self._sessions.let_out(answer)
        return answer

    # -- what is read --------------------------------------------------------------------------------

    async def home(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        async with self._desk(reader) as desk:
            view = await pages.home(desk, request.query.get("find", "").strip()[:40])
        return await self._page(request, reader, "home", view)

    async def file(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        async with self._desk(reader) as desk:
            view = await pages.file(desk, _id(request))
        return await self._page(request, reader, "file", view)

    async def visit(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        async with self._desk(reader) as desk:
            view = await pages.visit(desk, _id(request))
        return await self._page(request, reader, "visit", view)

    async def handover(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        async with self._desk(reader) as desk:
            view = await pages.handover(desk, _id(request))
        return await self._page(request, reader, "handover", view)

    async def migration(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        async with self._desk(reader) as desk:
            view = await pages.board(desk)
        return await self._page(request, reader, "migration", view)

    @asynccontextmanager
    async def _desk(self, reader: Reader) -> AsyncIterator[Desk]:
        async with self._database.reading() as unit:
            asker = await asker_of(unit, reader.person)
            yield Desk(unit, self._policy, self._clock.now(), reader.person, asker, "")

    async def _page(
        self, request: web.Request, reader: Reader, name: str, view: object
    ) -> web.StreamResponse:
        """The page, with what became of the form that was sent last."""
        if view is None:
            return self._notice(NOT_YOURS, who=reader.person.name, back="/m/", status=HTTPStatus.NOT_FOUND)
        told, wait = await self._told(request, reader)
        html = draw(
            name,
            static=f"{PREFIX}/static",
            who=reader.person.name,
            token=self._forms.token(_whose(reader)),
            once=once(),
            told=told,
            page=view,
        )
        answer = page(html)
        if wait:
            answer.headers["Refresh"] = "1"
        return answer

    async def _told(self, request: web.Request, reader: Reader) -> tuple[str, bool]:
        """Words about the form that was sent before this page, and whether it is still under way."""
        sent = request.query.get("sent", "")
        if not sent:
            return "", False
        async with self._database.reading() as unit:
            state = await unit.inbox.state(_update_id(reader, sent))
        if state == "new":
            return WAIT, True
        return {"done": f"{DONE}，结果在聊天里", "parked": "没办成，我们在看"}.get(state or "", ""), False

    def _notice(
        self, title: str, *, who: str = "", back: str = "", status: int = HTTPStatus.FORBIDDEN
    ) -> web.Response:
        html = draw(
            "notice",
            static=f"{PREFIX}/static",
            who=who,
            token="",
            told="",
            title=title,
            body="",
            back=back,
        )
        return page(html, status)

    # -- what is written: updates like any other -------------------------------------------------------

    async def phone(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        """看号码: the number comes into the chat, and the look is logged, as from a card."""
        form = _fields(await request.post())
        back = own_path(str(form.get("back", "")))
        return await self._click(request, reader, form, ShowPhone(_id(request), 0, reader.person.id), back)

    async def edit(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        form = _fields(await request.post())
        action = EditDraft(_id(request), _number(form, "rev"), reader.person.id)
        typed = {name: value[:500] for name, value in form.items() if name not in ("token", "once", "rev")}
        return await self._click(request, reader, form, action, request.path, typed=typed)

    async def take(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        posted = await request.post()
        form = _fields(posted)
        picked = tuple(str(each)[:20] for each in posted.getall("picked", []))
        action = TakeCustomers(_id(request), _number(form, "rev"), reader.person.id, page=ALL)
        return await self._click(request, reader, form, action, request.path, picked=picked)

    async def invite(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        form = _fields(await request.post())
        action = ShowInvite(_id(request), 0, reader.person.id)
        return await self._click(request, reader, form, action, "/m/migration")

    async def newcomer(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        form = _fields(await request.post())
        action = ShowCandidates(_id(request), 0, reader.person.id)
        return await self._click(request, reader, form, action, "/m/migration")

    async def add_list(self, request: web.Request, reader: Reader) -> web.StreamResponse:
        """A list that was pasted, or a file; the file is kept before the update that speaks of it."""
        upload = await read_form(request, needs_file=False, longest=4 * MAX_TEXT)
        fields = upload.fields
        self._forms.check(request, fields.get("token"), _whose(reader))
        name = form_name(fields.get("once"))
        text = str(fields.get("text", "")).strip()[:MAX_TEXT]
        if not text and not upload.content:
            raise Malformed("粘点什么，或选一个文件", HTTPStatus.BAD_REQUEST)
        key = await self.files.save(upload.content) if upload.content else ""
        head = self._head(reader, name)
        kind = "roster" if key else "roster.text"
        update = Sent(**head, kind=kind, file=key, name=upload.name, text="" if key else text)
        return await self._put(update, "/m/migration", name)

    async def _click(
        self,
        request: web.Request,
        reader: Reader,
        form: Mapping[str, str],
        action: Action,
        back: str,
        *,
        picked: tuple[str, ...] = (),
        typed: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        self._check(request, reader, form)
        name = form_name(form.get("once"))
        update = Clicked(
            **self._head(reader, name),
            action=action,
            raw=encode(action),
            picked=picked,
            typed=dict(typed or {}),
        )
        return await self._put(update, back, name)

    def _head(self, reader: Reader, name: str) -> dict[str, Any]:
        """What the update shares with what comes from the reader's chat: the same lane, so the same order."""
        session = reader.session
        return {
            "update_id": _update_id(reader, name),
            "sender": session.sender,
            "lane": f"{session.platform}:{session.address}",
            "at": self._clock.now(),
        }

    async def _put(self, update: Update, back: str, name: str) -> web.StreamResponse:
        await self._intake.put(update)
        return see_other(f"{back}?sent={name}")

    def _check(self, request: web.Request, reader: Reader, form: Mapping[str, str]) -> None:
        self._forms.check(request, form.get("token"), _whose(reader))


ALL = -1
"""The whole list, not one of the card's pages."""


def _fields(posted: Mapping[str, object]) -> dict[str, str]:
    """The form's fields that are text, each once."""
    return {name: value for name, value in posted.items() if isinstance(value, str)}


def _whose(reader: Reader) -> str:
    return f"{reader.session.platform}:{reader.session.address}"


def _update_id(reader: Reader, name: str) -> str:
    return f"page:{reader.person.id}:{name}"


def _id(request: web.Request) -> int:
    found = int(request.match_info["id"][:12])
    if found > LARGEST:
        raise Malformed(NOT_YOURS, HTTPStatus.NOT_FOUND)
    return found


def _number(form: Mapping[str, str], name: str) -> int:
    raw = str(form.get(name, ""))
    if not raw.isdecimal() or int(raw[:12]) > LARGEST:
        raise Malformed("这一页不完整，刷新再来一次", HTTPStatus.BAD_REQUEST)
    return int(raw)
