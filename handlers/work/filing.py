"""Filing a draft: the visit, the archive's changes and the tasks, all undone together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from handlers.understanding.note import Amount, Fact, Field
from handlers.work import approvals, tasks
from handlers.work.changing import Batch, change, make, redo, undo
from handlers.work.content import Content
from handlers.work.context import Desk
from storage.models.changes import Approval
from storage.models.customers import Contact, Customer, Money, Trait
from storage.models.tasks import Task
from storage.models.visits import Draft, Meeting, Visit

NOON = time(12)
"""Where no hour was said, contact counts from the middle of the day."""

MANY = {Field.NEED: "need", Field.PREFERENCE: "preference", Field.PRODUCT: "product"}
OF_CONTACT = {
    Field.PHONE: "phone",
    Field.EMAIL: "email",
    Field.WECHAT: "wechat",
    Field.TITLE: "title",
    Field.BIRTHDAY: "birthday",
}
OF_CUSTOMER = {
    Field.PHONE: "phone",
    Field.ADDRESS: "address",
    Field.INDUSTRY: "industry",
    Field.HEADCOUNT: "headcount",
}


class Standing(StrEnum):
    """How a draft stands towards a tap on its card (card book 1.6)."""

    FINE = "fine"
    GONE = "gone"
    NOT_YOURS = "not_yours"
    SAVED = "saved"
    UNDONE = "undone"
    DROPPED = "dropped"
    EXPIRED = "expired"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Filed:
    """What one tap did: the visit, the customer, what is to be done, what waits for a yes."""

    visit: Visit
    customer: Customer
    tasks: Sequence[Task]
    approvals: Sequence[Approval]
    created: bool


def check_draft(desk: Desk, draft: Draft | None, rev: int | None) -> Standing:
    """Whether a tap on a draft's card still means what was shown. `rev` None: said, not tapped."""
    if draft is None or draft.state == "forgotten":
        return Standing.GONE
    if draft.person_id != desk.my_id:
        return Standing.NOT_YOURS
    if draft.state in ("saved", "undone", "dropped", "expired"):
        return Standing(draft.state)
    if desk.now - draft.created_at >= timedelta(days=desk.policy.drafts.expire_days):
        return Standing.EXPIRED
    return Standing.FINE if rev is None or rev == draft.revision else Standing.OLD


def batch_of(draft: Draft, customer_id: int | None = None) -> Batch:
    return Batch(f"draft:{draft.id}", draft.note_id, customer_id)


async def do_file(desk: Desk, draft: Draft, content: Content) -> Filed:
    """Files a draft whose customer is settled. The visit's unique draft id keeps it to once."""
    customer, created = await _customer(desk, draft, content)
    batch = batch_of(draft, customer.id)
    visit = await _visit(desk, draft, content, customer, batch)
    met = await _meet(desk, content, customer, visit, batch)
    await _money(desk, content.visit.amounts, content, customer, visit, batch)
    await _stage(desk, content, customer, batch)
    asked = [
        waiting
        for fact in content.visit.facts
        if (waiting := await _fact(desk, fact, content, customer, visit, met, batch)) is not None
    ]
    await _traits(desk, content, customer, visit, batch)
    if draft.kind == "visit":
        await tasks.close_plans(desk, visit, batch)
        await _touch(desk, customer, visit, batch)
    todo = await tasks.do_note(desk, content, customer, visit, met, batch)
    draft.state, draft.closed_at = "saved", desk.now
    draft.revision += 1
    await desk.unit.add(draft)
    return Filed(visit, customer, todo, asked, created)


async def do_undo(desk: Desk, draft: Draft) -> None:
    """Takes back all that filing the draft did; the draft's words stay."""
    await undo(desk, batch_of(draft).name)
    draft.state = "undone"
    draft.revision += 1
    await desk.unit.add(draft)


async def do_restore(desk: Desk, draft: Draft) -> None:
    await redo(desk, batch_of(draft).name)
    draft.state = "saved"
    draft.revision += 1
    await desk.unit.add(draft)


async def do_void(desk: Desk, visit: Visit) -> None:
    """After the time for undoing: it no longer counts, and the trail says so."""
    batch = Batch(f"void:{visit.id}", visit.note_id, visit.customer_id)
    await change(desk, visit, "voided_at", desk.now, batch)
    if visit.kind == "visit":
        await retouch(desk, visit, contact_at(desk, visit), batch)


def undo_until(desk: Desk, visit: Visit) -> datetime:
    return visit.filed_at + timedelta(minutes=desk.policy.drafts.undo_minutes)


async def create_customer(desk: Desk, name: str, batch: Batch) -> Customer:
    """A draft file: a name is enough (R53's default for chat); who meets it first owns it (R75)."""
    customer = Customer(
        kind="company",
        name=name,
        legal_name=name if name.endswith(("公司", "厂", "集团", "事务所")) else None,
        owner_id=desk.my_id,
        created_at=desk.now,
        created_by=desk.my_id,
    )
    await make(desk, customer, batch)
    return customer


async def _customer(desk: Desk, draft: Draft, content: Content) -> tuple[Customer, bool]:
    if content.customer_id is not None:
        return await desk.unit.customers.one(content.customer_id), False
    return await create_customer(desk, content.name, batch_of(draft)), True


async def _visit(desk: Desk, draft: Draft, content: Content, customer: Customer, batch: Batch) -> Visit:
    read = content.visit
    visit = Visit(
        draft_id=draft.id,
        note_id=draft.note_id,
        customer_id=customer.id,
        person_id=desk.my_id,
        kind=draft.kind,
        day=read.when.day,
        hour=read.when.hour,
        part=read.when.part,
        method=read.method.value.value if read.method else None,
        stage=read.stage.value.value if read.stage else None,
        mood=read.mood.value.value,
        quote=content.words(*read.clauses),
        filed_at=desk.now,
    )
    await make(desk, visit, batch, visit.quote)
    return visit


