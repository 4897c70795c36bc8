"""A rep's old customers come over: his list, today's few, the code for each, and whoever used it.

Nothing here adds anybody or writes to anybody: the rep sends what he wants to send himself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe

from handlers.kernel.update import Befriended
from handlers.policies import inviting, matching
from handlers.policies.consent import Outgo, may_go
from handlers.work import consent
from handlers.work.changing import Batch, make
from handlers.work.context import Desk
from handlers.work.roster import Entry
from storage.migration import Row
from storage.models.customers import Contact, Customer
from storage.models.handovers import Friend
from storage.models.migration import Invite, Newcomer
from storage.models.tasks import Task
from storage.people import Scope

WORDS = "invites.words"
"""What the blind index of a list's names is made for."""
NICKNAMES = 4
"""People whom a nickname may be, at most."""


@dataclass(frozen=True, slots=True)
class Took:
    """What became of a list."""

    found: int = 0
    before: int = 0
    several: int = 0
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a newcomer seems to be. `sure`: the code and something else agree, so one tap is enough."""

    contact: Contact | None
    sure: bool
    signs: tuple[str, ...]
    maybes: tuple[tuple[Contact, str], ...] = ()
    """Others to choose from, each with why: invited, asked, spent, old, or ""."""


# -- the list -----------------------------------------------------------------------------------------


async def do_list(desk: Desk, entries: Sequence[Entry], source: str) -> Took:
    """Puts people on the asker's list; who is on it already stays as he is."""
    people = await _people(desk)
    found = before = several = 0
    unknown: list[str] = []
    for each in entries:
        match = matching.match(each.words, each.phone, people)
        if len(match.ids) > 1:
            several += 1
        elif match.ids:
            fresh = await _put(desk, each, source, match.ids[0])
            found, before = found + fresh, before + (not fresh)
        elif await _put(desk, each, source, None):
            unknown.append(each.words)
        else:
            before += 1
    return Took(found, before, several, tuple(unknown))


async def do_list_archive(desk: Desk) -> Took:
    """Everybody of the asker's own customers who is still there and not a contact of his yet."""
    found = before = 0
    for _, contact in await _own_people(desk):
        befriended = await desk.unit.migration.of_contacts([contact.id])
        if contact.left_on is not None or any(each.person_id == desk.my_id for each in befriended):
            continue
        fresh = await _put(desk, Entry(f"{contact.name}#{contact.id}"), "archive", contact.id)
        found, before = found + fresh, before + (not fresh)
    return Took(found, before)


async def do_list_one(desk: Desk, person_id: int, contact: Contact) -> Invite | None:
    """Puts one person on a colleague's list; None where he was on it before, whatever he said."""
    if await _put(desk, Entry(f"{contact.name}#{contact.id}"), "handover", contact.id, person_id):
        return await desk.unit.migration.of_contact(person_id, contact.id)
    return None


async def _put(
    desk: Desk, entry: Entry, source: str, contact_id: int | None, person_id: int | None = None
) -> bool:
    """Whether he is new on the list. Somebody whom nobody knew is matched as soon as he is known."""
    person_id = person_id or desk.my_id
    if contact_id is not None and await desk.unit.migration.of_contact(person_id, contact_id) is not None:
        return False
    indexes = desk.unit.keyring.blinds(entry.words, WORDS)
    held = await desk.unit.migration.listed(person_id, indexes)
    if held is not None:
        if held.contact_id is not None or contact_id is None:
            return False
        held.contact_id = contact_id
        await desk.unit.add(held)
        return True
    row = Invite(
        person_id=person_id,
        contact_id=contact_id,
        words=entry.words,
        words_index=indexes[0],
        phone=entry.phone or None,
        source=source,
        created_at=desk.now,
    )
    await desk.unit.add(row)
    return True


async def _own_people(desk: Desk, person_id: int | None = None) -> list[tuple[Customer, Contact]]:
    customers = await desk.unit.customers.within(Scope((person_id or desk.my_id,)))
    contacts = await desk.unit.customers.contacts([each.id for each in customers])
    return [(each, one) for each in customers for one in contacts.get(each.id, ())]


async def _people(desk: Desk, person_id: int | None = None) -> list[matching.Known]:
    own = await _own_people(desk, person_id)
    aliases = await desk.unit.customers.aliases({each.id for each, _ in own})
    return [
        matching.Known(
            contact.id,
            contact.name,
            (each.name, *((each.legal_name,) if each.legal_name else ()), *aliases.get(each.id, ())),
            contact.phone or "",
        )
        for each, contact in own
    ]


