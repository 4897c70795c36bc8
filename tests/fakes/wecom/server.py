"""The whole far side in one object: `async with WeCom(callback_url=…) as wecom`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.clock import FixedClock
from tests.fakes.wecom.api import HTML, Accident, Api, Record
from tests.fakes.wecom.appline import AppLine
from tests.fakes.wecom.callbacks import Callbacks, Delivery
from tests.fakes.wecom.cards import Card, Picks
from tests.fakes.wecom.contacts import Contacts
from tests.fakes.wecom.crypto import Seal
from tests.fakes.wecom.gateway import Bot, Gateway
from tests.fakes.wecom.life import Life
from tests.fakes.wecom.media import Media
from tests.fakes.wecom.messages import Messages
from tests.fakes.wecom.oauth import OAuth
from tests.fakes.wecom.phone import Line, Phone, Settles
from tests.fakes.wecom.screen import WAIT, Shown, kind_by_task
from tests.fakes.wecom.state import App, Clock, Company
from tests.fakes.wecom.tls import self_signed
from tests.fakes.wecom.tokens import Tokens
from tests.fakes.wecom.webhook import Webhook

TUESDAY = datetime(2026, 4, 21, 18, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LARGEST_BODY = 40 * 1024 * 1024


class WeCom(Life):
    """One company, one app of it, and whatever more is asked for; real HTTP on the loopback.

    `clock` decides what is late or over; without one it stands still until `passes`.
    For stories: `settles`, `encode` and `crossing` are the phones' (see Phone); `kind_of` names cards.
    `problems` must be empty at a test's end.
    """

    def __init__(
        self,
        callback_url: str = "",
        clock: Clock | None = None,
        *,
        corpid: str = "wwcorp0001",
        agentid: int = 1000002,
        secret: str = "app-secret",
        token: str = "callback-token",
        aes_key: str = AES_KEY,
        settles: Settles | None = None,
        encode: Callable[[Any], str] = str,
        kind_of: Callable[[Card], str] = kind_by_task,
        crossing: bool = False,
        tls: bool = False,
    ) -> None:
        self.clock = clock or FixedClock(TUESDAY)
        company = Company(corpid, self.clock)
        self.media = Media(company)
        super().__init__(company, Callbacks(company), self.media)
        self.tokens = Tokens(company)
        self.messages = Messages(company, self.media)
        self.contacts = Contacts(company)
        self.oauth = OAuth(company)
        self.gateway = Gateway(company)
        self.callbacks.on_reply = self.messages.take_reply
        subjects: list[object] = [self.tokens, self.messages, self.media, self.contacts, self.oauth]
        subjects += [self.customers, self.transfers, self.masses, self.groups]
        self.api = Api(company, self.tokens, subjects)
        self.messages.kind_of = self.gateway.kind_of = kind_of
        self.settles, self.encode, self.crossing = settles, encode, crossing
        self.lines: dict[str, Line] = {}
        self.base = ""
        """Scheme, host and port; `api_url`, `ws_url` and `wss_url` are made of it."""
        self.ws_url = self.wss_url = ""
        self.ca = ""
        """The PEM that a client of `wss_url` is to trust."""
        self._tls = tls
        self._phones: dict[tuple[str, str], Phone] = {}
        self.app = self.add_app(agentid, secret, callback_url=callback_url, token=token, aes_key=aes_key)

    # -- coming and going --------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        site = web.Application(client_max_size=LARGEST_BODY)
        site.add_routes(
            [
                web.post("/cgi-bin/aibot/response", self.gateway.respond),
                web.get("/aibot/file/{token}", self.gateway.fetch),
                web.get("/connect/oauth2/authorize", self.oauth.authorize),
                web.get("/wwlogin/sso/login", self.oauth.authorize),
                web.get("/wwpic/{way}/0", self.customers.picture),
                web.get("/", self.gateway.connect),
                web.route("*", "/cgi-bin/{path:.+}", self.api.handle),
            ]
        )
        self._runner = web.AppRunner(site, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        if self._tls:
            context, self.ca = self_signed()
            await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        ports = [address[1] for address in self._runner.addresses]
        self.base = self.media.base = self.gateway.base = f"http://127.0.0.1:{ports[0]}"
        self.ws_url = f"ws://127.0.0.1:{ports[0]}/"
        self.wss_url = f"wss://127.0.0.1:{ports[-1]}/" if self._tls else ""
        for each in self._phones.values():
            each.base = self.base
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.close()
        await self.callbacks.close()
        for each in self._phones.values():
            await each.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """What stands for https://qyapi.weixin.qq.com/cgi-bin/."""
        return f"{self.base}/cgi-bin/"

    @property
    def problems(self) -> list[str]:
        return self.company.problems

    # -- apps and bots -----------------------------------------------------------------------------

    def add_app(
        self,
        agentid: int,
        secret: str,
        *,
        callback_url: str = "",
        token: str = "callback-token",
        aes_key: str = AES_KEY,
        **more: Any,
    ) -> App:
        """Another self-built app, or (kind="contacts") the contact-sync secret."""
        seal = Seal(token, aes_key, self.company.corpid)
        app = App(agentid, secret, callback_url=callback_url, seal=seal, **more)
        self.company.apps.append(app)
        self.lines[str(agentid)] = AppLine(self.company, app, self.callbacks, self.messages, self.media)
        return app

    def bot(
        self, id: str = "aibX", secret: str = "bot-secret", name: str = "拜访", *, webhook: str = ""
    ) -> Bot:
        """A smart bot: on the long connection, or (`webhook` is its address) called back."""
        bot = self.gateway.bot(id, secret, name)
        if webhook:
            bot.webhook = Webhook(webhook, Seal("bot-token", AES_KEY, ""))
        self.lines[id] = bot
        return bot

    @property
    def line(self) -> AppLine:
        """The first app's line, for all that a phone can send beside text."""
        line = self.lines[str(self.app.agentid)]
        assert isinstance(line, AppLine)
        return line

    async def saves_callback(self, url: str = "") -> None:
        """The console saves the callback address: it is checked as the console checks it."""
        self.app.callback_url = url or self.app.callback_url
        await self.callbacks.verify(self.app)

    # -- phones ------------------------------------------------------------------------------------

    def phone(self, userid: str, on: str | App | Bot | None = None) -> Phone:
        """The member's phone in the chat with the app (or with another app, or a bot)."""
        key = str(on.agentid) if isinstance(on, App) else on.id if isinstance(on, Bot) else on
        key = key or str(self.app.agentid)
        if (userid, key) not in self._phones:
            member = self.company.find(userid)
            name = member.name if member else userid
            phone = Phone(self.lines[key], userid, name, self.base, self.settles)
            phone.encode, phone.crossing = self.encode, self.crossing
            self._phones[userid, key] = phone
        return self._phones[userid, key]

    async def say(self, userid: str, text: str) -> Delivery:
        delivery: Delivery = await self.phone(userid).says(text)
        return delivery

    async def tap(self, card: Shown, button: str, picks: Picks = None, by: str = "") -> Any:
        """A finger on the card, by its owner (or, in a group, `by` somebody)."""
        line = next(each for each in self.lines.values() if each.screen(card.owner).bubble(card.id))
        on = next(key for key, each in self.lines.items() if each is line)
        if not by or by == card.owner:
            return await self.phone(card.owner, on).taps(button, card, picks)
        found = next(each for each in card.taps if button in (each.label, each.key))
        bubble = line.screen(card.owner).bubble(card.id)
        assert bubble is not None
        return await line.press(bubble, bubble.content, by, found, picks)

    def shown(self, userid: str) -> list[Shown]:
        """What stands in the member's chat with the app, oldest first, cards as updated in place."""
        return self.phone(userid).shown

    async def next_card(self, userid: str, wait: float = WAIT) -> Shown:
        return await self.phone(userid).next_card(wait)

    async def next_shown(self, userid: str, wait: float = WAIT) -> Shown:
        return await self.phone(userid).next(wait)

    # -- time --------------------------------------------------------------------------------------

    async def passes(self, **delta: float) -> None:
        """Time goes by on the fake's own clock, and what is due happens. With another's clock: `settle`."""
        assert isinstance(self.clock, FixedClock), "move the clock where it belongs, then settle()"
        self.clock.move(timedelta(**delta))
        await self.settle()

    # -- what was called, and what shall go wrong --------------------------------------------------

    @property
    def calls(self) -> list[Record]:
        """Every request to the API, in order, with its body and its answer."""
        return self.api.records

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [each.body for each in self.calls if each.path == path]

    def count(self, path: str) -> int:
        return self.api.counts[path]

    def goes_wrong(
        self,
        path: str,
        *,
        errcode: int | None = None,
        times: int = 1,
        status: int = 200,
        html: str | bool = "",
        seconds: float = 0.0,
        cut: bool = False,
        half: bool = False,
        done: bool = False,
    ) -> None:
        """The next `times` calls of the path ("*" is any) go wrong.

        One of: an errcode; an HTTP status; a page (`html`, True for a common one); `cut`: it breaks off;
        `half`: the JSON ends in its middle. `seconds` delays. `done`: it is carried out first.
        """
        page = HTML if html is True else str(html or "")
        accident = Accident(path, times, errcode, status, page, seconds, cut, half, done or half)
        self.api.accidents.append(accident)
