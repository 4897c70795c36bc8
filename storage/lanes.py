"""Durable queues whose rows go lane by lane, in order, under a lease with owner and expiry.

The lease is the fence: whoever lost it cannot end a row, so that a worker that was slow or cut off
never writes over the one that took its place. Rows are locked before leases, always in that order.
"""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy
from sqlalchemy import bindparam, delete, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.leases import LeaseLost, Leases
from storage.models.columns import Encrypted, Moment
from storage.models.engine import InboxUpdate, Lease, Outgoing
from storage.repository import table_of
from storage.secrets import SecretsError

Queued = TypeVar("Queued", InboxUpdate, Outgoing)

PARKED = "parked"
_TRIES = 8
"""Lanes that another process may snatch from under one claim before it gives up until the next."""
_MAX_ERROR = 500


# Statements of the engine are built once: building one costs more than running it.


@cache
def _heads(queue: Any) -> Any:
    """The query of a queue's due and free lanes."""
    row: Any = aliased(queue.model)
    older: Any = aliased(queue.model)
    now = bindparam("now", type_=Moment())
    is_head = ~exists().where(older.lane == row.lane, older.state == queue.waiting, older.id < row.id)
    is_free = ~exists().where(col(Lease.lane) == queue.prefix + row.lane, col(Lease.until) > now)
    return (
        select(row.lane)
        .where(row.state == queue.waiting, or_(row.next_at.is_(None), row.next_at <= now))
        .where(is_head, is_free, *queue._also(row))  # noqa: SLF001 (likewise)
        .where(*((row.kind == queue.only,) if queue.only else ()))
        .order_by(*queue._order(row))  # noqa: SLF001 (the queue's own query)
        .limit(1)
        .with_for_update(skip_locked=True, of=row)
    )


@cache
def _head(model: Any) -> Any:
    """The query of the first row of `lane`, of those whose state is `waiting`."""
    return (
        select(model.id, model.next_at)
        .where(model.lane == bindparam("lane"), model.state == bindparam("waiting"))
        .order_by(model.id)
        .limit(1)
        .with_for_update()
    )


@cache
def _begin(model: Any) -> Any:
    """Counts the row `this` as begun once more."""
    return update(model).where(model.id == bindparam("this")).values(begun=model.begun + 1)


_OWNER = select(col(Lease.owner)).where(col(Lease.lane) == bindparam("name")).with_for_update()


