"""The stories' company on WeCom: what is said goes by callbacks, what is read comes by message/send."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlmodel import col, delete, func, select, update

from bot.app import App
from bot.platforms.local import inbound
from bot.platforms.local.customers import Letter
from bot.platforms.wecom import APP
from bot.platforms.wecom.inbound import action
from bot.platforms.wecom.render import is_picture
from cards.model import Button, Card, Choice, Line, Option, Picture, Quote, Weight, load
from config.settings import WeCom
from handlers.kernel.update import Said, Sender, Update
from storage.database import Database
from storage.models.engine import Held, Outgoing
from storage.models.handovers import Friend
from storage.models.local import LocalFriend
from storage.models.people import Account
from storage.unit import Unit
from tests.fakes.wecom import AES_KEY
from tests.fakes.wecom import WeCom as FarSide
from tests.fakes.wecom.callbacks import Delivery
from tests.fakes.wecom.externalcontact import Customers, External
from tests.fakes.wecom.screen import Shown as OnScreen
from tests.fakes.wecom.transfers import WAITING
from tests.settling import settle
from tests.stories.customers import Way
from tests.stories.phones import Phone, Shown, World

WEIGHTS = {1: Weight.MAIN, 2: Weight.NORMAL, 3: Weight.DROP}
NOTHING = "·nothing"


def settings_of(far: FarSide) -> WeCom:
    return WeCom(
        corp_id=far.company.corpid,
        agent_id=1000002,
        secret="app-secret",  # type: ignore[arg-type]
        token="callback-token",  # type: ignore[arg-type]
        aes_key=AES_KEY,  # type: ignore[arg-type]
        api_base=far.base,
    )


async def move_in(database: Database, platform: str = APP) -> None:
    """The company's people are on the platform first; their accounts of the page stay beside."""
    async with database.unit() as unit:
        for person in await unit.people.everybody():
            for each in await unit.people.accounts(person.id):
                address, at = each.address, each.created_at
                each.platform = platform
                await unit.add(each)
                await unit.add(Account(person_id=person.id, platform="local", address=address, created_at=at))
        # What was sent while the company was founded is sent there.
        moved = {"platform": platform, "lane": func.replace(col(Outgoing.lane), "local:", f"{platform}:")}
        await unit.session.exec(update(Outgoing).values(state="pending", begun=0, **moved))  # type: ignore[call-overload]
        await unit.session.exec(delete(Held))  # type: ignore[call-overload]
        for friend in await unit.session.exec(select(Friend)):
            friend.platform = APP
            await unit.add(friend)


@asynccontextmanager
async def connected(world: "WeComWorld", app: App, far: FarSide) -> AsyncIterator[None]:
    """The phones of the world are WeCom's from here on."""
    site = web.Application()
    site.add_routes(app.routes)
    async with TestServer(site) as server:
        for phone in world.phones.values():
            far.member(phone.address, phone.name)
        for each in await world.rows(LocalFriend):
            world.customers.connect(each.external_id, each.owner, each.wish)
        await far.saves_callback(str(server.make_url("/wecom/callback")))
        yield
        assert far.problems == []
        assert far.messages.dropped == []


