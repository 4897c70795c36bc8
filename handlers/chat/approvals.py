"""Taps on approvals of key fields: one decision whoever taps, and every copy tells the same."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cards import approval as cards
from cards import help as asides
from cards import states
from cards.actions import (
    Approve,
    AskReason,
    DropChange,
    MessageManager,
    Resubmit,
    Return,
    ShowApproval,
    WithdrawDecision,
)
from cards.model import Card
from cards.model import load as load_card
from cards.parts import Key, Phone, StageMove, Value
from handlers.chat.present import heard_words
from handlers.kernel.reply import Post, Replace, Reply, Shown, Urgency
from handlers.kernel.update import Clicked
from handlers.policies.hours import may_speak
from handlers.work import approvals
from handlers.work.approvals import Verdict
from handlers.work.changing import subject
from handlers.work.context import Desk
from handlers.work.tasks import hours_of
from storage.models.changes import Approval, Change
from storage.models.customers import Contact

BY_RULE = "按规矩"
"""Who decided, where nobody did in time and the policy lets it pass."""
OWN_WORDS = "other"
"""我来说一句: the option that asks for a sentence."""


def approval_thread(approval_id: int) -> str:
    return f"approval:{approval_id}"


async def approve(action: Approve, desk: Desk) -> Reply:
    """同意."""
    return await _decide(desk, action.what, yes=True)


async def send_back(click: Clicked, action: Return, desk: Desk) -> Reply:
    """退回, with the reason that was picked."""
    reason = next(iter(click.picked), "")
    if not reason:
        return await _with(desk, action.what, _ask_reason)
    if reason == OWN_WORDS:
        return await _with(desk, action.what, lambda view, _: cards.ask_words(view))
    return await _decide(desk, action.what, yes=False, reason=cards.REASONS.get(reason, reason))


async def reason_said(desk: Desk, words: str) -> Sequence[Shown]:
    """The next message after 我来说一句, where it is nothing else; empty where nobody was asked."""
    for approval in await desk.unit.changes.pending_for(desk.my_id):
        held = await desk.unit.outbox.held(approval_thread(approval.id), desk.my_id)
        if held is not None and load_card(held.content).kind == "approval.words":
            return await _decide(desk, approval.id, yes=False, reason=words)
    return ()


async def ask_reason(action: AskReason, desk: Desk) -> Reply:
    """退回: first why."""
    return await _with(desk, action.what, _ask_reason)


async def show(action: ShowApproval, desk: Desk) -> Reply:
    """算了: the card as it was."""
    return await _with(desk, action.what, _show)


async def withdraw(action: WithdrawDecision, desk: Desk) -> Reply:
    """撤回, within the minutes for it."""
    approval = await desk.unit.changes.approval(action.what)
    if approval is None or approval.decided_by != desk.my_id:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    view = await decided_view(desk, approval, desk.my_id)
    if not approvals.may_withdraw(desk, approval):
        return [Replace(desk.my_id, cards.too_late_to_withdraw(view), approval_thread(action.what))]
    rep = await decided_view(desk, approval, approval.person_id)
    await approvals.do_withdraw(desk, approval)
    shown = [
        Replace(desk.my_id, cards.withdrawn(view, desk.now), approval_thread(action.what)),
        Replace(approval.person_id, cards.reopened_rep(rep), approval_thread(action.what)),
    ]
    again = await approval_view(desk, approval, desk.my_id)
    others = await _copies(desk, approval, cards.key_field)
    return [*shown, Post(desk.my_id, cards.key_field(again, desk.now), approval_thread(action.what)), *others]


async def resubmit(action: Resubmit, desk: Desk) -> Reply:
    """再交一次, after it ran out: the same change waits anew."""
    approval = await desk.unit.changes.approval(action.what)
    if approval is None or approval.person_id != desk.my_id:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if approval.state in ("approved", "returned"):
        card = cards.decided_rep(await decided_view(desk, approval, desk.my_id), desk.now)
        return [Replace(desk.my_id, card, approval_thread(action.what))]
    if approval.state == "dropped":
        return [Replace(desk.my_id, states.gone(), approval_thread(action.what))]
    if approval.state == "expired":
        await approvals.do_resubmit(desk, approval)
    above = await desk.unit.people.one(approval.approver_id)
    told = asides.question_asked(Key(approval.id, approval.revision, desk.my_id), above.name)
    return [Replace(desk.my_id, told, approval_thread(approval.id)), *await asked(desk, approval)]


async def message_manager(action: MessageManager, desk: Desk) -> Reply:
    """问周强: he is told that the rep would like to know."""
    approval = await desk.unit.changes.approval(action.what)
    if approval is None or approval.person_id != desk.my_id or approval.decided_by is None:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    decider = await desk.unit.people.one(approval.decided_by)
    customer = await desk.unit.customers.one(approval.customer_id)
    key = Key(approval.id, approval.revision, decider.id)
    question = asides.question_for_manager(key, desk.me.name, customer.name, customer.id)
    once = f"question:{approval.id}:{approval.revision}"
    return [
        Post(desk.my_id, asides.question_asked(key, decider.name), f"said:{desk.update_id}"),
        Post(decider.id, question, once, once, Urgency.APPROVAL),
    ]


async def waiting_cards(desk: Desk) -> Sequence[Shown]:
    """What waits for this person, each on its own card."""
    views = [
        await approval_view(desk, each, desk.my_id)
        for each in await desk.unit.changes.pending_for(desk.my_id)
    ]
    return [
        Post(desk.my_id, cards.key_field(view, desk.now), approval_thread(view.key.what)) for view in views
    ]


async def asked(desk: Desk, approval: Approval) -> Sequence[Shown]:
    """Tells whoever is to decide; from so many that wait on, a list takes the place of single cards.

    The copies of what the rep has put this in the place of say so.
    """
    to = approval.approver_id
    waiting = await desk.unit.changes.pending_for(to)
    shown: list[Shown] = []
    if len(waiting) >= desk.policy.approvals.list_from:
        views = tuple([await approval_view(desk, each, to) for each in waiting])
        card, thread = cards.waiting_list(to, views, desk.now), f"pending:{to}:{desk.today.isoformat()}"
        shown.append(Replace(to, card, thread, urgency=Urgency.APPROVAL))
    else:
        view = await approval_view(desk, approval, to)
        card, thread = cards.key_field(view, desk.now), approval_thread(approval.id)
        shown.append(Post(to, card, thread, f"{thread}:{approval.tries}", Urgency.APPROVAL))
    before = await desk.unit.changes.approval(approval.replaces_id) if approval.replaces_id else None
    return [*shown, *(await _copies(desk, before, lambda view, _: cards.replaced(view)) if before else ())]


async def escalate(desk: Desk) -> Sequence[Shown]:
    """The clock: what nobody decided on for long reaches the next one above as well."""
    shown: list[Shown] = []
    if not may_speak(desk.now, hours_of(desk)):
        return shown
    for approval in await desk.unit.changes.undecided_since(desk.now - desk.policy.approvals.escalation):
        deputy = await approvals.do_escalate(desk, approval)
        if deputy is not None:
            card = cards.key_field(await approval_view(desk, approval, deputy.id), desk.now)
            thread = approval_thread(approval.id)
            key = f"{thread}:{approval.tries}:deputy"
            shown.append(Post(deputy.id, card, thread, key, Urgency.APPROVAL))
    return shown


async def _copies(
    desk: Desk, approval: Approval, build: Callable[[cards.KeyField, datetime], Card]
) -> Sequence[Shown]:
    """The card on every other phone that holds one of this approval, in place."""
    owner = (await desk.unit.customers.one(approval.customer_id)).owner_id
    thread = approval_thread(approval.id)
    shown: list[Shown] = []
    for each in await approvals.deciders(desk, approval, owner):
        if each.id != desk.my_id and await desk.unit.outbox.held(thread, each.id) is not None:
            view = await approval_view(desk, approval, each.id)
            shown.append(Replace(each.id, build(view, desk.now), thread, urgency=Urgency.APPROVAL))
    return shown


async def drop_change(action: DropChange, desk: Desk) -> Reply:
    """不改了: the rep lets the change go."""
    approval = await desk.unit.changes.approval(action.what)
    if approval is None or approval.person_id != desk.my_id:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if approval.state == "waiting":  # the decision was withdrawn since the card was shown
        await approvals.do_drop(desk, approval)
    view = await decided_view(desk, approval, desk.my_id)
    return [Replace(desk.my_id, cards.change_dropped(view), approval_thread(action.what))]


async def expire(desk: Desk) -> Reply:
    """The clock: nobody decided in 72 hours; it stays as it was, and all who hold it are told.

    After 48 hours the next one above is asked as well. Silence is a yes only where the policy says so.
    """
    shown: list[Shown] = list(await escalate(desk))
    auto = desk.policy.approvals.auto_pass
    if auto is not None:
        for approval in await desk.unit.changes.asked_before(desk.now - auto):
            await approvals.do_decide(desk, approval, yes=True)
            shown += await _tell_all(desk, approval)
    for approval in await desk.unit.changes.overdue(desk.now):
        await approvals.do_expire(desk, approval)
        view = await approval_view(desk, approval, approval.person_id)
        shown += await _copies(desk, approval, lambda each, _: cards.expired(each, to_rep=False))
        shown.append(Replace(view.key.to, cards.expired(view, to_rep=True), approval_thread(approval.id)))
    return shown


async def _tell_all(desk: Desk, approval: Approval) -> Sequence[Shown]:
    """After a decision: every other copy, then the rep."""
    thread = approval_thread(approval.id)
    owner = (await desk.unit.customers.one(approval.customer_id)).owner_id
    shown: list[Shown] = []
    for other in await approvals.deciders(desk, approval, owner):
        if other.id != desk.my_id and await desk.unit.outbox.held(thread, other.id) is not None:
            view = await decided_view(desk, approval, other.id)
            shown.append(Replace(other.id, cards.decided_elsewhere(view, desk.now), thread))
    rep = await decided_view(desk, approval, approval.person_id)
    return [*shown, Post(approval.person_id, cards.decided_rep(rep, desk.now), thread)]


async def follow(desk: Desk, batch: str) -> Sequence[Shown]:
    """The approvers' cards of changes that were just taken back, or put back."""
    shown: list[Shown] = []
    for kept in await desk.unit.changes.of_batch(batch):
        approval = await desk.unit.changes.approval_of(kept.id)
        if approval is not None and approval.state in ("waiting", "dropped"):
            waits = approval.state == "waiting"
            shown += await _copies(
                desk,
                approval,
                cards.key_field if waits else lambda view, _: _taken_back(view.asker),
            )
    return shown


