"""久没联系: the clock that asks, and the taps on its cards (card D1)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from cards import dormant as cards
from cards import states
from cards.actions import (
    AskLess,
    AssignTo,
    CloseCustomer,
    ContactedAlready,
    NoteClose,
    NoteContact,
    NotePlan,
    OfferHandover,
    PlanVisit,
    ProposeClose,
    Revive,
    ShowSilence,
    ToPool,
    UndoSilence,
)
from cards.model import Card
from cards.parts import Key
from cards.texts import greeting
from handlers.chat import handover, present
from handlers.chat.approvals import asked, follow
from handlers.chat.letters import letter
from handlers.kernel.reply import Post, Replace, Reply, Shown, Urgency
from handlers.kernel.update import Clicked
from handlers.policies.consent import Outgo
from handlers.policies.permissions import Do, See, may_do, may_see
from handlers.work import dormancy
from handlers.work.context import Desk
from handlers.work.dormancy import Candidate
from handlers.work.unasked import DORMANT, Unasked
from storage.models.customers import Customer
from storage.models.dormancy import Silence

Build = Callable[[cards.Silent, date], Card]

REVIVED = "revived"
"""The rung of a question that a manager wished, not the clock."""


def silence_thread(silence_id: int) -> str:
    return f"dormant:{silence_id}"


async def ask(desk: Desk) -> Reply:
    """The clock: who reached a rung of the ladder is asked about, the most valuable first."""
    shown: list[Shown] = []
    allowed = Unasked(desk)
    for person_id, candidates in (await dormancy.find(desk)).items():
        if await allowed.may(person_id, DORMANT):
            shown += await _ask_one(desk, person_id, candidates, allowed)
    return shown


async def _ask_one(
    desk: Desk, person_id: int, candidates: Sequence[Candidate], allowed: Unasked
) -> Sequence[Shown]:
    """Cards as far as the week and the day allow; lines of the morning card beside them.

    What a rep could not be asked is found again tomorrow; a decision waits in the manager's morning card.
    """
    shown: list[Shown] = []
    left = await dormancy.week_left(desk, person_id)
    for each in candidates:
        if not each.rung.card:
            await dormancy.keep(desk, each, asked=False)
        elif (each.rung.decision or left > 0) and await allowed.takes(person_id, DORMANT):
            left -= 1
            shown.append(await _question(desk, await dormancy.keep(desk, each, asked=True), each.customer))
        elif each.rung.decision:
            await dormancy.keep(desk, each, asked=False)
    return shown


async def _question(desk: Desk, silence: Silence, customer: Customer) -> Post:
    to = await desk.unit.people.one(silence.person_id)
    card = cards.dormant(await present.silent(desk, silence, customer, to), desk.today)
    thread = silence_thread(silence.id)
    return Post(to.id, card, thread, thread, Urgency.OTHER)


async def card_of(desk: Desk, silence: Silence, customer: Customer) -> Post:
    """The question as a new message, asked for."""
    view = await present.silent(desk, silence, customer, desk.me)
    return Post(desk.my_id, cards.dormant(view, desk.today), silence_thread(silence.id))


# -- the rep's four acts -------------------------------------------------------------------------------


async def contacted(action: ContactedAlready, desk: Desk) -> Reply:
    """联系过了: which day."""
    return await _with(desk, action.what, cards.ask_day)


async def note_contact(click: Clicked, action: NoteContact, desk: Desk) -> Reply:
    """记上; nothing picked: the days once more."""
    silence, customer, refusal = await _mine(desk, action.what)
    if silence is None or customer is None:
        return refusal
    day = _day(click)
    if day is None or day > desk.today:
        return [await _shown(desk, silence, customer, cards.ask_day)]
    await dormancy.do_contacted(desk, silence, customer, day)
    return [await _answered(desk, silence, customer)]


async def plan(action: PlanVisit, desk: Desk) -> Reply:
    """排一次: which day."""
    return await _with(desk, action.what, cards.ask_plan)


async def note_plan(click: Clicked, action: NotePlan, desk: Desk) -> Reply:
    """排上: a plan in the diary, and a few words to send, unless he said that he wants none."""
    silence, customer, refusal = await _mine(desk, action.what)
    if silence is None or customer is None:
        return refusal
    day = _day(click)
    if day is None or day <= desk.today:
        return [await _shown(desk, silence, customer, cards.ask_plan)]
    view = await present.silent(desk, silence, customer, desk.me)
    met = await present.last_met(desk, customer)
    await dormancy.do_plan(desk, silence, customer, day)
    words = await letter(desk, Outgo.AGAIN, met[:1], lambda to: greeting(to[0].name if to else "", view.said))
    return [await _answered(desk, silence, customer), *words]


async def offer(action: OfferHandover, desk: Desk) -> Reply:
    """转给同事."""
    return await _offer(desk, action.what)


async def propose_close(action: ProposeClose, desk: Desk) -> Reply:
    """先不跟: why."""
    return await _with(desk, action.what, cards.ask_why)


async def note_close(click: Clicked, action: NoteClose, desk: Desk) -> Reply:
    """先不跟, with a reason; of the highest grade only with somebody's yes."""
    silence, customer, refusal = await _mine(desk, action.what)
    if silence is None or customer is None:
        return refusal
    reason = cards.REASONS.get(next(iter(click.picked), ""), "")
    if not reason:
        return [await _shown(desk, silence, customer, cards.ask_why)]
    approval = await dormancy.do_pause(desk, silence, customer, reason)
    told = await asked(desk, approval) if approval is not None else ()
    return [await _answered(desk, silence, customer), *told]


