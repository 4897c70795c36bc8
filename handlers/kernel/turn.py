"""One update, one unit of work: facts, messages and "this update is done" are kept together or not at all.

Reading a note takes longer than writing, so it happens before the transaction that writes: the lane
is leased, so nothing of this conversation can change in between.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from cards import help as asides
from cards.model import dump as dump_card
from cards.parts import Key as CardKey
from handlers.kernel import contacts, transfers
from handlers.kernel.contacts import ContactOrder, LookOrder, WayOrder, WelcomeOrder
from handlers.kernel.failures import Refused, TryLater
from handlers.kernel.reply import File, Order, Post, Replace, Shown, Text, Urgency
from handlers.kernel.router import Key, Route, Router
from handlers.kernel.transfers import TransferOrder
from handlers.kernel.update import BY_NOBODY, Clicked, Said, Spoke, Ticket, Update, load
from handlers.kernel.wiring import Wired
from handlers.understanding.note import Known
from storage.database import Database
from storage.dialect import is_away
from storage.inbox import LeaseLost
from storage.models.engine import InboxUpdate
from storage.models.people import Account, Person
from storage.unit import Unit

BACKOFF = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600))
"""How long an update waits that is to be tried again, by the number of tries so far."""

LISTENING = "#listening"
"""How the thread of 收到，在听 ends: a platform may show it otherwise than by a card."""
PATIENCE_SECONDS = 2.0
"""How long somebody waits without a word before 收到，在听 (card book 1.8)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What an update was heard as, and what handlers may ask for because of it."""

    key: Key
    values: Mapping[type, Any]
    update: Update | None = None
    """What it turned out to be: a voice note's words are a `Said`. None: what it was."""


class Provider(Protocol):
    """What the turn needs to know of the layers above it."""

    async def know(self, unit: Unit, update: Update, person: Person) -> Known:
        """What the reading of this update may know of the archive."""
        ...

    async def hear(self, update: Update, known: Known) -> Hearing:
        """Reads a message; may take long, so no transaction is open."""
        ...

    async def values(self, unit: Unit, update: Update, person: Person) -> Mapping[type, Any]:
        """What any handler may ask for, by its type."""
        ...

    def clockwork(self, at: datetime) -> Person:
        """Whoever acts where the clock does."""
        ...


Prepare = Callable[[Update], Awaitable[Update]]
"""Asks the platforms for what an update only points at: who wrote, a recording. May raise TryLater."""


async def as_it_is(update: Update) -> Update:
    return update


class Turn:
    """Handles one inbox row after another; the worker's `handle`."""

    def __init__(
        self,
        database: Database,
        router: Router,
        provider: Provider,
        zone: tzinfo,
        now: Callable[[], datetime],
        patience: float = PATIENCE_SECONDS,
        prepare: Prepare = as_it_is,
    ) -> None:
        self._database = database
        self._router = router
        self._provider = provider
        self._zone = zone
        self._now = now
        self._prepare: Prepare = prepare
        self._patience = patience

    async def __call__(self, row: InboxUpdate, owner: str) -> None:
        """Ends the row, whatever happens; raises LeaseLost, and what a database that is away raises."""
        try:
            update = await self._prepare(self._load(row))
            try:
                await self._handle(row, owner, update)
            except Refused as refused:
                await self._close(row, owner, update, refused.replies)
        except TryLater as later:
            await self._later(row, owner, later)
        except LeaseLost:
            raise
        except Exception as error:
            if is_away(error):
                raise
            await self._park(row, owner, error)

    def _load(self, row: InboxUpdate) -> Update:
        update = load(row.kind, row.payload)
        return replace(update, at=update.at.astimezone(self._zone))

    async def _handle(self, row: InboxUpdate, owner: str, update: Update) -> None:
        async with self._database.reading() as unit:
            person = await self._person(unit, update)
            known = await self._provider.know(unit, update, person) if person is not None else Known()
        if person is None or not person.active:
            log.warning("unknown_sender", update_id=row.update_id, kind=row.kind)
            await self._close(row, owner, update, ())
            return
        hearing = await self._heard(update, person, known)
        heard = hearing.update or update
        route, handler = self._router.find(heard, hearing.key)
        await self._run(row, owner, heard, person, hearing, route, handler)

    async def _heard(self, update: Update, person: Person, known: Known) -> Hearing:
        """Hears; where that takes long, whoever speaks is told once that somebody listens."""
        hearing = asyncio.ensure_future(self._provider.hear(update, known))
        try:
            await asyncio.wait({hearing}, timeout=self._patience)
            if not hearing.done() and isinstance(update, Said | Spoke):
                await self._reassure(update, person.id)
            return await hearing
        finally:
            hearing.cancel()

    async def _reassure(self, update: Said | Spoke, to: int) -> None:
        key = f"{update.update_id}{LISTENING}"
        async with self._database.unit(update_id=update.update_id, at=update.at) as unit:
            await put(unit, update, [Post(to, asides.listening(CardKey(to, 0, to)), key, key)])

    async def _run(
        self,
        row: InboxUpdate,
        owner: str,
        update: Update,
        person: Person,
        hearing: Hearing,
        route: Route,
        handler: Wired,
    ) -> None:
        async with self._database.unit(
            actor_id=person.id or None, deed=route.name, update_id=row.update_id, at=update.at
        ) as unit:
            values = {**await self._provider.values(unit, update, person), **hearing.values}
            shown = tuple(await handler(values))
            await put(unit, update, shown)
            await unit.inbox.done(row, owner, update.at)
        log.info("handled", update_id=row.update_id, route=route.name, shown=len(shown))

    async def _person(self, unit: Unit, update: Update) -> Person | None:
        if isinstance(update, BY_NOBODY):
            return self._provider.clockwork(update.at)
        return await unit.people.at(update.sender.platform, update.sender.address)

    async def _close(self, row: InboxUpdate, owner: str, update: Update, shown: Sequence[Shown]) -> None:
        """Ends the row with nothing changed but what is told."""
        async with self._database.unit(update_id=row.update_id, at=update.at) as unit:
            await put(unit, update, shown)
            await unit.inbox.done(row, owner, update.at)

    async def _later(self, row: InboxUpdate, owner: str, later: TryLater) -> None:
        pause = (
            timedelta(seconds=later.seconds)
            if later.seconds is not None
            else BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
        )
        async with self._database.unit(update_id=row.update_id) as unit:
            await unit.inbox.later(row, owner, self._now() + pause, str(later))

    async def _park(self, row: InboxUpdate, owner: str, error: Exception) -> None:
        """A bug: set aside for the operator, and one apology. The error's words may hold the note's."""
        log.error(
            "parked", update_id=row.update_id, row_id=row.id, error=type(error).__name__, at=_place(error)
        )
        async with self._database.unit(update_id=row.update_id) as unit:
            await unit.inbox.park(row, owner, f"{type(error).__name__} {_place(error)}")
            try:
                update = self._load(row)
            except (KeyError, ValidationError):
                return
            person = None if isinstance(update, BY_NOBODY) else await self._person(unit, update)
            if person is not None:
                await put(unit, update, [await self._apology(unit, row, person.id)])

    async def _apology(self, unit: Unit, row: InboxUpdate, to: int) -> Shown:
        """Once for each update; where a retry failed again, in the place of the card that said 在办."""
        card, thread = asides.broken(CardKey(row.id, row.attempts, to)), f"fault:{row.id}"
        if await unit.outbox.held(thread, to) is None:
            return Post(to, card, thread, thread)
        return Replace(to, card, thread, f"{thread}:{self._now().isoformat()}")


