"""What any platform can be asked to show: one card, free of platform, table row and clock."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from cards.actions import Action, decode, encode

CodedAction = Annotated[
    Action,
    PlainSerializer(encode, return_type=str),
    PlainValidator(lambda raw: decode(raw) if isinstance(raw, str) else raw),
]


class Weight(StrEnum):
    """How a button looks; colour is never the only sign (card book 1.6)."""

    MAIN = "main"
    NORMAL = "normal"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Line:
    """One fact. `evidence` is the note's words behind a value that was worked out, already masked."""

    label: str
    value: str
    evidence: str = ""
    link: str = ""

    @property
    def written(self) -> str:
        """The value as every platform writes it: `12.8万元 ←“十二万八”`."""
        return self.value + (f" ←“{self.evidence}”" if self.evidence else "")


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that would replace another: old on the left, always."""

    label: str
    before: str
    after: str
    evidence: str = ""

    @property
    def written(self) -> str:
        """`原值 → 新值`; a first value has no arrow."""
        arrow = f"{self.before} → {self.after}" if self.before else self.after
        return arrow + (f" ←“{self.evidence}”" if self.evidence else "")


@dataclass(frozen=True, slots=True)
class Button:
    """A verb and the intention behind it, or a page to open (`link`); never both."""

    label: str
    action: CodedAction | None = None
    weight: Weight = Weight.NORMAL
    link: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with at most ten options (one of them), or twenty (`several`).

    What was picked comes back in `Clicked.picked`, whichever of the card's buttons was tapped.
    """

    title: str
    options: tuple[Option, ...]
    several: bool = False
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a small form; comes back in `Clicked.typed[id]`. `kind`: text, date, time, number, tel."""

    id: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """`link` is what a touch on it opens: the page behind a code, where there is one to open."""

    url: str
    alt: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of `Quote.text` that a value came from: half-open offsets into it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The note's clauses behind the facts; `whole` is the note, for its author only.

    A tap opens it with its used parts marked: `whole_marks` are offsets into `whole`.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    whole: str = ""
    whole_marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A title that suffices on a lock screen, facts, at most one question, and the taps.

    `kind` is the card book's name (visit.draft). `rows` gives changes and lines in the order to show.
    An empty part is not shown. House limits: card book 1.3, held by a test.
    """

    kind: str
    title: str
    subtitle: str = ""
    flag: str = ""
    lines: tuple[Line, ...] = ()
    changes: tuple[Change, ...] = ()
    quote: Quote | None = None
    body: str = ""
    picture: Picture | None = None
    choice: Choice | None = None
    form: Form | None = None
    buttons: tuple[Button, ...] = ()
    menu: tuple[Button, ...] = field(default=())
    footer: str = ""
    page: str = ""
    done: bool = False
    """Nothing is left to decide on it: platforms may show it in grey."""

    @property
    def rows(self) -> "tuple[Change | Line, ...]":
        """Changes first, then lines, as the card book draws them; each has `label` and `written`."""
        return (*self.changes, *self.lines)


_ADAPTER: TypeAdapter[Card] = TypeAdapter(Card)


def dump(card: Card) -> str:
    """The card as JSON text, as the outbox keeps it."""
    return _ADAPTER.dump_json(card, exclude_defaults=True).decode()


def load(text: str) -> Card:
    """The card that `dump` wrote. Raises `pydantic.ValidationError` for anything else."""
    return _ADAPTER.validate_json(text)
