"""The small view-models that cards share: what a person may see, typed, before it is put into words.

Ids of kinds, stages, tags and fields are the strings of `handlers.understanding.note` (budget, onsite …).
Texts that are in the note's own words are plain; `words` is what a worked-out value came from, "" where
the value equals the note's words. Phones are whole digits only where the viewer may see the number at
all: a card masks them. Prices and phones the viewer may not see are simply not there.
"""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class Key:
    """What a card's taps carry: id of the thing, the revision that is shown, the person it is shown to."""

    what: int
    rev: int
    to: int


@dataclass(frozen=True, slots=True)
class Named:
    """A choice: an id and the name it is shown by."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A customer's person: full name and title, or as said (张总) where nobody knows who."""

    name: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The one question of a visit: who `said` is. Choices likeliest first; left alone it stays as said."""

    said: str
    choices: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Money:
    """`kind`: budget, quote, order, payment, other. Yuan."""

    kind: str
    value: float
    maximum: float | None = None
    approximate: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Unsure:
    """A day or a sum that was read in two ways: `held` stays, `other` takes its place when tapped.

    Both are of one kind; None is for no such sum. `at` is its place among the draft's doubts.
    """

    held: date | datetime | Money | None
    other: date | datetime | Money | None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Phone:
    """`of` is the contact's name where the line must say whose it is."""

    digits: str
    of: str = ""
    waits_for: str = ""
    """The colleague who has to agree first; "" where it is filed at once."""


@dataclass(frozen=True, slots=True)
class StageMove:
    """`before` "" for a first stage."""

    after: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something promised: by us, or by them (`owner` "them"). `by`: a deadline, not the day itself."""

    what: str
    due: date | None = None
    owner: str = "us"
    by: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact for the archive: `field` as in the note's vocabulary, `of` a contact's name or "customer".

    Phones are no `Told` but a `Phone`. `value` of decision_maker and left may be "": `of` says it.
    """

    field: str
    value: str
    of: str = "customer"
    words: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The note behind a card. All offsets are half-open and into `note`, exactly as it was received.

    `clauses` are the parts that this card may quote (empty: all of it), `used` the words that the
    card's facts came from: only comma clauses that hold one are quoted. `author`: the reader wrote it,
    so that a tap may open the whole note.
    """

    note: str
    clauses: tuple[tuple[int, int], ...] = ()
    used: tuple[tuple[int, int], ...] = ()
    author: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What was heard of one customer and occasion; everything unsaid stays empty."""

    contacts: tuple[Person, ...] = ()
    doubt: Doubt | None = None
    unsure: Unsure | None = None
    needs: tuple[Told, ...] = ()
    amounts: tuple[Money, ...] = ()
    rivals: tuple[str, ...] = ()
    stage: StageMove | None = None
    tags: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    phones: tuple[Phone, ...] = ()
    told: tuple[Told, ...] = ()
    denied: tuple[str, ...] = ()
    """Money that was said not to be there, in the note's words (今年没预算)."""
    dropped: tuple[str, ...] = ()
    """What the reader would not keep: "number", "private"."""


Value = str | date | datetime | time | Money | Phone | StageMove
"""A value that was replaced or replaces another: written by its type."""


@dataclass(frozen=True, slots=True)
class Altered:
    """`field`: amount, when, due, customer, contact, phone, legal_name, grade, owner, stage, other.

    `label` names it better where one can: what is due (发方案). `before` None: there was nothing.
    """

    field: str
    after: Value
    before: Value | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A key field that waits for somebody. `field`: phone, legal_name, grade, owner."""

    field: str
    waits_for: str
