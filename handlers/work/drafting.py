"""From a reading to drafts: one for each customer of the note, nothing filed yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from handlers.kernel.update import Said
from handlers.policies.duplicates import NamedCustomer, alike, nearest
from handlers.policies.permissions import See, may_see, reach
from handlers.understanding.note import (
    Amount,
    CorrectionField,
    Field,
    Note,
    PersonMention,
    PlanRead,
    ReminderRead,
    UpdateRead,
    VisitRead,
    When,
)
from handlers.work.content import Content, Resolved, as_visit, of_row, same_customer, to_row
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.models.visits import Draft, SaidNote, StoredFile
from storage.people import Scope

EVERYBODYS = Scope(None)
LOOKALIKES = 3
"""So many are shown at most before a new file is opened."""
_PLAN: TypeAdapter[PlanRead] = TypeAdapter(PlanRead)


@dataclass(frozen=True, slots=True)
class Diary:
    """Plans and reminders of a note that belong to no draft: the rep's own diary, filed at once."""

    plans: tuple[PlanRead, ...]
    reminders: tuple[ReminderRead, ...]


async def keep_note(desk: Desk, said: Said, kind: str = "note") -> SaidNote:
    """The message itself, before anything is made of it; its recording stays with it."""
    if said.note:
        return await _find_words(desk, said, kind)
    if said.file:
        await keep_recording(desk, said.file)
    return await desk.unit.add(
        SaidNote(
            update_id=said.update_id,
            person_id=desk.my_id,
            lane=said.lane,
            spoken=said.spoken,
            text=said.text,
            file=said.file,
            kind=kind,
            at=said.at,
        )
    )


async def keep_recording(desk: Desk, file: str, mime: str = "") -> StoredFile:
    stored = StoredFile(key=file, person_id=desk.my_id, kind="voice", mime=mime, at=desk.now)
    return await desk.unit.add(stored)


async def _find_words(desk: Desk, said: Said, kind: str) -> SaidNote:
    """A note that was kept without words has them now."""
    note = await desk.unit.notes.one(said.note)
    note.text, note.kind = said.text, kind
    return await desk.unit.add(note)


async def keep_tap(desk: Desk) -> SaidNote:
    """A tap that says something for the diary, in the place of a message without words; once a tap."""
    found = await desk.unit.notes.of_update(desk.update_id)
    return found or await desk.unit.add(
        SaidNote(update_id=desk.update_id, person_id=desk.my_id, lane="", text="", kind="tap", at=desk.now)
    )


async def do_draft(desk: Desk, kept: SaidNote, note: Note) -> tuple[Sequence[Draft], Diary]:
    """Drafts of the note's visits and facts, and what goes to the diary beside them."""
    contents = [("visit", await _content(desk, kept, note, visit)) for visit in note.visits]
    for update in note.updates:
        contents.append(("facts", await _content(desk, kept, note, _told(desk, update))))
    rows = [
        await desk.unit.add(
            Draft(
                note_id=kept.id,
                person_id=desk.my_id,
                kind=kind,
                position=position,
                total=len(contents),
                content=to_row(content),
                created_at=desk.now,
            )
        )
        for position, (kind, content) in enumerate(contents, start=1)
    ]
    held = [content for _, content in contents]
    return rows, _left_over(note, held)


async def keep_past(desk: Desk, kept: SaidNote, plan: PlanRead) -> Draft:
    """A plan for a day that is over waits for the day that was meant."""
    return await desk.unit.add(
        Draft(
            note_id=kept.id,
            person_id=desk.my_id,
            kind="plan",
            content=_PLAN.dump_python(plan, mode="json"),
            created_at=desk.now,
        )
    )


def past_plan(draft: Draft) -> PlanRead:
    return _PLAN.validate_python(draft.content)


async def reopen(desk: Desk, draft: Draft) -> None:
    """A draft that was dropped or expired waits again, as it was."""
    draft.state = "open"
    draft.created_at = desk.now
    draft.closed_at = None
    draft.revision += 1
    await desk.unit.add(draft)


async def close(desk: Desk, draft: Draft, state: str) -> None:
    draft.state = state
    draft.closed_at = desk.now
    draft.revision += 1
    await desk.unit.add(draft)


async def forget(desk: Desk, draft: Draft) -> None:
    """The words of a draft that was dropped go; the note's too where no other draft needs them."""
    draft.content = {}
    await close(desk, draft, "forgotten")
    siblings = await desk.unit.drafts.of_note(draft.note_id)
    tasks = await desk.unit.tasks.of_note(draft.note_id)
    if tasks or any(each.state != "forgotten" for each in siblings):
        return
    note = await desk.unit.notes.one(draft.note_id)
    await _forget_file(desk, note)
    note.text = ""
    await desk.unit.add(note)


async def _forget_file(desk: Desk, note: SaidNote) -> None:
    """A voice says more than its words, and a business card is all words: both go with them."""
    stored = await desk.unit.notes.stored(note.file) if note.file else None
    if stored is not None:
        await desk.unit.files.remove(stored.key)
        stored.removed_at = desk.now
        await desk.unit.add(stored)
    note.file = ""


async def revise(desk: Desk, draft: Draft, content: Content) -> None:
    """The draft with another content: a correction, a choice."""
    draft.content = to_row(content)
    draft.revision += 1
    await desk.unit.add(draft)


