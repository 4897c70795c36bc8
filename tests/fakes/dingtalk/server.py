"""The whole far side in one object: `async with DingTalk() as dingtalk`."""

from datetime import timedelta
from typing import Any, Self

from aiohttp import web

from tests.fakes.dingtalk.api import Api, Record
from tests.fakes.dingtalk.cards import Cards
from tests.fakes.dingtalk.chats import Chats
from tests.fakes.dingtalk.clicks import Clicks
from tests.fakes.dingtalk.contacts import Contacts
from tests.fakes.dingtalk.crypto import Seal
from tests.fakes.dingtalk.errors import BLOCKED, Accident
from tests.fakes.dingtalk.extcontact import ExtContacts
from tests.fakes.dingtalk.gateway import Gateway
from tests.fakes.dingtalk.hooks import Hooks
from tests.fakes.dingtalk.inbound import Heard, Inbound
from tests.fakes.dingtalk.life import Life
from tests.fakes.dingtalk.media import Media
from tests.fakes.dingtalk.meter import Meter
from tests.fakes.dingtalk.oauth import OAuth
from tests.fakes.dingtalk.phone import Phone, Settles
from tests.fakes.dingtalk.robot import Robot
from tests.fakes.dingtalk.screen import WAIT, Shown
from tests.fakes.dingtalk.session import Sessions
from tests.fakes.dingtalk.standard import StandardCards
from tests.fakes.dingtalk.state import App, Clock, Conversation, Moved, Org, Standing
from tests.fakes.dingtalk.templates import Template
from tests.fakes.dingtalk.tokens import Tokens

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LARGEST_BODY = 40 * 1024 * 1024


