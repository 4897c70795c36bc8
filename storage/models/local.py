"""What the phones of the local platform hold: every message of every chat, as its owner sees it."""

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.models.columns import Encrypted, Moment


class LocalMessage(SQLModel, table=True):
    """A message on one phone. `key` is what its sender calls it, so that a re-sent message is a no-op.

    `direction` is in (the phone's owner said it) or out (the bot did). `content` is plain text for
    text, the card's JSON (`cards.model.dump`) for card, and a small JSON object for voice, image,
    file and location. `revision` grows when the content is replaced in place.
    """

    __tablename__ = "local_messages"

    id: int = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    address: str = Field(index=True)
    direction: str
    kind: str
    content: str = Field(sa_type=Encrypted("local_messages.content"))
    thread: str = ""
    revision: int = 1
    at: datetime = Field(sa_type=Moment)


class LocalWay(SQLModel, table=True):
    """A code that a played customer can scan: `state` comes back, `owner` is the colleague's phone."""

    __tablename__ = "local_ways"

    id: int = Field(default=None, primary_key=True)
    state: str = Field(unique=True)
    owner: str
    at: datetime = Field(sa_type=Moment)


class LocalStranger(SQLModel, table=True):
    """A played customer: what he calls himself, the phone that the colleague noted of him.

    `code` is what a welcome may be said with, once and until `code_until`.
    """

    __tablename__ = "local_strangers"

    id: int = Field(default=None, primary_key=True)
    external_id: str = Field(unique=True)
    name: str = Field(sa_type=Encrypted("local_strangers.name"))
    phone: str = Field(default="", sa_type=Encrypted("local_strangers.phone"))
    code: str = ""
    code_until: datetime | None = Field(default=None, sa_type=Moment)
    code_used: bool = False
    at: datetime = Field(sa_type=Moment)


class LocalFriend(SQLModel, table=True):
    """A customer's own phone, as far as the local platform plays it: whose contact he is.

    `wish` is what he does when he is handed over: yes, no (he refuses) or full (the successor's list is).
    `taker` and `asked_at`: the transfer that runs; `turns` how often he was handed over.
    """

    __tablename__ = "local_friends"
    __table_args__ = (UniqueConstraint("owner", "external_id"),)

    id: int = Field(default=None, primary_key=True)
    external_id: str = Field(index=True)
    owner: str
    wish: str = "yes"
    taker: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=Moment)
    turns: int = 0
