"""Setting something in a customer's file by talking: grade, names, stage, tags, taboos, official."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from config.policy import Named
from handlers.policies.permissions import Do, may_do
from handlers.work import approvals
from handlers.work.changing import Batch, change, make, undo
from handlers.work.context import Desk
from storage.models.changes import Approval, Change
from storage.models.customers import Customer, Trait
from storage.models.visits import Draft, SaidNote

KIND = "keeping"
"""The kind of draft that waits for the reason of a change."""

PREFIXES = ("keep:", "merge:")
"""Batches that were made by talking of a file, and that `do_undo` takes back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One field of a customer and what it is to be."""

    customer_id: int
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Done:
    """`change` is None where nothing was different; `approval`: it waits for somebody's yes."""

    change: Change | None
    before: Any
    approval: Approval | None = None


def may_edit(desk: Desk, customer: Customer) -> bool:
    return may_do(desk.asker, Do.EDIT, customer.owner_id, desk.policy)


def needs_reason(desk: Desk, customer: Customer, field: str) -> bool:
    """A key field that holds something already (R44)."""
    return field in desk.policy.approvals.key_fields and getattr(customer, field) is not None


async def keep_wish(desk: Desk, note: SaidNote, wish: Wish) -> Draft:
    """The wish, until its reason is told."""
    content = {"customer_id": wish.customer_id, "field": wish.field, "value": wish.value}
    row = Draft(note_id=note.id, person_id=desk.my_id, kind=KIND, content=content, created_at=desk.now)
    return await desk.unit.add(row)


def wish_of(row: Draft) -> Wish:
    return Wish(**row.content)


async def close_wish(desk: Desk, row: Draft, state: str) -> None:
    row.state, row.closed_at = state, desk.now
    row.revision += 1
    await desk.unit.add(row)


async def do_set(desk: Desk, customer: Customer, wish: Wish, reason: str = "") -> Done:
    """Sets the field, or asks whoever must agree; the reason goes with it."""
    before = getattr(customer, wish.field)
    if before == wish.value:
        return Done(None, before)
    batch = _batch(desk, customer)
    if needs_reason(desk, customer, wish.field) or wish.field == "status":
        what = customer, wish.field, wish.value, customer, batch
        asked = await approvals.do_ask(desk, *what, reason, why=reason)
        if asked is not None:
            return Done(await desk.unit.changes.get(asked.change_id), before, asked)
        kept = await desk.unit.changes.of_batch(batch.name)
        return Done(kept[0], before)
    return Done(await change(desk, customer, wish.field, wish.value, batch, reason), before)


async def do_add(desk: Desk, customer: Customer, field: str, value: str) -> Change | None:
    """A tag or taboo; None where the file has it."""
    if any(
        each.field == field and each.value == value for each in await desk.unit.customers.traits(customer.id)
    ):
        return None
    batch = _batch(desk, customer)
    await make(desk, Trait(customer_id=customer.id, field=field, value=value, at=desk.now), batch)
    return (await desk.unit.changes.of_batch(batch.name))[0]


async def do_remove(desk: Desk, customer: Customer, field: str, value: str) -> Change | None:
    """Takes a tag away; None where the file has none."""
    traits = await desk.unit.customers.traits(customer.id)
    found = [each for each in traits if each.field == field and each.value == value]
    changes = [await change(desk, each, "removed_at", desk.now, _batch(desk, customer)) for each in found]
    return changes[0] if changes else None


def may_undo(desk: Desk, kept: Change) -> bool:
    """For some minutes; two files that were joined, for some days."""
    minutes = timedelta(minutes=desk.policy.drafts.undo_minutes)
    days = timedelta(days=desk.policy.archive.merge_undo_days)
    return desk.now - kept.at < (days if kept.batch.startswith("merge:") else minutes)


async def do_undo(desk: Desk, kept: Change) -> None:
    await undo(desk, kept.batch)


async def lacking(desk: Desk, customer: Customer) -> tuple[str, ...]:
    """What an official file needs and this one has not (R43)."""
    people = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    there = {
        "name": bool(customer.name),
        "contact": bool(people),
        "phone": bool(customer.phone or any(each.phone for each in people)),
        "industry": bool(customer.industry),
        "address": bool(customer.address),
        "source": bool(customer.source),
    }
    wanted = [each for each in there if each in desk.policy.customers.official_needs]
    return tuple(each for each in wanted if not there[each])


def named(said: str, choices: tuple[Named, ...]) -> str:
    """The id behind a word of the company's, or "" ."""
    bare = said.strip('“”" ').casefold()
    for each in choices:
        if bare in {word.casefold() for word in (each.id, each.name, *each.also)}:
            return each.id
    return ""


def _batch(desk: Desk, customer: Customer) -> Batch:
    return Batch(f"keep:{desk.update_id}", customer_id=customer.id)
