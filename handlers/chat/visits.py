"""Taps on what was filed: look, undo, restore, void, a text for the customer."""

from collections.abc import Sequence
from datetime import date

from cards import customer as archive_cards
from cards import filed as filed_cards
from cards import states
from cards import visit as recording
from cards.actions import (
    DraftMessage,
    RestoreVisit,
    ShowCustomer,
    ShowPhone,
    ShowTimeline,
    ShowVisit,
    UndoFacts,
    UndoVisit,
    VoidVisit,
)
from cards.parts import Key, Person
from cards.texts import follow_up
from handlers.chat import present, replies
from handlers.chat.approvals import follow
from handlers.chat.letters import letter
from handlers.chat.replies import draft_thread
from handlers.kernel.reply import Post, Replace, Reply, Shown
from handlers.policies.consent import Outgo
from handlers.policies.permissions import See, may_see
from handlers.work import filing
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.models.visits import Draft, Visit


async def undo(action: UndoVisit, desk: Desk) -> Reply:
    """撤销: within ten minutes as if it had not been; later only void, with a trace."""
    return await _undo(desk, action.what)


async def undo_facts(action: UndoFacts, desk: Desk) -> Reply:
    """撤销 of facts that were filed without a visit."""
    return await _undo(desk, action.what)


async def restore(action: RestoreVisit, desk: Desk) -> Reply:
    """恢复 of what was just taken back."""
    visit, draft, refusal = await _mine(desk, action.what)
    if visit is None or draft is None:
        return refusal
    told: Sequence[Shown] = ()
    if draft.state == "undone":
        await filing.do_restore(desk, draft)
        told = await follow(desk, filing.batch_of(draft).name)
    return [await _as_saved(desk, visit, draft), *told]


async def void(action: VoidVisit, desk: Desk) -> Reply:
    """作废."""
    visit, draft, refusal = await _mine(desk, action.what)
    if visit is None or draft is None:
        return refusal
    view = await present.saved(desk, await present.filed_again(desk, visit))
    if visit.voided_at is None and visit.removed_at is None:
        await filing.do_void(desk, visit)
    return [Replace(desk.my_id, filed_cards.voided(view, desk.today), draft_thread(visit.draft_id))]


async def show(action: ShowVisit, desk: Desk) -> Reply:
    """看整条."""
    visit = await desk.unit.visits.get(action.what)
    if visit is None or visit.removed_at is not None:
        return [gone(desk)]
    customer = await desk.unit.customers.one(visit.customer_id)
    if not may_see(desk.asker, See.VISITS, customer.owner_id, desk.policy):
        return [await not_yours(desk, customer)]
    view = await present.record(desk, visit)
    return [Post(desk.my_id, filed_cards.record(view, desk.today), f"visit:{visit.id}")]


async def show_customer(action: ShowCustomer, desk: Desk) -> Reply:
    """看档案."""
    customer = await desk.unit.customers.get(action.what)
    return [gone(desk)] if customer is None else [await archive(desk, customer)]


async def archive(desk: Desk, customer: Customer) -> Post:
    """A customer's file, or whose it is."""
    if not may_see(desk.asker, See.BASICS, customer.owner_id, desk.policy):
        return await not_yours(desk, customer)
    view = await present.archive(desk, customer)
    return Post(desk.my_id, archive_cards.archive(view, desk.today), f"customer:{customer.id}")


async def show_timeline(action: ShowTimeline, desk: Desk) -> Reply:
    """时间轴, 更早的: what was filed of a customer, newest first."""
    customer = await desk.unit.customers.get(action.what)
    if customer is None:
        return [gone(desk)]
    return [await timeline(desk, customer, _day(action.before))]


async def timeline(desk: Desk, customer: Customer, before: date | None = None) -> Post:
    """What was filed of a customer up to a day, or whose it is."""
    if not may_see(desk.asker, See.VISITS, customer.owner_id, desk.policy):
        return await archive(desk, customer)
    view = await present.timeline(desk, customer, before)
    return Post(desk.my_id, archive_cards.timeline(view, desk.today), f"timeline:{desk.update_id}")


