"""早上 and 傍晚: the two cards of the day that gather what nobody asked for, and the list behind them."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from cards import reminder as cards
from cards.actions import ShowToday
from cards.parts import Key
from cards.words import FIELDS
from handlers.chat.approvals import approval_view
from handlers.chat.present import called
from handlers.chat.replies import customer_name
from handlers.chat.tasks import task_thread
from handlers.kernel.reply import Post, Reply, Shown, Urgency
from handlers.policies.hours import working_days_before
from handlers.policies.permissions import Do, may_do
from handlers.work import dormancy
from handlers.work.content import of_row
from handlers.work.context import Desk
from handlers.work.people import asker_of
from handlers.work.plans import unheard
from handlers.work.tasks import hours_of
from handlers.work.unasked import EVENING, MORNING, REPORT, Unasked
from storage.models.customers import Customer
from storage.models.dormancy import Silence
from storage.models.people import Person
from storage.models.tasks import Task

Quiet = Sequence[tuple[Silence, Customer]]


async def morning(desk: Desk) -> Reply:
    """The clock: one card with the day's things, only where there are any."""
    shown: list[Shown] = []
    allowed = Unasked(desk)
    untold = await desk.unit.silences.untold(dormancy.answers_before(desk))
    for person in await desk.unit.people.everybody():
        if person.active and await allowed.may(person.id, MORNING):
            shown += await _morning_of(desk, person, untold, allowed)
    return shown


async def _morning_of(desk: Desk, person: Person, untold: Quiet, allowed: Unasked) -> Sequence[Shown]:
    below = await _below(desk, person, untold)
    lines = await desk.unit.silences.due_lines(person.id)
    view = await morning_view(desk, person.id, len(below))
    if not view.items or not await allowed.takes(person.id, MORNING):
        return ()
    for silence, customer in lines:
        await dormancy.mark_shown(desk, silence, decides=silence.person_id != customer.owner_id)
    for silence, _ in below:
        await dormancy.mark_told(desk, silence)
    key = f"morning:{person.id}:{desk.today.isoformat()}"
    card = cards.morning(view, desk.today)
    return [Post(person.id, card, key, key, Urgency.MORNING), *await _reports(desk, person.id, allowed)]


async def _below(desk: Desk, person: Person, untold: Quiet) -> Quiet:
    """Questions to others, about customers that the person may decide on, that stayed unanswered."""
    asker = await asker_of(desk.unit, person)
    return [
        (silence, customer)
        for silence, customer in untold
        if silence.person_id != person.id
        and may_do(asker, Do.APPROVE, customer.owner_id, desk.policy)
        # Those who report to him: whoever is further above has his own managers for it.
        and (await desk.unit.people.one(silence.person_id)).manager_id == person.id
    ]


async def _reports(desk: Desk, to: int, allowed: Unasked) -> Sequence[Shown]:
    """Cards of their own for visits that nobody spoke of, where the company wants them."""
    if not desk.policy.visits.report_card:
        return ()
    shown = []
    for task in await _untold(desk, to):
        if await allowed.takes(to, REPORT):
            view = await planned(desk, task, to)
            card = cards.report(view, desk.today, desk.policy.visits.report_hours)
            shown.append(Post(to, card, task_thread(task.id), f"report:{task.id}", Urgency.OTHER))
    return shown


async def _untold(desk: Desk, to: int) -> list[Task]:
    """Visits planned since the last working day, before today, that nobody spoke of."""
    day = working_days_before(desk.today, 1, hours_of(desk))
    tasks: list[Task] = []
    while day < desk.today:
        tasks += await unheard(desk, to, day)
        day += timedelta(days=1)
    return tasks


async def evening(desk: Desk) -> Reply:
    """The clock: whether somebody went where he had planned to go, and nobody heard of it yet."""
    shown: list[Shown] = []
    allowed = Unasked(desk)
    for person in await desk.unit.people.everybody():
        plans = await unheard(desk, person.id, desk.today) if person.active else []
        if plans and await allowed.takes(person.id, EVENING):
            shown.append(await _evening_card(desk, person.id, plans))
    return shown


async def _evening_card(desk: Desk, to: int, plans: Sequence[Task]) -> Post:
    views = [await planned(desk, each, to) for each in plans]
    key = f"evening:{to}:{desk.today.isoformat()}"
    if len(plans) == 1:
        return Post(to, cards.evening(views[0], desk.today), task_thread(plans[0].id), key, Urgency.OTHER)
    return Post(to, cards.evenings(to, tuple(views)), key, key, Urgency.OTHER)


