"""What was said, as it was received."""

from datetime import datetime

from sqlmodel import col, select

from storage.models.visits import SaidNote, StoredFile
from storage.repository import Repository


class Notes(Repository):
    async def get(self, note_id: int) -> SaidNote | None:
        return await self.session.get(SaidNote, note_id)

    async def one(self, note_id: int) -> SaidNote:
        """The note of an id that a foreign key vouches for."""
        return await self.session.get_one(SaidNote, note_id)

    async def of_update(self, update_id: str) -> SaidNote | None:
        found = await self.session.exec(select(SaidNote).where(col(SaidNote.update_id) == update_id))
        return found.first()

    async def stored(self, key: str) -> StoredFile | None:
        """The file of a key, unless it was forgotten."""
        found = await self.session.exec(
            select(StoredFile).where(col(StoredFile.key) == key, col(StoredFile.removed_at).is_(None))
        )
        return found.first()

    async def loose_file(self, person_id: int, since: datetime) -> StoredFile | None:
        """The newest picture or file of a person since the instant that hangs on nothing."""
        found = await self.session.exec(
            select(StoredFile)
            .where(
                col(StoredFile.person_id) == person_id,
                col(StoredFile.kind).in_(("image", "file")),
                col(StoredFile.customer_id).is_(None),
                col(StoredFile.visit_id).is_(None),
                col(StoredFile.at) >= since,
                col(StoredFile.removed_at).is_(None),
            )
            .order_by(col(StoredFile.id).desc())
        )
        return found.first()

    async def file(self, file_id: int) -> StoredFile | None:
        return await self.session.get(StoredFile, file_id)
