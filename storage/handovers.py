"""Handovers, the customers in them, and each contact's way on the platform."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import col, func, or_, select

from storage.models.customers import Contact, Customer
from storage.models.handovers import Friend, HandedCustomer, Handover, Transfer
from storage.models.tasks import Task
from storage.repository import Repository

OPEN = ("asked", "offered", "accepted")
UNDER_WAY = ("ordered", "waiting", "later")
"""States of a transfer that will still change by themselves."""


class Handovers(Repository):
    async def get(self, handover_id: int) -> Handover | None:
        return await self.locked(Handover, handover_id)

    async def of_person(self, person_id: int) -> Sequence[Handover]:
        """The handovers that are not over and in which the person gives, takes, asked or signs."""
        concerned = (Handover.giver_id, Handover.taker_id, Handover.asker_id, Handover.signer_id)
        found = await self.session.exec(
            select(Handover)
            .where(
                or_(*(col(each) == person_id for each in concerned)),
                col(Handover.state).in_((*OPEN, "signed")),
            )
            .order_by(col(Handover.id).desc())
        )
        return found.all()

    async def customers(self, handover_id: int, *states: str) -> Sequence[tuple[HandedCustomer, Customer]]:
        """The handover's customers in the named states; all of them where none is named."""
        query = (
            select(HandedCustomer, Customer)
            .join(Customer, col(Customer.id) == col(HandedCustomer.customer_id))
            .where(col(HandedCustomer.handover_id) == handover_id)
            .order_by(col(HandedCustomer.id))
        )
        if states:
            query = query.where(col(HandedCustomer.state).in_(states))
        return (await self.session.exec(query)).all()

    async def live(self, customer_ids: Iterable[int]) -> set[int]:
        """Of the customers, those that are on offer in some handover."""
        found = await self.session.exec(
            select(HandedCustomer.customer_id).where(
                col(HandedCustomer.customer_id).in_(tuple(customer_ids)), col(HandedCustomer.state) == "live"
            )
        )
        return set(found.all())

    async def owned_by(self, person_id: int) -> Sequence[Customer]:
        found = await self.session.exec(
            select(Customer)
            .where(col(Customer.owner_id) == person_id, col(Customer.removed_at).is_(None))
            .order_by(col(Customer.id))
        )
        return found.all()

    async def count_owned(self, person_id: int) -> int:
        count = select(func.count()).select_from(Customer)
        found = await self.session.exec(
            count.where(col(Customer.owner_id) == person_id, col(Customer.removed_at).is_(None))
        )
        return found.one()

    async def friends(self, person_id: int, customer_ids: Iterable[int]) -> Sequence[tuple[Friend, Contact]]:
        """Contacts of the customers that the person has on a platform."""
        found = await self.session.exec(
            select(Friend, Contact)
            .join(Contact, col(Contact.id) == col(Friend.contact_id))
            .where(
                col(Friend.person_id) == person_id,
                col(Contact.customer_id).in_(tuple(customer_ids)),
                col(Contact.removed_at).is_(None),
            )
            .order_by(col(Friend.id))
        )
        return found.all()

    async def friend(self, platform: str, external_id: str, person_id: int) -> Friend | None:
        found = await self.session.exec(
            select(Friend).where(
                col(Friend.platform) == platform,
                col(Friend.external_id) == external_id,
                col(Friend.person_id) == person_id,
            )
        )
        return found.first()

    async def turns(self, contact_ids: Iterable[int], since: datetime) -> Sequence[tuple[int, Transfer]]:
        """Transfers of the contacts that were begun since the instant or are under way, oldest first."""
        found = await self.session.exec(
            select(Friend.contact_id, Transfer)
            .join(Friend, col(Friend.id) == col(Transfer.friend_id))
            .where(col(Friend.contact_id).in_(tuple(contact_ids)), col(Transfer.started_at) >= since)
            .order_by(col(Transfer.started_at))
        )
        return found.all()

    async def transfer(self, transfer_id: int) -> Transfer | None:
        return await self.locked(Transfer, transfer_id)

    async def transfers(self, handover_id: int) -> Sequence[tuple[Transfer, Friend, Contact]]:
        found = await self.session.exec(
            select(Transfer, Friend, Contact)
            .join(Friend, col(Friend.id) == col(Transfer.friend_id))
            .join(Contact, col(Contact.id) == col(Friend.contact_id))
            .where(col(Transfer.handover_id) == handover_id)
            .order_by(col(Transfer.id))
        )
        return found.all()

    async def due(self, at: datetime) -> Sequence[Handover]:
        """Signed handovers with a transfer that is to be asked after, or asked for again, by now."""
        found = await self.session.exec(
            select(Handover)
            .where(
                col(Handover.state) == "signed",
                col(Handover.id).in_(
                    select(Transfer.handover_id).where(
                        col(Transfer.state).in_(("waiting", "later")), col(Transfer.next_at) <= at
                    )
                ),
            )
            .order_by(col(Handover.id))
        )
        return found.all()

    async def coming(self, platform: str, external_id: str, taker_id: int) -> Handover | None:
        """The signed handover by which the platform's contact is on the way to the person."""
        found = await self.session.exec(
            select(Handover.id)
            .join(Transfer, col(Transfer.handover_id) == col(Handover.id))
            .join(Friend, col(Friend.id) == col(Transfer.friend_id))
            .where(
                col(Friend.platform) == platform,
                col(Friend.external_id) == external_id,
                col(Handover.taker_id) == taker_id,
                col(Handover.state) == "signed",
                col(Transfer.state).in_(UNDER_WAY),
            )
            .order_by(col(Handover.id).desc())
        )
        handover_id = found.first()
        return await self.get(handover_id) if handover_id is not None else None

    async def unfriend(self, friend: Friend) -> None:
        """The two are contacts no more; a row that a transfer tells of stays for the record."""
        told = await self.session.exec(
            select(Transfer.id).where(col(Transfer.friend_id) == friend.id).limit(1)
        )
        if told.first() is None:
            await self.session.delete(friend)
            await self.session.flush()

    async def overdue(self, at: datetime) -> Sequence[Handover]:
        found = await self.session.exec(
            select(Handover).where(col(Handover.state).in_(OPEN), col(Handover.expires_at) <= at)
        )
        return found.all()

    async def waiting_for(self, signer_id: int) -> Sequence[Handover]:
        """What a supervisor is to sign, oldest first."""
        found = await self.session.exec(
            select(Handover)
            .where(col(Handover.state) == "accepted", col(Handover.signer_id) == signer_id)
            .order_by(col(Handover.id))
        )
        return found.all()

    async def tasks(self, customer_ids: Iterable[int], person_id: int) -> Sequence[Task]:
        """What the person still has to do for the customers, the soonest first."""
        found = await self.session.exec(
            select(Task)
            .where(
                col(Task.customer_id).in_(tuple(customer_ids)),
                col(Task.person_id) == person_id,
                col(Task.state) == "open",
                col(Task.removed_at).is_(None),
            )
            .order_by(col(Task.day).is_(None), col(Task.day), col(Task.hour).is_(None), col(Task.id))
        )
        return found.all()