class DingTalk(Life):
    """One organisation with one app and its robot, and more apps where asked for; real HTTP on the loopback.

    `clock` decides what is late or over; without one it stands still until `passes`.
    `robot_url` and `event_url` choose HTTP for messages and events; empty, they come by Stream.
    `problems` must be empty at a test's end.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        corpid: str = "ding0corp",
        client_id: str = "dingkey0001",
        client_secret: str = "ding-secret",
        robot_code: str = "",
        robot_url: str = "",
        event_url: str = "",
        token: str = "event-token",
        aes_key: str = AES_KEY,
        settles: Settles | None = None,
    ) -> None:
        self.clock = clock or Standing()
        org = Org(corpid, self.clock)
        self.meter, self.tokens = Meter(org), Tokens(org)
        super().__init__(org, Gateway(org, self.meter), Hooks(org))
        self.chats, self.media = Chats(org), Media(org)
        self.sessions = Sessions(org, self.chats, self.meter)
        self.robot = Robot(org, self.chats, self.media)
        self.clicks = Clicks(org, self.gateway, self.hooks)
        self.cards = Cards(org, self.chats, self.clicks)
        self.inbound = Inbound(org, self.gateway, self.hooks, self.sessions, self.media)
        self.standard = StandardCards(org, self.chats)
        self.contacts, self.ext_contacts = Contacts(org), ExtContacts(org)
        self.oauth = OAuth(org, self.tokens)
        self.api = Api(org, self.tokens, self.meter, self._subjects())
        self.settles = settles
        self._phones: dict[tuple[str, str], Phone] = {}
        self.app = self.add_app(
            client_id,
            client_secret,
            robot_code,
            robot_url=robot_url,
            event_url=event_url,
            token=token,
            aes_key=aes_key,
        )

    def _subjects(self) -> list[object]:
        subjects: list[object] = [self.tokens, self.gateway, self.hooks, self.sessions, self.robot]
        subjects += [self.cards, self.standard, self.media, self.contacts, self.oauth]
        return [*subjects, self.ext_contacts]

    # -- coming and going --------------------------------------------------------------------------

    async def start(self) -> Self:
        site = web.Application(client_max_size=LARGEST_BODY)
        site.add_routes(
            [
                web.get("/connect", self.gateway.connect),
                web.get("/oauth2/auth", self.oauth.authorize),
                web.get("/download/{key}/{kind}", self.media.fetch),
                web.route("*", "/{path:.+}", self.api.handle),
            ]
        )
        self._runner = web.AppRunner(site, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.org.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        await self.gateway.close()
        await self.hooks.close()
        for each in self._phones.values():
            await each.close()
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_base(self) -> str:
        """What stands for https://api.dingtalk.com."""
        return self.org.base

    @property
    def oapi_base(self) -> str:
        """What stands for https://oapi.dingtalk.com."""
        return self.org.base

    @property
    def problems(self) -> list[str]:
        return self.org.problems

    @property
    def warnings(self) -> list[str]:
        return self.org.warnings

    # -- apps and templates ------------------------------------------------------------------------

    def add_app(
        self,
        client_id: str,
        client_secret: str,
        robot_code: str = "",
        *,
        token: str = "event-token",
        aes_key: str = AES_KEY,
        **more: Any,
    ) -> App:
        app = App(
            client_id, client_secret, robot_code or client_id, seal=Seal(token, aes_key, client_id), **more
        )
        self.org.apps.append(app)
        return app

    def template(self, id: str, **more: Any) -> Template:
        """A card template of the builder, saved and bound to the app. See Template and `listed`."""
        self.cards.templates[id] = Template(id, **more)
        return self.cards.templates[id]

    # -- phones ------------------------------------------------------------------------------------

    def phone(self, userid: str, group: Conversation | None = None, app: App | None = None) -> Phone:
        """The member's phone in his chat with the robot (of another app), or in a group."""
        on = app or self.app
        chat = group or self.org.single(on, userid)
        key = (userid, chat.id)
        if key not in self._phones:
            subjects = (self.inbound, self.chats, self.cards)
            self._phones[key] = Phone(*subjects, on, chat, self.org.member(userid), self.settles)
        return self._phones[key]

    async def say(self, userid: str, text: str) -> Heard:
        return await self.phone(userid).says(text)

    def shown(self, userid: str) -> list[Shown]:
        """What stands in the member's chat with the robot, oldest first, cards as updated in place."""
        return self.phone(userid).shown

    async def next_shown(self, userid: str, wait: float = WAIT) -> Shown:
        return await self.phone(userid).next(wait)

    async def next_card(self, userid: str, wait: float = WAIT) -> Shown:
        return await self.phone(userid).next_card(wait)

    # -- time --------------------------------------------------------------------------------------

    async def passes(self, **delta: float) -> None:
        """Time goes by on a clock that stands, and what is due happens. With one that runs: `settle`."""
        assert isinstance(self.clock, Moved), "move the clock where it belongs, then settle()"
        self.clock.move(timedelta(**delta))
        await self.settle()

    async def settle(self) -> None:
        """Lets happen whatever is due by the clock: what was not answered comes again, lines are dropped."""
        await self.gateway.settle()

    # -- what was called, and what shall go wrong --------------------------------------------------

    @property
    def calls(self) -> list[Record]:
        """Every request to the APIs, in order, with its body and its answer."""
        return self.api.records

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [each.body for each in self.calls if each.path == path]

    def count(self, path: str) -> int:
        return sum(each.path == path for each in self.calls)

    def goes_wrong(
        self,
        path: str,
        *,
        code: str = "",
        errcode: int | None = None,
        times: int = 1,
        status: int = 0,
        html: str | bool = "",
        seconds: float = 0.0,
        cut: bool = False,
        half: bool = False,
        done: bool = False,
    ) -> None:
        """The next `times` calls of the path ("*" is any) go wrong.

        One of: a `code` of the new API (with its HTTP `status`); an `errcode` of the old one; an HTTP
        `status` with nothing; a page (`html`, True for the one of a blocked address); `cut`: it breaks off;
        `half`: the JSON ends in its middle. `seconds` delays, over 3 it ends as a timeout (504, 15).
        `done`: it is carried out first.
        """
        page = BLOCKED if html is True else str(html or "")
        accident = Accident(path, times, code, errcode, status, page, seconds, cut, half, done or half)
        self.api.accidents.append(accident)
