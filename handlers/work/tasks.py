"""Tasks: promises, plans and reminders; when they are spoken of, and what becomes of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from handlers.policies.hours import SpeakingHours, remind_at
from handlers.understanding.note import NextAction, PlanRead, ReminderRead
from handlers.work.changing import Batch, change, make
from handlers.work.content import Content
from handlers.work.context import Desk
from handlers.work.drafting import Diary
from storage.models.customers import Contact, Customer
from storage.models.tasks import Task
from storage.models.visits import SaidNote, Visit


def hours_of(desk: Desk) -> SpeakingHours:
    """The company's speaking hours, from its policy file."""
    speaking, reminders = desk.policy.speaking, desk.policy.reminders
    return SpeakingHours(
        opens=speaking.opens,
        closes=speaking.closes,
        morning=speaking.morning,
        evening=speaking.evening,
        works_on=desk.policy.hours.works_on,
        days_before=reminders.deadline_days_before,
        ahead=reminders.ahead,
    )


async def do_note(
    desk: Desk, content: Content, customer: Customer, visit: Visit, met: Mapping[str, Contact], batch: Batch
) -> Sequence[Task]:
    """The tasks of one draft: promises first, then plans and reminders."""
    rows = [_promise(desk, action, content) for action in content.visit.next_actions]
    rows += [_plan(desk, plan, content.note_text) for plan in content.plans]
    rows += [_reminder(desk, reminder, content.note_text) for reminder in content.reminders]
    contact = next((met[each.mention.name] for each in content.contacts if each.mention.name in met), None)
    for row in rows:
        row.customer_id, row.visit_id, row.note_id = customer.id, visit.id, visit.note_id
        row.contact_id = contact.id if contact is not None and row.kind != "reminder" else None
        await make(desk, row, batch, row.words)
    return rows


async def do_diary(desk: Desk, kept: SaidNote, diary: Diary) -> Sequence[Task]:
    """Plans and reminders of the rep's own diary: filed at once, with an undo instead of a question."""
    rows: list[tuple[Task, PlanRead | ReminderRead]] = []
    rows += [(_plan(desk, each, kept.text), each) for each in diary.plans]
    rows += [(_reminder(desk, each, kept.text), each) for each in diary.reminders]
    filed = []
    for row, read in rows:
        row.note_id = kept.id
        row.customer_id = await _customer_id(desk, read)
        row.contact_id = await _contact_id(desk, row.customer_id, read)
        await make(desk, row, diary_batch(kept.id, row.customer_id), row.words)
        filed.append(row)
    return filed


def diary_batch(note_id: int, customer_id: int | None = None) -> Batch:
    return Batch(f"diary:{note_id}", note_id, customer_id)


async def followup_of(desk: Desk, task: Task) -> Task | None:
    """The question that was already planned for after the task, if any."""
    kept = await desk.unit.changes.of_batch(_followup_batch(task).name)
    return await desk.unit.tasks.get(kept[0].subject_id) if kept else None


async def add_followup(desk: Desk, task: Task, days: int) -> Task:
    """Asks again some days after something was done."""
    row = Task(
        person_id=task.person_id,
        customer_id=task.customer_id,
        contact_id=task.contact_id,
        note_id=task.note_id,
        kind="followup",
        what=task.what,
        day=desk.today + timedelta(days=days),
        said_at=desk.now,
    )
    row.remind_at = _spoken_of(desk, row)
    await make(desk, row, _followup_batch(task))
    return row


def _followup_batch(task: Task) -> Batch:
    return Batch(f"followup:{task.id}", task.note_id, task.customer_id)


async def do_finish(desk: Desk, task: Task, state: str) -> None:
    """Done, missed or cancelled; the promise stays in the history as what became of it."""
    batch = Batch(f"task:{task.id}:{task.revision}", task.note_id, task.customer_id)
    await change(desk, task, "done_at", desk.now, batch)
    await change(desk, task, "state", state, batch)


async def do_reopen(desk: Desk, task: Task) -> None:
    batch = Batch(f"task:{task.id}:{task.revision}", task.note_id, task.customer_id)
    await change(desk, task, "state", "open", batch)
    await change(desk, task, "done_at", None, batch)