async def put(unit: Unit, update: Update, shown: Sequence[Shown]) -> None:
    """The replies as outbox rows. A reply's own key, or the update's id and its place, keeps it to once.

    What a tap brought along for replacing its card is kept with them.
    """
    if isinstance(update, Clicked) and update.ticket is not None:
        await _keep_ticket(unit, update, update.ticket)
    for place, each in enumerate(shown):
        if isinstance(each, Order):
            await _put_order(unit, update, each)
            continue
        account = await _account(unit, update, each.to)
        if account is None:
            log.warning("no_account", person_id=each.to, update_id=update.update_id)
            continue
        kind, content, thread = _content(each)
        await unit.outbox.put(
            key=each.key or f"{update.update_id}#{place}",
            person_id=each.to,
            platform=account.platform,
            address=account.address,
            kind=kind,
            content=content,
            at=update.at,
            thread=thread,
            urgency=int(each.urgency),
        )


async def _put_order(unit: Unit, update: Update, order: Order) -> None:
    """In a lane of its own: a platform's contacts must not hold up anybody's messages."""
    kind, address, urgency = _order_way(order.order)
    await unit.outbox.put(
        key=order.key,
        person_id=order.to,
        platform=order.platform,
        address=address,
        kind=kind,
        content=transfers.dump(order.order)
        if isinstance(order.order, TransferOrder)
        else contacts.dump(order.order),
        at=update.at,
        urgency=int(urgency),
    )


async def _keep_ticket(unit: Unit, update: Clicked, ticket: Ticket) -> None:
    platform = update.sender.platform
    await unit.tickets.keep(
        platform=platform,
        address=update.sender.address,
        thread=await unit.tickets.thread_of(platform, ticket.card),
        card=ticket.card,
        code=ticket.code,
        until=ticket.until,
    )


def _order_way(order: TransferOrder | ContactOrder) -> tuple[str, str, Urgency]:
    """Kind, lane and urgency of an order."""
    match order:
        case TransferOrder():
            return "transfer", f"transfer:{order.giver}", Urgency.APPROVAL
        case WelcomeOrder():
            return "welcome", f"welcome:{order.external}", Urgency.FIRST
        case LookOrder():
            return "look", f"look:{order.external}", Urgency.ANSWER
        case WayOrder():
            return "way", f"way:{order.owner}", Urgency.ANSWER


async def _account(unit: Unit, update: Update, person_id: int) -> Account | None:
    """Whoever wrote is answered where he wrote; others where their card is, or where they are first known.

    Nothing goes to somebody who was deactivated.
    """
    person = await unit.people.get(person_id)
    if person is None or not person.active:
        return None
    platform = None if isinstance(update, BY_NOBODY) else update.sender.platform
    return await unit.people.account(person_id, platform)


def _content(shown: Post | Replace | Text | File) -> tuple[str, str, str]:
    match shown:
        case Post():
            return "post", dump_card(shown.card), shown.thread
        case Replace():
            return "replace", dump_card(shown.card), shown.thread
        case Text():
            return "text", shown.text, ""
        case File():
            told = {"file": shown.file, "name": shown.name}
            return shown.kind, json.dumps(told, ensure_ascii=False), ""


def _place(error: BaseException) -> str:
    """Where it was raised, without its words: they may quote what somebody said."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_globals.get('__name__')}:{last.tb_lineno}" if last is not None else ""
