"""Tasks that come due, and the taps on their cards."""

from collections.abc import Sequence
from datetime import date, datetime, time

from cards import reminder as cards
from cards import states
from cards.actions import (
    CancelTask,
    MoveTask,
    PlanFollowUp,
    Reschedule,
    ShowTask,
    ShowToday,
    Snooze,
    TaskDone,
    UndoTask,
)
from cards.parts import Key
from handlers.chat import present
from handlers.chat.present import called
from handlers.chat.replies import customer_name
from handlers.kernel.reply import Post, Replace, Reply, Shown, Urgency
from handlers.kernel.update import Clicked
from handlers.policies.hours import may_speak
from handlers.work import tasks
from handlers.work.content import of_row
from handlers.work.context import Desk
from storage.models.tasks import Task

MORNING = "reminder.morning"
TASK_DUE = "task.due"
"""The kinds by which unasked cards are muted."""


def task_thread(task_id: int) -> str:
    return f"task:{task_id}"


async def remind(desk: Desk) -> Reply:
    """The clock: what is due is spoken of, once; unasked only in speaking hours, and not too often.

    A reminder that was asked for always comes. Beyond the day's cards (card book 1.8) a task waits
    in the morning card's list.
    """
    shown: list[Shown] = []
    left: dict[int, int] = {}
    asked_only = not may_speak(desk.now, tasks.hours_of(desk))
    for task in await desk.unit.tasks.due(desk.now, asked_only=asked_only):
        asked = task.kind == "reminder"
        if not asked and not await _takes_one(desk, task.person_id, left):
            await tasks.mark_reminded(desk, task)
            continue
        moment = task.remind_at.isoformat() if task.remind_at else ""
        card = cards.task_due(await present.task_due(desk, task, task.person_id), desk.today)
        key = f"task-due:{task.id}:{moment}"
        urgency = Urgency.ANSWER if asked else Urgency.PROMISE
        shown.append(Post(task.person_id, card, task_thread(task.id), key, urgency))
        await tasks.mark_reminded(desk, task)
    return shown


async def _takes_one(desk: Desk, person_id: int, left: dict[int, int]) -> bool:
    """Takes one of the person's unasked cards of the day; False where they are used up or muted."""
    if await desk.unit.people.is_muted(person_id, TASK_DUE, desk.now):
        return False
    if person_id not in left:
        midnight = datetime.combine(desk.today, time(), desk.now.tzinfo)
        sent = await desk.unit.outbox.unasked(person_id, Urgency.PROMISE, midnight)
        left[person_id] = desk.policy.speaking.cards_a_day - sent
    left[person_id] -= 1
    return left[person_id] >= 0


async def morning(desk: Desk) -> Reply:
    """The clock: one card with the day's things, only where there are any."""
    if not may_speak(desk.now, tasks.hours_of(desk)):
        return []
    shown = []
    for person in await desk.unit.people.everybody():
        to = person.id
        if not person.active or await desk.unit.people.is_muted(to, MORNING, desk.now):
            continue
        view = await morning_view(desk, to)
        if view.items:
            key = f"morning:{to}:{desk.today.isoformat()}"
            card = cards.morning(view, desk.today)
            shown.append(Post(to, card, f"morning:{to}:{desk.today.isoformat()}", key, Urgency.MORNING))
    return shown


async def morning_view(desk: Desk, to: int) -> cards.Morning:
    """Promised first, then fixed hours, then what is still unsaved."""
    due = await desk.unit.tasks.open_of(to, desk.today)
    items = [await _item(desk, each) for each in due]
    items.sort(key=lambda each: ("promised", "hour", "other").index(each.kind))
    unsaved = [
        each for each in await desk.unit.drafts.waiting(to) if desk.local(each.created_at).date() < desk.today
    ]
    for draft in unsaved:
        name = await customer_name(desk, of_row(draft.content))
        items.append(cards.MorningItem("unsaved", name, due=desk.local(draft.created_at).date()))
    first = unsaved[0] if unsaved else None
    return cards.Morning(
        key=Key(to, 0, to),
        items=tuple(items),
        unsaved=Key(first.id, first.revision, to) if first else None,
        unsaved_called=called(await customer_name(desk, of_row(first.content))) if first else "",
    )


async def show_today(action: ShowToday, desk: Desk) -> Reply:
    """看清单."""
    return await today(desk)


async def today(desk: Desk) -> Reply:
    """What is to do, asked for."""
    view = await morning_view(desk, desk.my_id)
    return [Post(desk.my_id, cards.todays_list(view, desk.today), f"today:{desk.update_id}")]


async def done(action: TaskDone, desk: Desk) -> Reply:
    """办完了."""
    task, refusal = await _mine(desk, action.what)
    if task is None:
        return refusal
    if task.state == "open":
        await tasks.do_finish(desk, task, "done")
    view = await present.task_due(desk, task, desk.my_id)
    at = desk.local(task.done_at) if task.done_at else desk.now
    return [Replace(desk.my_id, cards.task_done(view, at), task_thread(action.what))]


