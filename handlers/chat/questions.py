"""Questions by talking, answered from fixed reports, inside what the asker may see."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta

from cards import customer as cards
from cards.model import Card
from cards.parts import Key, Person
from handlers.chat import archive, mornings, present, visits
from handlers.chat.replies import no_key
from handlers.kernel.reply import Post, Reply, Shown
from handlers.policies.permissions import See, may_see, reach
from handlers.understanding.note import Note, Query, QueryKind
from handlers.work.context import Desk
from handlers.work.finding import find_contacts
from storage.models.customers import Customer
from storage.models.tasks import Task
from storage.models.visits import Visit
from storage.people import Scope

ROWS = 5
DORMANT_AFTER = timedelta(days=30)
"""Where the question names no time: customers not spoken to for a month."""


async def answer(note: Note, desk: Desk) -> Reply:
    """宏远上次是什么时候去的, 张伟电话多少, 我这周见了谁, 久没动的有哪些 …"""
    query = note.query
    if query is None:
        return await mornings.today(desk)
    if query.kind in ABOUT_ONE:
        return await _about(desk, query)
    return await REPORTS[query.kind](desk, query)


async def _about(desk: Desk, query: Query) -> Reply:
    """A question about one customer: known, and the asker's to see."""
    if query.customer is None and query.kind is QueryKind.VISITS:
        return await _visits(desk, query)
    known = query.customer.known if query.customer is not None else None
    customer = await desk.unit.customers.get(int(known)) if known is not None else None
    if customer is None and query.customer is None and query.contact:
        return await _phone_of(desk, query.contact)

    async def show(desk: Desk, customer: Customer) -> Sequence[Shown]:
        return await ABOUT_ONE[query.kind](desk, query, customer)

    if customer is not None and may_see(desk.asker, See.BASICS, customer.owner_id, desk.policy):
        return await show(desk, customer)
    said = query.customer.name if query.customer is not None else "这一问"
    return await archive.about(desk, said, show)


async def _phone_of(desk: Desk, name: str) -> Reply:
    """张伟电话多少: whoever is called so at the asker's customers."""
    found = await find_contacts(desk, name)
    if len(found) == 1:
        customer, contact = found[0]
        return await _phone(desk, Query(QueryKind.CONTACT_PHONE, contact=contact.name), customer)
    if found:
        rows = tuple(cards.Row(customer.name, contact.title or name) for customer, contact in found)
        return [_post(desk, cards.people_named(desk.my_id, name, rows))]
    return [_post(desk, cards.unknown_customer(no_key(desk), name))]


async def _profile(desk: Desk, query: Query, customer: Customer) -> Sequence[Shown]:
    return [await visits.archive(desk, customer)]


async def _last_visit(desk: Desk, query: Query, customer: Customer) -> Sequence[Shown]:
    seen = await _seen(desk, customer)
    found = next((each for each in seen if each.kind == "visit"), None)
    key = Key(customer.id, customer.revision, desk.my_id)
    if found is None:
        return [_post(desk, cards.nothing_found(key, customer.name, "last_visit"))]
    met = await desk.unit.visits.met(found.id)
    by = await desk.unit.people.one(found.person_id)
    contact = met[0][1] if met and may_see(desk.asker, See.CONTACTS, customer.owner_id, desk.policy) else None
    view = cards.LastVisit(
        key=Key(found.id, found.revision, desk.my_id),
        customer=customer.name,
        day=found.day,
        method=found.method or "",
        contact=Person(contact.name, contact.title or "") if contact else None,
        gist=await present.gist(desk, found, customer),
        by="" if by.id == desk.my_id else by.name,
    )
    return [_post(desk, cards.last_visit(view, desk.today))]


async def _phone(desk: Desk, query: Query, customer: Customer) -> Sequence[Shown]:
    contacts = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    named = [each for each in contacts if query.contact is None or each.name == query.contact]
    contact = next((each for each in named if each.phone), named[0] if named else None)
    key = Key(customer.id, customer.revision, desk.my_id)
    if contact is None or not may_see(desk.asker, See.CONTACTS, customer.owner_id, desk.policy):
        return [_post(desk, cards.nothing_found(key, customer.name, "phone"))]
    view = cards.PhoneAnswer(
        key=Key(contact.id, contact.revision, desk.my_id),
        customer=customer.name,
        contact=Person(contact.name, contact.title or ""),
        phone=contact.phone or "",
    )
    return [_post(desk, cards.phone(view, desk.today))]


