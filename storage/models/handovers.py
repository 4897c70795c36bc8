"""Handing customers to a colleague: who asked, who accepted, who signed, and where each contact stands."""

from datetime import date, datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from storage.models.columns import Encrypted, Moment


class Handover(SQLModel, table=True):
    """Customers of one giver for one successor.

    `state` is asked (nothing has moved), offered (waits for the successor), accepted (waits for the
    signature), signed (the files have moved, the platform is at work), done; or dropped, declined,
    returned, expired. `source` is rep, manager, departure or dormant.
    """

    __tablename__ = "handovers"

    id: int = Field(default=None, primary_key=True)
    giver_id: int = Field(foreign_key="people.id", index=True)
    taker_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    asker_id: int = Field(foreign_key="people.id", index=True)
    signer_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    note_id: int | None = Field(default=None, foreign_key="notes.id")
    source: str = "rep"
    reason: str = Field(default="", sa_type=Encrypted("handovers.reason"))
    last_day: date | None = None
    state: str = Field(default="asked", index=True)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    accepted_at: datetime | None = Field(default=None, sa_type=Moment)
    signed_at: datetime | None = Field(default=None, sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    number: str | None = Field(default=None, unique=True)
    """Of the certificate, issued with the signature."""
    revision: int = 1


class HandedCustomer(SQLModel, table=True):
    """A customer of a handover. `state` is picked, left (not this time), live (offered) or moved.

    A customer is live in one handover at a time. `told`: the giver said that he will say more of it.
    """

    __tablename__ = "handed_customers"
    __table_args__ = (
        UniqueConstraint("handover_id", "customer_id"),
        Index(
            "ix_handed_customers_live",
            "customer_id",
            unique=True,
            sqlite_where=text("state = 'live'"),
            postgresql_where=text("state = 'live'"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    handover_id: int = Field(foreign_key="handovers.id", index=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    state: str = "picked"
    told: bool = False
    revision: int = 1


class Friend(SQLModel, table=True):
    """One of a customer's people as a platform knows him, and the colleague who has him as a contact."""

    __tablename__ = "friends"
    __table_args__ = (UniqueConstraint("platform", "external_id", "person_id"),)

    id: int = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contacts.id", index=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    platform: str
    external_id: str
    since: datetime = Field(sa_type=Moment)
    revision: int = 1


class Transfer(SQLModel, table=True):
    """One contact on the way from colleague to colleague on the platform, in one handover, once.

    `state` is ordered (the platform was not heard of yet), waiting, done, refused, full, often (twice in
    90 days), running (in another transfer), absent; later (asked again at `next_at`) or closed by a
    decision. `until` is when the platform will allow it again, or decides by itself.
    """

    __tablename__ = "transfers"
    __table_args__ = (UniqueConstraint("handover_id", "friend_id"),)

    id: int = Field(default=None, primary_key=True)
    handover_id: int = Field(foreign_key="handovers.id", index=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    friend_id: int = Field(foreign_key="friends.id", index=True)
    state: str = Field(default="ordered", index=True)
    until: datetime | None = Field(default=None, sa_type=Moment)
    next_at: datetime | None = Field(default=None, sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    checked_at: datetime | None = Field(default=None, sa_type=Moment)
    tries: int = 0
    decision: str | None = None
    revision: int = 1