async def undo(action: UndoTask, desk: Desk) -> Reply:
    """撤销: it is open again."""
    task, refusal = await _mine(desk, action.what)
    if task is None:
        return refusal
    if task.state != "open":
        await tasks.do_reopen(desk, task)
    view = await present.task_due(desk, task, desk.my_id)
    return [Replace(desk.my_id, cards.task_undone(view, desk.today), task_thread(action.what))]


async def snooze(action: Snooze, desk: Desk) -> Reply:
    """明天再说."""
    task, refusal = await _open(desk, action.what)
    if task is None:
        return refusal
    later = await tasks.do_snooze(desk, task, action.days)
    view = await present.task_due(desk, task, desk.my_id)
    card = cards.task_snoozed(view, desk.local(later).date(), desk.today)
    return [Replace(desk.my_id, card, task_thread(action.what))]


async def reschedule(action: Reschedule, desk: Desk) -> Reply:
    """换个日子: which."""
    task, refusal = await _open(desk, action.what)
    if task is None:
        return refusal
    view = await present.task_due(desk, task, desk.my_id)
    return [Replace(desk.my_id, cards.task_days(view, desk.today), task_thread(action.what))]


async def move(click: Clicked, action: MoveTask, desk: Desk) -> Reply:
    """挪过去, to the day that was picked; nothing picked: the days once more."""
    task, refusal = await _open(desk, action.what)
    if task is None:
        return refusal
    day = _day(next(iter(click.picked), ""))
    if day is None:
        view = await present.task_due(desk, task, desk.my_id)
        return [Replace(desk.my_id, cards.task_days(view, desk.today), task_thread(action.what))]
    await tasks.do_move(desk, task, day)
    view = await present.task_due(desk, task, desk.my_id)
    return [Replace(desk.my_id, cards.task_moved(view, desk.today), task_thread(action.what))]


async def show(action: ShowTask, desk: Desk) -> Reply:
    """The task's card as it is now."""
    task, refusal = await _mine(desk, action.what)
    return refusal if task is None else [await _as_it_is(desk, task)]


async def cancel(action: CancelTask, desk: Desk) -> Reply:
    """不用了: asks nothing; the promise stays in the history."""
    task, refusal = await _open(desk, action.what)
    if task is None:
        return refusal
    await tasks.do_finish(desk, task, "cancelled")
    view = await present.task_due(desk, task, desk.my_id)
    return [Replace(desk.my_id, cards.task_cancelled(view, desk.today), task_thread(action.what))]


async def follow_up(action: PlanFollowUp, desk: Desk) -> Reply:
    """3天后问问: a new task; a second tap finds the first one."""
    task, refusal = await _mine(desk, action.what)
    if task is None:
        return refusal
    made = await tasks.followup_of(desk, task) or await tasks.add_followup(desk, task, action.days)
    view = await present.task_due(desk, made, desk.my_id)
    return [Replace(desk.my_id, cards.follow_up_planned(view, desk.today), task_thread(action.what))]


async def _as_it_is(desk: Desk, task: Task) -> Replace:
    view = await present.task_due(desk, task, desk.my_id)
    match task.state:
        case "open":
            card = cards.task_due(view, desk.today)
        case "cancelled":
            card = cards.task_cancelled(view, desk.today)
        case _:
            card = cards.task_done(view, desk.local(task.done_at or desk.now))
    return Replace(desk.my_id, card, task_thread(task.id))


async def _open(desk: Desk, task_id: int) -> tuple[Task | None, Sequence[Shown]]:
    """The task where it is still to be done, else what became of it."""
    task, refusal = await _mine(desk, task_id)
    if task is not None and task.state != "open":
        return None, [await _as_it_is(desk, task)]
    return task, refusal


async def _mine(desk: Desk, task_id: int) -> tuple[Task | None, Sequence[Shown]]:
    task = await desk.unit.tasks.get(task_id)
    if task is None:
        return None, [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if task.person_id != desk.my_id:
        owner = await desk.unit.people.one(task.person_id)
        card = states.not_yours("一件事", owner.name)
        return None, [Post(desk.my_id, card, f"foreign-task:{task_id}:{desk.my_id}")]
    return task, ()


async def _item(desk: Desk, task: Task) -> cards.MorningItem:
    customer = await desk.unit.customers.get(task.customer_id) if task.customer_id else None
    name = customer.name if customer else ""
    kind = "hour" if task.hour is not None else "promised" if task.kind == "promise" else "other"
    return cards.MorningItem(kind, name, task.what, task.day, task.hour, called=called(name) if name else "")


def _day(picked: str) -> date | None:
    try:
        return date.fromisoformat(picked)
    except ValueError:
        return None
