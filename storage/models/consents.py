"""What a customer allowed, forbade and took back, and the words that he was shown."""

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.models.columns import Encrypted, Moment


class Consent(SQLModel, table=True):
    """One answer about one purpose; never changed, the newest one of a purpose counts.

    `scope` is service (using the data at all), care (greetings) or news. `answer` is given, declined or
    withdrawn. `text_version` names the words that were shown, `link` the link that led there;
    `channel` is page, or said where a rep passed it on (`person_id`, `note_id`).
    """

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("update_id", "scope"),)

    id: int = Field(default=None, primary_key=True)
    newcomer_id: int | None = Field(default=None, foreign_key="newcomers.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contacts.id", index=True)
    scope: str
    answer: str
    channel: str
    text_version: str = ""
    link: str = ""
    person_id: int | None = Field(default=None, foreign_key="people.id")
    note_id: int | None = Field(default=None, foreign_key="notes.id")
    update_id: str
    words: str = Field(default="", sa_type=Encrypted("consents.words"))
    at: datetime = Field(sa_type=Moment)


class ConsentText(SQLModel, table=True):
    """A wording that was shown to somebody, whole, so that it can be shown again to whoever asks."""

    __tablename__ = "consent_texts"

    id: int = Field(default=None, primary_key=True)
    version: str = Field(unique=True)
    text: str
    first_shown_at: datetime = Field(sa_type=Moment)
