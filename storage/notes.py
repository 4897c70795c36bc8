"""What was said, as it was received."""

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

    async def file(self, file_id: int) -> StoredFile | None:
        return await self.session.get(StoredFile, file_id)
