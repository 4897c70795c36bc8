"""Invitations of a rep's own list, and the customers who came."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlmodel import col, func, select

from storage.models.customers import Contact, Customer
from storage.models.migration import Invite, Newcomer
from storage.repository import Repository

Row = tuple[Invite, Contact, Customer]


class Migration(Repository):
    async def invite(self, invite_id: int) -> Invite | None:
        return await self.locked(Invite, invite_id)

    async def by_way(self, way: str) -> Invite | None:
        """Whose code carries the state."""
        return (
            (await self.session.exec(select(Invite).where(col(Invite.way) == way))).first() if way else None
        )

    async def of_contact(self, person_id: int, contact_id: int) -> Invite | None:
        found = await self.session.exec(
            select(Invite).where(col(Invite.person_id) == person_id, col(Invite.contact_id) == contact_id)
        )
        return found.first()

    async def listed(self, person_id: int, indexes: Iterable[str]) -> Invite | None:
        """Who stands on the rep's list under one of the blind indexes."""
        found = await self.session.exec(
            select(Invite).where(
                col(Invite.person_id) == person_id, col(Invite.words_index).in_(tuple(indexes))
            )
        )
        return found.first()

    async def matched(self, person_id: int) -> Sequence[Row]:
        """Who of the list is in the archive, with his file; the rep's own customers only."""
        found = await self.session.exec(
            select(Invite, Contact, Customer)
            .join(Contact, col(Contact.id) == col(Invite.contact_id))
            .join(Customer, col(Customer.id) == col(Contact.customer_id))
            .where(
                col(Invite.person_id) == person_id,
                col(Customer.owner_id) == person_id,
                col(Contact.removed_at).is_(None),
                col(Customer.removed_at).is_(None),
            )
            .order_by(col(Invite.id))
        )
        return found.all()

    async def unmatched(self, person_id: int) -> Sequence[Invite]:
        found = await self.session.exec(
            select(Invite)
            .where(
                col(Invite.person_id) == person_id,
                col(Invite.contact_id).is_(None),
                col(Invite.state) == "listed",
            )
            .order_by(col(Invite.id))
        )
        return found.all()

    async def counts(self, person_id: int) -> dict[str, int]:
        """How many of the list are in which state; "unmatched" are those nobody knows."""
        found = await self.session.exec(
            select(Invite.state, func.count())
            .where(col(Invite.person_id) == person_id, col(Invite.contact_id).is_not(None))
            .group_by(col(Invite.state))
        )
        return {state: int(number) for state, number in found.all()} | {
            "unmatched": len(await self.unmatched(person_id))
        }

    async def proposed_on(self, person_id: int, day: date) -> Sequence[Row]:
        return [row for row in await self.matched(person_id) if row[0].day == day]

    async def with_lists(self) -> Sequence[int]:
        """People who have anybody on a list that is still to be asked."""
        found = await self.session.exec(
            select(Invite.person_id)
            .where(col(Invite.state).in_(("listed", "asked")), col(Invite.contact_id).is_not(None))
            .distinct()
            .order_by(col(Invite.person_id))
        )
        return found.all()

    async def newcomer(self, newcomer_id: int) -> Newcomer | None:
        return await self.locked(Newcomer, newcomer_id)

    async def known(self, platform: str, external_id: str, person_id: int) -> Newcomer | None:
        found = await self.session.exec(
            select(Newcomer).where(
                col(Newcomer.platform) == platform,
                col(Newcomer.external_id) == external_id,
                col(Newcomer.person_id) == person_id,
            )
        )
        return found.first()

    async def waiting(self, person_id: int) -> Sequence[Newcomer]:
        """Who came and is not known to be anybody yet, oldest first."""
        found = await self.session.exec(
            select(Newcomer)
            .where(col(Newcomer.person_id) == person_id, col(Newcomer.state).in_(("new", "kept", "again")))
            .order_by(col(Newcomer.id))
        )
        return found.all()

    async def put_off(self, person_id: int) -> Sequence[Newcomer]:
        """Of whom the rep let be who he is, and was not asked since."""
        return [each for each in await self.waiting(person_id) if each.state == "kept"]

    async def bound_by(self, way: str) -> Newcomer | None:
        """Who came by a code and is bound already."""
        found = await self.session.exec(
            select(Newcomer).where(col(Newcomer.way) == way, col(Newcomer.state) == "bound")
        )
        return found.first()

    async def of_contacts(self, contact_ids: Iterable[int]) -> Sequence[Newcomer]:
        """Who of them ever came, also those who went again."""
        found = await self.session.exec(
            select(Newcomer)
            .where(
                col(Newcomer.contact_id).in_(tuple(contact_ids)), col(Newcomer.state).in_(("bound", "parted"))
            )
            .order_by(col(Newcomer.id))
        )
        return found.all()
