"""Who reads a page: told by the platform once, then by a cookie that nobody can make or read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.platforms.local.inbound import PLATFORM, Malformed
from bot.web.forms import Forms, own_path, page
from cards.pages import draw
from handlers.kernel.update import Sender
from storage.secrets import Keyring, SecretsError

COOKIE = "baifang"
SESSION = timedelta(hours=12)
LONGEST = 400
PURPOSE = "web.session"
STATIC = "/m"
NOBODY = "login"
"""Whose form it is before anybody is known."""

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


class FromThePlatform:
    """Where no platform can tell: the page says from where to come."""

    async def begin(self, request: web.Request, back: str) -> web.StreamResponse:
        told = {
            "title": "从聊天里打开这一页",
            "body": "我得先认得你：在企业微信或钉钉里点卡片上的链接。",
        }
        html = draw("notice", static=f"{STATIC}/static", who="", told="", token="", back="", **told)
        return page(html, HTTPStatus.FORBIDDEN)

    async def finish(self, request: web.Request) -> tuple[Sender, str] | None:
        return None
