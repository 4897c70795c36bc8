"""Changes of the archive as before and after, and the approvals that some of them wait for."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, or_, select

from storage.models.changes import Approval, Change
from storage.repository import Repository


class Changes(Repository):
    async def get(self, change_id: int) -> Change | None:
        return await self.locked(Change, change_id)

    async def of_batch(self, batch: str) -> Sequence[Change]:
        """In the order in which they were made."""
        found = await self.session.exec(
            select(Change).where(col(Change.batch) == batch).order_by(col(Change.id))
        )
        return found.all()

    async def waiting(self, subject: str, subject_id: int, field: str) -> Change | None:
        found = await self.session.exec(
            select(Change).where(
                col(Change.subject) == subject,
                col(Change.subject_id) == subject_id,
                col(Change.field) == field,
                col(Change.state) == "waiting",
            )
        )
        return found.first()

    async def newest(self, subject: str, subject_id: int, field: str) -> Change | None:
        """The last change of one field that still holds."""
        found = await self.session.exec(
            select(Change)
            .where(
                col(Change.subject) == subject,
                col(Change.subject_id) == subject_id,
                col(Change.field) == field,
                col(Change.state) == "done",
            )
            .order_by(col(Change.id).desc())
        )
        return found.first()

    async def last_asked(self, subject: str, subject_id: int, field: str, person_id: int) -> Approval | None:
        """The newest approval that a person asked for one field."""
        found = await self.session.exec(
            select(Approval)
            .join(Change, col(Change.id) == col(Approval.change_id))
            .where(
                col(Change.subject) == subject,
                col(Change.subject_id) == subject_id,
                col(Change.field) == field,
                col(Approval.person_id) == person_id,
            )
            .order_by(col(Approval.id).desc())
            .limit(1)
        )
        return found.first()

    async def approval(self, approval_id: int) -> Approval | None:
        return await self.locked(Approval, approval_id)

    async def approval_of(self, change_id: int) -> Approval | None:
        found = await self.session.exec(select(Approval).where(col(Approval.change_id) == change_id))
        return found.first()

    async def overdue(self, at: datetime) -> Sequence[Approval]:
        found = await self.session.exec(
            select(Approval).where(col(Approval.state) == "waiting", col(Approval.expires_at) <= at)
        )
        return found.all()

    async def asked_before(self, before: datetime) -> Sequence[Approval]:
        """What has waited since before the instant."""
        found = await self.session.exec(
            select(Approval).where(col(Approval.state) == "waiting", col(Approval.created_at) <= before)
        )
        return found.all()

    async def pending_for(self, approver_id: int) -> Sequence[Approval]:
        """What waits for a person, as the one asked first or as his deputy; oldest first."""
        found = await self.session.exec(
            select(Approval)
            .where(
                col(Approval.state) == "waiting",
                or_(col(Approval.approver_id) == approver_id, col(Approval.deputy_id) == approver_id),
            )
            .order_by(col(Approval.id))
        )
        return found.all()

    async def undecided_since(self, before: datetime) -> Sequence[Approval]:
        """What was asked before the instant, still waits, and nobody else was asked for yet."""
        found = await self.session.exec(
            select(Approval)
            .where(
                col(Approval.state) == "waiting",
                col(Approval.deputy_id).is_(None),
                col(Approval.created_at) <= before,
            )
            .order_by(col(Approval.id))
        )
        return found.all()