async def planned(desk: Desk, task: Task, to: int) -> cards.Planned:
    customer = await desk.unit.customers.one(task.customer_id or 0)
    contact = await desk.unit.customers.contact(task.contact_id) if task.contact_id else None
    who = contact.name if contact is not None else ""
    return cards.Planned(
        Key(task.id, task.revision, to), customer.name, task.day or desk.today, task.hour, who
    )


async def show_today(action: ShowToday, desk: Desk) -> Reply:
    """看清单."""
    return await today(desk)


async def today(desk: Desk) -> Reply:
    """What is to do, asked for."""
    view = await morning_view(desk, desk.my_id)
    return [Post(desk.my_id, cards.todays_list(view, desk.today), f"today:{desk.update_id}")]


async def morning_view(desk: Desk, to: int, unanswered: int = 0) -> cards.Morning:
    """What is to be decided, promised things, fixed hours, what is unsaved or unsaid, the silent ones."""
    unsaved = [
        each for each in await desk.unit.drafts.waiting(to) if desk.local(each.created_at).date() < desk.today
    ]
    first = unsaved[0] if unsaved else None
    items = [
        *await _decisions(desk, to),
        *await _todo(desk, to),
        *[
            cards.MorningItem(
                "unsaved",
                await customer_name(desk, of_row(each.content)),
                due=desk.local(each.created_at).date(),
            )
            for each in unsaved
        ],
        *[await _untold_item(desk, each) for each in await _untold(desk, to)],
        *await _silent(desk, to),
        *([cards.MorningItem("unanswered", "久没动", days=unanswered)] if unanswered else []),
    ]
    return cards.Morning(
        key=Key(to, 0, to),
        items=tuple(items),
        unsaved=Key(first.id, first.revision, to) if first else None,
        unsaved_called=called(await customer_name(desk, of_row(first.content))) if first else "",
    )


async def _decisions(desk: Desk, to: int) -> list[cards.MorningItem]:
    """Approvals, those that wait longest first; signatures; customers whose fate is to be settled."""
    items = []
    for approval in await desk.unit.changes.pending_for(to):
        view = await approval_view(desk, approval, to)
        name, field = called(view.customer), FIELDS.get(view.field, "一处")
        what = f"{view.asker}，{field}" if not view.contact else f"{view.asker}，{view.contact}的{field}"
        items.append(cards.MorningItem("decide", view.customer, what, first=f"{name}的{field}"))
    for handover in await desk.unit.handovers.waiting_for(to):
        going = await desk.unit.handovers.customers(handover.id, "live")
        name = going[0][1].name if len(going) == 1 else f"{len(going)} 家"
        items.append(cards.MorningItem("decide", "交接", f"{name}，等你签字", first="交接签字"))
    waiting = [*await desk.unit.silences.waiting_for(to), *await desk.unit.silences.due_lines(to)]
    for silence, customer in waiting:
        if customer.owner_id != to:
            days = dormancy.silent_days(desk, silence.since)
            what = f"{days}天没消息，怎么办"
            items.append(cards.MorningItem("decide", customer.name, what, first=called(customer.name)))
    return items


async def _todo(desk: Desk, to: int) -> list[cards.MorningItem]:
    """What is due today, and what was to be spoken of before today and is still open."""
    midnight = datetime.combine(desk.today, time(), desk.now.tzinfo)
    due = await desk.unit.tasks.open_of(to, desk.today, spoken_before=midnight)
    past_visits = [each for each in due if each.kind == "plan" and each.customer_id and _is_past(desk, each)]
    items = [await _item(desk, each) for each in due if each not in past_visits]
    return sorted(items, key=lambda each: ("promised", "hour", "other").index(each.kind))


def _is_past(desk: Desk, task: Task) -> bool:
    return task.day is not None and task.day < desk.today


async def _item(desk: Desk, task: Task) -> cards.MorningItem:
    customer = await desk.unit.customers.get(task.customer_id) if task.customer_id else None
    name = customer.name if customer else ""
    kind = "hour" if task.hour is not None else "promised" if task.kind == "promise" else "other"
    return cards.MorningItem(kind, name, task.what, task.day, task.hour, called=called(name) if name else "")


async def _untold_item(desk: Desk, task: Task) -> cards.MorningItem:
    customer = await desk.unit.customers.one(task.customer_id or 0)
    return cards.MorningItem("untold", customer.name, due=task.day, called=called(customer.name))


async def _silent(desk: Desk, to: int) -> list[cards.MorningItem]:
    return [
        cards.MorningItem("silent", customer.name, days=dormancy.silent_days(desk, silence.since))
        for silence, customer in await desk.unit.silences.due_lines(to)
        if customer.owner_id == to
    ]