async def do_move(desk: Desk, task: Task, day: date, batch: Batch | None = None) -> None:
    """To another day; it is spoken of again in time for it."""
    batch = batch or Batch(f"task:{task.id}:{task.revision}", task.note_id, task.customer_id)
    await change(desk, task, "day", day, batch)
    await change(desk, task, "moved", task.moved + 1, batch)
    await respeak(desk, task, batch)


async def respeak(desk: Desk, task: Task, batch: Batch) -> None:
    """Sets anew when a task is spoken of, after its day or hour changed."""
    await change(desk, task, "remind_at", _spoken_of(desk, task), batch)


async def do_snooze(desk: Desk, task: Task, days: int) -> datetime:
    """The task stays as it is and comes back some mornings later (0: later today); returns when."""
    later = remind_at(
        desk.now, desk.today + timedelta(days=days), None, deadline=False, asked=False, hours=hours_of(desk)
    )
    batch = Batch(f"task:{task.id}:{task.revision}", task.note_id, task.customer_id)
    await change(desk, task, "remind_at", later, batch)
    return later or desk.now


async def mark_reminded(desk: Desk, task: Task) -> None:
    task.reminded_at = desk.now
    await desk.unit.add(task)


def is_past(desk: Desk, task: Task) -> bool:
    """Whether the task's day is over, or its hour on that day."""
    if task.day is None:
        return False
    return (task.day, task.hour or time.max) < (desk.today, desk.now.time())


def plan_row(desk: Desk, note_id: int, what: str, day: date) -> Task:
    """A plan for a day that was picked on a card."""
    row = _task(desk, "plan", what, day, "")
    row.note_id = note_id
    row.remind_at = _spoken_of(desk, row)
    return row


async def close_plans(desk: Desk, visit: Visit, batch: Batch) -> None:
    """The visit was made: what was planned up to its day is done, undone with it."""
    for plan in await desk.unit.tasks.plans_for(visit.customer_id, visit.person_id, visit.day):
        await change(desk, plan, "done_at", desk.now, batch)
        await change(desk, plan, "state", "done", batch)


def _promise(desk: Desk, action: NextAction, content: Content) -> Task:
    row = _task(desk, "promise", action.what, action.due, content.words(*action.spans, *action.due_spans))
    row.owner, row.by = action.owner, action.by
    row.remind_at = _spoken_of(desk, row)
    return row


def _plan(desk: Desk, plan: PlanRead, text: str) -> Task:
    words = "…".join(dict.fromkeys(span.of(text) for span in plan.spans))
    row = _task(desk, "plan", plan.what, plan.when.day, words, plan.when.hour)
    row.method = plan.method.value.value if plan.method else None
    row.remind_at = _spoken_of(desk, row)
    return row


def _reminder(desk: Desk, reminder: ReminderRead, text: str) -> Task:
    words = "…".join(dict.fromkeys(span.of(text) for span in reminder.spans))
    row = _task(desk, "reminder", reminder.what, reminder.when.day, words, reminder.when.hour)
    row.remind_at = _spoken_of(desk, row)
    return row


def _task(desk: Desk, kind: str, what: str, day: date | None, words: str, hour: time | None = None) -> Task:
    return Task(
        person_id=desk.my_id,
        note_id=0,
        kind=kind,
        what=what,
        day=day,
        hour=hour,
        words=words,
        said_at=desk.now,
    )


def _spoken_of(desk: Desk, task: Task) -> datetime | None:
    return remind_at(
        desk.now, task.day, task.hour, deadline=task.by, asked=task.kind == "reminder", hours=hours_of(desk)
    )


async def _customer_id(desk: Desk, read: PlanRead | ReminderRead) -> int | None:
    """The known customer that a plan names; a name that is not in the archive stays in the words."""
    if read.customer is None or read.customer.known is None:
        return None
    return int(read.customer.known)


async def _contact_id(desk: Desk, customer_id: int | None, read: PlanRead | ReminderRead) -> int | None:
    if customer_id is None or not isinstance(read, PlanRead):
        return None
    people = (await desk.unit.customers.contacts([customer_id])).get(customer_id, [])
    names = {each.name for each in read.contacts}
    return next((each.id for each in people if each.name in names), None)
