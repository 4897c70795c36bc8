"""What was said, what was understood (drafts), and what was filed (visits)."""

from datetime import date, datetime, time
from typing import Any

from sqlmodel import Field, SQLModel

from storage.models.columns import Encrypted, EncryptedJson, Moment


class SaidNote(SQLModel, table=True):
    """A message as it was received. `update_id` is unique: one note however often it is delivered."""

    __tablename__ = "notes"

    id: int = Field(default=None, primary_key=True)
    update_id: str = Field(unique=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    lane: str
    spoken: bool = False
    text: str = Field(sa_type=Encrypted("notes.text"))
    file: str = ""
    kind: str = "note"
    """note, memo (kept without being filed), card (a business card's print), or kept (not understood yet)."""
    at: datetime = Field(sa_type=Moment)


class Draft(SQLModel, table=True):
    """What was understood of one customer in a note, waiting for a tap.

    `kind` is visit or facts; `content` is `handlers.work.drafts.Content` as JSON;
    `state` is open, kept (放着), saved, dropped or expired. Seven days open, then expired.
    """

    __tablename__ = "drafts"

    id: int = Field(default=None, primary_key=True)
    note_id: int = Field(foreign_key="notes.id", index=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    kind: str = "visit"
    position: int = 1
    total: int = 1
    content: dict[str, Any] = Field(sa_type=EncryptedJson("drafts.content"))
    state: str = Field(default="open", index=True)
    created_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    revision: int = 1


class Visit(SQLModel, table=True):
    """Contact with a customer that has happened, or facts told without contact (`kind` facts).

    `draft_id` is unique: a draft is filed once, whatever is tapped how often.
    `day` and `hour` are in the company's time zone, the hour only where one was said.
    """

    __tablename__ = "visits"

    id: int = Field(default=None, primary_key=True)
    draft_id: int = Field(foreign_key="drafts.id", unique=True)
    note_id: int = Field(foreign_key="notes.id", index=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    kind: str = "visit"
    day: date = Field(index=True)
    hour: time | None = None
    part: str | None = None
    method: str | None = None
    stage: str | None = None
    mood: str = "neutral"
    quote: str = Field(default="", sa_type=Encrypted("visits.quote"))
    filed_at: datetime = Field(sa_type=Moment)
    voided_at: datetime | None = Field(default=None, sa_type=Moment)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class Meeting(SQLModel, table=True):
    """Who was met or spoken to on a visit."""

    __tablename__ = "meetings"

    id: int = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visits.id", index=True)
    contact_id: int = Field(foreign_key="contacts.id", index=True)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class StoredFile(SQLModel, table=True):
    """A voice note, picture or file: where its (encrypted) bytes are, and what it hangs on."""

    __tablename__ = "files"

    id: int = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    visit_id: int | None = Field(default=None, foreign_key="visits.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customers.id", index=True)
    kind: str
    mime: str = ""
    name: str = Field(default="", sa_type=Encrypted("files.name"))
    size: int = 0
    at: datetime = Field(sa_type=Moment)
    removed_at: datetime | None = Field(default=None, sa_type=Moment)
