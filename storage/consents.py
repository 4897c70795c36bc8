"""What customers allowed and took back; only ever added to."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, or_, select

from storage.dialect import insert
from storage.models.consents import Consent, ConsentText
from storage.models.migration import Newcomer
from storage.repository import Repository


class Consents(Repository):
    async def of_contact(self, contact_id: int) -> Sequence[Consent]:
        """All answers of a person of the archive, oldest first, by whichever rep he gave them."""
        as_newcomer = select(Newcomer.id).where(col(Newcomer.contact_id) == contact_id)
        found = await self.session.exec(
            select(Consent)
            .where(or_(col(Consent.contact_id) == contact_id, col(Consent.newcomer_id).in_(as_newcomer)))
            .order_by(col(Consent.id))
        )
        return found.all()

    async def of_newcomer(self, newcomer: Newcomer) -> Sequence[Consent]:
        """Likewise of somebody who added a rep, bound or not."""
        if newcomer.contact_id is not None and newcomer.state == "bound":
            return await self.of_contact(newcomer.contact_id)
        found = await self.session.exec(
            select(Consent).where(col(Consent.newcomer_id) == newcomer.id).order_by(col(Consent.id))
        )
        return found.all()

    async def keep_text(self, version: str, text: str, at: datetime) -> None:
        """Keeps the words of a version, once."""
        new = insert(self.session, ConsentText).values(version=version, text=text, first_shown_at=at)
        await self.session.exec(
            new.on_conflict_do_nothing(index_elements=["version"]),
            execution_options={"unaudited": "words of a version; nothing of a person"},
        )

    async def text(self, version: str) -> str | None:
        found = await self.session.exec(select(ConsentText.text).where(col(ConsentText.version) == version))
        return found.first()