async def ask_less(action: AskLess, desk: Desk) -> Reply:
    """好, 照旧: how long this customer may be silent from now on."""
    silence, customer, refusal = await _answerer(desk, action.what)
    if silence is None or customer is None:
        return refusal
    allowed = (0, desk.policy.dormancy.longer_days)
    number = action.days if action.days in allowed else 0
    if (customer.ask_days or 0) != number:
        await dormancy.do_ask_less(desk, silence, customer, number)
    view = await present.silent(desk, silence, customer, desk.me)
    return [Replace(desk.my_id, cards.less_often(view, number), silence_thread(silence.id))]


# -- the manager's -------------------------------------------------------------------------------------


async def revive(action: Revive, desk: Desk) -> Reply:
    """再试一次: the rep is asked once more."""
    silence, customer, refusal = await _decider(desk, action.what)
    if silence is None or customer is None:
        return refusal
    view = await present.silent(desk, silence, customer, desk.me)
    again = await dormancy.do_revive(desk, silence, customer, f"{REVIVED}:{silence.id}")
    rep = await desk.unit.people.one(customer.owner_id)
    asking = replace(await present.silent(desk, again, customer, rep), wished=desk.me.name)
    thread = silence_thread(again.id)
    return [
        Replace(desk.my_id, cards.revived(view), silence_thread(silence.id)),
        Post(rep.id, cards.dormant(asking, desk.today), thread, thread, Urgency.APPROVAL),
    ]


async def assign(action: AssignTo, desk: Desk) -> Reply:
    """换人跟."""
    return await _offer(desk, action.what)


async def to_pool(action: ToPool, desk: Desk) -> Reply:
    """放公海."""
    return await _rest(desk, action.what, "pool")


async def close(action: CloseCustomer, desk: Desk) -> Reply:
    """归档."""
    return await _rest(desk, action.what, "closed")


async def _rest(desk: Desk, silence_id: int, how: str) -> Sequence[Shown]:
    silence, customer, refusal = await _decider(desk, silence_id)
    if silence is None or customer is None:
        return refusal
    rep = customer.owner_id
    view = await present.silent(desk, silence, customer, desk.me)
    await dormancy.do_rest(desk, silence, customer, how)
    shown: list[Shown] = [Replace(desk.my_id, cards.rests(view, how), silence_thread(silence.id))]
    if rep != desk.my_id:
        told = cards.told_rep(customer.name, customer.id, desk.me.name, how, rep)
        key = f"rested:{silence.id}:{silence.revision}"
        shown.append(Post(rep, told, f"rested:{silence.id}", key, Urgency.APPROVAL))
    return shown


# -- back and forth ------------------------------------------------------------------------------------


async def show(action: ShowSilence, desk: Desk) -> Reply:
    """算了: the card as it is now."""
    silence, customer, refusal = await _mine(desk, action.what)
    if silence is None or customer is None:
        return refusal
    return [await _shown(desk, silence, customer, cards.dormant)]


async def undo(action: UndoSilence, desk: Desk) -> Reply:
    """撤销: what was answered is taken back, and the question is there again."""
    silence, customer, refusal = await _answerer(desk, action.what)
    if silence is None or customer is None:
        return refusal
    told: Sequence[Shown] = ()
    if silence.state == "answered" and silence.answer != "revived":
        await dormancy.do_undo(desk, silence)
        told = await follow(desk, dormancy.batch_of(silence).name)
    return [await _shown(desk, silence, customer, cards.dormant), *told]


async def _offer(desk: Desk, silence_id: int) -> Sequence[Shown]:
    silence, customer, refusal = await _mine(desk, silence_id)
    if silence is None or customer is None:
        return refusal
    card = cards.offered(await present.silent(desk, silence, customer, desk.me))
    asking = await handover.offer_one(desk, customer)
    return [Replace(desk.my_id, card, silence_thread(silence.id)), *asking]