# -- today's few --------------------------------------------------------------------------------------


async def todays(desk: Desk, person_id: int) -> Sequence[Row]:
    """Today's proposals that are still to be asked."""
    rows = await desk.unit.migration.proposed_on(person_id, desk.today)
    return [row for row in rows if row[0].state in ("listed", "asked") and not _asked_today(desk, row[0])]


async def do_propose(desk: Desk, person_id: int, *, swap: bool = False) -> Sequence[Row]:
    """Chooses today's few, the same ones all day; `swap`: others in their place, who come back tomorrow."""
    held = await todays(desk, person_id)
    if held and not swap:
        return held
    for invite, *_ in held:
        invite.day, invite.swapped_on = None, desk.today
        await desk.unit.add(invite)
    policy = desk.policy.migration
    rows = await desk.unit.migration.matched(person_id)
    done = sum(_asked_today(desk, row[0]) for row in rows)
    chosen = inviting.choose(
        [await _candidate(desk, row) for row in rows],
        desk.today,
        max(0, policy.daily - done),
        timedelta(days=policy.ask_again_days),
        timedelta(days=policy.quiet_days),
    )
    by_id = {row[0].id: row for row in rows}
    for each in chosen:
        by_id[each][0].day = desk.today
        await desk.unit.add(by_id[each][0])
    return [by_id[each] for each in chosen]


async def do_skip(desk: Desk) -> None:
    for invite, *_ in await todays(desk, desk.my_id):
        invite.day, invite.swapped_on = None, desk.today
        await desk.unit.add(invite)


async def meeting_with(desk: Desk, contact: Contact, person_id: int) -> Task | None:
    """The next visit that is planned to the contact's customer."""
    until = desk.today + inviting.SOON
    plans = await desk.unit.tasks.plans_for(contact.customer_id, person_id, until)
    return next((each for each in plans if each.day is not None and each.day >= desk.today), None)


async def _candidate(desk: Desk, row: Row) -> inviting.Candidate:
    invite, contact, customer = row
    refused = invite.state == "refused"
    meeting = await meeting_with(desk, contact, invite.person_id)
    traits = await desk.unit.customers.traits(customer.id)
    last = customer.last_interaction_at
    return inviting.Candidate(
        id=invite.id,
        state=invite.state,
        standing=await consent.standing_of(desk.unit, contact, refused=refused),
        asked=desk.local(invite.asked_at).date() if invite.asked_at else None,
        swapped=invite.swapped_on,
        last=desk.local(last).date() if last else None,
        meeting=meeting.day if meeting else None,
        waits=bool(await desk.unit.tasks.open_for(customer.id)),
        complaint=any(each.field == "tag" and each.value == "complaint" for each in traits),
    )


def _asked_today(desk: Desk, invite: Invite) -> bool:
    return invite.asked_at is not None and desk.local(invite.asked_at).date() == desk.today


# -- one invitation -----------------------------------------------------------------------------------


def code_runs_out(desk: Desk, invite: Invite) -> datetime | None:
    return invite.way_at + timedelta(days=desk.policy.migration.code_days) if invite.way_at else None


def has_code(desk: Desk, invite: Invite) -> bool:
    """Whether there is a picture, and it still counts."""
    until = code_runs_out(desk, invite)
    return bool(invite.picture) and until is not None and desk.now < until


async def do_ask_code(desk: Desk, invite: Invite) -> str:
    """Begins a code of his own; its state, which comes back with whoever uses it."""
    invite.way, invite.way_at = token_urlsafe(15), desk.now
    invite.picture = invite.link = invite.config = ""
    await desk.unit.add(invite)
    return invite.way


async def do_mark_asked(desk: Desk, invite: Invite) -> None:
    invite.state, invite.asked_at = "asked", desk.now
    await _touch(desk, invite)


async def do_refuse(desk: Desk, invite: Invite) -> None:
    """A no is final: nobody proposes him again."""
    invite.state, invite.closed_at, invite.day = "refused", desk.now, None
    await _touch(desk, invite)


def may_undo(desk: Desk, invite: Invite) -> bool:
    """A slip of the thumb is put right within the minutes for it."""
    at = invite.closed_at if invite.state == "refused" else invite.asked_at
    return invite.state in ("asked", "refused") and at is not None and desk.now - at < desk.policy.drafts.undo


