"""What reading a note yields: values, each with the words that it came from.

Pure data. Nothing here knows a database, a card or a clock; `read` fills it, `handlers.chat`
turns it into drafts, and `handlers.understanding.corpus` writes it in the corpus format.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Intent(StrEnum):
    """The main thing that the sender wants (one a note)."""

    VISIT = "visit"
    PLAN = "plan"
    UPDATE = "update"
    NEW_CUSTOMER = "new_customer"
    REMIND = "remind"
    QUERY = "query"
    HANDOVER = "handover"
    CORRECT = "correct"
    CHAT = "chat"


class Method(StrEnum):
    ONSITE = "onsite"
    PHONE = "phone"
    WECHAT = "wechat"
    VIDEO = "video"
    MEAL = "meal"
    EVENT = "event"
    EMAIL = "email"


class AmountKind(StrEnum):
    BUDGET = "budget"
    QUOTE = "quote"
    ORDER = "order"
    PAYMENT = "payment"
    OTHER = "other"


class Stage(StrEnum):
    CONTACT = "contact"
    NEEDS = "needs"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    WON = "won"
    LOST = "lost"


class Mood(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Tag(StrEnum):
    PRICE_SENSITIVE = "price_sensitive"
    SERVICE_DEMANDING = "service_demanding"
    URGENT = "urgent"
    CHURN_RISK = "churn_risk"
    COMPLAINT = "complaint"
    REFERRAL = "referral"


class Field(StrEnum):
    """Fields of a fact for the archive."""

    PHONE = "phone"
    EMAIL = "email"
    WECHAT = "wechat"
    TITLE = "title"
    ADDRESS = "address"
    INDUSTRY = "industry"
    HEADCOUNT = "headcount"
    BIRTHDAY = "birthday"
    DECISION_MAKER = "decision_maker"
    LEFT = "left"
    JOINED = "joined"
    NEED = "need"
    PREFERENCE = "preference"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of characters in the note as it was received (never in a normalised copy)."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


Spans = tuple[Span, ...]


# -- what is known before reading ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownContact:
    name: str
    title: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    id: str
    name: str
    aliases: tuple[str, ...] = ()
    contacts: tuple[KnownContact, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The part of the archive that the sender may see; a reading never learns of anything else."""

    customers: tuple[KnownCustomer, ...] = ()
    likely: tuple[str, ...] = ()
    """Names for whoever writes down what is spoken, likeliest first; readers don't need them."""