async def _visits(desk: Desk, query: Query, customer: Customer | None = None) -> Sequence[Shown]:
    scope = Scope(reach(desk.asker, desk.policy))
    found = await desk.unit.visits.within(scope, query.since, query.until, ROWS * 4)
    rows = [
        cards.Row(each.name, "", visit.day)
        for visit, each in found
        if (customer is None or each.id == customer.id)
        and may_see(desk.asker, See.VISITS, each.owner_id, desk.policy)
    ]
    return [_post(desk, cards.visits(desk.my_id, tuple(rows), query.since, query.until, desk.today))]


async def _todo(desk: Desk, query: Query) -> Reply:
    """What is to be done: today's, a customer's (宏远还欠什么), or up to a day (下周有什么安排)."""
    if query.customer is not None and query.customer.known is not None:
        customer = await desk.unit.customers.get(int(query.customer.known))
        if customer is not None and may_see(desk.asker, See.TASKS, customer.owner_id, desk.policy):
            return [await _open_tasks(desk, await desk.unit.tasks.open_for(customer.id), customer.name)]
    if query.until is not None and query.until != desk.today:
        due = await desk.unit.tasks.open_of(desk.my_id, query.until)
        since = query.since or desk.today
        wanted = [each for each in due if each.day is not None and each.day >= since]
        return [await _open_tasks(desk, wanted, "", query.since, query.until)]
    return await mornings.today(desk)


async def _open_tasks(
    desk: Desk, rows: Sequence[Task], customer: str, since: date | None = None, until: date | None = None
) -> Post:
    named = (
        {each.id: each.name for each in await desk.unit.customers.within(Scope(None))} if not customer else {}
    )
    shown = tuple(cards.Row(named.get(each.customer_id or 0, ""), each.what, each.day) for each in rows)
    return _post(desk, cards.todo(desk.my_id, customer, shown, since, until, desk.today))


async def _dormant(desk: Desk, query: Query) -> Reply:
    last = query.until or (desk.now - DORMANT_AFTER).date()
    before = datetime.combine(last + timedelta(days=1), time(), desk.now.tzinfo)
    quiet = await desk.unit.customers.quiet_since(before, Scope(reach(desk.asker, desk.policy)))
    rows = [
        cards.Row(each.name, "", days=(desk.now - each.last_interaction_at).days)
        for each in quiet
        if each.last_interaction_at is not None
    ]
    return [_post(desk, cards.dormant(desk.my_id, tuple(rows), desk.today))]


async def _pipeline(desk: Desk, query: Query) -> Reply:
    known = await desk.unit.customers.within(Scope(reach(desk.asker, desk.policy)))
    customers = [
        each
        for each in known
        if each.resting is None and may_see(desk.asker, See.BASICS, each.owner_id, desk.policy)
    ]
    open_stages = [each.id for each in desk.policy.stages if not each.final]
    counted = [
        cards.StageCount(stage, sum(each.stage == stage for each in customers)) for stage in open_stages
    ]
    rows = tuple(each for each in counted if each.customers)
    return [_post(desk, cards.pipeline(desk.my_id, rows))]


async def _ranking(desk: Desk, query: Query) -> Reply:
    """Rankings are off by default (card book 1.4): only one's own past is told."""
    return [_post(desk, cards.no_ranking(desk.my_id))]


async def _seen(desk: Desk, customer: Customer) -> list[Visit]:
    if not may_see(desk.asker, See.VISITS, customer.owner_id, desk.policy):
        return []
    return list(await desk.unit.visits.of_customer(customer.id, ROWS))


def _post(desk: Desk, card: Card) -> Post:
    return Post(desk.my_id, card, f"answer:{desk.update_id}")


async def funnel(desk: Desk) -> Reply:
    """漏斗, said."""
    return await _pipeline(desk, Query(QueryKind.PIPELINE))


async def quiet(desk: Desk) -> Reply:
    """久没动的, said."""
    return await _dormant(desk, Query(QueryKind.DORMANT))


ABOUT_ONE: dict[QueryKind, Callable[[Desk, Query, Customer], Awaitable[Sequence[Shown]]]] = {
    QueryKind.PROFILE: _profile,
    QueryKind.LAST_VISIT: _last_visit,
    QueryKind.CONTACT_PHONE: _phone,
    QueryKind.VISITS: _visits,
}

REPORTS: dict[QueryKind, Callable[[Desk, Query], Awaitable[Reply]]] = {
    QueryKind.TODO: _todo,
    QueryKind.DORMANT: _dormant,
    QueryKind.PIPELINE: _pipeline,
    QueryKind.RANKING: _ranking,
}
