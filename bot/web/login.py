"""Who reads a page: told by the platform once, then by a cookie that nobody can make or read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from secrets import compare_digest, token_hex
from typing import Protocol

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.platforms import Door, TryLater
from bot.platforms.local.inbound import PLATFORM, Malformed
from bot.web.forms import Forms, own_path, page
from cards.pages import draw
from handlers.kernel.update import Sender
from storage.database import Database
from storage.secrets import Keyring, SecretsError

COOKIE = "baifang"
SESSION = timedelta(hours=12)
LONGEST = 1_000
LOGIN = "/m/login"
ERRAND = "baifang_login"
ERRAND_LIFE = timedelta(minutes=10)
"""How long somebody may take between asking to be let in and coming back from the platform."""
ERRAND_PURPOSE = "web.login"
PURPOSE = "web.session"
STATIC = "/m"
NOBODY = "login"
"""Whose form it is before anybody is known."""

log = structlog.get_logger(__name__)

People = Callable[[], Awaitable[Sequence[tuple[str, str, str]]]]
"""Address, name and role of everybody who can be picked."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who was signed in, as the platform knows him; whether he still may is asked with each page."""

    platform: str
    address: str
    until: datetime

    @property
    def sender(self) -> Sender:
        return Sender(self.platform, self.address)


_ADAPTER: TypeAdapter[Session] = TypeAdapter(Session)


class SignIn(Protocol):
    """How a platform tells who opens a page. WeCom's and DingTalk's lead away and come back."""

    async def begin(self, request: web.Request, back: str) -> web.StreamResponse:
        """Leads somebody unknown on; `back` is the path of ours that he wanted."""
        ...

    async def finish(self, request: web.Request) -> tuple[Sender, str] | None:
        """Who came back, and what he wanted; None where the platform does not say. Raises `Malformed`."""
        ...


class Sessions:
    """Cookies: encrypted with the company's keys, for this purpose alone."""

    def __init__(self, keyring: Keyring, now: Callable[[], datetime], *, secure: bool) -> None:
        self._keyring = keyring
        self._now = now
        self._secure = secure

    def of(self, request: web.Request) -> Session | None:
        raw = request.cookies.get(COOKIE, "")
        if not raw or len(raw) > LONGEST:
            return None
        try:
            found = _ADAPTER.validate_json(self._keyring.decrypt(raw, PURPOSE))
        except (SecretsError, ValidationError, UnicodeDecodeError):
            return None
        return found if self._now() < found.until else None

    def let_in(self, answer: web.StreamResponse, sender: Sender) -> None:
        session = Session(sender.platform, sender.address, self._now() + SESSION)
        answer.set_cookie(
            COOKIE,
            self._keyring.encrypt(_ADAPTER.dump_json(session).decode(), PURPOSE),
            path="/m",
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            secure=self._secure,
            # Lax: a card's link comes from the chat's own app, which is another site.
            samesite="Lax",
        )

    def let_out(self, answer: web.StreamResponse) -> None:
        answer.del_cookie(COOKIE, path="/m", httponly=True, secure=self._secure, samesite="Lax")


class Picker:
    """The demo's: whoever reads picks who he is."""

    def __init__(self, people: People, forms: Forms) -> None:
        self._people = people
        self._forms = forms

    async def begin(self, request: web.Request, back: str) -> web.StreamResponse:
        return page(
            draw(
                "login",
                static=f"{STATIC}/static",
                who="",
                told="",
                token=self._forms.token(NOBODY),
                back=back,
                people=await self._people(),
            )
        )

    async def finish(self, request: web.Request) -> tuple[Sender, str] | None:
        form = await request.post()
        self._forms.check(request, form.get("token"), NOBODY)
        address = form.get("address")
        if address not in {each for each, _, _ in await self._people()}:
            raise Malformed("没有这个人，回去再选一次")
        return Sender(PLATFORM, str(address)), own_path(str(form.get("back", "")))


class Doors:
    """The platforms': off to the one whose own browser it is, and back with a code that tells who it is."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        public_url: str,
        doors: Sequence[Door],
    ) -> None:
        self._database = database
        self._now = now
        self._public_url = public_url
        self._doors = {each.name: each for each in doors}

    async def begin(self, request: web.Request, back: str) -> web.StreamResponse:
        """With a note, in a cookie, of where to come back to."""
        door = self._door_for(request.headers.get("User-Agent", ""))
        if door is None:
            return _from_the_chat()
        errand = Errand(token_hex(16), back, self._now() + ERRAND_LIFE)
        answer = web.Response(status=HTTPStatus.FOUND)
        answer.headers["Location"] = door.address(f"{self._public_url}{LOGIN}/{door.name}", errand.state)
        answer.set_cookie(
            ERRAND,
            self._database.keyring.encrypt(_ERRANDS.dump_json(errand).decode(), ERRAND_PURPOSE),
            path=LOGIN,
            max_age=int(ERRAND_LIFE.total_seconds()),
            httponly=True,
            secure=self._public_url.startswith("https:"),
            samesite="Lax",
        )
        return answer

    async def finish(self, request: web.Request) -> tuple[Sender, str] | None:
        """The state must be the one that this very browser was sent with."""
        door = self._doors.get(request.match_info.get("door", ""))
        errand = self._errand(request.cookies.get(ERRAND, ""))
        state = request.query.get("state", "")
        if door is None or errand is None or not compare_digest(errand.state, state):
            raise Malformed("登录没走完，回到聊天里再点一次")
        try:
            sender = await door.who(request.query.get("code") or request.query.get("authCode", ""))
        except TryLater as away:
            log.warning("login_away", door=door.name, why=str(away))
            raise Malformed("平台那边没答应，过一会儿再点一次", HTTPStatus.SERVICE_UNAVAILABLE) from away
        if sender is None or not await self._known(sender):
            raise Malformed("我还不认识你：先在聊天里跟我说一句话", HTTPStatus.FORBIDDEN)
        return sender, errand.back

    async def _known(self, sender: Sender) -> bool:
        async with self._database.reading() as unit:
            person = await unit.people.at(sender.platform, sender.address)
        return person is not None and person.active

    def _door_for(self, user_agent: str) -> Door | None:
        """The platform whose own browser it is; where there is one door only, that one."""
        doors = list(self._doors.values())
        mine = next((each for each in doors if each.knows(user_agent)), None)
        return doors[0] if mine is None and len(doors) == 1 else mine

    def _errand(self, raw: str) -> "Errand | None":
        if not raw or len(raw) > LONGEST:
            return None
        try:
            found = _ERRANDS.validate_json(self._database.keyring.decrypt(raw, ERRAND_PURPOSE))
        except (SecretsError, ValidationError, UnicodeDecodeError):
            return None
        return found if self._now() < found.until else None


@dataclass(frozen=True, slots=True)
class Errand:
    """Where somebody wanted to go who was sent to his platform, and by what he is known again."""

    state: str
    back: str
    until: datetime


_ERRANDS: TypeAdapter[Errand] = TypeAdapter(Errand)


def _from_the_chat() -> web.Response:
    """Where no platform can tell: the page says from where to come."""
    told = {
        "title": "从聊天里打开这一页",
        "body": "我得先认得你：在企业微信或钉钉里点卡片上的链接。",
    }
    html = draw("notice", static=f"{STATIC}/static", who="", told="", token="", back="", **told)
    return page(html, HTTPStatus.FORBIDDEN)
