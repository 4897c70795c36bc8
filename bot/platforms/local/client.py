"""The local platform's way out: a message is in the phone's memory before it counts as sent."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.platforms import GiveUp, Spent, TransferAnswer, TransferOrder, TransferState
from bot.platforms.local import render
from bot.platforms.local.hub import Hub
from handlers.kernel.contacts import LookOrder, Stranger, Way, WayOrder, WelcomeOrder
from storage.database import Database
from storage.local import LocalPhones
from storage.models.engine import Held, Outgoing
from storage.models.local import LocalMessage, LocalWay

CONSIDERS = timedelta(hours=24)
"""So long a customer who is handed over may say no, as on WeCom."""
_WISHES = {"no": TransferState.REFUSED, "full": TransferState.FULL}


CUSTOMERS = "/play/wechat"
"""The page of the played customers."""


class LocalPlatform:
    """The `Platform` of the phones in this database. It knows once-only keys, so a re-send is a no-op."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub

    async def post(self, message: Outgoing) -> str:
        return await self._put(message, "card")

    async def text(self, message: Outgoing) -> str:
        return await self._put(message, "text")

    async def file(self, message: Outgoing) -> str:
        return await self._put(message, message.kind)

    async def replace(self, message: Outgoing, held: Held) -> str | None:
        if not held.ref.isdigit():
            return None
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            before = await phones.get(int(held.ref))
            if before is None or before.address != message.address:
                return None
            row = await phones.replace(int(held.ref), "card", message.content)
        assert row is not None
        self._tell(row)
        return held.ref

    async def contact_way(self, order: WayOrder, at: datetime) -> Way:
        """A code that the page of the played customers can scan."""
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            await phones.put_way(LocalWay(state=order.state, owner=order.owner, at=at))
        return Way(f"{CUSTOMERS}/{order.state}.svg", f"{CUSTOMERS}/{order.state}", order.state)

    async def welcome(self, order: WelcomeOrder, at: datetime) -> None:
        """Into the played customer's chat, once and in time, as strict as WeCom."""
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            stranger = await phones.stranger(order.external)
            if stranger is None or stranger.code_until is None or not order.code:
                raise GiveUp("没有这位客户")
            if stranger.code != order.code or at > stranger.code_until:
                raise GiveUp("欢迎语的凭证不对，或过了 20 秒")
            if stranger.code_used:
                raise Spent("欢迎语的凭证用过了")
            stranger.code_used = True
            await phones.add(stranger)
            await phones.put(_welcome(order, at))
        self._hub.stir()

    async def look(self, order: LookOrder) -> Stranger:
        async with self._database.reading() as unit:
            found = await LocalPhones(unit.session).stranger(order.external)
        if found is None:
            return Stranger("")
        return Stranger(found.name, (found.phone,) if found.phone else ())

    async def transfer(self, order: TransferOrder, at: datetime) -> Sequence[TransferAnswer]:
        """Asks the played customers; each thinks it over for a day."""
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            return [await self._begin(phones, order, each, at) for each in order.externals]

    async def transfer_result(self, order: TransferOrder, at: datetime) -> Sequence[TransferAnswer]:
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            return [await self._stands(phones, order, each, at) for each in order.externals]

    async def _begin(
        self, phones: LocalPhones, order: TransferOrder, external: str, at: datetime
    ) -> TransferAnswer:
        friend = await phones.friend(external, order.giver)
        if friend is None:
            return TransferAnswer(external, TransferState.ABSENT)
        asked = friend.asked_at
        if asked is None or asked + CONSIDERS <= at:
            friend.taker, friend.asked_at = order.taker, at
            friend.turns += 1
            await phones.add(friend)
        elif friend.taker != order.taker:
            return TransferAnswer(external, TransferState.RUNNING, asked + CONSIDERS)
        return TransferAnswer(external, TransferState.WAITING, (friend.asked_at or at) + CONSIDERS)

    async def _stands(
        self, phones: LocalPhones, order: TransferOrder, external: str, at: datetime
    ) -> TransferAnswer:
        if await phones.friend(external, order.taker) is not None:
            return TransferAnswer(external, TransferState.DONE)
        friend = await phones.friend(external, order.giver)
        if friend is None or friend.asked_at is None:
            return TransferAnswer(external, TransferState.ABSENT)
        if at < friend.asked_at + CONSIDERS:
            return TransferAnswer(external, TransferState.WAITING, friend.asked_at + CONSIDERS)
        state = _WISHES.get(friend.wish, TransferState.DONE)
        if state is TransferState.DONE:  # the day is over, and he goes along
            friend.owner, friend.taker, friend.asked_at = order.taker, None, None
            await phones.add(friend)
        return TransferAnswer(external, state)

    async def _put(self, message: Outgoing, kind: str) -> str:
        new = LocalMessage(
            key=f"out:{message.key}",
            address=message.address,
            direction="out",
            kind=kind,
            content=message.content,
            thread=message.thread,
            at=message.created_at,
        )
        async with self._database.unit() as unit:
            row = await LocalPhones(unit.session).put(new)
        self._tell(row)
        return str(row.id)

    def _tell(self, row: LocalMessage) -> None:
        self._hub.tell({"type": "message", "message": render.message(row)})
        # What is said to a person was decided with facts, and those are in the archive by now.
        self._hub.stir()


def _welcome(order: WelcomeOrder, at: datetime) -> LocalMessage:
    """The words and their link, as a message on the customer's own phone."""
    told = {"text": order.text, "title": order.title, "link": order.link, "from": order.owner}
    return LocalMessage(
        key=f"welcome:{order.code}",
        address=order.external,
        direction="out",
        kind="welcome",
        content=json.dumps(told, ensure_ascii=False),
        at=at,
    )
