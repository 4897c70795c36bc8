"""Who asks, whom they answer to, and what of the archive they know."""

from datetime import UTC, datetime

from config.policy import Policy
from handlers.policies.permissions import Asker, See, may_see, reach
from handlers.understanding.note import Known, KnownContact, KnownCustomer
from storage.models.people import Account, Person
from storage.people import Scope
from storage.unit import Unit


async def asker_of(unit: Unit, person: Person) -> Asker:
    """The person as permission is asked about."""
    me = person.id
    return Asker(id=me, role=person.role, team=await unit.people.team_of(me), active=person.active)


async def scope_of(unit: Unit, person: Person, policy: Policy) -> Scope:
    """Whose customers the person may see (R133)."""
    return Scope(reach(await asker_of(unit, person), policy))


async def known_to(unit: Unit, person: Person, policy: Policy) -> Known:
    """The customers and contacts that a note of this person may name."""
    asker = await asker_of(unit, person)
    customers = await unit.customers.within(Scope(reach(asker, policy)))
    ids = [each.id for each in customers]
    aliases = await unit.customers.aliases(ids)
    told = [each.id for each in customers if may_see(asker, See.CONTACTS, each.owner_id, policy)]
    contacts = await unit.customers.contacts(told)
    return Known(
        tuple(
            KnownCustomer(
                id=str(each.id),
                name=each.legal_name or each.name,
                aliases=tuple(dict.fromkeys((each.name, *aliases.get(each.id, ())))),
                contacts=tuple(
                    KnownContact(one.name, one.title, one.phone)
                    for one in contacts.get(each.id, ())
                    if one.left_on is None
                ),
            )
            for each in customers
        )
    )


async def likely_names(unit: Unit, person: Person, policy: Policy) -> tuple[str, ...]:
    """Customers that the person is likely to name: his own first, the last spoken to before others."""
    customers = await unit.customers.within(await scope_of(unit, person, policy))
    long_ago = datetime.min.replace(tzinfo=UTC)
    recent = sorted(customers, key=lambda each: each.last_interaction_at or long_ago, reverse=True)
    return tuple(each.name for each in sorted(recent, key=lambda each: each.owner_id != person.id))


async def add_person(
    unit: Unit,
    *,
    name: str,
    role: str,
    platform: str,
    address: str,
    at: datetime,
    manager_id: int | None = None,
) -> Person:
    """A colleague with an account; who is there already gets the new name, role and manager."""
    person = await unit.people.at(platform, address)
    if person is None:
        person = await unit.add(Person(name=name, role=role, manager_id=manager_id, created_at=at))
        await unit.add(Account(person_id=person.id, platform=platform, address=address, created_at=at))
        return person
    person.name, person.role, person.manager_id = name, role, manager_id
    person.active = True
    return await unit.add(person)
