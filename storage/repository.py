"""What every repository stands on: one session, and what is known of the transaction that it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Table
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.secrets import Keyring

Row = TypeVar("Row", bound=SQLModel)

_CONTEXT = "baifang"


@dataclass(slots=True)
class Context:
    """Who writes, by which deed and message, when; `writes` is False in a transaction that only reads.

    `at` None: the audit trail takes the wall clock.
    """

    keyring: Keyring
    writes: bool
    actor_id: int | None = None
    deed: str = ""
    update_id: str = ""
    at: datetime | None = None


def give_context(session: AsyncSession, context: Context) -> None:
    session.sync_session.info[_CONTEXT] = context


def context_of(info: dict[object, object]) -> Context:
    """The context in a session's `info`; TypeError for a session that no `Database` opened."""
    context = info.get(_CONTEXT)
    if not isinstance(context, Context):
        raise TypeError("sessions are opened by storage.database.Database")
    return context


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that are not about objects."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    return table


class Repository:
    """One subject's rows within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @property
    def context(self) -> Context:
        return context_of(self.session.sync_session.info)

    @property
    def keyring(self) -> Keyring:
        return self.context.keyring

    async def locked(self, model: type[Row], row_id: int) -> Row | None:
        """A row as it is now, held until this transaction ends: nobody else decides on it meanwhile."""
        return await self.session.get(model, row_id, with_for_update=True if self.context.writes else None)

    async def add(self, row: Row) -> Row:
        """Adds or keeps a row and writes it now, so that its id is known and its faults show here."""
        self.session.add(row)
        await self.session.flush()
        return row
