"""One approval mechanism: before and after, one decision whoever taps, a reason where it is no."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from handlers.policies.permissions import Do, may_do
from handlers.work.changing import Batch, apply, ask, change, name_of, revert, row_id
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.models.changes import Approval, Change
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
    desk: Desk,
    row: Customer | Contact,
    field: str,
    value: str,
    customer: Customer,
    batch: Batch,
    words: str,
    why: str = "",
) -> Approval | None:
    """Keeps the change until somebody above says yes; with nobody above it holds at once (None).

    One field waits once: what waited before is let go, because the later word wins.
    """
    approver = await approver_of(desk)
    if approver is None:
        await change(desk, row, field, value, batch, words)
        return None
    replaced = await _make_way(desk, name_of(row), row_id(row), field)
    before = await desk.unit.changes.last_asked(name_of(row), row_id(row), field, desk.my_id)
    kept = await ask(desk, row, field, value, batch, words)
    approval = Approval(
        change_id=kept.id,
        person_id=desk.my_id,
        approver_id=approver.id,
        replaces_id=replaced.id if replaced is not None else None,
        customer_id=customer.id,
        why=why or None,
        created_at=desk.now,
        expires_at=desk.now + desk.policy.approvals.expiry,
        tries=before.tries + 1 if before is not None and before.state in ("returned", "dropped") else 1,
    )
    return await desk.unit.add(approval)


async def _make_way(desk: Desk, subject: str, subject_id: int, field: str) -> Approval | None:
    """Lets go of what waits for the field; the approval that it was."""
    waiting = await desk.unit.changes.waiting(subject, subject_id, field)
    approval = await desk.unit.changes.approval_of(waiting.id) if waiting is not None else None
    if approval is not None:
        await do_drop(desk, approval)
    return approval


async def _wait_again(desk: Desk, approval: Approval) -> Change:
    """The approval's change waits once more, and nothing else for its field."""
    kept = await change_of(desk, approval)
    await _make_way(desk, kept.subject, kept.subject_id, kept.field)
    kept.state = "waiting"
    await desk.unit.add(kept)
    return kept


async def change_of(desk: Desk, approval: Approval) -> Change:
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is None:  # a foreign key vouches for it
        raise LookupError(f"approval {approval.id} without its change")
    return kept


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
    kept = await change_of(desk, approval)
    if yes:
        await apply(desk, kept)
    else:
        kept.state = "dropped"
        await desk.unit.add(kept)
    approval.state = "approved" if yes else "returned"
    approval.reason = reason
    approval.decided_by, approval.decided_at = desk.my_id or None, desk.now
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
    """Who may hold the card: the one asked first, his deputy, then other managers who may decide as well."""
    first = [each for each in (approval.approver_id, approval.deputy_id) if each is not None]
    able = [
        each
        for each in await desk.unit.people.everybody()
        if each.role == "manager"
        and each.active
        and each.id not in (approval.person_id, *first)
        and may_do(await asker_of(desk.unit, each), Do.APPROVE, owner_id, desk.policy)
    ]
    return [*[await desk.unit.people.one(each) for each in first], *able]


async def approver_of(desk: Desk) -> Person | None:
    """Whoever decides on what the asker wants; never the asker."""
    return await above(desk, desk.me)


async def above(desk: Desk, person: Person) -> Person | None:
    """Whoever is above somebody and still there, else an administrator; never the person."""
    seen = {person.id}
    up = person.manager_id
    while up is not None and up not in seen:
        found = await desk.unit.people.one(up)
        if found.active:
            return found
        seen.add(up)
        up = found.manager_id
    others = [each for each in await desk.unit.people.everybody() if each.id != person.id and each.active]
    return next((each for each in others if each.role == "admin"), None)


def may_withdraw(desk: Desk, approval: Approval) -> bool:
    """For some minutes after the yes or no (card A3)."""
    minutes = timedelta(minutes=desk.policy.drafts.undo_minutes)
    decided = approval.state in ("approved", "returned")
    return decided and approval.decided_at is not None and desk.now - approval.decided_at < minutes


async def do_withdraw(desk: Desk, approval: Approval) -> None:
    """The decision is taken back: the old value is there again, and the change waits."""
    if approval.state == "approved":
        await revert(desk, await change_of(desk, approval))
    await _wait_again(desk, approval)
    approval.state, approval.decided_by, approval.decided_at, approval.reason = "waiting", None, None, ""
    approval.revision += 1
    await desk.unit.add(approval)


async def do_resubmit(desk: Desk, approval: Approval) -> None:
    """A change that ran out waits for its answer once more."""
    await _wait_again(desk, approval)
    approval.state, approval.decided_at, approval.deputy_id = "waiting", None, None
    approval.created_at = desk.now
    approval.expires_at = desk.now + desk.policy.approvals.expiry
    approval.tries += 1
    approval.revision += 1
    await desk.unit.add(approval)


async def do_escalate(desk: Desk, approval: Approval) -> Person | None:
    """Nobody decided for long: the next one above, who may decide as well, gets a copy."""
    owner_id = (await desk.unit.customers.one(approval.customer_id)).owner_id
    deputy = await above(desk, await desk.unit.people.one(approval.approver_id))
    if deputy is None or deputy.id == approval.person_id:
        return None
    if not may_do(await asker_of(desk.unit, deputy), Do.APPROVE, owner_id, desk.policy):
        return None
    approval.deputy_id = deputy.id
    await desk.unit.add(approval)
    return deputy
