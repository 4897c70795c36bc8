"""Handing customers over: looked at first, accepted, signed, then everything moves in one transaction.

The files move with the signature; the contacts follow on the platform, which asks the customers.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from handlers.kernel.transfers import MOST, TransferAnswer, TransferOrder, TransferState
from handlers.policies.permissions import Do, may_do
from handlers.work import approvals
from handlers.work.changing import Batch, change, make
from handlers.work.context import Desk
from handlers.work.drafting import keep_tap
from handlers.work.people import asker_of
from handlers.work.tasks import plan_row
from storage.models.customers import Contact, Customer
from storage.models.handovers import Friend, HandedCustomer, Handover, Transfer
from storage.models.people import Person
from storage.models.tasks import Task

POLL = timedelta(hours=1)
FULL_RETRY = timedelta(days=1)
FULL_TRIES = 3
"""So often a full list is tried again by itself, once a day; then somebody decides."""
STUCK = ("refused", "full", "often", "running", "absent")
UNDER_WAY = ("ordered", "waiting", "later")


class Standing(StrEnum):
    """How a handover stands towards a tap on one of its cards."""

    FINE = "fine"
    GONE = "gone"
    NOT_YOURS = "not_yours"
    ELSEWHERE = "elsewhere"
    """It went on since: the card of now comes back."""


@dataclass(frozen=True, slots=True)
class Precheck:
    """What the platform will make of the customers, before anybody signs."""

    movable: tuple[int, ...]
    often: tuple[int, ...]
    often_until: date | None
    running: tuple[int, ...]
    alone: tuple[int, ...]
    people: int
    """Contacts that will be told."""


# -- asking -------------------------------------------------------------------------------------------


async def do_ask(
    desk: Desk,
    giver: Person,
    taker: Person | None,
    customers: Iterable[Customer],
    *,
    source: str,
    note_id: int | None = None,
    reason: str = "",
    last_day: date | None = None,
    asker_id: int | None = None,
) -> Handover:
    """Keeps who wants what; nothing moves yet."""
    handover = Handover(
        giver_id=giver.id,
        taker_id=taker.id if taker is not None else None,
        asker_id=asker_id or desk.my_id,
        note_id=note_id,
        source=source,
        reason=reason,
        last_day=last_day,
        created_at=desk.now,
        expires_at=desk.now + desk.policy.handovers.expiry,
    )
    await desk.unit.add(handover)
    for customer in customers:
        await desk.unit.add(HandedCustomer(handover_id=handover.id, customer_id=customer.id))
    return handover


def may_ask(desk: Desk, giver: Person) -> bool:
    """One's own customers, or those of one's team (R127, R129)."""
    return giver.id == desk.my_id or may_do(desk.asker, Do.APPROVE, giver.id, desk.policy)


async def successors(desk: Desk, handover: Handover) -> Sequence[Person]:
    """Colleagues who can take customers, the giver's team first."""
    people = [
        each
        for each in await desk.unit.people.everybody()
        if each.active
        and each.id != handover.giver_id
        and "file" in desk.policy.role(each.role).does
        and "edit" in desk.policy.role(each.role).does
    ]
    giver = await desk.unit.people.one(handover.giver_id)
    return sorted(people, key=lambda each: (each.manager_id != giver.manager_id, each.id))


async def precheck(desk: Desk, handover: Handover, customer_ids: Sequence[int]) -> Precheck:
    """By our own record of earlier transfers: the platform tells nothing before it is asked."""
    rules = desk.policy.handovers
    found = await desk.unit.handovers.friends(handover.giver_id, customer_ids)
    since = desk.now - timedelta(days=rules.turns_days)
    turns: dict[int, list[Transfer]] = defaultdict(list)
    for contact_id, transfer in await desk.unit.handovers.turns([c.id for _, c in found], since):
        if transfer.handover_id != handover.id:
            turns[contact_id].append(transfer)
    kinds: dict[int, set[str]] = defaultdict(set)
    until: list[datetime] = []
    for _, contact in found:
        kinds[contact.customer_id].add(_kind(turns[contact.id], rules.turns))
        if len(turns[contact.id]) >= rules.turns and (first := turns[contact.id][-rules.turns].started_at):
            until.append(first + timedelta(days=rules.turns_days))
    often = tuple(each for each in customer_ids if kinds.get(each) == {"often"})
    running = tuple(each for each in customer_ids if "running" in kinds.get(each, ()))
    movable = tuple(each for each in customer_ids if "fine" in kinds.get(each, ()) and each not in running)
    return Precheck(
        movable=movable,
        often=often,
        often_until=desk.local(min(until)).date() if until else None,
        running=running,
        alone=tuple(each for each in customer_ids if not kinds.get(each)),
        people=sum(_kind(turns[contact.id], rules.turns) == "fine" for _, contact in found),
    )