def _taken_back(asker: str) -> Card:
    return states.gone(f"{asker}撤回了，不用定了")


async def approval_view(desk: Desk, approval: Approval, to: int) -> cards.KeyField:
    kept = await _change(desk, approval)
    row = await subject(desk, kept)
    note = await desk.unit.notes.get(kept.note_id) if kept.note_id else None
    tasks = await desk.unit.tasks.open_for(approval.customer_id)
    return cards.KeyField(
        key=Key(approval.id, approval.revision, to),
        asker=(await desk.unit.people.one(approval.person_id)).name,
        customer=(await desk.unit.customers.one(approval.customer_id)).name,
        customer_id=approval.customer_id,
        field=kept.field,
        at=desk.local(approval.created_at),
        contact=row.name if isinstance(row, Contact) else "",
        before=_value(kept.field, kept.before),
        after=_value(kept.field, kept.after),
        reason=approval.why or ("" if kept.note_id else kept.words),
        tasks=len(tasks),
        heard=heard_words(note, kept.words) if note else None,
        attempt=approval.tries,
    )


async def decided_view(desk: Desk, approval: Approval, to: int) -> cards.Decided:
    kept = await _change(desk, approval)
    row = await subject(desk, kept)
    decider = await desk.unit.people.get(approval.decided_by) if approval.decided_by else None
    return cards.Decided(
        key=Key(approval.id, approval.revision, to),
        asker=(await desk.unit.people.one(approval.person_id)).name,
        decider=BY_RULE if decider is None else "" if decider.id == to else decider.name,
        customer=(await desk.unit.customers.one(approval.customer_id)).name,
        customer_id=approval.customer_id,
        field=kept.field,
        at=desk.local(approval.decided_at or desk.now),
        contact=row.name if isinstance(row, Contact) else "",
        agreed=approval.state == "approved",
        withdrawable=approvals.may_withdraw(desk, approval) and approval.decided_by == to,
        reason=approval.reason,
        still=_value(kept.field, kept.before),
    )


