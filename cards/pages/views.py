"""What the phone pages show: typed, and already without whatever their reader may not see."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from cards.migration import Board
from cards.parts import Key


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One of a customer's people. `phone` whole digits where the reader may see it; pages mask it."""

    id: int
    name: str
    title: str = ""
    phone: str = ""
    decides: bool = False
    left: bool = False
    wechat: str = ""
    """bound (added the owner), invited, refused, or ""."""
    consent: str = ""
    """given, declined, withdrawn, or "" for no answer."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    what: str
    day: date | None
    by: bool = False
    ours: bool = True


@dataclass(frozen=True, slots=True)
class EventRow:
    day: date
    how: str
    gist: str = ""
    who: str = ""
    met: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    void: bool = False


@dataclass(frozen=True, slots=True)
class FilePage:
    """A customer's file. What is empty has no section."""

    key: Key
    name: str
    legal: str = ""
    code: str = ""
    owner: str = ""
    standing: tuple[str, ...] = ()
    warning: str = ""
    facts: tuple[Fact, ...] = ()
    needs: tuple[str, ...] = ()
    people: tuple[PersonRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """A field of money: `name` is the form's, `label` the kind, `value` yuan."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class StepField:
    name: str
    what: str
    due: date | None


@dataclass(frozen=True, slots=True)
class VisitForm:
    """A draft with a field for everything that was understood. `note` is the author's own words."""

    key: Key
    customer: str
    day: date
    hour: time | None
    contacts: str
    needs: str
    sums: tuple[Sum, ...]
    steps: tuple[StepField, ...]
    phone: str
    phone_of: str
    note: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class HandedRow:
    """A customer on the handover list; `going` ticked, `transfer` the platform's state in words."""

    id: int
    name: str
    going: bool
    grade: str = ""
    last: date | None = None
    tasks: int = 0
    transfer: str = ""


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """`may_pick`: the reader may still choose who goes."""

    key: Key
    giver: str
    taker: str
    state: str
    rows: tuple[HandedRow, ...]
    may_pick: bool = False
    last_day: date | None = None
    number: str = ""
    signed_by: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InviteRow:
    """Somebody on the list. `state`: listed, asked, bound, refused."""

    id: int
    name: str
    customer: str
    customer_id: int
    state: str
    asked: date | None = None
    last: date | None = None
    today: bool = False


@dataclass(frozen=True, slots=True)
class NewcomerRow:
    id: int
    called: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MigrationPage:
    """A rep's list, and the team's figures for whoever leads."""

    key: Key
    mine: Board
    rows: tuple[InviteRow, ...] = ()
    unmatched: tuple[str, ...] = ()
    newcomers: tuple[NewcomerRow, ...] = ()
    team: tuple[Board, ...] = ()


@dataclass(frozen=True, slots=True)
class HomePage:
    """Where the pages begin: one's own customers, and what waits."""

    customers: tuple[tuple[int, str, str], ...] = ()
    """Id, name, and one fact."""
    drafts: tuple[tuple[int, str], ...] = ()
    handovers: tuple[tuple[int, str], ...] = ()
    found: str = ""


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """The page for customers. `answer` is what he said last; `at` when."""

    paragraphs: tuple[Fact, ...]
    company: str
    answer: str = ""
    at: datetime | None = None
    scopes: tuple[str, ...] = field(default=())
