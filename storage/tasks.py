"""What is to be done, and when it is due to be spoken of."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import col, or_, select

from storage.models.tasks import Task
from storage.people import Scope
from storage.repository import Repository


class Tasks(Repository):
    async def get(self, task_id: int) -> Task | None:
        """The task, unless what made it was taken back."""
        found = await self.locked(Task, task_id)
        return found if found is not None and found.removed_at is None else None

    async def due(self, at: datetime, *, asked_only: bool = False, limit: int = 200) -> Sequence[Task]:
        """Open tasks whose moment has come and that were not spoken of since it came.

        `asked_only`: those that somebody asked to be reminded of.
        """
        found = await self.session.exec(
            select(Task)
            .where(
                *((col(Task.kind) == "reminder",) if asked_only else ()),
                col(Task.state) == "open",
                col(Task.removed_at).is_(None),
                col(Task.remind_at) <= at,
                or_(col(Task.reminded_at).is_(None), col(Task.reminded_at) < col(Task.remind_at)),
            )
            .order_by(col(Task.remind_at), col(Task.id))
            .limit(limit)
        )
        return found.all()

    async def open_of(
        self, person_id: int, until: date | None = None, spoken_before: datetime | None = None
    ) -> Sequence[Task]:
        """A person's open tasks up to a day, the soonest first; what has no day, or no hour, last.

        `spoken_before`: also those whose moment to be spoken of lies before the instant.
        """
        query = select(Task).where(
            col(Task.person_id) == person_id, col(Task.state) == "open", col(Task.removed_at).is_(None)
        )
        if until is not None:
            early = (col(Task.remind_at) < spoken_before,) if spoken_before is not None else ()
            query = query.where(or_(col(Task.day) <= until, *early))
        # The two databases disagree on where NULL comes.
        query = query.order_by(
            col(Task.day).is_(None), col(Task.day), col(Task.hour).is_(None), col(Task.hour), col(Task.id)
        )
        return (await self.session.exec(query)).all()

    async def open_for(self, customer_id: int) -> Sequence[Task]:
        found = await self.session.exec(
            select(Task)
            .where(
                col(Task.customer_id) == customer_id,
                col(Task.state) == "open",
                col(Task.removed_at).is_(None),
            )
            .order_by(col(Task.day).is_(None), col(Task.day), col(Task.id))
        )
        return found.all()

    async def done_for(self, customer_id: int, limit: int = 20) -> Sequence[Task]:
        """What was done for a customer, the newest first."""
        found = await self.session.exec(
            select(Task)
            .where(
                col(Task.customer_id) == customer_id,
                col(Task.state) == "done",
                col(Task.removed_at).is_(None),
            )
            .order_by(col(Task.done_at).desc(), col(Task.id).desc())
            .limit(limit)
        )
        return found.all()

    async def plans_on(self, person_id: int, day: date) -> Sequence[Task]:
        """Visits that a person planned for the day and that are still open, by the hour."""
        found = await self.session.exec(
            select(Task)
            .where(
                col(Task.person_id) == person_id,
                col(Task.kind) == "plan",
                col(Task.day) == day,
                col(Task.customer_id).is_not(None),
                col(Task.state) == "open",
                col(Task.removed_at).is_(None),
            )
            .order_by(col(Task.hour).is_(None), col(Task.hour), col(Task.id))
        )
        return found.all()

    async def plans_for(self, customer_id: int, person_id: int, until: date) -> Sequence[Task]:
        """Plans of a person for a customer up to the day, still open."""
        found = await self.session.exec(
            select(Task)
            .where(
                col(Task.customer_id) == customer_id,
                col(Task.person_id) == person_id,
                col(Task.kind) == "plan",
                col(Task.day) <= until,
                col(Task.state) == "open",
                col(Task.removed_at).is_(None),
            )
            .order_by(col(Task.id))
        )
        return found.all()

    async def of_visit(self, visit_id: int) -> Sequence[Task]:
        found = await self.session.exec(
            select(Task)
            .where(col(Task.visit_id) == visit_id, col(Task.removed_at).is_(None))
            .order_by(col(Task.id))
        )
        return found.all()

    async def of_note(self, note_id: int) -> Sequence[Task]:
        found = await self.session.exec(
            select(Task)
            .where(col(Task.note_id) == note_id, col(Task.removed_at).is_(None))
            .order_by(col(Task.id))
        )
        return found.all()

    async def noted_by(self, person_id: int, since: datetime) -> Sequence[Task]:
        """A person's tasks that were noted since the instant, newest first."""
        found = await self.session.exec(
            select(Task)
            .where(
                col(Task.person_id) == person_id, col(Task.said_at) >= since, col(Task.removed_at).is_(None)
            )
            .order_by(col(Task.said_at).desc(), col(Task.id).desc())
        )
        return found.all()

    async def within(self, scope: Scope, limit: int = 200) -> Sequence[Task]:
        query = select(Task).where(col(Task.removed_at).is_(None))
        if scope.owners is not None:
            query = query.where(col(Task.person_id).in_(scope.owners))
        return (await self.session.exec(query.order_by(col(Task.id).desc()).limit(limit))).all()
