"""Tasks that come due, and the taps on their cards."""

from collections.abc import Sequence
from datetime import date

from cards import filed as filed_cards
from cards import reminder as cards
from cards import states
from cards.actions import (
    CancelTask,
    MoveTask,
    PlanFollowUp,
    PlanMissed,
    Reschedule,
    SaveBareVisit,
    ShowTask,
    Snooze,
    TaskDone,
    UndoTask,
)
from cards.parts import Key
from handlers.chat import present
from handlers.kernel.reply import Post, Replace, Reply, Shown, Urgency
from handlers.kernel.update import Clicked
from handlers.policies.hours import may_speak
from handlers.work import plans, tasks
from handlers.work.context import Desk
from handlers.work.unasked import TASK_DUE, Unasked
from storage.models.tasks import Task


def task_thread(task_id: int) -> str:
    return f"task:{task_id}"


async def remind(desk: Desk) -> Reply:
    """The clock: what is due is spoken of, once; unasked only in speaking hours, and not too often.

    A reminder that was asked for always comes. Beyond the day's cards (card book 1.8) a task waits
    in the morning card's list.
    """
    shown: list[Shown] = []
    allowed = Unasked(desk)
    asked_only = not may_speak(desk.now, tasks.hours_of(desk))
    for task in await desk.unit.tasks.due(desk.now, asked_only=asked_only):
        asked = task.kind == "reminder"
        over = task.kind == "plan" and tasks.is_past(desk, task)
        if asked or (not over and await allowed.takes(task.person_id, TASK_DUE)):
            shown.append(await _due(desk, task, Urgency.ANSWER if asked else Urgency.PROMISE))
        await tasks.mark_reminded(desk, task)
    return shown


async def _due(desk: Desk, task: Task, urgency: Urgency) -> Post:
    moment = task.remind_at.isoformat() if task.remind_at else ""
    card = cards.task_due(await present.task_due(desk, task, task.person_id), desk.today)
    return Post(task.person_id, card, task_thread(task.id), f"task-due:{task.id}:{moment}", urgency)


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


async def went(click: Clicked, action: SaveBareVisit, desk: Desk) -> Reply:
    """去了，没新情况: one plan, or those that were ticked of today's."""
    if action.what == 0:
        return await _went_to_several(click, desk)
    task, refusal = await _open(desk, action.what)
    if task is None:
        return refusal
    filed = await plans.do_went(desk, task)
    card = filed_cards.saved(await present.saved(desk, filed), desk.today)
    return [Replace(desk.my_id, card, task_thread(task.id))]


async def _went_to_several(click: Clicked, desk: Desk) -> Reply:
    there = [each for each in await _todays(desk) if str(each.id) in click.picked]
    for each in there:
        await plans.do_went(desk, each)
    card = cards.went(len(there)) if there else cards.missed(cards.Planned(_key(desk), "", desk.today), 0)
    return [Replace(desk.my_id, card, evening_thread(desk))]


async def missed(action: PlanMissed, desk: Desk) -> Reply:
    """没去成, 都没去: nothing is filed, no reason is asked."""
    if action.what == 0:
        gone = await _todays(desk)
        for each in gone:
            await plans.do_missed(desk, each)
        view = cards.Planned(_key(desk), "", desk.today)
        return [Replace(desk.my_id, cards.missed(view, len(gone)), evening_thread(desk))]
    task, refusal = await _open(desk, action.what)
    if task is None:
        return refusal
    await plans.do_missed(desk, task)
    return [await _as_it_is(desk, task)]


async def _todays(desk: Desk) -> Sequence[Task]:
    return await plans.unheard(desk, desk.my_id, desk.today)


def evening_thread(desk: Desk) -> str:
    """The card that asks about several visits of the day."""
    return f"evening:{desk.my_id}:{desk.today.isoformat()}"


def _key(desk: Desk) -> Key:
    return Key(0, 0, desk.my_id)


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
        case "missed":
            card = cards.missed(cards.Planned(view.key, view.customer, view.due))
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


def _day(picked: str) -> date | None:
    try:
        return date.fromisoformat(picked)
    except ValueError:
        return None