async def _meet(
    desk: Desk, content: Content, customer: Customer, visit: Visit, batch: Batch
) -> dict[str, Contact]:
    """Contacts by the name that the note has for them; those not in the archive are added."""
    there = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    by_id = {each.id: each for each in there}
    met = {each.name: each for each in reversed(there)}
    for resolved in content.contacts:
        contact = by_id.get(resolved.contact_id or 0) or met.get(resolved.mention.name)
        if contact is None:
            contact = await _add_contact(desk, resolved.mention.name, resolved.mention.title, customer, batch)
        met[resolved.mention.name] = contact
        await make(desk, Meeting(visit_id=visit.id, contact_id=contact.id), batch)
    return met


async def _add_contact(desk: Desk, name: str, title: str | None, customer: Customer, batch: Batch) -> Contact:
    contact = Contact(customer_id=customer.id, name=name, title=title, created_at=desk.now)
    await make(desk, contact, batch)
    return contact


async def _money(
    desk: Desk, amounts: Sequence[Amount], content: Content, customer: Customer, visit: Visit, batch: Batch
) -> None:
    for amount in amounts:
        money = Money(
            customer_id=customer.id,
            visit_id=visit.id,
            kind=amount.kind.value,
            value=amount.value,
            maximum=amount.maximum,
            approximate=amount.approximate,
            words=content.words(*amount.spans),
            at=desk.now,
        )
        await make(desk, money, batch, money.words)


async def _stage(desk: Desk, content: Content, customer: Customer, batch: Batch) -> None:
    stage = content.visit.stage
    if stage is not None and stage.value.value != customer.stage:
        await change(desk, customer, "stage", stage.value.value, batch, content.words(*stage.spans))


async def _fact(
    desk: Desk,
    fact: Fact,
    content: Content,
    customer: Customer,
    visit: Visit,
    met: dict[str, Contact],
    batch: Batch,
) -> Approval | None:
    """Carries one fact into the archive; returns the approval where it must wait for one."""
    words = content.words(*fact.spans)
    if fact.field in MANY:
        owner = met.get(fact.of)
        trait = _trait(desk, MANY[fact.field], fact.value, customer, visit, owner)
        await make(desk, trait, batch, words)
        return None
    if fact.of == "customer":
        return await _set(desk, customer, OF_CUSTOMER.get(fact.field), fact.value, customer, batch, words)
    contact = met.get(fact.of)
    if contact is None:
        contact = met[fact.of] = await _add_contact(desk, fact.of, None, customer, batch)
    if fact.field is Field.DECISION_MAKER and not contact.decision_maker:
        await change(desk, contact, "decision_maker", True, batch, words)
    elif fact.field is Field.LEFT and contact.left_on is None:
        await change(desk, contact, "left_on", visit.day, batch, words)
    return await _set(desk, contact, OF_CONTACT.get(fact.field), fact.value, customer, batch, words)


async def _set(
    desk: Desk,
    row: Customer | Contact,
    field: str | None,
    value: str,
    customer: Customer,
    batch: Batch,
    words: str,
) -> Approval | None:
    if field is None or getattr(row, field) == value:
        return None
    if getattr(row, field) is not None and field in desk.policy.approvals.key_fields:
        return await approvals.do_ask(desk, row, field, value, customer, batch, words)
    await change(desk, row, field, value, batch, words)
    return None


def _trait(
    desk: Desk, field: str, value: str, customer: Customer, visit: Visit, contact: Contact | None = None
) -> Trait:
    return Trait(
        customer_id=customer.id,
        contact_id=contact.id if contact else None,
        visit_id=visit.id,
        field=field,
        value=value,
        at=desk.now,
    )


async def _traits(desk: Desk, content: Content, customer: Customer, visit: Visit, batch: Batch) -> None:
    read = content.visit
    labelled = [("tag", each.value.value, each.spans) for each in read.tags]
    labelled += [("competitor", each.value, each.spans) for each in read.competitors]
    for field, value, spans in labelled:
        await make(desk, _trait(desk, field, value, customer, visit), batch, content.words(*spans))


def contact_at(desk: Desk, visit: Visit) -> datetime:
    """The instant from which a visit counts as the last contact."""
    return datetime.combine(visit.day, visit.hour or NOON, desk.now.tzinfo)


async def _touch(desk: Desk, customer: Customer, visit: Visit, batch: Batch) -> None:
    """The clock of dormancy: the last real interaction, never moved back by a late entry."""
    at = contact_at(desk, visit)
    if customer.last_interaction_at is None or at > customer.last_interaction_at:
        await change(desk, customer, "last_interaction_at", at, batch)
    if customer.resting in ("paused", "closed"):
        await change(desk, customer, "resting", None, batch)


async def retouch(desk: Desk, visit: Visit, was: datetime, batch: Batch) -> None:
    """A filed visit was moved or voided: where it was the last contact, the newest that holds takes over.

    `was` is the instant that it counted for before.
    """
    customer = await desk.unit.customers.one(visit.customer_id)
    known = [] if visit.voided_at is not None else [contact_at(desk, visit)]
    latest = await desk.unit.visits.latest_contact(customer.id)
    known += [contact_at(desk, latest)] if latest is not None else []
    if customer.last_interaction_at == was:
        told = await desk.unit.silences.told_contact(customer.id)
        known += [told] if told is not None else []
        at = max(known, default=None)
    else:
        at = max([*known, *filter(None, (customer.last_interaction_at,))], default=None)
    if at != customer.last_interaction_at:
        await change(desk, customer, "last_interaction_at", at, batch)
