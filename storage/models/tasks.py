"""What is to be done: promises from notes, plans to go or call, reminders asked for."""

from datetime import date, datetime, time

from sqlmodel import Field, SQLModel

from storage.models.columns import Encrypted, Moment


class Task(SQLModel, table=True):
    """One thing to do. `kind` is promise, plan, reminder or followup.

    `day` None: no day was said. `by`: the day is a deadline (…之前). `owner` is us or customer.
    `remind_at` is when it is due to be spoken of; `reminded_at` the last time that it was.
    `state` is open, done, missed or cancelled.
    """

    __tablename__ = "tasks"

    id: int = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customers.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contacts.id")
    visit_id: int | None = Field(default=None, foreign_key="visits.id", index=True)
    note_id: int = Field(foreign_key="notes.id", index=True)
    kind: str
    what: str = Field(sa_type=Encrypted("tasks.what"))
    owner: str = "us"
    day: date | None = None
    hour: time | None = None
    by: bool = False
    method: str | None = None
    words: str = Field(default="", sa_type=Encrypted("tasks.words"))
    remind_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    reminded_at: datetime | None = Field(default=None, sa_type=Moment)
    state: str = Field(default="open", index=True)
    moved: int = 0
    said_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)
