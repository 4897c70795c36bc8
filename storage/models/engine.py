"""What the engine remembers beside the facts: updates, messages, leases, the trail and marks."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from storage.models.columns import Encrypted, EncryptedJson, Moment


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index over the few rows that still matter, on both databases."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class InboxUpdate(SQLModel, table=True):
    """A received update (`handlers.kernel.update`). `state` is new, done or parked.

    `attempts` counts how often it was put off, `begun` how often it was begun since: a row that was
    begun several times and never ended has killed its worker. `next_at` None: due at once.
    """

    __tablename__ = "inbox_updates"
    __table_args__ = (
        _partial("ix_inbox_updates_waiting", "lane", "id", where="state = 'new'"),
        _partial("ix_inbox_updates_heads", "id", where="state = 'new'"),
        _partial("ix_inbox_updates_parked", "id", where="state = 'parked'"),
    )

    id: int = Field(default=None, primary_key=True)
    update_id: str = Field(unique=True)
    lane: str
    kind: str
    payload: str = Field(sa_type=Encrypted("inbox_updates.payload"))
    received_at: datetime = Field(sa_type=Moment)
    state: str = "new"
    attempts: int = 0
    begun: int = 0
    next_at: datetime | None = Field(default=None, sa_type=Moment)
    error: str = ""
    done_at: datetime | None = Field(default=None, sa_type=Moment)


class Lease(SQLModel, table=True):
    """Who works on a lane until when. `lane` is prefixed with its queue ("in:", "out:")."""

    __tablename__ = "leases"

    lane: str = Field(primary_key=True)
    owner: str
    until: datetime = Field(sa_type=Moment)


class Outgoing(SQLModel, table=True):
    """A message to send. `key` makes it once-only here and, where it can, on the platform.

    `kind` is post, replace (both: `content` is a card's JSON), text, image, file, or an order (transfer, way,
    welcome, look: no message). `state` is pending, sent, folded (told in a digest's line) or parked.
    `lane` is platform and address: one phone gets its messages in order.
    """

    __tablename__ = "outgoing"
    __table_args__ = (
        _partial("ix_outgoing_waiting", "lane", "id", where="state = 'pending'"),
        _partial("ix_outgoing_heads", "urgency", "id", where="state = 'pending'"),
        _partial("ix_outgoing_parked", "id", where="state = 'parked'"),
    )

    id: int = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    lane: str
    person_id: int = Field(index=True)
    platform: str
    address: str
    kind: str
    thread: str = ""
    content: str = Field(sa_type=Encrypted("outgoing.content"))
    urgency: int = 0
    state: str = "pending"
    attempts: int = 0
    begun: int = 0
    next_at: datetime | None = Field(default=None, sa_type=Moment)
    error: str = ""
    created_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)


class Held(SQLModel, table=True):
    """The newest message of a thread that a person holds; `ref` is the platform's name for it."""

    __tablename__ = "held"
    __table_args__ = (UniqueConstraint("thread", "person_id"),)

    id: int = Field(default=None, primary_key=True)
    thread: str
    person_id: int = Field(index=True)
    platform: str
    address: str
    ref: str
    content: str = Field(sa_type=Encrypted("held.content"))
    sent_at: datetime = Field(sa_type=Moment)


class AuditEntry(SQLModel, table=True):
    """One row that was made, changed or removed: who, by which deed and message, from what to what.

    `change` is made, changed or removed. `details` holds the values of a made row, or
    {column: [before, after]}. `seal_no` and `seal` chain the entry to all sealed before it.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "subject_id"),
        _partial("ix_audit_entries_unsealed", "id", where="seal_no IS NULL"),
    )

    id: int = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment, index=True)
    actor_id: int | None = Field(default=None, index=True)
    update_id: str = ""
    deed: str = ""
    change: str
    subject: str
    subject_id: str
    details: Any = Field(sa_type=EncryptedJson("audit_entries.details"))
    seal_no: int | None = Field(default=None, unique=True)
    seal: str | None = None


class Mark(SQLModel, table=True):
    """A small fact of the engine: the clock's offset, the last beat, the head of the trail."""

    __tablename__ = "marks"

    key: str = Field(primary_key=True)
    value: str
    at: datetime = Field(sa_type=Moment)
