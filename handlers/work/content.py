"""What a draft holds: one customer's part of a note, and whom in the archive it means.

Readings are kept with their spans, so that every value on a card knows its words.
"""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from handlers.understanding.note import (
    CustomerMention,
    PersonMention,
    PlanRead,
    ReminderRead,
    Span,
    UpdateRead,
    VisitRead,
    When,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A contact in the note and the archive's contact it is (None: new, or not told yet)."""

    mention: PersonMention
    contact_id: int | None = None
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """`customer_id` None with `candidates`: a doubt; None without: a new customer.

    `lookalikes` are customers that a new one may be; `settled` tells that the rep has looked.
    `note_text` is the whole note, for its quotes.
    """

    visit: VisitRead
    note_text: str
    customer_id: int | None = None
    candidates: tuple[int, ...] = ()
    lookalikes: tuple[int, ...] = ()
    settled: bool = False
    contacts: tuple[Resolved, ...] = ()
    plans: tuple[PlanRead, ...] = ()
    reminders: tuple[ReminderRead, ...] = ()
    corrected: tuple[str, ...] = ()
    """Fields (`CorrectionField`) that were put right since the draft was first shown."""

    @property
    def name(self) -> str:
        return self.visit.customer.name

    def words(self, *spans: Span) -> str:
        """The note's words of some spans, in order, once each."""
        return "…".join(dict.fromkeys(span.of(self.note_text) for span in sorted(spans)))

    def marked(self, field: str) -> "Content":
        """The content, with a field that the rep put right: what is counted as misread."""
        return replace(self, corrected=tuple(dict.fromkeys((*self.corrected, field))))

    def with_visit(self, **changed: Any) -> "Content":
        return replace(self, visit=replace(self.visit, **changed))


_ADAPTER: TypeAdapter[Content] = TypeAdapter(Content)


def to_row(content: Content) -> dict[str, Any]:
    """As `Draft.content` keeps it."""
    dumped: dict[str, Any] = _ADAPTER.dump_python(content, mode="json")
    return dumped


def of_row(content: dict[str, Any]) -> Content:
    """What `to_row` wrote. Raises `pydantic.ValidationError` for anything else."""
    return _ADAPTER.validate_python(content)


def as_visit(update: UpdateRead, when: When) -> VisitRead:
    """Facts told without contact, in the shape of a visit, so that one way files both."""
    return VisitRead(
        customer=update.customer,
        when=when,
        contacts=update.contacts,
        amounts=update.amounts,
        stage=update.stage,
        facts=update.facts,
        clauses=update.clauses,
    )


def same_customer(one: CustomerMention | None, other: CustomerMention) -> bool:
    """Whether two mentions of one note mean the same customer."""
    if one is None:
        return False
    if one.known is not None or other.known is not None:
        return one.known == other.known
    return one.name == other.name
