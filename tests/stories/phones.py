"""The whole bot in one process, with phones that read like people; no mock, no sleep, no wall clock."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from pydantic_core import to_jsonable_python
from sqlmodel import SQLModel, col, func, select

from bot.app import App
from bot.clock import MovableClock
from bot.platforms.local import inbound
from cards.actions import Action, encode
from cards.limits import faults
from cards.model import Button, Card, load
from handlers.kernel.update import Update
from storage.models.changes import Approval, Change
from storage.models.customers import Alias, Contact, Customer, Money, Trait
from storage.models.engine import AuditEntry, InboxUpdate, Outgoing
from storage.models.local import LocalMessage
from storage.models.people import Mute
from storage.models.tasks import Task
from storage.models.visits import Draft, Meeting, SaidNote, StoredFile, Visit
from tests.settling import settle

Row = TypeVar("Row", bound=SQLModel)
Send = Callable[[str, dict[str, Any]], Awaitable[None]]

ARCHIVE: tuple[type[SQLModel], ...] = (
    *(Customer, Alias, Contact, Trait, Money, Visit, Meeting, Task),
    *(Draft, SaidNote, StoredFile, Change, Approval, Mute),
)
"""Whatever a tap may change; the engine's own queues are no part of it."""

_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SECRET = 15
"""So many characters of a note in the open file would betray it; customers' names alone are plain."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of a message as its phone shows it."""

    id: int
    revision: int
    card: Card | None
    text: str = ""

    @property
    def kind(self) -> str:
        return self.card.kind if self.card else "text"

    @property
    def title(self) -> str:
        return self.card.title if self.card else self.text

    @property
    def body(self) -> str:
        return self.card.body if self.card else ""

    @property
    def subtitle(self) -> str:
        return self.card.subtitle if self.card else ""

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [(each.label, each.written) for each in self.card.rows] if self.card else []

    @property
    def labels(self) -> list[str]:
        return [label for label, _ in self.lines]

    def line(self, label: str) -> str:
        return next((written for each, written in self.lines if each == label), "")

    @property
    def taps(self) -> tuple[Button, ...]:
        return (*self.card.buttons, *self.card.menu) if self.card else ()

    @property
    def buttons(self) -> list[str]:
        return [each.label for each in self.card.buttons] if self.card else []

    @property
    def menu(self) -> list[str]:
        return [each.label for each in self.card.menu] if self.card else []

    @property
    def options(self) -> dict[str, str]:
        """What the drop-down offers: label to id."""
        choice = self.card.choice if self.card else None
        return {each.label: each.id for each in choice.options} if choice else {}

    @property
    def words(self) -> str:
        """All that can be read on it, top to bottom."""
        if self.card is None:
            return self.text
        quote = self.card.quote
        parts = [self.title, self.subtitle, self.card.flag, *(f"{a} {b}" for a, b in self.lines)]
        parts += [*((quote.text, quote.whole) if quote else ()), self.body, *self.options]
        return "\n".join([*parts, *self.buttons, *self.menu, self.card.footer])


