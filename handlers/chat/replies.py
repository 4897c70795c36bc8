"""Which card a draft shows now, and in which thread: shared by all steps that show one."""

from collections.abc import Sequence
from datetime import date, timedelta

from cards import filed as filed_cards
from cards import states
from cards import visit as recording
from cards import which as asking
from cards.model import Card
from cards.parts import Key
from handlers.chat import present
from handlers.kernel.reply import Post, Replace
from handlers.work import drafting
from handlers.work.content import Content, of_row
from handlers.work.context import Desk
from handlers.work.filing import Standing, check_draft
from storage.models.customers import Customer
from storage.models.visits import Draft


def draft_thread(draft_id: int) -> str:
    return f"draft:{draft_id}"


def note_thread(note_id: int) -> str:
    return f"note:{note_id}"


async def draft_card(desk: Desk, draft: Draft, *, stale: bool = False) -> Card:
    """The card of an open draft: its one question first, else what was understood."""
    content = of_row(draft.content)
    if content.candidates:
        return asking.which(await which_view(desk, draft, content), desk.today)
    if content.lookalikes and not content.settled and content.customer_id is None:
        return asking.duplicates(await _duplicates(desk, draft, content), desk.today)
    if draft.kind == "facts":
        return recording.facts_draft(await present.facts_draft(desk, draft), desk.today, stale=stale)
    return recording.draft(await present.visit_draft(desk, draft), desk.today, stale=stale)


async def show(desk: Desk, draft: Draft, *, stale: bool = False) -> Replace:
    """The draft's card of now, in place."""
    return Replace(desk.my_id, await draft_card(desk, draft, stale=stale), draft_thread(draft.id))


async def post(desk: Desk, draft: Draft) -> Post:
    """The draft's card as a new message."""
    return Post(desk.my_id, await draft_card(desk, draft), draft_thread(draft.id))


async def standing(desk: Desk, draft: Draft | None, stands: Standing) -> Sequence[Post | Replace]:
    """The kind answer to a tap that can't do what it says (card book 1.6)."""
    if draft is None or stands is Standing.GONE:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if stands is Standing.NOT_YOURS:
        return [await foreign(desk, draft)]
    if stands is Standing.OLD:
        return [await show(desk, draft, stale=True)]
    return [Replace(desk.my_id, await _closed(desk, draft, stands), draft_thread(draft.id))]


async def again(desk: Desk, draft: Draft) -> Post:
    """The draft as a new message, whatever became of it."""
    stands = check_draft(desk, draft, None)
    fine = stands is Standing.FINE
    card = await draft_card(desk, draft) if fine else await _closed(desk, draft, stands)
    return Post(desk.my_id, card, draft_thread(draft.id))


async def foreign(desk: Desk, draft: Draft) -> Post:
    """Tapped by somebody else: whose it is, and no facts."""
    owner = await desk.unit.people.one(draft.person_id)
    name = await customer_name(desk, of_row(draft.content))
    return Post(desk.my_id, recording.draft_foreign(name, owner.name), f"foreign:{draft.id}:{desk.my_id}")


async def customer_name(desk: Desk, content: Content) -> str:
    known = await desk.unit.customers.get(content.customer_id) if content.customer_id else None
    return known.name if known else content.name


async def gone_view(desk: Desk, draft: Draft) -> recording.DraftGone:
    content = of_row(draft.content)
    return recording.DraftGone(
        key=present.draft_key(draft, draft.person_id),
        customer=await customer_name(desk, content),
        called=content.visit.customer.spans[0].of(content.note_text)
        if content.visit.customer.spans
        else content.name,
        day=content.visit.when.day,
        method=content.visit.method.value.value if content.visit.method else "",
        kept_until=desk.today + timedelta(days=1),
        days=desk.policy.drafts.expire_days,
    )


async def which_view(desk: Desk, draft: Draft, content: Content) -> asking.Which:
    """The candidates of a doubtful name, with what tells them apart."""
    people = await desk.unit.customers.contacts(content.candidates)
    contact = content.visit.contacts[0].name if content.visit.contacts else ""
    rows = [
        await _candidate(desk, each, contact, [one.name for one in people.get(each, ())])
        for each in content.candidates
    ]
    found = [each for each in rows if each is not None]
    return asking.Which(
        key=present.draft_key(draft, desk.my_id),
        said=content.name,
        candidates=tuple(found),
        contact=contact,
        heard=present.heard(content),
        called=present.called(found[0].name) if found else "",
    )


async def _candidate(
    desk: Desk, customer_id: int, contact: str, names: Sequence[str]
) -> asking.Candidate | None:
    customer = await desk.unit.customers.get(customer_id)
    if customer is None:
        return None
    return asking.Candidate(
        customer=customer_id,
        name=customer.name,
        has_contact=(contact in names) if contact else None,
        last=_last(desk, customer),
    )


def _last(desk: Desk, customer: Customer) -> date | None:
    at = customer.last_interaction_at
    return desk.local(at).date() if at is not None else None


async def _duplicates(desk: Desk, draft: Draft, content: Content) -> asking.Duplicates:
    rows = []
    by_name = False
    for customer_id in content.lookalikes:
        customer = await desk.unit.customers.get(customer_id)
        if customer is not None:
            owner = await desk.unit.people.one(customer.owner_id)
            rows.append(present.lookalike(desk, customer, owner))
            by_name = by_name or await drafting.is_alike(desk, content.name, customer)
    return asking.Duplicates(
        key=present.draft_key(draft, desk.my_id),
        said=content.name,
        rows=tuple(rows),
        same_phone=bool(rows) and not by_name and all(each.owner for each in rows),
    )


async def _closed(desk: Desk, draft: Draft, stands: Standing) -> Card:
    if stands is Standing.DROPPED:
        return recording.draft_dropped(await gone_view(desk, draft), desk.today)
    if stands is Standing.EXPIRED:
        return recording.draft_expired(await gone_view(desk, draft), desk.today)
    visit = await desk.unit.visits.of_draft(draft.id)
    if visit is None:
        return states.gone()
    view = await present.saved(desk, await present.filed_again(desk, visit))
    if stands is Standing.UNDONE:
        return filed_cards.undone(view, desk.today)
    return filed_cards.saved_already(view)


def person_key(desk: Desk) -> Key:
    """For cards about nothing but the person."""
    return Key(desk.my_id, 0, desk.my_id)


def no_key(desk: Desk) -> Key:
    """For cards about nothing that is kept: what a tap on them dismisses is no note's card."""
    return Key(0, 0, desk.my_id)
