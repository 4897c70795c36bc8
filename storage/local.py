"""The memory of the local platform's phones."""

from collections.abc import Sequence

from sqlmodel import col, select

from storage.dialect import insert
from storage.models.local import LocalFriend, LocalMessage, LocalStranger, LocalWay
from storage.repository import Repository


class LocalPhones(Repository):
    """Chats by the address of the phone that holds them."""

    async def put(self, message: LocalMessage) -> LocalMessage:
        """Keeps the message unless its key is known; the row that the phone now holds."""
        await self.session.exec(
            insert(self.session, LocalMessage)
            .values(**message.model_dump(exclude={"id"}))
            .on_conflict_do_nothing(index_elements=["key"])
        )
        held = await self.keyed(message.key)
        assert held is not None
        return held

    async def replace(self, message_id: int, kind: str, content: str) -> LocalMessage | None:
        """Puts new content in the place of the old; the same content again changes nothing."""
        found = await self.session.exec(
            select(LocalMessage).where(col(LocalMessage.id) == message_id).with_for_update()
        )
        held = found.first()
        if held is None or (held.kind, held.content) == (kind, content):
            return held
        held.kind, held.content, held.revision = kind, content, held.revision + 1
        return await self.add(held)

    async def get(self, message_id: int) -> LocalMessage | None:
        return await self.session.get(LocalMessage, message_id)

    async def friend(self, external_id: str, owner: str) -> LocalFriend | None:
        """The played customer, where he is a contact of the phone's owner."""
        found = await self.session.exec(
            select(LocalFriend)
            .where(col(LocalFriend.external_id) == external_id, col(LocalFriend.owner) == owner)
            .with_for_update()
        )
        return found.first()

    async def owners(self, external_id: str) -> Sequence[str]:
        """The phones whose contact the played customer is."""
        found = await self.session.exec(
            select(LocalFriend.owner).where(col(LocalFriend.external_id) == external_id)
        )
        return found.all()

    async def way(self, state: str) -> LocalWay | None:
        """The code that carries the state."""
        return (await self.session.exec(select(LocalWay).where(col(LocalWay.state) == state))).first()

    async def put_way(self, way: LocalWay) -> LocalWay:
        """Keeps a code; the one that is there where its state is known."""
        return await self.way(way.state) or await self.add(way)

    async def stranger(self, external_id: str) -> LocalStranger | None:
        """A played customer, held until this transaction ends."""
        found = await self.session.exec(
            select(LocalStranger).where(col(LocalStranger.external_id) == external_id).with_for_update()
        )
        return found.first()

    async def strangers(self) -> Sequence[LocalStranger]:
        """All played customers, the newest first."""
        return (await self.session.exec(select(LocalStranger).order_by(col(LocalStranger.id).desc()))).all()

    async def keyed(self, key: str) -> LocalMessage | None:
        found = await self.session.exec(select(LocalMessage).where(col(LocalMessage.key) == key))
        return found.first()

    async def chat(self, address: str, limit: int = 50) -> Sequence[LocalMessage]:
        """The phone's newest messages, oldest first."""
        found = await self.session.exec(
            select(LocalMessage)
            .where(col(LocalMessage.address) == address)
            .order_by(col(LocalMessage.id).desc())
            .limit(limit)
        )
        return tuple(reversed(found.all()))
