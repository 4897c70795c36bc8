"""One approval mechanism: before and after, one decision whoever taps, a reason where it is no."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from handlers.policies.permissions import Do, may_do
from handlers.work.changing import Batch, apply, ask, change, revert
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.models.changes import Approval
from storage.models.customers import Contact, Customer
from storage.models.people import Person


class Verdict(StrEnum):
    """How an approval stands towards a tap on its card."""

    FINE = "fine"
    GONE = "gone"
    NOT_YOURS = "not_yours"
    DECIDED = "decided"
    EXPIRED = "expired"


async def do_ask(
    desk: Desk, row: Customer | Contact, field: str, value: str, customer: Customer, batch: Batch, words: str
) -> Approval | None:
    """Keeps the change until somebody above says yes; with nobody above it holds at once (None)."""
    approver = await approver_of(desk)
    if approver is None:
        await change(desk, row, field, value, batch, words)
        return None
    kept = await ask(desk, row, field, value, batch, words)
    approval = Approval(
        change_id=kept.id,
        person_id=desk.my_id,
        approver_id=approver.id,
        customer_id=customer.id,
        created_at=desk.now,
        expires_at=desk.now + timedelta(hours=desk.policy.approvals.expire_hours),
    )
    return await desk.unit.add(approval)


def check_decide(desk: Desk, approval: Approval | None, owner_id: int) -> Verdict:
    """Whether the asker may decide now. Whoever may approve for the owner's customers may (not the asker)."""
    if approval is None or approval.state == "dropped":
        return Verdict.GONE
    if approval.person_id == desk.my_id or not may_do(desk.asker, Do.APPROVE, owner_id, desk.policy):
        return Verdict.NOT_YOURS
    if approval.state == "expired" or (approval.state == "waiting" and approval.expires_at <= desk.now):
        return Verdict.EXPIRED
    return Verdict.FINE if approval.state == "waiting" else Verdict.DECIDED


async def do_decide(desk: Desk, approval: Approval, *, yes: bool, reason: str = "") -> None:
    """The one decision. The change is carried out, or dropped with the reason."""
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is None:  # a foreign key vouches for it
        raise LookupError(f"approval {approval.id} without its change")
    if yes:
        await apply(desk, kept)
    else:
        kept.state = "dropped"
        await desk.unit.add(kept)
    approval.state = "approved" if yes else "returned"
    approval.reason = reason
    approval.decided_by, approval.decided_at = desk.my_id, desk.now
    approval.revision += 1
    await desk.unit.add(approval)


async def do_drop(desk: Desk, approval: Approval) -> None:
    """The asker lets it go before anybody decided."""
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is not None:
        kept.state = "dropped"
        await desk.unit.add(kept)
    approval.state = "dropped"
    approval.revision += 1
    await desk.unit.add(approval)


async def do_expire(desk: Desk, approval: Approval) -> None:
    """Nobody decided in time: it stays as it was, never passed by silence."""
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is not None:
        kept.state = "dropped"
        await desk.unit.add(kept)
    approval.state = "expired"
    approval.decided_at = desk.now
    approval.revision += 1
    await desk.unit.add(approval)


async def deciders(desk: Desk, approval: Approval, owner_id: int) -> Sequence[Person]:
    """Who gets the card: the one asked first, then other managers who may decide as well."""
    able = [
        each
        for each in await desk.unit.people.everybody()
        if each.role == "manager"
        and each.active
        and each.id not in (approval.person_id, approval.approver_id)
        and may_do(await asker_of(desk.unit, each), Do.APPROVE, owner_id, desk.policy)
    ]
    return [await desk.unit.people.one(approval.approver_id), *able]


async def approver_of(desk: Desk) -> Person | None:
    """Whoever is above and still there, else an administrator; never the asker."""
    seen = {desk.my_id}
    above = desk.me.manager_id
    while above is not None and above not in seen:
        person = await desk.unit.people.one(above)
        if person.active:
            return person
        seen.add(above)
        above = person.manager_id
    others = [each for each in await desk.unit.people.everybody() if each.id != desk.my_id and each.active]
    return next((each for each in others if each.role == "admin"), None)


def may_withdraw(desk: Desk, approval: Approval) -> bool:
    """For some minutes after the yes or no (card A3)."""
    minutes = timedelta(minutes=desk.policy.drafts.undo_minutes)
    decided = approval.state in ("approved", "returned")
    return decided and approval.decided_at is not None and desk.now - approval.decided_at < minutes


async def do_withdraw(desk: Desk, approval: Approval) -> None:
    """The decision is taken back: the old value is there again, and the change waits."""
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is None:  # a foreign key vouches for it
        raise LookupError(f"approval {approval.id} without its change")
    if approval.state == "approved":
        await revert(desk, kept)
    kept.state = "waiting"
    await desk.unit.add(kept)
    approval.state, approval.decided_by, approval.decided_at, approval.reason = "waiting", None, None, ""
    approval.revision += 1
    await desk.unit.add(approval)


async def do_resubmit(desk: Desk, approval: Approval) -> None:
    """A change that ran out waits for its answer once more."""
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is None:  # a foreign key vouches for it
        raise LookupError(f"approval {approval.id} without its change")
    kept.state = "waiting"
    await desk.unit.add(kept)
    approval.state, approval.decided_at = "waiting", None
    approval.expires_at = desk.now + desk.policy.approvals.expiry
    approval.tries += 1
    approval.revision += 1
    await desk.unit.add(approval)
