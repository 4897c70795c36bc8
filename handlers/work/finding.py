"""Which customer somebody means by a name, inside what he may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.policies.duplicates import NamedCustomer, alike, core
from handlers.policies.permissions import NOBODY, See, may_see, reach
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.people import Scope

SHORTEST = 2
"""A part of a name must have so many characters to mean it."""


@dataclass(frozen=True, slots=True)
class Found:
    """`mine`: what the asker may see, likeliest first. `other`: a colleague's, only by its exact name."""

    mine: tuple[Customer, ...] = ()
    other: Customer | None = None


async def find_customer(desk: Desk, said: str) -> Found:
    """By exact name first, then by a part of it, then by likeness."""
    named = await _named(desk)
    exact = [each.id for each in named if any(core(name) == core(said) for name in each.names)]
    if exact:
        return await _split(desk, exact)
    part = [each.id for each in named if len(said) >= SHORTEST and any(said in name for name in each.names)]
    near = part or list(alike(said, named, 4))
    return Found((await _split(desk, near)).mine)


async def find_contacts(desk: Desk, name: str) -> Sequence[tuple[Customer, Contact]]:
    """People of this name at the customers in the asker's reach."""
    found = await desk.unit.customers.people_named(name, Scope(reach(desk.asker, desk.policy)))
    return [pair for pair in found if may_see(desk.asker, See.CONTACTS, pair[0].owner_id, desk.policy)]


async def _named(desk: Desk) -> list[NamedCustomer]:
    aliases: dict[int, list[str]] = {}
    for id_, name in await desk.unit.customers.aliases_after(0):
        aliases.setdefault(id_, []).append(name)
    return [
        NamedCustomer(id_, tuple(filter(None, (name, legal, *aliases.get(id_, ())))))
        for id_, _, name, legal in await desk.unit.customers.named_after(0)
    ]


async def _split(desk: Desk, ids: Sequence[int]) -> Found:
    rows = [each for id_ in ids if (each := await desk.unit.customers.get(id_)) is not None]
    mine = tuple(each for each in rows if may_see(desk.asker, See.BASICS, each.owner_id, desk.policy))
    others = [each for each in rows if each not in mine]
    # Who may see nobody's customers doesn't learn of their owners either (R183).
    shown = others[0] if others and not mine and reach(desk.asker, desk.policy) != NOBODY else None
    return Found(mine, shown)