async def do_undo(desk: Desk, invite: Invite) -> None:
    if invite.state == "refused":
        invite.state, invite.closed_at = ("asked" if invite.asked_at else "listed"), None
    else:
        invite.state, invite.asked_at = "listed", None
    invite.day = desk.today
    await _touch(desk, invite)


async def do_redraft(desk: Desk, invite: Invite) -> None:
    invite.draft += 1
    await _touch(desk, invite)


async def may_invite(desk: Desk, invite: Invite, contact: Contact) -> bool:
    """Whether an invitation may still go to him: asked again at every step that shows his code."""
    refused = invite.state == "refused"
    return may_go(Outgo.INVITE, await consent.standing_of(desk.unit, contact, refused=refused))


async def _touch(desk: Desk, row: Invite | Newcomer) -> None:
    row.revision += 1
    await desk.unit.add(row)


# -- who came -----------------------------------------------------------------------------------------


async def is_there(desk: Desk, update: Befriended) -> bool:
    """Whether he is the asker's contact already, as far as we were told."""
    platform = update.sender.platform
    row = await desk.unit.migration.known(platform, update.external, desk.my_id)
    if row is not None:
        return row.state != "parted"
    return await desk.unit.handovers.friend(platform, update.external, desk.my_id) is not None


async def do_meet(desk: Desk, update: Befriended) -> Newcomer:
    """Keeps who added the asker; whoever comes again is the same one, bound as before."""
    platform = update.sender.platform
    row = await desk.unit.migration.known(platform, update.external, desk.my_id)
    if row is None:
        row = Newcomer(
            platform=platform,
            external_id=update.external,
            person_id=desk.my_id,
            way=update.state,
            added_at=update.at,
        )
        return await desk.unit.add(row)
    row.times += 1
    row.added_at, row.way, row.welcome = update.at, update.state or row.way, ""
    if row.state == "parted":
        row.state = "new" if row.contact_id is None else "bound"
        if row.contact_id is not None:
            await _befriend(desk, row, row.contact_id)
    await _touch(desk, row)
    return row


async def do_part(desk: Desk, platform: str, external: str) -> Contact | None:
    """The two are contacts no more; who of the archive it was. The file stays as it is."""
    row = await desk.unit.migration.known(platform, external, desk.my_id)
    friend = await desk.unit.handovers.friend(platform, external, desk.my_id)
    contact_id = friend.contact_id if friend is not None else row.contact_id if row is not None else None
    if friend is not None:
        await desk.unit.handovers.unfriend(friend)
    if row is not None and row.state != "parted":
        row.state = "parted"
        await _touch(desk, row)
    elif friend is None:
        return None  # it is over already
    return await desk.unit.customers.contact(contact_id) if contact_id is not None else None


async def do_know(desk: Desk, newcomer: Newcomer, name: str, phones: Iterable[str]) -> None:
    newcomer.name = name or newcomer.name
    newcomer.phone = next(iter(phones), None) or newcomer.phone
    await _touch(desk, newcomer)


async def who_is(desk: Desk, newcomer: Newcomer) -> Who:
    """By his code and what he is called; never sure by a name alone, nor by a code alone."""
    invite = await desk.unit.migration.by_way(newcomer.way)
    invited, why = await _invited(desk, newcomer, invite)
    signs = _signs(newcomer, invited) if invited is not None else ()
    if invited is not None and why in ("invited", "asked") and signs:
        return Who(invited, sure=True, signs=("code", *signs))
    own = {contact.id: contact for _, contact in await _own_people(desk, newcomer.person_id)}
    people = await _people(desk, newcomer.person_id)
    match = matching.match(newcomer.name, newcomer.phone or "", people)
    near = match.ids or matching.nearest(newcomer.name, people, NICKNAMES)
    others = [(own[each], "") for each in near if invited is None or each != invited.id]
    first = [(invited, why)] if invited is not None else []
    return Who(None, sure=False, signs=(), maybes=tuple([*first, *others][:NICKNAMES]))


