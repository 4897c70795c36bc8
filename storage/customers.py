"""The archive: customers, their people, what is known of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import col, func, select

from storage.models.customers import Alias, Contact, Customer, Money, Trait
from storage.models.tasks import Task
from storage.models.visits import Meeting, Visit
from storage.people import Scope
from storage.repository import Repository


class Customers(Repository):
    async def get(self, customer_id: int) -> Customer | None:
        """The customer, or the one that it was joined with; None where it was removed."""
        found = await self.session.get(Customer, customer_id)
        while found is not None and found.merged_into is not None:
            found = await self.session.get(Customer, found.merged_into)
        return found if found is not None and found.removed_at is None else None

    async def one(self, customer_id: int) -> Customer:
        """The customer of an id that a foreign key vouches for, removed or not."""
        return await self.session.get_one(Customer, customer_id)

    async def within(self, scope: Scope) -> Sequence[Customer]:
        query = select(Customer).where(col(Customer.removed_at).is_(None))
        if scope.owners is not None:
            query = query.where(col(Customer.owner_id).in_(scope.owners))
        return (await self.session.exec(query.order_by(col(Customer.id)))).all()

    async def aliases(self, customer_ids: Iterable[int]) -> dict[int, list[str]]:
        rows = await self.session.exec(
            select(Alias)
            .where(col(Alias.customer_id).in_(tuple(customer_ids)), col(Alias.removed_at).is_(None))
            .order_by(col(Alias.id))
        )
        named: dict[int, list[str]] = defaultdict(list)
        for row in rows:
            named[row.customer_id].append(row.name)
        return named

    async def contacts(self, customer_ids: Iterable[int]) -> dict[int, list[Contact]]:
        """Those still there come first; who has left stays in the archive."""
        rows = await self.session.exec(
            select(Contact)
            .where(col(Contact.customer_id).in_(tuple(customer_ids)), col(Contact.removed_at).is_(None))
            .order_by(col(Contact.left_on).is_not(None), col(Contact.id))
        )
        people: dict[int, list[Contact]] = defaultdict(list)
        for row in rows:
            people[row.customer_id].append(row)
        return people

    async def contact(self, contact_id: int) -> Contact | None:
        found = await self.session.get(Contact, contact_id)
        return found if found is not None and found.removed_at is None else None

    async def with_phone(self, indexes: Iterable[str]) -> Sequence[tuple[Customer, Contact]]:
        """Customers one of whose people has the number behind one of the blind indexes."""
        found = await self.session.exec(
            select(Customer, Contact)
            .join(Contact, col(Contact.customer_id) == col(Customer.id))
            .where(
                col(Contact.phone_index).in_(tuple(indexes)),
                col(Contact.removed_at).is_(None),
                col(Customer.removed_at).is_(None),
            )
        )
        return found.all()

    async def traits(self, customer_id: int) -> Sequence[Trait]:
        found = await self.session.exec(
            select(Trait)
            .where(col(Trait.customer_id) == customer_id, col(Trait.removed_at).is_(None))
            .order_by(col(Trait.id).desc())
        )
        return found.all()

    async def money(self, customer_id: int) -> Sequence[Money]:
        """Sums that hold, newest first."""
        found = await self.session.exec(
            select(Money)
            .where(col(Money.customer_id) == customer_id, col(Money.removed_at).is_(None))
            .order_by(col(Money.at).desc(), col(Money.id).desc())
        )
        return found.all()

    async def money_of_visit(self, visit_id: int) -> Sequence[Money]:
        found = await self.session.exec(
            select(Money)
            .where(col(Money.visit_id) == visit_id, col(Money.removed_at).is_(None))
            .order_by(col(Money.id))
        )
        return found.all()

    async def traits_of_visit(self, visit_id: int) -> Sequence[Trait]:
        found = await self.session.exec(
            select(Trait)
            .where(col(Trait.visit_id) == visit_id, col(Trait.removed_at).is_(None))
            .order_by(col(Trait.id))
        )
        return found.all()

    async def quiet_since(self, before: datetime, scope: Scope) -> Sequence[Customer]:
        """Customers whose last real interaction lies before the instant, quietest first."""
        query = select(Customer).where(
            col(Customer.removed_at).is_(None), col(Customer.last_interaction_at) < before
        )
        if scope.owners is not None:
            query = query.where(col(Customer.owner_id).in_(scope.owners))
        return (await self.session.exec(query.order_by(col(Customer.last_interaction_at)))).all()

    async def named_after(self, customer_id: int) -> Sequence[tuple[int, int, str, str | None]]:
        """Id, owner, name and full name of the customers that came after the id, in their order."""
        query = select(Customer.id, Customer.owner_id, Customer.name, Customer.legal_name)
        found = await self.session.exec(
            query.where(col(Customer.id) > customer_id, col(Customer.removed_at).is_(None)).order_by(
                col(Customer.id)
            )
        )
        return found.all()

    async def aliases_after(self, customer_id: int) -> Sequence[tuple[int, str]]:
        """The other names of those customers."""
        found = await self.session.exec(
            select(Alias.customer_id, Alias.name).where(
                col(Alias.customer_id) > customer_id, col(Alias.removed_at).is_(None)
            )
        )
        return found.all()

    async def with_own_phone(self, indexes: Iterable[str]) -> Sequence[Customer]:
        """Customers whose own number is behind one of the blind indexes."""
        found = await self.session.exec(
            select(Customer).where(
                col(Customer.phone_index).in_(tuple(indexes)), col(Customer.removed_at).is_(None)
            )
        )
        return found.all()

    async def people_named(self, name: str, scope: Scope) -> Sequence[tuple[Customer, Contact]]:
        """Contacts of this name who are still there, at the customers in scope."""
        query = (
            select(Customer, Contact)
            .join(Contact, col(Contact.customer_id) == col(Customer.id))
            .where(
                col(Contact.name) == name,
                col(Contact.removed_at).is_(None),
                col(Contact.left_on).is_(None),
                col(Customer.removed_at).is_(None),
            )
        )
        if scope.owners is not None:
            query = query.where(col(Customer.owner_id).in_(scope.owners))
        return (await self.session.exec(query.order_by(col(Contact.id)))).all()

    async def alias(self, customer_id: int, name: str) -> Alias | None:
        """The other name of a customer, taken back or not."""
        found = await self.session.exec(
            select(Alias).where(col(Alias.customer_id) == customer_id, col(Alias.name) == name)
        )
        return found.first()

    async def belongings(self, customer_id: int) -> Sequence[Trait | Money | Visit | Task]:
        """Whatever hangs on a customer beside its people and names, taken back or not."""
        traits = await self.session.exec(select(Trait).where(col(Trait.customer_id) == customer_id))
        money = await self.session.exec(select(Money).where(col(Money.customer_id) == customer_id))
        visits = await self.session.exec(select(Visit).where(col(Visit.customer_id) == customer_id))
        tasks = await self.session.exec(select(Task).where(col(Task.customer_id) == customer_id))
        return [*traits, *money, *visits, *tasks]

    async def of_contact(self, contact_id: int) -> Sequence[Trait | Task | Meeting]:
        """Whatever hangs on a contact."""
        traits = await self.session.exec(select(Trait).where(col(Trait.contact_id) == contact_id))
        tasks = await self.session.exec(select(Task).where(col(Task.contact_id) == contact_id))
        meetings = await self.session.exec(select(Meeting).where(col(Meeting.contact_id) == contact_id))
        return [*traits, *tasks, *meetings]

    async def count(self) -> int:
        return (await self.session.exec(select(func.count()).select_from(Customer))).one()
