"""待批, 久没动: what waits for a manager's word, gathered from where it waits."""

from cards import help as asides
from cards.actions import AskReason, ShowDormant, ShowPending
from cards.approval import waiting_list
from handlers.chat import approvals, dormant, handover, questions
from handlers.kernel.reply import Post, Reply, Shown
from handlers.work.context import Desk


async def pending(desk: Desk) -> Reply:
    """待批, said: the cards themselves; from the policy's number on first a list."""
    waiting = await desk.unit.changes.pending_for(desk.my_id)
    if len(waiting) >= desk.policy.approvals.list_from:
        views = tuple([await approvals.approval_view(desk, each, desk.my_id) for each in waiting])
        return [Post(desk.my_id, waiting_list(desk.my_id, views, desk.now), f"pending:{desk.update_id}")]
    return await one_by_one(desk)


async def show_pending(action: ShowPending, desk: Desk) -> Reply:
    """一件件看."""
    return await one_by_one(desk)


async def one_by_one(desk: Desk) -> Reply:
    """Approvals, signatures and customers to decide on, each on its own card."""
    shown: list[Shown] = [*await approvals.waiting_cards(desk), *await handover.signing_cards(desk)]
    for silence, customer in await desk.unit.silences.waiting_for(desk.my_id):
        if customer.owner_id != desk.my_id:
            shown.append(await dormant.card_of(desk, silence, customer))
    return shown or [Post(desk.my_id, asides.nothing_pending(), f"said:{desk.update_id}")]


async def ask_reason(action: AskReason, desk: Desk) -> Reply:
    """退回, of a change or of a handover: first why."""
    if action.of == "handover":
        return await handover.ask_return(desk, action.what)
    return await approvals.ask_reason(action, desk)


async def show_dormant(action: ShowDormant, desk: Desk) -> Reply:
    """久没动的."""
    return await questions.quiet(desk)
