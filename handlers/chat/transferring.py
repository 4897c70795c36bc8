"""Contacts that follow a handover on the platform: how they stand, what can't go, the end (cards H5, H6)."""

from collections.abc import Sequence

from cards import handover as cards
from cards import transfer as going
from cards.actions import (
    CloseStuck,
    InviteToAdd,
    RefreshHandover,
    RetryWhenAllowed,
    ShowStuck,
)
from cards.texts import successor
from handlers.chat import handing, inviting
from handlers.chat.handing import handover_thread, signing_thread
from handlers.kernel.reply import Order, Post, Replace, Reply, Shown, Urgency
from handlers.kernel.transfers import TransferAnswer
from handlers.kernel.update import Stayed, Transferred
from handlers.work import handover
from handlers.work.context import Desk
from storage.models.handovers import Handover


async def refresh(action: RefreshHandover, desk: Desk) -> Reply:
    """看进度: what is known now, and the platform is asked anew."""
    row = await desk.unit.handovers.get(action.what)
    if row is None or not await handing.concerns(desk, row):
        return [handing.gone(desk)]
    if row.state not in ("signed", "done"):
        return [await handing.as_it_is(desk, row)]
    card, thread = await handing.progress_card(desk, row), await handing.thread_of(desk, row)
    return [Replace(desk.my_id, card, thread), *await _poll(desk, row, now=True)]


async def watch(desk: Desk) -> Reply:
    """The clock: old offers run out; contacts that wait are asked after, and ordered again in their time."""
    shown: list[Shown] = []
    for row in await desk.unit.handovers.overdue(desk.now):
        others = await handing.others_cards(desk, row)
        await handover.do_end(desk, row, "expired")
        days = desk.policy.handovers.expire_days
        card = cards.expired(await handing.request(desk, row, row.asker_id), days)
        shown += [
            Replace(row.asker_id, card, handover_thread(row.id), urgency=Urgency.OTHER),
            *others,
        ]
    for row in await desk.unit.handovers.due(desk.now):
        shown += [*await _retry(desk, row), *await _poll(desk, row)]
    return shown


async def transferred(update: Transferred, desk: Desk) -> Reply:
    """What the platform says of each contact; the end, or what needs a decision, is told."""
    row = await desk.unit.handovers.get(update.handover)
    return await heard(desk, row, update.answers) if row is not None else ()


async def stayed(update: Stayed, desk: Desk) -> Reply:
    """The platform says unasked that a contact did not go over."""
    row = await desk.unit.handovers.coming(update.sender.platform, update.external, desk.my_id)
    return await heard(desk, row, (TransferAnswer(update.external, update.state),)) if row is not None else ()


async def heard(desk: Desk, row: Handover, answers: Sequence[TransferAnswer]) -> Sequence[Shown]:
    """Keeps where contacts stand; the end is told, and what needs a decision."""
    known = {transfer.id for transfer, _, _ in await handover.stuck(desk, row)}
    ended = await handover.do_hear(desk, row, answers)
    signer = row.signer_id or row.asker_id
    if ended:
        return await _finished(desk, row)
    fresh = [transfer.id for transfer, _, _ in await handover.stuck(desk, row) if transfer.id not in known]
    if not fresh:
        return ()
    card = going.refusals(await handing.refusals(desk, row, signer), desk.today)
    thread = f"stuck:{row.id}"
    # They come one by one where the platform tells of each: one card, and not one for each.
    told = Post if await desk.unit.outbox.held(thread, signer) is None else Replace
    return [told(signer, card, thread, f"{thread}:{max(fresh)}:{len(fresh)}", Urgency.APPROVAL)]


async def show_stuck(action: ShowStuck, desk: Desk) -> Reply:
    """看那 2 位, or one of them alone."""
    row, refusal = await handing.decider(desk, action.what)
    return refusal if row is None else [await handing.stuck_card(desk, row, action.transfer)]


async def retry(action: RetryWhenAllowed, desk: Desk) -> Reply:
    return await _decide(desk, action.what, "later", action.transfer)


async def invite(action: InviteToAdd, desk: Desk) -> Reply:
    return await _decide(desk, action.what, "invite", action.transfer)


async def close_stuck(action: CloseStuck, desk: Desk) -> Reply:
    return await _decide(desk, action.what, "closed", action.transfer)


async def _decide(desk: Desk, handover_id: int, how: str, transfer_id: int) -> Sequence[Shown]:
    row, refusal = await handing.decider(desk, handover_id)
    if row is None:
        return refusal
    decided = await handover.do_decide(desk, row, how, transfer_id)
    if not decided:
        return [await handing.stuck_card(desk, row, 0)]
    view = await handing.refusals(desk, row, desk.my_id)
    shown: list[Shown] = []
    if view.rows:
        shown.append(await handing.stuck_card(desk, row, 0))
    else:
        shown.append(Replace(desk.my_id, going.decided(view, len(decided), how), f"stuck:{row.id}"))
    if how == "invite" and row.taker_id is not None:
        shown += await inviting.hand_on(desk, row.taker_id, [contact for _, contact in decided])
    return [*shown, *(await _finished(desk, row) if row.state == "done" else ())]


async def _finished(desk: Desk, row: Handover) -> Sequence[Shown]:
    """The one free replacement was kept for this."""
    shown: list[Shown] = []
    for to in dict.fromkeys((row.signer_id, row.asker_id)):
        if to is not None:
            thread = signing_thread(row.id) if to == row.signer_id else handover_thread(row.id)
            card = going.finished(await handing.progress(desk, row, to), desk.today)
            shown.append(Replace(to, card, thread, f"finished:{row.id}:{to}", Urgency.APPROVAL))
    return shown


async def _retry(desk: Desk, row: Handover) -> Sequence[Shown]:
    friends = await handover.to_retry(desk, row)
    giver, taker = await desk.unit.people.one(row.giver_id), await desk.unit.people.one(row.taker_id or 0)
    mark = f"again:{desk.now.isoformat()}"
    words = successor(giver.name, taker.name)
    made = await handover.orders(desk, row, friends, words, ask=False, mark=mark)
    return [Order(platform, order, key, row.giver_id) for platform, order, key in made]


async def _poll(desk: Desk, row: Handover, *, now: bool = False) -> Sequence[Shown]:
    friends = await handover.to_poll(desk, row, now=now)
    mark = f"ask:{desk.now.isoformat()}"
    made = await handover.orders(desk, row, friends, "", ask=True, mark=mark)
    return [Order(platform, order, key, row.giver_id) for platform, order, key in made]