async def _decide(desk: Desk, approval_id: int, *, yes: bool, reason: str = "") -> Sequence[Shown]:
    approval, refusal = await _mine(desk, approval_id)
    if approval is None:
        return refusal
    await approvals.do_decide(desk, approval, yes=yes, reason=reason)
    mine = await decided_view(desk, approval, desk.my_id)
    shown: list[Shown] = [
        Replace(desk.my_id, cards.decided_manager(mine, desk.now), approval_thread(approval_id))
    ]
    return [*shown, *await _tell_all(desk, approval)]


async def _mine(desk: Desk, approval_id: int) -> tuple[Approval | None, Sequence[Shown]]:
    approval = await desk.unit.changes.approval(approval_id)
    if approval is None:
        return None, [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    customer = await desk.unit.customers.one(approval.customer_id)
    verdict = approvals.check_decide(desk, approval, customer.owner_id)
    if verdict is Verdict.FINE:
        return approval, ()
    return None, [Replace(desk.my_id, await _refusal(desk, approval, verdict), approval_thread(approval_id))]


async def _refusal(desk: Desk, approval: Approval, verdict: Verdict) -> Card:
    if verdict is Verdict.GONE:
        return _taken_back((await desk.unit.people.one(approval.person_id)).name)
    if verdict is Verdict.EXPIRED:
        return cards.expired(await approval_view(desk, approval, desk.my_id), to_rep=False)
    if verdict is Verdict.DECIDED:
        view = await decided_view(desk, approval, desk.my_id)
        mine = approval.decided_by == desk.my_id
        return cards.decided_manager(view, desk.now) if mine else cards.decided_elsewhere(view, desk.now)
    above = await desk.unit.people.one(approval.approver_id)
    return cards.own_request(await approval_view(desk, approval, desk.my_id), above.name)


async def _with(desk: Desk, approval_id: int, build: Any) -> Sequence[Shown]:
    approval, refusal = await _mine(desk, approval_id)
    if approval is None:
        return refusal
    view = await approval_view(desk, approval, desk.my_id)
    return [Replace(desk.my_id, build(view, desk), approval_thread(approval_id))]


def _ask_reason(view: cards.KeyField, desk: Desk) -> Card:
    return cards.ask_reason(view, desk.now)


def _show(view: cards.KeyField, desk: Desk) -> Card:
    return cards.key_field(view, desk.now)


async def _change(desk: Desk, approval: Approval) -> Change:
    kept = await desk.unit.changes.get(approval.change_id)
    if kept is None:  # a foreign key vouches for it
        raise LookupError(f"approval {approval.id} without its change")
    return kept


def _value(field: str, value: Any) -> Value | None:
    if field == "resting":
        return "先不跟" if value else "在跟"
    if value is None:
        return None
    if field == "stage":
        return StageMove(str(value))
    return Phone(str(value)) if field == "phone" else str(value)