def _kind(turns: Sequence[Transfer], most: int) -> str:
    if any(each.state in UNDER_WAY for each in turns):
        return "running"
    begun = [each for each in turns if each.state in ("done", "refused", "waiting")]
    return "often" if len(begun) >= most else "fine"


async def do_choose(desk: Desk, handover: Handover, taker: Person) -> None:
    """Another successor: whoever had accepted is out of it."""
    await _let_free(desk, handover)
    handover.taker_id = taker.id
    handover.state, handover.accepted_at, handover.signer_id = "asked", None, None
    await _touch(desk, handover)


async def do_pick(desk: Desk, handover: Handover, shown: Iterable[int], goes: Iterable[int]) -> None:
    """Of the customers on one page, which go."""
    going, page = set(goes), set(shown)
    for row, _ in await desk.unit.handovers.customers(handover.id):
        if row.customer_id in page:
            row.state = (
                ("live" if handover.state == "offered" else "picked") if row.customer_id in going else "left"
            )
            row.revision += 1
            await desk.unit.add(row)
    await _touch(desk, handover)


async def do_start(desk: Desk, handover: Handover) -> None:
    """Offered to the successor; from here on its customers are in no other handover."""
    rows = await desk.unit.handovers.customers(handover.id, "picked")
    taken = await desk.unit.handovers.live([row.customer_id for row, _ in rows])
    for row, customer in rows:
        gone = (
            row.customer_id in taken
            or customer.owner_id != handover.giver_id
            or customer.removed_at is not None
        )
        row.state = "left" if gone else "live"
        row.revision += 1
        await desk.unit.add(row)
    handover.state = "offered"
    handover.expires_at = desk.now + desk.policy.handovers.expiry
    await _touch(desk, handover)


async def do_accept(desk: Desk, handover: Handover) -> Person | None:
    """The successor takes them; returns who is to sign (None: nobody is above, so it is signed at once)."""
    giver = await desk.unit.people.one(handover.giver_id)
    signer = await approvals.above(desk, giver)
    handover.state, handover.accepted_at = "accepted", desk.now
    handover.signer_id = signer.id if signer is not None else None
    handover.expires_at = desk.now + desk.policy.handovers.expiry
    await _touch(desk, handover)
    return signer


async def do_end(desk: Desk, handover: Handover, state: str, reason: str = "") -> None:
    """Dropped, declined, returned or expired: nothing has moved."""
    await _let_free(desk, handover)
    handover.state = state
    handover.reason = reason or handover.reason
    handover.done_at = desk.now
    await _touch(desk, handover)


async def _let_free(desk: Desk, handover: Handover) -> None:
    for row, _ in await desk.unit.handovers.customers(handover.id, "live"):
        row.state = "picked"
        row.revision += 1
        await desk.unit.add(row)


async def _touch(desk: Desk, handover: Handover) -> None:
    handover.revision += 1
    await desk.unit.add(handover)


# -- signing ------------------------------------------------------------------------------------------


async def check_sign(desk: Desk, handover: Handover) -> bool:
    """Whoever may decide for the giver's customers signs; neither the giver nor the successor."""
    if desk.my_id in (handover.giver_id, handover.taker_id):
        return False
    return may_do(desk.asker, Do.APPROVE, handover.giver_id, desk.policy)


@dataclass(frozen=True, slots=True)
class Carried:
    """What the signature moved, and what the platform is asked to do."""

    customers: int
    tasks: int
    orders: Sequence[tuple[str, TransferOrder, str]]
    """Platform, order and once-only key."""


