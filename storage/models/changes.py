"""Every change of the archive as before and after: for undo, for approval, for the trail."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel, text

from storage.models.columns import Encrypted, EncryptedJson, Moment


class Change(SQLModel, table=True):
    """One field of one row. `batch` groups what is undone together (visit:3, correction:9, plan:4).

    `field` "+" means that the row itself was made (undo removes it). `state` is done, undone,
    waiting (for an approval), or dropped. One field of one row waits in one approval at a time.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index(
            "ix_changes_waiting",
            *("subject", "subject_id", "field"),
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    batch: str = Field(index=True)
    subject: str
    subject_id: int
    field: str
    before: Any = Field(default=None, sa_type=EncryptedJson("changes.before"))
    after: Any = Field(default=None, sa_type=EncryptedJson("changes.after"))
    words: str = Field(default="", sa_type=Encrypted("changes.words"))
    person_id: int = Field(foreign_key="people.id", index=True)
    note_id: int | None = Field(default=None, foreign_key="notes.id")
    customer_id: int | None = Field(default=None, foreign_key="customers.id", index=True)
    at: datetime = Field(sa_type=Moment)
    state: str = Field(default="done", index=True)


class Approval(SQLModel, table=True):
    """A change of a key field that waits for somebody else's yes.

    `state` is waiting, approved, returned, expired, dropped. One decision whoever taps. `why` is the
    asker's reason, `reason` the decider's; `deputy_id` got a copy when nobody had decided for long.
    `replaces_id`: the same field waited in that one, until this was asked.
    """

    __tablename__ = "approvals"

    id: int = Field(default=None, primary_key=True)
    change_id: int = Field(foreign_key="changes.id", unique=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    approver_id: int = Field(foreign_key="people.id", index=True)
    customer_id: int = Field(foreign_key="customers.id")
    deputy_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    replaces_id: int | None = Field(default=None, foreign_key="approvals.id")
    why: str | None = Field(default=None, sa_type=Encrypted("approvals.why"))
    reason: str = Field(default="", sa_type=Encrypted("approvals.reason"))
    state: str = Field(default="waiting", index=True)
    decided_by: int | None = Field(default=None, foreign_key="people.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    tries: int = 1
    revision: int = 1
