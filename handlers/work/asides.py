"""Keeping what is no note: voice without words, pictures, files; and whom help can name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from handlers.kernel.update import Sender, Sent, Spoke, dump, kind_of
from handlers.policies.permissions import reach
from handlers.work import drafting
from handlers.work.context import Desk
from storage.inbox import Arrival
from storage.models.customers import Customer
from storage.models.people import Person
from storage.models.visits import SaidNote, StoredFile, Visit
from storage.people import Scope

EXAMPLES = 3

FRESH = timedelta(hours=12)
"""A picture belongs to what was filed not longer ago than this."""


@dataclass(frozen=True, slots=True)
class Examples:
    customers: Sequence[str]
    contact: str
    colleague: str


async def keep_voice(desk: Desk, spoke: Spoke) -> SaidNote:
    """The voice note as a note without words, its sound kept; one that is there already stays as it is."""
    if spoke.note:
        return await desk.unit.notes.one(spoke.note)
    note = SaidNote(
        update_id=spoke.update_id,
        person_id=desk.my_id,
        lane=spoke.lane,
        spoken=True,
        text="",
        file=spoke.file,
        kind="kept",
        at=spoke.at,
    )
    if spoke.file:
        await drafting.keep_recording(desk, spoke.file, spoke.mime)
    return await desk.unit.add(note)


async def keep_card(desk: Desk, sent: Sent, text: str) -> SaidNote:
    """A business card as a note of its own, in the words that are printed on it, with its picture."""
    await desk.unit.add(
        StoredFile(key=sent.file, person_id=desk.my_id, kind=sent.kind, name=sent.name, at=sent.at)
    )
    note = SaidNote(
        update_id=sent.update_id,
        person_id=desk.my_id,
        lane=sent.lane,
        text=text,
        file=sent.file,
        kind="card",
        at=sent.at,
    )
    return await desk.unit.add(note)


async def do_listen_again(desk: Desk, note: SaidNote, tries: int, sender: Sender) -> None:
    """The recording comes in once more, as of when it was said; the same tap twice is one update."""
    spoke = Spoke(
        f"again:{note.id}:{tries}", sender, note.lane, note.at, note.file, note=note.id, tries=tries + 1
    )
    arrival = Arrival(spoke.update_id, spoke.lane, kind_of(spoke), dump(spoke), desk.now)
    await desk.unit.inbox.put_many([arrival])


async def keep_file(desk: Desk, sent: Sent) -> tuple[StoredFile, Visit | None]:
    """Keeps a picture or file and hangs it on the visit that was filed just before, if there is one."""
    recent = await desk.unit.visits.filed_by(desk.my_id, desk.now - FRESH)
    visit = recent[0] if recent else None
    stored = await desk.unit.add(
        StoredFile(
            key=sent.file,
            person_id=desk.my_id,
            visit_id=visit.id if visit else None,
            customer_id=visit.customer_id if visit else None,
            kind=sent.kind,
            name=sent.name,
            at=sent.at,
        )
    )
    return stored, visit


async def hang_newest(desk: Desk, customer: Customer) -> StoredFile | None:
    """Hangs what was sent last and hangs on nothing yet on a customer."""
    stored = await desk.unit.notes.loose_file(desk.my_id, desk.now - FRESH)
    if stored is not None:
        stored.customer_id = customer.id
        await desk.unit.add(stored)
    return stored


async def customer_at(desk: Desk, place: str) -> Customer | None:
    """The asker's customer whose name stands in a place's name or address."""
    for customer in await desk.unit.customers.within(Scope(reach(desk.asker, desk.policy))):
        if customer.name in place or (customer.legal_name or customer.name) in place:
            return customer
    return None


async def own_examples(desk: Desk) -> Examples:
    """Names that help can use so that its examples are the reader's own."""
    mine = await desk.unit.customers.within(Scope((desk.my_id,)))
    ids = [each.id for each in mine[:EXAMPLES]]
    contacts = await desk.unit.customers.contacts(ids)
    contact = next((one.name for each in ids for one in contacts.get(each, ())), "")
    others = [
        each for each in await desk.unit.people.everybody() if each.role == "rep" and each.id != desk.my_id
    ]
    return Examples([each.name for each in mine[:EXAMPLES]], contact, others[0].name if others else "")


async def an_admin(desk: Desk) -> Person | None:
    everybody = await desk.unit.people.everybody()
    return next((each for each in everybody if each.role == "admin" and each.active), None)


async def newest_deed(desk: Desk) -> tuple[str, int] | None:
    """What the asker did last that can still be undone: ("visit", id), ("diary", note) …"""
    since = desk.now - timedelta(minutes=desk.policy.drafts.undo_minutes)
    visits = await desk.unit.visits.filed_by(desk.my_id, since)
    corrections = await desk.unit.drafts.corrections_of(desk.my_id, since)
    noted = [each for each in await desk.unit.tasks.noted_by(desk.my_id, since) if each.visit_id is None]
    deeds = [(each.filed_at, "visit", each.id) for each in visits[:1]]
    deeds += [(each.created_at, "correction", each.id) for each in corrections[:1]]
    deeds += [(each.said_at, "diary", each.note_id) for each in noted[:1]]
    newest = max(deeds, default=None)
    return (newest[1], newest[2]) if newest is not None else None