class WeComWorld(World):
    """A world whose phones are WeCom's."""

    far: FarSide
    brought: dict[str, asyncio.Future[Delivery]]
    customers: "WeComCustomers"

    def phone(self, address: str, name: str) -> Phone:
        return self.phones.setdefault(address, WeComPhone(self, address, name))

    async def straight(self, kind: str, body: dict[str, Any]) -> None:
        """Over the wire: there is no other way in."""
        address = body["phone"]
        line = self.far.line
        match kind:
            case "say" if body.get("spoken"):
                # WeCom brings sound alone; this is what whoever listens to it hands in.
                head = inbound.Envelope(address, body["id"], self.now)
                await self.app.intake.put(_ours(Said(*_who(head), body["text"], spoken=True)))
            case "say":
                await self._say(address, body)
            case "join":
                await line.join(address)
            case "place":
                await line.place(address, body["name"])
            case "click":
                await self._click(address, body)
            case _:
                raise AssertionError(f"nobody does {kind} on WeCom")

    async def _say(self, address: str, body: dict[str, Any]) -> None:
        """The same message once more is the same callback once more, however many come at once."""
        known = self.brought.get(body["id"])
        if known is None:
            self.brought[body["id"]] = known = asyncio.ensure_future(
                self.far.line.text(address, body["text"])
            )
            await known
        else:
            await self.far.callbacks.deliver(await known)

    async def _click(self, address: str, body: dict[str, Any]) -> None:
        screen = self.far.line.screen(address)
        cards = [each for each in screen.bubbles if each.type == "template_card"]
        bubble = screen.bubble(body.get("message", 0)) or (cards[-1] if cards else None)
        fields = {"EventKey": body["action"], "TaskId": "gone-1", "CardType": "button_interaction"}
        if bubble is not None:
            sent = self.far.messages.sent[bubble.msgid]
            fields |= {"TaskId": sent.task_id, "ResponseCode": self.far.messages.new_code(sent).value}
        if body["picked"]:
            items = {"QuestionKey": "choice", "OptionIds": {"OptionId": body["picked"]}}
            fields["SelectedItems"] = {"SelectedItem": [items]}
        await self.far.line.event(address, "template_card_event", fields)

    async def receives(self, *updates: Update) -> None:
        await super().receives(*map(_ours, updates))

    async def settles(self) -> None:
        """Also until nothing waits for its turn: a phone is not written to faster than WeCom delivers."""
        while True:
            await settle(self.app)
            wait = await self._paced()
            if not wait:
                break
            self.clock._base.move(timedelta(seconds=wait))  # type: ignore[attr-defined]
        for phone in self.phones.values():
            await phone.looks()

    async def _paced(self) -> float:
        """Seconds until the next message that only waits for its turn."""
        async with self.app.database.reading() as unit:
            query = select(func.min(col(Outgoing.next_at))).where(
                Outgoing.state == "pending", col(Outgoing.error).startswith("等一等")
            )
            next_at = (await unit.session.exec(query)).one()
        return max((next_at - self.now).total_seconds(), 0.001) if next_at else 0.0

    async def moves(self, **delta: float) -> None:
        await self.app.scheduler.move(self.clock, timedelta(**delta))
        await self._meanwhile()

    async def _meanwhile(self) -> None:
        """What customers said of being handed over, and what a day has gone by for."""
        await self.customers.consider()
        await self.far.settle()
        await self.settles()


@dataclass
class WeComCustomers:
    """The customers of WeCom's side (`customers.FarCustomers`)."""

    world: WeComWorld
    platform: str = APP
    wishes: dict[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str], External] = field(default_factory=dict)

    @property
    def _all(self) -> Customers:
        return self.world.far.customers

    async def ways(self) -> list[Way]:
        return [Way(each.fields["state"], each.fields["user"][0]) for each in self._all.ways.values()]

    async def adds(self, way: Way, name: str, phone: str) -> str:
        """What the rep notes of him is there when we look."""
        config = next(each.id for each in self._all.ways.values() if each.fields["state"] == way.state)
        who: str | External = self.known.get((name, phone), name)
        async with self.world.far.callbacks.holding():
            external = await self.world.far.befriends(way.owner, who, way=config)
            follow = self._all.follow(way.owner, external.id)
            assert follow is not None
            follow.mobiles = [phone] if phone else []
        self.known[name, phone] = external
        return external.id

    async def drops(self, external: str, owner: str) -> None:
        await self.world.far.is_dropped(owner, self._all.externals[external])

    async def letters(self, external: str) -> list[Letter]:
        return [self._letter(each) for each in self._all.externals[external].welcomes]

    def _letter(self, body: dict[str, Any]) -> Letter:
        (link,) = [each["link"] for each in body["attachments"]]
        welcome = self._all.welcomes[body["welcome_code"]]
        path = link["url"].removeprefix(self.world.app.settings.public_url)
        return Letter(body["text"]["content"], link["title"], path, welcome.member, welcome.at)

    def connect(self, external: str, owner: str, wish: str) -> None:
        self._all.externals[external] = External(external, external)
        self._all.connect(self.world.far.company.member(owner), self._all.externals[external])
        self.wishes[external] = wish

    async def befriend(self, _: Unit, external: str, owner: str, wish: str) -> None:
        self.connect(external, owner, wish)

    async def contacts_of(self, owner: str) -> set[str]:
        return {each.external for each in self._all.of(owner)}

    async def consider(self) -> None:
        """Those who were asked answer; whose successor's list is full finds that out at the end."""
        waiting = [each for each in self.world.far.transfers.all if each.status == WAITING]
        for each in waiting:
            if self.wishes.get(each.external) == "no":
                await self.world.far.refuses(self._all.externals[each.external])
        full = sum(self.wishes.get(each.external) == "full" for each in waiting)
        for name in {each.takeover for each in waiting if full}:
            taker = self.world.far.company.member(name)
            coming = sum(each.takeover == name and each.status == WAITING for each in waiting)
            taker.customer_limit = taker.customer_limit or len(self._all.of(name)) + coming - full

    def away(self, times: int) -> Callable[[], int]:
        path = "externalcontact/transfer_customer"
        self.world.far.goes_wrong(path, status=502, times=times)
        return lambda: self.world.far.count(path)

    async def leaves(self, phone: Phone) -> None:
        self.world.far.callbacks.copies = 2
        await self.world.far.leaves(phone.address)
        self.world.far.callbacks.copies = 1
        await self.world.settles()


