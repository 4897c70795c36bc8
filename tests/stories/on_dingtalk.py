"""The stories' company on DingTalk: words go up the Stream connection, cards come down as ActionCards.

A tap touches the button on the fake's phone, which says its words in the chat, code and all.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlmodel import col, select

from bot.app import App
from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.codes import Codes
from bot.platforms.dingtalk.inbound import intention
from bot.platforms.local import inbound
from cards.actions import encode
from cards.model import Button, Card, Choice, Line, Option, Quote, load
from config.settings import DingTalk
from handlers.kernel.update import Clicked, Said, Sender, Update
from storage.models.engine import Outgoing
from tests.fakes.dingtalk import DingTalk as FarSide
from tests.fakes.dingtalk import Push
from tests.fakes.dingtalk import Shown as OnScreen
from tests.stories.on_wecom import WeComWorld
from tests.stories.phones import Phone, Shown, World

FULL_WIDTH = str.maketrans("＊＿［］＜＞｀＃～｜＼", "*_[]<>`#~|\\")
_FOOT = re.compile(r'<font color="#8f959e">(.*)</font>')
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def settings_of(far: FarSide, **more: Any) -> DingTalk:
    return DingTalk(
        client_id="dingkey0001",
        client_secret="ding-secret",  # type: ignore[arg-type]
        api_base=far.api_base,
        oapi_base=far.oapi_base,
        **more,
    )


@asynccontextmanager
async def connected(world: World, app: App, far: FarSide) -> AsyncIterator[None]:
    """The phones of the world are DingTalk's from here on."""
    for phone in world.phones.values():
        far.join(phone.address, phone.name)
    lines = [asyncio.create_task(line.run()) for line in app.lines]
    try:
        await far.gateway.connected(wait=60)
        yield
    finally:
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
    assert far.problems == []


class DingWorld(WeComWorld):
    """A world whose phones are DingTalk's."""

    ding: FarSide
    heard: dict[str, asyncio.Future[Any]]

    def phone(self, address: str, name: str) -> Phone:
        return self.phones.setdefault(address, DingPhone(self, address, name))

    async def straight(self, kind: str, body: dict[str, Any]) -> None:
        """Over the wire: there is no other way in."""
        address = body["phone"]
        if address not in self.ding.org.members:
            self.ding.join(address, external=True)
        match kind:
            case "say" if body.get("spoken"):
                await self.ding.phone(address).speaks(body["text"])
            case "say":
                await self._say(address, body)
            case "click":
                await self._touch(address, body)
            case _:
                # DingTalk tells of no such thing; what a story needs of it is told as its own page tells it.
                await self.app.intake.put(_ours(inbound.update(kind, body, self.now)))

    async def _say(self, address: str, body: dict[str, Any]) -> None:
        """The same message once more is the same message in another frame, however many come at once."""
        known = self.heard.get(body["id"])
        if known is None:
            said = self.ding.phone(address).says(body["text"])
            self.heard[body["id"]] = known = asyncio.ensure_future(said)
            await known
        else:
            push = await known
            assert isinstance(push, Push)
            again = await self.ding.gateway.push(push.app, push.type, push.topic, push.id, push.data)
            await self.ding.gateway.answered(again)

    async def _touch(self, address: str, body: dict[str, Any]) -> None:
        """A button says its words, whoever says them; what no card offers comes from an old one."""
        phone = next((each for each in self._owners(body.get("message", 0))), None)
        says = await phone.words_of(body) if phone is not None else ""
        if says:
            await self.ding.phone(address).says(says)
        else:
            who = (body["id"], Sender(NAME, address), f"{NAME}:{address}", self.now)
            await self.app.intake.put(
                Clicked(*who, intention(body["action"]), body["action"][:128], tuple(body["picked"]))
            )

    async def _meanwhile(self) -> None:
        """What a day has gone by for."""
        await self.ding.settle()
        await self.settles()

    def _owners(self, message: int) -> list["DingPhone"]:
        found = [each for each in self.phones.values() if message in each.versions]
        return [each for each in found if isinstance(each, DingPhone)]

    async def receives(self, *updates: Update) -> None:
        for each in updates:
            await self.app.intake.put(_ours(each))
        await self.settles()


