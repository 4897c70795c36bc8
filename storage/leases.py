"""Who has something for himself until when: a lane of a queue, the one line to a platform."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import CursorResult, delete, update
from sqlmodel import col, select

from storage.dialect import insert
from storage.models.engine import Lease
from storage.repository import Repository


class LeaseLost(Exception):
    """Somebody else holds it by now, or what it was for has ended: roll back, nothing to mend."""


class Leases(Repository):
    """Leases by name, with owner and expiry. `prefix` keeps those of different things apart."""

    prefix: ClassVar[str] = "line:"

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Whether the owner has it now: nobody had it, or the other's time was up."""
        until = now + timedelta(seconds=seconds)
        new = insert(self.session, Lease).values(lane=self.prefix + name, owner=owner, until=until)
        taken = await self.session.exec(
            new.on_conflict_do_update(
                index_elements=["lane"],
                set_={"owner": owner, "until": until},
                where=col(Lease.until) <= now,
            ).returning(col(Lease.lane))
        )
        return taken.first() is not None

    async def is_taken(self, name: str, now: datetime) -> bool:
        """Whether somebody has it."""
        found = await self.session.exec(
            select(Lease.owner).where(col(Lease.lane) == self.prefix + name, col(Lease.until) > now)
        )
        return found.first() is not None

    async def renew(self, name: str, owner: str, now: datetime, seconds: float) -> None:
        """Holds it for longer. Raises LeaseLost."""
        changed = await self._change(
            update(Lease)
            .where(col(Lease.lane) == self.prefix + name, col(Lease.owner) == owner)
            .values(until=now + timedelta(seconds=seconds))
        )
        if not changed:
            raise LeaseLost(name)

    async def give_back(self, name: str, owner: str) -> None:
        """Somebody else may have it at once; nothing where it is not held."""
        await self._change(
            delete(Lease).where(col(Lease.lane) == self.prefix + name, col(Lease.owner) == owner)
        )

    async def free_all(self) -> None:
        """Frees everything: only for a process that knows it is the one and only, as it starts.

        What a killed process held would else wait until its lease ran out. Whoever is alive after all
        finds out by the fence.
        """
        await self._change(delete(Lease).where(col(Lease.lane).startswith(self.prefix)))

    async def _change(self, statement: Any, values: Mapping[str, Any] | None = None) -> int:
        """Runs an UPDATE or DELETE, with the values of its parameters; the number of rows that it met."""
        done: CursorResult[Any] = await self.session.exec(
            statement, params=values, execution_options={"synchronize_session": False}
        )
        return done.rowcount