async def show_phone(action: ShowPhone, desk: Desk) -> Reply:
    """看号码: the one card with whole digits; the look is logged (R174)."""
    contact = await desk.unit.customers.contact(action.what)
    customer = await desk.unit.customers.get(contact.customer_id) if contact is not None else None
    if contact is None or customer is None:
        return [gone(desk)]
    if not may_see(desk.asker, See.PHONES, customer.owner_id, desk.policy):
        return [await not_yours(desk, customer)]
    await desk.unit.audit.note("contacts", contact.id, "looked", {"field": "phone"})
    view = archive_cards.PhoneAnswer(
        key=Key(contact.id, contact.revision, desk.my_id),
        customer=customer.name,
        contact=Person(contact.name, contact.title or ""),
        phone=contact.phone or "",
    )
    return [Post(desk.my_id, archive_cards.phone_shown(view, desk.today), f"phone:{contact.id}")]


async def draft_message(action: DraftMessage, desk: Desk) -> Reply:
    """写段跟进: plain text for the rep to send himself, made of what was filed and nothing else."""
    visit, _, refusal = await _mine(desk, action.what)
    if visit is None:
        return refusal
    met = [each for _, each in await desk.unit.visits.met(visit.id)]
    tasks = [each for each in await desk.unit.tasks.of_visit(visit.id) if each.owner == "us"]
    steps: tuple[tuple[str, date | None], ...] = tuple((each.what, each.day) for each in tasks)

    def write(to: tuple[Contact, ...]) -> str:
        return follow_up(tuple(each.name for each in to), visit.day, steps, desk.today)

    return await letter(desk, Outgo.SERVICE, met, write)


async def _undo(desk: Desk, visit_id: int) -> Sequence[Shown]:
    visit, draft, refusal = await _mine(desk, visit_id)
    if visit is None or draft is None:
        return refusal
    view = await present.saved(desk, await present.filed_again(desk, visit))
    thread = draft_thread(visit.draft_id)
    if visit.voided_at is not None:
        return [Replace(desk.my_id, filed_cards.voided(view, desk.today), thread)]
    if draft.state == "saved" and desk.now >= filing.undo_until(desk, visit):
        minutes = desk.policy.drafts.undo_minutes
        return [Replace(desk.my_id, filed_cards.too_late_to_undo(view, desk.today, minutes), thread)]
    facts = await present.facts_saved(desk, draft, await present.filed_again(desk, visit))
    told: Sequence[Shown] = ()
    if draft.state == "saved":
        await filing.do_undo(desk, draft)
        told = await follow(desk, filing.batch_of(draft).name)
    card = recording.facts_undone(facts) if visit.kind == "facts" else filed_cards.undone(view, desk.today)
    return [Replace(desk.my_id, card, thread), *told]


async def _as_saved(desk: Desk, visit: Visit, draft: Draft) -> Replace:
    filed = await present.filed_again(desk, visit)
    if visit.kind == "facts":
        view = await present.facts_saved(desk, draft, filed)
        return Replace(desk.my_id, recording.facts_saved(view, desk.now), draft_thread(draft.id))
    card = filed_cards.saved(await present.saved(desk, filed), desk.today)
    return Replace(desk.my_id, card, draft_thread(draft.id))


async def _mine(desk: Desk, visit_id: int) -> tuple[Visit | None, Draft | None, Sequence[Shown]]:
    visit = await desk.unit.visits.get(visit_id)
    draft = await desk.unit.drafts.get(visit.draft_id) if visit is not None else None
    if visit is None or draft is None:
        return None, None, [gone(desk)]
    if visit.person_id != desk.my_id:
        return None, None, [await replies.foreign(desk, draft)]
    return visit, draft, ()


async def not_yours(desk: Desk, customer: Customer) -> Post:
    owner = await desk.unit.people.one(customer.owner_id)
    key = Key(customer.id, customer.revision, desk.my_id)
    return Post(
        desk.my_id, archive_cards.not_yours(key, customer.name, owner.name), f"customer:{customer.id}"
    )


def gone(desk: Desk) -> Post:
    return Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
