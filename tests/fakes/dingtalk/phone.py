"""One colleague's phone on DingTalk, with the words of the stories' phones: says, taps, reads."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from tests.fakes.dingtalk.cards import Cards
from tests.fakes.dingtalk.chats import Chats
from tests.fakes.dingtalk.inbound import Heard, Inbound
from tests.fakes.dingtalk.screen import WAIT, Screen, Shown
from tests.fakes.dingtalk.state import App, Conversation, Member

LOGIN = "login.dingtalk.com"
"""The platform's own page: the phone finds it at the fake."""
COOKIE = "fake_dingtalk_member"
_REDIRECTS = 10

Done = TypeVar("Done")
Settles = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """What a link led to, after all redirects."""

    url: str
    status: int
    text: str


class Phone:
    """A member in one conversation: his chat with the robot, or a group.

    `settles` is what a story waits for after each thing that its people do: the whole bot at rest.
    """

    def __init__(
        self,
        inbound: Inbound,
        chats: Chats,
        cards: Cards,
        app: App,
        chat: Conversation,
        who: Member,
        settles: Settles | None = None,
    ) -> None:
        self.inbound, self.chats, self.cards = inbound, chats, cards
        self.app, self.chat, self.who = app, chat, who
        self.settles = settles
        self.news: list[Shown] = []
        """What the last thing that happened changed here."""
        self._seen = self._looks = 0
        self._browser: aiohttp.ClientSession | None = None

    @property
    def address(self) -> str:
        return self.who.userid

    @property
    def name(self) -> str:
        return self.who.name

    @property
    def screen(self) -> Screen:
        return self.chats.screen(self.chat)

    @property
    def _here(self) -> tuple[App, Conversation, Member]:
        return self.app, self.chat, self.who

    # -- what its owner does -----------------------------------------------------------------------

    async def says(self, text: str, *, at: bool = True, wait: bool = True, **more: Any) -> Heard:
        """In a group `at` is whether he @s the robot; without it the robot does not hear him."""
        return await self._after(await self.inbound.text(*self._here, text, at=at, wait=wait, **more))

    async def speaks(self, text: str | None, **more: Any) -> Heard:
        """A voice note; DingTalk's recogniser hears it right, or (`words`) so, or (None) not at all."""
        return await self._after(await self.inbound.audio(*self._here, text, **more))

    async def sends_picture(self, data: bytes, name: str = "photo.jpg") -> Heard:
        return await self._after(await self.inbound.picture(*self._here, data, name))

    async def sends_rich(self, *parts: str | bytes) -> Heard:
        return await self._after(await self.inbound.rich(*self._here, parts))

    async def sends_video(self, data: bytes) -> Heard:
        return await self._after(await self.inbound.video(*self._here, data))

    async def sends_file(self, data: bytes, name: str) -> Heard:
        return await self._after(await self.inbound.file(*self._here, data, name))

    async def taps(
        self, label: str, on: Shown | None = None, picks: dict[str, Any] | None = None, *, wait: bool = True
    ) -> Any:
        """Taps the newest message that has the button now. `picks` are what the card's inputs hold.

        A dtmd link says its text; another link opens its page (see Page); a card's button calls back.
        """
        card = on or self.having(label)
        tap = next(each for each in card.taps if label in (each.label, each.key))
        if tap.press is not None:
            return await self.presses(
                card, [tap.press.action], {**tap.press.params, **(picks or {})}, wait=wait
            )
        if tap.says:
            name = f"@{self.app.name}"
            text, at = tap.says.removeprefix(name).strip(), self.chat.kind == "1" or tap.says.startswith(name)
            return await self.says(text, at=at, wait=wait)
        return await self._after(await self.opens(tap.link))

    async def presses(
        self, card: Shown, actions: list[str], params: dict[str, Any], *, wait: bool = True
    ) -> Any:
        """A card's button with any action and parameters, whether it is on the card or not."""
        found = self.cards.all[card.key]
        space = "IM_ROBOT" if self.chat.kind == "1" else "IM_GROUP"
        clicked = self.cards.clicks.click(
            *(found, self.address, actions, params), chat=self.chat.id, space=space, wait=wait
        )
        return await self._after(await clicked)

    async def opens(self, url: str) -> Page:
        """Follows a link in DingTalk's own browser, through its login page, with cookies that last."""
        self._browser = self._browser or aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"User-Agent": "Mozilla/5.0 AliApp(DingTalk/7.6)"},
        )
        target, base = URL(url), urlsplit(self.chats.org.base)
        for _ in range(_REDIRECTS):
            real = target
            if target.host == LOGIN:
                real = target.with_scheme("http").with_host(base.hostname or "").with_port(base.port)
            mine = {COOKIE: self.address} if str(real).startswith(self.chats.org.base) else {}
            async with self._browser.get(real, allow_redirects=False, cookies=mine) as answer:
                if answer.status not in (301, 302, 303, 307, 308):
                    return Page(str(target), answer.status, await answer.text())
                target = target.join(URL(answer.headers["Location"]))
        raise AssertionError(f"{url} redirects for ever")

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()

    # -- what its owner sees -----------------------------------------------------------------------

    @property
    def history(self) -> list[Shown]:
        """Every version of every message that was ever shown, in the order of showing."""
        return self.screen.history(self.address)

    @property
    def card(self) -> Shown:
        """What was shown last."""
        return self.history[-1]

    @property
    def shown(self) -> list[Shown]:
        """The whole chat as it stands now, oldest first; cards as they were changed in place."""
        return self.screen.shown(self.address)

    def having(self, label: str) -> Shown:
        """The newest message in the chat that has the button now."""
        for shown in reversed(self.shown):
            if any(label in (each.label, each.key) for each in shown.taps):
                return shown
        raise AssertionError(f"nothing of {self.name} has {label}: {[each.buttons for each in self.shown]}")

    def shows(self, *words: str) -> bool:
        """Whether something that changed last holds all the words."""
        return any(all(word in each.words for word in words) for each in self.news)

    async def looks(self) -> None:
        """Reads what is new on the phone since the last look."""
        history = self.history
        self.news = history[self._seen :]
        self._seen = len(history)
        self._looks += 1

    async def next(self, wait: float = WAIT) -> Shown:
        """The next thing that is shown and was not asked for yet; waits for it."""
        return await self.screen.next(self.address, wait=wait)

    async def next_card(self, wait: float = WAIT) -> Shown:
        """The next that has something to tap."""
        return await self.screen.next(self.address, lambda each: bool(each.taps), wait)

    async def _after(self, done: Done) -> Done:
        looks = self._looks
        if self.settles is not None:
            await self.settles()
        if self._looks == looks:
            await self.looks()
        return done