class Phone:
    """One colleague's phone: says, taps, reads. `send` is the way in (straight, or the page's own HTTP)."""

    def __init__(self, world: "World", address: str, name: str) -> None:
        self.world = world
        self.address = address
        self.name = name
        self.history: list[Shown] = []
        """Every version of every message that was ever shown, in the order of showing."""
        self.news: list[Shown] = []
        """What the last thing that happened anywhere changed here."""
        self.known: set[tuple[int, int]] = set()
        """Id and revision of everything in the history."""

    async def says(self, text: str) -> None:
        await self._sends("say", {"text": text})

    async def speaks(self, text: str) -> None:
        """A voice note that the platform transcribed."""
        await self._sends("say", {"text": text, "spoken": True})

    async def joins(self) -> None:
        await self._sends("join", {})

    async def arrives(self, place: str) -> None:
        await self._sends("place", {"name": place})

    async def sends(self, update: Callable[[inbound.Envelope], Update]) -> None:
        """An update that the page can't make: what other platforms may send."""
        head = inbound.Envelope(self.address, self.world.new_id(), self.world.now)
        await self.world.receives(update(head))

    async def taps(self, label: str, on: Shown | None = None, picks: str = "") -> None:
        """Taps the newest card that has the button; `picks` is an option's label."""
        card = on or self.having(label)
        button = next(each for each in card.taps if each.label == label)
        picked = [_picked(card, picks)] if picks else []
        assert button.action is not None
        await self.taps_raw(encode(button.action), card.id, picked)

    async def taps_raw(self, action: str, message: int = 0, picked: Sequence[str] = ()) -> None:
        await self._sends("click", {"action": action, "message": message, "picked": list(picked)})

    async def does(self, action: Action) -> None:
        """A tap that no card of this phone offers."""
        await self.taps_raw(encode(action))

    def having(self, label: str) -> Shown:
        """The card that was shown last among those that have the button now."""
        current = {each.id: each for each in self.history}
        for shown in reversed(self.history):
            if current[shown.id] is shown and any(each.label == label for each in shown.taps):
                return shown
        raise AssertionError(f"no card of {self.name} has {label}: {[each.buttons for each in self.history]}")

    @property
    def card(self) -> Shown:
        """What was shown last."""
        return self.history[-1]

    def cards(self, kind: str = "") -> list[Shown]:
        """The cards that are in the chat now, oldest first; `kind` by its beginning."""
        current = {each.id: each for each in self.history}
        return [each for _, each in sorted(current.items()) if each.kind.startswith(kind)]

    def shows(self, *words: str) -> bool:
        """Whether something that changed last holds all the words."""
        return any(all(word in each.words for word in words) for each in self.news)

    async def looks(self) -> None:
        """Reads what is new on the phone since the last look."""
        mine = (col(LocalMessage.address) == self.address, col(LocalMessage.direction) == "out")
        async with self.world.app.database.reading() as unit:
            held = await unit.session.exec(select(LocalMessage.id, LocalMessage.revision).where(*mine))
            now = set(held.all())
            fresh = sorted(id for id, _ in now - self.known)
            self.news = [_shown(await unit.session.get_one(LocalMessage, id)) for id in fresh]
        self.known |= now
        self.history += self.news

    async def _sends(self, kind: str, body: dict[str, Any]) -> None:
        await self.world.send(kind, {"phone": self.address, "id": self.world.new_id(), **body})
        if body.get("text"):
            self.world.said.append(body["text"])
        await self.world.settles()