class DingPhone(Phone):
    """What stands in a member's chat with the robot, read back into cards.

    Nothing is replaced there: a message that was sent in the place of another reads as its next version,
    as people take it who look at the newest word on a matter.
    """

    def __init__(self, world: World, address: str, name: str) -> None:
        super().__init__(world, address, name)
        self.versions: dict[int, list[OnScreen]] = {}
        """The messages that stand for one of ours, oldest first."""
        self.threads: dict[str, int] = {}

    async def looks(self) -> None:
        history = self._world.ding.phone(self.address).history
        self.news = [await self._read(each) for each in history[len(self.history) :]]
        self.history += self.news

    @property
    def _world(self) -> DingWorld:
        assert isinstance(self.world, DingWorld)
        return self.world

    async def words_of(self, body: dict[str, Any]) -> str:
        """What the button (or, with something picked, the option) says that means this; "" for none."""
        taps = [tap for each in reversed(self.versions[body["message"]]) for tap in each.taps]
        wanted, bare, option = (body["action"], tuple(body["picked"])), "", ""
        for tap in taps:
            meant = await self._meant(tap.says)
            if meant is None or meant.action is None:
                continue
            if (encode(meant.action), meant.picked) == wanted:
                return tap.says
            if encode(meant.action) == body["action"]:
                bare = bare or ("" if meant.picked else tap.says)
                option = option or tap.says
        return await self._numbers(bare or option, body["picked"]) if body["picked"] and option else bare

    async def _numbers(self, bare: str, picked: Sequence[str]) -> str:
        """What somebody types who picks in a numbered list."""
        card = await self._sent(bare)
        if card is None or card.choice is None:
            return bare
        ids = [each.id for each in card.choice.options]
        places = [str(ids.index(each) + 1) for each in picked if each in ids]
        return f"{' '.join(places)} {bare.rpartition(' ')[2]}" if places else bare

    async def _read(self, shown: OnScreen) -> Shown:
        if shown.type == "text":
            return Shown(shown.id, shown.revision, None, shown.text)
        row = await self._row(shown.title)
        id = shown.id
        if row is not None and row.kind == "replace":
            id = self.threads.get(row.thread, shown.id)
        if row is not None:
            self.threads[row.thread] = id
        versions = self.versions.setdefault(id, [])
        versions.append(shown)
        return Shown(id, len(versions) - 1, await self._card(shown, load(row.content) if row else None))

    async def _card(self, shown: OnScreen, sent: Card | None) -> Card:
        """What stands on it. What kind it is DingTalk does not keep: that is told by what we sent."""
        title, read = shown.title.translate(FULL_WIDTH), told(shown.text)
        buttons, menu = await self._buttons(shown, sent)
        return Card(
            sent.kind if sent is not None else "?",
            title,
            subtitle=read.subtitle,
            flag=read.flag,
            lines=tuple(read.lines),
            quote=Quote(read.quote) if read.quote else None,
            body="\n".join(read.body),
            choice=await self._choice(shown, sent),
            buttons=buttons,
            menu=menu,
            footer=read.footer,
        )

    async def _buttons(
        self, shown: OnScreen, sent: Card | None
    ) -> tuple[tuple[Button, ...], tuple[Button, ...]]:
        """Those that stand below, and those within the text. Options belong to their question."""
        below, within = list[Button](), list[Button]()
        many = len(shown.content.get("buttons", []))
        for place, tap in enumerate(shown.taps):
            label = tap.label.translate(FULL_WIDTH)
            meant = await self._meant(tap.says)
            if meant is None:
                button = Button(label, link=tap.link) if not tap.says else None
            elif meant.picked and sent is not None and label not in _labels(sent):
                first = next(each for each in sent.buttons if each.action is not None)
                known = first.label in {each.label for each in below}
                below += [] if known else [Button(first.label, meant.action)]
                continue
            else:
                button = Button(label, meant.action)
            where = below if place < many else within
            if button is not None and button not in where:
                where.append(button)
        return tuple(below), tuple(each for each in within if each.action is not None)

    async def _choice(self, shown: OnScreen, sent: Card | None) -> Choice | None:
        """The question, as far as its options can be read on the screen."""
        if sent is None or sent.choice is None:
            return None
        seen = f"{shown.text}\n{' '.join(shown.buttons)}".translate(FULL_WIDTH)
        options = tuple(each for each in sent.choice.options if each.label in seen)
        return replace(sent.choice, options=tuple(Option(each.id, each.label) for each in options))

    async def _meant(self, says: str) -> Clicked | None:
        """What the bot takes the words for, when this phone's owner says them."""
        if not says:
            return None
        said = Said("", Sender(NAME, self.address), "", self.world.now, says)
        meant = await Codes(self.world.app.database, self.world.clock).meant(said)
        return meant if isinstance(meant, Clicked) else None

    async def _sent(self, says: str) -> Card | None:
        code = says.rpartition(" ")[2]
        async with self.world.app.database.reading() as unit:
            row = await unit.tickets.card_of(NAME, f"{self.address} {code}")
            return load(await unit.outbox.content(int(row))) if row else None

    async def _row(self, title: str) -> Outgoing | None:
        """The newest message of ours to this phone with the title."""
        async with self.world.app.database.reading() as unit:
            mine = (Outgoing.address == self.address, col(Outgoing.kind).in_(("post", "replace")))
            rows = await unit.session.exec(select(Outgoing).where(*mine).order_by(col(Outgoing.id).desc()))
            return next((each for each in rows if load(each.content).title == title), None)


def _labels(card: Card) -> set[str]:
    return {each.label for each in (*card.buttons, *card.menu)}


def told(text: str) -> "_Told":
    """A message's Markdown, part by part, as a reader sees it."""
    return _Told(text)


class _Told:
    def __init__(self, text: str) -> None:
        self.subtitle = self.flag = self.quote = self.footer = ""
        self.lines: list[Line] = []
        self.body: list[str] = []
        for line in text.split("\n"):
            self._take(line.strip())

    def _take(self, line: str) -> None:
        if found := re.fullmatch(r"- \*\*(.*?)\*\*　(.*)", line):
            label, value = found.groups()
            link = _LINK.fullmatch(value)
            self.lines.append(
                Line(_seen(label), _seen(link[1] if link else value), link=link[2] if link else "")
            )
        elif line.startswith("###### "):
            self.subtitle = _seen(line[7:])
        elif found := re.fullmatch(r"\*\*(.*)\*\*", line):
            self.flag = _seen(found[1])
        elif line.startswith("> "):
            self.quote = _seen(line[2:])
        elif found := _FOOT.fullmatch(line):
            self.footer = _seen(found[1])
        elif line and not line.startswith(("### ", "也可以：", "![")) and not re.match(r"\d+\. |\[", line):
            self.body.append(_seen(line))


def _seen(words: str) -> str:
    return words.translate(FULL_WIDTH)


def _ours(brought: Update) -> Update:
    """As DingTalk would have brought it."""
    sender = getattr(brought, "sender", None)
    if sender is None:
        return brought
    mine: Callable[..., Update] = replace
    return mine(brought, sender=Sender(NAME, sender.address), lane=f"{NAME}:{sender.address}")
