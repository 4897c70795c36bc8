"""Who asks, whom they answer to, and what of the archive they know."""

from collections.abc import Sequence
from datetime import UTC, datetime

from config.policy import Members, Policy
from handlers.kernel.update import Profile
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


async def do_meet(
    unit: Unit, rules: Members, *, family: Sequence[str], address: str, profile: Profile, at: datetime
) -> Person:
    """The member as his company's directory has him; a newcomer becomes a colleague.

    `family`: the platforms that know him by this address, where to reach him first. Name and manager
    follow the directory; a role that somebody was given stays, unless the company's rules name another.
    """
    person = await met(unit, family, address)
    leader = await _leader(unit, rules, family, profile)
    role = _role(rules, address, profile)
    if person is None:
        person = Person(name=profile.name, role=role, created_at=at)
    elif address in rules.accounts or person.role == rules.role:
        person.role = role
    person.name, person.active = profile.name, True
    if leader is not None and leader.id != person.id:
        person.manager_id = leader.id
    await unit.add(person)
    await _reach(unit, person, family, address, at)
    return person


async def met(unit: Unit, family: Sequence[str], address: str) -> Person | None:
    """Who has the address on one of the platforms."""
    for platform in family:
        if (person := await unit.people.at(platform, address)) is not None:
            return person
    return None


async def do_rename(unit: Unit, family: Sequence[str], old: str, new: str) -> None:
    """The company gave him another address; one that is taken already stays with whoever has it."""
    person = await met(unit, family, old)
    if person is None or await met(unit, family, new) is not None:
        return
    for account in await unit.people.accounts(person.id):
        if account.platform in family and account.address == old:
            account.address = new
            await unit.add(account)


async def do_leave(unit: Unit, family: Sequence[str], address: str) -> Person | None:
    """Who left just now. Nothing more is said to him, and nothing heard from him; what he filed stays."""
    person = await met(unit, family, address)
    if person is None or not person.active:
        return None
    person.active = False
    return await unit.add(person)


async def _leader(unit: Unit, rules: Members, family: Sequence[str], profile: Profile) -> Person | None:
    """The nearest leader whom we know; whoever leads somebody is no mere member."""
    for address in profile.leaders:
        leader = await met(unit, family, address)
        if leader is not None:
            if leader.role == rules.role:
                leader.role = rules.leader
                await unit.add(leader)
            return leader
    return None


def _role(rules: Members, address: str, profile: Profile) -> str:
    """By the company's rules; the last that fits counts."""
    role = rules.leader if profile.leads else rules.role
    for department in profile.departments:
        role = rules.departments.get(department, role)
    return rules.accounts.get(address, role)


async def _reach(unit: Unit, person: Person, family: Sequence[str], address: str, at: datetime) -> None:
    there = {each.platform for each in await unit.people.accounts(person.id)}
    for platform in family:
        if platform not in there:
            await unit.add(Account(person_id=person.id, platform=platform, address=address, created_at=at))
