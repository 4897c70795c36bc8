"""Colleagues and their accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, or_, select

from storage.models.people import Account, Mute, Person
from storage.repository import Repository


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose customers an answer may hold: ids of people, or None for everybody's."""

    owners: tuple[int, ...] | None

    def holds(self, owner_id: int) -> bool:
        return self.owners is None or owner_id in self.owners


class People(Repository):
    async def get(self, person_id: int) -> Person | None:
        return await self.session.get(Person, person_id)

    async def one(self, person_id: int) -> Person:
        """The person of an id that a foreign key vouches for."""
        return await self.session.get_one(Person, person_id)

    async def at(self, platform: str, address: str) -> Person | None:
        """Who is behind an account."""
        query = select(Person).join(Account, col(Account.person_id) == col(Person.id))
        found = await self.session.exec(
            query.where(col(Account.platform) == platform, col(Account.address) == address)
        )
        return found.first()

    async def accounts(self, person_id: int) -> Sequence[Account]:
        found = await self.session.exec(
            select(Account).where(col(Account.person_id) == person_id).order_by(col(Account.id))
        )
        return found.all()

    async def account(self, person_id: int, platform: str | None = None) -> Account | None:
        """Where to reach somebody: on the platform that was named, else on the first one."""
        accounts = await self.accounts(person_id)
        return next(
            (each for each in accounts if each.platform == platform), accounts[0] if accounts else None
        )

    async def everybody(self) -> Sequence[Person]:
        return (await self.session.exec(select(Person).order_by(col(Person.id)))).all()

    async def on(self, platform: str) -> Sequence[tuple[Person, Account]]:
        found = await self.session.exec(
            select(Person, Account)
            .join(Account, col(Account.person_id) == col(Person.id))
            .where(col(Account.platform) == platform)
            .order_by(col(Person.id))
        )
        return found.all()

    async def named(self, name: str) -> Sequence[Person]:
        return (await self.session.exec(select(Person).where(col(Person.name) == name))).all()

    async def team_of(self, manager_id: int) -> tuple[int, ...]:
        """The manager and everybody below, at any depth. A ring of managers ends the walk."""
        everybody = await self.everybody()
        team = {manager_id}
        grown = True
        while grown:
            below = {each.id for each in everybody if each.manager_id in team and each.id is not None}
            grown = not below <= team
            team |= below
        return tuple(sorted(team))

    async def mute(self, person_id: int, kind: str, until: datetime) -> None:
        found = await self.session.exec(
            select(Mute).where(col(Mute.person_id) == person_id, col(Mute.kind) == kind)
        )
        mute = found.first() or Mute(person_id=person_id, kind=kind, until=until)
        mute.until = until
        await self.add(mute)

    async def is_muted(self, person_id: int, kind: str, at: datetime) -> bool:
        found = await self.session.exec(
            select(Mute).where(
                col(Mute.person_id) == person_id,
                or_(col(Mute.kind) == kind, col(Mute.kind) == ""),
                col(Mute.until) > at,
            )
        )
        return found.first() is not None

    async def mutes(self, person_id: int, at: datetime) -> Sequence[str]:
        """Kinds that are quiet for a person at the instant; "" for all."""
        found = await self.session.exec(
            select(Mute.kind).where(col(Mute.person_id) == person_id, col(Mute.until) > at)
        )
        return found.all()
