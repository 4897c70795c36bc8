"""What can start something: a message, a tap or the clock, normalised once at the edge.

After a platform's inbound adapter nobody sees XML, JSON or a vendor class. Every update carries the
id that the platform repeats when it retries, the lane (one conversation, handled in order) and the
moment that handlers take for "now".
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from pydantic import TypeAdapter

from cards.model import CodedAction
from handlers.kernel.transfers import TransferAnswer, TransferState


@dataclass(frozen=True, slots=True)
class Sender:
    """Who spoke, in the platform's words; the turn looks up the person behind it."""

    platform: str
    address: str


@dataclass(frozen=True, slots=True)
class Said:
    """Text that somebody typed, or that the platform transcribed (`spoken`)."""

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    text: str
    spoken: bool = False
    file: str = ""
    """Key of the stored audio behind a transcript; empty for typed text."""
    note: int = 0
    """Id of the note that was kept without words and has them now; 0: a note of its own."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """A voice note without a transcript; `file` is its key in the file store."""

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    file: str
    mime: str = ""
    note: int = 0
    """Id of the note that is listened to once more (再听一次); 0: it comes in for the first time."""
    tries: int = 0
    """How often it was listened to before."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Something else: `kind` is image, file, video, location, link or the platform's own word."""

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    kind: str
    file: str = ""
    name: str = ""
    text: str = ""
    """A place's name and address for a location."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A platform's leave to replace the tapped message once. `card` is its name for that message."""

    card: str
    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Clicked:
    """A tap. `picked` are the chosen options' ids, `typed` the form's fields.

    `action` is None where this version can't read the button (`raw`): an old card, or not ours.
    `ticket` is there where the platform needs one to replace the card.
    """

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    action: CodedAction | None
    raw: str = ""
    picked: tuple[str, ...] = ()
    typed: dict[str, str] = field(default_factory=dict)
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class Ticked:
    """The clock. `update_id` is made of name and moment, so that two clocks tick once."""

    update_id: str
    lane: str
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody opened the chat for the first time, or followed the app."""

    update_id: str
    sender: Sender
    lane: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform's directory says of a member. `leaders` are accounts, the nearest first."""

    name: str
    departments: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    leads: bool = False
    """Heads a department."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Something changed about a member: his name, his place, or that he is here at all.

    `profile` is looked up before the update is handled; None then: he is in the company no more.
    `family`: the platforms that know him by the sender's address, where to reach him first.
    """

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    profile: Profile | None = None
    family: tuple[str, ...] = ()
    new_address: str = ""
    """Where his address itself was changed."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What a platform answered to a `TransferOrder` of the handover."""

    update_id: str
    lane: str
    at: datetime
    handover: int
    answers: tuple[TransferAnswer, ...]


@dataclass(frozen=True, slots=True)
class Befriended:
    """A customer and a colleague (the sender) became contacts on the platform.

    `external` is the customer's name there, `state` that of the code he used, `code` what a welcome may
    be said with ("" for none); the lane is the customer's own, so that nothing holds it up.
    """

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    external: str
    state: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Parted:
    """A customer and a colleague (the sender) are contacts no more. `by`: who ended it, customer or rep."""

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    external: str
    by: str


@dataclass(frozen=True, slots=True)
class Stayed:
    """A contact does not go over to a colleague (the sender), as the platform says unasked."""

    update_id: str
    sender: Sender
    lane: str
    at: datetime
    external: str
    state: TransferState


@dataclass(frozen=True, slots=True)
class WayMade:
    """The code that was ordered for an invitation; `fault` says why there is none."""

    update_id: str
    lane: str
    at: datetime
    invite: int
    picture: str = ""
    link: str = ""
    config: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Welcomed:
    """What became of a welcome; `fault` "": it was said."""

    update_id: str
    lane: str
    at: datetime
    newcomer: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """Who a newcomer is; all empty where the platform does not tell."""

    update_id: str
    lane: str
    at: datetime
    newcomer: int
    name: str = ""
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A customer's answer on one of our pages. `link` names the link he came by, `text` what he read."""

    update_id: str
    lane: str
    at: datetime
    action: CodedAction
    link: str
    text: str


Update: TypeAlias = (
    Said
    | Spoke
    | Sent
    | Clicked
    | Ticked
    | Joined
    | Moved
    | Transferred
    | Befriended
    | Parted
    | Stayed
    | WayMade
    | Welcomed
    | Looked
    | Answered
)
BY_NOBODY = (Ticked, Moved, Transferred, WayMade, Welcomed, Looked, Answered)
"""Updates that no colleague sent."""
KINDS: dict[str, type[Update]] = {
    each.__name__.lower(): each
    for each in (
        *(Said, Spoke, Sent, Clicked, Ticked, Joined, Moved, Transferred),
        *(Befriended, Parted, Stayed, WayMade, Welcomed, Looked, Answered),
    )
}
_ADAPTERS = {kind: TypeAdapter(each) for kind, each in KINDS.items()}


def kind_of(update: Update) -> str:
    return type(update).__name__.lower()


def dump(update: Update) -> str:
    """The update as JSON text, as the inbox keeps it beside its kind."""
    return _ADAPTERS[kind_of(update)].dump_json(update).decode()


def load(kind: str, payload: str) -> Update:
    """The update that `dump` wrote. Raises KeyError or `pydantic.ValidationError` for anything else."""
    read: Update = _ADAPTERS[kind].validate_json(payload)
    return read
