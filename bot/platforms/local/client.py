"""The local platform's way out: a message is in the phone's memory before it counts as sent."""

from bot.platforms.local import render
from bot.platforms.local.hub import Hub
from storage.database import Database
from storage.local import LocalPhones
from storage.models.engine import Held, Outgoing
from storage.models.local import LocalMessage


class LocalPlatform:
    """The `Platform` of the phones in this database. It knows once-only keys, so a re-send is a no-op."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub

    async def post(self, message: Outgoing) -> str:
        return await self._put(message, "card")

    async def text(self, message: Outgoing) -> str:
        return await self._put(message, "text")

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
