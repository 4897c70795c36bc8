"""Customers that were not spoken to for long, and what was asked about them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlmodel import col, exists, func, or_, select

from storage.models.customers import Customer, Money, Trait
from storage.models.dormancy import Silence
from storage.models.handovers import HandedCustomer
from storage.models.tasks import Task
from storage.repository import Repository


class Silences(Repository):
    async def get(self, silence_id: int) -> Silence | None:
        return await self.locked(Silence, silence_id)

    async def page(
        self,
        rung: str,
        before: datetime,
        after: datetime | None,
        today: date,
        beyond: int = 0,
        limit: int = 200,
    ) -> Sequence[Customer]:
        """Customers whose last interaction lies in the window, by id, beyond one.

        Left out: those that rest, whose silence was spoken of on this rung, for whom something is open
        from `today` on, and those that are being handed over.
        """
        query = select(Customer).where(
            col(Customer.removed_at).is_(None),
            col(Customer.resting).is_(None),
            col(Customer.id) > beyond,
            col(Customer.last_interaction_at) < before,
            ~exists().where(
                col(Silence.customer_id) == col(Customer.id),
                col(Silence.since) == col(Customer.last_interaction_at),
                col(Silence.rung) == rung,
            ),
            ~exists().where(
                col(Task.customer_id) == col(Customer.id),
                col(Task.state) == "open",
                col(Task.removed_at).is_(None),
                col(Task.day) >= today,
            ),
            ~exists().where(
                col(HandedCustomer.customer_id) == col(Customer.id), col(HandedCustomer.state) == "live"
            ),
        )
        if after is not None:
            query = query.where(
                or_(col(Customer.last_interaction_at) >= after, col(Customer.ask_days).is_not(None))
            )
        return (await self.session.exec(query.order_by(col(Customer.id)).limit(limit))).all()

    async def complaining(self, customer_ids: Iterable[int], since: datetime) -> set[int]:
        """Of the customers, those whose complaint was noted since the instant."""
        found = await self.session.exec(
            select(Trait).where(
                col(Trait.customer_id).in_(tuple(customer_ids)),
                col(Trait.field) == "tag",
                col(Trait.at) >= since,
                col(Trait.removed_at).is_(None),
            )
        )
        return {each.customer_id for each in found if each.value == "complaint"}

    async def worth(self, customer_ids: Iterable[int], since: datetime) -> Mapping[int, float]:
        """What the customers ordered since the instant, in yuan."""
        found = await self.session.exec(
            select(Money.customer_id, func.sum(Money.value))
            .where(
                col(Money.customer_id).in_(tuple(customer_ids)),
                col(Money.kind) == "order",
                col(Money.at) >= since,
                col(Money.removed_at).is_(None),
            )
            .group_by(col(Money.customer_id))
        )
        return dict(found.all())

    async def asked_since(self, person_id: int, since: datetime) -> int:
        """How many customers a person was asked about since the instant, on cards."""
        count = (
            select(func.count())
            .select_from(Silence)
            .where(col(Silence.person_id) == person_id, col(Silence.asked_at) >= since)
        )
        return (await self.session.exec(count)).one()

    async def due_lines(self, person_id: int) -> Sequence[tuple[Silence, Customer]]:
        """What is to be a line of the person's next morning card; contact since ends it."""
        return await self._going_on(col(Silence.person_id) == person_id, col(Silence.state) == "due")

    async def untold(self, asked_before: datetime) -> Sequence[tuple[Silence, Customer]]:
        """Asked before the instant, no answer and no contact since, and no manager was told of it yet."""
        return await self._going_on(
            col(Silence.state) == "asked",
            col(Silence.asked_at) < asked_before,
            col(Silence.told_at).is_(None),
        )

    async def waiting_for(self, person_id: int) -> Sequence[tuple[Silence, Customer]]:
        """What somebody was asked and has not answered."""
        return await self._going_on(col(Silence.person_id) == person_id, col(Silence.state) == "asked")

    async def of(self, customer_ids: Iterable[int]) -> Mapping[int, Sequence[Silence]]:
        """What was asked about the customers so far, by customer, oldest first."""
        rows = await self.session.exec(
            select(Silence).where(col(Silence.customer_id).in_(tuple(customer_ids))).order_by(col(Silence.id))
        )
        found: dict[int, list[Silence]] = defaultdict(list)
        for row in rows:
            found[row.customer_id].append(row)
        return found

    async def open_for(self, customer_ids: Iterable[int]) -> Sequence[Silence]:
        """Questions about the customers that nobody answered."""
        found = await self.session.exec(
            select(Silence).where(
                col(Silence.customer_id).in_(tuple(customer_ids)), col(Silence.state) != "answered"
            )
        )
        return found.all()

    async def told_contact(self, customer_id: int) -> datetime | None:
        """The newest contact that somebody said to have had, without a visit on file."""
        newest = select(func.max(Silence.contacted_at)).where(col(Silence.customer_id) == customer_id)
        return (await self.session.exec(newest)).one()

    async def before(self, silence: Silence) -> Sequence[Silence]:
        """Earlier questions about the same customer, newest first."""
        found = await self.session.exec(
            select(Silence)
            .where(col(Silence.customer_id) == silence.customer_id, col(Silence.id) < silence.id)
            .order_by(col(Silence.id).desc())
        )
        return found.all()

    async def _going_on(self, *where: object) -> Sequence[tuple[Silence, Customer]]:
        found = await self.session.exec(
            select(Silence, Customer)
            .join(Customer, col(Customer.id) == col(Silence.customer_id))
            .where(
                *where,  # type: ignore[arg-type]
                col(Customer.removed_at).is_(None),
                col(Customer.resting).is_(None),
                col(Customer.last_interaction_at) == col(Silence.since),
            )
            .order_by(col(Silence.id))
        )
        return found.all()
