"""The stories' company on WeCom: what is said goes by callbacks, what is read comes by message/send."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlmodel import col, delete, func, select, update

from bot.app import App
from bot.platforms.local import inbound
from bot.platforms.wecom import APP
from bot.platforms.wecom.inbound import action
from cards.model import Button, Card, Choice, Line, Option, Quote, Weight, load
from config.settings import WeCom
from handlers.kernel.update import Said, Sender, Update
from storage.database import Database
from storage.models.engine import Held, Outgoing
from storage.models.people import Account
from tests.fakes.wecom import AES_KEY
from tests.fakes.wecom import WeCom as FarSide
from tests.fakes.wecom.callbacks import Delivery
from tests.fakes.wecom.screen import Shown as OnScreen
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


@asynccontextmanager
async def connected(world: World, app: App, far: FarSide) -> AsyncIterator[None]:
    """The phones of the world are WeCom's from here on."""
    site = web.Application()
    site.add_routes(app.routes)
    async with TestServer(site) as server:
        for phone in world.phones.values():
            far.member(phone.address, phone.name)
        await far.saves_callback(str(server.make_url("/wecom/callback")))
        yield
        assert far.problems == []
        assert far.messages.dropped == []


class WeComWorld(World):
    """A world whose phones are WeCom's."""

    far: FarSide
    brought: dict[str, asyncio.Future[Delivery]]

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
            while await self.app.worker.once() or await self.app.sender.once():
                pass
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


class WeComPhone(Phone):
    """What stands in a member's chat with the app, read back into cards."""

    async def looks(self) -> None:
        world = self.world
        assert isinstance(world, WeComWorld)
        history = world.far.line.screen(self.address).history
        self.news = [await self._read(each) for each in history[len(self.history) :]]
        self.history += self.news

    async def _read(self, shown: OnScreen) -> Shown:
        if shown.template is None:
            return Shown(shown.id, shown.revision, None, shown.text)
        return Shown(shown.id, shown.revision, card_of(shown.content, await self._kind(shown.title)))

    async def _kind(self, title: str) -> str:
        """What kind of card it was when we sent it; WeCom keeps no such thing."""
        async with self.world.app.database.reading() as unit:
            mine = (Outgoing.address == self.address, col(Outgoing.kind) != "text")
            rows = await unit.session.exec(select(Outgoing).where(*mine).order_by(col(Outgoing.id).desc()))
            cards = [load(each.content) for each in rows]
        return next((each.kind for each in cards if each.title == title), "?")


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
        body=words[0],
        footer="\n".join(words[1:]),
        choice=_choice(drawn),
        buttons=_buttons(drawn),
        menu=tuple(
            Button(each["text"], action(each["key"]))
            for each in drawn.get("action_menu", {}).get("action_list", ())
        ),
    )


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
