"""Filed visits and who was met on them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import col, func, select

from storage.models.customers import Contact, Customer
from storage.models.visits import Meeting, Visit
from storage.people import Scope
from storage.repository import Repository


class Visits(Repository):
    async def get(self, visit_id: int) -> Visit | None:
        """The visit, taken back or not."""
        return await self.locked(Visit, visit_id)

    async def of_draft(self, draft_id: int) -> Visit | None:
        return (await self.session.exec(select(Visit).where(col(Visit.draft_id) == draft_id))).first()

    async def met(self, visit_id: int) -> Sequence[tuple[Meeting, Contact]]:
        """Who was met, in the order in which the note names them."""
        found = await self.session.exec(
            select(Meeting, Contact)
            .join(Contact, col(Meeting.contact_id) == col(Contact.id))
            .where(col(Meeting.visit_id) == visit_id, col(Meeting.removed_at).is_(None))
            .order_by(col(Meeting.id))
        )
        return found.all()

    async def of_customer(self, customer_id: int, limit: int = 100) -> Sequence[Visit]:
        """Visits and told facts that hold, newest first."""
        found = await self.session.exec(
            select(Visit)
            .where(
                col(Visit.customer_id) == customer_id,
                col(Visit.removed_at).is_(None),
                col(Visit.voided_at).is_(None),
            )
            .order_by(col(Visit.day).desc(), col(Visit.id).desc())
            .limit(limit)
        )
        return found.all()

    async def latest_contact(self, customer_id: int) -> Visit | None:
        """The newest contact with a customer that holds; None where there was none."""
        found = await self.session.exec(
            select(Visit)
            .where(
                col(Visit.customer_id) == customer_id,
                col(Visit.kind) == "visit",
                col(Visit.removed_at).is_(None),
                col(Visit.voided_at).is_(None),
            )
            .order_by(col(Visit.day).desc(), col(Visit.hour).is_(None), col(Visit.hour).desc())
            .limit(1)
        )
        return found.first()

    async def count_since(self, customer_id: int, since: date) -> int:
        """Contacts with a customer from the day on."""
        found = await self.session.exec(
            select(func.count())
            .select_from(Visit)
            .where(
                col(Visit.customer_id) == customer_id,
                col(Visit.kind) == "visit",
                col(Visit.day) >= since,
                col(Visit.removed_at).is_(None),
                col(Visit.voided_at).is_(None),
            )
        )
        return found.one()

    async def count_with(self, contact_id: int) -> int:
        """How often a contact was met or spoken to."""
        count = (
            select(func.count())
            .select_from(Meeting)
            .join(Visit, col(Visit.id) == col(Meeting.visit_id))
            .where(
                col(Meeting.contact_id) == contact_id,
                col(Meeting.removed_at).is_(None),
                col(Visit.removed_at).is_(None),
                col(Visit.voided_at).is_(None),
            )
        )
        return (await self.session.exec(count)).one()

    async def has_filed(self, person_id: int) -> bool:
        """Whether a person ever filed one."""
        found = await self.session.exec(select(Visit.id).where(col(Visit.person_id) == person_id).limit(1))
        return found.first() is not None

    async def filed_by(self, person_id: int, since: datetime) -> Sequence[Visit]:
        """What a person filed since the instant and that still holds, newest first."""
        found = await self.session.exec(
            select(Visit)
            .where(
                col(Visit.person_id) == person_id,
                col(Visit.filed_at) >= since,
                col(Visit.removed_at).is_(None),
                col(Visit.voided_at).is_(None),
            )
            .order_by(col(Visit.filed_at).desc(), col(Visit.id).desc())
        )
        return found.all()

    async def within(
        self, scope: Scope, since: date | None = None, until: date | None = None, limit: int | None = None
    ) -> Sequence[tuple[Visit, Customer]]:
        """Visits to customers in scope, newest first, with the customer of each."""
        query = (
            select(Visit, Customer)
            .join(Customer, col(Customer.id) == col(Visit.customer_id))
            .where(
                col(Visit.removed_at).is_(None),
                col(Visit.voided_at).is_(None),
                col(Customer.removed_at).is_(None),
            )
        )
        if scope.owners is not None:
            query = query.where(col(Customer.owner_id).in_(scope.owners))
        if since is not None:
            query = query.where(col(Visit.day) >= since)
        if until is not None:
            query = query.where(col(Visit.day) <= until)
        query = query.order_by(col(Visit.day).desc(), col(Visit.id).desc())
        return (await self.session.exec(query.limit(limit) if limit is not None else query)).all()
