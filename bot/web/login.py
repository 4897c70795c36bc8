"""Signs colleagues in on `/m/` pages by the platform that they come from; knows no page and no card.

Nobody has a password here: the platform says who holds the phone, once, and a sealed cookie remembers
it for a working day. Rights are asked of the database at every request.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import structlog
from aiohttp import web

from bot.clock import Clock
from handlers.kernel.failures import TryLater
from handlers.kernel.update import Sender
from storage.database import Database
from storage.models.people import Person
from storage.secrets import Keyring, SecretsError

LOGIN = "/m/login"
HOME = "/m/"
SESSION, ERRAND = "baifang_session", "baifang_login"
SESSION_LIFE = timedelta(hours=12)
ERRAND_LIFE = timedelta(minutes=10)
"""How long somebody may take between asking to be let in and coming back from the platform."""

log = structlog.get_logger(__name__)


class Door(Protocol):
    """One platform's way of saying who holds the phone."""

    name: str

    def knows(self, user_agent: str) -> bool:
        """Whether a browser that calls itself so is this platform's own."""
        ...

    def address(self, back: str, state: str) -> str:
        """Where to send the browser; it comes back to `back` with a code and the state."""
        ...

    async def who(self, code: str) -> Sender | None:
        """Who holds the phone; None for nobody of the company. Raises TryLater."""
        ...


class Login:
    """Sign-in by any of the doors. `person` is what pages call."""

    def __init__(self, database: Database, clock: Clock, public_url: str, doors: Sequence[Door]) -> None:
        self._database = database
        self._clock = clock
        self._public_url = public_url
        self._doors = {each.name: each for each in doors}
        self._seals = Seals(database.keyring, clock)

    async def person(self, request: web.Request) -> Person:
        """Who asks. Raises the redirect that signs him in, or 403 for who has left."""
        session = self._seals.open(request.cookies.get(SESSION, ""), SESSION)
        if session is None:
            raise web.HTTPFound(f"{LOGIN}?next={quote(request.rel_url.path_qs, safe='')}")
        async with self._database.reading() as unit:
            person = await unit.people.get(int(session["person"]))
        if person is None or not person.active:
            raise web.HTTPForbidden(text="你的账号停用了，要看请找管理员")
        return person

    def routes(self) -> list[web.RouteDef]:
        return [web.get(LOGIN, self._send), web.get(f"{LOGIN}/{{door}}", self._receive)]

    async def _send(self, request: web.Request) -> web.Response:
        """Off to the platform, with a note of where to come back to."""
        door = self._door_for(request.headers.get("User-Agent", ""))
        if door is None:
            return _told("请在企业微信或钉钉里打开这个页面", HTTPStatus.FORBIDDEN)
        errand = {"state": secrets.token_hex(16), "next": _inside(request.query.get("next", HOME))}
        answer = web.Response(status=HTTPStatus.FOUND)
        answer.headers["Location"] = door.address(f"{self._public_url}{LOGIN}/{door.name}", errand["state"])
        self._set(answer, ERRAND, errand, ERRAND_LIFE)
        return answer

    async def _receive(self, request: web.Request) -> web.Response:
        """Back from the platform. The state must be the one that this very browser was sent with."""
        door = self._doors.get(request.match_info["door"])
        errand = self._seals.open(request.cookies.get(ERRAND, ""), ERRAND)
        state = request.query.get("state", "")
        if door is None or errand is None or not secrets.compare_digest(str(errand["state"]), state):
            return _told("登录没走完，回到聊天里再点一次", HTTPStatus.BAD_REQUEST)
        try:
            sender = await door.who(request.query.get("code", ""))
        except TryLater as away:
            log.warning("login_away", door=door.name, why=str(away))
            return _told("平台那边没答应，过一会儿再点一次", HTTPStatus.SERVICE_UNAVAILABLE)
        return await self._let_in(sender, str(errand["next"]))

    async def _let_in(self, sender: Sender | None, target: str) -> web.Response:
        person = None
        if sender is not None:
            async with self._database.reading() as unit:
                person = await unit.people.at(sender.platform, sender.address)
        if person is None or not person.active:
            return _told("我还不认识你：先在聊天里跟我说一句话", HTTPStatus.FORBIDDEN)
        answer = web.Response(status=HTTPStatus.FOUND, headers={"Location": target})
        self._set(answer, SESSION, {"person": person.id}, SESSION_LIFE)
        answer.del_cookie(ERRAND, path=HOME)
        return answer

    def _door_for(self, user_agent: str) -> Door | None:
        """The platform whose own browser it is; where there is one door only, that one."""
        doors = list(self._doors.values())
        mine = next((each for each in doors if each.knows(user_agent)), None)
        return doors[0] if mine is None and len(doors) == 1 else mine

    def _set(self, answer: web.Response, name: str, told: dict[str, Any], life: timedelta) -> None:
        answer.set_cookie(
            name,
            self._seals.close(told, name, life),
            max_age=int(life.total_seconds()),
            path=HOME,
            httponly=True,
            secure=self._public_url.startswith("https://"),
            samesite="Lax",
        )


class Seals:
    """Cookies that nobody else can make, read or use for longer than they live."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def close(self, told: dict[str, Any], purpose: str, life: timedelta) -> str:
        until = (self._clock.now() + life).timestamp()
        return self._keyring.encrypt(json.dumps({**told, "until": until}), f"web.{purpose}")

    def open(self, cookie: str, purpose: str) -> dict[str, Any] | None:
        """What was sealed; None for anything else, and for what is over."""
        try:
            told: dict[str, Any] = json.loads(self._keyring.decrypt(cookie, f"web.{purpose}"))
        except (SecretsError, ValueError):
            return None
        return told if self._clock.now().timestamp() < told["until"] else None


def _inside(target: str) -> str:
    """A page of ours, so that no link can send a signed-in browser elsewhere."""
    plain = target.startswith(HOME) and not target.startswith(LOGIN) and "\\" not in target
    return target if plain and target.isprintable() else HOME


def _told(words: str, status: HTTPStatus) -> web.Response:
    page = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>拜访</title><p>{words}</p></html>'
    return web.Response(status=status, text=page, content_type="text/html")


def query(**fields: str) -> str:
    """A query with every value percent-encoded, blanks too."""
    return urlencode(fields, quote_via=quote, safe="")
