"""The messages to send: written with the facts that they speak of, sent one phone at a time, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, func, select, update

from storage.dialect import insert
from storage.lanes import Lanes
from storage.models.engine import Held, Outgoing

FOLDED = "folded"
"""The state of a card that was told in a line of a digest instead."""


class Outbox(Lanes[Outgoing]):
    model = Outgoing
    prefix = "out:"
    waiting = "pending"
    ended_at = "sent_at"
    away: Sequence[str] = ()
    """Platforms that this process can't reach: `claim_lane` leaves their messages to others."""

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

    async def content(self, outgoing_id: int) -> str:
        """What a message held; "" for one that is forgotten."""
        found = await self.session.exec(select(Outgoing.content).where(col(Outgoing.id) == outgoing_id))
        return found.first() or ""

    async def crowd(self, row: Outgoing, urgency: int) -> Sequence[Outgoing]:
        """New cards of this urgency or a lesser one that wait for the row's phone, oldest first."""
        found = await self.session.exec(
            select(Outgoing)
            .where(
                col(Outgoing.lane) == row.lane,
                col(Outgoing.state) == self.waiting,
                col(Outgoing.kind) == "post",
                col(Outgoing.urgency) >= urgency,
            )
            .order_by(col(Outgoing.id))
        )
        return found.all()

    async def folded(self, row: Outgoing, owner: str, crowd: Sequence[Outgoing], now: datetime) -> None:
        """Ends a crowd whose head is `row`: other messages, put in this unit, say it. Raises LeaseLost."""
        await self._end(row, owner, state=FOLDED, error="", sent_at=now)
        await self._change(
            update(Outgoing)
            .where(col(Outgoing.id).in_([each.id for each in crowd]), col(Outgoing.state) == self.waiting)
            .values(state=FOLDED, sent_at=now)
        )

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
    def _also(cls, row: Any) -> list[Any]:
        return [row.platform.not_in(bindparam("away", expanding=True))]

    def _asked(self) -> dict[str, Any]:
        return {"away": list(self.away)}

    @classmethod
    def _order(cls, row: Any) -> list[Any]:
        return [row.urgency, row.id]


class FirstOutbox(Outbox):
    """The same queue, seen by a sender that sends nothing but welcomes."""

    only = "welcome"
