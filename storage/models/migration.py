"""Customers who are to come over from a rep's own WeChat to the company's: whom to ask, and who came."""

from datetime import date, datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from storage.models.columns import Encrypted, Moment

_MATCHED = text("contact_id IS NOT NULL")


class Invite(SQLModel, table=True):
    """Somebody on a rep's own list. `words` is how the list calls him, `contact_id` who of the archive it is.

    `state` is listed, asked (the rep says that he sent it), bound, refused (final), or lost (the file is
    no longer his). `way` is the state that the personal code carries; `day` when it was proposed last,
    `swapped_on` when it was put back. `draft` counts the wordings that were shown.
    """

    __tablename__ = "invites"
    __table_args__ = (
        UniqueConstraint("person_id", "words_index"),
        Index(
            "ix_invites_contact",
            "person_id",
            "contact_id",
            unique=True,
            sqlite_where=_MATCHED,
            postgresql_where=_MATCHED,
        ),
    )

    id: int = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contacts.id")
    words: str = Field(sa_type=Encrypted("invites.words"))
    words_index: str
    phone: str | None = Field(default=None, sa_type=Encrypted("invites.phone"))
    phone_index: str | None = Field(default=None, index=True)
    source: str
    """file, paste, said, archive or handover."""
    state: str = Field(default="listed", index=True)
    day: date | None = None
    swapped_on: date | None = None
    draft: int = 0
    way: str | None = Field(default=None, unique=True)
    way_at: datetime | None = Field(default=None, sa_type=Moment)
    picture: str = ""
    link: str = ""
    config: str = ""
    asked_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    revision: int = 1


class Newcomer(SQLModel, table=True):
    """A customer who added a rep on a platform. `way` is the state of the code he used.

    `state` is new (nobody said yet who it is), kept (先放着), again (it was asked once more), bound
    (`contact_id` says to whom), or parted (he or the rep ended it; whom he was bound to is kept, for the
    case that he comes back).
    `welcome` is "" (under way), said, or missed.
    """

    __tablename__ = "newcomers"
    __table_args__ = (UniqueConstraint("platform", "external_id", "person_id"),)

    id: int = Field(default=None, primary_key=True)
    platform: str
    external_id: str
    person_id: int = Field(foreign_key="people.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contacts.id", index=True)
    name: str = Field(default="", sa_type=Encrypted("newcomers.name"))
    phone: str | None = Field(default=None, sa_type=Encrypted("newcomers.phone"))
    phone_index: str | None = Field(default=None, index=True)
    way: str = Field(default="", index=True)
    state: str = Field(default="new", index=True)
    welcome: str = ""
    times: int = 1
    added_at: datetime = Field(sa_type=Moment)
    bound_at: datetime | None = Field(default=None, sa_type=Moment)
    revision: int = 1
