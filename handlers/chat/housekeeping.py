"""What the clock does that nobody asked for: old drafts run out, the trail is sealed."""

from datetime import datetime, time, timedelta

from cards import visit as recording
from handlers.chat import replies
from handlers.chat.replies import draft_thread
from handlers.kernel.reply import Replace, Reply, Urgency
from handlers.work import drafting
from handlers.work.context import Desk

KEPT = timedelta(days=30)
"""How long a done update and a sent message stay: their keys are what tells a repetition."""

TICKETS_KEPT = timedelta(days=90)
"""How long a sent card is known by its thread, so that a tap on an old one renews it where it stands."""


async def expire_drafts(desk: Desk) -> Reply:
    """After some days a draft is never filed by itself; its card says so and can reopen it."""
    shown = []
    limit = desk.now - timedelta(days=desk.policy.drafts.expire_days)
    for draft in await desk.unit.drafts.left_since(limit):
        await drafting.close(desk, draft, "expired")
        if draft.kind not in ("visit", "facts"):
            continue
        card = recording.draft_expired(await replies.gone_view(desk, draft), desk.today)
        thread = draft_thread(draft.id)
        if await desk.unit.outbox.held(thread, draft.person_id) is not None:
            shown.append(Replace(draft.person_id, card, thread, f"draft-expired:{draft.id}", Urgency.OTHER))
    return shown


async def forget_dropped(desk: Desk) -> Reply:
    """不用记: the words were kept until the next night, and then they go."""
    last_night = datetime.combine(desk.today - timedelta(days=1), time(), desk.now.tzinfo)
    for draft in await desk.unit.drafts.dropped_before(last_night):
        await drafting.forget(desk, draft)
    return ()


async def forget_done(desk: Desk) -> Reply:
    """Updates and messages that are long done go; a platform's last retry is long past by then."""
    before = desk.now - KEPT
    await desk.unit.inbox.forget(before)
    await desk.unit.outbox.forget(before)
    await desk.unit.tickets.forget(desk.now - TICKETS_KEPT)
    return ()


async def seal_audit(desk: Desk) -> Reply:
    """Chains what was written since the last time, in one batch: writers never wait for one another."""
    await desk.unit.audit.seal(desk.now)
    return ()