class WeComPhone(Phone):
    """What stands in a member's chat with the app, read back into cards."""

    async def looks(self) -> None:
        world = self.world
        assert isinstance(world, WeComWorld)
        history = world.far.line.screen(self.address).history
        self.news = [await self._read(each) for each in history[len(self.history) :]]
        self.history += self.news

    async def _read(self, shown: OnScreen) -> Shown:
        if shown.type == "image":
            return Shown(shown.id, shown.revision, await self._pictured())
        if shown.template is None:
            return Shown(shown.id, shown.revision, None, shown.text)
        return Shown(shown.id, shown.revision, card_of(shown.content, await self._kind(shown.title)))

    async def _kind(self, title: str) -> str:
        """What kind of card it was when we sent it; WeCom keeps no such thing."""
        return next((each.kind for each in await self._sent() if each.title == title), "?")

    async def _pictured(self) -> Card | None:
        """A picture message that we sent for a card with nothing else on it; None: a file of ours."""
        newest = next(iter(await self._sent()), None)
        return newest if newest is not None and is_picture(newest) else None

    async def _sent(self) -> list[Card]:
        """The cards for this phone, the newest first."""
        async with self.world.app.database.reading() as unit:
            mine = (Outgoing.address == self.address, col(Outgoing.kind).in_(("post", "replace")))
            rows = await unit.session.exec(select(Outgoing).where(*mine).order_by(col(Outgoing.id).desc()))
            return [load(each.content) for each in rows]


def card_of(drawn: dict[str, Any], kind: str) -> Card:
    """A template card as one of ours: what stands on it, and nothing that does not."""
    title, words = drawn["main_title"], drawn.get("sub_title_text", "").split("\n")
    quote = drawn.get("quote_area", {}).get("quote_text", "")
    return Card(
        kind,
        title["title"],
        subtitle=title.get("desc", ""),
        flag=drawn.get("source", {}).get("desc", ""),
        lines=tuple(
            Line(each["keyname"], each["value"], link=each.get("url", ""))
            for each in drawn.get("horizontal_content_list", ())
        ),
        quote=Quote(quote) if quote else None,
        picture=_picture(drawn),
        body=words[0],
        footer="\n".join(words[1:]),
        choice=_choice(drawn),
        buttons=_buttons(drawn),
        menu=tuple(
            Button(each["text"], action(each["key"]))
            for each in drawn.get("action_menu", {}).get("action_list", ())
        ),
    )


def _picture(drawn: dict[str, Any]) -> Picture | None:
    """As part of the card, or behind a line of its own."""
    lines = drawn.get("horizontal_content_list", ())
    found = [each["url"] for each in lines if each["keyname"] == "看图" and each.get("url")]
    found += [image["url"]] if (image := drawn.get("card_image")) else []
    return Picture(found[0], "") if found else None


def _buttons(drawn: dict[str, Any]) -> tuple[Button, ...]:
    if submit := drawn.get("submit_button"):
        return (Button(submit["text"], action(submit["key"]), Weight.MAIN),)
    made = [
        Button(each["text"], action(each.get("key", "")), WEIGHTS[each["style"]], each.get("url", ""))
        for each in drawn.get("button_list", ())
    ]
    return (*made, *(Button(each["title"], link=each["url"]) for each in drawn.get("jump_list", ())))


def _choice(drawn: dict[str, Any]) -> Choice | None:
    block = drawn.get("button_selection") or drawn.get("checkbox")
    if not block:
        return None
    offered = [each for each in block["option_list"] if each["id"] != NOTHING]
    options = tuple(Option(each["id"], each["text"]) for each in offered)
    return Choice(block.get("title", "选"), options, several="checkbox" in drawn)


def _who(head: inbound.Envelope) -> tuple[str, Sender, str, Any]:
    return head.update_id, head.sender, head.lane, head.at


def _ours(told: Update) -> Update:
    """As WeCom would have brought it."""
    sender = getattr(told, "sender", None)
    if sender is None:
        return told
    mine: Callable[..., Update] = replace
    return mine(told, sender=Sender(APP, sender.address), lane=f"{APP}:{sender.address}")
