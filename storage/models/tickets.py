"""What a platform gave us so that a sent card may be replaced: each good once, and not for ever."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from storage.models.columns import Moment


class KeptTicket(SQLModel, table=True):
    """One chance to replace one message in place. `card` is the platform's name for the message.

    One comes with the sending and one with every tap. `code` is what to hand back to the platform;
    `until` is when it stops counting. `thread` "": nobody knows any more what the card was about.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("platform", "code"),
        Index("ix_tickets_card", "platform", "card"),
        Index("ix_tickets_thread", "platform", "address", "thread"),
    )

    id: int = Field(default=None, primary_key=True)
    platform: str
    address: str
    thread: str
    card: str
    code: str
    until: datetime = Field(sa_type=Moment)
    used: bool = False
