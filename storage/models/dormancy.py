"""Silences of customers: which rung of the ladder was reached, who was asked, and what was answered."""

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.models.columns import Encrypted, Moment


class Silence(SQLModel, table=True):
    """A rung that a customer's silence reached. A new contact ends the silence by itself: `since` is over.

    `since` is the last real interaction that it counts from, so one silence reaches a rung once.
    `state` is due (a line of the next morning card), asked or answered. `answer` is contacted, planned,
    handover, paused, revived, pool or closed; `told_at` when the manager heard that nobody answered.
    """

    __tablename__ = "silences"
    __table_args__ = (UniqueConstraint("customer_id", "since", "rung"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    rung: str
    days: int
    since: datetime = Field(sa_type=Moment)
    state: str = Field(default="due", index=True)
    answer: str | None = None
    reason: str = Field(default="", sa_type=Encrypted("silences.reason"))
    contacted_at: datetime | None = Field(default=None, sa_type=Moment)
    found_at: datetime = Field(sa_type=Moment)
    asked_at: datetime | None = Field(default=None, sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    revision: int = 1