async def _with(desk: Desk, silence_id: int, build: Build) -> Sequence[Shown]:
    silence, customer, refusal = await _mine(desk, silence_id)
    if silence is None or customer is None:
        return refusal
    return [await _shown(desk, silence, customer, build)]


async def _shown(desk: Desk, silence: Silence, customer: Customer, build: Build) -> Replace:
    view = await present.silent(desk, silence, customer, desk.me)
    return Replace(desk.my_id, build(view, desk.today), silence_thread(silence.id))


async def _answered(desk: Desk, silence: Silence, customer: Customer) -> Replace:
    """The card of what was answered, as it stands."""
    view = await present.silent(desk, silence, customer, desk.me)
    match silence.answer:
        case "contacted" if silence.contacted_at is not None:
            often = await dormancy.contacted_twice(desk, silence) and customer.ask_days is None
            longer = desk.policy.dormancy.longer_days if often else 0
            card = cards.contacted(view, desk.local(silence.contacted_at).date(), desk.today, longer)
        case "planned" if (day := await dormancy.planned_day(desk, silence)) is not None:
            card = cards.planned(view, day, desk.today)
        case "paused":
            card = cards.paused(view, silence.reason, await _waits_for(desk, silence))
        case "pool" | "closed":
            card = cards.rests(view, silence.answer)
        case "revived":
            card = cards.revived(view)
        case _:
            card = cards.answered(view, silence.answer or "", silence.reason)
    return Replace(desk.my_id, card, silence_thread(silence.id))


async def _waits_for(desk: Desk, silence: Silence) -> str:
    """Who is to say yes to letting the customer go; "" where nobody is asked."""
    for kept in await desk.unit.changes.of_batch(dormancy.batch_of(silence).name):
        approval = await desk.unit.changes.approval_of(kept.id) if kept.state == "waiting" else None
        if approval is not None:
            return (await desk.unit.people.one(approval.approver_id)).name
    return ""


Found = tuple[Silence | None, Customer | None, Sequence[Shown]]


async def _mine(desk: Desk, silence_id: int) -> Found:
    """The question where it still waits for the one who taps; else what became of it."""
    silence, customer, refusal = await _answerer(desk, silence_id)
    if silence is None or customer is None:
        return None, None, refusal
    if silence.state == "answered":
        return None, None, [await _answered(desk, silence, customer)]
    if dormancy.is_over(desk, silence, customer) or customer.resting is not None:
        return None, None, [await _over(desk, silence, customer)]
    return silence, customer, ()


async def _decider(desk: Desk, silence_id: int) -> Found:
    """As `_mine`, for what only a superior may decide."""
    silence, customer, refusal = await _mine(desk, silence_id)
    if silence is None or customer is None:
        return None, None, refusal
    if not may_do(desk.asker, Do.APPROVE, customer.owner_id, desk.policy):
        return None, None, [await _shown(desk, silence, customer, cards.dormant)]
    return silence, customer, ()


async def _answerer(desk: Desk, silence_id: int) -> Found:
    """The question where the one who taps was asked, answered or not, and still may."""
    silence = await desk.unit.silences.get(silence_id)
    customer = await desk.unit.customers.get(silence.customer_id) if silence is not None else None
    if silence is None or customer is None:
        return None, None, [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if silence.person_id != desk.my_id:
        whose = await desk.unit.people.one(silence.person_id)
        card = states.not_yours("一家久没联系的客户", whose.name)
        return None, None, [Post(desk.my_id, card, f"foreign-dormant:{silence_id}:{desk.my_id}")]
    if not may_see(desk.asker, See.BASICS, customer.owner_id, desk.policy):
        owner = await desk.unit.people.one(customer.owner_id)
        card = states.right_lost(Key(customer.id, 0, desk.my_id), customer.name, owner.name)
        return None, None, [Replace(desk.my_id, card, silence_thread(silence_id))]
    return silence, customer, ()


async def _over(desk: Desk, silence: Silence, customer: Customer) -> Replace:
    view = await present.silent(desk, silence, customer, desk.me)
    at = customer.last_interaction_at
    if customer.resting is not None:
        card = cards.answered(view, customer.resting)
    else:
        card = cards.over(replace(view, last=desk.local(at).date() if at else None), desk.today)
    return Replace(desk.my_id, card, silence_thread(silence.id))


def _day(click: Clicked) -> date | None:
    try:
        return date.fromisoformat(next(iter(click.picked), ""))
    except ValueError:
        return None
