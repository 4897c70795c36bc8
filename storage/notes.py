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

    async def last_file(self, person_id: int, kind: str) -> StoredFile | None:
        found = await self.session.exec(
            select(StoredFile)
            .where(
                col(StoredFile.person_id) == person_id,
                col(StoredFile.kind) == kind,
                col(StoredFile.removed_at).is_(None),
            )
            .order_by(col(StoredFile.at).desc())
        )
        return found.first()
