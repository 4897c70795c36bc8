"""One transaction with every repository on it; knows no rule and no platform."""

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.audit import Audit
from storage.changes import Changes
from storage.consents import Consents
from storage.customers import Customers
from storage.dormancy import Silences
from storage.drafts import Drafts
from storage.files import Files
from storage.handovers import Handovers
from storage.imports import Imports
from storage.inbox import Inbox
from storage.leases import Leases
from storage.local import LocalPhones
from storage.marks import Marks
from storage.migration import Migration
from storage.notes import Notes
from storage.outbox import Outbox
from storage.people import People
from storage.repository import Context, Repository, context_of
from storage.secrets import Keyring
from storage.tasks import Tasks
from storage.tickets import Tickets
from storage.visits import Visits

Row = TypeVar("Row", bound=SQLModel)


class Unit:
    """What is written here is kept together or not at all. Opened by `Database.unit` and `.reading`."""

    def __init__(self, session: AsyncSession, files: Files) -> None:
        self.session = session
        self.files = files
        self.inbox = Inbox(session)
        self.outbox = Outbox(session)
        self.leases = Leases(session)
        self.audit = Audit(session)
        self.marks = Marks(session)
        self.people = People(session)
        self.customers = Customers(session)
        self.notes = Notes(session)
        self.drafts = Drafts(session)
        self.visits = Visits(session)
        self.tasks = Tasks(session)
        self.changes = Changes(session)
        self.imports = Imports(session)
        self.silences = Silences(session)
        self.handovers = Handovers(session)
        self.migration = Migration(session)
        self.consents = Consents(session)
        self.local = LocalPhones(session)
        self.tickets = Tickets(session)

    @property
    def context(self) -> Context:
        """What the trail writes beside every change; may be set while it becomes known."""
        return context_of(self.session.sync_session.info)

    @property
    def keyring(self) -> Keyring:
        return self.context.keyring

    def acting(self, actor_id: int | None, deed: str) -> None:
        """Says who does what from here on, for the trail."""
        self.context.actor_id = actor_id
        self.context.deed = deed

    async def add(self, row: Row) -> Row:
        """Adds or keeps a row and writes it now, so that its id is known."""
        return await Repository(self.session).add(row)

    async def add_all(self, rows: Sequence[SQLModel]) -> None:
        """Adds many rows in as few statements as the database allows; their ids are known afterwards."""
        self.session.add_all(rows)
        await self.session.flush()