async def do_sign(desk: Desk, handover: Handover, words: str) -> Carried:
    """Files, open tasks and questions go to the successor, all or nothing; contacts are ordered to follow."""
    assert handover.taker_id is not None  # it was accepted by one
    batch = Batch(f"handover:{handover.id}", handover.note_id)
    rows = await desk.unit.handovers.customers(handover.id, "live")
    ids = [row.customer_id for row, _ in rows]
    tasks = await desk.unit.handovers.tasks(ids, handover.giver_id)
    for row, customer in rows:
        await change(desk, customer, "owner_id", handover.taker_id, batch)
        if customer.resting == "pool":
            await change(desk, customer, "resting", None, batch)
        row.state = "moved"
        row.revision += 1
        await desk.unit.add(row)
    for task in tasks:
        await change(desk, task, "person_id", handover.taker_id, batch)
    for silence in await desk.unit.silences.open_for(ids):
        silence.state, silence.answer, silence.answered_at = "answered", "handover", desk.now
        silence.revision += 1
        await desk.unit.add(silence)
    handover.state, handover.signed_at, handover.signer_id = "signed", desk.now, desk.my_id
    handover.number = f"J-{desk.today.year}-{handover.id:04}"
    await _touch(desk, handover)
    orders = await _order_all(desk, handover, ids, words)
    if not orders:
        await _end_if_settled(desk, handover)
    return Carried(len(rows), len(tasks), orders)


async def _order_all(
    desk: Desk, handover: Handover, customer_ids: Sequence[int], words: str
) -> Sequence[tuple[str, TransferOrder, str]]:
    """A transfer for each contact; what our own record forbids is not even asked for."""
    check = await precheck(desk, handover, customer_ids)
    until = datetime.combine(check.often_until, time(), desk.now.tzinfo) if check.often_until else None
    ordered = []
    for friend, contact in await desk.unit.handovers.friends(handover.giver_id, customer_ids):
        transfer = Transfer(
            handover_id=handover.id, customer_id=contact.customer_id, friend_id=friend.id, tries=1
        )
        if contact.customer_id in check.often:
            transfer.state, transfer.until = "often", until
        elif contact.customer_id in check.running:
            transfer.state = "running"
        else:
            transfer.started_at = desk.now
            ordered.append(friend)
        await desk.unit.add(transfer)
    return await orders(desk, handover, ordered, words, ask=False, mark="start")


async def orders(
    desk: Desk, handover: Handover, friends: Sequence[Friend], words: str, *, ask: bool, mark: str
) -> Sequence[tuple[str, TransferOrder, str]]:
    """The platform's orders for some contacts, a hundred at a time. `mark` keeps them apart."""
    assert handover.taker_id is not None  # only an accepted one comes here
    giver = await desk.unit.people.one(handover.giver_id)
    made = []
    for platform in sorted({each.platform for each in friends}):
        ids = [each.external_id for each in friends if each.platform == platform]
        here = await desk.unit.people.account(handover.giver_id, platform)
        there = await desk.unit.people.account(handover.taker_id, platform)
        for at in range(0, len(ids), MOST):
            order = TransferOrder(
                handover=handover.id,
                giver=here.address if here is not None else "",
                taker=there.address if there is not None else "",
                externals=tuple(ids[at : at + MOST]),
                ask=ask,
                words=words,
                left=not giver.active,
            )
            made.append((platform, order, f"handover:{handover.id}:{mark}:{platform}:{at}"))
    return made


# -- what the platform says -----------------------------------------------------------------------------


async def do_hear(desk: Desk, handover: Handover, answers: Sequence[TransferAnswer]) -> bool:
    """Keeps where each contact stands; whether that was the last of them."""
    said = {each.external: each for each in answers}
    for transfer, friend, _ in await desk.unit.handovers.transfers(handover.id):
        answer = said.get(friend.external_id)
        if answer is not None and transfer.state in (*UNDER_WAY, "full"):
            await _hear_one(desk, handover, transfer, friend, answer)
    return await _end_if_settled(desk, handover)


async def _hear_one(
    desk: Desk, handover: Handover, transfer: Transfer, friend: Friend, answer: TransferAnswer
) -> None:
    transfer.checked_at = desk.now
    transfer.until = answer.until
    transfer.state = answer.state.value
    transfer.next_at = None
    if answer.state is TransferState.WAITING:
        transfer.next_at = max(answer.until or desk.now, desk.now) + POLL
    elif answer.state is TransferState.FULL and transfer.tries < FULL_TRIES:
        transfer.state, transfer.next_at = "later", desk.now + FULL_RETRY
        transfer.decision = "full"
    elif answer.state is TransferState.DONE:
        await _follow(desk, handover, friend)
    transfer.revision += 1
    await desk.unit.add(transfer)


