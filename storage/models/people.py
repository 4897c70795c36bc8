"""Colleagues: who they are, whom they report to, and where they can be reached."""

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.models.columns import Moment


class Person(SQLModel, table=True):
    """A colleague. `role` is one of the policy's roles; `manager_id` None: nobody above."""

    __tablename__ = "people"

    id: int = Field(default=None, primary_key=True)
    name: str
    role: str
    manager_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    active: bool = True
    created_at: datetime = Field(sa_type=Moment)


class Account(SQLModel, table=True):
    """A person's account on one platform (local, wecom, dingtalk)."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("platform", "address"),)

    id: int = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    platform: str
    address: str
    created_at: datetime = Field(sa_type=Moment)


class Mute(SQLModel, table=True):
    """A person asked not to be spoken to unasked: about a kind of card ("" for all) until a moment."""

    __tablename__ = "mutes"
    __table_args__ = (UniqueConstraint("person_id", "kind"),)

    id: int = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    kind: str = ""
    until: datetime = Field(sa_type=Moment)