async def settle_customer(desk: Desk, draft: Draft, customer_id: int | None) -> Content:
    """The rep told which customer it is (None: a new one); whom he met is looked up there."""
    content = of_row(draft.content)
    if not content.candidates and not content.lookalikes and customer_id != content.customer_id:
        content = content.marked(CorrectionField.CUSTOMER)  # nobody had asked which one it is
    contacts = await _resolve(desk, customer_id, [each.mention for each in content.contacts])
    settled = replace(
        content, customer_id=customer_id, candidates=(), lookalikes=(), settled=True, contacts=contacts
    )
    await revise(desk, draft, settled)
    return settled


async def settle_contact(desk: Desk, draft: Draft, contact: Contact) -> Content:
    """The rep told which contact a doubtful name is: the one that the contact was a candidate of."""
    content = of_row(draft.content)
    chosen = contact.id
    contacts = tuple(
        Resolved(replace(each.mention, name=contact.name, candidates=()), chosen)
        if chosen in each.candidates
        else each
        for each in content.contacts
    )
    settled = replace(content, contacts=contacts)
    await revise(desk, draft, settled)
    return settled


async def settle_doubt(desk: Desk, draft: Draft, at: int) -> None:
    """The rep told that the other reading of a day or a sum is the right one."""
    content = of_row(draft.content)
    if at >= len(content.visit.doubts):
        return
    doubt = content.visit.doubts[at]
    left = tuple(each for each in content.visit.doubts if each is not doubt)
    if isinstance(doubt.other, When):
        await revise(desk, draft, content.with_visit(when=doubt.other, doubts=left))
        return
    kept = tuple(doubt.other if each == doubt.held else each for each in content.visit.amounts)
    added = (doubt.other,) if doubt.held is None else ()
    sums = tuple(each for each in (*kept, *added) if isinstance(each, Amount))
    await revise(desk, draft, content.with_visit(amounts=sums, doubts=left))


async def _content(desk: Desk, kept: SaidNote, note: Note, visit: VisitRead) -> Content:
    mention = visit.customer
    candidates = tuple(int(each) for each in mention.candidates)
    known = int(mention.known) if mention.known is not None and not candidates else None
    lookalikes = () if known is not None or candidates else await find_lookalikes(desk, visit)
    return Content(
        visit=visit,
        note_text=kept.text,
        customer_id=known,
        candidates=candidates if known is None else (),
        lookalikes=lookalikes,
        contacts=await _resolve(desk, known, visit.contacts),
        plans=tuple(each for each in note.plans if same_customer(each.customer, mention)),
        reminders=tuple(each for each in note.reminders if same_customer(each.customer, mention)),
    )


async def find_lookalikes(desk: Desk, visit: VisitRead) -> tuple[int, ...]:
    """Customers of the whole company that a new one may be: by name, or by a number (R34, R46).

    present.py decides what of them is shown.
    """
    named = alike(visit.customer.name, await _named(desk, EVERYBODYS))
    numbers = [each.value for each in visit.facts if each.field is Field.PHONE]
    indexes = [index for number in numbers for index in desk.unit.keyring.phone_indexes(number)]
    called = [customer.id for customer, _ in await desk.unit.customers.with_phone(indexes)]
    called += [each.id for each in await desk.unit.customers.with_own_phone(indexes)]
    return tuple(dict.fromkeys((*named, *called)))[:LOOKALIKES]


async def is_alike(desk: Desk, name: str, customer: Customer) -> bool:
    """Whether a customer is like the name, not only the owner of the same number."""
    aliases = await desk.unit.customers.aliases([customer.id])
    names = (customer.name, customer.legal_name, *aliases.get(customer.id, ()))
    return bool(alike(name, [NamedCustomer(customer.id, tuple(filter(None, names)))]))


async def find_nearest(desk: Desk, name: str, limit: int) -> tuple[int, ...]:
    """Customers that the asker may see, the one most like the name first."""
    return nearest(name, await _named(desk, Scope(reach(desk.asker, desk.policy))), limit)


async def _named(desk: Desk, scope: Scope) -> list[NamedCustomer]:
    customers = await desk.unit.customers.within(scope)
    aliases = await desk.unit.customers.aliases(each.id for each in customers)
    return [
        NamedCustomer(each.id, tuple(filter(None, (each.name, each.legal_name, *aliases.get(each.id, ())))))
        for each in customers
    ]


async def _resolve(
    desk: Desk, customer_id: int | None, mentions: Iterable[PersonMention]
) -> tuple[Resolved, ...]:
    people: Sequence[Contact] = ()
    customer = await desk.unit.customers.get(customer_id) if customer_id is not None else None
    if customer is not None and may_see(desk.asker, See.CONTACTS, customer.owner_id, desk.policy):
        people = (await desk.unit.customers.contacts([customer.id])).get(customer.id, ())
    return tuple(resolve(mention, people) for mention in mentions)


def resolve(mention: PersonMention, people: Sequence[Contact]) -> Resolved:
    """Which of a customer's people a mention is: by full name, else by the candidates' names."""
    there = [each for each in people if each.left_on is None]
    exact = [each.id for each in there if each.name == mention.name]
    if len(exact) == 1:
        return Resolved(mention, exact[0])
    possible = tuple(each.id for each in there if each.name in mention.candidates)
    return Resolved(mention, None, possible if len(possible) > 1 else ())


def _told(desk: Desk, update: UpdateRead) -> VisitRead:
    return as_visit(update, When(day=desk.today))


def _left_over(note: Note, held: Sequence[Content]) -> Diary:
    """Plans and reminders that no draft of the note carries."""
    taken = {id(each) for content in held for each in (*content.plans, *content.reminders)}
    return Diary(
        tuple(each for each in note.plans if id(each) not in taken),
        tuple(each for each in note.reminders if id(each) not in taken),
    )
