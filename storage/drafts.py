"""Drafts: what was understood, waiting for a tap."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from storage.models.visits import Draft, SaidNote
from storage.repository import Repository

OPEN = ("open", "kept")
"""States in which a draft still waits; 放着 only rests."""


class Drafts(Repository):
    async def get(self, draft_id: int) -> Draft | None:
        return await self.locked(Draft, draft_id)

    async def of_note(self, note_id: int) -> Sequence[Draft]:
        found = await self.session.exec(
            select(Draft).where(col(Draft.note_id) == note_id).order_by(col(Draft.position))
        )
        return found.all()

    async def waiting(self, person_id: int) -> Sequence[Draft]:
        """A person's open drafts of visits and facts, newest first."""
        found = await self.session.exec(
            select(Draft)
            .where(
                col(Draft.person_id) == person_id,
                col(Draft.state).in_(OPEN),
                col(Draft.kind).in_(("visit", "facts")),
            )
            .order_by(col(Draft.id).desc())
        )
        return found.all()

    async def saved_between(self, since: datetime, until: datetime) -> Sequence[Draft]:
        """Records of notes, whoever's, that were saved in the half-open time and still hold."""
        found = await self.session.exec(
            select(Draft)
            .join(SaidNote, col(SaidNote.id) == col(Draft.note_id))
            .where(
                col(Draft.state) == "saved",
                col(Draft.kind).in_(("visit", "facts")),
                col(SaidNote.kind) == "note",
                col(Draft.closed_at) >= since,
                col(Draft.closed_at) < until,
            )
        )
        return found.all()

    async def corrections_since(self, since: datetime) -> Sequence[Draft]:
        """Everybody's corrections since the instant that hold."""
        found = await self.session.exec(
            select(Draft).where(
                col(Draft.kind) == "correction", col(Draft.state) == "saved", col(Draft.created_at) >= since
            )
        )
        return found.all()

    async def newest_of(self, person_id: int, kind: str) -> Draft | None:
        """A person's newest open draft of a kind."""
        found = await self.session.exec(
            select(Draft)
            .where(col(Draft.person_id) == person_id, col(Draft.kind) == kind, col(Draft.state) == "open")
            .order_by(col(Draft.id).desc())
        )
        return found.first()

    async def left_since(self, before: datetime) -> Sequence[Draft]:
        """Open drafts that were made before the instant, oldest first."""
        found = await self.session.exec(
            select(Draft)
            .where(col(Draft.state).in_(OPEN), col(Draft.created_at) < before)
            .order_by(col(Draft.id))
        )
        return found.all()

    async def dropped_before(self, before: datetime) -> Sequence[Draft]:
        """Drafts that were dropped before the instant and whose words are still there."""
        found = await self.session.exec(
            select(Draft)
            .where(col(Draft.state) == "dropped", col(Draft.closed_at) < before)
            .order_by(col(Draft.id))
        )
        return found.all()

    async def corrections_of(self, person_id: int, since: datetime) -> Sequence[Draft]:
        """Corrections that a person made since the instant and that hold, newest first."""
        found = await self.session.exec(
            select(Draft)
            .where(
                col(Draft.person_id) == person_id,
                col(Draft.kind) == "correction",
                col(Draft.state) == "saved",
                col(Draft.created_at) >= since,
            )
            .order_by(col(Draft.id).desc())
        )
        return found.all()
