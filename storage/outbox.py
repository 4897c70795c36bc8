"""The messages to send: written with the facts that they speak of, sent one phone at a time, in order."""

from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from storage.dialect import insert
from storage.lanes import Lanes
from storage.models.engine import Held, Outgoing


class Outbox(Lanes[Outgoing]):
    model = Outgoing
    prefix = "out:"
    waiting = "pending"
    ended_at = "sent_at"

    async def put(
        self,
        *,
        key: str,
        person_id: int,
        platform: str,
        address: str,
        kind: str,
        content: str,
        at: datetime,
        thread: str = "",
        urgency: int = 0,
    ) -> bool:
        """Keeps a message to send; False, and nothing changed, where its key is known.

        `kind` is post, replace, text or an order's (transfer, way, welcome, look); `content` a card's JSON
        (`cards.model.dump`), the text, or the order's JSON.
        """
        row = Outgoing(
            key=key,
            lane=f"{platform}:{address}",
            person_id=person_id,
            platform=platform,
            address=address,
            kind=kind,
            thread=thread,
            content=content,
            urgency=urgency,
            created_at=at,
        )
        kept = await self.session.exec(
            insert(self.session, Outgoing)
            .values(**row.model_dump(exclude={"id"}))
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(col(Outgoing.id))
        )
        return kept.first() is not None

    async def sent(self, row: Outgoing, owner: str, ref: str, now: datetime) -> None:
        """Ends the row, and keeps what its person now holds of its thread. Raises LeaseLost.

        `ref` is the platform's name for the message; "" where it can't be replaced.
        """
        await self._end(row, owner, state="sent", error="", sent_at=now)
        if row.thread:
            await self._hold(row, ref, now)

    async def held(self, thread: str, person_id: int) -> Held | None:
        """The newest message of a thread that a person holds."""
        found = await self.session.exec(
            select(Held).where(col(Held.thread) == thread, col(Held.person_id) == person_id)
        )
        return found.first()

    async def unasked(self, person_id: int, urgency: int, since: datetime) -> int:
        """How many new messages of this urgency or a lesser one a person was written since the instant."""
        count = (
            select(func.count())
            .select_from(Outgoing)
            .where(
                col(Outgoing.person_id) == person_id,
                col(Outgoing.kind) == "post",
                col(Outgoing.urgency) >= urgency,
                col(Outgoing.created_at) >= since,
            )
        )
        return (await self.session.exec(count)).one()

    async def _hold(self, row: Outgoing, ref: str, now: datetime) -> None:
        what = {
            "platform": row.platform,
            "address": row.address,
            "ref": ref,
            "content": row.content,
            "sent_at": now,
        }
        await self.session.exec(
            insert(self.session, Held)
            .values(thread=row.thread, person_id=row.person_id, **what)
            .on_conflict_do_update(index_elements=["thread", "person_id"], set_=what)
        )

    @classmethod
    def _order(cls, row: Any) -> list[Any]:
        return [row.urgency, row.id]


class FirstOutbox(Outbox):
    """The same queue, seen by a sender that sends nothing but welcomes."""

    only = "welcome"
