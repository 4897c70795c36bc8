"""The archive: customers, their people, and what is known of both."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.models.columns import Encrypted, Moment


class Customer(SQLModel, table=True):
    """A company or private person. `name` is the short name of titles, `legal_name` the full one.

    `status` is draft (a name is enough) or official (approved); `code` is issued once (R32).
    `last_interaction_at` moves in the transaction that files a visit, so that no scan is needed.
    `source` is where the file came from (chat, import …); `merged_into` the customer that this one
    turned out to be, where the two were joined.
    """

    __tablename__ = "customers"

    id: int = Field(default=None, primary_key=True)
    kind: str = "company"
    name: str = Field(index=True)
    legal_name: str | None = None
    code: str | None = Field(default=None, unique=True)
    status: str = "draft"
    owner_id: int = Field(foreign_key="people.id", index=True)
    grade: str | None = None
    stage: str | None = None
    industry: str | None = None
    headcount: str | None = None
    address: str | None = Field(default=None, sa_type=Encrypted("customers.address"))
    phone: str | None = Field(default=None, sa_type=Encrypted("customers.phone"))
    phone_index: str | None = Field(default=None, index=True)
    source: str | None = None
    merged_into: int | None = Field(default=None, foreign_key="customers.id", index=True)
    last_interaction_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    resting: str | None = None
    """Nobody is asked about it: paused (先不跟), pool or closed. A real interaction ends it."""
    ask_days: int | None = None
    """How long it may be silent before somebody asks, where that was agreed; else the ladder's days."""
    created_at: datetime = Field(sa_type=Moment)
    created_by: int = Field(foreign_key="people.id")
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class Alias(SQLModel, table=True):
    """Another name that people use for a customer, or a number that it had elsewhere."""

    __tablename__ = "aliases"
    __table_args__ = (UniqueConstraint("customer_id", "name"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    name: str = Field(index=True)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class Contact(SQLModel, table=True):
    """A person at a customer. `phone` is digits as in the corpus: 13800138000, 0512-66668888."""

    __tablename__ = "contacts"

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    name: str
    title: str | None = None
    phone: str | None = Field(default=None, sa_type=Encrypted("contacts.phone"))
    phone_index: str | None = Field(default=None, index=True)
    email: str | None = Field(default=None, sa_type=Encrypted("contacts.email"))
    wechat: str | None = Field(default=None, sa_type=Encrypted("contacts.wechat"))
    birthday: str | None = None
    decision_maker: bool = False
    left_on: date | None = None
    created_at: datetime = Field(sa_type=Moment)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class Trait(SQLModel, table=True):
    """A lasting fact of which there can be many: need, preference, product, tag, competitor, taboo."""

    __tablename__ = "traits"

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contacts.id")
    visit_id: int | None = Field(default=None, foreign_key="visits.id", index=True)
    field: str
    value: str = Field(sa_type=Encrypted("traits.value"))
    at: datetime = Field(sa_type=Moment)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class Money(SQLModel, table=True):
    """A sum in yuan that was said of a customer; `maximum` for a range."""

    __tablename__ = "money"

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    visit_id: int | None = Field(default=None, foreign_key="visits.id", index=True)
    kind: str
    value: float
    maximum: float | None = None
    approximate: bool = False
    words: str = Field(default="", sa_type=Encrypted("money.words"))
    at: datetime = Field(sa_type=Moment)
    revision: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=Moment)
