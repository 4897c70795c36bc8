"""Two files that are one customer become one, and can be taken apart again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import SQLModel

from handlers.policies.permissions import Do, may_do
from handlers.work.changing import Batch, change, make
from handlers.work.context import Desk
from storage.models.changes import Change
from storage.models.customers import Alias, Contact, Customer

BLANKS = ("legal_name", "grade", "stage", "industry", "headcount", "address", "phone")
OF_CONTACT = ("title", "phone", "email", "wechat", "birthday")


@dataclass(frozen=True, slots=True)
class Belongings:
    """What would move with a customer."""

    contacts: Sequence[Contact]
    visits: int
    tasks: int


def may_merge(desk: Desk, *customers: Customer) -> bool:
    """Whoever may edit both files."""
    return all(may_do(desk.asker, Do.EDIT, each.owner_id, desk.policy) for each in customers)


async def belongings(desk: Desk, customer: Customer) -> Belongings:
    people = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    visits = await desk.unit.visits.of_customer(customer.id)
    return Belongings(people, len(visits), len(await desk.unit.tasks.open_for(customer.id)))


async def do_merge(desk: Desk, stays: Customer, goes: Customer) -> Change:
    """Everything of one file goes to the other; what both say, the one that stays says.

    Returns the first change, by which all of it is taken back.
    """
    batch = Batch(f"merge:{desk.update_id}", customer_id=stays.id)
    first = await change(desk, goes, "merged_into", stays.id, batch)
    await change(desk, goes, "removed_at", desk.now, batch)
    await _contacts(desk, stays, goes, batch)
    for row in await desk.unit.customers.belongings(goes.id):
        await change(desk, row, "customer_id", stays.id, batch)
    await _names(desk, stays, goes, batch)
    await _blanks(desk, stays, goes, BLANKS, batch)
    if goes.last_interaction_at and (
        stays.last_interaction_at is None or goes.last_interaction_at > stays.last_interaction_at
    ):
        await change(desk, stays, "last_interaction_at", goes.last_interaction_at, batch)
    return first


async def _contacts(desk: Desk, stays: Customer, goes: Customer, batch: Batch) -> None:
    """One person in both files becomes one: what was said of him goes along."""
    people = await desk.unit.customers.contacts([stays.id, goes.id])
    there = {each.name: each for each in reversed(people.get(stays.id, []))}
    for contact in people.get(goes.id, []):
        same = there.get(contact.name)
        if same is None or (same.phone and contact.phone and same.phone != contact.phone):
            await change(desk, contact, "customer_id", stays.id, batch)
            continue
        for row in await desk.unit.customers.of_contact(contact.id):
            await change(desk, row, "contact_id", same.id, batch)
        await _blanks(desk, same, contact, OF_CONTACT, batch)
        await change(desk, contact, "removed_at", desk.now, batch)


async def _names(desk: Desk, stays: Customer, goes: Customer, batch: Batch) -> None:
    """The old names and the old number are still known."""
    aliases = await desk.unit.customers.aliases([stays.id, goes.id])
    known = {stays.name, stays.legal_name, *aliases.get(stays.id, ())}
    old: Iterable[str | None] = (goes.name, goes.legal_name, goes.code, *aliases.get(goes.id, ()))
    for name in dict.fromkeys(old):
        if not name or name in known:
            continue
        gone = await desk.unit.customers.alias(stays.id, name)
        if gone is None:
            await make(desk, Alias(customer_id=stays.id, name=name), batch)
        else:
            await change(desk, gone, "removed_at", None, batch)


async def _blanks(desk: Desk, stays: SQLModel, goes: SQLModel, fields: Sequence[str], batch: Batch) -> None:
    for field in fields:
        value = getattr(goes, field)
        if value is not None and getattr(stays, field) is None:
            await change(desk, stays, field, value, batch)