# -- values with their words -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerMention:
    """A customer as the note names it.

    `known` is the id of the known customer it certainly is; where two or more are too close to tell, or one is
    only alike (宏源 for 宏远), `known` is the likelier one's id or None and `candidates` lists their ids, likeliest
    first: a doubt.
    `name` is the name as said, without filler.
    """

    name: str
    known: str | None = None
    candidates: tuple[str, ...] = ()
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class PersonMention:
    """A contact met or spoken to: full name of the known contact where it can be told, else as said.

    `candidates` holds full names of known contacts where two or more fit (张总, two people called 张).
    """

    name: str
    title: str | None = None
    known: bool = False
    candidates: tuple[str, ...] = ()
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class When:
    """A day, with an hour only where one was said; `part` is 上午, 下午 or 晚上 as said."""

    day: date
    hour: time | None = None
    part: str | None = None
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in yuan; `maximum` for a range; `approximate` where the note said so (左右, 来)."""

    kind: AmountKind
    value: float
    maximum: float | None = None
    approximate: bool = False
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class NextAction:
    """Something that we (`owner` "us") or the customer promised or was asked to do.

    `by` tells whether `due` is a deadline (…之前) rather than the day itself.
    """

    what: str
    due: date | None = None
    owner: str = "us"
    by: bool = False
    spans: Spans = ()
    due_spans: Spans = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact for the archive; `of` is a contact's name or "customer"; `value` as in the corpus."""

    of: str
    field: Field
    value: str
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class Labelled(Generic[T]):
    """A judgement about a visit (method, stage, mood, tag, competitor) and the words that show it."""

    value: T
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A day or a sum that two readings take differently: the visit holds `held`, `other` is what it may be instead.

    Both are of one kind; None is for no such sum.
    """

    held: When | Amount | None
    other: When | Amount | None


@dataclass(frozen=True, slots=True)
class VisitRead:
    """One customer and occasion. `clauses` are the parts of the note that speak of it."""

    customer: CustomerMention
    when: When
    contacts: tuple[PersonMention, ...] = ()
    method: Labelled[Method] | None = None
    amounts: tuple[Amount, ...] = ()
    stage: Labelled[Stage] | None = None
    mood: Labelled[Mood] = Labelled(Mood.NEUTRAL)
    competitors: tuple[Labelled[str], ...] = ()
    tags: tuple[Labelled[Tag], ...] = ()
    next_actions: tuple[NextAction, ...] = ()
    facts: tuple[Fact, ...] = ()
    clauses: Spans = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanRead:
    """Contact still to come. `when` is never None: a plan without a date is a next action."""

    customer: CustomerMention | None
    when: When
    contacts: tuple[PersonMention, ...] = ()
    method: Labelled[Method] | None = None
    what: str = ""
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class ReminderRead:
    customer: CustomerMention | None
    when: When
    what: str
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class UpdateRead:
    """Facts told without reporting contact; also those of a new customer to be opened."""

    customer: CustomerMention
    facts: tuple[Fact, ...] = ()
    amounts: tuple[Amount, ...] = ()
    stage: Labelled[Stage] | None = None
    clauses: Spans = ()
    contacts: tuple[PersonMention, ...] = ()
    """Who is told of, where that is a fact of its own: whose business card it is."""


class QueryKind(StrEnum):
    PROFILE = "profile"
    LAST_VISIT = "last_visit"
    VISITS = "visits"
    TODO = "todo"
    DORMANT = "dormant"
    PIPELINE = "pipeline"
    CONTACT_PHONE = "contact_phone"
    RANKING = "ranking"


@dataclass(frozen=True, slots=True)
class Query:
    kind: QueryKind
    customer: CustomerMention | None = None
    since: date | None = None
    until: date | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """`customers` None means all of the sender's customers."""

    customers: tuple[CustomerMention, ...] | None
    to: str
    reason: str | None = None


class CorrectionField(StrEnum):
    AMOUNT = "amount"
    WHEN = "when"
    CUSTOMER = "customer"
    CONTACT = "contact"
    PHONE = "phone"
    DUE = "due"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Correction:
    """Puts right one field of what was recorded just before; holds only what this message says.

    `value` is typed by `field`: float yuan for amount, ISO date or date-time string for when and due,
    known customer id or name for customer, name for contact, digits for phone, words for other.
    `ahead` is the same day read as one still to come (时间是周四), for a record that is a plan or a due date.
    `kind` is the kind of money where it was said; `old` the replaced value's words where named
    (不是张伟，是张薇 → 张伟); `customer` the record's customer where the message names one.
    """

    field: CorrectionField
    value: str | float
    kind: AmountKind | None = None
    old: str | None = None
    customer: CustomerMention | None = None
    spans: Spans = ()
    ahead: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What one message says. Empty everywhere but `intent` where nothing may be written (chat)."""

    text: str
    intent: Intent
    visits: tuple[VisitRead, ...] = ()
    plans: tuple[PlanRead, ...] = ()
    reminders: tuple[ReminderRead, ...] = ()
    updates: tuple[UpdateRead, ...] = ()
    query: Query | None = None
    handover: Handover | None = None
    correction: Correction | None = None


Read = Callable[[str, datetime, Known], Note]
"""read(text, at, known): `at` is aware, in the company's time zone: the moment it was said."""

Heed = Callable[[str, datetime, Known], Awaitable[Note]]
"""The same for whoever waits: a reading that may take time, by a thread or a model."""