@dataclass
class World:
    """One founded company on a fresh database, its clock and its phones."""

    app: App
    clock: MovableClock
    said: list[str] = field(default_factory=list)
    phones: dict[str, Phone] = field(default_factory=dict)
    customers: Any = None
    """Where this platform's customers are (`customers.FarCustomers`); None: where the demo plays them."""
    may_park: bool = False
    """Set by a story whose point is that something is set aside for the operator."""
    _ids: int = 0

    def __post_init__(self) -> None:
        self.send: Send = self.straight

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def today(self) -> date:
        return self.now.date()

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids:05}"

    def phone(self, address: str, name: str) -> Phone:
        return self.phones.setdefault(address, Phone(self, address, name))

    async def straight(self, kind: str, body: dict[str, Any]) -> None:
        """Into the inbox as the page's requests go, without the page."""
        await self.app.intake.put(inbound.update(kind, body, self.now))

    async def receives(self, *updates: Update) -> None:
        for each in updates:
            await self.app.intake.put(each)
        await self.settles()

    async def settles(self) -> None:
        """Until nothing is due in the inbox and nothing in the outbox."""
        await settle(self.app)
        for phone in self.phones.values():
            await phone.looks()

    async def moves(self, **delta: float) -> None:
        """Time goes by, and all that the clock starts in it happens."""
        await self.app.scheduler.move(self.clock, timedelta(**delta))
        await self.settles()

    async def jumps(self, **delta: float) -> None:
        """Time goes by in which nothing that the clock starts is of interest."""
        await self.clock.move(timedelta(**delta))
        await self.settles()

    async def moves_to(self, day: int, hour: int = 8, minute: int = 30, month: int = 4) -> None:
        to = self.now.replace(month=month, day=day, hour=hour, minute=minute, second=0, microsecond=0)
        await self.moves(seconds=(to - self.now).total_seconds())

    # -- the archive -------------------------------------------------------------------------------

    async def rows(self, model: type[Row]) -> list[Row]:
        """All rows, also those that were taken back."""
        async with self.app.database.reading() as unit:
            return list((await unit.session.exec(select(model).order_by(col(model.id)))).all())  # type: ignore[attr-defined]

    async def there(self, model: type[Row]) -> list[Row]:
        """The rows that hold."""
        return [each for each in await self.rows(model) if getattr(each, "removed_at", None) is None]

    async def newest(self, model: type[Row]) -> Row:
        return (await self.rows(model))[-1]

    async def customer(self, name: str) -> Customer:
        return next(each for each in await self.there(Customer) if each.name == name)

    async def contact(self, name: str) -> Contact:
        return next(each for each in await self.there(Contact) if each.name == name)

    async def archive(self, *models: type[SQLModel]) -> dict[str, dict[str, Any]]:
        """Every row as plain data, by `table:id`, to compare a before with an after."""
        found: dict[str, dict[str, Any]] = {}
        for model in models or ARCHIVE:
            for row in await self.rows(model):
                name = f"{model.__tablename__}:{row.id}"  # type: ignore[attr-defined]
                found[name] = to_jsonable_python(row.model_dump())
        return found

    async def trail(self, change: str = "") -> list[AuditEntry]:
        entries = await self.rows(AuditEntry)
        return [each for each in entries if not change or each.change == change]

    # -- what must hold after every story -----------------------------------------------------------

    async def broken(self) -> list[str]:
        """Whatever no story may leave behind; empty where all is well."""
        return [
            *await self._unended(),
            *await self._trail_faults(),
            *await self._written_plainly(),
            *(f"{each.kind}: {fault}" for each in self._all_cards() for fault in faults(each)),
        ]

    async def parked(self) -> list[str]:
        return [*await self._queued("parked", InboxUpdate), *await self._queued("parked", Outgoing)]

    async def answered(self, since: int, address: str) -> bool:
        """Whether anything was put into the outbox for the phone after the row `since`."""
        async with self.app.database.reading() as unit:
            query = select(Outgoing.id).where(col(Outgoing.id) > since, col(Outgoing.address) == address)
            return (await unit.session.exec(query.limit(1))).first() is not None

    async def last_outgoing(self) -> int:
        async with self.app.database.reading() as unit:
            return (await unit.session.exec(select(func.max(col(Outgoing.id))))).one() or 0

    async def _queued(self, state: str, queue: type[InboxUpdate] | type[Outgoing]) -> list[str]:
        async with self.app.database.reading() as unit:
            found = await unit.session.exec(select(queue.kind, queue.error).where(queue.state == state))
            return [f"{state} {kind}: {error}" for kind, error in found]

    async def _unended(self) -> list[str]:
        waiting = await self._queued("pending", Outgoing)
        return [*([] if self.may_park else await self.parked()), *waiting]

    async def _trail_faults(self) -> list[str]:
        async with self.app.database.unit() as unit:
            while await unit.audit.seal(self.now):
                pass
            broken = await unit.audit.verify()
        return [] if broken is None else [broken.why]

    async def _written_plainly(self) -> list[str]:
        """Numbers and notes that somebody with the bare file could read."""
        path = self.app.settings.var_dir / "baifang.db"
        bytes_ = b"".join(each.read_bytes() for each in path.parent.glob("baifang.db*"))
        contacts = await self.rows(Contact)
        numbers = {found for text in self.said for found in _PHONE.findall(text)}
        numbers |= {each.phone for each in contacts if each.phone}
        notes = {text[:_SECRET] for text in self.said if len(text) >= _SECRET}
        return [f"in the open: {each}" for each in (*numbers, *notes) if each.encode() in bytes_]

    def _all_cards(self) -> Iterable[Card]:
        return [each.card for phone in self.phones.values() for each in phone.history if each.card]


def _shown(row: LocalMessage) -> Shown:
    if row.kind == "card":
        return Shown(row.id, row.revision, load(row.content))
    return Shown(row.id, row.revision, None, row.content)


def _picked(card: Shown, label: str) -> str:
    found = [id for each, id in card.options.items() if label in each]
    assert len(found) == 1, f"{label} is not one of {list(card.options)}"
    return found[0]