async def _follow(desk: Desk, handover: Handover, friend: Friend) -> None:
    """The contact is the successor's now; he may have had him before."""
    assert handover.taker_id is not None  # it was accepted by one
    if await desk.unit.handovers.friend(friend.platform, friend.external_id, handover.taker_id) is None:
        friend.person_id = handover.taker_id
        friend.revision += 1
        await desk.unit.add(friend)


async def to_poll(desk: Desk, handover: Handover, *, now: bool = False) -> Sequence[Friend]:
    """Contacts whose standing is due to be asked for (`now`: all that wait)."""
    rows = await desk.unit.handovers.transfers(handover.id)
    return [
        friend
        for transfer, friend, _ in rows
        if transfer.state == "waiting"
        and (now or (transfer.next_at is not None and transfer.next_at <= desk.now))
    ]


async def to_retry(desk: Desk, handover: Handover) -> Sequence[Friend]:
    """Contacts whose time to be ordered again has come; they count as ordered from here on."""
    friends = []
    for transfer, friend, _ in await desk.unit.handovers.transfers(handover.id):
        if transfer.state == "later" and transfer.next_at is not None and transfer.next_at <= desk.now:
            transfer.state, transfer.next_at, transfer.started_at = "ordered", None, desk.now
            transfer.tries += 1
            transfer.decision = None
            transfer.revision += 1
            await desk.unit.add(transfer)
            friends.append(friend)
    return friends


async def stuck(desk: Desk, handover: Handover) -> Sequence[tuple[Transfer, Friend, Contact]]:
    """What can't go, and nobody decided on yet."""
    rows = await desk.unit.handovers.transfers(handover.id)
    return [each for each in rows if each[0].state in STUCK and each[0].decision is None]


async def do_decide(
    desk: Desk, handover: Handover, how: str, transfer_id: int = 0
) -> Sequence[tuple[Transfer, Contact]]:
    """later (when it is allowed), invite (the successor asks himself) or closed, for one or all."""
    decided = []
    for transfer, _, contact in await stuck(desk, handover):
        if transfer_id not in (0, transfer.id) or (how == "later" and transfer.state == "refused"):
            continue
        transfer.decision = how
        if how == "later":
            transfer.state = "later"
            transfer.next_at = max(transfer.until or desk.now + FULL_RETRY, desk.now)
        transfer.revision += 1
        await desk.unit.add(transfer)
        decided.append((transfer, contact))
    if how == "invite":
        await _invite(desk, handover, decided)
    await _end_if_settled(desk, handover)
    return decided


async def _invite(desk: Desk, handover: Handover, decided: Sequence[tuple[Transfer, Contact]]) -> None:
    """A task for the successor: the contact adds him himself, once he was called."""
    assert handover.taker_id is not None  # it was accepted by one
    kept = await keep_tap(desk)
    for transfer, contact in decided:
        task = plan_row(desk, kept.id, f"给{contact.name}打电话，请他加微信", desk.today + timedelta(days=1))
        task.person_id, task.customer_id, task.contact_id = (
            handover.taker_id,
            transfer.customer_id,
            contact.id,
        )
        await make(desk, task, Batch(f"invite:{transfer.id}", handover.note_id, transfer.customer_id))


async def _end_if_settled(desk: Desk, handover: Handover) -> bool:
    """Done when nothing is under way and nothing waits for a decision."""
    rows = await desk.unit.handovers.transfers(handover.id)
    open_ones = [
        each
        for each, _, _ in rows
        if each.state in UNDER_WAY or (each.state in STUCK and each.decision is None)
    ]
    if handover.state != "signed" or open_ones:
        return False
    handover.state, handover.done_at = "done", desk.now
    await _touch(desk, handover)
    return True


async def week_of(desk: Desk, tasks: Sequence[Task]) -> Sequence[Task]:
    """What of it is due within seven days."""
    until = desk.today + timedelta(days=7)
    return [each for each in tasks if each.day is not None and each.day <= until]


async def signers(desk: Desk, handover: Handover) -> Sequence[Person]:
    """Managers who may sign: the one who was asked first."""
    able = [
        each
        for each in await desk.unit.people.everybody()
        if each.role in ("manager", "admin")
        and each.active
        and each.id not in (handover.giver_id, handover.taker_id, handover.signer_id)
        and may_do(await asker_of(desk.unit, each), Do.APPROVE, handover.giver_id, desk.policy)
    ]
    first = await desk.unit.people.get(handover.signer_id) if handover.signer_id else None
    return [*((first,) if first is not None else ()), *able]
