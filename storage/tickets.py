"""The chances to replace sent cards in place; knows no platform's protocol."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, delete, select, update

from storage.dialect import insert
from storage.models.tickets import KeptTicket
from storage.repository import Repository

MOST_ALIKE = 10


class Tickets(Repository):
    async def keep(
        self, *, platform: str, address: str, thread: str, card: str, code: str, until: datetime
    ) -> None:
        """Keeps a ticket; one that is known changes nothing."""
        row = KeptTicket(platform=platform, address=address, thread=thread, card=card, code=code, until=until)
        await self.session.exec(
            insert(self.session, KeptTicket)
            .values(**row.model_dump(exclude={"id"}))
            .on_conflict_do_nothing(index_elements=["platform", "code"])
        )

    async def thread_of(self, platform: str, card: str) -> str:
        """What a sent card is about; "" where that is not known any more."""
        found = await self.session.exec(
            select(KeptTicket.thread)
            .where(col(KeptTicket.platform) == platform, col(KeptTicket.card) == card)
            .limit(1)
        )
        return found.first() or ""

    async def card_of(self, platform: str, code: str) -> str:
        """The message that a code was given out for; "" where that is not known any more."""
        mine = (col(KeptTicket.platform) == platform, col(KeptTicket.code) == code)
        return (await self.session.exec(select(KeptTicket.card).where(*mine).limit(1))).first() or ""

    async def cards_with(self, platform: str, ending: str) -> Sequence[str]:
        """The newest messages for which codes with this ending were given out, to whomever; a slow look."""
        mine = (col(KeptTicket.platform) == platform, col(KeptTicket.code).endswith(ending, autoescape=True))
        query = select(KeptTicket.card).where(*mine).order_by(col(KeptTicket.id).desc()).limit(MOST_ALIKE)
        return (await self.session.exec(query)).all()

    async def newest(self, platform: str, address: str, at: datetime) -> str:
        """The last message on that phone whose ticket had run out by then; "" for none."""
        mine = (col(KeptTicket.platform) == platform, col(KeptTicket.address) == address)
        query = select(KeptTicket.card).where(*mine, col(KeptTicket.until) <= at)
        query = query.order_by(col(KeptTicket.id).desc()).limit(1)
        return (await self.session.exec(query)).first() or ""

    async def usable(self, platform: str, address: str, thread: str, now: datetime) -> Sequence[KeptTicket]:
        """What can still replace a card of the thread on that phone, newest first."""
        found = await self.session.exec(
            select(KeptTicket)
            .where(
                col(KeptTicket.platform) == platform,
                col(KeptTicket.address) == address,
                col(KeptTicket.thread) == thread,
                col(KeptTicket.used).is_(False),
                col(KeptTicket.until) > now,
            )
            .order_by(col(KeptTicket.id).desc())
        )
        return found.all()

    async def spend(self, ticket_id: int) -> None:
        """It was used, or the platform does not take it any more."""
        await self.session.exec(update(KeptTicket).where(col(KeptTicket.id) == ticket_id).values(used=True))

    async def forget(self, before: datetime) -> None:
        """Removes what ran out before the instant: a card as old as that is answered by a new one."""
        await self.session.exec(delete(KeptTicket).where(col(KeptTicket.until) < before))