async def _invited(desk: Desk, newcomer: Newcomer, invite: Invite | None) -> tuple[Contact | None, str]:
    """Whose code it was, and how it stands: invited (today), asked, spent (used before), old."""
    if invite is None or invite.person_id != newcomer.person_id or invite.contact_id is None:
        return None, ""
    contact = await desk.unit.customers.contact(invite.contact_id)
    user = await desk.unit.migration.bound_by(newcomer.way)
    until = code_runs_out(desk, invite)
    if contact is None:
        return None, ""
    if user is not None and user.id != newcomer.id:
        return contact, "spent"
    if until is not None and newcomer.added_at >= until:
        return contact, "old"
    return contact, "invited" if _asked_today(desk, invite) or invite.day == desk.today else "asked"


def _signs(newcomer: Newcomer, contact: Contact) -> tuple[str, ...]:
    found = []
    if newcomer.name and matching.agrees(newcomer.name, contact.name):
        found.append("name")
    if newcomer.phone and newcomer.phone == contact.phone:
        found.append("phone")
    return tuple(found)


async def do_bind(desk: Desk, newcomer: Newcomer, contact: Contact) -> None:
    """He is this contact: from now on his answers and the platform's contact belong to the file."""
    newcomer.contact_id, newcomer.state, newcomer.bound_at = contact.id, "bound", desk.now
    await _touch(desk, newcomer)
    await _befriend(desk, newcomer, contact.id)
    invite = await desk.unit.migration.of_contact(newcomer.person_id, contact.id)
    if invite is not None:
        invite.state, invite.closed_at, invite.day = "bound", desk.now, None
        await _touch(desk, invite)


async def do_unbind(desk: Desk, newcomer: Newcomer) -> None:
    await _unfriend(desk, newcomer)
    contact_id = newcomer.contact_id
    newcomer.contact_id, newcomer.state, newcomer.bound_at = None, "new", None
    await _touch(desk, newcomer)
    invite = (
        await desk.unit.migration.of_contact(newcomer.person_id, contact_id)
        if contact_id is not None
        else None
    )
    if invite is not None and invite.state == "bound":
        invite.state, invite.closed_at = ("asked" if invite.asked_at else "listed"), None
        await _touch(desk, invite)


async def _befriend(desk: Desk, newcomer: Newcomer, contact_id: int) -> None:
    """The platform's contact is this person of the archive, whoever he was taken for before."""
    who = newcomer.platform, newcomer.external_id, newcomer.person_id
    friend = await desk.unit.handovers.friend(*who) or Friend(
        contact_id=contact_id,
        person_id=newcomer.person_id,
        platform=newcomer.platform,
        external_id=newcomer.external_id,
        since=newcomer.added_at,
    )
    friend.contact_id, friend.since = contact_id, newcomer.added_at
    await desk.unit.add(friend)


async def _unfriend(desk: Desk, newcomer: Newcomer) -> None:
    friend = await desk.unit.handovers.friend(newcomer.platform, newcomer.external_id, newcomer.person_id)
    if friend is not None:
        await desk.unit.handovers.unfriend(friend)


async def do_keep(desk: Desk, newcomer: Newcomer) -> None:
    if newcomer.state == "new":
        newcomer.state = "kept"
        await _touch(desk, newcomer)


async def do_ask_again(desk: Desk, newcomer: Newcomer) -> None:
    """Once more who it is, and then never."""
    newcomer.state = "again"
    await _touch(desk, newcomer)


async def do_place(desk: Desk, newcomer: Newcomer, customer: Customer) -> Contact:
    """A new person of a customer, called as he calls himself."""
    contact = Contact(
        customer_id=customer.id,
        name=newcomer.name or "微信上的联系人",
        phone=newcomer.phone,
        created_at=desk.now,
    )
    await make(desk, contact, Batch(f"newcomer:{newcomer.id}:{newcomer.revision}", None, customer.id))
    await do_bind(desk, newcomer, contact)
    return contact


# -- the board ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    left: int
    asked: int
    came: int
    refused: int
    unmatched: int
    unbound: int

    @property
    def begun(self) -> bool:
        return bool(self.left or self.asked or self.came or self.refused or self.unmatched)


async def figures(desk: Desk, person_id: int) -> Figures:
    counts = await desk.unit.migration.counts(person_id)
    return Figures(
        left=counts.get("listed", 0),
        asked=counts.get("asked", 0),
        came=counts.get("bound", 0),
        refused=counts.get("refused", 0),
        unmatched=counts["unmatched"],
        unbound=len(await desk.unit.migration.waiting(person_id)),
    )


def day_of(desk: Desk, at: datetime | None) -> date | None:
    return desk.local(at).date() if at is not None else None