class Lanes(Leases, Generic[Queued]):
    """A queue. A row that waits for its `next_at` holds back its lane and no other."""

    model: type[Queued]
    waiting: ClassVar[str]
    """The state of a row that is still to be worked on."""
    ended_at: ClassVar[str]
    """The column that says when a row was ended well."""
    only: ClassVar[str] = ""
    """The one kind whose lanes are claimed; "" for all."""

    async def claim_lane(self, owner: str, now: datetime, lease_seconds: float) -> tuple[str, Queued] | None:
        """Leases the lane of the first due row and begins that row; None: nothing is due and free.

        `owner` is unique to this claim. The row is counted as begun; `done`, `later` or `park` ends it.
        """
        for _ in range(_TRIES):
            lane = await self._free_lane(now)
            if lane is None:
                return None
            if await self.take(lane, owner, now, lease_seconds):
                # Look again under the lease: what was seen before it may be done by now.
                if (row := await self._begin_head(lane, now)) is not None:
                    return lane, row
                await self.give_back(lane, owner)
        return None

    async def next_or_release(self, lane: str, owner: str, now: datetime) -> Queued | None:
        """Begins the lane's next due row, or gives the lane back and returns None."""
        row = await self._begin_head(lane, now)
        if row is None:
            await self.release(lane, owner)
        else:
            await self._fence(lane, owner)
        return row

    async def release(self, lane: str, owner: str) -> None:
        """Gives the lane back, and a row that was begun and left with it; nothing where it is not held."""
        held = exists().where(col(Lease.lane) == self.prefix + lane, col(Lease.owner) == owner)
        await self._change(
            update(self.model)
            .where(col(self.model.lane) == lane, col(self.model.state) == self.waiting)
            .where(col(self.model.begun) > 0, held)
            .values(begun=0)
        )
        await self.give_back(lane, owner)

    async def later(self, row: Queued, owner: str, next_at: datetime, why: str) -> None:
        """Puts the row off; its lane waits with it. Raises LeaseLost."""
        await self._end(
            row, owner, attempts=row.attempts + 1, begun=0, next_at=next_at, error=why[:_MAX_ERROR]
        )

    async def hold(self, row: Queued, owner: str, next_at: datetime, why: str) -> None:
        """Puts the row off like `later`, but it was no try: only its turn has not come. Raises LeaseLost."""
        await self._end(row, owner, begun=0, next_at=next_at, error=why[:_MAX_ERROR])

    async def park(self, row: Queued, owner: str, error: str) -> None:
        """Sets the row aside for the operator; its lane goes on. Raises LeaseLost."""
        await self._end(row, owner, state=PARKED, error=error[:_MAX_ERROR])

    async def parked(self, limit: int = 100) -> list[Queued]:
        """What was set aside, oldest first; its content is "" where it can't be decrypted."""
        table = table_of(self.model)
        plain = [each for each in table.c if not isinstance(each.type, Encrypted)]
        secret = {each.name: "" for each in table.c if isinstance(each.type, Encrypted)}
        query = sqlalchemy.select(*plain).where(table.c.state == PARKED).order_by(table.c.id).limit(limit)
        connection = await self.session.connection()
        rows = []
        for found in (await connection.execute(query)).mappings().all():
            try:
                rows.append(await self.session.get_one(self.model, found["id"]))
            except SecretsError:
                values: dict[str, Any] = {**found, **secret}
                rows.append(self.model(**values))
        return rows

    async def replay(self, row_id: int) -> bool:
        """Lets a parked row be worked on again, as the first of its lane; False where none is parked."""
        changed = await self._change(
            update(self.model)
            .where(col(self.model.id) == row_id, col(self.model.state) == PARKED)
            .values(state=self.waiting, attempts=0, begun=0, next_at=None, error="")
        )
        return changed == 1

    async def forget(self, before: datetime) -> int:
        """Removes rows that ended before the instant; how many. Parked ones stay.

        A platform's retry or a clock's moment that is older than this would count as new again.
        """
        ended = col(getattr(self.model, self.ended_at)) < before
        return await self._change(
            delete(self.model).where(col(self.model.state).not_in((self.waiting, PARKED)), ended)
        )

    async def depth(self) -> int:
        """Rows that are still to be worked on."""
        count = select(func.count()).select_from(self.model).where(col(self.model.state) == self.waiting)
        return (await self.session.exec(count)).one()

    @classmethod
    def _order(cls, row: Any) -> list[Any]:
        """Which lane's head goes first."""
        return [row.id]

    @classmethod
    def _also(cls, row: Any) -> list[Any]:
        """What else a lane's head must meet to be worked on by this process."""
        return []

    def _asked(self) -> dict[str, Any]:
        """The values of the parameters in `_also`."""
        return {}

    async def _free_lane(self, now: datetime) -> str | None:
        """The lane of the first head that is due and not leased; what others look at is passed over."""
        queue: Any = type(self)
        found: Any = await self.session.exec(_heads(queue), params={"now": now, **self._asked()})
        lane: str | None = found.first()
        return lane

    async def _begin_head(self, lane: str, now: datetime) -> Queued | None:
        """The lane's first row, counted as begun, if it is due. One that can't be decrypted is parked."""
        model: Any = self.model
        asked = {"lane": lane, "waiting": self.waiting}
        while (found := (await self.session.exec(_head(model), params=asked)).first()) is not None:
            row_id, next_at = found
            if next_at is not None and next_at > now:
                return None
            try:
                await self._change(_begin(model), {"this": row_id})
                return await self.session.get_one(model, row_id, populate_existing=True)
            except SecretsError as error:
                # A lost key must not stop what can be read, nor lose what can't.
                this = update(model).where(col(model.id) == row_id)
                await self._change(this.values(state=PARKED, error=str(error)[:_MAX_ERROR]))
        return None

    async def _end(self, row: Queued, owner: str, **values: Any) -> None:
        changed = await self._change(
            update(self.model)
            .where(col(self.model.id) == row.id, col(self.model.state) == self.waiting)
            .values(**values)
        )
        await self._fence(row.lane, owner)
        if not changed:
            raise LeaseLost(row.lane)

    async def _fence(self, lane: str, owner: str) -> None:
        """Holds the lease still until commit, so that nobody takes it over while the row is being ended."""
        held = await self.session.exec(_OWNER, params={"name": self.prefix + lane})
        if held.first() != owner:
            raise LeaseLost(lane)
