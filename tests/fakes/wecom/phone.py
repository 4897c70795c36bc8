"""One colleague's phone on WeCom, with the words of the stories' phones: says, taps, reads."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from tests.fakes.wecom.cards import INTERACTIVE, Card, Picks, Tap
from tests.fakes.wecom.oauth import COOKIE
from tests.fakes.wecom.screen import WAIT, Bubble, Screen, Shown

REAL_HOSTS = {"open.weixin.qq.com", "login.work.weixin.qq.com"}
"""Addresses of the platform's own pages: the phone finds them at the fake."""
_REDIRECTS = 10

Settles = Callable[[], Awaitable[None]]


class Line(Protocol):
    """How a phone reaches the other side: an app's callbacks, or a bot's connection."""

    def screen(self, owner: str, /) -> Screen: ...
    async def text(self, userid: str, text: str, /) -> Any: ...
    async def voice(self, userid: str, text: str, /) -> Any: ...
    async def place(self, userid: str, label: str, /) -> Any: ...
    async def join(self, userid: str, /) -> Any: ...
    async def press(self, bubble: Bubble, card: Card, userid: str, tap: Tap, picks: Picks, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Page:
    """What a link led to, after all redirects."""

    url: str
    status: int
    text: str


class Phone:
    """`settles` is what a story waits for after each thing that its people do: the whole bot at rest. It may
    look at all phones; where it does not, this one looks for itself.
    """

    def __init__(
        self, line: Line, address: str, name: str, base: str, settles: Settles | None = None
    ) -> None:
        self.line = line
        self.address = address
        self.name = name
        self.base = base
        self.settles = settles
        self.news: list[Shown] = []
        """What the last thing that happened changed here."""
        self.crossing = False
        """A tap on an old version of a card arrives, as if it crossed the replacement; else it is nothing."""
        self.encode: Callable[[Any], str] = str
        """How the bot writes an intention into a button's key; `does` needs it."""
        self._seen = self._looks = 0
        self._browser: aiohttp.ClientSession | None = None

    @property
    def screen(self) -> Screen:
        return self.line.screen(self.address)

    # -- what its owner does -----------------------------------------------------------------------

    async def says(self, text: str) -> Any:
        return await self._after(await self.line.text(self.address, text))

    async def speaks(self, text: str) -> Any:
        """A voice note: sound alone for an app, the words alone for a bot."""
        return await self._after(await self.line.voice(self.address, text))

    async def joins(self) -> Any:
        return await self._after(await self.line.join(self.address))

    async def arrives(self, place: str) -> Any:
        return await self._after(await self.line.place(self.address, place))

    async def taps(self, label: str, on: Shown | None = None, picks: Picks = None) -> Any:
        """Taps the newest card that has the button now. A link opens its page (see Page)."""
        card = on or self.having(label)
        found = next(each for each in card.taps if label in (each.label, each.key))
        if found.link:
            return await self._after(await self.opens(found.link))
        bubble = self.screen.bubble(card.id)
        assert bubble is not None
        if not self.crossing and not self._touchable(bubble, found):
            return None  # nothing is there any more that a finger could touch
        content = card.content if self.crossing else bubble.content
        return await self._after(await self.line.press(bubble, content, self.address, found, picks))

    def _touchable(self, bubble: Bubble, tap: Tap) -> bool:
        current = self.screen.snapshot(bubble)
        return not bubble.recalled and any(each.key == tap.key for each in current.taps)

    async def taps_raw(self, key: str, message: int = 0, picked: Picks = None) -> Any:
        """A tap with any key on any card: what arrives when a tap and a replacement cross."""
        bubbles = [each for each in self.screen.bubbles if each.type == "template_card"]
        bubble = next((each for each in bubbles if each.id == message), bubbles[-1] if bubbles else None)
        assert bubble is not None, f"{self.name} has no card to tap"
        tap = Tap(key, key, part="button" if bubble.content["card_type"] in INTERACTIVE else "menu")
        pressed = self.line.press(bubble, bubble.content, self.address, tap, picked or None)
        return await self._after(await pressed)

    async def does(self, action: Any) -> Any:
        """A tap that no card of this phone offers."""
        return await self.taps_raw(self.encode(action))

    async def opens(self, url: str) -> Page:
        """Follows a link in WeCom's own browser, through its login page, with cookies that last."""
        self._browser = self._browser or aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"User-Agent": "Mozilla/5.0 wxwork/4.1"}
        )
        target = URL(url)
        for _ in range(_REDIRECTS):
            real = self._really(target)
            mine = {COOKIE: self.address} if str(real).startswith(self.base) else {}
            async with self._browser.get(real, allow_redirects=False, cookies=mine) as answer:
                if answer.status not in (301, 302, 303, 307, 308):
                    return Page(str(target), answer.status, await answer.text())
                target = target.join(URL(answer.headers["Location"]))
        raise AssertionError(f"{url} redirects for ever")

    def _really(self, url: URL) -> URL:
        if url.host not in REAL_HOSTS:
            return url
        fake = urlsplit(self.base)
        return url.with_scheme(fake.scheme).with_host(fake.hostname or "").with_port(fake.port)

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()

    # -- what its owner sees -----------------------------------------------------------------------

    @property
    def history(self) -> list[Shown]:
        """Every version of every message that was ever shown, in the order of showing."""
        return self.screen.history

    @property
    def card(self) -> Shown:
        """What was shown last."""
        return self.history[-1]

    @property
    def shown(self) -> list[Shown]:
        """The whole chat as it stands now, oldest first; cards as they were changed in place."""
        return self.screen.shown

    def cards(self, kind: str = "") -> list[Shown]:
        """The messages that are in the chat now, oldest first; `kind` by its beginning."""
        return [each for each in self.shown if each.kind.startswith(kind)]

    def having(self, label: str) -> Shown:
        """The card that was shown last among those that have the button now."""
        current = {each.id: each.revision for each in self.shown}
        for shown in reversed(self.history):
            has = any(label in (each.label, each.key) for each in shown.taps)
            if has and current.get(shown.id) == shown.revision:
                return shown
        raise AssertionError(f"no card of {self.name} has {label}: {[each.buttons for each in self.shown]}")

    def shows(self, *words: str) -> bool:
        """Whether something that changed last holds all the words."""
        return any(all(word in each.words for word in words) for each in self.news)

    async def looks(self) -> None:
        """Reads what is new on the phone since the last look."""
        self.news = self.history[self._seen :]
        self._seen = len(self.history)
        self._looks += 1

    async def next(self, wait: float = WAIT) -> Shown:
        """The next thing that is shown and was not asked for yet; waits for it."""
        return await self.screen.next(wait=wait)

    async def next_card(self, wait: float = WAIT) -> Shown:
        return await self.screen.next(lambda each: each.template is not None, wait)

    async def _after(self, done: Any) -> Any:
        looks = self._looks
        if self.settles is not None:
            await self.settles()
        if self._looks == looks:
            await self.looks()
        return done
